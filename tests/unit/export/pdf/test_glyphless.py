import io

import pytest
from PIL import ImageFont

from inkread.export.pdf import glyphless
from inkread.export.pdf.objects import ObjectWriter


def test_a_code_of_the_basic_plane_is_the_character_s_own():
    assert glyphless.Codes().encode("aж中") == "aж中".encode("utf-16-be")


def test_characters_beyond_get_codes_in_the_order_in_which_they_come():
    codes = glyphless.Codes()

    assert codes.encode("👍𠀀👍") == bytes.fromhex("d800 d801 d800")
    assert dict(codes.borrowed()) == {0xD800: "👍", 0xD801: "𠀀"}


def test_more_of_them_than_there_are_codes_become_the_replacement_character():
    codes = glyphless.Codes()
    for point in range(0x20000, 0x20000 + 2048):
        assert codes.encode(chr(point)) != b"\xff\xfd"

    assert codes.encode(chr(0x30000)) == b"\xff\xfd"
    assert codes.encode(chr(0x20000)) == b"\xd8\x00"


@pytest.mark.parametrize("text", ["\x00", "\x1b\x7f\x9f", "\r\n\t", ""])
def test_controls_are_left_out(text):
    assert glyphless.Codes().encode(text) == b""


@pytest.mark.parametrize("char", ["\ud800", "\ufffe", "\uffff"])
def test_what_is_no_character_becomes_the_replacement_character(char):
    assert glyphless.Codes().encode(char) == b"\xff\xfd"


def test_letters_are_as_wide_as_in_print():
    width = {char: glyphless.width(char.encode("utf-16-be")) for char in "iW中é 한"}

    assert width["i"] < width["é"] < width["W"] < width["中"] == width["한"] == 1000
    assert glyphless.width(b"\xd8\x00") == 1000


def test_the_font_program_is_one():
    font = ImageFont.truetype(io.BytesIO(glyphless.font_program()), 100)

    assert font.getmetrics() == (100, 25)


def test_the_font_takes_less_than_4_kb():
    file = io.BytesIO()
    writer = ObjectWriter(file)

    glyphless.add_font(writer, writer.reserve(), glyphless.Codes())

    assert len(file.getvalue()) < 4096
