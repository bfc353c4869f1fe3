"""Learning on a network that is small enough for tests; benchmarks/proofs/training.py does it with real ones."""

import csv
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from small_networks import CHARACTERS, recognizer

from inkread.errors import DeviceError, ModelError, OutputError
from inkread.train import checkpoint
from inkread.train.loop import BEST, LATEST, learn
from inkread.train.network import load_trainable
from inkread.train.recognition import RecognitionTask
from inkread.train.settings import TrainSettings

SETTINGS = TrainSettings(
    rounds=6, learning_rate=5e-3, warm_up=0.1, batch_px=1000, augment=0, average=0.5, validate_every=8, threads=1,
    precision="f32", save_every_s=1e9, seed=3,
)  # fmt: skip


class Bars:
    """Lines of a made-up script: each character is bars of its own at its own height."""

    def __init__(self, count, seed):
        rng = np.random.default_rng(seed)
        self.texts = ["".join(rng.choice(list(CHARACTERS[:8]), int(rng.integers(3, 6)))) for _ in range(count)]

    def __len__(self):
        return len(self.texts)

    def width(self, index, turn):
        return len(self.texts[index]) * 0.5 + 0.4

    def line(self, index, turn):
        text = self.texts[index]
        picture = np.full((48, 24 * len(text) + 20, 3), 220, np.uint8)
        for k, char in enumerate(text):
            code = CHARACTERS.index(char)
            x = 10 + 24 * k
            picture[4 + 5 * code : 10 + 5 * code, x : x + 16] = 20
        return picture, text


@pytest.fixture
def task(tmp_path):
    def make(settings=SETTINGS):
        trainable = load_trainable(str(recognizer(tmp_path / "r.onnx")), "recognition")
        return RecognitionTask(trainable, [Bars(48, 1)], {"others": Bars(16, 2)}, settings)

    return make


def weights(task):
    return {name: each.detach().clone() for name, each in task.trainable.module.named_parameters()}


def assert_same(one, other):
    assert one.keys() == other.keys()
    for name in one:
        assert torch.allclose(one[name], other[name], atol=1e-6), name


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "run").mkdir()
    return tmp_path / "run"


def test_a_network_learns_to_read_what_it_never_saw(task, folder):
    settings = SETTINGS.with_(rounds=40)
    outcome = learn(task(settings), settings, folder)
    assert outcome.is_done
    assert outcome.before["others"] > 60
    assert outcome.after["others"] < 10


def test_the_journal_has_each_step_and_each_measurement(task, folder):
    told, measured = [], []
    outcome = learn(
        task(), SETTINGS, folder, on_step=told.append, on_validation=lambda step, scores: measured.append(step)
    )
    with (folder / "steps.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [int(row["step"]) for row in rows] == list(range(1, outcome.place.step + 1)) == [step.step for step in told]
    assert int(rows[-1]["seen"]) == 48 * SETTINGS.rounds
    rates = [float(row["learning_rate"]) for row in rows]
    assert max(rates) <= SETTINGS.learning_rate
    assert rates[0] < rates[len(rates) // 4] > rates[-1]
    with (folder / "validation.csv").open() as file:
        assert [int(row["step"]) for row in csv.DictReader(file)] == measured
    assert told[-1].seconds_left == pytest.approx(0, abs=1)
    assert measured[:3] == [0, 8, 16]


def steps_in(path):
    return [row.split(",")[0] for row in path.read_text().split()]


class Killed(BaseException):
    pass


@pytest.mark.parametrize("moment", [3, 8, 13])
def test_a_run_that_was_killed_goes_on_as_if_it_had_not_been(task, folder, tmp_path, moment):
    (tmp_path / "whole").mkdir()
    settings = SETTINGS.with_(rounds=4, save_every_s=0)
    whole, parts = task(settings), task(settings)
    expected = learn(whole, settings, tmp_path / "whole")

    def kill(step):
        if step.step == moment:
            raise Killed  # before this step is saved

    with pytest.raises(Killed):
        learn(parts, settings, folder, on_step=kill)
    again = task(settings)
    outcome = learn(again, settings, folder)
    assert_same(weights(again), weights(whole))
    assert (outcome.place.step, outcome.best_step, outcome.after) == (
        expected.place.step, expected.best_step, expected.after,
    )  # fmt: skip
    for name in ("steps.csv", "validation.csv"):
        assert steps_in(folder / name) == steps_in(tmp_path / "whole" / name)


def test_a_run_can_be_stopped_after_any_step_and_gone_on_with(task, folder, tmp_path):
    (tmp_path / "whole").mkdir()
    settings = SETTINGS.with_(rounds=2)
    whole, part = task(settings), task(settings)
    learn(whole, settings, tmp_path / "whole")
    outcome = learn(part, settings, folder, should_stop=lambda: True)
    assert not outcome.is_done
    assert outcome.place.step == 1
    again = task(settings)
    assert learn(again, settings, folder).is_done
    assert_same(weights(again), weights(whole))


def test_a_loss_that_is_no_number_ends_it_and_keeps_the_last_good_weights(task, folder):
    broken = task()
    loss, calls = broken.loss, []

    def poisoned(scores, *targets):
        calls.append(1)
        return loss(scores, *targets) * (math.nan if len(calls) == 12 else 1)

    broken.loss = poisoned
    with pytest.raises(ModelError, match=r"no.* number any more at step 12; the weights of step 8 .* lower --learning"):
        learn(broken, SETTINGS, folder)
    good = task()
    state = checkpoint.load(folder / BEST, checkpoint.fingerprint(good.trainable.module, str(good.trainable.charset)))
    assert all(torch.isfinite(each).all() for each in state["average"].values())
    assert all(torch.isfinite(each).all() for each in state["weights"].values())


def test_it_ends_where_nothing_gets_better(task, folder):
    settings = SETTINGS.with_(rounds=100, learning_rate=1e-9, validate_every=1, patience=3)
    outcome = learn(task(settings), settings, folder)
    assert outcome.is_done
    assert outcome.reason == "3 measurements brought nothing better"
    assert outcome.place.step <= 5


def test_a_full_disk_loses_nothing(task, folder, monkeypatch):
    settings = SETTINGS.with_(rounds=2, save_every_s=0)
    learn(task(settings), settings, folder, should_stop=lambda: True)
    before = (folder / LATEST).read_bytes()

    def full(state, file):
        file.write(b"half of it")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(OutputError, match=r"cannot write .*latest.pt.*No space left"):
        learn(task(settings), settings, folder)
    assert (folder / LATEST).read_bytes() == before
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]


def test_a_checkpoint_of_another_network_is_refused(task, folder, tmp_path):
    settings = SETTINGS.with_(rounds=1)
    learn(task(settings), settings, folder)
    other = load_trainable(str(recognizer(tmp_path / "other.onnx", width=20)), "recognition")
    with pytest.raises(ModelError, match="belongs to another network"):
        learn(RecognitionTask(other, [Bars(8, 1)], {}, settings), settings, folder)
    letters = load_trainable(str(recognizer(tmp_path / "letters.onnx", CHARACTERS[::-1])), "recognition")
    with pytest.raises(ModelError, match="belongs to another network or another charset"):
        learn(RecognitionTask(letters, [Bars(8, 1)], {}, settings), settings, folder)


@pytest.mark.parametrize("content", [b"", b"no checkpoint", b"PK\x03\x04"])
def test_what_is_no_checkpoint_is_told(tmp_path, content):
    (tmp_path / "x.pt").write_bytes(content)
    with pytest.raises(ModelError, match="is no checkpoint"):
        checkpoint.load(tmp_path / "x.pt", "n")


def test_a_checkpoint_holds_numbers_and_no_programs(tmp_path):
    import os

    class Evil:
        def __reduce__(self):
            return os.system, (f"touch {tmp_path / 'ran'}",)

    torch.save(Evil(), tmp_path / "x.pt")
    with pytest.raises(ModelError, match="is no checkpoint"):
        checkpoint.load(tmp_path / "x.pt", "n")
    assert not (tmp_path / "ran").exists()


def test_frozen_layers_stay_as_they_are(task, folder):
    settings = SETTINGS.with_(rounds=1, freeze=0.3)
    taught = task(settings)
    before = weights(taught)
    learn(taught, settings, folder)
    after = weights(taught)
    assert torch.equal(before["conv/0"], after["conv/0"])
    assert not torch.equal(before["head"], after["head"])


def test_the_faster_precision_is_found(task, folder):
    settings = SETTINGS.with_(rounds=1, precision="auto")
    assert learn(task(settings), settings, folder).is_done


def test_a_device_that_is_not_there_is_told(task, folder):
    settings = SETTINGS.with_(device="mlu:0")
    with pytest.raises(DeviceError, match='no device "mlu:0"'):
        learn(task(settings), settings, folder)


def test_batches_have_lines_of_like_width_each_once_and_the_same_again():
    from inkread.train.lines import make_batch, plan_round

    sources = [Bars(40, 1), Bars(30, 2)]
    plans = plan_round(sources, 4, SETTINGS)
    assert plans == plan_round(sources, 4, SETTINGS) != plan_round(sources, 5, SETTINGS)
    members = sorted(member for plan in plans for member in plan.members)
    assert members == [(0, k) for k in range(40)] + [(1, k) for k in range(30)]
    settings = SETTINGS.with_(augment=1.0)
    for plan in plans:
        batch = make_batch(sources, plan, settings)
        assert np.array_equal(batch.pictures, make_batch(sources, plan, settings).pictures)
        assert len(plan.members) * batch.pictures.shape[2] < 2 * SETTINGS.batch_px
    assert replace(batch).texts == batch.texts
