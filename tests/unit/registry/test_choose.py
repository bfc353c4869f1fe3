from pathlib import Path

import pytest
from packs import put_pack

from inkread.errors import LanguageError, ModelError, ModelNotFoundError
from inkread.registry import packs
from inkread.registry.choose import choose
from inkread.registry.store import Store


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """An empty folder of models, and no packs of the system's."""
    monkeypatch.delenv("TESSDATA_PREFIX", raising=False)
    monkeypatch.setattr(packs, "_SYSTEM", ())
    (tmp_path / "models").mkdir()
    return Store(tmp_path / "models")


def names(asked, store: Store, recognizer: str | None = None) -> list[str]:
    asked = (asked,) if isinstance(asked, str) else asked
    return [choice.name for choice in choose(asked, recognizer, store)]


DEFAULT = "PP-OCRv6_small_rec"


@pytest.mark.parametrize(
    "asked",
    [(), "en", "fr", "French", "zh-Hans", ("en", "Japanese"), "deu", "pt-BR", "NORWEGIAN", "Filipino", "chi_sim"],
)
def test_the_default_model_reads_what_it_can(store, asked):
    """S0-26, S0-36: a tag, an English name or a pack's"""
    put_pack(store.folder, "deu", "chi_sim")
    assert names(asked, store) == [DEFAULT]


@pytest.mark.parametrize("asked", ["ar", "Arabic", "ara", "ar-EG"])
def test_a_pack_reads_what_no_network_here_does(store, asked):
    put_pack(store.folder, "ara", "fas")
    assert names(asked, store) == ["ara"]


def test_an_english_name_is_a_language_s_not_a_file_s(store):
    """Tesseract has packs of scripts, Arabic.traineddata among them."""
    put_pack(store.folder, "Arabic", "ara")
    assert names("Arabic", store) == ["ara"]


def test_a_page_may_be_in_one_language_of_ours_and_one_of_theirs(store):
    put_pack(store.folder, "ara")
    (first, second) = choose(("ar", "en", "de"), None, store)
    assert (first.name, first.languages) == (DEFAULT, ("en", "de"))
    assert (second.name, second.languages) == ("ara", ("ar",))


def test_a_pack_s_own_name_asks_for_that_pack(store):
    put_pack(store.folder, "frk", "deu_latf")
    assert names("deu_latf", store) == ["deu_latf"]
    assert names("frk", store) == ["frk"]
    assert names("de-Latf", store) in (["frk"], ["deu_latf"])


@pytest.mark.row("S0-28")
def test_a_pack_of_the_user_s_own_is_a_path(store, tmp_path):
    """S0-28: a custom language pack"""
    own = put_pack(tmp_path / "mine", "receipts")
    assert names(str(own), store) == ["receipts"]
    assert names(("en", str(own)), store) == [DEFAULT, "receipts"]
    assert names((), store, recognizer=str(own)) == ["receipts"]


def test_a_broken_pack_is_refused_at_once(store, tmp_path):
    (tmp_path / "own.traineddata").write_bytes(b"PK\x03\x04")
    with pytest.raises(ModelError, match="is no language pack"):
        choose((str(tmp_path / "own.traineddata"),), None, store)
    with pytest.raises(ModelNotFoundError, match="does not exist"):
        choose((str(tmp_path / "none.traineddata"),), None, store)


def test_what_is_not_here_is_told_with_how_to_get_it(store):
    with pytest.raises(
        ModelNotFoundError,
        match=r'what reads the language "Thai" is not here: inkread models pull th_PP-OCRv5_mobile_rec, or put '
        r'tha.traineddata into ".*models" \(Debian: apt-get install tesseract-ocr-tha\) and pip install',
    ):
        choose(("Thai",), None, store)


@pytest.mark.parametrize(
    ("asked", "remedy"),
    [
        ("Frensh", 'did you mean "French"?'),
        ("frenc", 'did you mean "French"?'),
        ("Arabik", 'did you mean "Arabic"?'),
        ("xx", "inkread languages lists those"),
        ("klingon", "inkread languages lists"),
        ("", "inkread languages lists"),
    ],
)
def test_an_unknown_language_is_told_with_the_nearest_name(store, asked, remedy):
    with pytest.raises(LanguageError) as raised:
        choose((asked,), None, store)
    assert str(raised.value).startswith(f'no model reads the language "{asked}": ')
    assert remedy in str(raised.value)


def test_a_pack_reads_a_language_of_whose_letters_the_default_model_lacks_many(store):
    """Vietnamese: the model is said to read it, and cannot write half of its letters."""
    assert names("vi", store) == [DEFAULT]
    put_pack(store.folder, "vie", "cym")
    assert names("vi", store) == ["vie"]
    assert names("cy", store) == [DEFAULT]


def test_auto_takes_all_that_reads_something_new(store):
    put_pack(store.folder, "ara", "deu", "eng", "frk", "mine")
    first, *others = choose(("auto",), None, store)
    assert (first.name, first.languages) == (DEFAULT, ())
    assert [(each.name, each.languages) for each in others] == [("ara", ("ar",)), ("frk", ("de-Latf",))]


def test_auto_is_the_default_model_alone_where_nothing_else_is_here(store):
    assert names("auto", store) == [DEFAULT]


def test_auto_stands_alone(store):
    with pytest.raises(LanguageError, match='"auto" means any language'):
        choose(("auto", "en"), None, store)
