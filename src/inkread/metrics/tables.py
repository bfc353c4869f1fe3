"""How well a table was read: the similarity of trees (TEDS).

Zhong, ShafieiBavani and Jimeno Yepes, "Image-based table recognition: data, model, and evaluation", 2020: tables are
trees of rows and cells; 1 minus their edit distance over the size of the larger one. Heads and bodies are not told
apart here, so a tree is a table, its rows, their cells. Edit distance of ordered trees: Zhang and Shasha, 1989.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from inkread.document import Table
from inkread.edits import distance


class _Node(NamedTuple):
    """A node in post-order: what it is, its text, and the index of its leftmost leaf."""

    kind: tuple[str, int, int]
    text: str
    leftmost: int


def teds(read: Table, label: Table, *, structure_only: bool = False) -> float:
    """Return how alike two tables are, 0..1; with `structure_only` whatever stands in their cells."""
    a, b = _nodes(read, structure_only), _nodes(label, structure_only)
    return 1.0 - _tree_distance(a, b) / max(len(a), len(b))


def _nodes(table: Table, structure_only: bool) -> list[_Node]:
    nodes: list[_Node] = []
    for row in range(table.rows):
        first = len(nodes)
        cells = sorted((cell for cell in table.cells if cell.row == row), key=lambda cell: cell.column)
        for cell in cells:
            text = "" if structure_only else "".join(cell.text.split())
            nodes.append(_Node(("cell", cell.row_span, cell.column_span), text, len(nodes)))
        nodes.append(_Node(("row", 1, 1), "", first))
    nodes.append(_Node(("table", 1, 1), "", 0))
    return nodes


def _tree_distance(a: Sequence[_Node], b: Sequence[_Node]) -> float:
    known = [[0.0] * len(b) for _ in a]
    for i in _key_roots(a):
        for j in _key_roots(b):
            _fill(a, b, i, j, known)
    return known[-1][-1]


def _key_roots(nodes: Sequence[_Node]) -> list[int]:
    """Return the nodes that have a left sibling, and the root: of each leftmost leaf the highest node."""
    return sorted({node.leftmost: index for index, node in enumerate(nodes)}.values())


def _fill(a: Sequence[_Node], b: Sequence[_Node], i: int, j: int, known: list[list[float]]) -> None:
    """Find the distances of the subtrees at i and j, and of all on their leftmost paths, into `known`."""
    first_a, first_b = a[i].leftmost, b[j].leftmost
    forest = [[0.0] * (j - first_b + 2) for _ in range(i - first_a + 2)]
    for x in range(1, len(forest)):
        forest[x][0] = forest[x - 1][0] + 1
    for y in range(1, len(forest[0])):
        forest[0][y] = forest[0][y - 1] + 1
    for x in range(1, len(forest)):
        for y in range(1, len(forest[0])):
            p, q = first_a + x - 1, first_b + y - 1
            cheapest = min(forest[x - 1][y], forest[x][y - 1]) + 1
            if a[p].leftmost == first_a and b[q].leftmost == first_b:
                forest[x][y] = known[p][q] = min(cheapest, forest[x - 1][y - 1] + _cost(a[p], b[q]))
            else:
                before = forest[a[p].leftmost - first_a][b[q].leftmost - first_b]
                forest[x][y] = min(cheapest, before + known[p][q])


def _cost(a: _Node, b: _Node) -> float:
    """Return what it costs to turn one node into another: their texts' distance over the longer one's length."""
    if a.kind != b.kind:
        return 1.0
    return distance(a.text, b.text) / max(len(a.text), len(b.text), 1)
