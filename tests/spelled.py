"""Words and lines whose characters have one width, with the places of each."""

from inkread.document import Line, Word
from inkread.geometry import Box, Quad


def word(text: str, left: float = 0, top: float = 0, confidence: float = 0.9) -> Word:
    """A word of 10 x 20 px for each character, with spans."""
    count = len(text)
    quad = Quad.from_box(Box(left, top, left + 10 * count, top + 20))
    spans = tuple((i / count, (i + 1) / count) for i in range(count))
    return Word(text, quad, confidence, spans, (confidence,) * count)


def line(text: str, top: float = 0, confidence: float = 0.9) -> Line:
    """A line of such words, 10 px apart."""
    words, left = [], 0.0
    for part in text.split():
        words.append(word(part, left, top, confidence))
        left = words[-1].box.right + 10
    return Line(tuple(words), Quad.from_box(Box.around(w.box for w in words)), confidence)
