"""What the README shows works as written."""

import json
import re
import shutil
import statistics
from pathlib import Path

import pytest

from inkread.cli.app import run

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder with the examples, as a clone has them."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.row("S0-48")
@pytest.mark.parametrize(
    ("name", "shown", "made"),
    [
        ("README.fr.md", "33.90 EUR 2026-03-14", "receipt.json"),
        ("README.zh.md", "王晓明 WANG XIAOMING", "boarding-pass.json"),
    ],
)
def test_the_readme_in_other_languages_works_as_written(project, capsys, name, shown, made):
    text = (ROOT / name).read_text(encoding="utf-8")
    (block,) = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    exec(compile(block, name, "exec"), {})
    assert shown in capsys.readouterr().out
    assert (project / "build" / made).is_file()
    (command,) = re.findall(r"^inkread (\S+)$", text, flags=re.MULTILINE)
    assert run([command]) == 0
    assert shown.split()[0] in capsys.readouterr().out
    for link in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (ROOT / link).exists(), link
    for known in re.findall(r"\binkread (\w+) \w", text):
        assert run([known, "--help"]) == 0, known


def test_the_python_blocks_run(project, capsys):
    blocks = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    assert blocks
    for block in blocks:
        exec(compile(block, "README.md", "exec"), {})
    assert "CAFÉ PAPIERMÖWE" in capsys.readouterr().out
    assert (project / "build/receipt.json").is_file()


def test_the_commands_of_the_first_screen_run(project, capsys):
    shown = re.findall(r"^inkread (\S+)(?:  |$)", README, flags=re.MULTILINE)
    assert shown == ["examples/receipt.jpg"]
    assert run(shown) == 0
    assert "TOTAL EUR" in capsys.readouterr().out


def test_the_targets_and_links_of_the_readme_exist():
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"^make (\w+)", README, flags=re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE)
    for link in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / link).exists(), link


def test_the_figures_of_the_race_are_those_that_were_measured():
    race = json.loads((ROOT / "benchmarks" / "results" / "race.json").read_text(encoding="utf-8"))
    told = " ".join(README.split())

    def against(peer):
        rows = [each["inkread_against"][peer] for each in race["sets"]]
        better = sum(row["cer"]["high"] < 0 for row in rows)
        worse = sum(row["cer"]["low"] > 0 for row in rows)
        ratio = statistics.median(row["seconds_ratio"]["estimate"] for row in rows)
        return better, len(rows) - better - worse, worse, f"{ratio:.2f}"

    onnx, openvino, small = map(against, ("rapidocr-onnxruntime", "rapidocr-openvino", "faster-paddle-small"))
    assert onnx[:3] == openvino[:3]
    better, undecided, worse, ratio = onnx
    assert f"{len(race['sets'])} labelled sets" in told
    assert f"better than RapidOCR 3.10's on {better} sets, undecided on {undecided} and worse on none" in told
    assert worse == small[2] == 0
    assert f"in {ratio} of its time on ONNX Runtime and {openvino[3]} on OpenVINO" in told
    assert f"small: better on {small[0]}, undecided on {small[1]}, in {small[3]} of its time" in told
