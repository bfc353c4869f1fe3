"""A network's file as a torch module: the same answers, and it can be trained and runs wherever torch runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor, nn

from inkread.errors import ModelError
from inkread.runtime.fusion import fused
from inkread.runtime.onnx_graph import Array, Node, OnnxGraph, load_graph, without
from inkread.runtime.operators import OPERATORS

# Which inputs of an operator are weights; those of others are constants.
_WEIGHTS: Final = {
    "Conv": (1, 2),
    "ConvTranspose": (1, 2),
    "BatchNormalization": (1, 2),
    "LayerNormalization": (1, 2),
    "MatMul": (0, 1),
    "Gemm": (1, 2),
}
# Of these a constant is a weight where it has a value for each channel, and else a part of a formula.
_ARITHMETIC: Final = ("Add", "Sub", "Mul", "Div")
# What makes probabilities of scores, where it comes last.
_PROBABILITIES: Final = ("Softmax", "Sigmoid")


class GraphModule(nn.Module):
    """A network that walks its graph.

    Parameters have the names of the file's constants, with / for dots.  graph: without what could be worked out
    beforehand; its constants are those of the file, not what training has made of them (see `trained_graph`).
    """

    def __init__(self, graph: OnnxGraph) -> None:
        super().__init__()
        unknown = sorted({node.operator for node in graph.nodes} - OPERATORS.keys())
        if unknown:
            raise ModelError(
                f"the network has operators that cannot be run with torch: {', '.join(unknown)}",
                remedy="use a PP-OCR or SVTR recogniser or detector; LSTM and quantised networks cannot be trained",
            )
        self.graph = _folded(graph)
        weights = _weights(self.graph)
        self._names: dict[str, str] = {}
        self._fixed: dict[str, Any] = {}
        for name, array in self.graph.constants.items():
            if array.dtype == np.float32 and (name in weights or array.size > 1):
                self._names[name] = name.replace(".", "/")
                tensor = torch.from_numpy(np.array(array))  # a copy: the file's is read-only
                if name in weights:
                    self.register_parameter(self._names[name], nn.Parameter(tensor))
                else:
                    self.register_buffer(self._names[name], tensor, persistent=False)
            elif array.size == 1 and array.ndim <= 1 and np.issubdtype(array.dtype, np.floating):
                self._fixed[name] = float(array.reshape(()))
            else:
                self._fixed[name] = torch.from_numpy(np.array(array))
        self._steps = fused(self.graph.nodes, self.graph.constants)
        self._frees = _last_uses(self._steps, self.graph)

    @staticmethod
    def load(path: Path) -> GraphModule:
        """Return the network of an ONNX file. Raises ModelError that names the operators that are not known."""
        return GraphModule(load_graph(path))

    @property
    def gives_probabilities(self) -> bool:
        """Whether its last node makes probabilities of scores."""
        return self._steps[-1].operator in _PROBABILITIES

    def forward(self, batch: Tensor, scores: bool = False) -> Tensor:
        """Return the network's output for a batch as its file wants it. scores: without the last softmax or sigmoid."""
        values: dict[str, Any] = dict(self._fixed)
        for name, attribute in self._names.items():
            values[name] = getattr(self, attribute)
        values[self.graph.input] = batch
        values[""] = None
        steps = self._steps[:-1] if scores and self.gives_probabilities else self._steps
        for step, frees in zip(steps, self._frees, strict=False):
            try:
                output = OPERATORS[step.operator]([values[name] for name in step.inputs], step.attributes)
            except (ValueError, IndexError, KeyError) as error:
                raise ModelError(
                    f'the node "{step.name or step.outputs[0]}", {step.operator}, fails: {error}'
                ) from error
            if len(step.outputs) == 1:
                values[step.outputs[0]] = output
            else:
                values.update(zip(step.outputs, output, strict=True))
            for name in frees:
                del values[name]
        last: Tensor = values[steps[-1].outputs[0]]
        return last

    def weights_by_use(self) -> list[nn.Parameter]:
        """Return the weights in the order in which the network uses them, from its input on."""
        order = dict.fromkeys(name for step in self._steps for name in step.inputs if name in self._names)
        found = [getattr(self, self._names[name]) for name in order]
        return [each for each in found if isinstance(each, nn.Parameter)]

    def parameter_name(self, constant: str) -> str:
        """Return what the parameter is called that has the values of one of the file's constants."""
        return self._names[constant]

    def trained_graph(self) -> OnnxGraph:
        """Return the graph with the weights as they are now."""
        state = dict(self.named_parameters())
        now: dict[str, Array] = {
            name: state[attribute].detach().float().cpu().numpy()
            for name, attribute in self._names.items()
            if attribute in state
        }
        return replace(self.graph, constants={**self.graph.constants, **now})


def _folded(graph: OnnxGraph) -> OnnxGraph:
    """Return the graph with the values of nodes that depend on constants alone among its constants."""
    values: dict[str, Any] = {name: torch.from_numpy(np.array(array)) for name, array in graph.constants.items()}
    values[""] = None
    found: dict[str, Array] = {}
    for node in graph.nodes:
        if all(name in values for name in node.inputs) and len(node.outputs) == 1 and any(node.inputs):
            try:
                result = OPERATORS[node.operator]([values[name] for name in node.inputs], node.attributes)
            except (ValueError, IndexError, KeyError) as error:
                raise ModelError(f'the node "{node.name}", {node.operator}, fails: {error}') from error
            values[node.outputs[0]] = result
            found[node.outputs[0]] = result.numpy()
    graph = without(replace(graph, constants={**graph.constants, **found}), found)
    used = {name for node in graph.nodes for name in node.inputs}
    return replace(graph, constants={name: array for name, array in graph.constants.items() if name in used})


def _weights(graph: OnnxGraph) -> frozenset[str]:
    """Return the names of the constants that training may change."""
    found: set[str] = set()
    for node in graph.nodes:
        if node.operator in _ARITHMETIC:
            candidates = [name for name in node.inputs if _is_by_channel(graph.constants.get(name))]
        else:
            candidates = [node.inputs[k] for k in _WEIGHTS.get(node.operator, ()) if k < len(node.inputs)]
        found.update(name for name in candidates if name in graph.constants)
    return frozenset(name for name in found if graph.constants[name].dtype == np.float32)


def _is_by_channel(array: Array | None) -> bool:
    return array is not None and (array.size > 1 or array.ndim >= 3)


def _last_uses(steps: tuple[Node, ...], graph: OnnxGraph) -> tuple[tuple[str, ...], ...]:
    """Return for each step which values nobody needs after it: memory is given back early."""
    keep: Mapping[str, Any] = {**graph.constants, graph.output: None, "": None}
    last: dict[str, int] = {}
    for k, step in enumerate(steps):
        last.update((name, k) for name in step.inputs)
    frees: list[list[str]] = [[] for _ in steps]
    for name, k in last.items():
        if name not in keep:
            frees[k].append(name)
    return tuple(map(tuple, frees))
