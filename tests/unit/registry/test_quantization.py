import json
from dataclasses import replace
from pathlib import Path

import inkread.registry.quantization as quantization
from inkread.registry.catalog import load_catalog

FILES = sorted(Path(quantization.__file__).parent.glob("*.json"))


CARD = load_catalog().get("PP-OCRv6_small_rec")


def test_a_model_that_was_measured_has_a_range_for_each_layer():
    ranges = quantization.activation_ranges(CARD)
    assert len(ranges) > 30
    assert all(least <= 0 < greatest for _, least, greatest in ranges)


def test_a_model_that_was_not_has_none():
    assert quantization.activation_ranges(load_catalog().get("PP-OCRv6_small_det")) == ()


def test_other_weights_under_the_same_name_have_none():
    """A fine-tuned model takes in other values."""
    assert quantization.activation_ranges(replace(CARD, files=())) == ()
    assert quantization.activation_ranges(replace(CARD, files=(replace(CARD.files[0], sha256="0" * 64),))) == ()


def test_what_was_measured_is_the_catalogues_file():
    for file in FILES:
        assert json.loads(file.read_text())["sha256"] == load_catalog().get(file.stem).files[0].sha256
