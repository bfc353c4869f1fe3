"""A network's file as a list of nodes and constants, and back to a file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import onnx
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from onnx import helper, numpy_helper

from inkread.errors import ModelError, ModelNotFoundError

Array = npt.NDArray[Any]

# Smaller constants are kept whole: they are what is added and multiplied by, and weigh nothing.
_WORTH_HALVING: Final = 256
_LARGEST_HALF: Final = float(np.finfo(np.float16).max)


@dataclass(frozen=True)
class Node:
    """One operator: what it takes, "" where an optional input is left out, what it gives and how it is set."""

    operator: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any] = field(default_factory=dict)
    name: str = ""


@dataclass(frozen=True)
class OnnxGraph:
    """A network: its nodes in an order in which they can run, its constants, the names of its one input and output.

    output_shape: of what it gives, numbers, or names where it is open.  metadata: of the file, such as a charset.
    """

    nodes: tuple[Node, ...]
    constants: Mapping[str, Array]
    input: str
    output: str
    input_shape: tuple[int | str, ...]
    output_shape: tuple[int | str, ...]
    opset: int
    metadata: Mapping[str, str]


def load_graph(path: Path) -> OnnxGraph:
    """Return the graph of an ONNX file, without the nodes that only pass on what they are given.

    Raises ModelNotFoundError where there is no file, ModelError where it is no network of one input and one output.
    """
    if not path.is_file():
        raise ModelNotFoundError(f'the model file "{path}" does not exist', remedy="give the path of an .onnx file")
    try:
        model = onnx.load(str(path))
    except (DecodeError, OSError, ValueError) as error:
        raise ModelError(f'"{path}" is not an ONNX network: {error}') from error
    constants = {each.name: numpy_helper.to_array(each) for each in model.graph.initializer}
    inputs = [each for each in model.graph.input if each.name not in constants]
    if len(inputs) != 1 or len(model.graph.output) != 1:
        raise ModelError(
            f'"{path}" has {len(inputs)} inputs and {len(model.graph.output)} outputs', remedy="one of each is expected"
        )
    nodes: list[Node] = []
    same: dict[str, str] = {}
    for proto in model.graph.node:
        attributes = {each.name: _value(helper.get_attribute_value(each)) for each in proto.attribute}
        if proto.op_type == "Constant":
            constants[proto.output[0]] = np.asarray(next(iter(attributes.values())))
        elif proto.op_type == "Identity" and proto.output[0] != model.graph.output[0].name:
            same[proto.output[0]] = same.get(proto.input[0], proto.input[0])
        else:
            taken = tuple(same.get(name, name) for name in proto.input)
            nodes.append(Node(proto.op_type, taken, tuple(proto.output), attributes, proto.name))
    return OnnxGraph(
        nodes=tuple(nodes),
        constants=constants,
        input=inputs[0].name,
        output=model.graph.output[0].name,
        input_shape=_shape(inputs[0]),
        output_shape=_shape(model.graph.output[0]),
        opset=next(each.version for each in model.opset_import if each.domain in ("", "ai.onnx")),
        metadata={each.key: each.value for each in model.metadata_props},
    )


def save_graph(graph: OnnxGraph, path: Path, *, half: bool = False) -> None:
    """Write a graph as an ONNX file. half: weights as float16, half the size; what is computed stays float32.

    Raises ModelError where a weight does not fit into float16.
    """
    used = {name for node in graph.nodes for name in node.inputs}
    initializers, casts = [], []
    for name, array in graph.constants.items():
        if name not in used:
            continue
        if half and _is_worth_halving(array):
            if float(np.abs(array).max()) > _LARGEST_HALF:
                raise ModelError(f'the weights "{name}" do not fit into 16 bits', remedy="publish with --precision f32")
            initializers.append(numpy_helper.from_array(array.astype(np.float16), f"{name}/half"))
            casts.append(helper.make_node("Cast", [f"{name}/half"], [name], f"{name}/cast", to=onnx.TensorProto.FLOAT))
        else:
            initializers.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
    nodes = [helper.make_node(n.operator, n.inputs, n.outputs, n.name, **_given(n.attributes)) for n in graph.nodes]
    proto = helper.make_graph(
        [*casts, *nodes],
        "network",
        [helper.make_tensor_value_info(graph.input, onnx.TensorProto.FLOAT, list(graph.input_shape))],
        [helper.make_tensor_value_info(graph.output, onnx.TensorProto.FLOAT, list(graph.output_shape))],
        initializers,
    )
    model = helper.make_model(proto, opset_imports=[helper.make_opsetid("", graph.opset)], producer_name="inkread")
    model.ir_version = min(model.ir_version, 10)  # what engines of the last years read
    for key, value in graph.metadata.items():
        model.metadata_props.add(key=key, value=value)
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())


def as_halves(array: Array) -> Array:
    """Return a constant as a file holds it whose weights are in 16 bits."""
    return array.astype(np.float16).astype(np.float32) if _is_worth_halving(array) else array


def _is_worth_halving(array: Array) -> bool:
    return array.dtype == np.float32 and array.size >= _WORTH_HALVING


def without(graph: OnnxGraph, outputs: Iterable[str]) -> OnnxGraph:
    """Return the graph without the nodes that give these; their values must be among its constants."""
    gone = frozenset(outputs)
    return replace(graph, nodes=tuple(node for node in graph.nodes if not gone.intersection(node.outputs)))


def _value(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, onnx.TensorProto):
        return numpy_helper.to_array(value)
    return list(value) if isinstance(value, (list, tuple)) else value


def _given(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: numpy_helper.from_array(value) if isinstance(value, np.ndarray) else value
        for key, value in attributes.items()
    }


def _shape(value: onnx.ValueInfoProto) -> tuple[int | str, ...]:
    sizes = value.type.tensor_type.shape.dim
    return tuple(each.dim_value if each.dim_value > 0 else each.dim_param or f"d{k}" for k, each in enumerate(sizes))
