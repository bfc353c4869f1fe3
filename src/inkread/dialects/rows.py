"""What systems that give a page as rows of boxes have in common: readers, pictures and corners as theirs are."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np

from inkread.errors import LanguageError
from inkread.geometry import Quad
from inkread.image import Image
from inkread.load.pictures import from_array
from inkread.load.source import open as open_source
from inkread.options import ArrangeOptions, LoadOptions, ReaderOptions, WebOptions
from inkread.pipeline import Reader
from inkread.runtime.open import devices
from inkread.runtime.session import Device

Corners = list[list[int]]

# How far up the caller's line is: over this, the dialect's call, and what checks its arguments.
_CALLER: Final = 4

# Straight across the page, from the top to the bottom, as these systems sort their boxes.
ACROSS: Final = ArrangeOptions(columns="one", tables="never", running_heads="never")
# They fetch every address that they are given; ours are checked all the same: none leads into a private network.
FROM_ANYWHERE: Final = LoadOptions(web=WebOptions(allow=True))


def across(**options: Any) -> ReaderOptions:
    """Return options that read a page in rows."""
    return ReaderOptions(arrange=ACROSS, load=FROM_ANYWHERE, **options)


def reader_where_wished(options: ReaderOptions, device: str | None) -> Reader:
    """Return a Reader on the device that was wished for, or with one warning on the processor where it is not there.

    Of several devices one is used, with a warning too. None is inkread's own choice. Raises DeviceError for what is no
    device.
    """
    return Reader(options, device=device_where_wished(device, stacklevel=_CALLER + 1))


def device_where_wished(device: str | None, *, stacklevel: int = 2) -> str:
    """Return the device that was wished for, or with one warning the one that is used in its place."""
    wished = Device.parse(device or "auto")
    found = _first_here(wished)
    if found is None:
        told = f'there is no device "{wished}" here; reading on the processor'
        warnings.warn(told, UserWarning, stacklevel=stacklevel)
    elif len(wished.indexes) > 1:
        told = f'"{wished}": one Reader uses one device; reading on "{found}"'
        warnings.warn(told, UserWarning, stacklevel=stacklevel)
    return found or "cpu"


def _first_here(wished: Device) -> str | None:
    """Return the first of the devices wished for that an engine can use here, or None."""
    if wished.kind in ("auto", "cpu"):
        return str(wished)
    here = devices()  # some engines tell numbers, others only the kind
    names = (f"{wished.kind}:{index}" for index in wished.indexes or (0,))
    return next((name for name in names if name in here or wished.kind in here), None)


def language(name: str, table: Mapping[str, str]) -> str:
    """Return our name for a language that another system has its own name for. Raises LanguageError for none."""
    from inkread.registry.languages import tag_of

    try:
        return table.get(name) or tag_of(name)
    except LanguageError as error:
        raise LanguageError(error.message, remedy=f"use {', '.join(sorted(table))} or a tag (en, zh-Hans)") from None


def pictures(given: object) -> Iterator[Image]:
    """Yield the pages of a path, folder, address, bytes, BGR array, {"img": ...} or list of these, one by one.

    Raises InputError where one of them cannot be read.
    """
    with open_source(in_rgb(given), options=FROM_ANYWHERE) as source:
        yield from source


def in_rgb(given: object) -> object:
    """Return what was given with its arrays in RGB: these systems take colours in the order of OpenCV."""
    if isinstance(given, np.ndarray):
        return from_array(given, "bgr")
    if isinstance(given, Mapping):
        return {key: in_rgb(each) for key, each in given.items()}
    if isinstance(given, list | tuple):
        return [in_rgb(each) for each in given]
    return given


def corners(quad: Quad) -> Corners:
    """Return a quad as four [x, y] in whole pixels, clockwise from the reader's top left."""
    return [[round(point.x), round(point.y)] for point in quad]
