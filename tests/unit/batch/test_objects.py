"""Object stores, by the one that every machine has (file://) and one that is in memory."""

import sys

import pytest
from fake_pages import draw

from inkread.batch import objects
from inkread.batch.documents import Opened, count
from inkread.batch.objects import fetch, inputs, is_object
from inkread.batch.work import PageTask
from inkread.errors import DamagedInputError, DownloadError, InputError, LimitError, MissingPackageError
from inkread.options import ReaderOptions

OPTIONS = ReaderOptions()
fsspec = pytest.importorskip("fsspec", reason="needs the package fsspec: pip install inkread[objects]")


def names(address: str) -> list[str]:
    return [each.name.rpartition("/")[2] for each in inputs(address, OPTIONS)]


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("s3://bucket/a.png", True), ("gs://b/*.pdf", True), ("file:///a", True), ("http://a/b", False),
        ("https://a/b", False), ("a.png", False), ("/a/b", False), ("zip://a::s3://b/c", False), ("C:/a.png", False),
    ],
)  # fmt: skip
def test_what_is_an_object(name, is_one):
    assert is_object(name) == is_one


def test_objects_folders_and_patterns_are_listed_in_natural_order(tmp_path):
    for name in ("p10.png", "p2.png", "notes.txt"):
        draw(tmp_path / "x.png").rename(tmp_path / name)
    root = f"file://{tmp_path}"
    assert names(f"{root}/") == ["p2.png", "p10.png"]
    assert names(f"{root}/p*.png") == ["p2.png", "p10.png"]
    assert names(f"{root}/p2.png") == ["p2.png"]


def test_pages_of_objects_are_counted_opened_and_held_to_what_they_were(tmp_path):
    path = draw(tmp_path / "a.png", number=3)
    (each,) = inputs(f"file://{path}", OPTIONS)
    known = count(each, OPTIONS)
    assert (known.pages, known.changed_ns, known.size_bytes) == (1, 0, path.stat().st_size)
    opened = Opened(OPTIONS)
    assert opened.page(PageTask(known, 1)).width == 4
    opened.close()
    draw(path, number=4)
    with pytest.raises(DamagedInputError, match="has changed since"):
        opened.page(PageTask(known, 1))


def test_what_a_store_does_not_give_is_an_error_of_that_document(tmp_path):
    (none,) = inputs(f"file://{tmp_path}/none.png", OPTIONS)
    with pytest.raises(DownloadError, match="did not give"):
        count(none, OPTIONS)
    (nothing,) = inputs(f"file://{tmp_path}/*.png", OPTIONS)
    with pytest.raises(InputError, match="nothing to read"):
        nothing.open()
    (nowhere,) = inputs("nosuch://a/b", OPTIONS)
    with pytest.raises(InputError, match="no object store goes by"):
        nowhere.open()
    path = draw(tmp_path / "a.png")
    with pytest.raises(LimitError, match="over the limit of 10 bytes"):
        fetch(f"file://{path}", 10)


def test_a_store_that_lies_about_the_size_is_cut_off(monkeypatch):
    system = fsspec.filesystem("memory")
    system.pipe("/big.png", b"x" * 100)
    monkeypatch.setattr(type(system), "size", lambda *_: None)
    with pytest.raises(LimitError):
        fetch("memory://big.png", 99)
    assert len(fetch("memory://big.png", 100)) == 100


def test_without_packages_it_is_said_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(MissingPackageError, match=r"inkread\[objects\]"):
        objects.fetch("s3://a/b", 1)
