import json
from pathlib import Path

import calibration
import cascade
import numpy as np
import pytest
from calibrate import Sample, write
from reliability_picture import Curve, Spot, draw

from inkread.recognize.calibration import fitted

RESULTS = Path(__file__).resolve().parents[3] / "benchmarks/results"


def test_a_table_rises_though_the_counts_do_not():
    samples = [Sample(0.55, True)] * 8 + [Sample(0.65, False)] * 8 + [Sample(0.9999, True)] * 98
    (low, shared), (high, sure) = fitted(samples)
    assert (low, shared) == (pytest.approx(0.6), 0.5)
    assert (high, sure) == (pytest.approx(0.9999), 0.99)


def test_a_table_is_written_so_that_it_comes_back(tmp_path):
    write({"b": [(0.5, 0.4), (1.0, 0.9)], "a": [(0.5, 0.1)]}, tmp_path / "tables.json")
    assert json.loads((tmp_path / "tables.json").read_text()) == {"a": [[0.5, 0.1]], "b": [[0.5, 0.4], [1.0, 0.9]]}


def test_the_calibration_error_is_the_mean_distance_of_what_is_said_from_what_is_found():
    said, right = np.array([0.9] * 10 + [0.3] * 10), np.array([1.0] * 9 + [0.0] + [1.0] * 5 + [0.0] * 5)
    assert calibration.calibration_error(said, right) == pytest.approx(100 * (0 * 10 + 0.2 * 10) / 20)


def test_the_diagram_has_a_spot_for_each_range():
    svg = draw([Curve("a & b", [Spot(10, 20, 5), Spot(90, 80, 500)]), Curve("c", [Spot(50, 50, 1)])])
    assert svg.count("<circle") == 3
    assert "a &amp; b" in svg


@pytest.mark.parametrize("benchmark", [calibration, cascade])
def test_the_results_that_are_kept_become_tables(benchmark):
    text = benchmark.render(json.loads((RESULTS / f"{benchmark.__name__}.json").read_text()))
    assert "sroie" in text
    assert "| --- |" in text
