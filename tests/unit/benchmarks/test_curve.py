from __future__ import annotations

from types import SimpleNamespace
from xml.etree import ElementTree

import curve
import pytest
from curve_picture import Point, draw

from inkread.options import ReaderOptions


@pytest.fixture
def sets(tmp_path):
    (tmp_path / "labels.jsonl").write_text("{}")
    pictures = (SimpleNamespace(name="1.jpg"), SimpleNamespace(name="2.jpg"))
    return [SimpleNamespace(name="sroie", folder=tmp_path, pictures=pictures)]


def race(sets, names: list[str]) -> dict[str, object]:
    columns = {"seconds": [1.0, 3.0, 9.0], "edits": [1, 2, 90], "characters": [10, 20, 100]}
    return {
        "engines": {"peer": {}},
        "sets": [
            {
                "set": "sroie",
                "names": names,
                "labels_sha256": curve.labels_hash(sets[0]),
                "engines": {"peer": {"per_picture": columns}},
            }
        ],
    }


def test_peers_count_only_with_the_pictures_that_were_read(sets):
    peers, why_not = curve.of_race(race(sets, ["1.jpg", "2.jpg", "3.jpg"]), sets)
    assert peers == {"peer": {"cer": {"sroie": 10.0}, "cer_mean": 10.0, "seconds_median": 2.0}}
    assert why_not is None


@pytest.mark.parametrize("names", [["1.jpg"], ["2.jpg", "1.jpg"]])
def test_a_race_over_other_pictures_has_no_peers(sets, names):
    peers, why_not = curve.of_race(race(sets, names), sets)
    assert peers is None
    assert "sroie" in (why_not or "")


def test_a_race_over_other_labels_has_no_peers(sets):
    raced = race(sets, ["1.jpg", "2.jpg"])
    (sets[0].folder / "labels.jsonl").write_text("{} ")
    assert curve.of_race(raced, sets)[0] is None


def test_the_picture_is_svg_with_every_point_inside():
    own, peers = [Point("quick", 0.2, 6.0), Point("slow & good", 1.0, 4.0)], [Point("other", 3.0, 30.0)]
    root = ElementTree.fromstring(draw(own, peers))
    space = "{http://www.w3.org/2000/svg}"
    dots = [(float(dot.attrib["cx"]), float(dot.attrib["cy"])) for dot in root.iter(f"{space}circle")]
    assert len(dots) == 3
    assert all(0 < x < 760 and 0 < y < 460 for x, y in dots)
    assert dots[0][0] < dots[1][0] < dots[2][0]
    assert dots[2][1] < dots[0][1] < dots[1][1]
    assert {"quick", "slow & good", "other"} <= {text.text for text in root.iter(f"{space}text")}


def test_names_that_stand_at_one_place_are_put_apart():
    root = ElementTree.fromstring(draw([Point("a", 1, 5), Point("b", 1, 5)], []))
    heights = {text.text: float(text.attrib["y"]) for text in root.iter() if text.text in ("a", "b")}
    assert abs(heights["a"] - heights["b"]) >= 14


def test_without_peers_the_document_says_why(conditions):
    text = curve.render(
        {
            **conditions,
            "sets": {"sroie": ["1.jpg"]},
            "configurations": {"defaults": {"cer": {"sroie": 4.0}, "cer_mean": 4.0, "seconds_median": 0.5}},
            "peers": None,
            "no_peers_because": "there is no race yet",
            "race_date": None,
        }
    )
    assert "Without peers: there is no race yet." in text
    assert "| defaults | 0.500 | 4.00 | 4.00 |" in text
    assert "(curve.svg)" in text


def test_one_point_of_the_curve_is_what_a_reader_does_by_default():
    assert ReaderOptions() in curve.CONFIGURATIONS.values()
