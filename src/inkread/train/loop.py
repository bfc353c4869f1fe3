"""Learning, from the first step to the last, to be read from top to bottom.

One loop for all tasks.  Whatever is left to chance in a step follows from the seed and the step's number alone, so that
a run that was killed goes on as if it had not been.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

import torch
from torch import Tensor, nn

from inkread.errors import DeviceError, ModelError
from inkread.runtime.arenas import give_back, limit_arenas
from inkread.runtime.graph import GraphModule
from inkread.runtime.threads import available_threads
from inkread.train import checkpoint
from inkread.train.journal import Journal
from inkread.train.network import Trainable
from inkread.train.settings import TrainSettings

LATEST: Final = "latest.pt"
BEST: Final = "best.pt"
# Steps that the reported loss is a mean of.
_SMOOTH: Final = 20
# Steps after which memory that was freed goes back to the system.
_GIVEN_BACK: Final = 20


class Task(Protocol):
    """What is learnt."""

    trainable: Trainable
    measure: str  # the name of what `validate` gives; less is better

    def plan(self, turn: int) -> Sequence[Any]:
        """Return the batches of a round, the same whenever it is asked."""
        ...

    def size(self, plan: Any) -> int:
        """Return how many lines or pages a batch has."""
        ...

    def prepare(self, plan: Any) -> tuple[Tensor, ...]:
        """Return a batch: the network's input, and what `loss` wants besides its scores."""
        ...

    def loss(self, scores: Tensor, *targets: Tensor) -> Tensor:
        """Return how wrong the network is."""
        ...

    def validate(self, device: torch.device | str = "cpu", limit: int | None = None) -> dict[str, float]:
        """Return how wrong the network is on each set that was held back. limit: of what is looked at of each."""
        ...


@dataclass(frozen=True)
class Step:
    """What is told while learning goes on. seconds_left: None until it can be guessed."""

    step: int
    steps: int
    loss: float
    learning_rate: float
    seconds_left: float | None


@dataclass
class Place:
    """Where learning stands: the round, the batch in it that comes next, and how many steps were made."""

    turn: int = 0
    batch: int = 0
    step: int = 0
    seen: int = 0
    seconds: float = 0.0


@dataclass
class Best:
    """The best measurement so far, and how many came after it."""

    score: float = math.inf
    step: int = 0
    since: int = 0
    by_set: dict[str, float] = field(default_factory=dict)
    before: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """How learning ended. before, after: how wrong the network was on each set. is_done: nothing is left to do."""

    is_done: bool
    reason: str
    place: Place
    before: dict[str, float]
    after: dict[str, float]
    best_step: int


def learn(
    task: Task,
    settings: TrainSettings,
    folder: Path,
    *,
    on_step: Callable[[Step], None] = lambda step: None,
    on_validation: Callable[[int, dict[str, float]], None] = lambda step, scores: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Outcome:
    """Let a network learn; on return it has the best weights that were found.

    folder: of this run, which is gone on with where it holds one: checkpoints and journals are written to it.
    should_stop: asked after each step; when it says so, the run is saved and can be gone on with.
    Raises ModelError where the loss is not a number: the last good weights stay; OutputError where it cannot save.
    """
    run = _Run(task, settings, folder, on_validation)
    place, module, optimizer = run.place, run.module, run.optimizer
    plans = task.plan(place.turn)
    precision = _precision(task, settings, module, plans, run.device)
    if not place.step:
        run.measure()
    began, first, losses = time.monotonic(), _progress(place, len(plans), settings), list[float]()
    seconds_before = place.seconds
    with ThreadPoolExecutor(1) as workers:
        ahead: Future[tuple[Tensor, ...]] | None = None
        while place.turn < settings.rounds and run.best.since < settings.patience:
            if place.batch >= len(plans):
                place.turn, place.batch = place.turn + 1, 0
                plans = task.plan(place.turn) if place.turn < settings.rounds else ()
                continue
            plan = plans[place.batch]
            values, *targets = task.prepare(plan) if ahead is None else ahead.result()
            # While the network works, another thread makes the next pictures.
            following = plans[place.batch + 1] if place.batch + 1 < len(plans) else None
            ahead = workers.submit(task.prepare, following) if following is not None else None

            # The rate rises, then falls along half a cosine: large steps in between, small ones to settle.
            progress = _progress(place, len(plans), settings)
            rate = _rate(progress, settings)
            for group in optimizer.param_groups:
                group["lr"] = rate
            # Products in half precision, sums in single: of twice the speed where the processor has them.
            with _autocast(run.device, precision):
                scores = module(values.to(run.device), scores=True)
            loss = task.loss(scores, *(each.to(run.device) for each in targets))
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it without types
            # One odd picture must not undo what a thousand have taught.
            length = float(nn.utils.clip_grad_norm_(module.parameters(), settings.clip))
            error = float(loss.detach())
            if not math.isfinite(error) or not math.isfinite(length):
                raise ModelError(
                    f"the loss is not a number any more at step {place.step + 1}; the weights of step {run.best.step} "
                    f'are kept in "{folder / BEST}"',
                    remedy="start again in another folder with a lower --learning-rate",
                )
            optimizer.step()
            # The mean of the last thousand steps reads better than any one of them.
            _follow(run.average, module, min(settings.average, (1 + place.step) / (10 + place.step)))

            place.step, place.batch, place.seen = place.step + 1, place.batch + 1, place.seen + task.size(plan)
            elapsed = time.monotonic() - began
            place.seconds = seconds_before + elapsed
            run.journal.step(place.step, place.turn, place.seen, place.seconds, error, rate, length)
            losses = [*losses[1 - _SMOOTH :], error]
            now = _progress(place, len(plans), settings)
            left = elapsed * (1 - now) / (now - first) if now > first else None
            on_step(Step(place.step, round(place.step / now), sum(losses) / len(losses), rate, left))

            if place.step % settings.validate_every == 0:
                run.measure()
            elif run.seconds_unsaved >= settings.save_every_s:
                run.save(LATEST)
            if place.step % _GIVEN_BACK == 0:
                give_back()
            if should_stop():
                run.save(LATEST)
                return run.outcome(False, "it was stopped")
    if place.step % settings.validate_every:
        run.measure()
    run.take_best()
    is_worse = run.best.since >= settings.patience
    return run.outcome(True, f"{run.best.since} measurements brought nothing better" if is_worse else "all was learnt")


class _Run:
    """What a run has in memory, and its way to the disk and back."""

    def __init__(
        self, task: Task, settings: TrainSettings, folder: Path, on_validation: Callable[[int, dict[str, float]], None]
    ) -> None:
        self._task, self._folder, self._on_validation = task, folder, on_validation
        self.device = device_of(settings)
        torch.set_num_threads(settings.threads or available_threads())
        limit_arenas(available_threads())
        self.module = task.trainable.module.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        _freeze(self.module, settings.freeze)
        self.optimizer = _optimizer(self.module, settings)
        self.average = {name: each.detach().clone() for name, each in self.module.named_parameters()}
        self.place, self.best = Place(), Best()
        self._network = checkpoint.fingerprint(self.module, str(task.trainable.charset))
        if (folder / LATEST).is_file():
            state = checkpoint.load(folder / LATEST, self._network)
            self.module.load_state_dict(state["weights"])
            _put(self.average, state["average"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.place, self.best = Place(**state["place"]), Best(**state["best"])
        self.journal = Journal(folder, self.place.step)
        self._saved = time.monotonic()

    @property
    def seconds_unsaved(self) -> float:
        return time.monotonic() - self._saved

    def save(self, name: str) -> None:
        """Write all of it to a file, which is replaced in one step."""
        state = {
            "network": self._network,
            "weights": self.module.state_dict(),
            "average": self.average,
            "optimizer": self.optimizer.state_dict(),
            "place": vars(self.place),
            "best": vars(self.best),
        }
        checkpoint.save(state, self._folder / name)
        self._saved = time.monotonic()

    def measure(self) -> None:
        """Measure the averaged weights, keep them where they are the best, and save."""
        own = {name: each.detach().clone() for name, each in self.module.named_parameters()}
        _put(dict(self.module.named_parameters()), self.average)
        try:
            scores = self._task.validate(self.device)
        finally:
            _put(dict(self.module.named_parameters()), own)
        mean = sum(scores.values()) / max(len(scores), 1)
        best = self.best
        if not self.place.step:
            best.before = scores
        is_better = mean < best.score
        best.since = 0 if is_better else best.since + 1
        if is_better:
            best.score, best.step, best.by_set = mean, self.place.step, scores
            self.save(BEST)
        self.journal.validation(self.place.step, self._task.measure, scores)
        self._on_validation(self.place.step, scores)
        self.save(LATEST)
        give_back()

    def take_best(self) -> None:
        """Give the network the best averaged weights."""
        state = checkpoint.load(self._folder / BEST, self._network)
        _put(dict(self.module.named_parameters()), state["average"])

    def outcome(self, is_done: bool, reason: str) -> Outcome:
        return Outcome(is_done, reason, self.place, self.best.before, self.best.by_set, self.best.step)


def device_of(settings: TrainSettings) -> torch.device:
    """Return torch's device for one of ours. Raises DeviceError where it is not there."""
    kind, _, index = settings.device.partition(":")
    if kind == "cpu":
        return torch.device("cpu")
    name = {"gpu": "cuda", "dcu": "cuda"}.get(kind, kind)
    module = getattr(torch, name, None)
    if module is None or not module.is_available():
        raise DeviceError(f'there is no device "{settings.device}" here', remedy="use --device cpu")
    return torch.device(name, int(index or 0)) if name != "mps" else torch.device(name)


def _progress(place: Place, batches: int, settings: TrainSettings) -> float:
    """Return the share of all rounds that is done."""
    return min(1.0, (place.turn + place.batch / max(batches, 1)) / settings.rounds)


def _rate(progress: float, settings: TrainSettings) -> float:
    """Return the learning rate: a straight rise, then half a cosine down (Loshchilov, Hutter, 2017)."""
    if progress < settings.warm_up:
        return settings.learning_rate * max(progress / settings.warm_up, 0.01)
    along = (progress - settings.warm_up) / max(1 - settings.warm_up, 1e-9)
    share = settings.last_rate + (1 - settings.last_rate) * 0.5 * (1 + math.cos(math.pi * along))
    return settings.learning_rate * share


def _optimizer(module: nn.Module, settings: TrainSettings) -> torch.optim.Optimizer:
    learnt = [each for each in module.parameters() if each.requires_grad]
    # Biases and scales are left to grow: decay makes kernels small, not thresholds.
    groups = [
        {"params": [each for each in learnt if each.squeeze().dim() > 1], "weight_decay": settings.weight_decay},
        {"params": [each for each in learnt if each.squeeze().dim() <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=settings.learning_rate)


def _freeze(module: GraphModule, share: float) -> None:
    """Leave the weights of the first layers as they are: what they see, edges, is the same in all writing."""
    by_use = module.weights_by_use()
    for each in by_use[: int(len(by_use) * share)]:
        each.requires_grad_(False)


@torch.no_grad()
def _follow(average: dict[str, Tensor], module: nn.Module, memory: float) -> None:
    names = dict(module.named_parameters())
    torch._foreach_lerp_([average[name] for name in names], [each.detach() for each in names.values()], 1 - memory)


@torch.no_grad()
def _put(to: Mapping[str, Tensor], values: Mapping[str, Tensor]) -> None:
    for name, each in to.items():
        each.copy_(values[name])


def _autocast(device: torch.device, precision: str) -> AbstractContextManager[Any]:
    return torch.autocast(device.type, torch.bfloat16) if precision == "bf16" else nullcontext()


def _precision(
    task: Task, settings: TrainSettings, module: GraphModule, plans: Sequence[Any], device: torch.device
) -> str:
    """Return in what the products are computed: where it is not said, in what is the faster here for one batch."""
    if settings.precision != "auto" or not plans:
        return settings.precision
    if device.type != "cpu":
        return "bf16"
    values, *targets = task.prepare(plans[0])
    seconds = {}
    for precision in ("f32", "bf16"):
        times = []
        for _ in range(2):  # the first one compiles
            start = time.perf_counter()
            with _autocast(device, precision):
                scores = module(values, scores=True)
            task.loss(scores, *targets).backward()  # type: ignore[no-untyped-call]
            times.append(time.perf_counter() - start)
        seconds[precision] = min(times)
    module.zero_grad(set_to_none=True)
    return min(seconds, key=lambda precision: seconds[precision])
