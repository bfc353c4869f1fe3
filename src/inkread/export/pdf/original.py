"""The structure of a PDF that a layer is added to: read, never written. The only home of pikepdf."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, Final

import pikepdf

from inkread.errors import DamagedInputError, InputError, LimitError, UnsupportedFormatError
from inkread.export.pdf.layer import Place

# Where readers look for the header and for the last cross-reference section's place.
_HEADER_BYTES: Final = 1024
_TAIL_BYTES: Final = 2048
_MAX_PAGES: Final = 100_000
# A tree of pages is no deeper; what stands above a page and goes round in a circle ends here.
_MAX_DEPTH: Final = 200
_US_LETTER: Final = (0.0, 0.0, 612.0, 792.0)
# Of the last trailer, what belongs to its own section.
_OF_SECTION: Final = frozenset(
    {"/Prev", "/Size", "/XRefStm", "/Type", "/W", "/Index", "/Length", "/Filter", "/DecodeParms", "/DL"}
)
_DRAWING: Final = frozenset({"/Contents", "/Resources"})
_REPAIR: Final = 'repair it first, for instance with "qpdf in.pdf repaired.pdf", and take the repaired file'


@dataclass(frozen=True)
class OriginalPage:
    """A page object as it stands in its file.

    number, generation: of the object.  entries: what is in it, as it is to be written, but for its contents and
    resources.  drawing: these two, as they stand.  annotations: the elements of its Annots.  contents: references to
    its content streams.  resources_of: which resources it has; pages that share them have the same.  resources, fonts:
    their entries, without the fonts, and the fonts.
    """

    number: int
    generation: int
    place: Place
    entries: Mapping[str, bytes]
    drawing: Mapping[str, bytes]
    annotations: tuple[bytes, ...]
    contents: tuple[bytes, ...]
    resources_of: tuple[int, int]
    resources: Mapping[str, bytes]
    fonts: Mapping[str, bytes]


class OriginalPdf:
    """A PDF that is sound enough to be added to.

    origin: where in the file it begins.  size: its bytes.  previous: where its last cross-reference section stands,
    from the origin.  has_stream: that section is a stream.  free: the first object number that is not in use.
    trailer: what a new trailer must repeat.  first_id: the half of its identifier that stays.
    """

    def __init__(self, source: Path | bytes) -> None:
        """Open a PDF, a file or its content. Raises InputError where it is no PDF, damaged, encrypted or certified."""
        self.name = "the PDF" if isinstance(source, bytes) else f'"{source}"'
        with opened(source) as file:
            self.origin, self.size, self.previous, self.has_stream = _ends(file, self.name)
        with self._translated():
            try:
                content = BytesIO(source) if isinstance(source, bytes) else source
                # Nothing is mended or moved: what is read here must be what stands in the file.
                self._pdf = pikepdf.open(content, attempt_recovery=False, inherit_page_attributes=False)
            except pikepdf.PasswordError as error:
                raise _encrypted(self.name) from error
        try:
            with self._translated():
                if self._pdf.is_encrypted:
                    raise _encrypted(self.name)
                if "/DocMDP" in self._pdf.Root.get("/Perms", {}):
                    raise _certified(self.name)
                self.free = self._first_free()
                self.trailer = _entries(self._pdf.trailer, _OF_SECTION)
                self.first_id = _first_id(self._pdf.trailer.get("/ID"))
                self._pages = list(self._find_pages())
        except BaseException:
            self.close()
            raise

    def __len__(self) -> int:
        return len(self._pages)

    def page(self, number: int) -> OriginalPage:
        """Return the page of this number, from 1. Raises InputError where there is none or it is damaged."""
        if not 1 <= number <= len(self._pages):
            raise InputError(
                f"{self.name} has {len(self._pages)} pages, and there is text for page {number}",
                remedy="take the PDF that the text was read from",
            )
        with self._translated(f"page {number} of {self.name}"):
            object_number, generation = self._pages[number - 1]
            node = self._pdf.get_object(object_number, generation)
            owner, resources = _inherited(node, "/Resources")
            shared = resources if isinstance(resources, pikepdf.Object) and resources.is_indirect else owner
            resources = resources if isinstance(resources, pikepdf.Dictionary) else pikepdf.Dictionary()
            fonts = resources.get("/Font")
            annotations = node.get("/Annots")
            return OriginalPage(
                object_number,
                generation,
                _place(node),
                _entries(node, _DRAWING),
                _entries(node, frozenset(node.keys()) - _DRAWING),
                tuple(map(_unparsed, annotations)) if isinstance(annotations, pikepdf.Array) else (),
                tuple(_contents(node)),
                shared.objgen,
                _entries(resources, frozenset({"/Font"})),
                _entries(fonts) if isinstance(fonts, pikepdf.Dictionary) else {},
            )

    def close(self) -> None:
        """Free the file; closing twice is fine."""
        self._pdf.close()

    def _first_free(self) -> int:
        size = int(self._pdf.trailer["/Size"])
        # What a trailer that says too little leaves out is told by a warning: looking at all objects takes long.
        told = re.findall(r"highest object number \((\d{1,9})\)", " ".join(map(str, self._pdf.get_warnings())))
        return max([size, *(int(highest) + 1 for highest in told)])

    def _find_pages(self) -> Iterator[tuple[int, int]]:
        """Yield the objects of the pages in order; one that stands in the tree twice comes twice."""
        seen: set[tuple[int, int]] = set()
        waiting = [self._pdf.Root["/Pages"]]
        while waiting:
            node = waiting.pop()
            if not isinstance(node, pikepdf.Dictionary) or not node.is_indirect:
                raise DamagedInputError(f"{self.name} has pages that are no objects of their own", remedy=_REPAIR)
            kids = node.get("/Kids")
            if kids is None:
                yield node.objgen
                continue
            if node.objgen in seen:
                raise DamagedInputError(f"{self.name} has pages in a circle", remedy=_REPAIR)
            seen.add(node.objgen)
            waiting += reversed(list(kids))
            if len(waiting) > _MAX_PAGES:
                raise LimitError(f"{self.name} has more than {_MAX_PAGES:,} pages", remedy="split it")

    @contextmanager
    def _translated(self, name: str | None = None) -> Iterator[None]:
        try:
            yield
        except (pikepdf.PdfError, ValueError, TypeError, KeyError, AttributeError, ArithmeticError, OSError) as error:
            reason = " ".join(str(error).split())[:200]
            raise DamagedInputError(
                f"{name or self.name} is damaged, and nothing can be added to it ({reason})", remedy=_REPAIR
            ) from error


@contextmanager
def opened(source: Path | bytes) -> Iterator[BinaryIO]:
    """Yield a file, or content as one. Raises InputError where it cannot be opened."""
    try:
        file = BytesIO(source) if isinstance(source, bytes) else source.open("rb")
    except OSError as error:
        raise InputError(f'"{source!s}" cannot be read ({error.strerror})', remedy="check the path") from error
    with file:
        yield file


def _ends(file: BinaryIO, name: str) -> tuple[int, int, int, bool]:
    """Return where a PDF begins, its file's size, where its last cross-reference section is, and if it is a stream."""
    origin = file.read(_HEADER_BYTES).find(b"%PDF-")
    if origin < 0:
        raise UnsupportedFormatError(f"{name} is no PDF", remedy="a text layer is added to PDFs only")
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _TAIL_BYTES))
    found = list(re.finditer(rb"startxref\s+(\d{1,15})", file.read()))
    if not found or origin + int(found[-1][1]) >= size:
        raise DamagedInputError(f"{name} is a PDF that is damaged or cut short", remedy=_REPAIR)
    previous = int(found[-1][1])
    file.seek(origin + previous)
    return origin, size, previous, not file.read(_TAIL_BYTES).lstrip().startswith(b"xref")


def _encrypted(name: str) -> UnsupportedFormatError:
    return UnsupportedFormatError(
        f"{name} is encrypted, and a text layer is not added to encrypted PDFs",
        remedy='save it without protection first, for instance with "qpdf --decrypt in.pdf out.pdf"',
    )


def _certified(name: str) -> UnsupportedFormatError:
    # Of its three degrees (ISO 32000-1, 12.8.2.2) the loosest allows fields and comments, and none the page's contents.
    return UnsupportedFormatError(
        f"{name} is certified against changes (DocMDP), and a text layer would break the certificate",
        remedy="write another format such as hocr, or take a copy without the certificate",
    )


def _entries(node: Any, without: frozenset[str] = frozenset()) -> dict[str, bytes]:
    """Return a dictionary's entries as they are to be written; what they refer to stays where it is."""
    return {
        # An escaped name: "#" and what no name may hold are written as "#" and two digits.
        pikepdf.Name(key).unparse()[1:].decode("latin-1"): _unparsed(node[key])
        for key in sorted(node.keys())
        if key not in without
    }


def _unparsed(value: Any) -> bytes:
    # Numbers and booleans come as Python's own; inside an array everything is written alike.
    return pikepdf.Array([value]).unparse().strip()[1:-1].strip()


def _first_id(identifier: Any) -> bytes:
    return bytes(identifier[0]) if isinstance(identifier, pikepdf.Array) and len(identifier) else b""


def _contents(node: Any) -> Iterator[bytes]:
    contents = node.get("/Contents")
    if contents is None:
        return
    for part in contents if isinstance(contents, pikepdf.Array) else [contents]:
        if isinstance(part, pikepdf.Stream):
            yield _unparsed(part)


def _inherited(node: Any, key: str) -> tuple[Any, Any]:
    """Return a page's attribute and the node of the page tree that has it (ISO 32000-1, 7.7.3.4); None for nowhere."""
    owner = node
    for _ in range(_MAX_DEPTH):
        value = owner.get(key)
        if value is not None:
            return owner, value
        parent = owner.get("/Parent")
        if not isinstance(parent, pikepdf.Dictionary):
            break
        owner = parent
    return node, None


def _place(node: Any) -> Place:
    media = _box(_inherited(node, "/MediaBox")[1]) or _US_LETTER
    left, bottom, right, top = _box(_inherited(node, "/CropBox")[1]) or media
    shown = max(left, media[0]), max(bottom, media[1]), min(right, media[2]), min(top, media[3])
    if shown[0] >= shown[2] or shown[1] >= shown[3]:
        shown = media
    rotation = _inherited(node, "/Rotate")[1]
    unit = float(node.get("/UserUnit", 1))
    quarters = int(rotation) // 90 if rotation is not None else 0
    return Place(*shown, rotation=90 * (quarters % 4), user_unit=unit if unit > 0 else 1.0)


def _box(value: Any) -> tuple[float, float, float, float] | None:
    """Return left, bottom, right and top of a rectangle, whose corners may come in any order; None for no area."""
    if not isinstance(value, pikepdf.Array) or len(value) < 4:
        return None
    x0, y0, x1, y1 = (float(value[i]) for i in range(4))
    box = min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)
    return box if box[0] < box[2] and box[1] < box[3] else None
