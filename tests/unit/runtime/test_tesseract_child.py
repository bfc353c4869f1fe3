"""Tesseract itself, where it is installed and English is among the system's packs."""

from pathlib import Path

import numpy as np
import pytest
from packs import PARTS, trained_data
from PIL import Image, ImageDraw, ImageFont

from inkread import Reader
from inkread.errors import ModelError
from inkread.registry.packs import find_packs
from inkread.runtime.tesseract import Tesseract

pytest.importorskip("tesserocr", reason="needs inkread[tesseract]")


@pytest.fixture(scope="module")
def english() -> Path:
    found = find_packs(Path("nowhere"))
    if "eng" not in found:
        pytest.skip("needs the language pack eng (Debian: apt-get install tesseract-ocr-eng)")
    return found["eng"].path


def page(*lines: str) -> np.ndarray:
    picture = Image.new("L", (900, 60 + 80 * len(lines)), 255)
    for row, line in enumerate(lines):
        ImageDraw.Draw(picture).text((40, 40 + 80 * row), line, font=ImageFont.load_default(40), fill=0)
    return np.asarray(picture)


def test_a_page_is_read_with_a_language_pack(english):
    with Reader(language=str(english)) as reader:
        document = reader.read(page("The quick brown fox", "jumps over 12 dogs."))
        again = reader.read(page("The quick brown fox", "jumps over 12 dogs."))
    assert document.text.split() == ["The", "quick", "brown", "fox", "jumps", "over", "12", "dogs."]
    assert document.to_dict()["pages"] == again.to_dict()["pages"]
    words = document.lines[0].words
    assert [word.box.left for word in words] == sorted(word.box.left for word in words)
    assert all(0.5 < word.confidence <= 1 for word in words)
    assert [char.text for char in words[1].chars] == list("quick")


def test_lines_are_the_same_in_any_company(english):
    engine = Tesseract(english, threads=2)
    lines = [page(text)[20:120] for text in ("one", "two words", "three more words")]
    alone = [engine.read([line])[0] for line in lines]
    assert engine.read(lines * 8) == alone * 8
    engine.close()


def test_a_pack_whose_network_is_none_is_a_clear_error(tmp_path):
    engine = Tesseract(trained_data(tmp_path, PARTS), threads=1)
    with pytest.raises(ModelError, match=r"own\.traineddata|language pack"):
        engine.read([page("Hello")])
    engine.close()
