"""Several nodes in one, where torch has one function for what they do together.

Networks are published in the operators of ONNX's older sets, which have no GELU, no layer normalisation and no
hard swish: each is a chain of four to nine nodes, every one of which is a pass over memory, forwards and backwards.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from inkread.runtime.onnx_graph import Array, Node


def fused(nodes: tuple[Node, ...], constants: Mapping[str, Array]) -> tuple[Node, ...]:
    """Return nodes that do the same with fewer passes over memory. The last node stays, and so do the outputs."""
    for find in (_without_effect, _gelu, _hard_swish, _silu, _layer_norm, _with_bias):
        nodes = _replaced(_Chain(nodes, constants), find)
    return nodes


class _Chain:
    """Nodes with who gives what and who takes it."""

    def __init__(self, nodes: tuple[Node, ...], constants: Mapping[str, Array]) -> None:
        self.nodes = nodes
        self._constants = constants
        self._givers = {name: node for node in nodes for name in node.outputs}
        self._takers: dict[str, list[Node]] = {}
        for node in nodes:
            for name in node.inputs:
                self._takers.setdefault(name, []).append(node)

    def giver(self, name: str, operator: str) -> Node | None:
        """Return the node that gives this, if it is of this kind."""
        node = self._givers.get(name)
        return node if node is not None and node.operator == operator else None

    def only_taker(self, name: str, operator: str) -> Node | None:
        """Return the one node that takes this, if it is of this kind."""
        takers = self._takers.get(name, [])
        return takers[0] if len(takers) == 1 and takers[0].operator == operator else None

    def takers(self, name: str) -> list[Node]:
        return self._takers.get(name, [])

    def is_constant(self, name: str) -> bool:
        return name in self._constants

    def shape(self, name: str) -> tuple[int, ...]:
        return tuple(self._constants[name].shape)

    def number(self, name: str) -> float | None:
        """Return a constant of one number."""
        array = self._constants.get(name)
        return float(array.reshape(())) if array is not None and array.size == 1 else None

    def with_number(self, node: Node | None, value: float) -> str | None:
        """Return the other input of a node of two inputs, one of which is this number."""
        if node is None or len(node.inputs) != 2:
            return None
        for k in (1, 0) if node.operator in ("Add", "Mul") else (1,):
            number = self.number(node.inputs[k])
            if number is not None and math.isclose(number, value, rel_tol=1e-5):
                return node.inputs[1 - k]
        return None


_Found = tuple[tuple[Node, ...], Node]  # nodes, the last of which gives what the new one gives
_Finder = Callable[[_Chain], Iterator[_Found]]


def _replaced(chain: _Chain, find: _Finder) -> tuple[Node, ...]:
    gone: set[int] = set()
    new: dict[int, Node] = {}
    for old, node in find(chain):
        if not gone.intersection(id(each) for each in old):
            gone.update(id(each) for each in old)
            new[id(old[-1])] = node
    return tuple(new.get(id(node), node) for node in chain.nodes if id(node) in new or id(node) not in gone)


def _without_effect(chain: _Chain) -> Iterator[_Found]:
    """Multiplications by 1 and additions of 0."""
    for node in chain.nodes:
        source = chain.with_number(node, 1.0) if node.operator == "Mul" else None
        if node.operator == "Add" and any(chain.number(name) == 0.0 for name in node.inputs):
            source = next(name for name in node.inputs if chain.number(name) != 0.0)
        if source is not None and not chain.is_constant(source):
            yield (node,), Node("Identity", (source,), node.outputs)


def _gelu(chain: _Chain) -> Iterator[_Found]:
    """x/2 (1 + erf(x/sqrt(2))), the half taken before or after."""
    for erf in chain.nodes:
        if erf.operator != "Erf":
            continue
        scaled = chain.giver(erf.inputs[0], "Div") or chain.giver(erf.inputs[0], "Mul")
        source = chain.with_number(scaled, math.sqrt(2) if scaled and scaled.operator == "Div" else math.sqrt(0.5))
        plus = chain.only_taker(erf.outputs[0], "Add")
        if scaled is None or source is None or plus is None or chain.with_number(plus, 1.0) is None:
            continue
        times = chain.only_taker(plus.outputs[0], "Mul")
        if times is None:
            continue
        other = next(name for name in times.inputs if name != plus.outputs[0])
        half = chain.giver(other, "Mul")
        if other == source:
            last = chain.only_taker(times.outputs[0], "Mul")
            if last is not None and chain.with_number(last, 0.5) is not None:
                yield (scaled, erf, plus, times, last), Node("Gelu", (source,), last.outputs)
        elif half is not None and chain.with_number(half, 0.5) == source:
            yield (scaled, erf, plus, half, times), Node("Gelu", (source,), times.outputs)


def _hard_swish(chain: _Chain) -> Iterator[_Found]:
    """x clip(x + 3, 0, 6) / 6."""
    for clip in chain.nodes:
        if clip.operator != "Clip" or len(clip.inputs) != 3:
            continue
        plus = chain.giver(clip.inputs[0], "Add")
        source = chain.with_number(plus, 3.0)
        times = chain.only_taker(clip.outputs[0], "Mul")
        if plus is None or source is None or times is None or source not in times.inputs:
            continue
        if (chain.number(clip.inputs[1]), chain.number(clip.inputs[2])) != (0.0, 6.0):
            continue
        last = chain.only_taker(times.outputs[0], "Div") or chain.only_taker(times.outputs[0], "Mul")
        sixth = 6.0 if last is not None and last.operator == "Div" else 1 / 6
        if last is not None and chain.with_number(last, sixth) is not None:
            yield (plus, clip, times, last), Node("HardSwish", (source,), last.outputs)


def _silu(chain: _Chain) -> Iterator[_Found]:
    """x sigmoid(x)."""
    for sigmoid in chain.nodes:
        if sigmoid.operator == "Sigmoid":
            times = chain.only_taker(sigmoid.outputs[0], "Mul")
            before = chain.giver(sigmoid.inputs[0], "Identity")
            sources = {sigmoid.inputs[0], *(before.inputs if before else ())}
            if times is not None and sources.intersection(times.inputs):
                yield (sigmoid, times), Node("Silu", sigmoid.inputs, times.outputs)


def _layer_norm(chain: _Chain) -> Iterator[_Found]:
    """(x - mean) / sqrt(variance + epsilon), over the last axis, times a weight, plus a bias."""
    for root in chain.nodes:
        plus = chain.giver(root.inputs[0], "Add") if root.operator == "Sqrt" else None
        variance = plus and chain.giver(plus.inputs[0], "ReduceMean")
        square = variance and chain.giver(variance.inputs[0], "Pow")
        minus = square and chain.giver(square.inputs[0], "Sub")
        mean = minus and chain.giver(minus.inputs[1], "ReduceMean")
        if not (plus and variance and square and minus and mean) or mean.inputs[0] != minus.inputs[0]:
            continue
        epsilon = chain.number(plus.inputs[1])
        over_last = all(list(each.attributes.get("axes", ())) == [-1] for each in (mean, variance))
        if epsilon is None or not over_last or chain.number(square.inputs[1]) != 2.0:
            continue
        divided = chain.only_taker(root.outputs[0], "Div")
        times = chain.only_taker(divided.outputs[0], "Mul") if divided else None
        last = chain.only_taker(times.outputs[0], "Add") if times else None
        if not (divided and times and last):
            continue
        weight, bias = times.inputs[1], last.inputs[1]
        if chain.is_constant(weight) and chain.is_constant(bias) and len(chain.shape(weight)) == 1:
            old = (mean, minus, square, variance, plus, root, divided, times, last)
            attributes = {"axis": -1, "epsilon": epsilon}
            yield old, Node("LayerNormalization", (minus.inputs[0], weight, bias), last.outputs, attributes)


def _with_bias(chain: _Chain) -> Iterator[_Found]:
    """What is added to a convolution or to a product with a matrix, channel by channel."""
    for node in chain.nodes:
        if node.operator not in ("Conv", "ConvTranspose", "MatMul") or len(node.inputs) != 2:
            continue
        plus = chain.only_taker(node.outputs[0], "Add")
        if plus is None or not chain.is_constant(node.inputs[1]):
            continue
        bias = next(name for name in plus.inputs if name != node.outputs[0])
        if not chain.is_constant(bias):
            continue
        weight, shape = chain.shape(node.inputs[1]), chain.shape(bias)
        if node.operator == "MatMul":
            if len(weight) == 2 and shape == (weight[1],):
                yield (node, plus), Node("Linear", (*node.inputs, bias), plus.outputs)
            continue
        channels = weight[0] if node.operator == "Conv" else weight[1] * node.attributes.get("group", 1)
        if shape == (1, channels, 1, 1):
            yield (node, plus), replace(node, inputs=(*node.inputs, bias), outputs=plus.outputs)
