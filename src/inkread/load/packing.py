"""A page image as a value that JSON can hold and arrays, and back; what comes back may be a lie and is checked."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import islice
from typing import Any, Final, NamedTuple, get_args

import numpy as np
import numpy.typing as npt

from inkread.document import Line, Origin, Word
from inkread.geometry import Point, Quad
from inkread.image import Image, LayerLine
from inkread.options import Limits

Array = npt.NDArray[np.generic]

_MAX_FONT: Final = 200
_ORIGINS: Final = get_args(Origin)


class NonsenseError(Exception):
    """What was sent is no page: whoever sent it is not to be trusted any more."""


class Packed(NamedTuple):
    """A value that JSON can hold, and arrays: the pixels first, then the numbers of the layer's lines and words."""

    value: dict[str, Any]
    arrays: Sequence[Array]


def pack(image: Image) -> Packed:
    """Return a page as it is sent. What a document's own text never has, other readings and styles, is left out."""
    lines = [layer.line for layer in image.layer]
    words = [word for line in lines for word in line.words]
    value = {
        "number": image.number,
        "dpi": image.dpi,
        "is_layer_cut": image.is_layer_cut,
        "lines": [[each.font, each.is_hidden, each.line.origin, len(each.line.words)] for each in image.layer],
        "words": [word.text for word in words],
    }
    placed = [line.quad for line in lines] + [word.quad for word in words]
    quads = [[*quad.top_left, *quad.top_right, *quad.bottom_right, *quad.bottom_left] for quad in placed]
    arrays = (
        image.pixels,
        np.array(quads, np.float64).reshape(-1, 8),
        np.array([line.confidence for line in lines] + [word.confidence for word in words], np.float64),
        np.array([[len(word.spans), len(word.scores)] for word in words], np.int64).reshape(-1, 2),
        np.array([span for word in words for span in word.spans], np.float64).reshape(-1, 2),
        np.array([score for word in words for score in word.scores], np.float64),
    )
    return Packed(value, arrays)


def unpack(packed: Packed, source: str, limits: Limits) -> Image:
    """Return the page that was packed. Raises NonsenseError where it makes no sense or is beyond the limits."""
    try:
        return _image(packed, source, limits)
    except (ValueError, TypeError, LookupError) as error:
        raise NonsenseError("no page") from error


def _check(is_true: bool) -> None:
    if not is_true:
        raise ValueError


def _image(packed: Packed, source: str, limits: Limits) -> Image:
    value, (pixels, *numbers) = packed
    _check(pixels.dtype == np.uint8 and pixels.ndim == 3 and pixels.shape[2] == 3)
    height, width, _ = pixels.shape
    _check(1 <= height * width <= limits.max_pixels and max(height, width) <= limits.max_side_px)
    number, dpi, is_cut = value["number"], value["dpi"], value["is_layer_cut"]
    _check(type(number) is int and 1 <= number <= limits.max_pages)
    _check(dpi is None or (isinstance(dpi, float | int) and math.isfinite(dpi) and dpi >= 0))
    return Image(
        np.asarray(pixels, np.uint8),
        source=source,
        number=number,
        dpi=float(dpi) if dpi else None,
        layer=_layer(value, numbers),
        is_layer_cut=is_cut is True,
    )


def _layer(value: dict[str, Any], numbers: Sequence[Array]) -> tuple[LayerLine, ...]:
    lines, texts = value["lines"], value["words"]
    quads, confidences, spans, scores = (np.asarray(numbers[n], np.float64) for n in (0, 1, 3, 4))
    counts = np.asarray(numbers[2], np.int64)
    count = len(lines) + len(texts)
    _check(quads.shape == (count, 8) and confidences.shape == (count,) and counts.shape == (len(texts), 2))
    _check(bool((counts >= 0).all()) and bool((counts <= max(spans.size, scores.size)).all()))
    _check(spans.ndim == 2 and spans.shape[1] == 2 and scores.ndim == 1)
    _check([len(spans), len(scores)] == counts.sum(axis=0).tolist())
    _check(all(bool(np.isfinite(each).all()) for each in (quads, confidences, spans, scores)))
    places = [Quad(Point(a, b), Point(c, d), Point(e, f), Point(g, h)) for a, b, c, d, e, f, g, h in quads.tolist()]
    means, pairs, each_score = confidences.tolist(), iter(spans.tolist()), iter(scores.tolist())
    words = []
    for index, (text, (spans_here, scores_here)) in enumerate(zip(texts, counts.tolist(), strict=True), len(lines)):
        _check(isinstance(text, str))
        own = tuple((start, end) for start, end in islice(pairs, spans_here))
        words.append(Word(text, places[index], means[index], own, tuple(islice(each_score, scores_here))))
    return _lines(lines, words, places, means)


def _lines(described: list[Any], words: list[Word], places: list[Quad], means: list[float]) -> tuple[LayerLine, ...]:
    found, start = [], 0
    for index, (font, is_hidden, origin, count) in enumerate(described):
        _check(isinstance(font, str) and origin in _ORIGINS and type(count) is int and 0 <= count <= len(words) - start)
        line = Line(tuple(words[start : start + count]), places[index], means[index], origin=origin)
        found.append(LayerLine(line, font[:_MAX_FONT], is_hidden is True))
        start += count
    _check(start == len(words))
    return tuple(found)
