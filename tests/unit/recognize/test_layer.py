"""The picture is drawn here as bars of ink, and `Seen` reads in a quad what was said to stand there."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from inkread.document import Line, Word
from inkread.geometry import Box, Quad
from inkread.image import Image, LayerLine
from inkread.recognize import layer
from inkread.recognize.layer import Judged

WIDTH, HEIGHT = 600, 400


class Seen:
    """A picture with texts at places, each place a row of 30 px; what it reads where, how often and how surely."""

    def __init__(self, **texts: str) -> None:
        self.texts = {int(row.removeprefix("row")): text for row, text in texts.items()}
        self.confidence = 0.95
        self.asked: list[int] = []

    def image(self, *given: LayerLine, ink: Sequence[int] = ()) -> Image:
        pixels = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
        for row in {*self.texts, *ink}:
            pixels[30 * row + 8 : 30 * row + 22, 50:250:3] = 0
        return Image(pixels, layer=given)

    def read_each(self, quads: Sequence[Quad]) -> list[Line]:
        rows = [int(quad.center.y // 30) for quad in quads]
        self.asked += rows
        return [read(row, self.texts.get(row, ""), self.confidence) for row in rows]


def quad(row: int, left: float = 50, right: float = 250) -> Quad:
    return Quad.from_box(Box(left, 30 * row + 5, right, 30 * row + 25))


def read(row: int, text: str, confidence: float) -> Line:
    words = tuple(Word(word, quad(row), confidence) for word in text.split())
    return Line(words, quad(row), confidence if words else 0.0)


def said(row: int, text: str, font: str = "Plain", *, is_hidden: bool = False, place: Quad | None = None) -> LayerLine:
    place = place or quad(row)
    words = tuple(Word(word, place, 1.0, (), (1.0,) * len(word)) for word in text.split())
    return LayerLine(Line(words, place, 1.0, origin="layer"), font, is_hidden)


def fates(judged: Sequence[Judged]) -> dict[str, str]:
    return {each.text: each.fate for each in judged}


def test_a_layer_that_agrees_is_kept_with_the_agreement_as_confidence():
    seen = Seen(row1="Grand total 12.00", row2="thank you very much")
    image = seen.image(said(1, "Grand total 12.00"), said(2, "thank you very mudh"))
    lines = layer.kept_lines(layer.judge(image, seen.read_each))
    assert [line.text for line in lines] == ["Grand total 12.00", "thank you very mudh"]
    assert {line.confidence for line in lines} == {round(1 - 1 / 31, 4)}
    assert {line.origin for line in lines} == {"layer"}
    assert lines[0].words[0].scores == (lines[0].confidence,) * 5


def test_case_spaces_and_variants_of_a_character_are_no_disagreement():
    seen = Seen(row1="ﬁrst LINE here")
    (line,) = layer.kept_lines(layer.judge(seen.image(said(1, "First  linehere")), seen.read_each))
    assert line.confidence == 1


def test_a_font_that_disagrees_is_read_in_the_picture_and_others_are_kept():
    texts = {f"row{row}": f"these are the words of {row}" for row in range(1, 8)}
    seen = Seen(**texts)
    given = [said(row, f"wkhvh duh wkh zrugv ri {row}", "Broken") for row in range(1, 6)]
    given += [said(row, texts[f"row{row}"], "Sound") for row in (6, 7)]
    judged = layer.judge(seen.image(*given), seen.read_each)
    assert [each.fate for each in judged] == ["replaced"] * 5 + ["kept"] * 2
    (notice,) = layer.notices(Seen().image(), judged)
    assert notice.kind == "layer-replaced"
    assert notice.message == (
        '5 lines of the PDF\'s own text, in the font "Broken", read in the picture: it disagrees with what is seen'
    )
    assert notice.box == Box(50, 35, 250, 175)


def test_three_lines_of_a_font_speak_for_all():
    seen = Seen(**{f"row{row}": f"the words of row {row}" for row in range(1, 12)})
    judged = layer.judge(seen.image(*(said(row, f"the words of row {row}") for row in range(1, 12))), seen.read_each)
    assert {each.fate for each in judged} == {"kept"}
    assert len(seen.asked) == 3
    assert max(seen.asked) - min(seen.asked) >= 5


def test_a_font_that_is_half_true_is_compared_line_by_line():
    seen = Seen(**{f"row{row}": f"the words of row {row}" for row in range(1, 5)})
    given = [said(row, f"the words of row {row}" if row < 3 else "something else") for row in range(1, 5)]
    judged = layer.judge(seen.image(*given), seen.read_each)
    assert [each.fate for each in judged] == ["kept", "kept", "replaced", "replaced"]


def test_a_reading_that_is_unsure_says_nothing_against_the_layer():
    seen = Seen(row1="WNUN nnm", row2="nmU NmUN")
    seen.confidence = 0.4
    judged = layer.judge(seen.image(said(1, "ข้อความภาษาไทย"), said(2, "บรรทัดที่สอง")), seen.read_each)
    assert {each.fate for each in judged} == {"kept"}


def test_a_part_that_the_model_cannot_read_says_nothing_against_the_layer():
    seen = Seen(row1="日本語の文章です。中文文本测试。旦")
    (each,) = layer.judge(seen.image(said(1, "日本語の文章です。中文文本测试。한국어 텍스트")), seen.read_each)
    assert each.fate == "kept"


def test_words_without_ink_are_taken_out_of_their_line():
    seen = Seen(row1="pay 100 EUR")
    words = [
        ("pay", quad(1, 50, 100)),
        ("100", quad(1, 110, 150)),
        ("million", quad(1, 300, 400)),
        ("EUR", quad(1, 160, 250)),
    ]
    line = Line(tuple(Word(word, place, 1.0, (), (1.0,) * len(word)) for word, place in words), quad(1, 50, 400), 1.0)
    judged = layer.judge(seen.image(LayerLine(line, "Plain")), seen.read_each)
    assert fates(judged) == {"pay 100 EUR": "kept", "million": "hidden"}


def test_invisible_text_must_agree_almost_wholly():
    seen = Seen(row1="the quick brown fox jumps")
    almost = said(1, "the qu1ck brown fox jumqs", is_hidden=True)
    assert [each.fate for each in layer.judge(seen.image(almost), seen.read_each)] == ["replaced"]
    exact = said(1, "the quick brown fox jumps", is_hidden=True)
    assert [each.fate for each in layer.judge(seen.image(exact), seen.read_each)] == ["kept"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("to�al am�unt", "has characters that mean nothing"),
        ("\x01\x02\x03", "has characters that mean nothing"),
        ("\ue001\ue002 \ue003", "has characters that mean nothing"),
        ("(cid:12)(cid:7)", "names glyphs instead of characters"),
        ("!§$%&/()=?+#'", "has next to no letters"),
    ],
)
def test_garbage_is_known_without_a_look(text: str, why: str):
    seen = Seen(row1="total amount")
    (each,) = layer.judge(seen.image(said(1, text)), seen.read_each)
    assert (each.fate, each.why) == ("replaced", why)
    assert not seen.asked


def test_leaders_and_rows_of_signs_are_no_garbage():
    seen = Seen(row1="Chapter ............ 12")
    (each,) = layer.judge(seen.image(said(1, "Chapter ..................... 12")), seen.read_each)
    assert each.fate == "kept"


def test_a_bullet_of_a_private_font_is_left_out_of_its_line():
    seen = Seen(row1="the first of several points")
    (line,) = layer.kept_lines(layer.judge(seen.image(said(1, "\uf0b7 the first of several points")), seen.read_each))
    assert line.text == "the first of several points"


def test_text_that_leaves_no_mark_is_hidden_and_told_without_its_words():
    seen = Seen(row1="what is seen")
    off = said(0, "off the page", place=Quad.from_box(Box(700, 5, 900, 25)))
    low = said(1, "low", place=Quad.from_box(Box(50, 41, 250, 42)))
    judged = layer.judge(seen.image(said(1, "what is seen"), said(5, "white on white"), off, low), seen.read_each)
    assert fates(judged) == {
        "what is seen": "kept",
        "white on white": "hidden",
        "off the page": "hidden",
        "low": "hidden",
    }
    (notice,) = layer.notices(Seen().image(), judged)
    assert notice.kind == "hidden-text"
    assert notice.message == "3 lines of the PDF's own text cannot be seen on the page: left out"


def test_of_two_lines_over_each_other_the_one_that_is_seen_is_kept():
    seen = Seen(row1="what is seen here", row2="and another line")
    given = said(1, "what is seen here"), said(2, "and another line"), said(1, "white under the ink of others")
    judged = layer.judge(seen.image(*given), seen.read_each)
    assert [each.fate for each in judged] == ["kept", "kept", "hidden"]


def test_lines_of_a_part_of_the_page_are_those_in_it():
    seen = Seen(row1="the first line", row6="the second line")
    image = seen.image(said(1, "the first line"), said(6, "the second line")).crop(Box(0, 150, WIDTH, HEIGHT))

    def read_each(quads: Sequence[Quad]) -> list[Line]:
        return seen.read_each([image.quad_on_page(each) for each in quads])

    judged = layer.judge(image, read_each)
    assert fates(judged) == {"the second line": "kept"}
    assert layer.notices(Seen().image(), judged) == ()


def test_the_detector_is_asked_only_where_there_may_be_more():
    seen = Seen(row1="the only line")
    image = seen.image(said(1, "the only line"))
    judged = layer.judge(image, seen.read_each)
    assert not layer.needs_detection(image, judged)
    assert layer.needs_detection(seen.image(ink=[4]), judged)
    assert layer.needs_detection(image, [replace(judged[0], fate="replaced")])
    assert layer.needs_detection(image, [replace(judged[0], given=said(1, "the only line", is_hidden=True))])


def test_rules_and_frames_are_no_other_ink():
    image = Seen().image()
    image.pixels[100:102, 20:580] = 0
    image.pixels[20:380, 20:22] = 0
    image.pixels[150:300, 300:301] = 0
    assert not layer.has_other_ink(image, [])
    image.pixels[200:212, 400:406] = 0
    assert layer.has_other_ink(image, [])


def test_regions_that_no_kept_line_covers_are_read_in_the_picture():
    seen = Seen(row1="kept", row4="in a scan")
    image = seen.image(said(1, "kept"))
    judged = layer.judge(image, seen.read_each)
    judged, quads = layer.compare_with_regions(image, judged, [quad(1), quad(4)], seen.read_each)
    assert quads == [quad(4)]
    assert [each.fate for each in judged] == ["kept"]


def test_lines_that_were_not_believed_are_read_even_where_the_detector_finds_none():
    seen = Seen(row1="7", row2="words to read")
    image = seen.image(said(1, "\ue001"), said(2, "\ue001\ue002"))
    _, quads = layer.compare_with_regions(image, layer.judge(image, seen.read_each), [quad(2)], seen.read_each)
    assert quads == [quad(2), quad(1)]


def test_a_line_under_a_picture_is_hidden():
    seen = Seen(row1="a true line of text", row2="another one of them", row3="the third of these")
    given = [said(row, text) for row, text in seen.texts.items()] + [said(5, "words below a photograph")]
    image = seen.image(*given, ink=[5])
    judged = layer.judge(image, seen.read_each)
    judged, quads = layer.compare_with_regions(image, judged, [quad(1), quad(2), quad(3)], seen.read_each)
    assert [each.fate for each in judged] == ["kept", "kept", "kept", "hidden"]
    assert quads == []


def test_a_line_that_the_detector_missed_is_kept_if_it_is_read_there():
    seen = Seen(row1="a true line of text", row2="5")
    image = seen.image(said(1, "a true line of text"), said(2, "5"))
    judged, _ = layer.compare_with_regions(image, layer.judge(image, seen.read_each), [quad(1)], seen.read_each)
    assert [each.fate for each in judged] == ["kept", "kept"]


def test_the_layer_can_be_kept_without_a_look_but_for_what_is_off_the_page():
    seen = Seen()
    off = said(0, "off the page", place=Quad.from_box(Box(700, 5, 900, 25)))
    kept = layer.kept_lines(layer.all_kept(seen.image(said(1, "\ue001"), said(5, "white on white"), off)))
    assert [line.text for line in kept] == ["\ue001", "white on white"]
