"""docs/dialects.md and each dialect's own table."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "dialects.md").read_text(encoding="utf-8")
FOLDER = ROOT / "src" / "inkread" / "dialects"
DIALECTS = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem not in ("__init__", "arguments", "rows"))


@pytest.mark.parametrize("name", DIALECTS)
def test_each_dialect_is_on_the_page(name):
    assert f"inkread.dialects.{name}" in PAGE or f"inkread.dialects import {name}" in PAGE


@pytest.mark.parametrize("name", [name for name in DIALECTS if name != "ocrmypdf"])
def test_each_dialect_begins_with_its_table(name):
    assert "| theirs | here |\n|---|---|\n" in (FOLDER / f"{name}.py").read_text(encoding="utf-8").split('"""')[1]


def test_links_lead_somewhere():
    for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", PAGE):
        assert (ROOT / "docs" / link).exists(), link


def test_the_imports_on_the_page_work():
    for line in re.findall(r"`((?:from|import) inkread\.dialects[^`]*)`", PAGE):
        exec(line, {})
