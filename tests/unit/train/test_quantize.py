"""Models in 8-bit integers."""

import pytest
from small_networks import bars, recognizer

from inkread import Reader, ReaderOptions
from inkread.cli.app import run as inkread
from inkread.errors import MissingPackageError, OptionError, OutputError
from inkread.extras import is_installed
from inkread.registry.cards import card_in_folder
from inkread.train import quantize as module
from inkread.train.quantize import quantize

needs_nncf = pytest.mark.skipif(not is_installed("int8"), reason="inkread[int8] is not installed")


@pytest.fixture
def labels(tmp_path):
    return bars(tmp_path / "labels", 8)


@needs_nncf
@pytest.mark.filterwarnings("ignore")  # of NNCF and what it brings
def test_a_model_in_8_bits_is_smaller_measured_and_can_be_read_with(tmp_path, labels, capsys):
    model, out = str(recognizer(tmp_path / "r.onnx")), tmp_path / "small"
    assert inkread(["train", "quantize", model, str(out), "--name", "small", "--data", str(labels)]) == 0
    assert "labels: CER" in capsys.readouterr().out
    card = card_in_folder(out)
    assert "in 8-bit integers" in card.trained_on[-1]
    assert [(figure.metric, figure.dataset) for figure in card.figures] == [("CER", "labels, held back")]
    with Reader(ReaderOptions(recognizer=str(out))) as reader:
        assert "small" in reader.generator
        reader.read(labels / "0.png")


@pytest.mark.skipif(is_installed("int8"), reason="inkread[int8] is installed")
def test_without_its_package_it_says_what_to_install(tmp_path, labels):
    with pytest.raises(MissingPackageError, match="nncf") as told:
        quantize("PP-OCRv6_small_rec", tmp_path / "out", "small", [labels])
    assert told.value.remedy == "pip install inkread[int8]"


def test_nothing_is_overwritten_and_labels_are_asked_for(tmp_path, labels, monkeypatch):
    monkeypatch.setattr(module, "check_installed", lambda extra: None)
    with pytest.raises(OutputError, match="exists already"):
        quantize("PP-OCRv6_small_rec", labels, "small", [labels])
    with pytest.raises(OptionError, match="nothing to measure"):
        quantize("PP-OCRv6_small_rec", tmp_path / "out", "small", [])
