"""Toy networks of the shapes that are rewritten: each gives what it gave before."""

import numpy as np
import pytest

ov = pytest.importorskip("openvino")
op = pytest.importorskip("openvino.opset13")

from inkread.runtime import rewrite  # noqa: E402  # needs openvino

RANDOM = np.random.default_rng(7)


def values(*shape: int) -> np.ndarray:
    return RANDOM.normal(size=shape).astype(np.float32)


def answer(model: "ov.Model", batch: np.ndarray) -> np.ndarray:
    compiled = ov.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return np.array(compiled.create_infer_request().infer([batch])[0])


def kinds(model: "ov.Model") -> list[str]:
    return [node.get_type_name() for node in model.get_ordered_ops()]


def detector_end(*, step: int = 2) -> "ov.Model":
    """Three channels, twice enlarged by a transposed convolution, as detectors end."""
    maps = op.parameter([1, 3, -1, -1], np.float32)
    steps = {"strides": [step, step], "pads_begin": [0, 0], "pads_end": [0, 0], "dilations": [1, 1]}
    first = op.add(op.convolution_backprop_data(maps, values(3, 5, 2, 2), **steps), values(1, 5, 1, 1))
    second = op.add(op.convolution_backprop_data(op.relu(first), values(5, 1, 2, 2), **steps), values(1, 1, 1, 1))
    return ov.Model([op.result(op.sigmoid(second))], [maps], "detector")


WEIGHTS, BIAS = values(8, 30), values(30)


def recognizer_end() -> "ov.Model":
    features = op.parameter([1, -1, 8], np.float32)
    scores = op.add(op.matmul(features, WEIGHTS, False, False), BIAS)
    return ov.Model([op.result(op.softmax(scores, 2))], [features], "recognizer")


def test_transposed_convolutions_become_pixels():
    batch = values(1, 3, 6, 9)
    model = detector_end()
    before = answer(model, batch)
    rewritten = rewrite.upsample_by_pixels(model)
    assert "ConvolutionBackpropData" not in kinds(rewritten)
    after = answer(rewritten, batch)
    assert after.shape == before.shape == (1, 1, 24, 36)
    np.testing.assert_allclose(after, before, atol=1e-6)


def test_transposed_convolutions_that_overlap_stay():
    assert kinds(rewrite.upsample_by_pixels(detector_end(step=1))).count("ConvolutionBackpropData") == 2


def test_a_network_without_such_an_end_stays():
    model = recognizer_end()
    assert rewrite.upsample_by_pixels(model) is model


def test_a_gated_block_is_scaled_once():
    maps, gate = op.parameter([1, 4, -1, -1], np.float32), op.parameter([1, 4, 1, 1], np.float32)
    features = op.relu(maps)
    gated = op.add(features, op.multiply(features, op.sigmoid(gate)))
    model = ov.Model([op.result(gated)], [maps, gate], "block")
    inputs = [values(1, 4, 5, 6), values(1, 4, 1, 1)]
    compiled = ov.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    before = np.array(compiled.create_infer_request().infer(inputs)[0])
    rewritten = rewrite.scale_once(model)
    compiled = ov.Core().compile_model(rewritten, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    np.testing.assert_allclose(compiled.create_infer_request().infer(inputs)[0], before, atol=1e-6)
    assert rewritten.outputs[0].get_node().input_value(0).get_node().get_type_name() == "Multiply"


def test_a_narrow_head_gives_probabilities_their_highest_score_and_the_features():
    batch = values(1, 11, 8)
    model = recognizer_end()
    everything = answer(model, batch)
    classes = [0, 3, 4, 29]
    given = answer(rewrite.narrow_head(model, classes), batch)
    assert given.shape == (1, 11, 4 + 1 + 8)
    chosen = everything[..., classes]
    np.testing.assert_allclose(given[..., :4], chosen / chosen.sum(axis=2, keepdims=True), atol=1e-5)
    np.testing.assert_allclose(given[..., 5:], batch, atol=1e-6)
    np.testing.assert_allclose(given[..., 4], (batch @ WEIGHTS + BIAS)[..., classes].max(axis=2), atol=1e-5)


def test_a_head_alone_goes_on_where_the_narrow_one_stopped():
    batch = values(1, 11, 8)
    model = recognizer_end()
    everything = answer(model, batch)
    features = answer(rewrite.narrow_head(model, [0, 1]), batch)[..., 3:]
    head = rewrite.head_alone(model)
    assert head is not None
    np.testing.assert_allclose(answer(head, features), everything, atol=1e-6)


def test_a_network_without_a_softmax_has_no_head():
    assert rewrite.head_alone(detector_end()) is None
    model = detector_end()
    assert rewrite.narrow_head(model, [0]) is model


def test_convolutions_in_8_bits_give_nearly_the_same():
    maps = op.parameter([1, 16, -1, -1], np.float32)
    layer = op.convolution(maps, values(8, 16, 1, 1), [1, 1], [0, 0], [0, 0], [1, 1])
    layer.set_friendly_name("layer")
    model = ov.Model([op.result(layer)], [maps], "layers")
    batch = np.clip(values(1, 16, 6, 7), -2, 2)
    before = answer(model, batch)
    rewritten = rewrite.in_8_bits(model, [("layer", -2.0, 2.0), ("not there", 0.0, 1.0)])
    assert kinds(rewritten).count("FakeQuantize") == 2
    assert np.abs(answer(rewritten, batch) - before).max() < 0.02 * np.abs(before).max()


def test_zero_stays_zero_in_8_bits():
    maps = op.parameter([1, 16, -1, -1], np.float32)
    layer = op.convolution(maps, values(8, 16, 1, 1), [1, 1], [0, 0], [0, 0], [1, 1])
    layer.set_friendly_name("layer")
    model = rewrite.in_8_bits(ov.Model([op.result(layer)], [maps], "layers"), [("layer", -0.17, 3.3)])
    np.testing.assert_allclose(answer(model, np.zeros((1, 16, 2, 2), np.float32)), 0.0, atol=1e-7)


def normalised(axis: int = -1) -> "ov.Model":
    lines = op.parameter([1, -1, 8], np.float32)
    centred = op.subtract(lines, op.reduce_mean(lines, np.array([axis]), True))
    variance = op.reduce_mean(op.multiply(centred, centred), np.array([axis]), True)
    return ov.Model([op.result(op.divide(centred, op.sqrt(op.add(variance, np.float32(1e-5)))))], [lines], "norm")


def test_layer_normalisation_by_products_gives_the_same():
    batch = values(1, 5, 8)
    model = normalised()
    before = answer(model, batch)
    rewritten = rewrite.normalise_by_products(model)
    assert kinds(rewritten).count("MatMul") == 2
    np.testing.assert_allclose(answer(rewritten, batch), before, atol=1e-5)


def test_a_normalisation_over_another_axis_stays():
    assert "MatMul" not in kinds(rewrite.normalise_by_products(normalised(axis=1)))
