import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "inkread"


@pytest.fixture(scope="module")
def tree() -> str:
    """The map of the package in docs/architecture.md, as far as it draws what is there today."""
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    return page.split("```")[1].split("tests/")[0]


def test_the_map_shows_every_package_and_module_of_the_top(tree):
    there = {path.name for path in PACKAGE.iterdir() if path.suffix == ".py" and path.name != "__main__.py"}
    there |= {f"{path.parent.name}/" for path in PACKAGE.glob("*/__init__.py")}
    assert {name for name in there if name not in tree} == set()


def test_every_file_on_the_map_is_there(tree):
    drawn = set(re.findall(r"\w+\.(?:py|yaml)", tree))
    assert drawn
    assert drawn - {path.name for path in PACKAGE.rglob("*.*")} == set()
