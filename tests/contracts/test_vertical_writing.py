"""A rendered page in vertical writing: columns from right to left, a headline across and the number of the page.

Rendered, since there are no labelled pages of it: it shows the order, not how well real print is read.
"""

from __future__ import annotations

from difflib import SequenceMatcher

import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from inkread import Reader
from inkread.document import Page
from inkread.export.fonts import font_for

# From the beginning of a novel of 1906, in the public domain.
COLUMNS = (
    "山路を登りながら考えた",
    "智に働けば角が立つ情に棹させば",
    "流される意地を通せば窮屈だとか",
    "くに人の世は住みにくい住みにく",
    "さが高じると安い所へ引き越した",
    "くなるどこへ越しても住みにくい",
    "と悟った時詩が生れて画が出来る",
)
HEADLINE = "草枕の始まり"
EM = 40


def rendered(*, tiers: int = 1) -> np.ndarray:
    font_file = font_for("".join(COLUMNS) + HEADLINE)
    if font_file is None or not font_file.path.name.startswith(("NotoS", "SourceHan", "Hiragino", "Yu", "msgothic")):
        pytest.skip("needs a Japanese font")
    font = ImageFont.truetype(str(font_file.path), EM, index=font_file.index)
    large = ImageFont.truetype(str(font_file.path), 64, index=font_file.index)
    picture = Pillow.new("RGB", (900, 360 + tiers * 720), "white")
    pen = ImageDraw.Draw(picture)
    pen.text((250, 60), HEADLINE, "black", large)
    for tier in range(tiers):
        for i, column in enumerate(COLUMNS):
            for k, char in enumerate(column):
                pen.text((760 - 64 * i - EM, 200 + 720 * tier + (EM + 2) * k), char, "black", font)
    pen.text((420, picture.height - 90), "12", "black", font)
    return np.asarray(picture)


def likeness(page: Page, wanted: str) -> float:
    return SequenceMatcher(None, "".join(page.text.split()), wanted, autojunk=False).ratio()


@pytest.mark.parametrize("tiers", [1, 2])
def test_columns_are_read_from_the_right_under_their_headline(tiers: int) -> None:
    with Reader(language="ja") as reader:
        page = reader.read(rendered(tiers=tiers))[0]
    assert likeness(page, HEADLINE + "".join(COLUMNS) * tiers + "12") > 0.9
    assert page.turned_deg == 0
    assert page.blocks[0].kind == "heading"
    assert page.blocks[-1].kind == "footer"
