"""What is read handwriting with, where a package for it is installed."""

import shutil
import sys
from importlib.util import find_spec

import pytest

from inkread import Reader, ReaderOptions
from inkread.errors import InkreadError
from inkread.registry.choose import choose
from inkread.registry.store import HANDWRITING_PACKAGE, Store


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package with a recogniser and its card; the weights are the default ones."""
    folder = tmp_path / HANDWRITING_PACKAGE
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    shutil.copy(Store().find("PP-OCRv6_small_rec"), folder / "latin_hand.onnx")
    (folder / "card.yaml").write_text(
        "name: latin_hand\ntask: recognition\nlanguages: [fr, en]\nfiles: [latin_hand.onnx]\nlicense: CC-BY-4.0\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, HANDWRITING_PACKAGE, raising=False)
    return folder


def names(asked, **options):
    return [choice.name for choice in choose(asked, None, Store(), **options)]


def test_handwriting_is_read_with_the_package_where_it_reads_the_languages(package):
    assert names((), for_handwriting=True) == ["latin_hand"]
    assert names(("French", "en-GB"), for_handwriting=True) == ["latin_hand"]
    assert names(("zh-Hans",), for_handwriting=True) == ["PP-OCRv6_small_rec"]
    assert names(("fr",)) == ["PP-OCRv6_small_rec"]


def test_what_the_user_names_is_used(package):
    (choice,) = choose((), "PP-OCRv6_small_rec", Store(), for_handwriting=True)
    assert choice.name == "PP-OCRv6_small_rec"


@pytest.mark.parametrize(("mode", "reads"), [("printed", False), ("handwritten", True)])
def test_a_reader_takes_it_in_handwritten_mode_alone(package, mode, reads):
    with Reader(ReaderOptions(mode=mode)) as reader:
        assert ("latin_hand" in reader.generator) is reads


def test_it_is_a_model_like_others(package):
    store = Store()
    assert store.card("latin_hand", "recognition").license == "CC-BY-4.0"
    assert [card.name for card in store.catalog if store.is_here(card)].count("latin_hand") == 1


def test_a_broken_card_is_told_where_it_is_asked_for(package):
    (package / "card.yaml").write_text("name: latin_hand\ntask: nonsense\n")
    assert Store().faults
    assert names(()) == ["PP-OCRv6_small_rec"]
    with pytest.raises(InkreadError, match="task"):
        choose((), None, Store(), for_handwriting=True)


@pytest.mark.skipif(find_spec(HANDWRITING_PACKAGE) is not None, reason="the package is installed")
def test_without_the_package_nothing_changes():
    assert Store().for_handwriting is None
    assert names((), for_handwriting=True) == ["PP-OCRv6_small_rec"]
