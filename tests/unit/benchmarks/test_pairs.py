from __future__ import annotations

from pairs import compared, fields_of, plain, render


def test_labels_and_values_are_compared_by_letters_and_digits():
    assert plain("FAX No.: (614) 466-5087") == "faxno6144665087"
    fields = fields_of({"To:": ["Ann Lee"], "Date": ["1/2"], "Signature:": [""]})
    assert fields == [("to", "annlee", True), ("date", "12", False)]


def test_each_labelled_pair_counts_once():
    wanted = fields_of({"Name:": ["Ann Lee"], "Town": ["Ulm"]})
    found = fields_of({"Name": ["Ann Lea", "Ann Lee"], "Country:": ["Ulm"]})
    assert compared(found, wanted) == {
        "wanted": 2,
        "with_colon": 1,
        "found": 3,
        "right": 1,
        "right_with_colon": 1,
    }


def test_the_text_says_precision_and_recall(conditions):
    page = {"wanted": 10, "with_colon": 6, "found": 8, "right": 4, "right_with_colon": 3}
    text = render({**conditions, "limit": None, "pages": {"a.png": page, "b.png": page}})
    assert "16 pairs found, 8 of them right: precision 50.0 %" in text
    assert "| whose label ends with a colon | 12 | 6 | 50.0 |" in text
    assert "| others | 8 | 2 | 25.0 |" in text
