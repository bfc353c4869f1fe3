import pytest

from inkread.registry.languages import language_of_pack, languages, matches, packs_for, tag_of


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


@pytest.mark.parametrize(
    ("asked", "tag"),
    [
        ("fr", "fr"),
        ("French", "fr"),
        ("french", "fr"),
        ("fra", "fr"),
        ("pt-BR", "pt-BR"),
        ("Chinese", "zh"),
        ("Simplified Chinese", "zh-Hans"),
        ("Chinese (Simplified)", "zh-Hans"),
        ("chi_tra", "zh-Hant"),
        ("Serbian (Latin)", "sr-Latn"),
        ("frk", "de-Latf"),
        ("Fraktur", "de-Latf"),
        ("Norwegian Bokmål", "no"),
        ("nb", "nb"),
        (" Greek ", "el"),
    ],
)
@pytest.mark.row("S0-26")
def test_a_language_is_asked_for_by_tag_name_or_pack(asked, tag) -> None:
    """S0-26, S1-35"""
    assert tag_of(asked) == tag


@pytest.mark.row("S1-34", "S0-27")
def test_more_than_sixty_languages_are_answered() -> None:
    """S1-34"""
    assert len(languages()) > 120
    for each in languages():
        assert matches(tag_of(each.name), each.tag), each
        assert matches(tag_of(each.tag), each.tag), each
        for pack in each.packs:
            assert matches(tag_of(pack), each.tag), each


def test_names_are_each_one_language_s() -> None:
    names = [each.name for each in languages()]
    assert len(set(names)) == len(names)
    assert [each.tag for each in languages()] == sorted({each.tag for each in languages()})


def test_the_pack_of_a_language_is_known_both_ways() -> None:
    assert packs_for("ar-EG")[0] == "ara"
    assert packs_for("de") == ("deu",)
    assert set(packs_for("zh")) >= {"chi_sim", "chi_tra"}
    assert language_of_pack("srp_latn").tag == "sr-Latn"
    assert language_of_pack("mine") is None
