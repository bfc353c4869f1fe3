import numpy as np
import pytest

from inkread.recognize.capitals import as_capitals, is_in_capitals
from inkread.recognize.charset import Charset


@pytest.mark.parametrize(
    "text",
    [
        "JE CoMPrENdS QUE MOn MAnUSCRiT",
        "Non commERciaLES. HoRus Au SEREkH ou DouBLE",
        "ETÉ TRoUVÉS DAns LE CIMETiERE",
    ],
)
def test_capitals_of_which_some_look_small_are_known(text):
    assert is_in_capitals(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Il est temps de le dire",
        "ALL OF IT IS IN CAPITALS",  # nothing to mend
        "que : APRES LE JAPON, l'Allemagne",
        "de la SNCF et de la RATP",
        "McDonald and MacBeth",
        "L'INANITE des la STUPIDITE HUMAINE. AUCune",
        "1984 / 650 KM",
    ],
)
def test_other_lines_stay_as_they_are(text):
    assert not is_in_capitals(text)


def test_what_looks_small_counts_for_the_capital():
    charset = Charset(("", "a", "A", "é", "ß", "7"))
    given = np.array([[0.1, 0.3, 0.2, 0.2, 0.1, 0.1]], np.float32)
    probabilities, capitals = as_capitals(given, charset)
    assert capitals.symbols == ("", "a", "A", "É", "ß", "7")
    assert np.allclose(probabilities, [[0.1, 0.0, 0.5, 0.2, 0.1, 0.1]])
    assert given[0, 1] == np.float32(0.3)  # the caller's own


def test_two_halves_of_a_letter_do_not_outvote_a_digit():
    charset = Charset(("", "o", "O", "0"))
    given = np.array([[0.0, 0.3, 0.3, 0.4], [0.0, 0.4, 0.3, 0.3]], np.float32)
    probabilities, _ = as_capitals(given, charset)
    assert np.allclose(probabilities, [[0.0, 0.3, 0.3, 0.4], [0.0, 0.0, 0.7, 0.3]])
