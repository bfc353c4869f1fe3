"""A page's picture as a PDF holds it: the bytes of a JPEG as they are, everything else packed without loss."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import PIL.Image
from PIL import JpegImagePlugin, TiffImagePlugin, features

from inkread.export.pdf.objects import Entries, ObjectWriter
from inkread.image import Image, Pixels

_ORIENTATION_TAG: Final = 0x0112
_ROWS_PER_STRIP, _STRIP_OFFSETS, _STRIP_BYTES = 278, 273, 279
# Baseline, extended and progressive, all with Huffman codes: what readers of PDFs decode (ISO 32000-1, 7.4.8).
_KNOWN_FRAMES: Final = frozenset({0xC0, 0xC1, 0xC2})
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_SEGMENT: Final = re.compile(rb"\xff+([\xc0-\xfe])(..)", re.DOTALL)
_COLOR_SPACES: Final = {1: "/DeviceGray", 3: "/DeviceRGB", 4: "/DeviceCMYK"}

# How the unit square of a picture with an EXIF orientation comes to stand upright in a unit square.
_UPRIGHT: Final = {
    1: (1, 0, 0, 1, 0, 0),
    2: (-1, 0, 0, 1, 1, 0),
    3: (-1, 0, 0, -1, 1, 1),
    4: (1, 0, 0, -1, 0, 1),
    5: (0, -1, -1, 0, 1, 1),
    6: (0, -1, 1, 0, 0, 1),
    7: (0, 1, 1, 0, 0, 0),
    8: (0, 1, -1, 0, 1, 0),
}

Matrix = tuple[int, int, int, int, int, int]


class Picture(NamedTuple):
    """A picture in a PDF. number: its object.  upright: from its unit square to that of the page."""

    number: int
    upright: Matrix


@dataclass(frozen=True)
class Jpeg:
    """A JPEG that a PDF can hold.

    width, height: upright, px.  components: its colours.  is_rgb: they are stored as red, green and blue.
    orientation: as EXIF counts, 1..8.
    """

    content: bytes
    width: int
    height: int
    components: int
    is_rgb: bool
    orientation: int

    @staticmethod
    def of(content: bytes) -> Jpeg | None:
        """Return what the header says, or None where the content is no JPEG that every reader of PDFs decodes."""
        try:
            header = JpegImagePlugin.JpegImageFile(io.BytesIO(content))
            width, height = header.size
            given = header.getexif().get(_ORIENTATION_TAG, 1)
        except (OSError, SyntaxError, ValueError, TypeError, LookupError, ArithmeticError, AttributeError):
            return None
        components, ids = _frame(content)
        orientation = given if isinstance(given, int) and given in _UPRIGHT else 1
        if components not in _COLOR_SPACES or header.bits != 8:
            return None
        if orientation > 4:
            width, height = height, width
        # Without Adobe's or JFIF's mark, decoders go by the components' names.
        is_rgb = ids == b"RGB" and "adobe" not in header.info and "jfif" not in header.info
        return Jpeg(content, width, height, components, is_rgb, orientation)

    def add(self, writer: ObjectWriter) -> Picture:
        """Write the content as it is."""
        stored = (self.height, self.width) if self.orientation > 4 else (self.width, self.height)
        entries = {**_head(*stored, _COLOR_SPACES[self.components], 8), "Filter": "/DCTDecode"}
        if self.components == 4:
            # As Photoshop writes it and everybody reads it: 255 is no ink.
            entries["Decode"] = "[1 0 1 0 1 0 1 0]"
        if self.is_rgb:
            entries["DecodeParms"] = "<</ColorTransform 0>>"
        return Picture(writer.add_stream(self.content, entries), _UPRIGHT[self.orientation])


def add_pixels(writer: ObjectWriter, image: Image) -> Picture:
    """Write pixels without loss: black and white as a fax does, grey as grey, colours as PNG packs them."""
    pixels = image.pixels
    grey = pixels[:, :, 0]
    if not (np.array_equal(grey, pixels[:, :, 1]) and np.array_equal(grey, pixels[:, :, 2])):
        content, entries = _as_png(PIL.Image.fromarray(pixels), "/DeviceRGB", 3, 8)
    elif not _is_bilevel(grey):
        content, entries = _as_png(PIL.Image.fromarray(np.ascontiguousarray(grey)), "/DeviceGray", 1, 8)
    else:
        bits = PIL.Image.fromarray(grey > 127)
        fax = features.check("libtiff")
        content, entries = _as_fax(bits) if fax else _as_png(bits, "/DeviceGray", 1, 1)
    return Picture(writer.add_stream(content, entries), _UPRIGHT[1])


def _head(width: int, height: int, color_space: str, bits: int) -> dict[str, str | int]:
    return {
        "Type": "/XObject",
        "Subtype": "/Image",
        "Width": width,
        "Height": height,
        "ColorSpace": color_space,
        "BitsPerComponent": bits,
    }


def _as_png(picture: PIL.Image.Image, color_space: str, colors: int, bits: int) -> tuple[bytes, Entries]:
    """Return the data of a PNG, which is what PDF calls Flate with predictors."""
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    content, data, at = stream.getvalue(), [], 8
    while at < len(content):
        length = int.from_bytes(content[at : at + 4], "big")
        if content[at + 4 : at + 8] == b"IDAT":
            data.append(content[at + 8 : at + 8 + length])
        at += 12 + length
    how = f"<</Predictor 15/Colors {colors}/BitsPerComponent {bits}/Columns {picture.width}>>"
    head = _head(*picture.size, color_space, bits)
    return b"".join(data), {**head, "Filter": "/FlateDecode", "DecodeParms": how}


def _as_fax(picture: PIL.Image.Image) -> tuple[bytes, Entries]:
    """Return CCITT group 4 data, as a TIFF of a single strip holds it."""
    stream = io.BytesIO()
    picture.save(stream, "TIFF", compression="group4", tiffinfo={_ROWS_PER_STRIP: picture.height})
    stream.seek(0)
    tags = TiffImagePlugin.TiffImageFile(stream).tag_v2
    start, length = tags[_STRIP_OFFSETS][0], tags[_STRIP_BYTES][0]
    how = f"<</K -1/Columns {picture.width}/Rows {picture.height}/BlackIs1 true>>"
    head = _head(*picture.size, "/DeviceGray", 1)
    data = stream.getvalue()[start : start + length]
    return data, {**head, "Filter": "/CCITTFaxDecode", "DecodeParms": how}


def _is_bilevel(grey: Pixels) -> bool:
    return bool(((grey == 0) | (grey == 255)).all())


def _frame(content: bytes) -> tuple[int, bytes]:
    """Return how many components a JPEG's frame has and their names; 0 where it is of no kind that is known."""
    at = 2
    while found := _JPEG_SEGMENT.match(content, at):
        marker, length = found[1][0], int.from_bytes(found[2], "big")
        body = found.end()
        if marker in _FRAMES:
            count = content[body + 5] if marker in _KNOWN_FRAMES and len(content) > body + 5 else 0
            return count, content[body + 6 : body + 6 + 3 * count : 3]
        at = found.start(2) + length
    return 0, b""
