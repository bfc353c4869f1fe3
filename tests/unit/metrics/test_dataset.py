import json
from pathlib import Path

import pytest

from inkread.errors import DamagedInputError, NothingToReadError, OptionError, SourceNotFoundError
from inkread.metrics.dataset import Rules, find_sets, load_set

SQUARE = [[0, 0], [9, 0], [9, 9], [0, 9]]


def write_set(folder: Path, *rows: object) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "labels.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return folder


def test_pictures_come_with_their_labels(tmp_path: Path) -> None:
    line = {"text": "a", "poly": SQUARE}
    ignored = {"text": "b", "poly": SQUARE, "ignore": True}
    illegible = {"text": "###", "poly": SQUARE}
    empty = {"text": "", "poly": SQUARE}
    row = {"image": "images/1.png", "lines": [line, ignored, illegible, empty], "lang": "fr", "granularity": "word"}
    (picture,) = load_set(write_set(tmp_path / "mine", row)).pictures
    assert picture.path == tmp_path / "mine/images/1.png"
    assert [label.is_scored for label in picture.labels] == [True, False, False]
    assert (picture.language, picture.are_words, picture.is_complete, picture.rules) == ("fr", True, True, Rules())


def test_one_incomplete_picture_makes_all_of_the_set_incomplete_even_beyond_the_limit(tmp_path: Path) -> None:
    rows = [{"image": "1.png", "lines": []}, {"image": "2.png", "lines": [], "incomplete": True}]
    labelled = load_set(write_set(tmp_path, *rows), limit=1)
    assert [picture.name for picture in labelled.pictures] == ["1.png"]
    assert not labelled.pictures[0].is_complete


@pytest.mark.parametrize(
    ("name", "language", "rules"),
    [
        ("mine", "zh", Rules()),
        ("sroie", "en", Rules(fold_case=True)),
        ("iiit5k", "en", Rules(fold_case=True)),
        ("wildreceipt", "en", Rules(spaces=False)),
        ("zh_game_screens", "en", Rules(spaces=False)),
        ("omnidocbench_demo", "zh", Rules(spaces=False)),
        ("omnidocbench_demo", None, Rules(spaces=False)),
        ("omnidocbench_demo", "en", Rules()),
    ],
)
def test_rules_of_a_set_go_by_its_folder_and_the_picture_s_language(
    tmp_path: Path, name: str, language: str | None, rules: Rules
) -> None:
    row = {"image": "1.png", "lines": []} | ({"lang": language} if language else {})
    assert load_set(write_set(tmp_path / name, row)).pictures[0].rules == rules


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("{", "is no JSON"),
        ("[]", "is no JSON object"),
        ('{"image": "a.png"}', 'needs "image"'),
        ('{"image": 1, "lines": []}', 'needs "image"'),
        ('{"image": "a.png", "lines": [{"text": "a"}, {}]}', 'label 2 without a "text"'),
        ('{"image": "a.png", "lines": [{"text": "a", "poly": [[1, 2], [3, 4]]}]}', "at least 3 points"),
        ('{"image": "a.png", "lines": [{"text": "a", "poly": [1, 2, 3]}]}', 'wrong "poly"'),
        ('{"image": "a.png", "lines": [{"text": "a", "poly": [[1, 2], [3, 4], [NaN, 1]]}]}', "finite"),
    ],
)
def test_a_malformed_line_is_named_by_its_number(tmp_path: Path, line: str, what: str) -> None:
    (tmp_path / "labels.jsonl").write_text('{"image": "a.png", "lines": []}\n\n' + line, encoding="utf-8")
    with pytest.raises(DamagedInputError, match="line 3") as caught:
        load_set(tmp_path)
    assert what in str(caught.value)


def test_text_in_another_encoding_is_refused(tmp_path: Path) -> None:
    (tmp_path / "labels.jsonl").write_bytes(b'{"image": "\xff.png", "lines": []}')
    with pytest.raises(DamagedInputError, match="UTF-8"):
        load_set(tmp_path)


def test_what_is_not_there_or_empty_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceNotFoundError):
        load_set(tmp_path)
    with pytest.raises(SourceNotFoundError):
        find_sets(tmp_path / "none")
    with pytest.raises(NothingToReadError):
        find_sets(tmp_path)
    with pytest.raises(NothingToReadError):
        load_set(write_set(tmp_path))
    with pytest.raises(OptionError, match="limit is 0"):
        load_set(tmp_path, limit=0)


def test_a_folder_is_a_set_or_a_folder_of_sets(tmp_path: Path) -> None:
    second, first = write_set(tmp_path / "b"), write_set(tmp_path / "a")
    (tmp_path / "c").mkdir()
    assert find_sets(tmp_path) == (first, second)
    assert find_sets(first) == (first,)
