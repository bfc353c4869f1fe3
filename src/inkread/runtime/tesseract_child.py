"""Tesseract in a child process, for inkread.runtime.tesseract in its parent: lines in, characters out.

Nothing else imports tesserocr, and nothing imports this module but a child: a language pack is a program of sorts, from
anywhere, and the library aborts where one is not as it expects.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import tesserocr

from inkread.child.wire import Answer
from inkread.errors import ModelError

if TYPE_CHECKING:
    from inkread.child.wire import Array

# Resolution only matters to the search for lines, which a picture of one line does not need; without one it is guessed.
_DPI = "300"
# A line read less surely than this is also read with the library's own search for it in its picture, which reads an
# eighth of Sanskrit's errors away, but a line in ten of print with touching lines not at all (docs/languages.md).
_SURE = 0.85
# What tells the direction of text beside it, and is no text.
_MARKS = dict.fromkeys(map(ord, "\u200e\u200f\u202a\u202b\u202c"))


class Lines:
    """Opens a language pack and reads lines with it, as requests say."""

    def __init__(self) -> None:
        self._api: Any = None

    def __call__(self, request: Mapping[str, Any], arrays: Sequence[Array]) -> Answer:
        if request["do"] == "open":
            self._open(request["folder"], request["name"])
            return Answer(tesserocr.tesseract_version().partition("\n")[0])
        return Answer([self._read(picture) for picture in arrays])

    def _open(self, folder: str, name: str) -> None:
        try:
            self._api = tesserocr.PyTessBaseAPI(
                path=folder, lang=name, psm=tesserocr.PSM.RAW_LINE, oem=tesserocr.OEM.LSTM_ONLY
            )
        except RuntimeError as error:
            raise ModelError(
                f'Tesseract refuses the language pack "{name}" in "{folder}" ({error})',
                remedy="get it again from where it came",
            ) from error
        self._api.SetVariable("user_defined_dpi", _DPI)

    def _read(self, picture: Array) -> list[tuple[str, float, int, int]]:
        """Return the characters of a line as its picture frames it, or as the library frames it where that is surer."""
        framed = self._read_as(picture, tesserocr.PSM.RAW_LINE)
        if _confidence(framed) >= _SURE:
            return framed
        return max(framed, self._read_as(picture, tesserocr.PSM.SINGLE_LINE), key=_confidence)

    def _read_as(self, picture: Array, mode: int) -> list[tuple[str, float, int, int]]:
        height, width = picture.shape
        self._api.SetPageSegMode(mode)
        self._api.SetImageBytes(picture.tobytes(), width, height, 1, width)
        self._api.Recognize()
        symbols = self._symbols()
        self._api.Clear()
        return symbols

    def _symbols(self) -> list[tuple[str, float, int, int]]:
        """Return the characters that were found, with a space between two words that have one between them."""
        found = self._api.GetIterator()
        if found is None:
            return []
        level = tesserocr.RIL.SYMBOL
        symbols = []
        for each in tesserocr.iterate_level(found, level):
            box = each.BoundingBox(level)
            if box is not None:
                word = each.Confidence(tesserocr.RIL.WORD) / 100
                symbols.append((each.GetUTF8Text(level), word * each.Confidence(level) / 100, box[0], box[2]))
        return list(_with_spaces(symbols, self._api.GetUTF8Text()))


def _confidence(symbols: Sequence[tuple[str, float, int, int]]) -> float:
    return sum(symbol[1] for symbol in symbols) / len(symbols) if symbols else 0.0


def _with_spaces(symbols: Sequence[tuple[str, float, int, int]], text: str) -> Iterator[tuple[str, float, int, int]]:
    """Yield the symbols with the spaces of the text: not every two words have one (Thai has none)."""
    rest = text.translate(_MARKS)
    for symbol in symbols:
        start = rest.find(symbol[0])
        if start > 0 and rest[:start].isspace():
            yield " ", symbol[1], symbol[2], symbol[2]
        rest = rest[max(start, 0) + len(symbol[0]) :] if start >= 0 else rest
        yield symbol
