"""Networks that are small enough to be taught in a test."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from PIL import Image as Pillow

CHARACTERS = "0123456789abcdefghij"


def recognizer(path: Path, characters: str = CHARACTERS, width: int = 24, seed: int = 0) -> Path:
    """Write a recogniser: a column of 8 px to a class, from two convolutions and a product."""
    rng = np.random.default_rng(seed)

    def weights(name, *shape):
        scale = np.sqrt(2 / np.prod(shape[1:])) if len(shape) > 1 else 0.0
        return numpy_helper.from_array((rng.normal(0, 1, shape) * scale).astype(np.float32), name)

    classes = len(characters) + 2
    initializers = [
        weights("conv.0", 16, 3, 7, 5), weights("bias.0", 1, 16, 1, 1), weights("conv.1", width, 16, 6, 5),
        weights("bias.1", 1, width, 1, 1), weights("conv.2", 2 * width, width, 2, 3),
        weights("head", 2 * width, classes), weights("head.bias", classes),
    ]  # fmt: skip
    nodes = [
        helper.make_node("Conv", ["x", "conv.0"], ["a"], strides=[4, 2], pads=[2, 2, 2, 2]),
        helper.make_node("Add", ["a", "bias.0"], ["b"]),
        helper.make_node("Relu", ["b"], ["c"]),
        helper.make_node("Conv", ["c", "conv.1"], ["d"], strides=[6, 2], pads=[0, 2, 0, 2]),
        helper.make_node("Add", ["d", "bias.1"], ["e"]),
        helper.make_node("Relu", ["e"], ["f"]),
        helper.make_node("Conv", ["f", "conv.2"], ["g"], strides=[1, 2], pads=[0, 1, 0, 1]),
        helper.make_node("Relu", ["g"], ["h"]),
        helper.make_node("Squeeze", ["h"], ["i"], axes=[2]),
        helper.make_node("Transpose", ["i"], ["j"], perm=[0, 2, 1]),
        helper.make_node("MatMul", ["j", "head"], ["k"]),
        helper.make_node("Add", ["k", "head.bias"], ["l"]),
        helper.make_node("Softmax", ["l"], ["y"], axis=2),
    ]
    metadata = {"character": "\n".join(characters)}
    return _save(path, nodes, initializers, ["n", 3, 48, "w"], ["n", "t", classes], metadata)


def detector(path: Path, seed: int = 0) -> Path:
    """Write a detector: a map of probabilities of a picture's size."""
    rng = np.random.default_rng(seed)

    def weights(name, *shape):
        return numpy_helper.from_array((rng.normal(0, 1, shape) / np.sqrt(np.prod(shape[1:]))).astype(np.float32), name)

    initializers = [
        weights("conv.0", 16, 3, 5, 5), weights("conv.1", 16, 16, 5, 5), weights("up.0", 16, 8, 2, 2),
        weights("up.1", 8, 1, 2, 2), numpy_helper.from_array(np.full((1, 1, 1, 1), -1.0, np.float32), "bias"),
    ]  # fmt: skip
    nodes = [
        helper.make_node("Conv", ["x", "conv.0"], ["a"], strides=[2, 2], pads=[2, 2, 2, 2]),
        helper.make_node("Relu", ["a"], ["b"]),
        helper.make_node("Conv", ["b", "conv.1"], ["c"], strides=[2, 2], pads=[2, 2, 2, 2]),
        helper.make_node("Relu", ["c"], ["d"]),
        helper.make_node("ConvTranspose", ["d", "up.0"], ["e"], strides=[2, 2]),
        helper.make_node("Relu", ["e"], ["f"]),
        helper.make_node("ConvTranspose", ["f", "up.1"], ["g"], strides=[2, 2]),
        helper.make_node("Add", ["g", "bias"], ["h"]),
        helper.make_node("Sigmoid", ["h"], ["y"]),
    ]
    return _save(path, nodes, initializers, ["n", 3, "h", "w"], ["n", 1, "h", "w"], {})


def _save(path, nodes, initializers, given, gives, metadata) -> Path:
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, given)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, gives)],
        initializers,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)])
    model.ir_version = 8
    for key, value in metadata.items():
        model.metadata_props.add(key=key, value=value)
    onnx.save(model, path)
    return path


def bars(folder: Path, count: int) -> Path:
    """Write labelled lines of bars, 24 px a character, and return their folder."""
    rng = np.random.default_rng(4)
    folder.mkdir()
    rows = []
    for k in range(count):
        text = "".join(rng.choice(list(CHARACTERS[:8]), 4))
        picture = np.full((48, 120, 3), 220, np.uint8)
        for place, char in enumerate(text):
            top = 4 + 5 * CHARACTERS.index(char)
            picture[top : top + 6, 10 + 24 * place : 26 + 24 * place] = 20
        Pillow.fromarray(picture).save(folder / f"{k}.png")
        rows.append(f"{k}.png\t{text}\n")
    (folder / "labels.txt").write_text("".join(rows))
    return folder
