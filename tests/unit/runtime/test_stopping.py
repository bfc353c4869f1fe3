"""Networks that are stopped while they run, and what they hold: the same for each engine."""

import contextlib

import numpy as np
import pytest

from inkread.options import RuntimeOptions
from inkread.registry.catalog import load_catalog
from inkread.registry.store import Store
from inkread.runtime.open import engines, open_session
from inkread.runtime.session import Network, Session, StoppedError

PICTURE = np.random.default_rng(1).integers(0, 256, (1, 640, 640, 3)).astype(np.uint8)


@pytest.fixture(scope="module", params=engines())
def session(request: pytest.FixtureRequest) -> Session:
    network = Network(Store().find(load_catalog().default("detection")))
    return open_session(network, RuntimeOptions(engine=request.param), streams=False)


def test_a_network_that_is_not_stopped_answers_as_ever(session):
    assert (session.run(PICTURE, lambda: False) == session.run(PICTURE)).all()


def test_a_network_stops_while_it_runs_and_answers_the_next_time(session):
    whole = session.run(PICTURE)
    with pytest.raises(StoppedError):
        session.run(PICTURE, lambda: True)
    assert (session.run(PICTURE) == whole).all()


def test_other_sizes_answer_as_ever_after_a_stop(session):
    """A layer that was left out would keep the size of the batch that was stopped."""
    sizes = [(320, 480), (480, 320), (640, 352), (352, 640), (480, 480)]
    pictures = [np.ascontiguousarray(PICTURE[:, :height, :width]) for height, width in sizes]
    expected = [session.run(each).copy() for each in pictures]
    for number in range(12):
        asked = iter([False] * (number % 3) + [True] * 100)
        with contextlib.suppress(StoppedError):
            session.run(pictures[number % len(pictures)], lambda asked=asked: next(asked))
        which = (number + 2) % len(pictures)
        assert (session.run(pictures[which]) == expected[which]).all()


def test_nothing_is_begun_after_a_stop(session):
    """What runs together with the first ends with it: of three pictures two at most."""
    asked: list[bool] = []
    outputs = session.run_many([PICTURE, PICTURE, PICTURE], lambda: bool(asked))
    next(outputs)
    asked.append(True)
    assert len(list(outputs)) <= 2


def test_larger_pictures_take_more_until_their_memory_is_given_back(session):
    small, large = session.working_bytes((320, 320)), session.working_bytes((1280, 1280))
    assert 0 < small < large
    session.run(PICTURE)
    session.release()
    assert session.working_bytes((1280, 1280)) >= large - 20_000_000
    assert (session.run(PICTURE) == session.run(PICTURE)).all()
