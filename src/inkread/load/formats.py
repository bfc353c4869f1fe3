"""What a file holds, told by its content and never by its name; and what can be counted in it before decoding."""

from __future__ import annotations

import re
import struct
from typing import BinaryIO, Final

# As many bytes from the start as `sniff` needs: a PDF's mark may stand anywhere in the first kilobyte.
PREFIX_BYTES: Final = 1024

_FORMATS: Final = (
    ("JPEG", re.compile(rb"\xff\xd8\xff")),
    ("PNG", re.compile(rb"\x89PNG\r\n\x1a\n")),
    ("TIFF", re.compile(rb"II[*+]\0|MM\0[*+]")),
    ("BMP", re.compile(rb"BM.{12}[\x0c\x10\x28\x34\x38\x40\x6c\x7c]\0\0\0", re.DOTALL)),
    ("GIF", re.compile(rb"GIF8[79]a")),
    ("WEBP", re.compile(rb"RIFF.{4}WEBP", re.DOTALL)),
    ("JPEG2000", re.compile(rb"\0\0\0\x0cjP  \r\n\x87\n|\xff\x4f\xff\x51")),
    ("PNM", re.compile(rb"P[1-6][\s#]|Pf\s")),
    ("AVIF", re.compile(rb".{4}ftyp(avi[fs]|m[is]f1.{4}([^\0]{4})*avi[fs])", re.DOTALL)),
    ("HEIF", re.compile(rb".{4}ftyp(hei[cxms]|hev[cxms]|mif[12]|msf1)", re.DOTALL)),
    ("PDF", re.compile(rb".{0,1019}%PDF-", re.DOTALL)),
)

# What is no document for us, in the words of an error message. None of it is ever handed to a decoder.
_OTHERS: Final = (
    (
        "an SVG drawing",
        re.compile(rb"\s*(\xef\xbb\xbf)?\s*(<\?xml.{0,900}?)?(<!--.{0,900}?)?<svg[\s>]", re.DOTALL | re.I),
    ),
    ("an SVG drawing", re.compile(rb"\s*<\?xml.{0,200}<!DOCTYPE svg", re.DOTALL | re.I)),
    ("a PostScript file", re.compile(rb"%!PS|\xc5\xd0\xd3\xc6")),
    ("a Photoshop file", re.compile(rb"8BPS")),
    ("a ZIP archive or an Office document", re.compile(rb"PK\x03\x04|PK\x05\x06")),
    ("an old Office document", re.compile(rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")),
    ("an RTF document", re.compile(rb"\{\\rtf")),
    ("a web page", re.compile(rb"\s*(<!DOCTYPE html|<html)", re.I)),
    ("an XML file", re.compile(rb"\s*(\xef\xbb\xbf)?<\?xml")),
    ("a JPEG XL picture", re.compile(rb"\xff\x0a|\0\0\0\x0cJXL ")),
    ("an OpenEXR picture", re.compile(rb"\x76\x2f\x31\x01")),
    ("a DjVu document", re.compile(rb"AT&TFORM")),
    ("an icon file", re.compile(rb"\0\0[\x01\x02]\0|icns")),
    ("a compressed archive", re.compile(rb"\x1f\x8b|BZh|\xfd7zXZ|7z\xbc\xaf|Rar!|\x28\xb5\x2f\xfd")),
    ("a film or a sound", re.compile(rb".{4}ftyp|RIFF|ID3|OggS|fLaC|\x1a\x45\xdf\xa3", re.DOTALL)),
    ("a program", re.compile(rb"\x7fELF|MZ|#!")),
)

_JPEG_MARKER: Final = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
_PROGRESSIVE: Final = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
_FRAME_HEADERS: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_START_OF_SCAN, _END_OF_IMAGE, _START_OF_IMAGE, _TEMPORARY = 0xDA, 0xD9, 0xD8, 0x01


def sniff(prefix: bytes) -> str:
    """Return the format whose content starts like this (JPEG, PNG, ... HEIF, PDF), or "" if it is none we know."""
    return next((name for name, pattern in _FORMATS if pattern.match(prefix)), "")


def likeness(prefix: bytes) -> str:
    """Return in words what content of no format we read looks like: "a web page", "text", "unknown data"."""
    for words, pattern in _OTHERS:
        if pattern.match(prefix):
            return words
    return "text" if _is_text(prefix) else "unknown data"


def _is_text(prefix: bytes) -> bool:
    # The last character may be cut in two by the end of the prefix, so up to three bytes are left out.
    for cut in range(4):
        try:
            text = prefix[: len(prefix) - cut].decode("utf-8")
        except UnicodeDecodeError:
            continue
        return all(char.isprintable() or char.isspace() for char in text)
    return False


def jpeg_scans(content: bytes, most: int) -> int:
    """Return how many scans a JPEG's decoder has to work through; counting stops beyond `most`.

    A sequential JPEG with all colours in its first scan counts as one: decoders stop there. A progressive one makes
    them visit every pixel once a scan, so a small file with thousands of scans keeps a processor busy for minutes.
    """
    scans, position, components, progressive = 0, 2, 0, False
    while scans <= most and (found := _JPEG_MARKER.search(content, position)):
        marker, body = content[found.start() + 1], found.end()
        position = body
        if marker == _END_OF_IMAGE:
            break
        if marker in (_START_OF_IMAGE, _TEMPORARY):
            continue
        if marker in _FRAME_HEADERS:
            progressive = marker in _PROGRESSIVE
            components = content[body + 7] if len(content) > body + 7 else 0
        if marker == _START_OF_SCAN:
            scans += 1
            in_scan = content[body + 2] if len(content) > body + 2 else 0
            if scans == 1 and not progressive and in_scan >= components:
                break
        position += int.from_bytes(content[body : body + 2], "big")
    return scans


def tiff_pages(file: BinaryIO, most: int) -> int:
    """Return how many pages a TIFF's chain of directories holds; counting stops beyond `most` or where it loops.

    A directory that lies beyond the end of the file counts: reading that page then says that the file is damaged.
    """
    header = _read_at(file, 0, 16)
    order = "<" if header[:2] == b"II" else ">"
    is_big = header[2:4] in (b"+\0", b"\0+")
    count_code, link_code, entry_bytes = ("Q", "Q", 20) if is_big else ("H", "I", 12)
    count_bytes, link_bytes = struct.calcsize(count_code), struct.calcsize(link_code)
    start = 8 if is_big else 4
    link = header[start : start + link_bytes]
    seen: set[int] = set()
    while len(link) == link_bytes and len(seen) <= most:
        offset: int = struct.unpack(order + link_code, link)[0]
        if offset == 0 or offset in seen:
            break
        seen.add(offset)
        count = _read_at(file, offset, count_bytes)
        if len(count) < count_bytes:
            break
        entries: int = struct.unpack(order + count_code, count)[0]
        link = _read_at(file, offset + count_bytes + entries * entry_bytes, link_bytes)
    return max(1, len(seen))


def gif_frames(file: BinaryIO, most: int) -> int:
    """Return how many frames a GIF holds; counting stops beyond `most` or where the blocks make no sense."""
    screen = _read_at(file, 0, 13)
    if len(screen) < 13:
        return 1
    file.seek(_color_table_bytes(screen[10]), 1)
    frames = 0
    while frames <= most:
        kind = file.read(1)
        if kind == b"!":
            file.seek(1, 1)
        elif kind == b",":
            descriptor = file.read(9)
            if len(descriptor) < 9:
                break
            frames += 1
            file.seek(_color_table_bytes(descriptor[8]) + 1, 1)
        else:
            break
        while (length := file.read(1)) not in (b"", b"\0"):
            file.seek(length[0], 1)
    return max(1, frames)


def _color_table_bytes(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _read_at(file: BinaryIO, offset: int, count: int) -> bytes:
    # Offsets of eight bytes can exceed what a file position can hold.
    if offset + count >= 1 << 63:
        return b""
    file.seek(offset)
    return file.read(count)
