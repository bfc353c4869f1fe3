import numpy as np
import pytest

from inkread.document import Alternative
from inkread.recognize.ctc import Reading
from inkread.recognize.spaces import with_lost_spaces

HEIGHT, LETTER = 40, 16


def line(text: str, gaps: dict[int, int], *, usual: int = 4) -> tuple[Reading, np.ndarray]:
    """The reading and ink of letters that stand `usual` px apart, or as `gaps` has it before some of them."""
    left, places = 10, []
    for k, letter in enumerate(text):
        left += gaps.get(k, usual)
        places.append(left)
        left += 0 if letter == " " else LETTER
    mask = np.zeros((HEIGHT, left + 10), bool)
    for letter, place in zip(text, places, strict=True):
        if letter != " ":
            mask[8:32, place : place + LETTER] = True
    columns = tuple((place / mask.shape[1], (place + LETTER) / mask.shape[1]) for place in places)
    return Reading(text, columns, tuple(0.9 - k / 100 for k in range(len(text)))), mask


@pytest.mark.parametrize(
    ("text", "gaps", "found"),
    [
        ("Seite1", {5: 30}, "Seite 1"),
        ("totalofall", {5: 30, 7: 28}, "total of all"),
        ("Seite1", {}, "Seite1"),
        ("Seite1", {5: 14}, "Seite1"),
        ("ab", {1: 30}, "a b"),
    ],
)
def test_a_gap_of_words_is_a_space(text, gaps, found):
    assert with_lost_spaces(*line(text, gaps)).text == found


def test_letters_set_far_apart_are_one_word():
    assert with_lost_spaces(*line("INVOICE", {}, usual=20)).text == "INVOICE"


def test_a_space_that_was_read_is_enough():
    assert with_lost_spaces(*line("Seite 1", {5: 14, 6: 14})).text == "Seite 1"


def test_scripts_without_spaces_get_none():
    assert with_lost_spaces(*line("漢字漢字漢", {3: 30})).text == "漢字漢字漢"


def test_what_belongs_to_characters_moves_with_them():
    reading, mask = line("Seite1", {5: 30})
    reading = Reading(reading.text, reading.columns, reading.scores, (Alternative(5, "l", 0.1),))
    found = with_lost_spaces(reading, mask)
    assert found.columns[:5] == reading.columns[:5]
    assert found.columns[6] == reading.columns[5]
    assert found.columns[4][1] <= found.columns[5][0] <= found.columns[5][1] <= found.columns[6][0]
    assert found.scores == (*reading.scores[:5], reading.scores[5], reading.scores[5])
    assert found.alternatives == (Alternative(6, "l", 0.1),)


def test_nothing_read_stays_nothing():
    assert with_lost_spaces(Reading(), np.ones((4, 4), bool)) == Reading()
