"""Whatever pixels come as, they leave as (H, W, 3) uint8 RGB."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import PIL.Image

from inkread.errors import UnsupportedFormatError
from inkread.image import Pixels

# A larger picture is turned to RGB strip by strip: its whole is then held once beside Pillow's, and not three times. A
# plan of 64 Mpx takes 492 MiB instead of 657, a grey one 309 instead of 718, in a third of the time.
_LARGE_PX = 4_000_000
_STRIP_PX = 16
# And what a strip takes while it is turned, bytes a pixel: cut out, over white or as RGB, as an array.
_STRIP_BYTES_PX = 12
# What a pixel takes in Pillow, bytes: colours stand in four, whatever they need.
_SMALL_MODES = {"1": 1, "L": 1, "P": 1}

# Floats are 0..1; rounding and a resize's overshoot may go this far beyond.
_FLOAT_SLACK = 0.01


def rgb_from_picture(picture: PIL.Image.Image) -> Pixels:
    """Return a decoded picture of any mode as fresh RGB pixels, what is transparent over white.

    16-bit grey is scaled by its type's range; 32-bit and float grey by the narrowest of 0..1 (float), 0..255 and
    0..65535 that holds all values, else from its lowest to its highest value.
    """
    if _is_deep(picture):
        return _three_channels(_bytes_by_range(np.asarray(picture)))
    width, height = picture.size
    if width * height <= _LARGE_PX or picture.mode == "LAB":
        return np.asarray(_as_rgb(picture))
    pixels = np.empty((height, width, 3), np.uint8)
    for top in range(0, height, _STRIP_PX):
        bottom = min(height, top + _STRIP_PX)
        pixels[top:bottom] = np.asarray(_as_rgb(picture.crop((0, top, width, bottom))))
    return pixels


def decoding_bytes(picture: PIL.Image.Image) -> int:
    """Return how much memory it takes to decode a picture, of which the header was read, and to make RGB of it."""
    width, height = picture.size
    if _is_deep(picture):
        return 24 * width * height  # as it is, in floats of 8 bytes twice, and RGB
    strip = _STRIP_BYTES_PX * width * min(height, _STRIP_PX)
    return (_SMALL_MODES.get(picture.mode, 4) + 3) * width * height + strip


def _is_deep(picture: PIL.Image.Image) -> bool:
    return picture.mode in ("I", "F") or picture.mode.startswith("I;16")


def _as_rgb(picture: PIL.Image.Image) -> PIL.Image.Image:
    if picture.has_transparency_data:
        picture = _over_white(picture)
    elif picture.mode == "LAB":
        picture = _rgb_from_lab(picture)
    elif picture.mode != "RGB":
        picture = picture.convert("RGB")
    return picture


def rgb_from_array(array: npt.NDArray[Any], *, is_bgr: bool = False) -> Pixels:
    """Return (H, W), (H, W, 1), (H, W, 3) or (H, W, 4) values as fresh RGB pixels, what is transparent over white.

    Values: uint8, uint16 (0..65535), bool, float in 0..1, or other integers in 0..255. is_bgr: the first three
    channels stand in the order blue, green, red. Raises UnsupportedFormatError for any other shape or value.
    """
    channels = _channels(array)
    values = _bytes_from_values(array)
    if channels == 1:
        return _three_channels(values.reshape(values.shape[:2]))
    if is_bgr:
        values = values[:, :, [2, 1, 0, 3][:channels]]
    if channels == 4:
        return np.asarray(_over_white(PIL.Image.fromarray(np.ascontiguousarray(values), "RGBA")))
    return np.array(values, dtype=np.uint8, order="C")


def turned_upright(pixels: Pixels, orientation: int) -> Pixels:
    """Return the pixels as the EXIF tag Orientation, 1..8, says they are to be seen (CIPA DC-008, 4.6.4)."""
    if orientation in (5, 6, 7, 8):
        pixels = pixels.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(pixels)


def _over_white(picture: PIL.Image.Image) -> PIL.Image.Image:
    # "La" converts to nothing but "LA".
    rgba = (picture.convert("LA") if picture.mode == "La" else picture).convert("RGBA")
    white = PIL.Image.new("RGB", picture.size, "white")
    white.paste(rgba, mask=rgba)
    return white


def _rgb_from_lab(picture: PIL.Image.Image) -> PIL.Image.Image:
    from PIL import ImageCms

    lab, rgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    converted = ImageCms.profileToProfile(picture, lab, rgb, outputMode="RGB")
    assert converted is not None  # a new picture was asked for
    return converted


def _three_channels(grey: npt.NDArray[np.uint8]) -> Pixels:
    return np.repeat(grey[:, :, np.newaxis], 3, axis=2)


def _bytes_by_range(grey: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    if grey.dtype.kind == "u" and grey.dtype.itemsize == 2:
        return (grey >> 8).astype(np.uint8)
    values = np.nan_to_num(grey.astype(np.float64), posinf=0.0, neginf=0.0)
    low, high = float(values.min()), float(values.max())
    if low < 0 or high > 65535:
        values -= low
        factor = 255 / (high - low) if high > low else 0.0
    elif grey.dtype.kind == "f" and high <= 1:
        factor = 255.0
    else:
        factor = 1.0 if high <= 255 else 255 / 65535
    return np.rint(values * factor).astype(np.uint8)


def _channels(array: npt.NDArray[Any]) -> int:
    """Return how many channels the array has. Raises UnsupportedFormatError where it is no picture."""
    shape = array.shape
    channels = shape[2] if len(shape) == 3 else 1
    if len(shape) in (2, 3) and channels in (1, 3, 4) and 0 not in shape:
        return channels
    remedy = "give (H, W), (H, W, 1), (H, W, 3) RGB or (H, W, 4) RGBA"
    if len(shape) == 3 and shape[0] in (1, 3, 4):
        remedy += "; put the channels last with array.transpose(1, 2, 0)"
    elif len(shape) == 4:
        remedy += ", a batch as a list of pictures"
    raise UnsupportedFormatError(f"an array of shape {shape} is not a picture", remedy=remedy)


def _bytes_from_values(array: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    kind = array.dtype.kind
    if array.dtype == np.uint8:
        return array
    if kind == "b":
        return array.astype(np.uint8) * np.uint8(255)
    if kind == "u" and array.dtype.itemsize == 2:
        return (array >> 8).astype(np.uint8)
    if kind not in "iuf":
        raise UnsupportedFormatError(
            f"an array of {array.dtype} is not a picture", remedy="give uint8, uint16, bool, or float in 0..1"
        )
    low, high = array.min(), array.max()
    if kind == "f" and low >= -_FLOAT_SLACK and high <= 1 + _FLOAT_SLACK:
        scaled: npt.NDArray[np.uint8] = np.rint(np.clip(array, 0.0, 1.0) * 255.0).astype(np.uint8)
        return scaled
    if kind in "iu" and low >= 0 and high <= 255:
        return array.astype(np.uint8)
    allowed = "0..1: divide by its white value" if kind == "f" else "0..255: convert it to uint8 or uint16"
    raise UnsupportedFormatError(
        f"an array of {array.dtype} holds values from {low} to {high}", remedy=f"give them in {allowed}"
    )
