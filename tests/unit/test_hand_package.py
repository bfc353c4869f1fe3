"""The recogniser of handwriting that lies in the tree, as its package ships it."""

import re
from pathlib import Path

import pytest

from inkread import Reader, ReaderOptions, edits
from inkread.registry.cards import card_in_folder
from inkread.registry.store import Store

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "packages" / "inkread-models-hand"
FOLDER = PACKAGE / "src" / "inkread_models_hand"
NOTE = ROOT / "examples" / "note.jpg"

pytestmark = pytest.mark.skipif(
    not (FOLDER / "card.yaml").is_file(), reason="its weights are in the making: make/publish.sh puts them there"
)


def test_the_weights_are_those_of_the_card_and_small():
    card = card_in_folder(FOLDER)
    assert (card.name, card.task, card.license) == ("latin_hand", "recognition", "CC-BY-4.0")
    path = Store().find(card)  # compares size and sha256
    assert path.parent == FOLDER
    assert path.stat().st_size <= 12_000_000
    assert sorted(each.name for each in FOLDER.glob("*.*") if each.suffix != ".py") == [
        "card.yaml",
        "latin_hand.npz",
        "latin_hand.onnx",
    ]


def test_card_and_licence_name_what_it_was_taught_with():
    card, licence = card_in_folder(FOLDER), (PACKAGE / "LICENSE").read_text(encoding="utf-8")
    told = "\n".join(card.trained_on)
    for source in ("Copiste-d-un-jour", "peraire-ground-truth", "CREMMA-AN-TestamentDePoilus"):
        assert source in told
        assert source in licence
    assert "begun from PP-OCRv6_small_rec, Apache-2.0" in told
    figures = (PACKAGE / "FIGURES.md").read_text(encoding="utf-8")
    for each in card.figures:
        name = each.dataset.partition(",")[0]
        assert re.search(rf"^\| {name} \|.*\| {each.value:.2f} \|$", figures, re.MULTILINE)


def test_scores_are_calibrated():
    table = card_in_folder(FOLDER).calibration
    assert len(table) >= 2
    assert list(table) == sorted(table)


def test_the_note_is_read_with_it():
    with Reader(ReaderOptions(mode="handwritten", recognizer=str(FOLDER))) as reader:
        document = reader.read(NOTE)
        assert "latin_hand" in reader.generator
    read = "\n".join(line for line in document.text.splitlines() if line)
    wanted = NOTE.with_suffix(".txt").read_text(encoding="utf-8").strip()
    assert edits.distance(wanted, read) <= 2
