"""PDFs made byte by byte, for tests and proofs: text of any kind, pictures, and what no sound program writes."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np

HELVETICA = "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"
A4 = (595, 842)


class PdfWriter:
    """Collects pages; `content()` is the file."""

    def __init__(self) -> None:
        self._objects: list[bytes] = [b"", b""]  # the catalogue and the tree of pages, written last
        self._pages: list[int] = []
        self.catalog = ""  # entries of the catalogue
        self._helvetica = self.add(HELVETICA)

    def add(self, dictionary: str, stream: bytes | None = None) -> int:
        """Add an object and return its number; a stream is compressed."""
        if stream is None:
            body = dictionary.encode()
        else:
            packed = zlib.compress(stream)
            head = f"<<{dictionary}/Filter/FlateDecode/Length {len(packed)}>>stream\n"
            body = head.encode() + packed + b"\nendstream"
        self._objects.append(body)
        return len(self._objects)

    def picture(self, pixels: np.ndarray) -> int:
        """Add a picture, (H, W, 3) or (H, W) uint8, and return its number."""
        height, width = pixels.shape[:2]
        space = "/DeviceRGB" if pixels.ndim == 3 else "/DeviceGray"
        head = f"/Type/XObject/Subtype/Image/Width {width}/Height {height}/ColorSpace{space}/BitsPerComponent 8"
        return self.add(head, pixels.tobytes())

    def font(self, name: str = "Helvetica", shift: int = 0) -> int:
        """Add a font whose text extraction is `shift` letters off, as broken programs write it."""
        if not shift:
            return self.add(HELVETICA.replace("Helvetica", name))
        rows = "\n".join(f"<{code:02X}> <{code + shift:04X}>" for code in range(33, 123))
        return self.add(HELVETICA.replace("Helvetica", name)[:-2] + f"/ToUnicode {self.add('', cmap(rows, 90))} 0 R>>")

    def page(
        self,
        drawing: str,
        size: Sequence[float] = A4,
        *,
        extra: str = "",
        fonts: Sequence[int] = (),
        pictures: Sequence[int] = (),
        states: str = "",
    ) -> None:
        """Add a page. Fonts are /F0 (Helvetica), /F1, ... of `fonts`; pictures are /P0, /P1, ... of `pictures`."""
        named = " ".join(f"/F{i} {number} 0 R" for i, number in enumerate((self._helvetica, *fonts)))
        shown = " ".join(f"/P{i} {number} 0 R" for i, number in enumerate(pictures))
        resources = f"<</Font<<{named}>>/XObject<<{shown}>>/ExtGState<<{states}>>>>"
        content = self.add("", drawing.encode("latin-1"))
        box = " ".join(f"{value:g}" for value in (0, 0, *size))
        entries = f"/MediaBox[{box}]/Resources{resources}/Contents {content} 0 R{extra}"
        self._pages.append(self.add(f"<</Type/Page/Parent 2 0 R{entries}>>"))

    def content(self) -> bytes:
        """Return the file."""
        kids = " ".join(f"{number} 0 R" for number in self._pages)
        self._objects[0] = f"<</Type/Catalog/Pages 2 0 R{self.catalog}>>".encode()
        self._objects[1] = f"<</Type/Pages/Count {len(self._pages)}/Kids[{kids}]>>".encode()
        parts, offsets, length = [b"%PDF-1.7\n"], [], 9
        for number, body in enumerate(self._objects, start=1):
            offsets.append(length)
            parts.append(b"%d 0 obj\n%s\nendobj\n" % (number, body))
            length += len(parts[-1])
        count = len(offsets) + 1
        table = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
        parts.append(f"xref\n0 {count}\n0000000000 65535 f \n{table}".encode())
        parts.append(b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (count, length))
        return b"".join(parts)


def cmap(rows: str, count: int) -> bytes:
    """Return a ToUnicode map of one-byte codes."""
    return (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def /CMapType 2 def\n"
        f"1 begincodespacerange <00> <FF> endcodespacerange\n{count} beginbfchar\n{rows}\nendbfchar\n"
        "endcmap CMapName currentdict /CMap defineresource pop end end"
    ).encode()


def text(x: float, y: float, words: str, *, size: float = 12, font: int = 0, mode: int = 0, before: str = "") -> str:
    """Return the drawing of a line of text whose baseline starts at (x, y), units from the lower left."""
    escaped = words.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    return f"q {before} BT /F{font} {size:g} Tf {mode} Tr {x:g} {y:g} Td ({escaped}) Tj ET Q\n"


def shown(picture: int, left: float, bottom: float, width: float, height: float) -> str:
    """Return the drawing of the picture /P{picture} in this box, units."""
    return f"q {width:g} 0 0 {height:g} {left:g} {bottom:g} cm /P{picture} Do Q\n"
