"""Where the results of `inkread read` go: stdout, one file, or files in a folder with the tree of the inputs."""

from __future__ import annotations

import os
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from inkread.document import Document
from inkread.errors import FormatError, OptionError
from inkread.export.formats import ExportOptions, Format, encode, of_suffix, render
from inkread.export.json import to_json
from inkread.export.save import output_path, source_refused, write


@dataclass
class Target:
    """What is written, in which formats, and where to."""

    output: Path | None
    formats: list[Format]
    overwrite: bool
    options: ExportOptions
    is_file: bool = False
    is_one: bool = True
    taken: defaultdict[Path, set[str]] = field(default_factory=lambda: defaultdict(set))
    inputs: set[str] = field(default_factory=set)
    stdin: bytes = b""

    def expects(self, names: list[str]) -> None:
        """Settle how results are laid out once the documents are known. Raises OptionError where they cannot be."""
        self.is_one = len(names) == 1
        self.inputs = {os.path.realpath(name) for name in names if Path(name).is_file()}
        if self.output is None:
            self._check_stdout(len(names))
        elif not self.output.is_dir() and of_suffix(self.output) is not None:
            if len(names) > 1 or len(self.formats) > 1:
                what = f"{len(names)} documents" if len(names) > 1 else f"{len(self.formats)} formats"
                raise OptionError(f'{what} do not fit in one file, "{self.output}"', remedy="give a folder: -o OUT")
            self.is_file = True

    def _check_stdout(self, documents: int) -> None:
        known = self.formats[0]
        if documents > 1 and not known.is_stream:
            raise OptionError(
                f'{documents} documents in the format "{known.name}" cannot share stdout',
                remedy="give a folder: -o OUT",
            )
        if known.is_binary and sys.stdout.isatty():
            raise FormatError(f'the format "{known.name}" is nothing for a terminal', remedy="give a file: -o OUT")

    def path(self, name: str, known: Format, ending: str = "", folder: Path = Path()) -> Path:
        """Return the file for a result, never one that this run has written.

        ending: put after the name.  folder: where the input stands below the folder that was given.
        """
        assert self.output is not None
        if not self.is_file:
            path = output_path(name, self.output / folder, ending + known.suffixes[0], self.taken[folder])
        elif "-page" in ending:
            path = _with_ending(self.output, ending)
        else:
            path = self.output
        if os.path.realpath(path) in self.inputs:
            raise source_refused(path)
        return path

    def original(self, name: str) -> Path | bytes | None:
        """Return the file of an input, or its content, or None where it was neither a file nor stdin."""
        path = Path(name)
        if path.is_file():
            return path
        return self.stdin if self.stdin and name.startswith("bytes") else None

    def put(self, document: Document, known: Format, folder: Path) -> None:
        """Write a document in one format: to its file, or a file for each page where one holds no more, or stdout."""
        if self.output is None:
            self._print(document, known)
        elif known.holds_one_page and len(document.pages) > 1:
            for page in document.pages:
                single = Document((page,), document.source, document.generator)
                path = self.path(document.source, known, f"-page{page.number}", folder)
                write(path, encode(single, known.name, self.options), overwrite=self.overwrite)
        else:
            path = self.path(document.source, known, folder=folder)
            write(path, encode(document, known.name, self.options), overwrite=self.overwrite)

    def _print(self, document: Document, known: Format) -> None:
        """Print a document: as it is where it is the only one, else with its name, or as one line of JSON."""
        if self.is_one:
            content = encode(document, known.name, self.options)
        elif known.name == "json":
            content = (to_json(document, indent=None) + "\n").encode()
        else:
            text = f"==> {document.source} <==\n{render(document, known.name, self.options)}\n"
            content = text.encode("utf-8", "replace")
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()


def _with_ending(path: Path, ending: str) -> Path:
    """Return "out-page2.page.xml" for "out.page.xml"."""
    known = of_suffix(path)
    folded = path.name.casefold()
    suffix = max((s for s in (known.suffixes if known else ()) if folded.endswith(s)), key=len, default=path.suffix)
    at = len(path.name) - len(suffix)
    return path.with_name(f"{path.name[:at]}{ending}{path.name[at:]}")
