"""What a network must compute and move, counted from its graph at one size of picture."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from conditions import BenchmarkError


class Cost(NamedTuple):
    """Multiplications with their additions, and numbers to move; a number takes 4 bytes in f32, 2 in bf16.

    macs: of convolutions, transposed convolutions and matrix products.  kinds: the same by kind of operation.
    weights: parameters of these operations.  activations: what they put out; what they take in is other layers' output.
    """

    macs: int
    kinds: dict[str, int]
    weights: int
    activations: int

    @property
    def gflop(self) -> float:
        """Thousand millions of multiplications and additions."""
        return 2 * self.macs / 1e9

    def megabytes(self, bytes_a_number: int) -> tuple[float, float]:
        """Return the MB of the weights, read once, and of the activations, each written once and read once."""
        return self.weights * bytes_a_number / 1e6, 2 * self.activations * bytes_a_number / 1e6


def cost_of(model: Any, shape: Sequence[int]) -> Cost:
    """Return what one picture costs an openvino.Model; `shape`: of its input, with a batch of 1.

    The model is given that shape. Raises BenchmarkError where the graph does not tell the size of an operation.
    """
    model.reshape(list(shape))
    kinds: Counter[str] = Counter()
    weights = activations = 0
    for node in model.get_ordered_ops():
        counted = _counted(node)
        if counted is not None:
            kind, macs, of_weights = counted
            kinds[kind] += macs
            weights += of_weights
            activations += _size(node.output(0))
    return Cost(sum(kinds.values()), dict(kinds.most_common()), weights, activations)


def _counted(node: Any) -> tuple[str, int, int] | None:
    """Return the kind, the multiplications and the weights of an operation; None of one that is not counted.

    A convolution's weights are (out, in, h, w), with the groups before them if it has any; a transposed one's have in
    and out the other way round.
    """
    name = node.get_type_name()
    if "Convolution" in name:
        kernel = list(node.input(1).get_shape())
        is_grouped = name.startswith("Group")
        each = math.prod(kernel[2:] if is_grouped else kernel[1:])
        if name.endswith("BackpropData"):  # `each` is for one input value
            return "transposed", _size(node.input(0).get_source_output()) * each, math.prod(kernel)
        kind = ("grouped " if is_grouped else "") + "x".join(map(str, kernel[-2:]))
        return kind, _size(node.output(0)) * each, math.prod(kernel)
    if name == "MatMul":
        inner = node.input(0).get_partial_shape()[-2 if node.get_attributes()["transpose_a"] else -1]
        return "matrix product", _size(node.output(0)) * inner.get_length(), _constant_size(node.input(1))
    return None


def _size(output: Any) -> int:
    """Return how many numbers an operation puts out; a batch that the graph lost sight of is the 1 it was given."""
    first, *rest = output.get_partial_shape()
    if any(length.is_dynamic for length in rest):
        raise BenchmarkError(f"the size of {output.get_node().get_friendly_name()} is not known: [{first}, {rest}]")
    return math.prod([1 if first.is_dynamic else first.get_length(), *(length.get_length() for length in rest)])


def _constant_size(port: Any) -> int:
    """Return how many numbers come from a constant, through what changes only their form or scale; 0 from others."""
    node = port.get_source_output().get_node()
    while node.get_type_name() in ("Convert", "FakeQuantize", "Multiply", "Reshape", "Subtract", "Transpose"):
        node = node.input(0).get_source_output().get_node()
    return math.prod(node.output(0).get_shape()) if node.get_type_name() == "Constant" else 0
