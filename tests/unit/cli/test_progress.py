"""The bar: only on a terminal, only for more than one page."""

import io
import sys

import pytest

from inkread.cli.progress import Progress


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self):
        return True


@pytest.fixture
def terminal(monkeypatch):
    """A function that makes stderr a terminal: pytest sets its own stream between set-up and test."""

    def become():
        stream = Terminal()
        monkeypatch.setattr(sys, "stderr", stream)
        monkeypatch.setenv("TERM", "xterm")
        return stream

    return become


def test_pages_of_one_input_are_counted(terminal):
    screen = terminal()
    with Progress(1) as progress:
        for done in range(3):
            progress.start_page("scan.tif", done, 3)
        progress.finish_input()
    assert "scan.tif" in screen.getvalue()


def test_several_inputs_are_counted(terminal):
    screen = terminal()
    with Progress(2) as progress:
        progress.start_page("a[b].png", 0, 1)
        progress.finish_input()
        progress.finish_input()
    assert "a[b].png" in screen.getvalue()


def test_one_page_shows_nothing(terminal):
    screen = terminal()
    with Progress(1) as progress:
        progress.start_page("receipt.jpg", 0, 1)
        progress.finish_input()
    assert screen.getvalue() == ""


def test_no_terminal_shows_nothing(monkeypatch):
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    with Progress(2) as progress:
        progress.start_page("a.png", 0, 1)
        progress.finish_input()
    assert stream.getvalue() == ""
