"""From a run to a model that others can use: a file with parity, a card, and a report of what got better and worse.

The folder is what `inkread models import` takes, and what `recognizer=` and `detector=` take as a path.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from inkread import __version__, edits
from inkread.errors import ModelError, OptionError, SourceNotFoundError
from inkread.metrics.dataset import find_sets, load_set
from inkread.metrics.evaluation import evaluate_set
from inkread.options import ReaderOptions, RuntimeOptions
from inkread.pipeline import Reader
from inkread.recognize.beam import decode_with_words
from inkread.recognize.calibration import fitted
from inkread.recognize.ctc import decode_greedy
from inkread.recognize.ngrams import NGrams
from inkread.registry.cards import as_yaml, check_name
from inkread.registry.catalog import Figure, ModelCard, ModelFile
from inkread.runtime.onnx_graph import as_halves
from inkread.runtime.open import open_session
from inkread.runtime.session import Network
from inkread.train import checkpoint
from inkread.train.blend import Blend, blend
from inkread.train.loop import BEST, LATEST
from inkread.train.network import CHARACTERS, Trainable, as_input, save_network
from inkread.train.new_folder import check_new, new_folder
from inkread.train.recognition import RecognitionTask
from inkread.train.run import Prepared, prepare_again

CARD: Final = "card.yaml"
REPORT: Final = "README.md"
# Probabilities of the published file and of the network that was trained may differ by so much.
_PARITY: Final = 1e-3
_COMPARED: Final = 24
_Pixels = np.ndarray[Any, np.dtype[np.uint8]]


@dataclass(frozen=True)
class About:
    """What a card says that no run knows. trained_on: name, licence and source of each set of labels.

    keep: the share of the old weights in the new ones, 0..1: less learnt, and less forgotten; None: chosen by what was
    held back, see `train.blend`.  ngrams: a file of n-grams that it reads with, see `recognize.ngrams`.  is_last: the
    weights are those that the run has got to, and not those that were measured to be best.
    """

    name: str
    license: str
    languages: tuple[str, ...] = ()
    trained_on: tuple[str, ...] = ()
    precision: str = "f16"
    keep: float | None = None
    ngrams: Path | None = None
    is_last: bool = False


@dataclass(frozen=True)
class Comparison:
    """One set, read with the model that the run began with and with the new one. Figures in per cent."""

    set_name: str
    measure: str
    before: float | None
    after: float | None


@dataclass(frozen=True)
class Published:
    """What was written. parity: the largest difference of a probability between the file and torch's network."""

    folder: Path
    card: ModelCard
    size_bytes: int
    parity: float
    blend: Blend
    comparisons: tuple[Comparison, ...]


def publish(run: Path, out: Path, about: About, evaluate: Sequence[Path] = ()) -> Published:
    """Write the best network of a run as a model. evaluate: labelled sets of pages, as for `inkread eval`.

    Raises OptionError where the name will not do, OutputError where `out` exists or cannot be written, ModelError where
    the file gives other probabilities than the network.
    """
    check_name(about.name)
    if not about.license.strip():
        raise OptionError("a model needs a licence", remedy="give --license, an SPDX identifier")
    if about.precision not in ("f16", "f32"):
        raise OptionError(f'there is no precision "{about.precision}" of weights', remedy="use f16 or f32")
    if about.keep is not None and not 0 <= about.keep < 1:
        raise OptionError(f"keep is {about.keep}", remedy="give a share of the old weights, from 0 to less than 1")
    ngrams = None if about.ngrams is None else NGrams.from_file(about.ngrams)
    check_new(out)
    prepared = prepare_again(run)
    trainable = prepared.trainable
    state = _state(run / (LATEST if about.is_last else BEST), trainable)
    mixed = blend(prepared, state["average"], about.keep)
    if about.precision == "f16":
        _halve(trainable)
    was_measured = not (mixed.keep or mixed.kept_classes or about.is_last)
    by_set = state["best"]["by_set"] if was_measured else prepared.task.validate()
    with new_folder(out) as folder:
        network = folder / f"{about.name}.onnx"
        save_network(trainable, network, half=about.precision == "f16")
        parity = _parity(trainable, network, prepared.task.pictures(_COMPARED))
        comparisons = [
            Comparison(name, f"{prepared.task.measure}, held back", state["best"]["before"].get(name), after)
            for name, after in by_set.items()
        ]
        files = [network]
        if about.ngrams is not None:
            files.append(Path(shutil.copyfile(about.ngrams, folder / f"{about.name}.npz")))
        card = _card(trainable, files, about, mixed, comparisons, _calibration(prepared, ngrams))
        (folder / CARD).write_text(as_yaml(card), encoding="utf-8")
        comparisons += _on_pages(trainable.card, folder, evaluate)
        (folder / REPORT).write_text(_report(card, run, parity, mixed, comparisons), encoding="utf-8")
    return Published(out, card, (out / network.name).stat().st_size, parity, mixed, tuple(comparisons))


def _state(path: Path, trainable: Trainable) -> dict[str, Any]:
    """Return a state of a run, from its file."""
    if not path.is_file():
        raise SourceNotFoundError(
            f'"{path.parent}" holds no {path.name}', remedy="name the folder of a run of inkread train"
        )
    return checkpoint.load(path, checkpoint.fingerprint(trainable.module, str(trainable.charset)))


def _halve(trainable: Trainable) -> None:
    """Round the weights to what the file will hold."""
    with torch.no_grad():
        for each in trainable.module.parameters():
            each.copy_(torch.from_numpy(as_halves(each.cpu().numpy())))


def _parity(trainable: Trainable, network: Path, pictures: Iterable[_Pixels]) -> float:
    """Return how far the file's probabilities are from the network's at most. Raises ModelError where it is too far."""
    card = trainable.card
    session = open_session(
        Network(network, card.mean, card.std, card.is_bgr), RuntimeOptions(precision="f32"), streams=False
    )
    largest = 0.0
    try:
        for picture in pictures:
            with torch.inference_mode():
                own = trainable.module(as_input(picture[None], card)).numpy()
            largest = max(largest, float(np.abs(own - session.run(picture[None])).max()))
    finally:
        session.close()
    if largest > _PARITY:
        raise ModelError(
            f"the file's probabilities differ from the network's by {largest:.4f}, more than {_PARITY}",
            remedy="publish with --precision f32",
        )
    return largest


def _calibration(prepared: Prepared, ngrams: NGrams | None) -> tuple[tuple[float, float], ...]:
    """Return how often words of the lines that were held back are right, by their least sure character."""
    if not isinstance(prepared.task, RecognitionTask):
        return ()
    charset = prepared.trainable.letters
    words: list[tuple[float, bool]] = []
    for picture, text in prepared.task.samples():
        with torch.inference_mode():
            scores = prepared.trainable.module(as_input(picture[None], prepared.trainable.card))[0].numpy()
        reading = decode_with_words(scores, charset, lambda: ngrams) if ngrams else decode_greedy(scores, charset)
        words += _judged(reading.text, reading.scores, text)
    return fitted(words)


def _judged(read: str, scores: Sequence[float], label: str) -> Iterator[tuple[float, bool]]:
    """Yield for each word that was read the score of its least sure character and whether the label has it there."""
    words, least, start = read.split(" "), [], 0
    for word in words:
        least.append(min(scores[start : start + len(word)], default=1.0))
        start += len(word) + 1
    signs: dict[str, str] = {}  # a sign for each word: alignments are of texts
    as_read, as_labelled = (
        "".join(signs.setdefault(word, chr(0xF0000 + len(signs))) for word in text.split(" ")) for text in (read, label)
    )
    right = {run.source + k for run in edits.matches(as_read, as_labelled) for k in range(run.length)}
    yield from ((score, k in right) for k, (word, score) in enumerate(zip(words, least, strict=True)) if word)


def _card(
    trainable: Trainable,
    files: Sequence[Path],
    about: About,
    mixed: Blend,
    comparisons: Sequence[Comparison],
    calibration: tuple[tuple[float, float], ...],
) -> ModelCard:
    today = date.today().isoformat()  # the day where it is published
    figures = tuple(
        Figure(
            "CER" if trainable.charset else "error", each.after, "%", f"{each.set_name}, held back", "inkread", today
        )
        for each in comparisons
        if each.after is not None
    )
    return replace(
        trainable.card,
        name=about.name,
        tier="custom",
        license=about.license,
        languages=about.languages,
        default_for=(),
        files=tuple(_described(path) for path in files),
        ngrams=files[1].name if about.ngrams is not None else None,
        charset=f"embedded:{CHARACTERS}" if trainable.charset else trainable.card.charset,
        has_space=bool(trainable.charset and trainable.charset.symbols[-1] == " "),
        figures=figures,
        trained_on=(*about.trained_on, _begun_from(trainable.card, mixed)),
        calibration=calibration,
        unavailable="",
    )


def _described(path: Path) -> ModelFile:
    data = path.read_bytes()
    return ModelFile(path.name, sha256(data).hexdigest(), len(data))


def _begun_from(card: ModelCard, mixed: Blend) -> str:
    """Return what a model was before, and how much of that it still is, as an entry of its card."""
    kept = f", {100 * mixed.keep:.0f} % of whose weights are kept" if mixed.keep else ""
    if mixed.kept_classes:
        kept += f"{' and' if kept else ', with'} the rows of {mixed.kept_classes:,} characters that were hardly shown"
    return f"begun from {card.name}, {card.license}{kept}"


def _on_pages(before: ModelCard, folder: Path, sets: Sequence[Path]) -> list[Comparison]:
    """Read labelled pages with the old model and with the new one."""
    found = [load_set(each) for root in sets for each in find_sets(root)]
    if not found:
        return []
    option = "recognizer" if before.task == "recognition" else "detector"
    rows: Mapping[str, list[float | None]] = {each.name: [] for each in found}
    measure = "cer" if option == "recognizer" else "detection_f1"
    for model in (before.name, str(folder)):
        with Reader(ReaderOptions.model_validate({option: model})) as reader:
            for each in found:
                scores = evaluate_set(each, reader.read).scores
                rows[each.name].append(getattr(scores, measure))
    label = "CER" if option == "recognizer" else "detection F1"
    return [Comparison(name, f"{label}, whole pages", *values) for name, values in rows.items()]


def _report(card: ModelCard, run: Path, parity: float, mixed: Blend, comparisons: Sequence[Comparison]) -> str:
    described = json.loads((run / "run.json").read_text(encoding="utf-8"))
    rows = [
        f"| {each.set_name} | {each.measure} | {_figure(each.before)} | {_figure(each.after)} |" for each in comparisons
    ]
    lines = [
        f"# {card.name}", "",
        f"{card.task.capitalize()} network, taught by inkread {__version__} from {described['model']}. "
        f"Licence: {card.license}.", "",
        "Taught with:", "", *(f"- {each}" for each in card.trained_on), "",
        "| set | measure | before | after |", "| --- | --- | ---: | ---: |", *rows, "",
        *_tried(mixed),
        f"The file gives the trained network's probabilities within {parity:.1e}.", "",
        "Settings:", "", "```json", json.dumps(described["settings"], indent=1), "```", "",
    ]  # fmt: skip
    return "\n".join(lines)


def _tried(mixed: Blend) -> list[str]:
    """Return what each share of the old weights has wrong, as lines of the report."""
    if not mixed.tried:
        return []
    names = tuple(next(iter(mixed.tried.values())))
    rows = [
        f"| {share:.1f} | {' | '.join(map(_figure, (sum(by_set.values()) / len(by_set), *by_set.values())))} |"
        for share, by_set in mixed.tried.items()
    ]
    return [
        f"How much of the old weights to keep was chosen by some of what was held back: {mixed.keep:.1f}.", "",
        f"| kept | mean | {' | '.join(names)} |", "| ---: | ---: |" + " ---: |" * len(names), *rows, "",
    ]  # fmt: skip


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
