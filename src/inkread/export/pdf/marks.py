"""A page's lines as comments of a PDF: a frame around each, with its text and how sure it is, for people to look at."""

from __future__ import annotations

from inkread.document import Line, Page
from inkread.export.pdf.glyphless import clean
from inkread.export.pdf.layer import Place
from inkread.export.pdf.objects import ObjectWriter, Value, dictionary, number, reference
from inkread.export.picture import color_of
from inkread.geometry import Box, Point

_LINE_WIDTH = 0.75


def add_marks(writer: ObjectWriter, page: Page, place: Place) -> list[int]:
    """Write a comment (ISO 32000-1, 12.5.6.9) for each line of a page and return their objects' numbers."""
    return [_add_mark(writer, line, page, place) for line in page.lines if line.text]


def _add_mark(writer: ObjectWriter, line: Line, page: Page, place: Place) -> int:
    width, height = place.size
    corners = [place.to_user(Point(p.x * width / page.width, height - p.y * height / page.height)) for p in line.quad]
    box = Box.around(Box(p.x, p.y, p.x, p.y) for p in corners)
    # As wide as the frame's line, which lies half outside.
    rectangle = _numbers(box.left - 1, box.top - 1, box.right + 1, box.bottom + 1)
    color = _numbers(*(value / 255 for value in color_of(line.confidence)))
    path = " ".join(f"{_numbers(*p)} {operator}" for p, operator in zip(corners, "mlll", strict=True))
    look: dict[str, Value] = {"Type": "/XObject", "Subtype": "/Form", "BBox": f"[{rectangle}]"}
    drawn = writer.add_deflated(f"{color} RG {_LINE_WIDTH} w {path} s\n".encode(), look)
    entries: dict[str, Value] = {
        "Type": "/Annot",
        "Subtype": "/Polygon",
        "Rect": f"[{rectangle}]",
        "Vertices": f"[{' '.join(_numbers(*p) for p in corners)}]",
        "C": f"[{color}]",
        "BS": f"<</W {_LINE_WIDTH}>>",
        "T": "(inkread)",
        "Contents": _text_string(f"{clean(line.text)}\n{line.confidence:.2f}"),
        "AP": b"<</N %b>>" % reference(drawn),
    }
    return writer.add(dictionary(entries))


def _numbers(*values: float) -> str:
    return " ".join(number(value, 2) for value in values)


def _text_string(text: str) -> bytes:
    """Return a text as a string in UTF-16 (ISO 32000-1, 7.9.2.2)."""
    return b"<feff%b>" % text.encode("utf-16-be").hex().encode()
