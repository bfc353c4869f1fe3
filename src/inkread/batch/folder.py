"""The folder that a batch writes: which file is where, and what each says of how far the run is.

    inkread-batch.json   what decides the results; another configuration is refused
    plan.jsonl           the parts, one line each; on the disk before a part is given out
    pages/000/part-000000001.jsonl   the results of a part: there when it is done, and then whole
    begun/part-000000001.jsonl       page by page what was read of a part that is not done
    done.jsonl           a summary of each part that is done, so that nobody need read them all again
    files/3f/...         pages in other formats
    stop                 there while a run is asked to stop
    report.json

A worker that dies, or two that read one part, write the same file again: each page is there once, whatever happens.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from inkread.batch.records import PageRecord, Table, decode, encode
from inkread.batch.work import Known, Part, PartDone, document_to_dict, of_dict, part_to_dict
from inkread.errors import DamagedInputError, OutputError
from inkread.export.save import write
from inkread.registry.locks import held

_VERSION: Final = 1
_TEMPORARY: Final = ".inkread-*.tmp"
_WITHOUT_RESULTS: Final = {"inkread-batch.json", "lock", "plan.jsonl", "stop", "report.json"}


@dataclass(frozen=True)
class Folder:
    """The folder of a batch's results. table: how records are kept, "jsonl" or "parquet"."""

    path: Path
    table: Table = "jsonl"

    def part_path(self, number: int) -> Path:
        """Return where the results of a part are, or will be."""
        return self.path / "pages" / f"{number // 1000:06}" / f"part-{number:09}.{self.table}"

    def is_done(self, number: int) -> bool:
        """Whether a part's results are there."""
        return self.part_path(number).exists()

    def read_part(self, number: int) -> list[PageRecord]:
        """Return the results of a part, none where it is not done. Raises DamagedInputError where they are damaged."""
        path = self.part_path(number)
        return decode(path.read_bytes(), path) if path.exists() else []

    def write_part(self, number: int, records: list[PageRecord]) -> None:
        """Write the results of a part, whole or not at all. Raises OutputError where the disk does not take them."""
        write(self.part_path(number), encode(records, self.table), overwrite=True)
        with suppress(OSError):
            self.begun_path(number).unlink()

    def begun_path(self, number: int) -> Path:
        """Return where it is noted, page by page, what was read of a part that is not done."""
        return self.path / "begun" / f"part-{number:09}.jsonl"

    @property
    def files(self) -> Path:
        """Where pages in other formats go."""
        return self.path / "files"

    @property
    def stop_path(self) -> Path:
        """The file that asks all workers to stop after the page at hand."""
        return self.path / "stop"

    @property
    def is_stopping(self) -> bool:
        return self.stop_path.exists()

    def ask_to_stop(self) -> None:
        """Have all workers, on every machine that sees this folder, stop after the page at hand."""
        with suppress(OSError):
            self.stop_path.touch()


@contextmanager
def opened(folder: Folder, configuration: str, settings: dict[str, Any], *, resume: bool) -> Iterator[None]:
    """Hold a folder for one run; it is made where there is none, and what a killed run left lying is taken away.

    configuration, settings: what decides the results, as a hash and readable. Raises OutputError where another run
    holds it, where it holds something else or results of another configuration, and without `resume` where it holds
    any.
    """
    with ExitStack() as stack:
        try:
            folder.path.mkdir(parents=True, exist_ok=True)
            if not stack.enter_context(held(folder.path / "lock")):
                raise OutputError(
                    f'another run is writing into "{folder.path}"', remedy="wait for its end, or choose another folder"
                )
            _claim(
                folder, {"inkread": "batch", "version": _VERSION, "configuration": configuration, **settings}, resume
            )
            _tidy(folder)
        except OSError as error:
            raise OutputError(
                f'"{folder.path}" cannot be used ({error.strerror})', remedy="choose another folder"
            ) from error
        yield


def _claim(folder: Folder, about: dict[str, Any], resume: bool) -> None:
    path = folder.path / "inkread-batch.json"
    if not path.exists():
        others = [each.name for each in folder.path.iterdir() if each.name != "lock" and not each.match(_TEMPORARY)]
        if others:
            raise OutputError(
                f'"{folder.path}" holds other files ("{min(others)}")', remedy="choose a new or empty folder"
            )
        write(path, json.dumps(about, indent=1).encode() + b"\n")
        return
    try:
        there = json.loads(path.read_bytes())
        known = (there["inkread"], there["version"], there["configuration"])
    except (ValueError, KeyError, TypeError) as error:
        raise OutputError(f'"{path}" does not say what the folder holds', remedy="choose another folder") from error
    is_other = known[1:] != (_VERSION, about["configuration"])
    if known[0] == "batch" and (is_other or not resume) and not _has_results(folder):
        # Of a run that ended before its first page: its cluster did not answer, or there was no input.
        (folder.path / "plan.jsonl").unlink(missing_ok=True)
        write(path, json.dumps(about, indent=1).encode() + b"\n", overwrite=True)
        return
    if known[:2] != ("batch", _VERSION):
        raise OutputError(f'"{folder.path}" was written by another version of inkread', remedy="choose another folder")
    if known[2] != about["configuration"]:
        changed = ", ".join(_differences(there, about)) or "the version of inkread"
        raise OutputError(
            f'"{folder.path}" holds results of another configuration ({changed})',
            remedy="choose another folder, or the options of before",
        )
    if not resume:
        raise OutputError(
            f'"{folder.path}" holds results already', remedy="go on with --resume, or choose another folder"
        )


def _has_results(folder: Folder) -> bool:
    """Return whether there is anything in the folder of a batch that a run has read."""
    return any(each.name not in _WITHOUT_RESULTS and not each.match(_TEMPORARY) for each in folder.path.iterdir())


def _differences(before: object, now: object, path: str = "") -> Iterator[str]:
    """Yield the names of what differs in two readable settings, nested names with dots."""
    if isinstance(before, dict) and isinstance(now, dict):
        for name in sorted({*before, *now} - {"configuration"}):
            yield from _differences(before.get(name), now.get(name), f"{path}.{name}".lstrip("."))
    elif before != now:
        yield path.removeprefix("options.")


def _tidy(folder: Folder) -> None:
    """Take away what a run that was killed has left half done, and the wish of an earlier run to stop."""
    folder.stop_path.unlink(missing_ok=True)
    for name in ("pages/*", "files/*", "begun", "."):
        for left in folder.path.glob(f"{name}/{_TEMPORARY}"):
            left.unlink(missing_ok=True)
    for begun in (folder.path / "begun").glob("part-*.jsonl"):
        if folder.is_done(int(begun.stem.removeprefix("part-"))):
            begun.unlink(missing_ok=True)


class Lines:
    """A file of JSON lines that is only ever added to; a last line that was cut off by a crash is taken away."""

    def __init__(self, path: Path) -> None:
        self.path = path
        if path.exists() and (content_end := _end_of_whole_lines(path)) < path.stat().st_size:
            os.truncate(path, content_end)

    def read(self) -> Iterator[Any]:
        """Yield what the lines hold; nothing for a line that is no JSON."""
        if self.path.exists():
            with self.path.open("rb") as file:
                for line in file:
                    with suppress(ValueError):
                        yield json.loads(line)

    def add(self, each: object, *, sync: bool = True) -> None:
        """Add a line; it is on the disk when this returns. Raises OutputError where the disk does not take it."""
        try:
            with self.path.open("ab") as file:
                file.write(json.dumps(each, separators=(",", ":")).encode() + b"\n")
                if sync:
                    file.flush()
                    os.fsync(file.fileno())
        except OSError as error:
            raise disk_refuses(self.path, error) from error


class PlanFile:
    """The parts of a batch, as they were made."""

    def __init__(self, folder: Folder) -> None:
        self._lines = Lines(folder.path / "plan.jsonl")

    def read(self) -> Iterator[Part | Known]:
        """Yield what was planned. Raises DamagedInputError where it is damaged."""
        for told in self._lines.read():
            try:
                yield of_dict(told)
            except ValueError as error:
                raise DamagedInputError(
                    f'"{self._lines.path}" is damaged', remedy="begin anew in another folder"
                ) from error

    def add(self, each: Part | Known) -> None:
        """Note a part before it is given out, or a document that needs none."""
        self._lines.add(part_to_dict(each) if isinstance(each, Part) else document_to_dict(each))


class DoneFile:
    """A summary of each part that is done; what it lacks is in the parts themselves."""

    def __init__(self, folder: Folder) -> None:
        self._lines = Lines(folder.path / "done.jsonl")

    def read(self) -> dict[int, PartDone]:
        """Return the last summary of each part."""
        found = {}
        for told in self._lines.read():
            with suppress(ValueError):
                done = PartDone.of_dict(told)
                found[done.number] = done
        return found

    def add(self, done: PartDone) -> None:
        """Note a summary. It may be lost in a crash, and is then made again."""
        self._lines.add(done.to_dict(), sync=False)


def disk_refuses(path: Path, error: OSError) -> OutputError:
    """Return the error for a file that the disk does not take."""
    full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    return OutputError(
        f'"{path}" cannot be written ({error.strerror})',
        remedy="free some space, and go on with --resume" if full else "see to the disk, and go on with --resume",
    )


def _end_of_whole_lines(path: Path) -> int:
    """Return how many bytes of a file are whole lines."""
    with path.open("rb") as file:
        end = file.seek(0, os.SEEK_END)
        while end > 0:
            start = max(0, end - 65536)
            file.seek(start)
            at = file.read(end - start).rfind(b"\n")
            if at >= 0:
                return start + at + 1
            end = start
    return 0
