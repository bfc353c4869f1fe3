import io

import numpy as np
import PIL.Image
import pytest

import inkread
from inkread.errors import InputError, OptionError
from inkread.options import LoadOptions


def tiff(count: int) -> bytes:
    pages = [PIL.Image.fromarray(np.full((4, 4), 10 * number, np.uint8)) for number in range(1, count + 1)]
    file = io.BytesIO()
    pages[0].save(file, "TIFF", save_all=True, append_images=pages[1:])
    return file.getvalue()


@pytest.mark.parametrize(
    ("ranges", "wanted"),
    [
        ("1", [1]),
        ("2-4", [2, 3, 4]),
        ("4-", [4, 5]),
        ("1-2,5", [1, 2, 5]),
        (" 5 , 1 - 2 ", [5, 1, 2]),
        ("2,1-3", [2, 1, 3]),
        ("3-1", [3, 2, 1]),
    ],
)
def test_pages_are_chosen_from_1_in_the_order_given(ranges: str, wanted: list[int]):
    with inkread.open(tiff(5), options=LoadOptions(pages=ranges)) as source:
        assert len(source) == len(wanted)
        assert [image.number for image in source] == wanted
        assert [int(image.pixels[0, 0, 0]) for image in source] == [10 * number for number in wanted]


@pytest.mark.parametrize(("ranges", "page"), [("6", 6), ("0", 0), ("3-7", 7), ("9-", 9)])
def test_a_page_that_is_not_there_is_told_with_how_many_there_are(ranges: str, page: int):
    with pytest.raises(InputError, match=f'"fax.tif" has no page {page}: it has 5 pages'):
        inkread.open(tiff(5), options=LoadOptions(pages=ranges), name="fax.tif")
    with pytest.raises(InputError, match="it has 1 page:"):
        inkread.open(tiff(1), options=LoadOptions(pages="2"))


@pytest.mark.parametrize("ranges", ["", "a", "1,,2", "-3", "1-2-3", "1.5", "9999999999"])
def test_a_range_that_is_none_is_refused(ranges: str):
    with pytest.raises(OptionError, match="pages = "):
        LoadOptions(pages=ranges)
