from __future__ import annotations

import pytest
from conditions import BenchmarkError
from switches import replaced

from inkread.recognize import line_reader, recognizer


def test_a_value_is_another_for_a_while():
    before = recognizer.padded_width(100)
    with replaced({"inkread.recognize.recognizer:_MIN_WIDTH_PX": 320}):
        assert recognizer.padded_width(100) == 320
    assert recognizer.padded_width(100) == before


def test_a_member_of_a_class_is_another_for_a_while():
    before = line_reader.LineReader.read_one_line
    with replaced({"inkread.recognize.line_reader:LineReader.read_one_line": lambda *_: None}):
        assert line_reader.LineReader.read_one_line is not before
    assert line_reader.LineReader.read_one_line is before


def test_values_come_back_after_an_error():
    before = recognizer.HEIGHT_PX
    with pytest.raises(ZeroDivisionError), replaced({"inkread.recognize.recognizer:HEIGHT_PX": 1}):
        raise ZeroDivisionError
    assert before == recognizer.HEIGHT_PX


@pytest.mark.parametrize("place", ["inkread.nowhere:x", "inkread.stages:_NO_SUCH_NAME", "inkread.stages:Stages.none"])
def test_a_name_that_is_not_there_is_an_error_and_changes_nothing(place):
    before = recognizer.HEIGHT_PX
    with pytest.raises(BenchmarkError, match=place), replaced({"inkread.recognize.recognizer:HEIGHT_PX": 1, place: 1}):
        pass
    assert before == recognizer.HEIGHT_PX
