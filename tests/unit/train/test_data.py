import json
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image as Pillow

from inkread.errors import DamagedInputError, NothingToReadError, OptionError, SourceNotFoundError
from inkread.recognize.charset import Charset
from inkread.train.data import check_characters, load_lines, load_pages, missing_characters, split

BOX = [[2, 2], [40, 2], [40, 12], [2, 12]]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "images").mkdir()
    for k in range(3):
        Pillow.fromarray(np.full((20, 60, 3), 40 * k, np.uint8)).save(tmp_path / f"images/{k}.png")
    return tmp_path


def label(folder, text, name="labels.txt"):
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_lines_of_text_are_image_tab_text(folder):
    lines = load_lines(label(folder, "images/0.png\thello there\r\n\nimages/1.png\tété \n"))
    assert [(line.text, line.number) for line in lines] == [("hello there", 1), ("été", 3)]
    assert lines[0].picture == folder / "images/0.png"
    assert lines[0].quad is None


def test_a_file_of_labels_can_be_named_itself(folder):
    label(folder, "images/0.png\ta\n", "mine.txt")
    assert len(load_lines(folder / "mine.txt")) == 1


def test_pages_give_their_lines_as_places(folder):
    places = [{"transcription": "one", "points": BOX}, {"transcription": "###", "points": BOX}]
    label(folder, f"images/0.png\t{json.dumps(places)}\n")
    (line,) = load_lines(folder)
    assert (line.text, line.quad.box) == ("one", (2, 2, 40, 12))
    (page,) = load_pages(folder)
    assert (len(page.lines), len(page.ignored)) == (1, 1)


def test_our_own_labels_are_read(folder):
    many = [[2, 2], [20, 3], [40, 2], [40, 12], [20, 13], [2, 12]]
    rows = [
        {"image": "images/0.png", "lines": [{"text": "all of it", "poly": None}]},
        {
            "image": "images/1.png",
            "lines": [{"text": "part", "poly": many}, {"text": "x", "poly": BOX, "ignore": True}],
        },
        {"image": "images/2.png", "text": "plain"},
    ]
    label(folder, "\n".join(map(json.dumps, rows)), "labels.jsonl")
    lines = load_lines(folder)
    assert [line.text for line in lines] == ["all of it", "part", "plain"]
    assert lines[0].quad is None
    assert lines[1].quad.width > 3 * lines[1].quad.height


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("images/0.png\ta\nimages/1.png\n", "line 2 of .* is not image<TAB>text"),
        ("images/0.png\t \n", "line 1 of .* has an empty label"),
        ("images/0.png\ta\n\nimages/broken.png\tb\n", "line 3 of .* is no picture"),
        ('images/0.png\t[{"points": []}]\n', 'line 1 of .* has place 1 without a "transcription"'),
        ('images/0.png\t[{"transcription": "a", "points": [[1, 2], [3]]}]\n', "line 1 of .* place 1 with wrong points"),
        ('images/0.png\t[{"transcription": "a", "points": [[1, 2], [3, 4]]}]\n', "place 1 with 2 points"),
        ("images/0.png\t[{nonsense\n", "line 1 of .* is no JSON"),
    ],
)
def test_a_bad_line_is_named(folder, text, message):
    (folder / "images/broken.png").write_bytes(b"no picture")
    with pytest.raises(DamagedInputError, match=message):
        load_lines(label(folder, text))


def test_missing_pictures_are_counted_and_the_first_is_named(folder):
    label(folder, "images/0.png\ta\nimages/7.png\tb\nimages/8.png\tc\n")
    with pytest.raises(SourceNotFoundError, match=r'line 2 of .* names ".*7.png", which is not there \(2 such\)'):
        load_lines(folder)


def test_no_labels_are_told(folder):
    with pytest.raises(SourceNotFoundError, match="has no labels"):
        load_lines(folder)
    with pytest.raises(NothingToReadError, match="has no text"):
        load_lines(label(folder, "\n"))
    with pytest.raises(SourceNotFoundError, match="there is no"):
        load_lines(folder / "elsewhere")


@pytest.mark.parametrize("turned", [BOX, [BOX[3], BOX[2], BOX[1], BOX[0]]])
def test_places_that_run_the_other_way_round_are_not_mirrored(folder, turned):
    label(folder, f"images/0.png\t{json.dumps([{'transcription': 'one', 'points': turned}])}\n")
    (line,) = load_lines(folder)
    assert [(point.x, point.y) for point in line.quad] == [tuple(corner) for corner in BOX]


def test_a_detector_needs_places(folder):
    with pytest.raises(DamagedInputError, match=r"line 1 of .* has text and no places"):
        load_pages(label(folder, "images/0.png\ta\n"))


def test_characters_that_cannot_be_written_are_told_beforehand(folder):
    lines = load_lines(label(folder, "images/0.png\tab\nimages/1.png\tacéé\nimages/2.png\txx\n"))
    charset = Charset.from_characters("abc")
    with pytest.raises(DamagedInputError, match=r"2 of 3 labels .*: é \(2\) x \(2\); the first is line 2"):
        check_characters(lines, charset, leave_out=False)
    assert [line.text for line in check_characters(lines, charset, leave_out=True)] == ["ab"]
    assert missing_characters(lines, charset) == "xé"
    with pytest.raises(NothingToReadError, match="no label is left"):
        check_characters(lines[1:], charset, leave_out=True)


def test_what_is_held_back_stands_in_blocks_and_is_the_same_for_a_seed():
    learnt, held = split(range(1000), 0.1, seed=3)
    assert sorted([*learnt, *held]) == list(range(1000))
    assert 80 <= len(held) <= 120
    assert sum(b != a + 1 for a, b in pairwise(held)) <= 3
    assert split(range(1000), 0.1, seed=3) == (learnt, held)
    assert split(range(1000), 0.1, seed=4)[1] != held


def test_two_lines_are_parted_and_one_is_refused():
    assert [len(part) for part in split("ab", 0.05, 1)] == [1, 1]
    with pytest.raises(OptionError, match="one labelled line"):
        split("a", 0.05, 1)
