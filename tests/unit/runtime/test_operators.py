"""Each operator gives what ONNX Runtime gives."""

import numpy as np
import onnxruntime as ort
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from inkread.runtime.graph import GraphModule
from inkread.runtime.onnx_graph import load_graph
from inkread.runtime.operators import OPERATORS

X = (2, 4, 9, 11)
F32, I64 = np.float32, np.int64


def some(*shape):
    return np.random.default_rng(sum(shape)).normal(0, 1, shape).astype(F32)


def whole(*values):
    return np.array(values, I64)


# operator, shape of its input, constants after it, attributes, opset
CASES = [
    ("Abs", X, [], {}, 11),
    ("Add", X, [some(1, 4, 1, 1)], {}, 11),
    ("AveragePool", X, [], {"kernel_shape": [3, 2], "strides": [3, 2]}, 11),
    ("AveragePool", X, [], {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1], "count_include_pad": 1}, 11),
    ("AveragePool", X, [], {"kernel_shape": [2, 2], "strides": [2, 2], "auto_pad": "SAME_UPPER"}, 11),
    ("BatchNormalization", X, [some(4), some(4), some(4), np.abs(some(4)) + 1], {"epsilon": 1e-4}, 11),
    ("Cast", X, [], {"to": TensorProto.FLOAT}, 11),
    ("Clip", X, [np.array(-0.5, F32), np.array(0.5, F32)], {}, 11),
    ("Clip", X, [], {"min": -0.5, "max": 0.5}, 9),
    ("Concat", X, [some(2, 3, 9, 11)], {"axis": 1}, 11),
    ("Conv", X, [some(6, 4, 3, 3), some(6)], {"pads": [1, 1, 1, 1], "strides": [2, 1]}, 11),
    ("Conv", X, [some(6, 4, 2, 2)], {"auto_pad": "SAME_UPPER"}, 11),
    ("Conv", X, [some(6, 4, 2, 2)], {"auto_pad": "SAME_LOWER", "strides": [2, 2]}, 11),
    ("Conv", X, [some(4, 1, 3, 3)], {"group": 4, "pads": [0, 1, 2, 1], "dilations": [1, 1]}, 11),
    ("Conv", X, [some(6, 4, 3, 3)], {"dilations": [2, 2]}, 11),
    ("ConvTranspose", X, [some(4, 3, 2, 2), some(3)], {"strides": [2, 2]}, 11),
    ("Div", X, [some(1, 4, 1, 1) + 5], {}, 11),
    ("Erf", X, [], {}, 11),
    ("Exp", X, [], {}, 11),
    ("Expand", (2, 1, 3), [whole(2, 4, 3)], {}, 11),
    ("Flatten", X, [], {}, 11),
    ("Flatten", X, [], {"axis": 2}, 11),
    ("Gather", X, [whole(0, 2)], {"axis": 1}, 11),
    ("Gather", X, [np.array(-1, I64)], {"axis": 1}, 11),
    ("Gelu", X, [], {}, 20),
    ("Gemm", (3, 5), [some(5, 7), some(7)], {"alpha": 0.5, "beta": 2.0}, 11),
    ("Gemm", (3, 5), [some(7, 5), some(7)], {"transB": 1}, 11),
    ("GlobalAveragePool", X, [], {}, 11),
    ("HardSigmoid", X, [], {"alpha": 0.17, "beta": 0.4}, 11),
    ("HardSwish", X, [], {}, 14),
    ("Identity", X, [], {}, 11),
    ("LayerNormalization", X, [some(11), some(11)], {"axis": -1, "epsilon": 1e-4}, 17),
    ("LeakyRelu", X, [], {"alpha": 0.2}, 11),
    ("Log", (2, 3), [], {}, 11),
    ("MatMul", (2, 3, 5), [some(5, 7)], {}, 11),
    ("MaxPool", X, [], {"kernel_shape": [2, 2], "auto_pad": "SAME_UPPER"}, 11),
    ("MaxPool", X, [], {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1]}, 11),
    ("MaxPool", X, [], {"kernel_shape": [2, 2], "strides": [2, 2], "ceil_mode": 1}, 11),
    ("Mul", X, [np.array([0.5], F32)], {}, 11),
    ("Neg", X, [], {}, 11),
    ("Pad", X, [whole(0, 0, 1, 2, 0, 0, 3, 0), np.array(0.5, F32)], {}, 11),
    ("Pow", X, [np.array(2.0, F32)], {}, 12),
    ("ReduceMax", X, [], {"axes": [1], "keepdims": 0}, 11),
    ("ReduceMean", X, [], {"axes": [2, 3]}, 11),
    ("ReduceMean", X, [whole(-1)], {}, 18),
    ("ReduceSum", X, [whole(1)], {"keepdims": 0}, 13),
    ("Relu", X, [], {}, 11),
    ("Reshape", X, [whole(0, -1, 11)], {}, 11),
    ("Resize", X, [np.array([], F32), np.array([1, 1, 2, 4], F32)],
     {"mode": "nearest", "nearest_mode": "floor", "coordinate_transformation_mode": "asymmetric"}, 11),
    ("Resize", X, [np.array([], F32), np.array([], F32), whole(2, 4, 18, 30)],
     {"mode": "linear", "coordinate_transformation_mode": "half_pixel"}, 11),
    ("Resize", X, [np.array([], F32), np.array([], F32), whole(2, 4, 18, 30)],
     {"mode": "linear", "coordinate_transformation_mode": "align_corners"}, 11),
    ("Sigmoid", X, [], {}, 11),
    ("Slice", X, [whole(1, 0), whole(-1, 100), whole(2, 3), whole(1, 2)], {}, 11),
    ("Slice", X, [], {"starts": [1], "ends": [3], "axes": [1]}, 9),
    ("Softmax", X, [], {"axis": 3}, 13),
    ("Sqrt", (2, 3), [], {}, 11),
    ("Squeeze", (2, 1, 3, 1), [], {"axes": [1]}, 11),
    ("Squeeze", (2, 1, 3, 1), [whole(1, 3)], {}, 13),
    ("Sub", X, [some(4, 1, 1)], {}, 11),
    ("Tanh", X, [], {}, 11),
    ("Transpose", X, [], {"perm": [0, 2, 3, 1]}, 11),
    ("Unsqueeze", (2, 3), [], {"axes": [0, 2]}, 11),
    ("Unsqueeze", (2, 3), [whole(1)], {}, 13),
]  # fmt: skip


def saved(path, nodes, shape, constants, opset):
    initializers = [numpy_helper.from_array(value, f"c{k}") for k, value in enumerate(constants)]
    graph = helper.make_graph(
        nodes, "one", [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)], initializers,
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
    model.ir_version = 8
    path.write_bytes(model.SerializeToString())
    return path


def both(path, x):
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    with torch.inference_mode():
        return session.run(None, {"x": x})[0], GraphModule.load(path)(torch.from_numpy(x)).numpy()


@pytest.mark.parametrize(("operator", "shape", "constants", "attributes", "opset"), CASES)
def test_an_operator_gives_what_onnx_runtime_gives(tmp_path, operator, shape, constants, attributes, opset):
    node = helper.make_node(operator, ["x", *(f"c{k}" for k in range(len(constants)))], ["y"], **attributes)
    x = some(*shape) if operator not in ("Log", "Sqrt") else np.abs(some(*shape)) + 0.1
    expected, got = both(saved(tmp_path / "n.onnx", [node], shape, constants, opset), x)
    assert got.shape == expected.shape
    assert np.abs(got - expected).max() < 1e-5


def test_shapes_are_worked_out_as_onnx_runtime_does(tmp_path):
    nodes = [
        helper.make_node("Shape", ["x"], ["s"]),
        helper.make_node("Slice", ["s", "c0", "c1", "c0"], ["rows"]),
        helper.make_node("Squeeze", ["rows"], ["row"], axes=[0]),
        helper.make_node("Unsqueeze", ["row"], ["again"], axes=[0]),
        helper.make_node("Cast", ["again"], ["small"], to=TensorProto.INT32),
        helper.make_node("Cast", ["small"], ["large"], to=TensorProto.INT64),
        helper.make_node("Concat", ["large", "c2"], ["wanted"], axis=0),
        helper.make_node("Reshape", ["x", "wanted"], ["flat"]),
        helper.make_node("ConstantOfShape", ["large"], ["zeros"], value=numpy_helper.from_array(np.array([0.5], F32))),
        helper.make_node("Split", ["flat"], ["left", "right"], axis=1, split=[6, 6]),
        helper.make_node("ReduceSum", ["zeros"], ["half"], keepdims=0),
        helper.make_node("Mul", ["left", "right"], ["product"]),
        helper.make_node("Add", ["product", "half"], ["y"]),
    ]
    constants = [whole(0), whole(1), whole(-1)]
    expected, got = both(saved(tmp_path / "n.onnx", nodes, (3, 4, 3), constants, 11), some(3, 4, 3))
    assert np.allclose(got, expected, atol=1e-6)


def test_every_operator_of_the_table_is_compared():
    made_of_others = {"Linear", "Silu"}  # what fusion makes; test_graph compares whole networks
    in_chains = {"ConstantOfShape", "Shape", "Split"}
    assert {case[0] for case in CASES} | made_of_others | in_chains == set(OPERATORS)


def test_a_setting_that_is_not_supported_names_its_node(tmp_path):
    from inkread.errors import ModelError

    node = helper.make_node("Resize", ["x", "c0", "c1"], ["y"], "enlarge", mode="cubic")
    path = saved(tmp_path / "n.onnx", [node], X, [np.array([], F32), np.array([1, 1, 2, 2], F32)], 11)
    with pytest.raises(ModelError, match='node "enlarge", Resize, fails: the mode cubic'):
        GraphModule(load_graph(path))(torch.zeros(X))
