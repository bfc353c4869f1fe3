"""Networks to train: out of a model's files, with the letters that are wanted, and back into a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

import numpy as np
import torch
from torch import Tensor

from inkread.errors import ModelError
from inkread.recognize.charset import Charset
from inkread.registry.catalog import ModelCard
from inkread.registry.store import Store, card_of, is_path
from inkread.runtime.graph import GraphModule
from inkread.runtime.onnx_graph import Array, OnnxGraph, load_graph, save_graph

CHARACTERS: Final = "character"  # the metadata of a recogniser's file that holds its charset

Task = Literal["recognition", "detection"]


@dataclass(frozen=True)
class Trainable:
    """A network with what is needed to feed and understand it.

    charset: of a recogniser; None of a detector.  added: characters in it that the model did not know before.
    """

    module: GraphModule
    card: ModelCard
    charset: Charset | None
    added: frozenset[str] = frozenset()

    @property
    def letters(self) -> Charset:
        """The charset of a recogniser. Raises ModelError for a detector."""
        if self.charset is None:
            raise ModelError(f'"{self.card.name}" is no recogniser', remedy="name a recogniser")
        return self.charset


def load_trainable(model: str | None, task: Task, *, add_characters: str = "", only_characters: str = "") -> Trainable:
    """Return a model, by name or path, None for the default one, ready to learn.

    add_characters: to teach a recogniser besides its own.  only_characters: its new charset; empty: it keeps its own.
    Raises ModelNotFoundError where it is not here, ModelError where it cannot be trained.
    """
    store = Store()
    if model is None:
        card = store.catalog.default(task)
    else:
        card = card_of(model, task, catalog=store.catalog) if is_path(model) else store.card(model, task)
    graph = load_graph(store.find(card))
    if task == "detection":
        return Trainable(GraphModule(graph), card, None)
    charset = Charset.from_text(store.characters(card), has_space=card.has_space)
    wanted = _wanted(charset, add_characters, only_characters)
    if wanted != charset:
        graph = with_charset(GraphModule(graph).graph, charset, wanted)
    module = GraphModule(graph)
    charset_of(module, wanted)
    return Trainable(module, card, wanted, frozenset(wanted.symbols) - frozenset(charset.symbols))


def _wanted(charset: Charset, added: str, only: str) -> Charset:
    has_space = charset.symbols[-1] == " "
    own = charset.symbols[1 : len(charset) - has_space]
    if only:
        return Charset.from_characters(dict.fromkeys(char for char in only if not char.isspace()))
    new = [char for char in dict.fromkeys(added) if char not in own and not char.isspace()]
    return Charset.from_characters((*own, *new), has_space=has_space) if new else charset


def charset_of(module: GraphModule, charset: Charset) -> None:
    """Raise ModelError where a network does not give a class for each symbol of a charset."""
    weight = module.graph.constants[_head(module.graph).weight]
    charset.check(weight.shape[_head(module.graph).axis])


def class_weights(trainable: Trainable) -> tuple[tuple[str, int], ...]:
    """Return which parameters of a recogniser have a row for each class, with the axis that they lie along."""
    head = _head(trainable.module.graph)
    found = ((head.weight, head.axis), (head.bias, 0))
    return tuple((trainable.module.parameter_name(name), axis) for name, axis in found if name is not None)


@dataclass(frozen=True)
class _Head:
    """A recogniser's last layer. axis: of its weight's classes."""

    weight: str
    bias: str | None
    axis: int


def _head(graph: OnnxGraph) -> _Head:
    """Find the product that the scores come from. Raises ModelError where there is none."""
    givers = {name: node for node in graph.nodes for name in node.outputs}
    node = givers[graph.output]
    bias = None
    while node.operator in ("Softmax", "Add", "Identity", "Reshape", "Squeeze"):
        constants = [name for name in node.inputs if name in graph.constants]
        if node.operator == "Add" and constants:
            bias = constants[0]
        before = [name for name in node.inputs if name in givers]
        if not before:
            break
        node = givers[before[0]]
    if node.operator == "MatMul" and node.inputs[1] in graph.constants:
        return _Head(node.inputs[1], bias, 1)
    if node.operator == "Gemm" and node.inputs[1] in graph.constants:
        is_turned = bool(node.attributes.get("transB", 0))
        return _Head(node.inputs[1], node.inputs[2] if len(node.inputs) > 2 else bias, 0 if is_turned else 1)
    raise ModelError(
        f"the network's last layer is {node.operator}, not a product with a matrix", remedy="use a CTC recogniser"
    )


def with_charset(graph: OnnxGraph, old: Charset, new: Charset) -> OnnxGraph:
    """Return a recogniser for another charset: known symbols keep what was learnt of them, others start from little.

    graph: without constants that are still to be worked out (`GraphModule.graph`).
    """
    head = _head(graph)
    weight = graph.constants[head.weight]
    old.check(weight.shape[head.axis])
    places = {symbol: k for k, symbol in enumerate(old.symbols)}
    taken = [places.get(symbol, -1) for symbol in new.symbols]
    rng = np.random.default_rng(0)
    by_class = weight if head.axis == 0 else weight.T
    deviation = float(by_class.std())
    rows = [by_class[k] if k >= 0 else rng.normal(0, deviation, by_class.shape[1]) for k in taken]
    fresh = np.stack(rows).astype(np.float32)
    constants: dict[str, Array] = {**graph.constants, head.weight: fresh if head.axis == 0 else fresh.T.copy()}
    if head.bias is not None:
        values = graph.constants[head.bias]
        # New symbols begin as unlikely as the rarer half of the old ones: not to be seen before they are learnt.
        unlikely = float(np.quantile(values[1:], 0.25))
        constants[head.bias] = np.array([values[k] if k >= 0 else unlikely for k in taken], np.float32)
    return replace(
        graph,
        constants=constants,
        output_shape=(*graph.output_shape[:-1], len(new)),
        metadata={**graph.metadata, CHARACTERS: _as_metadata(new)},
    )


def _as_metadata(charset: Charset) -> str:
    symbols: Sequence[str] = charset.symbols[1:]
    return "\n".join(symbols[:-1] if symbols and symbols[-1] == " " else symbols)


def save_network(trainable: Trainable, path: Path, *, half: bool) -> None:
    """Write a network as it is now. half: weights in 16 bits, which halves the file."""
    graph = trainable.module.trained_graph()
    if trainable.charset is not None:
        graph = replace(graph, metadata={**graph.metadata, CHARACTERS: _as_metadata(trainable.charset)})
    save_graph(graph, path, half=half)


def as_input(pictures: Array, card: ModelCard, device: torch.device | str = "cpu") -> Tensor:
    """Return pictures, (N, H, W, 3) uint8 RGB, as the network wants them, (N, 3, H, W) float32."""
    batch = torch.from_numpy(np.ascontiguousarray(pictures)).to(device)
    values = batch.permute(0, 3, 1, 2).float()  # a view in which the channel runs fastest: what kernels like
    if card.is_bgr:
        values = values.flip(1)
    scale = torch.tensor([1 / (255 * each) for each in card.std], device=device)
    shift = torch.tensor([mean / std for mean, std in zip(card.mean, card.std, strict=True)], device=device)
    return (values * scale[:, None, None] - shift[:, None, None]).contiguous(memory_format=torch.channels_last)
