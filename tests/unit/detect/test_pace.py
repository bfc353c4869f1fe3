import pytest

from inkread.detect.pace import Pace

SIZE, OTHER = (640, 640), (704, 992)
PX, OTHER_PX = 640 * 640, 704 * 992


def test_nothing_is_known_before_the_first_look():
    assert Pace().expected_s(SIZE) is None


def test_a_size_seen_before_takes_what_it_took_and_a_new_one_what_new_ones_take():
    pace = Pace()
    pace.note(SIZE, 0.2)
    assert pace.expected_s(OTHER) == pytest.approx(0.2 * OTHER_PX / PX)
    pace.note(SIZE, 0.1)
    assert pace.expected_s(SIZE) == pytest.approx(0.1)
    assert pace.expected_s(OTHER) == pytest.approx(0.2 * OTHER_PX / PX)


def test_where_no_new_size_was_timed_it_takes_more_than_one_seen_before():
    pace = Pace()
    pace.note(SIZE, 9.0)
    pace.forget_times()
    pace.note(SIZE, 0.1)
    assert pace.expected_s(SIZE) == pytest.approx(0.1)
    assert pace.expected_s(OTHER) > 1.5 * 0.1 * OTHER_PX / PX


def test_a_slow_look_is_remembered_for_some_pages():
    pace = Pace()
    for seconds in (0.1, 1.0, 0.1, 0.1):
        pace.note(SIZE, seconds)
    assert 0.5 < pace.expected_s(SIZE) < 1.0
    for _ in range(12):
        pace.note(SIZE, 0.1)
    assert pace.expected_s(SIZE) == pytest.approx(0.1)


def test_a_look_that_was_stopped_takes_longer_than_it_did_and_never_less_than_known():
    pace = Pace()
    for seconds in (9.0, 0.4):
        pace.note(SIZE, seconds)
    pace.note(SIZE, 0.01, is_done=False)
    assert pace.expected_s(SIZE) == pytest.approx(0.4)
    pace.note(SIZE, 0.9, is_done=False)
    assert pace.expected_s(SIZE) == pytest.approx(0.9)


def test_sizes_seen_long_ago_count_as_new():
    pace = Pace()
    pace.note(SIZE, 0.2)
    pace.note(SIZE, 0.1)
    for number in range(1, 100):
        pace.note((32 * number, 32), 0.0)
    assert pace.expected_s(SIZE) != pytest.approx(0.1)
