"""Damaged, hostile and mistaken files: each gives pages or an InkreadError that names it, soon and without warnings."""

import contextlib
import io
import os
import struct
import time
import zlib
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkread.errors import DamagedInputError, InkreadError, InputError, LimitError, UnsupportedFormatError
from inkread.load import pictures, source
from inkread.options import Limits

KINDS = ("PNG", "JPEG", "TIFF", "GIF", "WEBP", "BMP", "PPM", "JPEG2000", "AVIF")


def noise(kind: str) -> bytes:
    pixels = np.random.default_rng(0).integers(0, 255, (48, 64, 3), dtype=np.uint8)
    file = io.BytesIO()
    PIL.Image.fromarray(pixels).save(file, kind)
    return file.getvalue()


CONTENTS = {kind: noise(kind) for kind in KINDS}


def read(content: bytes, limits: Limits = Limits()) -> int:
    with source.open(content, limits, name="page.png") as opened:
        return len(list(opened))


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_cut_short_is_damaged(kind: str) -> None:
    content = CONTENTS[kind]
    with pytest.raises(DamagedInputError, match=r'"page.png" is damaged or cut short \(.+\): get the file again'):
        read(content[: len(content) // 2])


def test_a_damaged_page_does_not_harm_the_others() -> None:
    file = io.BytesIO()
    pages = [PIL.Image.fromarray(np.full((40, 40), level, np.uint8)) for level in (10, 20, 30)]
    pages[0].save(file, "TIFF", save_all=True, append_images=pages[1:], compression="tiff_deflate")
    content = file.getvalue()
    second = zlib.compress(bytes([20]) * 1600)[:8]
    place = content.index(second)
    broken = content[:place] + b"\xff" * 8 + content[place + 8 :]
    with source.open(broken, name="scan.tif") as opened:
        with pytest.raises(DamagedInputError, match=r'page 2 of "scan\.tif" is damaged'):
            opened[1]
        assert [opened[index].pixels[0, 0, 0] for index in (2, 0)] == [30, 10]


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_flipped_bytes_give_pages_or_our_error(kind: str, data: st.DataObject) -> None:
    content = bytearray(CONTENTS[kind])
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, min(len(content), 400) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(InkreadError):
        read(bytes(content), Limits(max_pixels=1_000_000))


def test_an_empty_file_says_so(tmp_path: Path) -> None:
    (tmp_path / "page.png").touch()
    with pytest.raises(DamagedInputError, match=r'page.png" is empty'):
        source.open(tmp_path / "page.png")


@pytest.mark.parametrize(
    ("content", "looks"),
    [
        ("this is not an image, naïve as it looks\n".encode(), "text"),
        (b"\0", "unknown data"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG drawing"),
        (b"<?xml version='1.0'?><!DOCTYPE s [<!ENTITY x SYSTEM 'file:///etc/hostname'>]><svg><text>&x;</text></svg>",
         "an SVG drawing"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\nshowpage\n", "a PostScript file"),
        (b"8BPS\0\1" + bytes(30), "a Photoshop file"),
        (b"PK\x03\x04" + bytes(30), "a ZIP archive or an Office document"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(30), "an old Office document"),
        (b"<!DOCTYPE html><html></html>", "a web page"),
        (b"\0\0\1\0\1\0" + bytes(30), "an icon file"),
        (b"\0\0\0\x18ftypmp42" + bytes(30), "a film or a sound"),
    ],
)  # fmt: skip
def test_what_is_no_picture_is_named_and_never_decoded(
    content: bytes, looks: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(*_: object) -> None:
        raise AssertionError("handed to a decoder")

    monkeypatch.setattr(pictures, "_factory", forbidden)
    with pytest.raises(UnsupportedFormatError, match=f"it looks like {looks}: convert it to PDF, PNG"):
        read(content)


def test_sizes_that_lie_are_refused_at_once() -> None:
    header = struct.pack("<IHHI", 54, 0, 0, 54) + struct.pack("<IiiHHIIiiII", 40, 2**31 - 1, -(2**31), 1, 24, *[0] * 6)
    screen = b"GIF89a" + struct.pack("<HHBBB", 65535, 65535, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    frame = b"," + struct.pack("<HHHHB", 0, 0, 65535, 65535, 0) + b"\x02\x02\x44\x01\0;"
    for content in (b"BM" + header, b"P5\n2000000000 2000000000\n255\n", screen + frame):
        with pytest.raises(LimitError, match=r"over the limit of 100 Mpx|too large to decode"):
            read(content)


def test_a_chain_of_pages_that_bites_its_tail_ends() -> None:
    entries = [(256, 4, 1, 8), (257, 4, 1, 8), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1), (273, 4, 1, 200),
               (277, 3, 1, 1), (278, 4, 1, 8), (279, 4, 1, 64)]  # fmt: skip
    directory = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *entry) for entry in entries)
    content = (b"II*\0" + struct.pack("<I", 8) + directory + struct.pack("<I", 8)).ljust(300, b"\xff")
    assert read(content) == 1


def test_many_scans_are_refused_before_decoding() -> None:
    start = bytes.fromhex("ffd8ffe000104a46494600010100000100010000") + b"\xff\xdb\x00C\x00" + b"\x01" * 64
    frame = b"\xff\xc2\x00\x0b\x08" + struct.pack(">HH", 4000, 4000) + b"\x01\x01\x11\x00"
    table = b"\xff\xc4\x00\x14\x00\x01" + bytes(16)
    scan = b"\xff\xda\x00\x08\x01\x01\x00\x00\x00\x00" + bytes(4)
    with pytest.raises(LimitError, match="progressive JPEG of more than 100 scans"):
        read(start + frame + table + scan * 20_000 + b"\xff\xd9")


def test_a_picture_whose_file_is_closed_is_our_error() -> None:
    picture = PIL.Image.open(io.BytesIO(CONTENTS["PNG"]))
    picture.close()
    with pytest.raises(InputError):
        source.open(picture)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_says_so(tmp_path: Path) -> None:
    path = tmp_path / "page.png"
    path.write_bytes(CONTENTS["PNG"])
    path.chmod(0)
    with pytest.raises(InputError, match="may not be read: check its permissions"):
        source.open(path)


def test_a_file_that_may_not_be_opened_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "page.png"
    path.write_bytes(CONTENTS["PNG"])

    def refused(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refused)
    with pytest.raises(InputError, match="may not be read: check its permissions"):
        source.open(path)


def test_collected_nasty_files_give_pages_or_our_error(shared: Path) -> None:
    nasty = shared / "nasty"
    folders = ("go-fuzz-*", "image-*", "libjpeg-turbo-afl", "pillow", "pdfium")
    files = [path for pattern in folders for path in sorted(nasty.glob(f"{pattern}/*")) if path.suffix != ".pdf"]
    if not files:
        pytest.skip("needs the collection of nasty files")
    slowest = (0.0, "")
    for path in files:
        start = time.perf_counter()
        with contextlib.suppress(InkreadError), source.open(path) as opened:
            for image in opened:
                assert image.pixels.shape[2] == 3
        slowest = max(slowest, (time.perf_counter() - start, path.name))
    # Not a measure of speed: decoders that loop take minutes.
    assert slowest[0] < 20, slowest
