"""The networks that tests leave open for each other behave like those that are opened anew."""

import kept_networks
import numpy as np
import pytest
from kept_networks import KeptNetworks

from inkread.errors import ClosedError
from inkread.options import RuntimeOptions
from inkread.runtime.session import FakeSession, Network, Session


@pytest.fixture
def opened(monkeypatch) -> list[Session]:
    sessions: list[Session] = []

    def open_session(network, options, *, streams):
        sessions.append(FakeSession(lambda batch: batch + 1.0))
        return sessions[-1]

    monkeypatch.setattr(kept_networks, "open_session", open_session)
    return sessions


def test_a_network_is_opened_once_and_again_with_other_options_or_another_file(opened, tmp_path):
    file = tmp_path / "a.onnx"
    file.write_bytes(b"1")
    networks = KeptNetworks()
    networks.open(Network(file), RuntimeOptions(), streams=True).close()
    networks.open(Network(file), RuntimeOptions(), streams=True).close()
    assert len(opened) == 1
    networks.open(Network(file), RuntimeOptions(precision="f32"), streams=True)
    file.unlink()
    file.write_bytes(b"2")
    networks.open(Network(file), RuntimeOptions(), streams=True)
    assert len(opened) == 3


def test_what_was_closed_runs_no_more_and_the_next_one_does(opened, tmp_path):
    (tmp_path / "a.onnx").touch()
    networks = KeptNetworks()
    first = networks.open(Network(tmp_path / "a.onnx"), RuntimeOptions(), streams=True)
    first.close()
    with pytest.raises(ClosedError):
        first.run(np.zeros((1, 2, 2, 3), np.float32))
    second = networks.open(Network(tmp_path / "a.onnx"), RuntimeOptions(), streams=True)
    assert isinstance(second, Session)
    assert second.run(np.zeros((1, 2, 2, 3), np.float32)).max() == 1


def test_those_used_longest_ago_are_closed_and_none_that_is_in_use(opened, tmp_path):
    networks = KeptNetworks()
    for number in range(kept_networks._MOST + 3):
        (tmp_path / f"{number}.onnx").touch()
        session = networks.open(Network(tmp_path / f"{number}.onnx"), RuntimeOptions(), streams=True)
        if number:
            session.close()
    assert [each._is_closed for each in opened] == [False, *[True] * 3, *[False] * (kept_networks._MOST - 1)]
