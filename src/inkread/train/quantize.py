"""A model in 8-bit integers, by NNCF: a file of half the size, with what that costs measured on labels held back.

Static: the ranges of what layers take in are measured beforehand, on labelled lines or pages of one's own.  The
default recogniser has ranges of ours (`registry.quantization`), which cost less; this is for all other models.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
from onnx import version_converter

from inkread.errors import ModelError, OptionError
from inkread.extras import check_installed
from inkread.options import RuntimeOptions
from inkread.registry.cards import as_yaml, check_name
from inkread.registry.catalog import Figure, ModelCard, ModelFile
from inkread.runtime.open import open_session
from inkread.runtime.session import Network
from inkread.train.network import CHARACTERS, Trainable, as_input, save_network
from inkread.train.new_folder import check_new, new_folder
from inkread.train.publish import CARD
from inkread.train.run import Lesson, Prepared, prepare_detector, prepare_recognizer
from inkread.train.settings import TrainSettings

# Lines or pieces of pages that ranges are measured on; NNCF's own default is 300.
_CALIBRATING: Final = 120
# A range for each channel, which is finer than one for all, came to ONNX with this version.
_OPSET: Final = 13


@dataclass(frozen=True)
class Quantized:
    """What was written. before, after: what is wrong, per cent, by set, on what was held back."""

    folder: Path
    size_bytes: int
    size_before: int
    measure: str
    before: dict[str, float]
    after: dict[str, float]


def quantize(model: str, out: Path, name: str, data: Sequence[Path], *, is_detector: bool = False) -> Quantized:
    """Write a model's network in 8-bit integers with a card, and measure it: half of the labels calibrate.

    Raises MissingPackageError without NNCF, OutputError where `out` exists or cannot be written, ModelError where NNCF
    cannot do it, and what `prepare_recognizer` raises of labels.
    """
    check_installed("int8")
    check_name(name)
    if not data:
        raise OptionError("there is nothing to measure ranges on", remedy="give --data")
    check_new(out)
    lesson = Lesson(model, tuple(data), leave_out_unknown=True)
    settings = TrainSettings(held_back=0.5)
    prepared = (prepare_detector if is_detector else prepare_recognizer)(lesson, settings)
    with new_folder(out) as folder:
        single, network = folder / "single.onnx", folder / f"{name}.onnx"
        save_network(prepared.trainable, single, half=False)
        count = _in_8_bits(prepared, single, network)
        before, after = (_measured(prepared, path) for path in (single, network))
        size_before = single.stat().st_size
        single.unlink()
        card = _card(prepared, network, name, count, after)
        (folder / CARD).write_text(as_yaml(card), encoding="utf-8")
    size = (out / network.name).stat().st_size
    return Quantized(out, size, size_before, prepared.task.measure, before, after)


def _in_8_bits(prepared: Prepared, single: Path, network: Path) -> int:
    """Write the network of a file in 8-bit integers; return on how many pictures its ranges were measured."""
    import nncf

    nncf.set_log_level(logging.ERROR)
    trainable = prepared.trainable
    pictures = list(prepared.task.to_calibrate(_CALIBRATING))
    try:
        graph = onnx.load(str(single))
        if graph.opset_import[0].version < _OPSET:
            graph = version_converter.convert_version(graph, _OPSET)
        taken = graph.graph.input[0].name

        def fed(picture: Any) -> dict[str, Any]:
            return {taken: np.ascontiguousarray(as_input(picture, trainable.card).numpy())}

        made = nncf.quantize(graph, nncf.Dataset(pictures, fed), subset_size=len(pictures))
    except (RuntimeError, ValueError, nncf.ValidationError) as error:
        raise ModelError(
            f'"{trainable.card.name}" cannot be brought to 8-bit integers: {str(error).splitlines()[0]}',
            remedy="read with precision bf16",
        ) from error
    network.write_bytes(made.SerializeToString())
    return len(pictures)


def _measured(prepared: Prepared, network: Path) -> dict[str, float]:
    """Return what a file has wrong on what was held back, as it would run here."""
    card = prepared.trainable.card
    options = RuntimeOptions(cache=False)
    session = open_session(Network(network, card.mean, card.std, card.is_bgr), options, streams=False)
    try:
        return prepared.task.measured(session.run)
    finally:
        session.close()


def _card(prepared: Prepared, network: Path, name: str, count: int, after: dict[str, float]) -> ModelCard:
    trainable: Trainable = prepared.trainable
    data, today = network.read_bytes(), date.today().isoformat()
    return replace(
        trainable.card,
        name=name,
        tier="custom",
        default_for=(),
        files=(ModelFile(network.name, sha256(data).hexdigest(), len(data)),),
        charset=f"embedded:{CHARACTERS}" if trainable.charset else trainable.card.charset,
        has_space=bool(trainable.charset and trainable.charset.symbols[-1] == " "),
        figures=tuple(
            Figure(prepared.task.measure, value, "%", f"{each}, held back", "inkread", today)
            for each, value in after.items()
        ),
        trained_on=(
            *trainable.card.trained_on,
            f"{trainable.card.name} in 8-bit integers, {trainable.card.license}; ranges measured on {count} pictures",
        ),
        unavailable="",
    )
