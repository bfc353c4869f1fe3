"""Write docs/references.md from the marks of the tests: python scripts/make_references.py.

A test shows a row of the reference documents where it says so, `@pytest.mark.row("S4-37")`, and needs nothing that may
be absent: one that may be skipped shows nothing.
"""

import ast
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "references.md"
ROWS = ROOT / "tests" / "public" / "references" / "rows.tsv"

REASONS = {
    "<gpu>": "torch holds a GPU to a number of megabytes (runtime.device_memory_mb); none has been tried",
}
TITLES = {
    "S0": "A receipt on a GPU, in C#",
    "S1": "A handwritten note in the cloud",
    "S2": "Models on the disk, and letting go of them",
    "S3": "An invoice, corrected by a language model",
    "S4": "The general pipeline of PaddleX",
}
# Names in a test that mean it may be skipped.
MAY_SKIP = ("skip", "skipif", "importorskip", "shared")


@dataclass(frozen=True)
class Row:
    """A row of the documents, and why no test shows it where none does."""

    id: str
    title: str
    reason: str


def main() -> None:
    PAGE.write_text(page(), encoding="utf-8")


def rows() -> list[Row]:
    lines = ROWS.read_text(encoding="utf-8").splitlines()
    cells = ([*line.split("\t"), ""] for line in lines if not line.startswith("#"))
    return [Row(id, title, REASONS.get(reason, reason)) for id, title, reason, *_ in cells]


def shown() -> dict[str, list[str]]:
    """Return for each row the tests that show it: "tests/public/test_x.py::test_y"."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for name, ids in marked(ast.parse(path.read_text(encoding="utf-8"))):
            for id in ids:
                found[id].append(f"{path.relative_to(ROOT).as_posix()}::{name}")
    return found


def marked(tree: ast.Module) -> Iterator[tuple[str, list[str]]]:
    """Yield the tests of a module that carry rows and cannot be skipped."""
    everywhere = [
        node for node in tree.body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark"
    ]
    if any(_may_skip(node) for node in everywhere):
        return
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            ids = [id for each in node.decorator_list for id in _rows_of(each)]
            if ids and not _may_skip(node):
                yield node.name, ids


def _rows_of(decorator: ast.expr) -> list[str]:
    if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.row":
        return [ast.literal_eval(argument) for argument in decorator.args]
    return []


def _may_skip(node: ast.AST) -> bool:
    names = [
        each.attr if isinstance(each, ast.Attribute) else each.id if isinstance(each, ast.Name) else each.arg
        for each in ast.walk(node)
        if isinstance(each, ast.Attribute | ast.Name | ast.arg)
    ]
    return any(name in MAY_SKIP for name in names)


def page() -> str:
    tests, known = shown(), rows()
    shows = [row for row in known if tests.get(row.id)]
    lines = [
        "# The reference documents, row by row",
        "",
        "inkread brings together what five documents about other systems describe. This page lists every statement",
        "of theirs, in our words, with the tests that show it, or the reason why none does.",
        '`scripts/make_references.py` writes it from the marks of the tests (`@pytest.mark.row("S4-37")`) and',
        "`tests/public/references/rows.tsv`; a test that may be skipped shows nothing. What each dialect answers is in",
        "[dialects.md](dialects.md).",
        "",
        f"{len(shows)} of {len(known)} rows are shown by a test.",
    ]
    for document, title in TITLES.items():
        own = [row for row in known if row.id.startswith(f"{document}-")]
        count = sum(bool(tests.get(row.id)) for row in own)
        lines += [
            "",
            f"## {document}: {title}",
            "",
            f"{count} of {len(own)}.",
            "",
            "| row | what | shown by |",
            "|---|---|---|",
        ]
        lines += [f"| {row.id} | {row.title} | {_answer(row, tests.get(row.id, []))} |" for row in own]
    return "\n".join([*lines, ""])


def _answer(row: Row, tests: list[str]) -> str:
    if not tests:
        return f"*{row.reason}*"
    return "<br>".join(f"[{test.partition('::')[2]}](../{test.partition('::')[0]})" for test in tests[:3])


if __name__ == "__main__":
    main()
