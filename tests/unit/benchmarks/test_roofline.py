from __future__ import annotations

from roofline import render


def test_a_row_shows_both_bounds_and_how_near_the_network_comes(conditions):
    row = {
        "network": "detector",
        "height_px": 960,
        "width_px": 640,
        "precision": "bf16",
        "gflop_in_file": 10.0,
        "gflop": 9.0,
        "weights_mb": 5.0,
        "activations_mb": 100.0,
        "bound_arithmetic_ms": 20.0,
        "bound_bytes_ms": 4.0,
        "measured_ms": 40.0,
        "fraction": 0.5,
    }
    peaks = {"peak_gflops": {"f32": 200.0, "bf16": 450.0, "int8": 900.0}, "bandwidth_gb_s": 30.0}
    text = render({**conditions, **peaks, "rows": [row]})
    assert "| detector | 960 x 640 | bf16 | 10.00 | 9.00 | 5.0 | 100.0 | 20.0 | 4.0 | 40.0 | 50% |" in text
    assert "450 in bf16" in text
