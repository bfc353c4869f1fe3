"""A progress bar on the terminal, while there is more than one page to read."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.progress import Progress as Bar


class Shown:
    """A bar on stderr, once there is something to show; it goes when the block ends."""

    _bar: Bar | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()


class Progress(Shown):
    """Shows on stderr how far reading is; silent where that is no terminal, or where one page is all.

    inputs: how many will be read. The bar counts inputs, and pages where there is one input.
    """

    def __init__(self, inputs: int) -> None:
        self._inputs = inputs

    def start_page(self, name: str, done: int, pages: int) -> None:
        """Note that a page begins: `done` of the input's `pages` are read."""
        if self._inputs == 1 and pages > 1:
            self._show(pages).update(self._task, completed=done, description=_short(name))
        elif self._inputs > 1:
            self._show(self._inputs).update(self._task, description=_short(name))

    def finish_input(self) -> None:
        """Note that an input is done, read or not."""
        if self._bar is not None and self._inputs > 1:
            self._bar.advance(self._task)

    def _show(self, total: int) -> Bar:
        if self._bar is None:
            from rich.console import Console
            from rich.progress import Progress as Bar

            self._bar = Bar(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty())
            self._bar.start()
            self._task = self._bar.add_task("", total=total)
        return self._bar


def _short(name: str) -> str:
    """Return a name as it may stand beside the bar: one printable line, markup taken literally."""
    from rich.markup import escape

    name = printable(name)
    return escape(name if len(name) <= 40 else "…" + name[-39:])


def printable(text: str) -> str:
    """Return a name, which anybody may have given to a file, as it may stand on a terminal."""
    return "".join(character if character.isprintable() else "?" for character in text)
