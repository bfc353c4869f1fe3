import threading

import pytest

from inkread.errors import CancelledError
from inkread.runtime.allowance import FREE, Allowance


class Clock:
    """Seconds, as they are told."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_nothing_bounds_a_free_page():
    assert not FREE.is_bound
    assert not FREE.must_stop()
    assert FREE.left_s is None


def test_the_time_is_up_at_the_deadline_and_not_before():
    clock = Clock()
    allowance = Allowance(deadline_s=2.0, clock=clock)
    clock.now += 1.9
    assert not allowance.must_stop()
    clock.now += 0.1
    assert allowance.must_stop()
    assert allowance.stops()


def test_reading_stops_early_enough_for_what_comes_after_it():
    clock = Clock()
    allowance = Allowance(deadline_s=2.0, clock=clock)
    allowance.keep_for_the_end(0.5)
    assert allowance.left_s == pytest.approx(1.5)
    clock.now += 1.5
    assert allowance.must_stop()


def test_what_nobody_waits_for_is_an_error_and_no_result():
    event = threading.Event()
    allowance = Allowance(cancel=event)
    assert not allowance.must_stop()
    event.set()
    assert allowance.stops()
    with pytest.raises(CancelledError, match="cancelled"):
        allowance.must_stop()


def test_each_degradation_is_noted_once():
    allowance = Allowance(deadline_s=1.0)
    allowance.degrade("tiled")
    allowance.degrade("partial")
    allowance.degrade("tiled")
    assert list(allowance.degraded) == ["tiled", "partial"]
