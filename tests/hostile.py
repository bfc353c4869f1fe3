"""Files made to break decoders, for tests and proofs: bombs, lies, loops and disguises.

Deterministic, and nothing in them is run, connected to or written. Each says what must become of it: pages, or an error
of a class; where a file may rightly end in several ways, all of them.
"""

from __future__ import annotations

import functools
import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

PAGES, DAMAGED, LIMIT, FORMAT = "pages", "DamagedInputError", "LimitError", "UnsupportedFormatError"

_MEBIBYTE = bytes(1 << 20)


@dataclass(frozen=True)
class Hostile:
    """A file that is made when asked for.  outcomes: what may become of it.  about: what is wrong with it."""

    name: str
    about: str
    outcomes: tuple[str, ...]
    make: Callable[[], bytes]

    def __str__(self) -> str:
        return self.name


_made: list[Hostile] = []


def cases() -> Sequence[Hostile]:
    """Return all hostile files."""
    return tuple(_made)


def case(name: str) -> Hostile:
    """Return the hostile file of this name."""
    return next(each for each in _made if each.name == name)


def mutated(content: bytes, seed: int) -> bytes:
    """Return the content with seeded damage: flipped bytes, the end cut off or a block copied over another place."""
    random = np.random.default_rng(seed)
    changed = bytearray(content)
    if not changed:
        return b"\0"
    kind = seed % 3
    if kind == 0:
        # Half of the flips near the start, where the headers are.
        for place in (
            random.integers(0, len(changed), 8).tolist() + random.integers(0, min(len(changed), 512), 8).tolist()
        ):
            changed[place] ^= int(random.integers(1, 256))
    elif kind == 1:
        del changed[int(random.integers(0, len(changed))) :]
    else:
        size = int(random.integers(1, min(len(changed), 256) + 1))
        source, target = (int(place) for place in random.integers(0, len(changed) - size + 1, 2))
        changed[target : target + size] = changed[source : source + size]
    return bytes(changed)


def _makes(name: str, about: str, *outcomes: str) -> Callable[[Callable[[], bytes]], Callable[[], bytes]]:
    def keep(make: Callable[[], bytes]) -> Callable[[], bytes]:
        _made.append(Hostile(name, about, outcomes, functools.cache(make)))
        return make

    return keep


def _is(name: str, about: str, content: bytes, *outcomes: str) -> None:
    _made.append(Hostile(name, about, outcomes, lambda: content))


def _zeros(count: int, level: int = 9) -> bytes:
    """Return the zlib stream of so many zero bytes."""
    packer = zlib.compressobj(level)
    parts = [packer.compress(_MEBIBYTE) for _ in range(count >> 20)]
    return b"".join([*parts, packer.compress(bytes(count % (1 << 20))), packer.flush()])


def _saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


# -- PNG


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _png(width: int, height: int, depth: int, color: int, data: bytes, between: bytes = b"") -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + between + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


@_makes("gigapixels.png", "2.5 gigapixels of one bit in 0.3 MB", LIMIT)
def _() -> bytes:
    return _png(50_000, 50_000, 1, 0, _zeros(6251 * 50_000))


@_makes("within_pixels.png", "81 megapixels of one bit, blank and sound", PAGES)
def _() -> bytes:
    return _png(9000, 9000, 1, 0, _zeros(1126 * 9000))


@_makes("endless_data.png", "4 x 4 pixels whose data unpack to 256 MB", PAGES, DAMAGED)
def _() -> bytes:
    return _png(4, 4, 8, 2, _zeros(256 << 20))


@_makes("text_bomb.png", "four comments that unpack to 64 MB each", PAGES, DAMAGED)
def _() -> bytes:
    comments = b"".join(_chunk(b"zTXt", b"key%d\0\0" % n + _zeros(64 << 20)) for n in range(4))
    return _png(1, 1, 8, 2, zlib.compress(bytes(4)), comments)


@_makes("profile_bomb.png", "a colour profile that unpacks to 256 MB", PAGES, DAMAGED)
def _() -> bytes:
    return _png(1, 1, 8, 2, zlib.compress(bytes(4)), _chunk(b"iCCP", b"p\0\0" + _zeros(256 << 20)))


@_makes("frames_lie.png", "an animation that claims two billion frames", LIMIT, DAMAGED, PAGES)
def _() -> bytes:
    control = _chunk(b"acTL", struct.pack(">II", 2**31 - 1, 0))
    return _png(1, 1, 8, 2, zlib.compress(bytes(4)), control)


_is("no_data.png", "claims 9000 x 9000 and holds 100 bytes", _png(9000, 9000, 8, 2, zlib.compress(bytes(100))), DAMAGED)
_is("lie.png", "claims 65535 x 65535", _png(65535, 65535, 8, 6, zlib.compress(bytes(100))), LIMIT)
_is("largest.png", "claims 2^31 - 1 a side", _png(2**31 - 1, 2**31 - 1, 16, 6, zlib.compress(b"")), LIMIT, DAMAGED)
_is("no_width.png", "no width", _png(0, 10, 8, 2, zlib.compress(b"")), DAMAGED)
_is("no_end.png", "ends after its header", _png(10, 10, 8, 2, b"")[:33], DAMAGED)
_is(
    "chunk_lie.png",
    "a chunk of 4 GB",
    b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 2**32 - 1) + b"IHDR" + bytes(40),
    DAMAGED,
)


# -- GIF, TIFF, BMP, PNM


def _gif(width: int, height: int, frames: int, frame_width: int, frame_height: int, at: int = 0) -> bytes:
    screen = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    frame = b"," + struct.pack("<HHHHB", at, at, frame_width, frame_height, 0) + b"\x02\x02\x44\x01\0"
    return screen + frame * frames + b";"


_is("20000_frames.gif", "20,000 frames", _gif(1, 1, 20_000, 1, 1), LIMIT)
_is("square.gif", "65535 x 65535 in 60 bytes", _gif(65535, 65535, 1, 65535, 65535), LIMIT)
_is("outside.gif", "a frame beyond the screen", _gif(10, 10, 2, 60_000, 1_000, at=60_000), DAMAGED, LIMIT, PAGES)
_is("no_blocks.gif", "a frame without data", _gif(10, 10, 1, 10, 10)[:-4], DAMAGED, PAGES)


def _directory(width: int, height: int, compression: int, offset: int, count: int, link: int = 0) -> bytes:
    entries = ((256, width), (257, height), (258, 1), (259, compression), (262, 0), (273, offset), (277, 1),
               (278, height), (279, count))  # fmt: skip
    body = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in entries)
    return struct.pack("<H", len(entries)) + body + struct.pack("<I", link)


_TIFF = b"II*\0" + struct.pack("<I", 8)
_DIRECTORY_BYTES = 2 + 9 * 12 + 4


@_makes("900_megapixels.tif", "900 megapixels of one bit, deflated", LIMIT)
def _() -> bytes:
    data = _zeros(3750 * 30_000)
    return _TIFF + _directory(30_000, 30_000, 8, 8 + _DIRECTORY_BYTES, len(data)) + data


@_makes("5000_pages.tif", "5,000 pages in 0.6 MB", PAGES)
def _() -> bytes:
    starts = [8 + n * _DIRECTORY_BYTES for n in range(5000)]
    return _TIFF + b"".join(_directory(8, 1, 1, 4, 1, link) for link in [*starts[1:], 0])


_is("loop.tif", "its only page is followed by itself", _TIFF + _directory(8, 8, 1, 200, 8, link=8) + bytes(200), PAGES)
_is("strip_4_gb.tif", "a strip of 4 GB", _TIFF + _directory(100, 100, 1, 120, 2**32 - 1), DAMAGED, LIMIT)
_is("far_away.tif", "a page beyond the end", b"II*\0" + struct.pack("<I", 2**32 - 2), DAMAGED)
_is("wide.tif", "claims 2^32 - 1 pixels a row", _TIFF + _directory(2**32 - 1, 1, 1, 120, 8) + bytes(99), LIMIT, DAMAGED)
_is(
    "huge_big.tif",
    "2^40 pixels a side",
    b"II+\0\x08\0\0\0" + struct.pack("<QQ", 16, 2) + struct.pack("<HHQQ", 256, 16, 1, 2**40)
    + struct.pack("<HHQQ", 257, 16, 1, 2**40) + bytes(8),
    DAMAGED, LIMIT,
)  # fmt: skip


def _bmp(width: int, height: int, depth: int, compression: int, data: bytes = b"") -> bytes:
    head = struct.pack("<IHHI", 54 + len(data), 0, 0, 54)
    return b"BM" + head + struct.pack("<IiiHHIIiiII", 40, width, height, 1, depth, compression, *[0] * 5) + data


_is("largest.bmp", "INT_MAX x INT_MIN", _bmp(2**31 - 1, -(2**31), 24, 0), LIMIT, DAMAGED)
_is("runs.bmp", "runs that jump out of the picture", _bmp(100, 100, 8, 1, b"\0\2\xff\xff" * 5000), DAMAGED, PAGES)
_is("huge.pgm", "2e9 pixels a side in a text header", b"P5\n2000000000 2000000000\n255\n", LIMIT)
_is("endless_number.ppm", "a number without end", b"P6\n" + b"9" * 2_000_000, DAMAGED, LIMIT)
_is("no_maximum.pgm", "a maximum of 0", b"P2\n3 3\n0\n0 0 0 0 0 0 0 0 0\n", DAMAGED)


# -- JPEG and what else is compressed


def _jpeg(kind: int, width: int, height: int, scans: bytes) -> bytes:
    start = bytes.fromhex("ffd8ffe000104a46494600010100000100010000") + b"\xff\xdb\0\x43\0" + b"\1" * 64
    frame = b"\xff" + bytes([kind]) + b"\0\x0b\x08" + struct.pack(">HH", height, width) + b"\1\1\x11\0"
    return start + frame + b"\xff\xc4\0\x14\0\1" + bytes(16) + scans + b"\xff\xd9"


_SCAN = b"\xff\xda\0\x08\1\1\0\0\0\0" + bytes(4)

_is("many_scans.jpg", "16 megapixels in 20,000 scans", _jpeg(0xC2, 4000, 4000, _SCAN * 20_000), LIMIT)
_is("allowed_scans.jpg", "64 megapixels in as many scans as are allowed", _jpeg(0xC2, 8000, 8000, _SCAN * 100),
    PAGES, DAMAGED, LIMIT)  # fmt: skip
_is("header_only.jpg", "claims 65500 x 65500", _jpeg(0xC0, 65_500, 65_500, b""), LIMIT)
_is("no_scan.jpg", "claims 5000 x 5000 and holds nothing", _jpeg(0xC0, 5000, 5000, b""), DAMAGED, PAGES)
_is("no_height.jpg", "its height follows later, and never does", _jpeg(0xC0, 5000, 0, _SCAN), DAMAGED)
_is("fill_bytes.jpg", "ten million fill bytes", b"\xff\xd8" + b"\xff" * 10_000_000, DAMAGED)
_is("long_segments.jpg", "segments that end beyond the file", b"\xff\xd8\xff\xe1\xff\xff" * 1000, DAMAGED)


@_makes("cut.webp", "half of a WebP", DAMAGED)
def _() -> bytes:
    content = _saved(Image.effect_noise((200, 200), 50), "WEBP")
    return content[: len(content) // 2]


@_makes("cut.jp2", "half of a JPEG 2000", DAMAGED, PAGES)
def _() -> bytes:
    content = _saved(Image.effect_noise((200, 200), 50), "JPEG2000")
    return content[: len(content) // 2]


@_makes("tiles.j2k", "a codestream of 2^30 pixels a side in tiles of one", DAMAGED, LIMIT)
def _() -> bytes:
    size = struct.pack(">HIIIIIIIIH", 0, 2**30, 2**30, 0, 0, 1, 1, 0, 0, 1) + b"\x07\1\1"
    return b"\xff\x4f\xff\x51" + struct.pack(">H", len(size) + 2) + size + bytes(100)


@_makes("layers.j2k", "9,000 x 9,000 pixels that claim to be in 65,535 layers", DAMAGED, LIMIT, PAGES)
def _() -> bytes:
    content = bytearray(_saved(Image.new("L", (64, 64)), "JPEG2000", no_jp2=True))
    style = content.index(b"\xff\x52")
    content[style + 6 : style + 8] = b"\xff\xff"
    content[8:16] = struct.pack(">II", 9000, 9000)
    return bytes(content)


# -- PDF

_CATALOG, _ONE_PAGE = "<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 1/Kids[3 0 R]>>"
_HELVETICA = "<</Font<</F <</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>"
_HELLO = b"BT /F 24 Tf 72 700 Td (Hello) Tj ET"


def _pdf(objects: Sequence[str | bytes], trailer: str = "") -> bytes:
    """Return a PDF of these objects, numbered from 1; the first is the catalogue."""
    file, offsets = io.BytesIO(), []
    file.write(b"%PDF-1.7\n")
    for number, body in enumerate(objects, start=1):
        offsets.append(file.tell())
        file.write(b"%d 0 obj\n%s\nendobj\n" % (number, body.encode() if isinstance(body, str) else body))
    start, count = file.tell(), len(offsets) + 1
    file.write(b"xref\n0 %d\n0000000000 65535 f \n" % count)
    file.write(b"".join(b"%010d 00000 n \n" % offset for offset in offsets))
    file.write(f"trailer<</Size {count}/Root 1 0 R{trailer}>>\nstartxref\n{start}\n%%EOF\n".encode())
    return file.getvalue()


def _stream(body: bytes, entries: str = "") -> bytes:
    return f"<<{entries}/Length {len(body)}>>stream\n".encode() + body + b"\nendstream"


def _page(entries: str = "", box: str = "0 0 612 792", resources: str = _HELVETICA) -> str:
    return f"<</Type/Page/Parent 2 0 R/MediaBox[{box}]/Contents 4 0 R/Resources {resources}{entries}>>"


def _drawing(content: bytes, *more: str | bytes, resources: str = _HELVETICA, entries: str = "") -> bytes:
    """Return a PDF of one page that draws this; `more` are objects from 5 on."""
    packed = _stream(zlib.compress(content, 9), "/Filter/FlateDecode")
    return _pdf([_CATALOG, _ONE_PAGE, _page(entries, resources=resources), packed, *more])


def _with_page(entries: str = "", box: str = "0 0 612 792") -> bytes:
    return _pdf([_CATALOG, _ONE_PAGE, _page(entries, box), _stream(_HELLO)])


_PICTURE = "<</XObject<</I 5 0 R>>>>"
_SHOW = b"q 612 0 0 792 0 0 cm /I Do Q"


@_makes("laughs.pdf", "nine forms that draw each other ten times: a billion fills in 3 KB", LIMIT)
def _() -> bytes:
    forms = [
        _stream(b"/X Do " * 10, f"/Type/XObject/Subtype/Form/BBox[0 0 612 792]/Resources<</XObject<</X {n} 0 R>>>>")
        for n in range(6, 14)
    ]
    last = _stream(b"0 0 1 1 re f", "/Type/XObject/Subtype/Form/BBox[0 0 612 792]")
    return _drawing(b"/X Do " * 10, *forms, last, resources="<</XObject<</X 5 0 R>>>>")


@_makes("fills.pdf", "300,000 fills of the whole page in 13 KB", LIMIT, PAGES)
def _() -> bytes:
    return _drawing(b"0 0 612 792 re f\n" * 300_000)


@_makes("operators.pdf", "two million operators", LIMIT, PAGES)
def _() -> bytes:
    return _drawing(b"q 1 0 0 1 0 0 cm 0 0 9 9 re f Q\n" * 400_000)


@_makes("unpacks.pdf", "a drawing that unpacks twice, to 1 GB", LIMIT, DAMAGED)
def _() -> bytes:
    body = zlib.compress(_zeros(1 << 30), 9)
    return _pdf([_CATALOG, _ONE_PAGE, _page(), _stream(body, "/Filter[/FlateDecode/FlateDecode]")])


@_makes("picture_gigapixels.pdf", "a picture of 3.6 gigapixels on a page", LIMIT, DAMAGED, PAGES)
def _() -> bytes:
    entries = "/Type/XObject/Subtype/Image/Width 60000/Height 60000/BitsPerComponent 1/ColorSpace/DeviceGray"
    return _drawing(_SHOW, _stream(_zeros(7500 * 60_000), entries + "/Filter/FlateDecode"), resources=_PICTURE)


@_makes("picture_scans.pdf", "a JPEG of 20,000 scans on a page", LIMIT, DAMAGED, PAGES)
def _() -> bytes:
    entries = "/Type/XObject/Subtype/Image/Width 4000/Height 4000/BitsPerComponent 8/ColorSpace/DeviceGray"
    scans = _jpeg(0xC2, 4000, 4000, _SCAN * 20_000)
    return _drawing(_SHOW, _stream(scans, entries + "/Filter/DCTDecode"), resources=_PICTURE)


@_makes("picture_lie.pdf", "a JPEG 2000 that claims 2^30 pixels a side", LIMIT, DAMAGED, PAGES)
def _() -> bytes:
    entries = "/Type/XObject/Subtype/Image/Width 4000/Height 4000/BitsPerComponent 8/ColorSpace/DeviceGray"
    return _drawing(_SHOW, _stream(case("tiles.j2k").make(), entries + "/Filter/JPXDecode"), resources=_PICTURE)


@_makes("pictures_many_times.pdf", "a picture of 25 megapixels shown 20,000 times", LIMIT, PAGES)
def _() -> bytes:
    entries = "/Type/XObject/Subtype/Image/Width 5000/Height 5000/BitsPerComponent 8/ColorSpace/DeviceGray"
    body = _stream(_zeros(25_000_000), entries + "/Filter/FlateDecode")
    return _drawing((_SHOW + b"\n") * 20_000, body, resources=_PICTURE)


@_makes("pattern.pdf", "a page filled with tiles a thousandth of a point wide", LIMIT, PAGES, DAMAGED)
def _() -> bytes:
    entries = "/Type/Pattern/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 1 1]/XStep .001/YStep .001/Resources<<>>"
    drawing = b"/Pattern cs /P scn 0 0 612 792 re f"
    return _drawing(drawing, _stream(b"0 0 1 1 re f", entries), resources="<</Pattern<</P 5 0 R>>>>")


@_makes("form_self.pdf", "a form that draws itself", PAGES, DAMAGED)
def _() -> bytes:
    form = _stream(b"/X Do", "/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X 5 0 R>>>>")
    return _drawing(b"/X Do", form, resources="<</XObject<</X 5 0 R>>>>")


@_makes("letter_self.pdf", "a font whose letter is drawn with that letter", PAGES, DAMAGED)
def _() -> bytes:
    font = (
        "<</Type/Font/Subtype/Type3/FontBBox[0 0 1 1]/FontMatrix[1 0 0 1 0 0]/CharProcs<</a 6 0 R>>/FirstChar 97"
        "/LastChar 97/Widths[1]/Encoding<</Differences[97/a]>>/Resources<</Font<</F 5 0 R>>>>>>"
    )
    letter = _stream(b"1 0 d0 BT /F 1 Tf (aaaaaaaaaa) Tj ET")
    return _drawing(b"BT /F 9 Tf 9 9 Td (aaaaaaaaaa) Tj ET", font, letter, resources="<</Font<</F 5 0 R>>>>")


@_makes("mask_self.pdf", "a mask that is masked by itself", PAGES, DAMAGED, LIMIT)
def _() -> bytes:
    state = "<</Type/ExtGState/SMask<</Type/Mask/S/Luminosity/G 6 0 R>>>>"
    form = _stream(
        b"/G gs 0 0 612 792 re f",
        "/Type/XObject/Subtype/Form/BBox[0 0 612 792]/Group<</S/Transparency/CS/DeviceRGB>>"
        "/Resources<</ExtGState<</G 5 0 R>>>>",
    )
    return _drawing(b"/G gs 0 0 612 792 re f", state, form, resources="<</ExtGState<</G 5 0 R>>>>")


@_makes("text_million.pdf", "a million letters on a page", PAGES, LIMIT)
def _() -> bytes:
    return _drawing(b"BT /F 1 Tf 9 9 Td " + b"(" + b"hello " * 16 + b") Tj " * 10_000 + b" ET")


@_makes("saved_states.pdf", "a million saved states", PAGES, LIMIT, DAMAGED)
def _() -> bytes:
    return _drawing(b"q " * 1_000_000 + b"0 0 9 9 re f")


@_makes("20000_pages.pdf", "20,000 pages", LIMIT)
def _() -> bytes:
    kids = " ".join(f"{n} 0 R" for n in range(4, 20_004))
    tree = f"<</Type/Pages/Count 20000/Kids[{kids}]>>"
    page = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 3 0 R>>"
    return _pdf([_CATALOG, tree, _stream(_HELLO), *[page] * 20_000])


@_makes("deep.pdf", "100,000 arrays in each other", PAGES, DAMAGED)
def _() -> bytes:
    return _with_page("/Q " + "[" * 100_000 + "]" * 100_000)


@_makes("deep_tree.pdf", "a tree of pages 5,000 levels deep", PAGES, DAMAGED)
def _() -> bytes:
    nodes = [f"<</Type/Pages/Count 1/Parent {max(2, n - 1)} 0 R/Kids[{n + 1} 0 R]>>" for n in range(2, 5002)]
    return _pdf([_CATALOG, *nodes, "<</Type/Page/Parent 5001 0 R/MediaBox[0 0 99 99]>>"])


def _count_lie() -> bytes:
    return _with_page().replace(b"/Count 1/", b"/Count 2000000000/")


_is("count_lie.pdf", "claims two billion pages and has one", _count_lie(), LIMIT, PAGES, DAMAGED)
_is("no_pages.pdf", "no pages", _pdf([_CATALOG, "<</Type/Pages/Count 0/Kids[]>>"]), DAMAGED)
_is("tree_self.pdf", "a tree of pages that holds itself",
    _pdf([_CATALOG, "<</Type/Pages/Count 2/Kids[2 0 R 2 0 R]>>"]), DAMAGED, PAGES)  # fmt: skip
_is("huge_box.pdf", "a page of 1e9 points a side", _with_page(box="0 0 1000000000 1000000000"), PAGES, DAMAGED, LIMIT)
_is("huge_unit.pdf", "14400 points of 100,000 units each", _with_page("/UserUnit 100000", "0 0 14400 14400"),
    PAGES, DAMAGED, LIMIT)  # fmt: skip
_is("sliver.pdf", "0.01 x 14400 points", _with_page(box="0 0 0.01 14400"), PAGES, DAMAGED)
_is("no_box.pdf", "a box of nonsense", _with_page(box="0 0 -1 /X"), PAGES, DAMAGED)
_is("turned_oddly.pdf", "turned by 2^31 - 1 degrees", _with_page("/Rotate 2147483647"), PAGES, DAMAGED)
_is("actions.pdf", "JavaScript, a program to launch and an address to open",
    _with_page("/AA<</O<</S/URI/URI(http://127.0.0.1:9/)>>>>/Annots[<</Type/Annot/Subtype/Link/Rect[0 0 612 792]"
               "/A<</S/Launch/F(/bin/true)>>>>]").replace(
        b"/Catalog", b"/Catalog/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>"), PAGES)  # fmt: skip
_is("cut.pdf", "cut in the middle", _with_page()[:330], PAGES, DAMAGED)
_is("only_a_mark.pdf", "the first line of a PDF and no more", b"%PDF-1.7\n", DAMAGED)
_is("table_loop.pdf", "a cross-reference table that goes before itself", _with_page().replace(
    b"/Root 1 0 R", b"/Prev 458 /Root 1 0 R"), PAGES, DAMAGED)  # fmt: skip
_is("table_huge.pdf", "a cross-reference table of four billion entries", _with_page().replace(
    b"xref\n0 5\n", b"xref\n0 4294967295\n"), PAGES, DAMAGED, LIMIT)  # fmt: skip
_is("length_lie.pdf", "a stream that claims 2 GB", _with_page().replace(b"/Length 35", b"/Length 2147483647"),
    PAGES, DAMAGED)  # fmt: skip
_is("encrypted_by_nothing.pdf", "encrypted with an empty dictionary",
    _pdf([_CATALOG, _ONE_PAGE, _page(), _stream(_HELLO), "<<>>"], "/Encrypt 5 0 R"),
    PAGES, DAMAGED, FORMAT, "PasswordError")  # fmt: skip


# -- in disguise, and what no decoder may see


def _office() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(zipfile.ZipInfo("word/document.xml", (2026, 1, 1, 0, 0, 0)), "<w:document/>")
    return file.getvalue()


_OUTSIDE_ENTITY = b'<?xml version="1.0"?><!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
_SMALL = _png(2, 2, 8, 2, zlib.compress(bytes(14)))

_is("empty.png", "nothing", b"", DAMAGED)
_is("one_byte.png", "one byte", b"\0", FORMAT)
_is("text.png", "text", b"this is not a picture\n", FORMAT)
_is("entity.svg", "an SVG that asks for a file", _OUTSIDE_ENTITY + b"<svg><text>&x;</text></svg>", FORMAT)
_is("plain.svg", "an SVG", b"<svg xmlns='http://www.w3.org/2000/svg'><rect/></svg>", FORMAT)
_is("page.eps", "PostScript", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\nshowpage\n", FORMAT)
_is("preview.eps", "PostScript with a preview", b"\xc5\xd0\xd3\xc6" + bytes(28) + b"%!PS-Adobe-3.0\n", FORMAT)
_is("letter.docx", "an Office document", _office(), FORMAT)
_is("letter.doc", "an old Office document", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), FORMAT)
_is("letter.rtf", "an RTF document", rb"{\rtf1 hello}", FORMAT)
_is("page.html", "a web page", b"<!DOCTYPE html><html><script>1</script></html>", FORMAT)
_is("layers.psd", "a Photoshop file", b"8BPS\0\1" + bytes(20) + struct.pack(">II", 2**31, 2**31) + bytes(30), FORMAT)
_is("program.png", "a program", b"\x7fELF\2\1\1" + bytes(60), FORMAT)
_is("archive.png", "an archive", b"\x1f\x8b\x08" + bytes(30), FORMAT)
_is("film.jp2", "a film", b"\0\0\0\x18ftypmp42" + bytes(30), FORMAT)
_is("pdf_and_zip.pdf", "a PDF and an archive in one", _with_page() + _office(), PAGES)
_is("png_and_pdf.png", "a PNG with a PDF behind it", _SMALL + _with_page(), PAGES)
_is(
    "pdf_in_svg.svg",
    "a PDF whose first line is an SVG's",
    b"<svg>\n" + _with_page() + b"</svg>",
    PAGES,
    FORMAT,
    DAMAGED,
)
