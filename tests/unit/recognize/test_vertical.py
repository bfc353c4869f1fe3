from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont, features

from inkread import Reader
from inkread.image import Pixels
from inkread.recognize.ctc import Reading
from inkread.recognize.vertical import is_column_script, upright, with_signs

SIDE = 40


def cell(kind: str) -> Pixels:
    """A cell of a column that lies on its side: a letter with a foot at its right, a mark in a corner, a bar."""
    pixels = np.full((SIDE, SIDE, 3), 255, np.uint8)
    if kind == "letter":  # upright: a wide bar below and a stem
        pixels[6:34, 28:34] = 0
        pixels[17:23, 8:28] = 0
    elif kind == "mark":
        pixels[6:14, 6:14] = 0
    elif kind == "bar":
        pixels[18:22, 6:34] = 0
    return pixels


def column(*kinds: str) -> Pixels:
    return np.hstack([cell(kind) for kind in kinds])


def reading(text: str, places: Sequence[int], count: int, score: float = 0.95) -> Reading:
    """Characters in the middles of some of a column's cells."""
    columns = tuple(((place + 0.4) / count, (place + 0.6) / count) for place in places)
    return Reading(text, columns, (score,) * len(text))


KINDS = ("letter", "letter", "letter", "mark", "letter", "bar", "letter")
SIDEWAYS = reading("日本語書字", (0, 1, 2, 4, 6), 7)


class Fake:
    def __init__(self, answer: Reading) -> None:
        self._answer = answer
        self.asked: list[Pixels] = []

    def read(self, crops: Sequence[Pixels]) -> list[Reading]:
        self.asked += crops
        return [self._answer for _ in crops]


def test_letters_are_turned_upright_and_signs_put_where_a_line_has_them():
    line = upright(column(*KINDS), SIDEWAYS)
    assert line is not None
    cells = [line[:, SIDE * k : SIDE * (k + 1)] for k in range(len(KINDS))]
    foot = cells[0][:, 6:34].min(axis=2) < 128
    assert foot[28:34].mean() > 0.9  # the bar is below
    mark = np.argwhere(cells[3].min(axis=2) < 128)
    assert mark[:, 0].min() > SIDE / 2
    assert mark[:, 1].max() < SIDE / 2
    np.testing.assert_array_equal(cells[5], cell("bar"))


def test_what_reads_upright_is_taken_with_its_signs():
    answer = reading("日本語，書ー字", range(7), 7)
    recognizer = Fake(answer)
    assert with_signs(recognizer, [column(*KINDS)], [SIDEWAYS])[0].text == "日本語，書ー字"
    assert len(recognizer.asked) == 1


def test_japanese_has_its_own_comma():
    sideways = reading("あいう書字", (0, 1, 2, 4, 6), 7)
    answer = reading("あいう，書°字", range(7), 7)
    assert with_signs(Fake(answer), [column(*KINDS)], [sideways])[0].text == "あいう、書。字"


@pytest.mark.parametrize(
    "answer",
    [
        reading("日本語書字", range(5), 5, score=0.5),
        reading("一二三四五六", range(6), 6),
        reading("日本語書", range(4), 4),
        Reading(),
    ],
)
def test_what_reads_worse_or_otherwise_upright_stays(answer):
    assert with_signs(Fake(answer), [column(*KINDS)], [SIDEWAYS]) == [SIDEWAYS]


def test_other_scripts_are_not_looked_at():
    latin = reading("HELLO", (0, 1, 2, 4, 6), 7)
    recognizer = Fake(SIDEWAYS)
    assert with_signs(recognizer, [column(*KINDS)], [latin]) == [latin]
    assert recognizer.asked == []


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("日本語です", True),
        ("中华人民", True),
        ("한국어다", True),
        ("Tokyo 東京", False),
        ("12:30", False),
        ("東", False),
    ],
)
def test_scripts_of_columns_are_told(text, is_one):
    assert is_column_script(text) is is_one


def test_a_column_without_ink_or_places_is_left():
    assert upright(np.full((40, 200, 3), 255, np.uint8), SIDEWAYS) is None
    assert upright(column(*KINDS), reading("日本", (0, 1), 7)) is None


FONT = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")


@pytest.mark.skipif(not FONT.is_file() or not features.check("raqm"), reason="needs Noto CJK, and Pillow with Raqm")
@pytest.mark.parametrize(
    "text", ["吾輩は猫である。名前はまだ無い。", "コンピューター・ゲームを買う", "今日は天気がいいですね！"]
)
def test_a_rendered_column_is_read_with_its_signs(text):
    picture = Image.new("L", (300, 52 * len(text) + 80), 255)
    font = ImageFont.truetype(str(FONT), 48, layout_engine=ImageFont.Layout.RAQM)
    ImageDraw.Draw(picture).text((150, 40), text, font=font, fill=0, direction="ttb", anchor="mt")
    with Reader() as reader:
        (line,) = reader.read(picture).lines
    assert line.text == text
    assert line.is_vertical
    tops = [char.box.top for char in line.chars]
    assert tops == sorted(tops)
