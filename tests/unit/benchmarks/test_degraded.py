from __future__ import annotations

from degraded import CONFIGURATIONS, render, resolution

from inkread.metrics.dataset import Label, LabelledPicture
from inkread.metrics.regions import Region
from inkread.options import ReaderOptions


def test_every_cleaning_differs_from_the_default():
    default, *others = CONFIGURATIONS.values()
    assert default.options == ReaderOptions()
    assert all(each.options != default.options and each.kinds for each in others)


def test_the_resolution_is_told_by_the_print(tmp_path):
    line = Region.from_points([(0, 0), (200, 0), (200, 32), (0, 32)])
    assert round(resolution(LabelledPicture("a", tmp_path, (Label("a", line),)))) == 254
    assert resolution(LabelledPicture("a", tmp_path, (Label("a", None),))) == 300


def test_the_table_shows_what_rose_too_much_and_who_is_better(conditions):
    def measured(good: float, one: float, two: float) -> dict[str, object]:
        return {
            "measured": "today",
            "good": {"cer": good},
            "noise 1": {"cer": one},
            "noise 2": {"cer": two},
        }

    text = render(
        {
            **conditions,
            "seed": 0,
            "kinds": ["noise"],
            "pages": {"sroie": ["1.jpg"]},
            "readers": {
                "inkread": measured(4, 5, 11),
                "denoise": measured(4, 4.5, 9),
                "tesseract": measured(8, 9, 30),
                "rapidocr-openvino": measured(5, 4.9, 20),
            },
        }
    )
    assert "| good | 4.00 |  |  | 8.00 | 5.00 | met |" in text
    assert "| noise, deviation 12 | 5.00 | +1.00 | +2 | 9.00 | 4.90 | missed |" in text
    assert "| noise, deviation 30 | 11.00 | +7.00 | +6 | 30.00 | 20.00 | missed |" in text
    assert "| noise 2 | 11.00 | 9.00 |" in text
