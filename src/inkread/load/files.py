"""The pages of one file: which decoder opens it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from inkread.image import Image
from inkread.load import pictures
from inkread.options import Limits, LoadOptions


class Pages(Protocol):
    """The pages of one document, each made when it is asked for."""

    def __len__(self) -> int: ...

    def page(self, index: int) -> Image:
        """Return the page at `index`, from 0."""

    def close(self) -> None:
        """Free what the document holds; closing twice is fine."""


@dataclass(frozen=True)
class Opening:
    """How documents are opened: what they may cost, and what of them is wanted."""

    limits: Limits = Limits()
    options: LoadOptions = LoadOptions()


def open_file(path: Path, opening: Opening, name: str) -> Pages:
    """Open a regular file, never for writing. Raises InputError where it cannot be read."""
    return pictures.open_file(path, opening.limits, name)


def open_bytes(content: bytes, opening: Opening, name: str) -> Pages:
    """Open the content of a file. Raises InputError where it cannot be read."""
    return pictures.open_bytes(content, opening.limits, name)
