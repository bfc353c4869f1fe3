"""Cleaning: a picture made easier to read before text is looked for in it.

What each cleaning is worth, and why most are off: docs/enhance.md.
"""

from __future__ import annotations

from inkread.enhance.light import ink_and_paper, noise, with_even_light, with_full_contrast, without_noise
from inkread.enhance.sheets import find_sheets
from inkread.enhance.size import enlargement, print_height_px
from inkread.enhance.skew import skew_deg
from inkread.image import Image
from inkread.options import EnhanceOptions

# Print is pale where ink and paper are nearer than this, of 255.
PALE = 70.0
# Noise of a deviation that is seen in print, of 255.
NOISY = 15.0
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
    if options.denoise == "always" or (options.denoise == "auto" and noise(image.pixels) > NOISY):
        image = image.with_pixels(without_noise(image.pixels))
    if options.contrast == "always" or (options.contrast == "auto" and _is_pale(image)):
        image = image.with_pixels(with_full_contrast(image.pixels))
    return image.binarize(_WINDOW_PX) if options.binarize else image


def _is_pale(image: Image) -> bool:
    ink, paper = ink_and_paper(image.pixels)
    return paper - ink < PALE
