import numpy as np
import pytest

from inkread.recognize.charset import Charset
from inkread.recognize.head import Head
from inkread.runtime.session import FakeSession

CHARSET = Charset.from_characters("abc漢字", has_space=False)
LATIN = CHARSET.latin()
FEATURES = 2


def narrow(*scores: float) -> np.ndarray:
    """What a network gives of the Latin classes for columns whose highest scores are these."""
    output = np.zeros((len(scores), len(LATIN) + 1 + FEATURES), np.float32)
    output[:, 1] = 1.0
    output[:, len(LATIN)] = scores
    output[:, -FEATURES:] = 0.5
    return output


def everything(calls: list[tuple[int, ...]]) -> FakeSession:
    def answer(features: np.ndarray) -> np.ndarray:
        calls.append(features.shape)
        output = np.zeros((*features.shape[:2], len(CHARSET)), np.float32)
        output[..., 4] = 1.0
        return output

    return FakeSession(answer)


def test_latin_classes_are_the_blank_and_the_letters():
    assert LATIN == (0, 1, 2, 3)


def test_a_network_that_gives_all_classes_is_taken_at_its_word():
    output = np.full((4, len(CHARSET)), 1 / len(CHARSET), np.float32)
    probabilities, charset = Head(CHARSET)(output)
    assert probabilities is output
    assert charset is CHARSET


def test_a_line_that_the_classes_explain_needs_no_others():
    calls: list[tuple[int, ...]] = []
    session = everything(calls)
    probabilities, charset = Head(CHARSET, LATIN, lambda: session)(narrow(25.0, 18.0, 12.0))
    assert probabilities.shape == (3, len(LATIN))
    assert charset.symbols == ("", "a", "b", "c")
    assert calls == []


def test_a_column_that_they_do_not_explain_asks_for_all():
    calls: list[tuple[int, ...]] = []
    session = everything(calls)
    probabilities, charset = Head(CHARSET, LATIN, lambda: session)(narrow(25.0, 4.0, 12.0))
    assert calls == [(1, 3, FEATURES)]
    assert probabilities.shape == (3, len(CHARSET))
    assert charset is CHARSET


def test_without_leave_to_ask_only_these_classes_come_out():
    probabilities, charset = Head(CHARSET, LATIN)(narrow(25.0, 4.0))
    assert probabilities.shape == (2, len(LATIN))
    assert charset.symbols == ("", "a", "b", "c")


@pytest.mark.parametrize("may_ask", [True, False])
def test_an_engine_that_cannot_leave_classes_out_gives_the_same(may_ask):
    output = np.array([[0.1, 0.1, 0.2, 0.0, 0.6, 0.0]], np.float32)
    session = everything([])
    probabilities, charset = Head(CHARSET, LATIN, (lambda: session) if may_ask else None)(output)
    if may_ask:
        assert probabilities is output
    else:
        np.testing.assert_allclose(probabilities, [[0.25, 0.25, 0.5, 0.0]], atol=1e-6)
        assert charset.symbols == ("", "a", "b", "c")
