"""docs/references.md answers every row of the reference documents, and is what scripts/make_references.py makes."""

import re
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest
from programs import module_of

ROOT = Path(__file__).resolve().parents[2]
COUNTS = {"S0": 48, "S1": 38, "S2": 34, "S3": 50, "S4": 88}


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    return module_of(ROOT / "scripts" / "make_references.py")


def test_the_page_is_up_to_date(maker):
    assert maker.PAGE.read_text(encoding="utf-8") == maker.page(), "run python scripts/make_references.py"


def test_every_row_is_there_once_and_answered(maker):
    rows = maker.rows()
    shown = maker.shown()
    assert [row.id for row in rows] == [f"{name}-{i}" for name, count in COUNTS.items() for i in range(1, count + 1)]
    assert Counter(row.id for row in rows).most_common(1)[0][1] == 1
    assert [row.id for row in rows if not row.reason and not shown.get(row.id)] == []
    assert set(shown) <= {row.id for row in rows}


def test_a_test_that_may_be_skipped_shows_nothing(maker):
    import ast

    source = """
@pytest.mark.row("S0-1")
def test_a(): pass
@pytest.mark.row("S0-2")
@pytest.mark.skipif(True, reason="x")
def test_b(): pass
@pytest.mark.row("S0-3")
def test_c(shared): pass
@pytest.mark.row("S0-4")
def test_d(): pytest.skip("x")
"""
    assert list(maker.marked(ast.parse(source))) == [("test_a", ["S0-1"])]
    assert not list(maker.marked(ast.parse(f"pytestmark = pytest.mark.skipif(True)\n{source}")))


def test_what_the_page_links_to_is_there(maker):
    for link in set(re.findall(r"\]\(([^)#:]+)\)", maker.page())):
        assert (ROOT / "docs" / link).exists(), link
