import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkread.document import Alternative
from inkread.recognize.ctc import Reading
from inkread.recognize.direction import as_typed, in_logical_order, is_backward, with_numbers_forward


def reading(text: str, alternatives: tuple[Alternative, ...] = ()) -> Reading:
    """A reading as a network gives it: each character's columns right of those of the one before."""
    n = max(len(text), 1)
    columns = tuple((i / n, (i + 1) / n) for i in range(len(text)))
    return Reading(text, columns, tuple((i + 1) / n for i in range(len(text))), alternatives)


# What a network gives from left to right, and what it says: the inverse of UAX 9, with brackets as they are.
SEEN_AND_SAID = [
    ("", ""),
    ("12.5 %", "12.5 %"),
    ("Hello (world)", "Hello (world)"),
    ("םולש", "שלום"),
    ("םלוע םולש", "שלום עולם"),
    # Numbers run from left to right.
    ("12,50 ריחמ", "מחיר 12,50"),
    ("12/11/1990 ךיראת", "תאריך 12/11/1990"),
    ("50% החנה", "הנחה 50%"),
    # In Arabic a sign does not belong to the number beside it, a point or slash inside does.
    ("%50 مصخ", "خصم 50%"),
    ("1990/11/12 خيرات", "تاريخ 1990/11/12"),
    ("١٩٩٠/١١/١٢ خيرات", "تاريخ ١٩٩٠/١١/١٢"),
    ("١٢٣٤ ددع", "عدد ١٢٣٤"),
    ("1995-1990 ماع", "عام 1990-1995"),
    # Latin words in a line that runs from right to left, and what belongs to them.
    ("ةعبطلا Windows 95 ماظن", "نظام Windows 95 الطبعة"),
    ("OCR (PDF) جمانرب", "برنامج OCR (PDF)"),
    # Brackets go with what they are around.
    (")ملاع( ابحرم", "مرحبا (عالم)"),
    (")Linux( جمانرب", "برنامج (Linux)"),
    ("»ملاع« ابحرم", "مرحبا «عالم»"),
    # A few right-to-left words in a line that runs from left to right.
    ("the word םולש means peace", "the word שלום means peace"),
    ("see םלוע םולש, page 3", "see שלום עולם, page 3"),
]


@pytest.mark.parametrize(("seen", "said"), SEEN_AND_SAID)
def test_text_is_in_the_order_of_reading(seen, said):
    assert in_logical_order(reading(seen)).text == said


@pytest.mark.parametrize(("seen", "said"), SEEN_AND_SAID)
def test_each_character_keeps_its_place_and_score(seen, said):
    before, after = reading(seen), in_logical_order(reading(seen))
    assert sorted(zip(after.text, after.columns, after.scores, strict=True)) == sorted(
        zip(before.text, before.columns, before.scores, strict=True)
    )


def test_another_reading_of_a_character_stays_with_it():
    turned = in_logical_order(reading("ab בא", (Alternative(0, "o", 0.1), Alternative(4, "ד", 0.2))))
    assert turned.text == "אב ab"
    assert [(turned.text[each.index], each.text) for each in turned.alternatives] == [("א", "ד"), ("a", "o")]


@given(st.text(st.sampled_from("abאב12ا ل.,-/%()")))
def test_no_character_is_lost_or_made(text):
    turned = in_logical_order(reading(text))
    assert sorted(turned.columns) == sorted(reading(text).columns)
    assert sorted(turned.text) == sorted(text)


def test_numbers_that_an_engine_gives_backwards_are_turned():
    """tesseract-ocr/tesseract#4544: ١٩٩٦ as ٦٩٩١, and dates"""
    text = "عام ٦٩٩١/٢١م 12"
    # The text runs from right to left, the last number forward.
    columns = [(1 - (i + 1) / 20, 1 - i / 20) for i in range(len(text))]
    columns[-2:] = [(0.1, 0.15), (0.15, 0.2)]
    turned = with_numbers_forward(Reading(text, tuple(columns), (0.9,) * len(text)))
    assert turned.text == "عام ١٢/١٩٩٦م 12"
    assert sorted(turned.columns) == sorted(columns)


def test_numbers_that_run_forward_stay():
    said = in_logical_order(reading("١٩٩٠/١١/١٢ خيرات"))
    assert with_numbers_forward(said) == said


@pytest.mark.parametrize(
    ("seen", "typed"),
    [
        ("ﻼﻋ", "لاع"),  # a ligature of two letters
        ("ﺍﻟﻤﺠﻠﺲ", "المجلس"),
        ("ﷲ", "الله"),
        ("ﷺ", "ﷺ"),  # a sign of its own
        ("﷼", "﷼"),
        ("الاعمـال", "الاعمـال"),  # the stretched line is kept: the labels have it
        ("︻日本︼︑︒", "【日本】、。"),
        ("﹁本﹂", "「本」"),
        ("fiﬁ", "fiﬁ"),
    ],
)
def test_forms_become_the_letters_that_people_type(seen, typed):
    after = as_typed(reading(seen))
    assert after.text == typed
    assert len(after.columns) == len(after.scores) == len(typed)


def test_the_letters_of_a_ligature_share_its_place_from_right_to_left():
    lam, alef, ain = as_typed(reading("ﻼع")).columns
    assert (alef, lam, ain) == ((0.0, 0.25), (0.25, 0.5), (0.5, 1.0))


def test_another_reading_moves_with_the_letters_before_it():
    after = as_typed(reading("ﻼع", (Alternative(1, "ﻍ", 0.3),)))
    assert after.alternatives == (Alternative(2, "غ", 0.3),)


@pytest.mark.parametrize(
    ("text", "backward"), [("", False), ("abc 12", False), ("日本", False), ("a ש", True), ("ا", True)]
)
def test_scripts_that_run_from_right_to_left_are_told(text, backward):
    assert is_backward(text) is backward
