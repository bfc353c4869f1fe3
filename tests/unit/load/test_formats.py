"""What a file holds is told by its content, and counted without decoding."""

import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkread.load import formats


@pytest.mark.parametrize(
    ("prefix", "kind"),
    [
        (b"\xff\xd8\xff\xe0", "JPEG"),
        (b"II+\0\x08\0\0\0", "TIFF"),
        (b"MM\0*", "TIFF"),
        (b"\xff\x4f\xff\x51", "JPEG2000"),
        (b"\0\0\0\x1cftypmif1\0\0\0\0mif1avif", "AVIF"),
        (b"\0\0\0\x1cftypmif1\0\0\0\0mif1heic", "HEIF"),
        (b"P4 8 8\n", "PNM"),
        (b"BMW is a car, this is a letter", ""),
        (b"P7 332\n", ""),
        (b"", ""),
    ],
)
def test_formats_are_told_by_their_first_bytes(prefix: bytes, kind: str) -> None:
    assert formats.sniff(prefix) == kind


@given(st.binary(max_size=200))
def test_any_content_has_a_likeness_and_counts_that_end(content: bytes) -> None:
    assert formats.likeness(content)
    assert formats.jpeg_scans(b"\xff\xd8" + content, 10) <= 11
    assert 1 <= formats.tiff_pages(io.BytesIO(b"II*\0" + content), 10) <= 11
    assert 1 <= formats.tiff_pages(io.BytesIO(b"MM\0+" + content), 10) <= 11
    assert 1 <= formats.gif_frames(io.BytesIO(b"GIF89a" + content), 10) <= 11


def test_pages_of_a_big_tiff_are_counted() -> None:
    empty = struct.pack("<Q", 0)
    content = b"II+\0\x08\0\0\0" + struct.pack("<Q", 16) + empty + struct.pack("<Q", 32) + empty + struct.pack("<Q", 0)
    assert formats.tiff_pages(io.BytesIO(content), 10) == 2


def test_text_that_is_cut_inside_a_character_is_still_text() -> None:
    assert formats.likeness("naïve ü".encode()[:-1]) == "text"
