"""Tesseract in its child processes: real where the package is here, and by saboteurs that fail as the library does."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from packs import put_pack

from inkread.errors import ClosedError, MissingPackageError, ModelError
from inkread.runtime import tesseract
from inkread.runtime.tesseract import Tesseract

TESTS = Path(__file__).resolve().parents[2]
PICTURE = np.full((40, 100), 200, np.uint8)


@pytest.fixture(autouse=True)
def _saboteurs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(TESTS))
    monkeypatch.setattr(tesseract, "_CHILD", "saboteurs:Lines")
    monkeypatch.setattr(tesseract, "check_installed", lambda extra: None)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Tesseract]:
    made = Tesseract(put_pack(tmp_path, "good"), threads=2)
    yield made
    made.close()


def picture(value: int) -> np.ndarray:
    """A line that the saboteur answers with its width, crashes on (13) or never ends with (14)."""
    return np.full((30, 50 + value), value, np.uint8)


def test_lines_are_read_in_their_order_by_several_processes(engine):
    lines = engine.read([picture(k + 20) for k in range(40)])
    assert [line[0].text for line in lines] == [str(70 + k) for k in range(40)]
    assert lines[0][0].confidence == 1.0  # no more than that, whatever the engine says


def test_a_line_that_crashes_the_library_is_left_out_and_the_others_are_read(engine, caplog):
    lines = engine.read([picture(20), picture(13), picture(21)])
    assert [bool(line) for line in lines] == [True, False, True]
    assert "could not read a line of 63 x 30 px" in caplog.text
    assert [bool(line) for line in engine.read([picture(22)])] == [True]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("crashing", r'Tesseract ends on the language pack ".*crashing.traineddata" \(.*SIGABRT.*get crashing'),
        ("refused", "refuses"),
        ("hopeless", "ends on one line after the other with"),
        ("lying", "ends on one line after the other with"),
    ],
)
def test_a_broken_pack_is_a_clear_error_and_no_crash(tmp_path, name, message):
    engine = Tesseract(put_pack(tmp_path, name), threads=1)
    with pytest.raises(ModelError, match=message):
        engine.read([PICTURE] * 8)
    engine.close()


def test_after_close_nothing_is_read(engine):
    engine.read([picture(20)])
    engine.close()
    engine.close()
    with pytest.raises(ClosedError):
        engine.read([picture(20)])


def test_a_name_that_means_several_packs_is_refused(tmp_path):
    with pytest.raises(ModelError, match="rename the file"):
        Tesseract(put_pack(tmp_path, "ara+eng"), threads=1)


def test_the_missing_package_is_told(tmp_path, monkeypatch):
    monkeypatch.undo()
    monkeypatch.setattr("inkread.extras.find_spec", lambda name: None)
    with pytest.raises(MissingPackageError, match=r"needs the package tesserocr: pip install inkread\[tesseract\]"):
        Tesseract(put_pack(tmp_path, "ara"), threads=1)
