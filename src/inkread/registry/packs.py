"""Language packs of Tesseract on this machine: the user's folder, the system's; found by name, never fetched."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from inkread.registry.languages import language_of_pack, matches
from inkread.registry.traineddata import SUFFIX, read_trained_data

_VARIABLE: Final = "TESSDATA_PREFIX"
# Debian and Ubuntu by version, Fedora and Arch, what is built from source, Homebrew.
_SYSTEM: Final = (
    "/usr/share/tesseract-ocr/5/tessdata",
    "/usr/share/tesseract-ocr/4.00/tessdata",
    "/usr/share/tessdata",
    "/usr/share/tesseract/tessdata",
    "/usr/local/share/tessdata",
    "/opt/homebrew/share/tessdata",
)
# Packs that read no text: of directions, of equations, of ends of lines.
_NO_TEXT: Final = ("osd", "equ", "snum")


@dataclass(frozen=True)
class Pack:
    """A language pack: its file's name without suffix, and where it is.

    language: the tag of the language that the name stands for; None for the user's own, which may read anything.
    """

    name: str
    path: Path
    language: str | None = None

    def reads(self, tag: str) -> bool:
        """Whether it is known to read a language."""
        return self.language is not None and matches(tag, self.language)

    @cached_property
    def characters(self) -> frozenset[str]:
        """What it can write. Raises ModelError where the file is no language pack."""
        return read_trained_data(self.path).characters


def is_pack(name: str) -> bool:
    """Whether a model's name is the path of a language pack."""
    return name.lower().endswith(SUFFIX)


def pack_at(path: str | Path) -> Pack:
    """Return the pack in a file. Raises ModelNotFoundError where there is none, ModelError where it is not a pack."""
    whole = Path(path).expanduser().absolute()
    read_trained_data(whole)
    return _pack(whole)


def find_packs(store: Path) -> Mapping[str, Pack]:
    """Return the packs that are here, by name; of several with one name the one that is looked for first.

    store: the user's folder of models, which comes before TESSDATA_PREFIX and the system's folders. Files are not
    opened.
    """
    found: dict[str, Pack] = {}
    for folder in _folders(store):
        for path in sorted(folder.glob(f"*{SUFFIX}")) if folder.is_dir() else ():
            pack = _pack(path)
            if pack.name not in _NO_TEXT and path.is_file():
                found.setdefault(pack.name, pack)
    return found


def _folders(store: Path) -> Iterator[Path]:
    yield store
    if named := os.environ.get(_VARIABLE):
        # The folder itself since Tesseract 4, the one around it before.
        yield from (Path(named), Path(named) / "tessdata")
    yield from map(Path, _SYSTEM)


def _pack(path: Path) -> Pack:
    name = path.name.removesuffix(SUFFIX)
    language = language_of_pack(name)
    return Pack(name, path, language.tag if language else None)
