import numpy as np
import pytest
import torch
from small_networks import CHARACTERS, detector, recognizer

from inkread.errors import ModelError, ModelNotFoundError
from inkread.recognize.charset import Charset
from inkread.train.network import as_input, load_trainable, save_network

PICTURE = np.random.default_rng(0).integers(0, 255, (1, 48, 96, 3), dtype=np.uint8)


def scores(trainable):
    with torch.inference_mode():
        return trainable.module(as_input(PICTURE, trainable.card), scores=True)[0].numpy()


def test_a_recogniser_comes_with_its_charset(tmp_path):
    trainable = load_trainable(str(recognizer(tmp_path / "r.onnx")), "recognition")
    assert trainable.charset == Charset.from_characters(CHARACTERS)
    assert scores(trainable).shape == (12, len(CHARACTERS) + 2)


def test_letters_are_added_and_the_others_keep_what_they_know(tmp_path):
    path = str(recognizer(tmp_path / "r.onnx"))
    old, new = load_trainable(path, "recognition"), load_trainable(path, "recognition", add_characters="βa α0β")
    assert new.charset.symbols == ("", *CHARACTERS, "β", "α", " ")
    before, after = scores(old), scores(new)
    kept = [new.charset.symbols.index(symbol) for symbol in old.charset.symbols]
    assert np.allclose(after[:, kept], before, atol=1e-6)
    save_network(new, tmp_path / "new.onnx", half=False)
    assert load_trainable(str(tmp_path / "new.onnx"), "recognition").charset == new.charset


def test_a_charset_of_ones_own_keeps_what_is_known_of_it(tmp_path):
    path = str(recognizer(tmp_path / "r.onnx"))
    old, new = load_trainable(path, "recognition"), load_trainable(path, "recognition", only_characters="b\nλ\na\n")
    assert new.charset.symbols == ("", "b", "λ", "a", " ")
    before, after = scores(old), scores(new)
    for k, symbol in enumerate(new.charset.symbols):
        if symbol in old.charset.symbols:
            assert np.allclose(after[:, k], before[:, old.charset.symbols.index(symbol)], atol=1e-6)


def test_the_default_recogniser_takes_another_letter():
    new = load_trainable(None, "recognition", add_characters="ⴰ")
    assert new.charset.symbols[-2:] == ("ⴰ", " ")
    assert scores(new).shape == (12, 18_711)


def test_input_is_what_the_pipeline_feeds():
    from inkread.runtime.onnx import OnnxSession
    from inkread.runtime.session import Device, Network

    trainable = load_trainable(None, "recognition")
    from inkread.registry.store import Store

    network = Network(Store().find(trainable.card), trainable.card.mean, trainable.card.std, trainable.card.is_bgr)
    session = OnnxSession(network, device=Device("cpu"), precision="f32", threads=1)
    with torch.inference_mode():
        own = trainable.module(as_input(PICTURE, trainable.card)).numpy()
    assert np.abs(own - session.run(PICTURE)).max() < 1e-3


def test_a_detector_has_no_charset(tmp_path):
    trainable = load_trainable(str(detector(tmp_path / "d.onnx")), "detection")
    assert trainable.charset is None
    with pytest.raises(ModelError, match="is no recogniser"):
        _ = trainable.letters


def test_what_cannot_be_trained_is_told(tmp_path):
    with pytest.raises(ModelNotFoundError, match="no model"):
        load_trainable("nobody_knows", "recognition")
    with pytest.raises(ModelError, match="is for detection"):
        load_trainable("PP-OCRv6_small_det", "recognition")
