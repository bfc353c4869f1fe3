"""Pictures made of other files: one enlarged, or a page of a PDF. What is given stays as it is."""

from __future__ import annotations

import os
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
from PIL import Image as Pillow

from inkread.enhance.size import enlargement, print_height_px
from inkread.errors import InputError, OptionError
from inkread.export.save import is_same_file, write
from inkread.image import Image
from inkread.load.source import open as open_source

# Lines this high, from ascender to descender, are read as well as higher ones.
GOOD_PRINT_PX = 24.0
_MOST_FACTOR = 8.0


def upscale_image(
    path: str | os.PathLike[str],
    output: str | os.PathLike[str] | None = None,
    *,
    factor: float | None = None,
    overwrite: bool = False,
) -> Path:
    """Write a picture enlarged (Lanczos) as a new PNG, and return its path.

    factor: how many times as large, above 1 and up to 8; None: until lines are 24 px high, 4 times at most; a picture
    whose print is that high is not written again, and `path` is returned.  output: by default "scan.jpg" becomes
    "scan_upscaled.png" beside it.  Only the first page of a file is taken. Raises InputError where it cannot be read,
    OutputError where the new file exists (unless `overwrite`) or cannot be written, OptionError for the factor.

    Reading a small picture needs no such step: what is read is enlarged where it is small.
    """
    given = Path(path)
    if factor is not None and not 1 < factor <= _MOST_FACTOR:
        raise OptionError(f"factor is {factor}", remedy=f"give more than 1 and at most {_MOST_FACTOR:g}")
    image = _page(given, 0)
    times = enlargement(print_height_px(image), GOOD_PRINT_PX) if factor is None else factor
    if times <= 1:
        return given
    size = max(1, round(image.width * times)), max(1, round(image.height * times))
    pixels = np.asarray(cv2.resize(image.pixels, size, interpolation=cv2.INTER_LANCZOS4), dtype=np.uint8)
    target = given.with_name(f"{given.stem}_upscaled.png") if output is None else Path(output)
    return _write_png(target, given, Image(pixels, dpi=None if image.dpi is None else image.dpi * times), overwrite)


def pdf_to_png(
    path: str | os.PathLike[str],
    page: int = 0,
    output: str | os.PathLike[str] | None = None,
    *,
    overwrite: bool = False,
) -> Path:
    """Write one page of a PDF, or of any file with pages, as a new PNG, and return its path.

    page: counted from 0.  output: by default "letter.pdf" becomes "letter.pdf_page0.png" beside it. Raises InputError
    where the file cannot be read or has no such page, OutputError where the new file exists (unless `overwrite`).
    """
    given = Path(path)
    target = given.with_name(f"{given.name}_page{page}.png") if output is None else Path(output)
    return _write_png(target, given, _page(given, page), overwrite)


def _page(path: Path, index: int) -> Image:
    with open_source(path) as source:
        if not 0 <= index < len(source):
            raise InputError(
                f'"{path}" has no page {index}: it has {len(source)}, counted from 0',
                remedy=f"give a page from 0 to {len(source) - 1}",
            )
        return source[index]


def _write_png(target: Path, given: Path, image: Image, overwrite: bool) -> Path:
    """Write the picture, never over the file that it was made of."""
    if is_same_file(target, str(given)):
        raise OptionError(f'the output "{target}" is the input itself', remedy="choose another name")
    stream = BytesIO()
    dpi = {} if image.dpi is None else {"dpi": (image.dpi, image.dpi)}
    Pillow.fromarray(np.ascontiguousarray(image.pixels)).save(stream, "PNG", **dpi)
    return write(target, stream.getvalue(), overwrite=overwrite)
