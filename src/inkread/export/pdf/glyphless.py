"""A font that shows nothing and knows every character: what invisible text is written in.

Its codes are two bytes: of the basic plane the code point itself; other characters get one of the 2,048 codes that
UTF-16 keeps for surrogates, in the order in which they come. A glyph is a stroke without area from corner to corner of
its box, for some readers take a letter's place from its outline. The widths are typical of print, so that letters in
a word, which is stretched as a whole, lie about where they are seen.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Iterable
from typing import Final

from inkread.export.pdf.objects import ObjectWriter, Value, dictionary, reference

NAME: Final = "InkreadInvisible"
REPLACEMENT: Final = "\ufffd"

# Of a letter's box, in thousandths of the font's size: lines as detectors box them are about a quarter higher than
# what printers call the size.
ASCENT: Final = 1000
DESCENT: Final = 250

_FIRST_BORROWED, _LAST_BORROWED = 0xD800, 0xDFFF
_USUAL_WIDTH: Final = 560
_FULL_WIDTH: Final = 1000
_SPACE_WIDTH: Final = 250
# Of the codes 33 to 126, in hundredths of the size.
_ASCII_WIDTHS: Final = (
    "28 34 56 56 84 67 22 34 34 40 56 28 34 28 28 56 56 56 56 56 56 56 56 56 56 28 28 56 56 56 56 "
    "100 67 67 72 72 67 61 78 72 28 50 67 56 84 72 78 67 78 72 67 61 72 67 94 67 67 61 28 28 28 50 56 "
    "34 56 56 50 56 56 28 56 56 22 22 50 22 84 56 56 56 56 34 50 28 56 50 72 50 50 50 34 28 34 56"
)
_ASCII: Final = tuple(10 * int(width) for width in _ASCII_WIDTHS.split())
# Signs as wide as high: first and last code.
_SQUARE: Final = (
    (0x1100, 0x115F),
    (0x2E80, 0xA4CF),
    (0xAC00, 0xD7A3),
    (_FIRST_BORROWED, _LAST_BORROWED),
    (0xF900, 0xFAFF),
    (0xFE30, 0xFE4F),
    (0xFF01, 0xFF60),
)
_SQUARE_STARTS: Final = [first for first, _ in _SQUARE]
# The width of each glyph but the first, which stands for none.
_GLYPHS: Final = sorted({_USUAL_WIDTH, _FULL_WIDTH, _SPACE_WIDTH, *_ASCII})
_MOST_RANGES: Final = 100  # in one list of a CMap


class Codes:
    """Which code stands for which character, over one file."""

    def __init__(self) -> None:
        self._borrowed: dict[str, int] = {}

    def encode(self, text: str) -> bytes:
        """Return the codes of a text, two bytes each.

        What no text in a PDF can be is left out (controls) or becomes U+FFFD: lone surrogates, the two codes that are
        no characters, and characters beyond the basic plane after the 2,048th different one.
        """
        return b"".join(self._code(char).to_bytes(2, "big") for char in text if not _is_control(char))

    def borrowed(self) -> Iterable[tuple[int, str]]:
        """Return the codes in use for characters beyond the basic plane."""
        return ((code, char) for char, code in self._borrowed.items())

    def _code(self, char: str) -> int:
        point = ord(char)
        if point > 0xFFFF:
            if char not in self._borrowed and len(self._borrowed) <= _LAST_BORROWED - _FIRST_BORROWED:
                self._borrowed[char] = _FIRST_BORROWED + len(self._borrowed)
            return self._borrowed.get(char, ord(REPLACEMENT))
        if _FIRST_BORROWED <= point <= _LAST_BORROWED or point >= 0xFFFE:
            return ord(REPLACEMENT)
        return point


def width(codes: bytes) -> int:
    """Return how wide a text of these codes is by nature, in thousandths of its size."""
    return sum(_width((codes[i] << 8) + codes[i + 1]) for i in range(0, len(codes), 2))


def add_font(writer: ObjectWriter, number: int, codes: Codes) -> None:
    """Write the font under this number: about 3.5 KB."""
    program = writer.add_deflated(font_program(), {"Length1": len(font_program())})
    descriptor = writer.add(
        dictionary(
            {
                "Type": "/FontDescriptor",
                "FontName": f"/{NAME}",
                "Flags": 4,
                "FontBBox": f"[0 {-DESCENT} {_FULL_WIDTH} {ASCENT}]",
                "ItalicAngle": 0,
                "Ascent": ASCENT,
                "Descent": -DESCENT,
                "CapHeight": ASCENT,
                "StemV": 80,
                "FontFile2": reference(program),
            }
        )
    )
    glyphs = b"".join((_GLYPHS.index(_width(code)) + 1).to_bytes(2, "big") for code in range(0x10000))
    descendant = writer.add(
        dictionary(
            {
                "Type": "/Font",
                "Subtype": "/CIDFontType2",
                "BaseFont": f"/{NAME}",
                "CIDSystemInfo": "<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>",
                "FontDescriptor": reference(descriptor),
                "CIDToGIDMap": reference(writer.add_deflated(glyphs)),
                "DW": _USUAL_WIDTH,
                "W": _width_array(),
            }
        )
    )
    font: dict[str, Value] = {
        "Type": "/Font",
        "Subtype": "/Type0",
        "BaseFont": f"/{NAME}",
        "Encoding": "/Identity-H",
        "DescendantFonts": b"[%b]" % reference(descendant),
        "ToUnicode": reference(writer.add_deflated(_to_unicode(codes))),
    }
    writer.add(dictionary(font), number)


def font_program() -> bytes:
    """Return a TrueType font of a glyph for each width, with no table but those that readers insist on."""
    count = len(_GLYPHS) + 1
    outlines = [b"", *(_outline(width) for width in _GLYPHS)]
    ends = [sum(map(len, outlines[:i])) // 2 for i in range(count + 1)]
    version, em, full = 0x00010000, 1000, _FULL_WIDTH
    tables = {
        b"cmap": struct.pack(">HHHHI", 0, 1, 3, 1, 12)
        + struct.pack(">12H", 4, 24, 0, 2, 2, 0, 0, 0xFFFF, 0, 0xFFFF, 1, 0),
        b"glyf": b"".join(outlines),
        b"head": struct.pack(
            ">4I2H2Q4h2H3h", version, version, 0, 0x5F0F3CF5, 0b1011, em, 0, 0, 0, -DESCENT, full, ASCENT, 0, 8, 2, 0, 0
        ),
        b"hhea": struct.pack(">I3hH11hH", version, ASCENT, -DESCENT, 0, full, 0, 0, full, 1, *(0,) * 7, count),
        b"hmtx": b"".join(struct.pack(">Hh", width, 0) for width in (_USUAL_WIDTH, *_GLYPHS)),
        b"loca": struct.pack(f">{count + 1}H", *ends),
        b"maxp": struct.pack(">I14H", version, count, 2, 1, 0, 0, 2, *(0,) * 8),
        b"name": struct.pack(">3H", 0, 0, 6),
        b"post": struct.pack(">2I2h5I", 0x00030000, 0, 0, 0, 1, 0, 0, 0, 0),
    }
    offset = 12 + 16 * len(tables)
    directory, bodies = struct.pack(">I4H", version, len(tables), 128, 3, 16 * len(tables) - 128), b""
    for tag, body in tables.items():
        directory += struct.pack(">4s3I", tag, _checksum(body), offset + len(bodies), len(body))
        bodies += body + bytes(-len(body) % 4)
    whole = directory + bodies
    # The checksum of the whole stands in "head", which counts as zero for it (OpenType, "head").
    at = whole.index(tables[b"head"]) + 8
    return whole[:at] + struct.pack(">I", (0xB1B0AFBA - _checksum(whole)) & 0xFFFFFFFF) + whole[at + 4 :]


def _outline(width: int) -> bytes:
    """Return a glyph of one contour: two points, from the box's bottom left to its top right."""
    box = struct.pack(">5h", 1, 0, -DESCENT, width, ASCENT)
    on_curve = b"\1\1"
    return box + struct.pack(">HH", 1, 0) + on_curve + struct.pack(">4h", 0, width, -DESCENT, ASCENT + DESCENT)


def _is_control(char: str) -> bool:
    return char < " " or "\x7f" <= char <= "\x9f"


def _width(code: int) -> int:
    if code == 0x20:
        return _SPACE_WIDTH
    if 0x21 <= code <= 0x7E:
        return _ASCII[code - 0x21]
    at = bisect_right(_SQUARE_STARTS, code) - 1
    return _FULL_WIDTH if at >= 0 and code <= _SQUARE[at][1] else _USUAL_WIDTH


def _width_array() -> str:
    ranges = " ".join(f"{first} {last} {_FULL_WIDTH}" for first, last in _SQUARE)
    ascii_widths = " ".join(map(str, (_SPACE_WIDTH, *_ASCII)))
    return f"[32[{ascii_widths}]{ranges}]"


def _to_unicode(codes: Codes) -> bytes:
    """Return the CMap from codes to text (ISO 32000-1, 9.10.3): a range may not go beyond its last byte's end."""
    pages = (page for page in range(256) if not _FIRST_BORROWED >> 8 <= page <= _LAST_BORROWED >> 8)
    ranges = [f"<{page:02x}00><{page:02x}ff><{page:02x}00>" for page in pages]
    chars = [f"<{code:04x}><{char.encode('utf-16-be').hex()}>" for code, char in codes.borrowed()]
    return "\n".join(
        (
            "/CIDInit /ProcSet findresource begin",
            "12 dict begin",
            "begincmap",
            "/CIDSystemInfo<</Registry(Adobe)/Ordering(UCS)/Supplement 0>>def",
            "/CMapName/Adobe-Identity-UCS def",
            "/CMapType 2 def",
            "1 begincodespacerange",
            "<0000><ffff>",
            "endcodespacerange",
            *_lists("bfrange", ranges),
            *_lists("bfchar", chars),
            "endcmap",
            "CMapName currentdict /CMap defineresource pop",
            "end",
            "end",
        )
    ).encode()


def _lists(kind: str, rows: list[str]) -> Iterable[str]:
    for start in range(0, len(rows), _MOST_RANGES):
        some = rows[start : start + _MOST_RANGES]
        yield from (f"{len(some)} begin{kind}", *some, f"end{kind}")


def _checksum(table: bytes) -> int:
    padded = table + bytes(-len(table) % 4)
    return sum(int.from_bytes(padded[i : i + 4], "big") for i in range(0, len(padded), 4)) & 0xFFFFFFFF
