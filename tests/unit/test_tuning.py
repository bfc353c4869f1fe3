import numpy as np
import pytest

from inkread import tuning
from inkread.cli.app import run as inkread
from inkread.configuration import load_yaml
from inkread.errors import DeviceError, ModelError, OptionError, OutputError
from inkread.options import ReaderOptions
from inkread.tuning import sample_page, tune

PAGE = np.zeros((10, 10, 3), np.uint8)


@pytest.fixture(autouse=True)
def _machine(monkeypatch):
    monkeypatch.setattr(tuning, "engines", lambda: ("openvino", "onnx"))
    monkeypatch.setattr(tuning, "available_threads", lambda: 4)


def faked(options, pages):
    """A machine: OpenVINO is twice as fast as ONNX Runtime, bf16 as f32, int8 reads nonsense, four threads help."""
    runtime = options.runtime
    if runtime.precision == "bf16" and runtime.engine == "onnx":
        raise ModelError("no bf16")
    seconds = {"f32": 1.0, "bf16": 0.5, "int8": 0.1, "auto": 1.0}[runtime.precision]
    seconds *= {"openvino": 1, "onnx": 2}.get(runtime.engine, 1) / (runtime.threads or 1) ** 0.5
    seconds *= 0.9 if runtime.batch == 4 else 1
    return seconds, "xxxx" if runtime.precision == "int8" else "text"


@pytest.mark.row("S4-60")
def test_the_fastest_that_reads_the_same_comes_first():
    trials = tune([PAGE], measure=faked)
    best = trials[0].runtime
    assert (best.engine, best.precision, best.threads, best.batch) == ("openvino", "bf16", 4, 4)
    assert trials[-1].runtime.precision == "int8"
    assert trials[-1].different > 50
    assert {trial.runtime.threads for trial in trials} == {1, 2, 4}


def test_other_options_stay_and_each_trial_is_told():
    told = []
    trials = tune([PAGE], ReaderOptions(runtime={"cache": False}), measure=faked, on_trial=told.append)
    assert set(told) == set(trials)
    assert all(not trial.runtime.cache for trial in trials)


def test_what_cannot_run_is_passed_over_and_nothing_at_all_is_an_error():
    def only_onnx(options, pages):
        if options.runtime.engine == "openvino":
            raise DeviceError("not here")
        return faked(options, pages)

    assert {trial.runtime.engine for trial in tune([PAGE], measure=only_onnx)} == {"onnx"}

    def nothing(options, pages):
        raise DeviceError("not here")

    with pytest.raises(DeviceError, match="no engine runs here"):
        tune([PAGE], measure=nothing)
    with pytest.raises(OptionError, match="no page"):
        tune([], measure=faked)


def test_the_command_writes_options_and_overwrites_nothing(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(tuning, "_measured", faked)
    out = tmp_path / "tuned.yaml"
    assert inkread(["tune", "-o", str(out)]) == 0
    shown = capsys.readouterr()
    assert "openvino bf16, 4 threads, batch 4: written to" in shown.out
    assert "s a page" in shown.err
    options = load_yaml(out, ReaderOptions)
    assert (options.runtime.precision, options.runtime.threads) == ("bf16", 4)
    assert inkread(["tune", "-o", str(out)]) == OutputError.exit_code


def test_the_drawn_page_is_a_page_of_text():
    page = sample_page()
    assert page.shape == (1754, 1240, 3)
    assert 0.02 < (page < 128).mean() < 0.3
