"""What every card of the catalogue promises, whoever adds one."""

import re
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from programs import module_of

from inkread.registry.catalog import ModelCard, load_catalog

CARDS = load_catalog().cards
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|\d{3}))?")  # BCP-47: language, script, region


def every_card(*, only_available: bool = False) -> pytest.MarkDecorator:
    cards = [card for card in CARDS if not (only_available and card.unavailable)]
    return pytest.mark.parametrize("card", cards, ids=lambda card: card.name)


def test_names_and_file_names_are_unique() -> None:
    names = [card.name.casefold() for card in CARDS]
    files = [file.name.casefold() for card in CARDS for file in card.files]

    assert [name for name, count in Counter(names + files).items() if count > 1] == []


@every_card()
def test_a_card_has_a_file_or_says_why_not(card: ModelCard) -> None:
    assert bool(card.files) != bool(card.unavailable)
    assert card.license == "Apache-2.0"


@every_card(only_available=True)
def test_every_file_can_be_checked_and_had(card: ModelCard) -> None:
    for file in card.files:
        assert file.sha256 is not None
        assert re.fullmatch("[0-9a-f]{64}", file.sha256)
        assert file.size_bytes is None or file.size_bytes > 10_000
        assert file.sources
        assert file.name.endswith(".onnx")
        for source in file.sources:
            if source.kind == "url":
                assert re.fullmatch(r"https://[\w.-]+/[\w./-]+", source.where)
                assert source.path == file.name
            else:
                assert source.where.isidentifier()
                assert "==" in source.install
                assert ".." not in source.path


@every_card()
@pytest.mark.row("S4-13", "S4-14", "S4-15")
def test_every_figure_says_where_it_comes_from(card: ModelCard) -> None:
    """S4-13, S4-14, S4-15, X-36, X-38."""
    for figure in card.figures:
        assert figure.dataset
        assert figure.source
        assert figure.unit in ("%", "ms", "MB")
        assert figure.value > 0
        assert figure.value <= 100 or figure.unit != "%"
        assert figure.hardware or figure.unit != "ms"
        date.fromisoformat((figure.date + "-01-01")[:10])


@every_card()
def test_a_card_has_one_value_for_each_metric_of_a_set(card: ModelCard) -> None:
    counts = Counter((figure.metric, figure.dataset) for figure in card.figures)

    assert set(counts.values()) <= {1}


@every_card()
def test_languages_are_bcp_47(card: ModelCard) -> None:
    assert len(set(card.languages)) == len(card.languages)
    for language in card.languages:
        assert LANGUAGE.fullmatch(language), language
    for language in card.default_for:
        assert language == "*" or card.reads(language)
    assert "bih" not in card.languages  # ISO 639-2 only: the registry of BCP-47 has bh
    assert card.task != "recognition" or card.languages


@every_card()
def test_numbers_that_feed_the_network_are_in_range(card: ModelCard) -> None:
    assert len(card.mean) == len(card.std) == 3
    assert all(0 <= value <= 1 for value in card.mean)
    assert all(0 < value <= 1 for value in card.std)
    assert 0 < card.threshold < card.box_threshold < 1
    assert 1 <= card.unclip_ratio <= 4
    assert (card.task == "recognition") == (card.charset == "embedded:character") == card.has_space


@pytest.mark.parametrize("task", ["detection", "recognition", "classification"])
def test_each_task_has_one_default_for_any_language(task: str) -> None:
    assert len([card for card in CARDS if card.task == task and card.is_default]) == 1


@pytest.mark.row("S4-5", "S4-6", "S4-7", "S4-8", "S4-9", "S4-10")
def test_the_references_models_are_there_with_their_figures() -> None:
    """S4-5 to S4-10, and X-38: the later figures stand beside them, with their own date."""
    catalog = load_catalog()
    for name, metric, value, gpu_ms, cpu_ms, size_mb in [
        ("PP-OCRv4_server_det", "Hmean", 82.69, 83.3501, 2434.01, 109),
        ("PP-OCRv4_mobile_det", "Hmean", 77.79, 10.6923, 120.177, 4.7),
        ("PP-OCRv4_mobile_rec", "accuracy", 78.20, 7.95018, 46.7868, 10.6),
        ("PP-OCRv4_server_rec", "accuracy", 79.20, 7.19439, 140.179, 71.2),
        ("ch_SVTRv2_rec", "accuracy", 68.81, 8.36801, 165.706, 73.9),
        ("ch_RepSVTR_rec", "accuracy", 65.07, 10.5047, 51.5647, 22.1),
    ]:
        early = {figure.metric: figure.value for figure in catalog.get(name).figures if figure.date == "2024"}
        assert early == {metric: value, "GPU time": gpu_ms, "CPU time": cpu_ms, "size": size_mb}
    later = {figure.value for figure in catalog.get("PP-OCRv4_server_det").figures if figure.date == "2025-05"}
    assert {69.2, 442.58} <= later


def test_the_v6_models_read_fifty_languages_and_the_tiny_one_all_but_japanese() -> None:
    catalog = load_catalog()
    small = set(catalog.get("PP-OCRv6_small_rec").languages)

    assert len(small) == 50
    assert small - set(catalog.get("PP-OCRv6_tiny_rec").languages) == {"ja"}


def test_the_page_of_models_is_up_to_date() -> None:
    root = Path(__file__).resolve().parents[2]
    page = (root / "docs" / "models.md").read_text(encoding="utf-8")
    script = module_of(root / "scripts" / "model_table.py")

    assert script.regenerated(page) == page, "run python scripts/model_table.py"
