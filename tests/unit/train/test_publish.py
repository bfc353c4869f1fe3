import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from small_networks import CHARACTERS, bars, recognizer

from inkread.cli.app import run as inkread
from inkread.errors import (
    DamagedInputError,
    ModelError,
    NothingToReadError,
    OptionError,
    OutputError,
    SourceNotFoundError,
)
from inkread.recognize.ngrams import NGrams
from inkread.registry.bundle import import_models
from inkread.registry.cards import card_in_folder
from inkread.registry.store import Store
from inkread.train.publish import About, publish
from inkread.train.run import Lesson, prepare_again, prepare_recognizer, teach
from inkread.train.settings import TrainSettings

SETTINGS = TrainSettings(rounds=2, batch_px=1000, threads=1, precision="f32", held_back=0.25)
ABOUT = About("my_hand", "CC-BY-4.0", ("fr", "en"), ("test bars, CC0-1.0, made up",))


@pytest.fixture
def labels(tmp_path):
    return bars(tmp_path / "labels", 16)


@pytest.fixture
def lesson(tmp_path, labels):
    return Lesson(model=str(recognizer(tmp_path / "r.onnx")), data=(labels,))


def taught(lesson, folder, settings=SETTINGS):
    prepared = prepare_recognizer(lesson, settings)
    teach(
        prepared, lesson, settings, folder, on_step=lambda step: None, on_validation=lambda step, scores: None,
        should_stop=lambda: False,
    )  # fmt: skip
    return prepared


@pytest.mark.row("S4-18", "S4-83")
def test_a_run_becomes_a_model_that_can_be_imported_and_read_with(lesson, tmp_path):
    taught(lesson, tmp_path / "run")
    published = publish(tmp_path / "run", tmp_path / "model", ABOUT)
    assert published.parity < 1e-3
    assert sorted(path.name for path in (tmp_path / "model").iterdir()) == ["README.md", "card.yaml", "my_hand.onnx"]
    card = card_in_folder(tmp_path / "model")
    assert (card.license, card.languages, card.trained_on[:-1]) == ("CC-BY-4.0", ("fr", "en"), ABOUT.trained_on)
    assert card.trained_on[-1].startswith("begun from ")
    assert [figure.metric for figure in card.figures] == ["CER"]
    assert list(card.calibration) == sorted(card.calibration)
    report = (tmp_path / "model" / "README.md").read_text()
    assert "| labels | CER, held back |" in report
    assert "test bars, CC0-1.0" in report
    store = Store(tmp_path / "store")
    import_models(store, tmp_path / "model")
    found = Store(tmp_path / "store").card("my_hand", "recognition")
    assert Store(tmp_path / "store").characters(found).split("\n") == list(CHARACTERS)
    from inkread import Reader, ReaderOptions

    with Reader(ReaderOptions(recognizer=str(tmp_path / "model"))) as reader:
        assert "my_hand" in reader.generator


def test_the_weights_that_a_run_has_got_to_may_be_published_in_place_of_the_best(lesson, tmp_path):
    taught(lesson, tmp_path / "run")
    best = publish(tmp_path / "run", tmp_path / "best", replace(ABOUT, keep=0.0))
    state = torch.load(tmp_path / "run" / "latest.pt")
    state["average"] = {name: each * 0.5 for name, each in state["average"].items()}
    torch.save(state, tmp_path / "run" / "latest.pt")
    last = publish(tmp_path / "run", tmp_path / "last", replace(ABOUT, keep=0.0, is_last=True))
    assert last.card.files[0].sha256 != best.card.files[0].sha256
    assert [each.after for each in last.comparisons] != [each.after for each in best.comparisons]


def test_a_model_may_come_with_ngrams_that_it_reads_with(lesson, tmp_path):
    from inkread import Reader, ReaderOptions

    taught(lesson, tmp_path / "run")
    ngrams = tmp_path / "words.npz"
    logs = dict.fromkeys((*CHARACTERS, " "), -1.0)
    NGrams.from_logarithms({"en": (logs, logs)}).write(ngrams)
    publish(tmp_path / "run", tmp_path / "model", replace(ABOUT, ngrams=ngrams))
    card = card_in_folder(tmp_path / "model")
    assert [file.name.rpartition("/")[2] for file in card.files] == ["my_hand.onnx", "my_hand.npz"]
    assert all(file.sha256 for file in card.files)
    assert card.ngrams == card.files[1].name
    store = Store(tmp_path / "store")
    import_models(store, tmp_path / "model")
    assert store.find(Store(tmp_path / "store").card("my_hand", "recognition")).parent == tmp_path / "store" / "my_hand"
    with Reader(ReaderOptions(recognizer=str(tmp_path / "model"))) as reader:
        reader.read(np.full((48, 200, 3), 255, np.uint8))
    (tmp_path / "model" / "my_hand.npz").write_bytes(b"another file")
    with pytest.raises(ModelError), Reader(ReaderOptions(recognizer=str(tmp_path / "model"))):
        pass
    with pytest.raises(ModelError, match="holds no n-grams"):
        publish(tmp_path / "run", tmp_path / "x", replace(ABOUT, ngrams=tmp_path / "model" / "card.yaml"))
    assert not (tmp_path / "x").exists()


def test_nothing_is_overwritten_and_names_and_licences_are_asked_for(lesson, tmp_path):
    taught(lesson, tmp_path / "run")
    (tmp_path / "model").mkdir()
    with pytest.raises(OutputError, match="exists already"):
        publish(tmp_path / "run", tmp_path / "model", ABOUT)
    for about, error in (
        (About("../x", "MIT"), ModelError),
        (About("x", " "), OptionError),
        (About("x", "MIT", precision="f8"), OptionError),
    ):
        with pytest.raises(error):
            publish(tmp_path / "run", tmp_path / "other", about)
    assert not (tmp_path / "other").exists()


def test_old_weights_can_be_kept_in_part(lesson, tmp_path):
    from inkread.runtime.onnx_graph import load_graph

    taught(lesson, tmp_path / "run")
    heads = {}
    for keep in (0.0, 0.5):
        publish(tmp_path / "run", tmp_path / str(keep), replace(ABOUT, keep=keep, precision="f32"))
        heads[keep] = load_graph(tmp_path / str(keep) / "my_hand.onnx").constants["head"]
    before = load_graph(Path(str(lesson.model))).constants["head"]
    assert np.allclose(heads[0.5], (heads[0.0] + before) / 2, atol=1e-6)
    assert "50 % of whose weights are kept" in card_in_folder(tmp_path / "0.5").trained_on[-1]
    with pytest.raises(OptionError, match="keep is 1"):
        publish(tmp_path / "run", tmp_path / "x", replace(ABOUT, keep=1.0))


def test_a_run_is_published_where_its_labels_are(lesson, labels, tmp_path):
    taught(lesson, tmp_path / "run")
    labels.rename(tmp_path / "elsewhere")
    with pytest.raises(SourceNotFoundError, match=r"was taught .*labels.*, which is not here"):
        publish(tmp_path / "run", tmp_path / "model", ABOUT)


def test_a_folder_without_a_run_is_told(tmp_path):
    with pytest.raises(SourceNotFoundError, match="no run in"):
        publish(tmp_path, tmp_path / "model", ABOUT)


def test_a_file_that_gives_something_else_is_not_published(lesson, tmp_path, monkeypatch):
    from inkread.train import publish as module

    taught(lesson, tmp_path / "run")
    monkeypatch.setattr(module, "_PARITY", -1.0)
    with pytest.raises(ModelError, match="probabilities differ"):
        publish(tmp_path / "run", tmp_path / "model", ABOUT)
    assert not (tmp_path / "model").exists()
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".model")]


def test_a_run_is_gone_on_with_only_as_what_it_was(lesson, tmp_path, labels):
    taught(lesson, tmp_path / "run")
    taught(lesson, tmp_path / "run", SETTINGS.with_(rounds=3, learning_rate=1e-4))
    assert json.loads((tmp_path / "run" / "run.json").read_text())["settings"]["rounds"] == 3
    with pytest.raises(OptionError, match="holds a run with other seed"):
        taught(lesson, tmp_path / "run", SETTINGS.with_(seed=9))
    with pytest.raises(OptionError, match="holds a run with other data"):
        taught(Lesson(model=lesson.model, data=(labels, labels)), tmp_path / "run")
    assert len(prepare_again(tmp_path / "run").notices) == 0


def test_what_is_wrong_with_the_data_is_told_before_learning(lesson, tmp_path, labels):
    def with_labels(text):
        (labels / "labels.txt").write_text(text)
        return lesson

    with pytest.raises(DamagedInputError, match="1 of 2 labels have characters that the model cannot write: Ω"):
        prepare_recognizer(with_labels("0.png\t01\n1.png\tΩ\n"), SETTINGS)
    added = Lesson(model=lesson.model, data=lesson.data, add_characters=True)
    assert "Ω" in prepare_recognizer(added, SETTINGS).trainable.letters.symbols
    left_out = Lesson(model=lesson.model, data=lesson.data, leave_out_unknown=True)
    with_labels("0.png\t01\n1.png\tΩ\n2.png\t23\n")
    assert prepare_recognizer(left_out, SETTINGS).notices[0].startswith("1 lines of")
    with pytest.raises(OptionError, match="one labelled line"):
        prepare_recognizer(with_labels("0.png\t01\n"), SETTINGS)
    long = prepare_recognizer(with_labels(f"0.png\t{'01' * 200}\n1.png\t01\n2.png\t23\n"), SETTINGS)
    assert "too long for their pictures" in long.notices[0]
    with pytest.raises(NothingToReadError, match="nothing to learn from"):
        prepare_recognizer(Lesson(), SETTINGS)
    with pytest.raises(NothingToReadError, match=r"no line of .* is left"):
        prepare_recognizer(with_labels(f"0.png\t{'01' * 200}\n"), SETTINGS)


def test_the_command_teaches_and_publishes(lesson, tmp_path, labels, capsys):
    out = str(tmp_path / "run")
    (tmp_path / "s.yaml").write_text("rounds: 5\nbatch_px: 1000\nprecision: f32\n")
    teach_it = ["train", "recognizer", "--from", str(lesson.model), "--data", str(labels), "--out", out]
    assert inkread([*teach_it, "--config", str(tmp_path / "s.yaml"), "--rounds", "1", "--threads", "1"]) == 0
    shown = capsys.readouterr()
    assert "labels: CER" in shown.out
    assert "step 0: labels" in shown.err
    assert "all was learnt" in shown.err
    model = str(tmp_path / "model")
    publish_it = ["train", "publish", out, model, "--name", "bars", "--license", "MIT", "--languages", "en"]
    assert inkread([*publish_it, "--trained-on", "bars"]) == 0
    assert "bytes, probabilities within" in capsys.readouterr().err
    assert inkread(publish_it) == OutputError.exit_code
    assert inkread([*teach_it[:-1], str(tmp_path / "other"), "--data", str(tmp_path / "no")]) == 3


def test_training_without_its_packages_is_told(lesson, labels, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("inkread.extras.find_spec", lambda name: None)
    command = ["train", "recognizer", "--data", str(labels), "--out", str(tmp_path / "run")]
    assert inkread(command) == 16
    assert "pip install inkread[train]" in capsys.readouterr().err
