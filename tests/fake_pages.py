"""A reader for workers of batches that does what a picture's first pixel says, and the pictures that tell it."""

import os
import signal
import time
from pathlib import Path

import numpy as np
from PIL import Image as Pillow

from inkread.document import Page
from inkread.errors import DamagedInputError, ModelNotFoundError, OptionError
from inkread.image import Image
from inkread.options import ReaderOptions

FINE, KILLER, KILLS_ONCE, TORN, TORN_ONCE, BUG, SLOW = range(7)
MARKS = "INKREAD_TEST_MARKS"  # a folder, in the environment: which pictures were seen


class Pages:
    """Reads no text: a page whose language tells its pixels."""

    generator = "fake"

    def __init__(self, options: ReaderOptions) -> None:
        self.options = options

    def read_page_timed(self, image: Image) -> tuple[Page, dict[str, float]]:
        what = int(image.pixels[0, 0, 0])
        if what == KILLER or (what == KILLS_ONCE and is_new(image)):
            os.kill(os.getpid(), signal.SIGKILL)
        if what == TORN or (what == TORN_ONCE and is_new(image)):
            raise DamagedInputError("it is torn", remedy="mend it")
        if what == BUG:
            raise TypeError("no such thing")
        if what == SLOW:
            time.sleep(0.1)
        page = Page((), image.width, image.height, source=image.source, language=content_of(image))
        return page, {"read": 0.001}

    def close(self) -> None:
        pass


def bare(options: ReaderOptions) -> Pages:
    """Make no reader, for want of a model."""
    raise ModelNotFoundError("there is no model", remedy="inkread models pull it")


def refusing(options: ReaderOptions) -> Pages:
    """Make no reader."""
    raise OptionError("nothing pleases it")


def is_new(image: Image) -> bool:
    """Whether this picture was never seen before, by any process."""
    mark = Path(os.environ[MARKS]) / content_of(image)
    seen = mark.exists()
    mark.touch()
    return not seen


def content_of(image: Image) -> str:
    return str(int(image.pixels.sum()))


def draw(path: Path, what: int = FINE, number: int = 0) -> Path:
    """Write a picture of 4 x 4 px, like no other with another number."""
    pixels = np.zeros((4, 4, 3), np.uint8)
    pixels[0, 0], pixels[1, 1], pixels[2, 2, 0] = what, number % 250, number // 250
    Pillow.fromarray(pixels).save(path)
    return path


def draw_pages(path: Path, count: int, first: int) -> Path:
    """Write a TIFF of several pages."""
    pages = []
    for number in range(count):
        with Pillow.open(draw(path.with_suffix(".png"), number=first + number)) as picture:
            pages.append(picture.copy())
    path.with_suffix(".png").unlink()
    pages[0].save(path, save_all=True, append_images=pages[1:])
    return path
