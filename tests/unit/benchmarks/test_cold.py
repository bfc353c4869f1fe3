from __future__ import annotations

import pytest
from cold import PAGE_SIZE, Row, _write_page, render
from PIL import Image


@pytest.fixture
def results(conditions):
    rows = [
        Row("starting", "s", 1.5, [1.0, 2.0, 1.2]),
        Row("answering", "s", 0.2, [0.3]),
        Row("memory", "MB", 1000.0, [999.9]),
        Row("no target", "s", None, [5.0]),
    ]
    return {
        **conditions,
        "receipt": "r",
        "page": "p",
        "compiled_files": [3, 3],
        "rows": [row.as_json() for row in rows],
    }


def test_targets_stand_beside_results_and_a_miss_is_called_one(results):
    lines = render(results).splitlines()
    assert "| starting | < 1.5 s | 1.200 s | met | 1.000 to 2.000 | 3 |" in lines
    assert "| answering | < 0.2 s | 0.300 s | **missed** |  | 1 |" in lines
    assert "| memory | < 1,000 MB | 1,000 MB | met |  | 1 |" in lines
    assert "| no target |  | 5.000 s |  |  | 1 |" in lines


def test_a_compile_cache_that_goes_on_growing_is_told(results):
    assert "every process found its own." in render(results)
    assert "**not every process found its own**" in render({**results, "compiled_files": [3, 6]})


def test_the_page_is_a4_at_300_dpi_with_print_in_every_part(tmp_path):
    _write_page(tmp_path / "page.png")
    with Image.open(tmp_path / "page.png") as page:
        assert page.size == PAGE_SIZE
        parts = [
            page.crop((x, y, x + 1240, y + 1169)).convert("L").getextrema() for x in (0, 1240) for y in (0, 1169, 2338)
        ]
    assert all(darkest < 64 and lightest > 192 for darkest, lightest in parts)
