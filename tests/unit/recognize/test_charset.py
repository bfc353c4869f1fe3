import pytest

from inkread.errors import ModelError
from inkread.recognize.charset import BLANK, Charset


def test_the_blank_comes_first_and_the_space_last():
    charset = Charset.from_characters("ab")
    assert charset.symbols == ("", "a", "b", " ")
    assert charset.symbols[BLANK] == ""


def test_a_model_may_have_no_space():
    assert Charset.from_characters("ab", has_space=False).symbols == ("", "a", "b")


@pytest.mark.parametrize("text", ["a\nb", "a\nb\n"])
def test_a_text_is_one_character_a_line_with_or_without_a_newline_at_its_end(text):
    assert Charset.from_text(text).symbols == ("", "a", "b", " ")


def test_only_the_last_newline_ends_the_text():
    """An empty line is a class of its own: leaving it out would shift all after it."""
    assert Charset.from_text("a\n\nb\n\n").symbols == ("", "a", "", "b", "", " ")


def test_white_space_in_a_line_is_a_character():
    """The ideographic space is in many character lists; it is not stripped."""
    assert Charset.from_text("\u3000\na", has_space=False).symbols == ("", "\u3000", "a")


def test_characters_of_several_scripts_stand_side_by_side():
    """S4-39"""
    assert Charset.from_text("舱\nC\né").symbols == ("", "舱", "C", "é", " ")


def test_a_network_with_as_many_classes_fits():
    charset = Charset.from_text("a\nb")
    assert len(charset) == 4
    charset.check(4)


@pytest.mark.parametrize("classes", [0, 3, 5, 97])
def test_another_number_of_classes_is_told_with_both_numbers(classes):
    with pytest.raises(ModelError, match=f"has {classes} classes, its characters make 4 .*do not belong together"):
        Charset.from_text("a\nb").check(classes)


def test_some_classes_make_a_charset_of_their_own():
    charset = Charset.from_characters("aé漢1", has_space=True)
    assert charset.latin() == (0, 1, 2, 4, 5)
    assert charset.only(charset.latin()).symbols == ("", "a", "é", "1", " ")


def test_everyday_classes_hold_the_wide_punctuation_that_latin_text_may_be_read_with():
    charset = Charset.from_characters("a：漢，", has_space=False)
    assert charset.latin() == (0, 1)
    assert charset.everyday() == (0, 1, 2, 4)
