"""`inkread serve` and `inkread clients`, without a socket."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from inkread.cli.app import run
from inkread.configuration import from_yaml
from inkread.service.settings import ServiceOptions


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("INKREAD_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[tuple[ServiceOptions, dict[str, Any]]]:
    """What would have been served."""
    calls: list[tuple[ServiceOptions, dict[str, Any]]] = []
    monkeypatch.setattr("inkread.service.server.serve", lambda options, **values: calls.append((options, values)))
    return calls


def test_a_client_is_added_listed_rotated_and_revoked(capsys):
    assert run(["clients", "add", "the shop", "--requests", "10", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert run(["clients", "list"]) == 0
    listed = capsys.readouterr().out
    assert told["client_id"] in listed
    assert "the shop" in listed
    assert "10 requests/min" in listed
    assert told["client_secret"] not in listed
    assert run(["clients", "rotate", told["client_id"]]) == 0
    assert "client_secret=" in capsys.readouterr().out
    assert run(["clients", "rotate", "--keys"]) == 0
    assert run(["clients", "revoke", told["client_id"]]) == 0
    assert run(["clients", "list", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert row["is_revoked"]
    assert "secret" not in str(row)


def test_a_client_that_is_not_there_is_a_wrong_value(capsys):
    assert run(["clients", "revoke", "ink_1"]) == 8
    assert "there is no client" in capsys.readouterr().err
    assert run(["clients", "rotate"]) == 8


@pytest.mark.row("S4-72")
def test_the_service_is_this_machines_alone_unless_it_is_told(served):
    assert run(["serve"]) == 0
    (options, values) = served[0]
    assert (values["host"], values["port"], values["insecure"], values["offline"]) == ("127.0.0.1", 8080, False, False)
    assert not options.reader.load.web.allow
    assert run(["serve", "--allow-url", "--port", "0"]) == 0
    assert served[1][0].reader.load.web.allow


def test_options_of_a_service_come_from_a_file(served, home, capsys):
    file = home / "service.yaml"
    file.write_text("limits:\n  queue: 3\nreader:\n  prefer: speed\n")
    assert run(["serve", "--config", str(file)]) == 0
    assert served[0][0].limits.queue == 3
    assert served[0][0].reader.prefer == "speed"
    file.write_text("limits:\n  queu: 3\n")
    assert run(["serve", "--config", str(file)]) == 11
    assert "line 2" in capsys.readouterr().err


def test_the_options_that_are_printed_are_the_defaults(capsys):
    assert run(["serve", "--print-config"]) == 0
    assert from_yaml(capsys.readouterr().out, ServiceOptions) == ServiceOptions()


def test_the_network_is_not_served_without_credentials(capsys, monkeypatch):
    monkeypatch.setattr("inkread.service.server.log_json", lambda level: None)
    monkeypatch.setattr("os.umask", lambda mask: 0)
    assert run(["serve", "--host", "0.0.0.0"]) == 8
    assert "--insecure" in capsys.readouterr().err


def test_a_missing_package_is_told_by_name(capsys, monkeypatch):
    monkeypatch.setattr("inkread.extras.find_spec", lambda name: None if name == "jwt" else name)
    assert run(["serve"]) == 16
    assert "PyJWT" in capsys.readouterr().err
