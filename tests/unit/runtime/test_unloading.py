import threading

import numpy as np
import pytest

from inkread.errors import ClosedError, ModelError
from inkread.runtime.session import FakeSession, Session
from inkread.runtime.unloading import Pool

BATCH = np.zeros((1, 2, 2, 3), np.uint8)


class Starts:
    """Opens networks that answer with a number, and keeps those that it has opened."""

    def __init__(self) -> None:
        self.opened: list[tuple[int, FakeSession]] = []

    def __call__(self, number: int):
        def start() -> FakeSession:
            network = FakeSession(lambda batch: np.full((1,), number, np.float32))
            self.opened.append((number, network))
            return network

        return start

    @property
    def numbers(self) -> list[int]:
        return [number for number, _ in self.opened]


@pytest.fixture
def starts() -> Starts:
    return Starts()


def test_the_network_used_longest_ago_makes_room(starts):
    pool = Pool(2)
    one, two = pool.session(starts(1)), pool.session(starts(2))
    assert one.run(BATCH) == 1
    three = pool.session(starts(3))
    assert pool.loaded == 2
    assert [each._is_closed for _, each in starts.opened] == [False, True, False]
    assert (one.run(BATCH), three.run(BATCH)) == (1, 3)
    assert starts.numbers == [1, 2, 3]
    assert two.run(BATCH) == 2
    assert starts.numbers == [1, 2, 3, 2]


def test_a_network_in_use_is_never_unloaded(starts):
    """A recogniser's last layer is asked while the recogniser runs: with room for one, both are open meanwhile."""
    pool = Pool(1)
    first = pool.session(starts(1))
    outputs = first.run_many([BATCH, BATCH])
    assert next(outputs) == 1
    second = pool.session(starts(2))
    assert second.run(BATCH) == 2
    assert next(outputs) == 1
    outputs.close()
    assert pool.loaded == 1


def test_leaving_outputs_untaken_gives_the_network_back(starts):
    pool = Pool(1)
    session = pool.session(starts(1))
    outputs = session.run_many([BATCH, BATCH])
    next(outputs)
    outputs.close()
    pool.session(starts(2))
    assert starts.opened[0][1]._is_closed


def test_a_closed_session_stays_closed(starts):
    pool = Pool(2)
    session = pool.session(starts(1))
    session.close()
    session.close()
    assert (pool.loaded, starts.opened[0][1]._is_closed) == (0, True)
    with pytest.raises(ClosedError):
        session.run(BATCH)


def test_it_is_a_session_with_the_words_of_its_network(starts):
    pool = Pool(1)
    session = pool.session(starts(1))
    pool.session(starts(2))
    assert isinstance(session, Session)
    assert session.description == "fake"


def test_a_network_that_does_not_open_is_told_at_once():
    def start() -> Session:
        raise ModelError("the file is damaged")

    pool = Pool(1)
    with pytest.raises(ModelError):
        pool.session(start)
    assert pool.loaded == 0


def test_threads_share_what_there_is(starts):
    pool = Pool(1)
    sessions = [pool.session(starts(number)) for number in range(3)]
    wrong: list[int] = []

    def use(number: int) -> None:
        for _ in range(50):
            if sessions[number].run(BATCH) != number:
                wrong.append(number)

    threads = [threading.Thread(target=use, args=(number,)) for number in range(3) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert pool.loaded == 1


def test_what_is_idle_is_unloaded_when_it_is_asked_for_and_opens_again(starts):
    pool = Pool(None)
    one, two = pool.session(starts(1)), pool.session(starts(2))
    outputs = two.run_many([BATCH])
    next(outputs)
    pool.unload_idle()
    assert [each._is_closed for _, each in starts.opened] == [True, False]
    outputs.close()
    assert one.run(BATCH) == 1
    assert starts.numbers == [1, 2, 1]


def test_what_a_network_that_is_unloaded_would_take_is_known_after_opening_it(starts):
    pool = Pool(None)
    session = pool.session(starts(1))
    pool.unload_idle()
    session.release()  # there is nothing to give back
    assert session.working_bytes((48, 320)) == 0
    assert starts.numbers == [1, 1]
