"""The inputs of `inkread read`, one by one, each with the folder that its results go to."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from inkread.load.source import Input
    from inkread.options import ReaderOptions


class Member(NamedTuple):
    """A document, and where it stands below the folder that was given: "." for all that were named themselves."""

    input: Input
    folder: Path


def members(
    names: list[str], stdin: bytes, options: ReaderOptions, output: Path | None, recursive: bool
) -> Iterator[Member]:
    """Yield every document of the inputs; "-" is stdin, and `stdin` what it held.

    With `recursive`, those of the folders below a folder too, in natural order; hidden folders, links to folders and
    the folder of the results are not entered, and a folder without pictures is passed over where others have some.
    """
    from inkread.load.source import inputs

    for name in names:
        if recursive and name != "-" and Path(name).is_dir():
            yield from _tree(Path(name), options, output)
        else:
            thing = stdin if name == "-" else name
            yield from (Member(each, Path()) for each in inputs([thing], options.limits, options.load))


def _tree(root: Path, options: ReaderOptions, output: Path | None) -> Iterator[Member]:
    from inkread.load.source import inputs

    results = os.path.realpath(output) if output is not None else None
    nothing = []
    found = False
    for folder in _folders(root, results):
        for each in inputs(str(folder), options.limits, options.load):
            # A folder that holds nothing stands for itself, as an input that fails when it is opened.
            if Path(each.name).is_dir():
                nothing.append(each)
            else:
                found = True
                yield Member(each, folder.relative_to(root))
    if not found:
        yield Member(nothing[0], Path())


def _folders(root: Path, results: str | None) -> Iterator[Path]:
    from inkread.load.source import natural

    for folder, below, _ in os.walk(root):
        below[:] = [
            name
            for name in sorted(below, key=natural)
            if not name.startswith(".") and os.path.realpath(Path(folder) / name) != results
        ]
        yield Path(folder)
