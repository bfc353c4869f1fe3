import pytest

from inkread.registry.languages import matches


@pytest.mark.parametrize(
    ("asked", "spoken"),
    [
        ("en", "en"),
        ("EN_us", "en"),
        ("zh", "zh-Hans"),
        ("zh", "zh-Hant"),
        ("zh-CN", "zh-Hans"),
        ("zh-Hant-HK", "zh-Hant"),
        ("zh-TW", "zh-Hant"),
        ("nb", "no"),
        ("fil", "tl"),
        ("bih", "bh"),
        ("sr", "sr-Cyrl"),
        ("sr-Latn-RS", "sr-Latn"),
        ("sr-ME", "sr-Latn"),
        ("ku", "ku-Latn"),
        ("az-Latn", "az"),
        ("ru-Cyrl-UA", "ru"),
    ],
)
def test_a_language_is_read_by_a_model_of_its_script(asked, spoken) -> None:
    assert matches(asked, spoken)


@pytest.mark.parametrize(
    ("asked", "spoken"),
    [
        ("en", "de"),
        ("zh-CN", "zh-Hant"),
        ("zh-TW", "zh-Hans"),
        ("sr", "sr-Latn"),
        ("ro", "ro-Cyrl"),
        ("ku-Arab", "ku-Latn"),
        ("ru-Latn", "ru"),
        ("az-Cyrl", "az"),
        ("", "en"),
    ],
)
def test_another_language_or_another_script_is_not(asked, spoken) -> None:
    assert not matches(asked, spoken)
