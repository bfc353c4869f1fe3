import numpy as np
import onnxruntime as ort
import pytest
import torch
from onnx import TensorProto, helper

from inkread.errors import ModelError, ModelNotFoundError
from inkread.registry.store import Store
from inkread.runtime.graph import GraphModule
from inkread.runtime.onnx_graph import load_graph, save_graph

SHAPES = {
    "PP-OCRv6_small_rec": (2, 3, 48, 192),
    "PP-OCRv6_small_det": (1, 3, 96, 160),
    "ch_ppocr_mobile_v2.0_cls": (2, 3, 48, 192),
}


def values(shape):
    return np.random.default_rng(1).uniform(-1, 1, shape).astype(np.float32)


def with_onnx_runtime(path, x):
    options = ort.SessionOptions()
    options.log_severity_level = 3
    session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: x})[0]


@pytest.mark.parametrize("model", SHAPES)
def test_a_network_gives_the_same_in_torch_and_after_its_way_back(model, tmp_path):
    path, x = Store().find(model), values(SHAPES[model])
    module = GraphModule.load(path)
    expected = with_onnx_runtime(path, x)
    with torch.inference_mode():
        assert np.abs(module(torch.from_numpy(x)).numpy() - expected).max() < 1e-3
    save_graph(module.trained_graph(), tmp_path / "back.onnx")
    assert np.abs(with_onnx_runtime(tmp_path / "back.onnx", x) - expected).max() < 1e-3
    save_graph(module.trained_graph(), tmp_path / "half.onnx", half=True)
    assert (tmp_path / "half.onnx").stat().st_size < 0.7 * path.stat().st_size
    assert np.abs(with_onnx_runtime(tmp_path / "half.onnx", x) - expected).max() < 0.02


def test_what_torch_has_one_function_for_is_one_step():
    steps = [step.operator for step in GraphModule.load(Store().find("PP-OCRv6_small_rec"))._steps]
    assert steps.count("Gelu") == 13
    assert steps.count("LayerNormalization") == 5
    assert steps.count("Silu") == 5
    assert not {"Erf", "Sqrt", "Pow"}.intersection(steps)


def test_all_weights_take_part_in_learning():
    module = GraphModule.load(Store().find("PP-OCRv6_small_rec"))
    module(torch.from_numpy(values((1, 3, 48, 96))), scores=True).square().mean().backward()
    assert all(each.grad is not None and torch.isfinite(each.grad).all() for each in module.parameters())
    assert sum(each.numel() for each in module.parameters()) > 5_200_000
    assert len(module.weights_by_use()) == len(list(module.parameters()))


def test_scores_are_what_softmax_makes_probabilities_of():
    module = GraphModule.load(Store().find("PP-OCRv6_small_rec"))
    x = torch.from_numpy(values((1, 3, 48, 96)))
    with torch.inference_mode():
        assert torch.allclose(module(x, scores=True).softmax(-1), module(x), atol=1e-6)


def network(tmp_path, nodes, inputs=("x",)):
    graph = helper.make_graph(
        nodes, "odd", [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 3]) for name in inputs],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 3])],
    )  # fmt: skip
    path = tmp_path / "odd.onnx"
    path.write_bytes(helper.make_model(graph).SerializeToString())
    return path


def test_unknown_operators_are_named(tmp_path):
    nodes = [helper.make_node("Einsum", ["x"], ["a"], equation="ij->ij"), helper.make_node("Celu", ["a"], ["y"])]
    with pytest.raises(ModelError, match=r"cannot be run with torch: Celu, Einsum"):
        GraphModule.load(network(tmp_path, nodes))


def test_a_network_of_two_inputs_is_refused(tmp_path):
    nodes = [helper.make_node("Add", ["x", "z"], ["y"])]
    with pytest.raises(ModelError, match="2 inputs and 1 outputs"):
        load_graph(network(tmp_path, nodes, ("x", "z")))


def test_a_file_that_is_no_network_is_refused(tmp_path):
    (tmp_path / "x.onnx").write_bytes(b"\xff" * 100)
    with pytest.raises(ModelError, match="is not an ONNX network"):
        load_graph(tmp_path / "x.onnx")
    with pytest.raises(ModelNotFoundError, match="does not exist"):
        load_graph(tmp_path / "y.onnx")


def test_weights_too_large_for_16_bits_are_told(tmp_path):
    module = GraphModule.load(Store().find("ch_ppocr_mobile_v2.0_cls"))
    with torch.no_grad():
        next(each for each in module.parameters() if each.numel() > 300).mul_(1e9)
    with pytest.raises(ModelError, match="do not fit into 16 bits"):
        save_graph(module.trained_graph(), tmp_path / "x.onnx", half=True)
