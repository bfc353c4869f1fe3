import pytest

from inkread.metrics.intervals import paired_difference, paired_ratio_of_medians
from inkread.metrics.scores import Counts, character_error_rate, detection_f1

GOOD = [Counts(pictures=1, edits=k % 3, characters=100) for k in range(40)]
WORSE = [Counts(pictures=1, edits=k % 3 + 5, characters=100) for k in range(40)]


def test_the_same_input_gives_the_same_interval() -> None:
    first = paired_difference(GOOD, WORSE, character_error_rate)
    assert first == paired_difference(GOOD, WORSE, character_error_rate)
    seconds = [0.5 + k / 10 for k in range(9)]
    ratio = paired_ratio_of_medians(seconds, seconds[::-1])
    assert ratio == paired_ratio_of_medians(seconds, seconds[::-1])


def test_pairing_removes_what_pictures_share() -> None:
    """Each picture differs by exactly five edits, however hard it is, so there is no doubt about the difference."""
    interval = paired_difference(GOOD, WORSE, character_error_rate)
    assert interval is not None
    assert interval == pytest.approx((-5, -5, -5))


def test_the_interval_holds_the_estimate_and_widens_with_scatter() -> None:
    mixed = [Counts(pictures=1, edits=20 * (k % 2), characters=100) for k in range(40)]
    interval = paired_difference(mixed, GOOD, character_error_rate)
    assert interval is not None
    assert interval.low < interval.estimate < interval.high
    assert interval.high - interval.low > 1


def test_a_figure_that_is_undefined_has_no_interval() -> None:
    assert paired_difference(GOOD, WORSE, detection_f1) is None


def test_the_ratio_of_medians_is_robust_to_one_slow_picture() -> None:
    fast, slow = [0.1] * 20 + [9.0], [0.2] * 21
    assert paired_ratio_of_medians(fast, slow) == pytest.approx((0.5, 0.5, 0.5))


def test_unpaired_or_missing_pictures_are_refused() -> None:
    with pytest.raises(ValueError, match="same pictures"):
        paired_difference(GOOD, WORSE[1:], character_error_rate)
    with pytest.raises(ValueError, match="same pictures"):
        paired_ratio_of_medians([], [])
    with pytest.raises(ValueError, match="positive"):
        paired_ratio_of_medians([1.0], [0.0])
