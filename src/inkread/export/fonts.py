"""The fonts of this computer and the characters that each of them has; nothing is ever downloaded.

Pillow draws a box for a character that a font lacks and does not tell. So the font's own table from characters to
glyphs, "cmap", is read here: https://learn.microsoft.com/typography/opentype/spec/cmap
"""

from __future__ import annotations

import os
import struct
import sys
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import BinaryIO

# In this order: narrow, plain Latin faces first, since text has to fit into the box where it was read, then one
# face for each further script. Matched without case against the file's name.
_PREFERRED = (
    *("NotoSans-Regular", "LiberationSans-Regular", "Arial", "Helvetica", "segoeui", "DejaVuSans"),
    *("NotoSansCJK-Regular", "NotoSansCJKsc-Regular", "NotoSansSC-Regular", "SourceHanSans-Regular", "PingFang"),
    *("Hiragino Sans GB", "msyh", "YuGothR", "malgun", "simsun", "wqy-microhei", "wqy-zenhei", "NanumGothic"),
    *("NotoSansArabic-Regular", "NotoNaskhArabic-Regular", "NotoSansHebrew-Regular", "NotoSansDevanagari-Regular"),
    *("NotoSansBengali-Regular", "NotoSansTamil-Regular", "NotoSansTelugu-Regular", "NotoSansThai-Regular"),
    *("NotoSansGeorgian-Regular", "NotoSansArmenian-Regular", "NotoSansEthiopic-Regular", "Nirmala", "LeelawUI"),
    *("Arial Unicode", "ARIALUNI", "FreeSans", "NotoSansSymbols2-Regular", "NotoEmoji-Regular", "seguisym", "unifont"),
)
_SUFFIXES = frozenset({".ttf", ".otf", ".ttc"})

# A table larger than this is no cmap: the largest, of a pan-CJK font, has some 300 kB.
_MAX_TABLE_BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class FontFile:
    """A font on disk; index: of the face in a collection (.ttc)."""

    path: Path
    index: int = 0


def font_for(text: str, fonts: Iterable[FontFile] | None = None) -> FontFile | None:
    """Return the first font that has every character of the text, else the one that lacks fewest.

    fonts: to choose from, best first; None: those of this computer. None comes back where no font has any of it.
    White space and characters without a shape of their own (variation selectors, joiners) do not count.
    """
    wanted = {ord(c) for c in text if not c.isspace() and c not in "\u200b\u200c\u200d\u200e\u200f\ufe0e\ufe0f"}
    best, most = None, 0
    for font in installed_fonts() if fonts is None else fonts:
        has = len(wanted & characters(font))
        if has == len(wanted):
            return font
        if has > most:
            best, most = font, has
    return best


@cache
def installed_fonts() -> tuple[FontFile, ...]:
    """Return the fonts in the system's and the user's folders that suit plain text, best first."""
    return choose(path for folder in font_folders() for path in _files_in(folder))


def choose(paths: Iterable[Path]) -> tuple[FontFile, ...]:
    """Return those of the font files that suit plain text, each name once, best first."""
    ranks = {name.casefold(): rank for rank, name in enumerate(_PREFERRED)}
    found: dict[int, Path] = {}
    for path in paths:
        rank = ranks.get(path.stem.casefold())
        if rank is not None and path.suffix.casefold() in _SUFFIXES:
            found.setdefault(rank, path)
    return tuple(FontFile(found[rank]) for rank in sorted(found))


def font_folders() -> tuple[Path, ...]:
    """Return the folders where this operating system keeps fonts, the user's first."""
    home = Path(os.path.expanduser("~"))  # noqa: PTH111 - Path.home() raises where there is no home folder
    if sys.platform == "win32":
        windows, local = os.environ.get("WINDIR", r"C:\Windows"), os.environ.get("LOCALAPPDATA", str(home))
        return Path(local, "Microsoft", "Windows", "Fonts"), Path(windows, "Fonts")
    if sys.platform == "darwin":
        return home / "Library/Fonts", Path("/Library/Fonts"), Path("/System/Library/Fonts")
    data = os.environ.get("XDG_DATA_HOME") or home / ".local/share"
    return Path(data, "fonts"), home / ".fonts", Path("/usr/local/share/fonts"), Path("/usr/share/fonts")


def _files_in(folder: Path) -> Iterator[Path]:
    # os.walk skips what it may not read and does not follow links to folders, which may run in circles.
    for parent, folders, files in os.walk(folder):
        folders.sort()
        yield from (Path(parent, name) for name in sorted(files))


@cache
def characters(font: FontFile) -> frozenset[int]:
    """Return the code points that the font has a glyph for; none where the file is damaged or not there."""
    try:
        with font.path.open("rb") as stream:
            return frozenset(_code_points(_read_cmap(stream, font.index)))
    except (OSError, struct.error, ValueError, zlib.error):
        return frozenset()


def _read_cmap(stream: BinaryIO, index: int) -> bytes:
    start = 0
    kind = stream.read(4)
    if kind == b"wOFF":
        return _cmap_of_woff(stream)
    if kind == b"ttcf":
        stream.seek(12 + 4 * index)
        (start,) = struct.unpack(">I", stream.read(4))
    stream.seek(start + 4)
    (count,) = struct.unpack(">H", stream.read(2))
    stream.seek(start + 12)
    for _ in range(count):
        tag, _, offset, length = struct.unpack(">4sIII", stream.read(16))
        if tag == b"cmap" and length <= _MAX_TABLE_BYTES:
            stream.seek(offset)
            return stream.read(length)
    raise ValueError("the font has no cmap")


def _cmap_of_woff(stream: BinaryIO) -> bytes:
    """Return the table of a font that is packed for web pages: https://www.w3.org/TR/WOFF."""
    stream.seek(12)
    (count,) = struct.unpack(">H", stream.read(2))
    stream.seek(44)
    for _ in range(count):
        tag, offset, packed, length, _ = struct.unpack(">4sIIII", stream.read(20))
        if tag == b"cmap" and max(packed, length) <= _MAX_TABLE_BYTES:
            stream.seek(offset)
            data = stream.read(packed)
            return data if packed == length else zlib.decompressobj().decompress(data, length)
    raise ValueError("the font has no cmap")


def _code_points(cmap: bytes) -> Iterator[int]:
    """Yield what the Unicode parts map: format 12 where there is one (all planes), else format 4 (the first plane)."""
    (count,) = struct.unpack_from(">H", cmap, 2)
    parts: dict[int, int] = {}
    for i in range(count):
        platform, encoding, offset = struct.unpack_from(">HHI", cmap, 4 + 8 * i)
        if platform == 0 or (platform, encoding) in {(3, 1), (3, 10)}:
            parts.setdefault(struct.unpack_from(">H", cmap, offset)[0], offset)
    if 12 in parts:
        yield from _format_12(cmap, parts[12])
    elif 4 in parts:
        yield from _format_4(cmap, parts[4])


def _format_12(cmap: bytes, offset: int) -> Iterator[int]:
    (groups,) = struct.unpack_from(">I", cmap, offset + 12)
    for i in range(groups):
        first, last, glyph = struct.unpack_from(">III", cmap, offset + 16 + 12 * i)
        # Glyph 0 is the box for what is missing.
        yield from range(first + (glyph == 0), min(last, sys.maxunicode) + 1)


def _format_4(cmap: bytes, offset: int) -> Iterator[int]:
    """Yield the code points of format 4: parallel arrays of segments, some with a list of their glyphs."""
    (doubled,) = struct.unpack_from(">H", cmap, offset + 6)
    count = doubled // 2
    lasts = struct.unpack_from(f">{count}H", cmap, offset + 14)
    firsts = struct.unpack_from(f">{count}H", cmap, offset + 16 + doubled)
    deltas = struct.unpack_from(f">{count}H", cmap, offset + 16 + 2 * doubled)
    at = offset + 16 + 3 * doubled
    ranges = struct.unpack_from(f">{count}H", cmap, at)
    for i, (first, last, delta, skip) in enumerate(zip(firsts, lasts, deltas, ranges, strict=True)):
        for code in range(first, last + 1):
            if skip:
                # The list starts `skip` bytes after the place of this very number.
                (glyph,) = struct.unpack_from(">H", cmap, at + 2 * i + skip + 2 * (code - first))
            else:
                glyph = (code + delta) & 0xFFFF
            if glyph and code != 0xFFFF:
                yield code
