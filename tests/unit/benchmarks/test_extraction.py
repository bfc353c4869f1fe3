import extraction
import numpy as np
import pytest
import relaid

from inkread import Document
from inkread.extract.extraction import extract_fields
from inkread.extract.fields import Fields
from inkread.metrics.dataset import Label, LabelledPicture
from inkread.metrics.regions import Region


def picture(*rows: tuple[float, float, str], name: str = "a.png") -> LabelledPicture:
    labels = tuple(
        Label(text, Region.from_points([(x, y), (x + 200, y), (x + 200, y + 20), (x, y + 20)])) for x, y, text in rows
    )
    return LabelledPicture(name, None, labels)


def nothing(kind: str) -> Fields:
    return extract_fields(Document(()), kind)


@pytest.mark.skipif(not relaid.fonts(), reason="none of the fonts that pages are set in is installed")
def test_a_page_is_laid_out_anew_and_the_same_each_time():
    of = picture((10, 10, "A SHOP"), (10, 40, "Total"), (300, 42, "5.00"))
    page = relaid.relaid(of, 600)
    assert page.dtype == np.uint8
    assert page.shape[2] == 3
    assert page.min() < 100
    assert np.array_equal(page, relaid.relaid(of, 600))
    assert not np.array_equal(page.shape, relaid.relaid(picture((10, 10, "A SHOP"), name="b.png"), 600).shape)


def test_a_field_that_is_not_found_is_wrong():
    result = extraction.Result()
    extraction.add(
        result, extraction.Labelled("a", "receipt", (), {"total": ("5.00",), "date": ("1/2/2018",)}), nothing("receipt")
    )
    assert dict(result.of) == {"total": 1, "date": 1}
    assert result.wrong == {"total": ["a"], "date": ["a"]}
    assert result.unflagged == []


def test_values_are_compared_as_what_they_are():
    def right(name: str, printed: str, wanted: str) -> bool:
        from laid import line, page

        rows = [line("A SHOP LTD", 0, 0), line(printed, 0, 100)]
        found = extract_fields(Document((page(rows),)), "receipt")
        return extraction._is_right(name, found, (wanted,))

    assert right("total", "TOTAL RM 31.00", "31.00")
    assert not right("total", "TOTAL RM 31.00", "31.50")
    assert right("date", "Date: 05/06/2018", "5 Jun 2018")
    assert right("company", "hello", "a-shop ltd.")
