from pathlib import Path

import numpy as np
import pytest
from PIL import ImageFont

from inkread.errors import NothingToReadError
from inkread.export.fonts import characters, installed_fonts
from inkread.train.synthetic import LineRenderer, Rendering, draw, find_fonts

FONT = next(iter(installed_fonts()), None)
pytestmark = pytest.mark.skipif(FONT is None, reason="needs a font")


def rendering(**values):
    return Rendering(**{"fonts": (str(FONT.path),), "grammars": ("numbers", "dates"), **values})


def test_a_line_is_the_same_for_its_number_and_another_for_another():
    one, again = LineRenderer(rendering()).line(7), LineRenderer(rendering()).line(7)
    assert one.text == again.text
    assert np.array_equal(one.picture, again.picture)
    texts = {LineRenderer(rendering()).line(k).text for k in range(20)}
    assert len(texts) > 15
    assert LineRenderer(rendering(seed=2)).line(7).text != one.text


@pytest.mark.parametrize("handwritten", [False, True])
def test_a_line_has_ink_on_paper_and_about_the_width_that_was_planned(handwritten):
    renderer = LineRenderer(rendering(handwritten=handwritten))
    for k in range(10):
        picture, text = renderer.line(k)
        assert picture.shape[2] == 3
        assert picture.std() > 8, text
        planned = renderer.width(k) * picture.shape[0]
        assert 0.4 * planned < picture.shape[1] < 3 * planned + 60


def test_texts_with_characters_that_a_font_lacks_are_not_drawn(tmp_path):
    missing = next(chr(code) for code in range(0x4E00, 0x4F00) if code not in characters(FONT))
    (tmp_path / "t.txt").write_text(f"word {missing} other {missing} " * 50, encoding="utf-8")
    renderer = LineRenderer(rendering(texts=("t.txt",), grammars=(), length=(4, 6), grammar_share=0), tmp_path)
    assert {renderer.line(k).text.casefold() for k in range(20)} <= {"word", "other"}
    (tmp_path / "t.txt").write_text(missing * 100, encoding="utf-8")
    with pytest.raises(NothingToReadError, match="none could be written with its font"):
        LineRenderer(rendering(texts=("t.txt",), grammars=()), tmp_path).line(0)


def test_characters_that_a_model_lacks_are_not_drawn():
    renderer = LineRenderer(rendering(grammars=("dates",)), known=frozenset("0123456789/-."))
    assert all(set(renderer.line(k).text) <= set("0123456789/-. ") for k in range(10))


def test_fonts_are_found_by_pattern(tmp_path):
    found = find_fonts([f"{FONT.path.parent}/*{FONT.path.suffix}"])
    assert FONT.path in found
    with pytest.raises(NothingToReadError, match="no font is at"):
        find_fonts(["*.ttf"], tmp_path)


def test_scripts_that_need_shaping_are_shaped():
    from PIL import features

    if not features.check("raqm"):
        pytest.skip("Pillow was built without raqm")
    font = next((font for font in installed_fonts() if {0x0628, 0x0629} <= characters(font)), None)
    if font is None:
        pytest.skip("needs a font with Arabic letters")
    loaded = ImageFont.truetype(font.path, 40)
    joined, apart = loaded.getlength("ببب"), 3 * loaded.getlength("ب")
    assert joined < apart
    assert draw("ببب", font, 40, np.random.default_rng(0)).std() > 8


def test_rendering_is_read_from_yaml(tmp_path):
    from inkread.configuration import load_yaml
    from inkread.errors import ConfigError

    path = tmp_path / "r.yaml"
    path.write_text(f"fonts: ['{FONT.path}']\ngrammars: [money]\nlines: 5\n")
    assert load_yaml(path, Rendering).lines == 5
    path.write_text("fonts: [x]\nlynes: 5\n")
    with pytest.raises(ConfigError, match="lynes"):
        load_yaml(path, Rendering)
    assert Path(FONT.path).is_file()
