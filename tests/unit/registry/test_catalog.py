import dataclasses

import pytest

from inkread.errors import ModelNotFoundError
from inkread.registry.catalog import load_catalog, parse_catalog


def test_the_catalogue_is_read_once_and_its_cards_cannot_change() -> None:
    catalog = load_catalog()

    assert load_catalog() is catalog
    with pytest.raises(dataclasses.FrozenInstanceError):
        catalog.get("PP-OCRv6_small_det").threshold = 0.9  # type: ignore[misc]


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(ModelNotFoundError, match=r'no model "PP-OCRv6_smal_det".*did you mean "PP-OCRv6_small_det"\?'):
        load_catalog().get("PP-OCRv6_smal_det")


def test_names_are_found_whatever_their_case_is_off_by() -> None:
    with pytest.raises(ModelNotFoundError, match='did you mean "PP-OCRv6_small_rec"'):
        load_catalog().get("pp-ocrv6_small_rec")


@pytest.mark.parametrize(
    ("task", "name"),
    [
        ("detection", "PP-OCRv6_small_det"),
        ("recognition", "PP-OCRv6_small_rec"),
        ("classification", "ch_ppocr_mobile_v2.0_cls"),
    ],
)
def test_the_defaults_are_the_models_that_are_always_installed(task, name) -> None:
    assert load_catalog().default(task).name == name
    assert [card.name for card in load_catalog() if card.task == task and card.is_default] == [name]


def test_the_catalogue_says_which_languages_can_be_read() -> None:
    catalog = load_catalog()

    assert {"en", "zh-Hant", "sr-Latn", "sr-Cyrl", "th"} <= set(catalog.languages)
    assert list(catalog.languages) == sorted(set(catalog.languages))
    assert all(catalog.select("recognition", language=language) for language in catalog.languages)


@pytest.mark.parametrize(
    ("language", "name"),
    [
        ("en", "PP-OCRv6_small_rec"),
        ("en-GB", "PP-OCRv6_small_rec"),
        ("zh-TW", "PP-OCRv6_small_rec"),
        ("ja", "PP-OCRv6_small_rec"),
        ("de", "PP-OCRv6_small_rec"),
        ("ru", "eslav_PP-OCRv5_mobile_rec"),
        ("bg", "cyrillic_PP-OCRv5_mobile_rec"),
        ("ko", "korean_PP-OCRv5_mobile_rec"),
        ("ar", "arabic_PP-OCRv5_mobile_rec"),
        ("hi", "devanagari_PP-OCRv5_mobile_rec"),
        ("kn", "ka_PP-OCRv4_mobile_rec"),
    ],
)
def test_the_default_recogniser_follows_the_language(language, name) -> None:
    assert load_catalog().default("recognition", language=language).name == name


def test_a_language_that_nothing_reads_selects_nothing_and_has_no_default() -> None:
    catalog = load_catalog()

    assert catalog.select("recognition", language="my") == ()
    with pytest.raises(ModelNotFoundError, match='no recognition model of the catalogue is for "my"'):
        catalog.default("recognition", language="my")


def test_select_keeps_to_the_family_and_leaves_out_what_cannot_be_had() -> None:
    """S4-9, S4-10: the cards are there, but no ONNX file is."""
    catalog = load_catalog()

    assert {card.family for card in catalog.select("detection", family="PP-OCRv4")} == {"PP-OCRv4"}
    assert catalog.get("ch_SVTRv2_rec").unavailable
    assert "ch_SVTRv2_rec" not in {card.name for card in catalog.select("recognition")}


def test_detectors_carry_the_makers_parameters_and_normalisation() -> None:
    small, tiny, older = (load_catalog().get(f"PP-OCR{v}_det") for v in ("v6_small", "v6_tiny", "v4_mobile"))

    assert (small.threshold, small.box_threshold, small.unclip_ratio) == (0.2, 0.45, 1.4)
    assert tiny.box_threshold == 0.4
    assert (older.threshold, older.box_threshold, older.unclip_ratio) == (0.3, 0.6, 1.5)
    assert (small.mean, small.std, small.is_bgr) == ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225), True)


def test_a_catalogue_is_parsed_from_text() -> None:
    catalog = parse_catalog("""
task_defaults: {recognition: {license: MIT, mean: [0, 0, 0], std: [1, 1, 1], is_bgr: false}}
packages: {some_package: some-package==1}
languages: {two: en de}
studies: {s: {dataset: a set, source: a paper, date: "2020"}}
models:
  one:
    {task: recognition, family: f, tier: tiny, languages: two, figures: [[accuracy, 5, "%", s]],
     files: [{name: a.onnx, sha256: null, sources: [package some_package m/a.onnx, url https://host/x/a.onnx]}]}
""")
    card = catalog.get("one")

    assert card.languages == ("en", "de")
    assert card.files[0].sources[0].install == "some-package==1"
    assert card.files[0].sources[1].path == "a.onnx"
    assert card.figures[0].dataset == "a set"
    assert (catalog.names, len(catalog), [*catalog]) == (("one",), 1, [card])
