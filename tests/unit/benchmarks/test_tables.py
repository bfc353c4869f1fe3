from __future__ import annotations

import json

import tables


def test_only_benchmarks_with_results_are_written(tmp_path, monkeypatch):
    page = tmp_path / "page.md"
    page.write_text("<!-- cold: begin --><!-- cold: end -->\n<!-- levers: begin -->old<!-- levers: end -->\n")
    (tmp_path / "cold.json").write_text(json.dumps({"rows": 3}))
    monkeypatch.setattr(tables, "SECTIONS", {"cold": lambda results: f"{results['rows']} rows", "levers": str})
    assert tables.publish_all(tmp_path, page) == ["cold"]
    assert "3 rows" in page.read_text()
    assert "old" in page.read_text()


def test_every_benchmark_has_its_place_in_the_document():
    text = tables.document.DOCUMENT.read_text(encoding="utf-8")
    for name in tables.SECTIONS:
        assert text.index(f"<!-- {name}: begin -->") < text.index(f"<!-- {name}: end -->")
