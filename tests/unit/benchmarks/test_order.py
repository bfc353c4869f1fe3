from __future__ import annotations

from order import LEAST, render


def measured(own: float, peer: float) -> dict[str, object]:
    def engine(order: float) -> dict[str, object]:
        return {"order": order, "word_f1": 99.0, "per_picture": [order, 50.0]}

    return {
        "names": ["a.png", "b.png"],
        "engines": {"inkread": engine(own), "tesseract": engine(peer)},
        "difference": {"order": {"estimate": own - peer, "low": -0.5, "high": 4.0}, "word_f1": None},
    }


def rendered(conditions: dict[str, object], own: float, peer: float) -> str:
    engines = {name: {"model": "m", "versions": {name: "1"}} for name in ("inkread", "tesseract")}
    return render({**conditions, "limit": None, "engines": engines, "sets": {"isri_doe": measured(own, peer)}})


def test_the_table_says_what_is_reached_and_what_order_alone_costs(conditions):
    text = rendered(conditions, 98.5, 97.0)
    assert f"isri_doe: 98.50 % (at least {LEAST['isri_doe']:.0f} %): met." in text
    assert "Ahead of Tesseract on isri_doe (+1.50 points): met." in text
    assert "| isri_doe | 2 | 98.50 | 97.00 | +1.50 [-0.50, +4.00] | 0.50 | 2.00 | 1 | 1 |" in text


def test_misses_are_told(conditions):
    assert rendered(conditions, 96.0, 97.0).count("missed") == 2
