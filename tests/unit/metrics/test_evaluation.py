import json
from pathlib import Path

import pytest

from inkread.document import Block, Line, Page, Word
from inkread.errors import DamagedInputError
from inkread.geometry import Box, Quad
from inkread.metrics import evaluate


def page(text: str) -> Page:
    quad = Quad.from_box(Box(0, 0, 100, 20))
    words = tuple(Word(part, quad, 1.0) for part in text.split())
    return Page((Block((Line(words, quad, 1.0),)),), 100, 20)


def write_set(folder: Path, *texts: str) -> None:
    folder.mkdir()
    rows = [{"image": f"{k}.png", "lines": [{"text": text, "poly": None}]} for k, text in enumerate(texts)]
    (folder / "labels.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")


def test_every_set_of_a_folder_is_scored(tmp_path: Path) -> None:
    write_set(tmp_path / "a", "one", "two")
    write_set(tmp_path / "b", "one")
    evaluation = evaluate(tmp_path, lambda path: page("one"))
    assert [(each.name, each.scores.word_f1) for each in evaluation.sets] == [("a", 50), ("b", 100)]
    assert evaluate(tmp_path / "a", lambda path: page("one"), limit=1).sets[0].scores.cer == 0


def test_a_picture_that_cannot_be_read_scores_nothing_and_the_rest_goes_on(tmp_path: Path) -> None:
    write_set(tmp_path / "a", "one", "one")

    def read(path: Path) -> Page:
        if path.name == "0.png":
            raise DamagedInputError("it is truncated")
        return page("one")

    (each,) = evaluate(tmp_path / "a", read).to_dict()["sets"]
    assert (each["pictures"], each["errors"], each["cer"]) == (2, 1, 50)
    assert each["failures"] == [{"picture": "0.png", "error": "it is truncated"}]


def test_a_fault_of_our_own_is_not_hidden(tmp_path: Path) -> None:
    write_set(tmp_path / "a", "one")
    with pytest.raises(ZeroDivisionError):
        evaluate(tmp_path / "a", lambda path: page(str(1 // 0)))


def test_the_result_as_a_dict_is_json(tmp_path: Path) -> None:
    write_set(tmp_path / "a", "one")
    (each,) = evaluate(tmp_path / "a", lambda path: page("one")).to_dict()["sets"]
    assert json.loads(json.dumps(each)) == each
    assert each["set"] == "a"
    assert each["detection_f1"] is None
    assert 0 <= each["seconds_median"] == each["seconds_mean"]
