"""One picture file, array or Pillow image as pages: limits checked on its header, decoded, turned upright, in RGB."""

from __future__ import annotations

import importlib
import io
import math
import os
import stat
import struct
import threading
import warnings
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal, cast

import numpy as np
import numpy.typing as npt
from PIL import Image as Pillow
from PIL import ImageFile, features

from inkread.errors import DamagedInputError, InputError, LimitError, MissingPackageError, UnsupportedFormatError
from inkread.extras import not_installed
from inkread.image import Image
from inkread.load import formats
from inkread.load.pixels import decoding_bytes, rgb_from_array, rgb_from_picture, turned_upright
from inkread.options import Limits
from inkread.runtime.memory import memory_of

Channels = Literal["rgb", "bgr"]
DEFAULT_LIMITS: Final = Limits()

Open = Callable[[BinaryIO], ImageFile.ImageFile]

# The class of each format is called straight: Pillow's own open() imports and registers plugins for formats that
# nobody asked for (25 ms for bytes without a name) and refuses by its own global pixel limit before ours is asked.
_PLUGINS: Final = {
    "JPEG": ("PIL.JpegImagePlugin", "JpegImageFile"),
    "PNG": ("PIL.PngImagePlugin", "PngImageFile"),
    "TIFF": ("PIL.TiffImagePlugin", "TiffImageFile"),
    "BMP": ("PIL.BmpImagePlugin", "BmpImageFile"),
    "GIF": ("PIL.GifImagePlugin", "GifImageFile"),
    "WEBP": ("PIL.WebPImagePlugin", "WebPImageFile"),
    "JPEG2000": ("PIL.Jpeg2KImagePlugin", "Jpeg2KImageFile"),
    "PNM": ("PIL.PpmImagePlugin", "PpmImageFile"),
    "AVIF": ("PIL.AvifImagePlugin", "AvifImageFile"),
    "HEIF": ("pillow_heif.as_plugin", "HeifImageFile"),
}
# Codecs that a build of Pillow may lack.
_CODECS: Final = {"JPEG": "jpg", "PNG": "zlib", "WEBP": "webp", "JPEG2000": "jpg_2000", "AVIF": "avif"}

# Smaller files are held in memory whole: no open handle, and nobody can change them between two pages.
_IN_MEMORY_BYTES: Final = 32 << 20
_SANE_DPI: Final = (1.0, 10_000.0)
_ORIENTATION_TAG: Final = 0x0112
# What Pillow's plugins let through on damaged content, as fuzzing them shows; some are bugs of theirs.
_DECODER_ERRORS: Final = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    EOFError,
    ArithmeticError,
    AttributeError,
    AssertionError,
    RuntimeError,
    BufferError,
    struct.error,
    zlib.error,
)


class PictureFile:
    """The pages of one picture file. Its header is read and within the limits; a page is decoded when asked for.

    At most one decoded page is held. Not to be shared by threads. `close()` frees the file.
    """

    def __init__(self, content: BinaryIO, name: str, limits: Limits) -> None:
        """Read the header of `content`, which this object owns from now on, even when it raises."""
        self.name = name
        self._content = content
        self._limits = limits
        self._picture: ImageFile.ImageFile | None = None
        try:
            self.format = _format_of(content, name)
            self._count = self._count_pages()
            self._open()
        except BaseException:
            self.close()
            raise

    def __len__(self) -> int:
        return self._count

    def page(self, index: int) -> Image:
        """Decode the page at `index`, from 0. Raises DamagedInputError or LimitError naming the page."""
        name = f'page {index + 1} of "{self.name}"' if self._count > 1 else f'"{self.name}"'
        try:
            with _translated(name):
                picture = self._at(index)
                _check_size(picture.size, name, self._limits)
                memory_of(self._limits.max_memory_mb).require(decoding_bytes(picture), f"decoding {name}")
                picture.load()
                return _page(picture, self.name, index + 1)
        except InputError:
            self._forget()  # a decoder that failed half way is in no state to go on
            raise
        finally:
            if self._count == 1:
                self._forget()

    def close(self) -> None:
        """Free the file; closing twice is fine."""
        self._forget()
        self._content.close()

    def _at(self, index: int) -> ImageFile.ImageFile:
        """Return the opened file, standing at a page that is not decoded yet."""
        picture = self._open()
        if self._count > 1:
            # Going back, an animation starts again from its first frame; Pillow loses its place in PNG that way.
            if index < picture.tell() and self.format != "TIFF":
                self._forget()
                picture = self._open()
            picture.seek(index)
        return picture

    def _open(self) -> ImageFile.ImageFile:
        if self._picture is None:
            factory = _factory(self.format, self.name)
            with _translated(f'"{self.name}"'):
                self._content.seek(0)
                self._picture = factory(self._content)
            _check_size(self._picture.size, f'"{self.name}"', self._limits)
        return self._picture

    def _forget(self) -> None:
        self._picture = None

    def _count_pages(self) -> int:
        most = self._limits.max_pages
        if self.format == "TIFF":
            count = formats.tiff_pages(self._content, most)
        elif self.format == "GIF":
            count = formats.gif_frames(self._content, most)
        else:
            if self.format == "JPEG":
                self._check_scans()
            count = int(getattr(self._open(), "n_frames", 1))
        if count > most:
            raise LimitError(
                f'"{self.name}" has more than the limit of {most:,} pages', remedy="split it or raise max_pages"
            )
        return count

    def _check_scans(self) -> None:
        most = self._limits.max_jpeg_scans
        self._content.seek(0)
        if formats.jpeg_scans(self._content.read(), most) > most:
            raise LimitError(
                f'"{self.name}" is a progressive JPEG of more than {most} scans, which is how decoders are attacked',
                remedy="save it again as a plain JPEG, or raise max_jpeg_scans",
            )


def open_file(path: Path, limits: Limits = DEFAULT_LIMITS, name: str | None = None) -> PictureFile:
    """Open a regular file, never for writing. Raises InputError where it is missing, too large or no picture."""
    name = name or str(path)
    return PictureFile(open_content(path, limits, name), name, limits)


def open_content(path: Path, limits: Limits, name: str) -> BinaryIO:
    """Open a regular file for reading, a small one in memory. Raises InputError where it is missing or too large."""
    try:
        # Asked before opening: opening a pipe or a device may wait for ever.
        if not stat.S_ISREG(path.stat().st_mode):
            raise InputError(f'"{name}" is no regular file', remedy="pass the path of a picture, or its bytes")
        file = path.open("rb")
    except PermissionError as error:
        raise InputError(f'"{name}" may not be read', remedy="check its permissions and its folder's") from error
    except (OSError, ValueError) as error:
        raise InputError(f'"{name}" cannot be opened ({_reason(error)})', remedy="check the path") from error
    size = os.fstat(file.fileno()).st_size
    if size > limits.max_bytes:
        file.close()
        raise _too_many_bytes(name, limits)
    if size > _IN_MEMORY_BYTES:
        return file
    with file, _translated(f'"{name}"'):
        return io.BytesIO(file.read())


def open_bytes(content: bytes, limits: Limits = DEFAULT_LIMITS, name: str = "bytes") -> PictureFile:
    """Open the content of a picture file. Raises InputError where it is too large or no picture."""
    return PictureFile(in_memory(content, limits, name), name, limits)


def in_memory(content: bytes, limits: Limits, name: str) -> BinaryIO:
    """Return the content of a file as a file. Raises LimitError where it is too large."""
    if len(content) > limits.max_bytes:
        raise _too_many_bytes(name, limits)
    return io.BytesIO(content)


def read_stream(stream: Any, limits: Limits = DEFAULT_LIMITS, name: str = "stream") -> bytes:
    """Return all that a binary stream holds, from its start where it can seek; its position is left as it was.

    Raises InputError for a text stream, a closed one and a failing one, LimitError for too long a one.
    """
    try:
        place = stream.tell() if _can_seek(stream) else None
        if place is not None:
            stream.seek(0)
        try:
            content = stream.read(limits.max_bytes + 1)
        finally:
            if place is not None:
                stream.seek(place)
    except (OSError, ValueError, TypeError) as error:
        raise InputError(
            f'"{name}" cannot be read ({_reason(error)})', remedy='pass a stream opened with mode "rb"'
        ) from error
    if not isinstance(content, bytes | bytearray):
        raise InputError(f'"{name}" is a stream of text, not of bytes', remedy='open it with mode "rb"')
    if len(content) > limits.max_bytes:
        raise _too_many_bytes(name, limits)
    return bytes(content)


def is_picture(path: Path) -> bool:
    """Return whether a file is a picture or PDF by its content, or may not be read: opening it reports that."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return False
        with path.open("rb") as file:
            return bool(formats.sniff(file.read(formats.PREFIX_BYTES)))
    except OSError:
        return True


def from_array(
    pixels: npt.NDArray[Any], channels: Channels = "rgb", *, name: str = "array", limits: Limits = DEFAULT_LIMITS
) -> Image:
    """Return a page of a copy of these pixels: (H, W), (H, W, 1), (H, W, 3) or (H, W, 4) with alpha over white.

    bool, uint8, uint16 (0..65535), float (0..1) or other integers in 0..255. channels: the order of the colours,
    "rgb" or "bgr" (as OpenCV has it). Raises InputError for another shape, type or range, LimitError for too large a
    picture.
    """
    if channels not in ("rgb", "bgr"):
        raise InputError(f'there is no channel order "{channels}"', remedy='use "rgb" or "bgr"')
    array = np.asarray(pixels)
    if array.ndim >= 2:
        _check_size((array.shape[1], array.shape[0]), f'"{name}"', limits)
        memory_of(limits.max_memory_mb).require(3 * array.shape[0] * array.shape[1], f'a copy of "{name}"')
    return Image(rgb_from_array(array, is_bgr=channels == "bgr"), source=name)


def from_pillow(picture: Pillow.Image, limits: Limits = DEFAULT_LIMITS, name: str = "Pillow image") -> Image:
    """Return the frame that a Pillow image stands at, turned as its EXIF says; the image itself is not changed."""
    _check_size(picture.size, f'"{name}"', limits)
    memory_of(limits.max_memory_mb).require(decoding_bytes(picture), f'decoding "{name}"')
    with _translated(f'"{name}"'):
        picture.load()
        return _page(picture, name, number=1)


def _format_of(content: BinaryIO, name: str) -> str:
    content.seek(0)
    prefix = content.read(formats.PREFIX_BYTES)
    if not prefix:
        raise DamagedInputError(f'"{name}" is empty', remedy="get the file again from where it came")
    if (found := formats.sniff(prefix)) in _PLUGINS:
        return found
    what = formats.likeness(prefix)
    raise UnsupportedFormatError(
        f'"{name}" is no picture that inkread reads, it looks like {what}',
        remedy="convert it to PDF, PNG, JPEG, TIFF, WebP, BMP, GIF, JPEG 2000, PNM or AVIF",
    )


def _factory(kind: str, name: str) -> Open:
    """Return what opens a format, importing no more than that."""
    if kind in _CODECS and not features.check(_CODECS[kind]):
        raise MissingPackageError(
            f'reading "{name}" needs a Pillow with {kind}, and this one was built without', remedy="pip install Pillow"
        )
    module, plugin = _PLUGINS[kind]
    try:
        return cast("Open", getattr(importlib.import_module(module), plugin))
    except ImportError as error:
        raise not_installed("heif", f'reading "{name}" (HEIF)') from error


def _page(picture: Pillow.Image, source: str, number: int) -> Image:
    dpi = _dpi(picture)
    upright = turned_upright(rgb_from_picture(picture), _orientation(picture))
    return Image(upright, source=source, number=number, dpi=dpi)


def _orientation(picture: Pillow.Image) -> int:
    """Return the EXIF orientation, 1..8; 1 where the EXIF is damaged, for the picture itself may be sound."""
    try:
        value = picture.getexif().get(_ORIENTATION_TAG, 1)
    except _DECODER_ERRORS:
        return 1
    return value if isinstance(value, int) else 1


def _dpi(picture: Pillow.Image) -> float | None:
    """Return the horizontal resolution that the file states, or None where it states none or nonsense."""
    try:
        dpi = float(picture.info["dpi"][0])
    except (LookupError, TypeError, ValueError, ArithmeticError):
        return None
    low, high = _SANE_DPI
    return dpi if math.isfinite(dpi) and low <= dpi <= high else None


def _check_size(size: tuple[int, int], name: str, limits: Limits) -> None:
    width, height = size
    if width < 1 or height < 1:
        raise DamagedInputError(f"{name} has no pixels ({width} x {height})", remedy="check where it was made")
    if width * height > limits.max_pixels:
        over, option = f"{_in_pixels(limits.max_pixels)}", "max_pixels"
    elif max(size) > limits.max_side_px:
        over, option = f"{limits.max_side_px:,} px a side", "max_side_px"
    else:
        return
    raise LimitError(
        f"{name} is {width:,} x {height:,} px, over the limit of {over}", remedy=f"scale it down or raise {option}"
    )


def _in_pixels(count: int) -> str:
    return f"{count / 1e6:g} Mpx" if count >= 1_000_000 else f"{count:,} px"


def _too_many_bytes(name: str, limits: Limits) -> LimitError:
    return LimitError(f'"{name}" is over the limit of {limits.max_bytes:,} bytes', remedy="split it or raise max_bytes")


def _can_seek(stream: Any) -> bool:
    seekable = getattr(stream, "seekable", None)
    return bool(seekable()) if callable(seekable) else hasattr(stream, "seek") and hasattr(stream, "tell")


def _reason(error: BaseException) -> str:
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return " ".join(text.split())[:200] or type(error).__name__


@contextmanager
def _translated(name: str) -> Iterator[None]:
    """Turn whatever a decoder raises into our error about `name`, and keep its warnings to ourselves."""
    try:
        with _quiet:
            yield
    except (Pillow.DecompressionBombError, MemoryError) as error:
        raise LimitError(f"{name} is too large to decode ({_reason(error)})", remedy="scale it down") from error
    except _DECODER_ERRORS as error:
        raise DamagedInputError(
            f"{name} is damaged or cut short ({_reason(error)})", remedy="get the file again from where it came"
        ) from error


class _Quiet:
    """Ignores Pillow's warnings while entered, by any number of threads at once.

    Filters belong to the whole process: two threads that each saved and restored them would leave one another's
    behind. So the first to enter sets the filter and the last to leave takes it away.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._saved = warnings.catch_warnings()

    def __enter__(self) -> None:
        with self._lock:
            if self._inside == 0:
                self._saved = warnings.catch_warnings()
                self._saved.__enter__()
                warnings.filterwarnings("ignore", module=r"(PIL|pillow_heif)\.")
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                self._saved.__exit__(None, None, None)


_quiet = _Quiet()
