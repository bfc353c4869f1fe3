from __future__ import annotations

from contextlib import contextmanager
from types import SimpleNamespace

import pytest
import sets
from conditions import BenchmarkError

from inkread.metrics.dataset import load_set
from inkread.metrics.scores import Counts
from inkread.options import ReaderOptions


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "sroie").mkdir()
    lines = [f'{{"image": "{n}.jpg", "lines": [{{"text": "a", "poly": null}}]}}' for n in (1, 2)]
    (tmp_path / "sroie/labels.jsonl").write_text("\n".join(lines))
    return tmp_path


def test_a_set_that_is_missing_is_named(folder):
    with pytest.raises(BenchmarkError, match="funsd"):
        sets.load_sets(folder, ["sroie", "funsd"], None)


def test_a_picture_that_is_missing_is_named(folder):
    (folder / "sroie/1.jpg").touch()
    with pytest.raises(BenchmarkError, match=r"2\.jpg"):
        sets.load_sets(folder, ["sroie"], None)
    assert len(sets.load_sets(folder, ["sroie"], 1)[0].pictures) == 1


def test_each_picture_begins_with_the_next_one():
    assert [list(sets.turns("abc", number)) for number in range(3)] == [list("abc"), list("bca"), list("cab")]


def test_set_ups_read_every_picture_in_turn_each_in_its_own_force(folder, monkeypatch):
    read: list[tuple[str, str, str]] = []
    force = ["none"]

    class Reader:
        def __init__(self, options):
            self.language = ",".join(options.language)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def read(self, path):
            read.append((self.language, path.name, force[-1]))
            return SimpleNamespace(lines=[])

    @contextmanager
    def in_force(name):
        force.append(name)
        yield
        force.pop()

    monkeypatch.setattr(sets, "Reader", Reader)
    set_ups = {
        name: sets.SetUp(ReaderOptions(language=name), lambda name=name: in_force(name)) for name in ("en", "de")
    }
    labelled = load_set(folder / "sroie")
    readings = sets.read_in_turn(set_ups, [labelled], 1, lambda _: None)
    assert [(language, name) for language, name, _ in read] == [
        *(("en", "1.jpg"), ("de", "1.jpg")),  # the warm-up
        *(("en", "1.jpg"), ("de", "1.jpg"), ("de", "2.jpg"), ("en", "2.jpg")),
    ]
    assert all(language == forced for language, _, forced in read)
    assert [len(reading.seconds) for reading in readings.values()] == [2, 2]
    assert sum(readings["en"].counts, Counts()).edits == 2
    assert list(readings["en"].of_sets([labelled])) == ["sroie"]
