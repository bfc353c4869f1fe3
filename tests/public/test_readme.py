"""What the README shows works as written."""

import re
import shutil
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
