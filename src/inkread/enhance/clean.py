"""Cleaning: a picture made easier to read before text is looked for in it.

What each cleaning is worth, and why most are off: docs/enhance.md.
"""

from __future__ import annotations

from inkread.enhance.light import sampled_dark_and_light, with_even_light, with_full_contrast, without_noise
from inkread.enhance.sheets import find_sheets
from inkread.enhance.size import enlargement, print_height_px
from inkread.enhance.skew import skew_deg
from inkread.image import Image
from inkread.options import EnhanceOptions

# Print is pale where the darkest and the lightest are nearer than this, of 255: with 50, print of 9 px is missed nearly
# whole (a newspaper: CER 78 %, with full contrast 14 %), and receipts lose a point.
_PALE = 70.0
# What has less is an empty page, whose grain would become print.
_EMPTY = 30.0
# A picture no higher than this may be a single word, which is read better as it is (of 7 pale ones 1 is misread).
_SMALL_PX = 256
# Two heights of a usual line.
_WINDOW_PX = 41


def clean(image: Image, options: EnhanceOptions) -> Image:
    """Return the picture cleaned as the options say; coordinates of what is read in it stay page pixels."""
    return _with_good_pixels(_well_placed(image, options), options)


def _well_placed(image: Image, options: EnhanceOptions) -> Image:
    """Return the picture flat, level and as large as it should be."""
    if options.flatten:
        sheets = find_sheets(image)
        image = image.flatten(sheets[0]) if len(sheets) == 1 else image
    if options.straighten:
        angle = skew_deg(image)
        image = image.deskew(angle) if angle else image
    if options.print_height_px is not None:
        factor = enlargement(print_height_px(image), options.print_height_px)
        image = image.resize(factor) if factor > 1 else image
    if options.max_width_px is not None and image.width > options.max_width_px:
        image = image.resize(options.max_width_px / image.width)
    return image


def _with_good_pixels(image: Image, options: EnhanceOptions) -> Image:
    """Return the picture evenly lit, in full contrast, without noise, in black and white."""
    if options.even_light:
        image = image.with_pixels(with_even_light(image.pixels))
    if options.denoise:
        image = image.with_pixels(without_noise(image.pixels))
    if options.contrast == "always" or (options.contrast == "auto" and _is_pale(image)):
        image = image.with_pixels(with_full_contrast(image.pixels))
    return image.binarize(_WINDOW_PX) if options.binarize else image


def needs_copy(image: Image, options: EnhanceOptions) -> bool:
    """Return whether cleaning the picture makes another one, as large or larger."""
    changes_place = options.flatten or options.straighten or options.print_height_px is not None
    is_wide = options.max_width_px is not None and image.width > options.max_width_px
    is_filtered = options.even_light or options.denoise or options.binarize or options.contrast == "always"
    return changes_place or is_wide or is_filtered or (options.contrast == "auto" and _is_pale(image))


def _is_pale(image: Image) -> bool:
    if image.height <= _SMALL_PX:
        return False
    dark, light = sampled_dark_and_light(image.pixels)
    return _EMPTY <= light - dark < _PALE
