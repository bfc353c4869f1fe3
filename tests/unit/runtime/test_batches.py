import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from inkread.errors import ModelError
from inkread.runtime.batches import Batches
from inkread.runtime.session import FakeSession


def picture(value: int, width: int = 8) -> np.ndarray:
    return np.full((1, 4, width, 3), value, np.uint8)


def doubled(batch: np.ndarray) -> np.ndarray:
    return 2.0 * batch[:, :1, :, 0].astype(np.float32)


def values(outputs) -> list[float]:
    return [float(output[0, 0, 0]) for output in outputs]


def test_pictures_of_one_shape_run_together_and_come_back_in_order():
    session = FakeSession(doubled)
    pictures = [picture(1), picture(2, 16), picture(3), picture(4), picture(5, 16)]
    outputs = list(Batches(session, 2).run_many(pictures))
    assert values(outputs) == [2, 4, 6, 8, 10]
    assert [output.shape for output in outputs] == [(1, 1, each.shape[2]) for each in pictures]
    assert [shape[0] for shape in session.shapes] == [2, 2, 1]


def test_without_pictures_nothing_runs():
    session = FakeSession(doubled)
    assert list(Batches(session, 4).run_many([])) == []
    assert session.shapes == []


def test_an_output_stays_what_it_is_when_the_next_is_taken():
    outputs = Batches(FakeSession(doubled), 1).run_many([picture(1), picture(2)])
    first = next(outputs)
    next(outputs)
    assert values([first]) == [2]


def test_pictures_that_wait_for_other_threads_go_along():
    is_running, go = threading.Event(), threading.Event()

    def slow(batch: np.ndarray) -> np.ndarray:
        is_running.set()
        assert go.wait(10)
        return doubled(batch)

    session = FakeSession(slow)
    batches = Batches(session, 8)
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(lambda: values(batches.run_many([picture(1, 16), picture(2)])))
        assert is_running.wait(10)
        second = threads.submit(lambda: values(batches.run_many([picture(3, 32), picture(4), picture(5)])))
        while len(session.shapes) < 2:  # both run their first, each of a width of its own
            pass
        go.set()
        assert first.result(10) == [2, 4]
        assert second.result(10) == [6, 8, 10]
    assert sorted(shape[0] for shape in session.shapes) == [1, 1, 3]


def test_many_threads_get_their_own():
    batches = Batches(FakeSession(doubled), 4)
    random = np.random.default_rng(1)
    asked = [[(int(value), int(width)) for value, width in random.integers(1, 5, (20, 2))] for _ in range(40)]

    def run(pictures: list[tuple[int, int]]) -> list[float]:
        return values(batches.run_many([picture(value, width) for value, width in pictures]))

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(run, asked))
    assert found == [[2.0 * value for value, _ in pictures] for pictures in asked]


def test_one_picture_that_is_refused_is_an_error_of_whoever_sent_it():
    def picky(batch: np.ndarray) -> np.ndarray:
        if batch.shape[2] == 13:
            raise ModelError("13 px")
        return doubled(batch)

    batches = Batches(FakeSession(picky), 4)

    def run(width: int) -> list[float] | str:
        try:
            return values(batches.run_many([picture(1), picture(2, width), picture(3)]))
        except ModelError as error:
            return str(error)

    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(run, [13, 8, 16, 8] * 20))
    assert found == ["13 px", [2, 4, 6], [2, 4, 6], [2, 4, 6]] * 20


def test_what_somebody_abandons_is_left_to_others():
    batches = Batches(FakeSession(doubled), 2)
    abandoned = batches.run_many([picture(1), picture(2), picture(3)])
    next(abandoned)
    abandoned.close()
    assert values(batches.run_many([picture(4)])) == [8]
    assert batches._waiting == []


def test_a_batch_that_is_one_already_stays_by_itself():
    session = FakeSession(doubled)
    two = np.concatenate([picture(1), picture(2)])
    outputs = list(Batches(session, 8).run_many([two, two]))
    assert [output.shape[0] for output in outputs] == [2, 2]
    assert [shape[0] for shape in session.shapes] == [2, 2]


@pytest.mark.parametrize("most", [1, 3])
def test_it_is_closed_with_its_session(most):
    batches = Batches(FakeSession(doubled), most)
    assert batches.description == "fake"
    assert values([batches.run(picture(7))]) == [14]
    batches.close()
    with pytest.raises(Exception, match="closed"):
        batches.run(picture(1))


def test_no_more_outputs_come_after_a_stop():
    session = FakeSession(lambda batch: np.zeros((len(batch), 1), np.float32), bytes_px=2)
    shared, asked = Batches(session, 4), []
    outputs = shared.run_many([np.full((1, 2, 2, 3), k, np.uint8) for k in range(12)], lambda: bool(asked))
    next(outputs)
    asked.append(True)
    assert len(list(outputs)) <= 4
    assert shared.working_bytes((10, 10)) > 2 * 10 * 10
    shared.release()
    assert session.held == 0
