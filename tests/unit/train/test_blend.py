"""What is published of what was learnt."""

import torch
from small_networks import CHARACTERS, recognizer

from inkread.train import blend as module
from inkread.train.blend import blend
from inkread.train.network import class_weights, load_trainable
from inkread.train.run import Prepared


class Measured:
    """A task that is said to be read wrong so much for each share of the old weights."""

    def __init__(self, trainable, wrong):
        self._trainable, self._wrong = trainable, wrong
        self.limits = []

    def validate(self, device="cpu", limit=None):
        self.limits.append(limit)
        share = float(next(iter(self._trainable.module.parameters())).detach().flatten()[0])
        return self._wrong(round(share, 3))


def prepared(tmp_path, wrong):
    """A network whose weights are their own share: 1 before, 0 where it was taught."""
    trainable = load_trainable(str(recognizer(tmp_path / "r.onnx")), "recognition")
    with torch.no_grad():
        for each in trainable.module.parameters():
            each.fill_(1.0)
    learnt = {name: torch.zeros_like(each) for name, each in trainable.module.named_parameters()}
    return Prepared(trainable, Measured(trainable, wrong)), learnt


def test_the_most_is_kept_that_costs_next_to_nothing(tmp_path):
    wrong = {0.0: 8.0, 0.1: 7.5, 0.2: 7.6, 0.3: 7.7, 0.4: 7.8, 0.5: 9.0}
    task, learnt = prepared(tmp_path, lambda share: {"taught": 2 * wrong[share], "other": 0.0})
    found = blend(task, learnt, None)
    assert found.keep == 0.2
    assert found.tried[0.5] == {"taught": 18.0, "other": 0.0}
    assert {float(each.detach().flatten()[0]) for each in task.trainable.module.parameters()} == {
        float(torch.tensor(0.2))
    }
    assert set(task.task.limits) == {40}


def test_a_share_that_is_given_is_taken_unmeasured(tmp_path):
    task, learnt = prepared(tmp_path, lambda share: {"x": 0.0})
    assert (blend(task, learnt, 0.5).keep, task.task.limits) == (0.5, [])


class Shown:
    """A task in which some characters are shown."""

    def texts(self):
        yield from ("0011", "00 11", "011 " * 5, "2")


def test_characters_that_were_hardly_shown_stay_as_they_were(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "RecognitionTask", Shown)
    trainable = load_trainable(str(recognizer(tmp_path / "r.onnx")), "recognition")
    before = {name: each.detach().clone() for name, each in trainable.module.named_parameters()}
    learnt = {name: each + 1 for name, each in before.items()}
    found = blend(Prepared(trainable, Shown()), learnt, 0.0)
    assert found.kept_classes == len(CHARACTERS) - 2
    now = dict(trainable.module.named_parameters())
    for name, axis in class_weights(trainable):
        expected = [float(symbol in "01 ") for symbol in trainable.letters.symbols]  # the first is the blank, ""
        changed = (now[name] - before[name]).detach().movedim(axis, 0).reshape(len(expected), -1).mean(1)
        assert torch.allclose(changed, torch.tensor(expected), atol=1e-5)


def test_characters_that_were_added_are_never_as_they_were(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "RecognitionTask", Shown)
    trainable = load_trainable(str(recognizer(tmp_path / "r.onnx")), "recognition", add_characters="Ω")
    assert trainable.added == {"Ω"}
    learnt = {name: each.detach() + 1 for name, each in trainable.module.named_parameters()}
    assert blend(Prepared(trainable, Shown()), learnt, 0.0).kept_classes == len(CHARACTERS) - 2
