"""Whatever holds pictures is a lazy sequence of pages."""

import hashlib
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkread.errors import (
    AddressError,
    ClosedError,
    DamagedInputError,
    InkreadError,
    InputError,
    NothingToReadError,
    SourceNotFoundError,
    UnsupportedFormatError,
)
from inkread.image import Image
from inkread.load import pictures, source
from inkread.options import Limits


def page(level: int, size: tuple[int, int] = (8, 6)) -> PIL.Image.Image:
    return PIL.Image.new("RGB", size, (level, level, level))


def save(path: Path, *levels: int) -> Path:
    """Write a picture with one page for each grey level; the format goes by the suffix."""
    first, *others = [page(level) for level in levels]
    options: dict[str, Any] = {"save_all": True, "append_images": others} if others else {}
    first.save(path, **options)
    return path


def content(level: int) -> bytes:
    file = io.BytesIO()
    page(level).save(file, "PNG")
    return file.getvalue()


def levels(thing: object, limits: Limits = Limits()) -> list[int]:
    with source.open(thing, limits) as opened:
        return [int(image.pixels[0, 0, 0]) for image in opened]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three pictures of four pages, a text, an empty file, a hidden picture and a subfolder with one more."""
    save(tmp_path / "page10.png", 100)
    save(tmp_path / "page2.png", 20)
    save(tmp_path / "Page3.tif", 30, 31)
    (tmp_path / "notes.png").write_text("no picture")
    (tmp_path / "empty.png").touch()
    save(tmp_path / ".hidden.png", 1)
    (tmp_path / "sub").mkdir()
    save(tmp_path / "sub" / "page1.png", 10)
    return tmp_path


@pytest.mark.row("S4-46", "S4-47", "S4-50", "S0-19")
def test_every_kind_of_thing_is_read(folder: Path) -> None:
    """S4-46, S4-47, S4-49, S4-50, S4-51, S0-18, S0-19."""
    path = folder / "page2.png"
    raw = path.read_bytes()
    things = [
        path, str(path), raw, bytearray(raw), memoryview(raw), io.BytesIO(raw), np.asarray(page(20)), page(20),
        pictures.from_array(np.asarray(page(20))), {"img": str(path)}, {"img": [raw]}, [path], (path,), iter([path]),
        [[{"img": [path]}]],
    ]  # fmt: skip
    for thing in things:
        assert levels(thing) == [20], thing


def test_an_open_file_is_read_from_its_start_and_keeps_its_place(folder: Path) -> None:
    with (folder / "page2.png").open("rb") as file:
        file.seek(5)
        assert levels(file) == [20]
        assert file.tell() == 5


@pytest.mark.row("S0-18")
def test_a_stream_is_copied_at_once() -> None:
    """S0-18: the stream may be closed before the pages are asked for."""
    stream = io.BytesIO(content(7))
    opened = source.open(stream)
    stream.close()
    assert opened[0].pixels[0, 0, 0] == 7


def test_bytes_that_change_later_are_copied_at_once() -> None:
    data = bytearray(content(7))
    opened = source.open([data])
    data[:] = bytes(len(data))
    assert opened[0].pixels[0, 0, 0] == 7


def test_a_stream_that_cannot_seek_is_read() -> None:
    class Socket(io.RawIOBase):
        def __init__(self) -> None:
            self._rest = io.BytesIO(content(9))

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:
            return self._rest.readinto(buffer)

        def read(self, size: int = -1) -> bytes:
            return self._rest.read(size)

    assert levels(Socket()) == [9]


@pytest.mark.row("S4-49")
def test_a_folder_is_read_in_natural_order_without_what_is_no_picture(folder: Path) -> None:
    assert levels(folder) == [20, 30, 31, 100]
    assert [Path(each.name).name for each in source.inputs(str(folder))] == ["page2.png", "Page3.tif", "page10.png"]


def test_a_pattern_is_read_in_natural_order(folder: Path) -> None:
    assert levels(str(folder / "page*.png")) == [20, 100]
    assert levels(folder / "**" / "page?.png") == [20, 10]


def test_a_file_whose_name_looks_like_a_pattern_is_that_file(tmp_path: Path) -> None:
    save(tmp_path / "a[1].png", 11)
    assert levels(str(tmp_path / "a[1].png")) == [11]


@pytest.mark.parametrize("name", ["Ünïcødé.png", "счёт.png", "領収書.png", "فاتورة.png", "with space #%.png", "🧾.png"])
@pytest.mark.row("S3-8")
def test_names_of_any_script_are_fine(tmp_path: Path, name: str) -> None:
    assert levels(save(tmp_path / name, 44)) == [44]
    assert levels(tmp_path) == [44]


def test_the_suffix_is_never_believed(tmp_path: Path) -> None:
    path = tmp_path / "page.jpg"
    path.write_bytes(content(50))
    assert levels(path) == [50]


def test_pages_know_their_document_and_number(folder: Path) -> None:
    with source.open(folder, name="my scans") as opened:
        seen = [(Path(image.source).name, image.number) for image in opened]
        assert opened.name == "my scans"
    assert seen == [("page2.png", 1), ("Page3.tif", 1), ("Page3.tif", 2), ("page10.png", 1)]


def test_a_name_can_be_given_to_what_has_none() -> None:
    with source.open(content(1), name="receipt 17") as opened:
        assert opened.name == "receipt 17"
        assert opened[0].source == "receipt 17"
    assert [each.name for each in source.inputs([content(1), np.zeros((4, 4), np.uint8)])] == ["bytes 1", "array 2"]


def test_indexing_works_across_documents(folder: Path) -> None:
    with source.open(folder) as opened:
        assert len(opened) == 4
        assert [int(opened[i].pixels[0, 0, 0]) for i in (3, 0, -2, 1, -4)] == [100, 20, 31, 30, 20]
        for wrong in (4, -5):
            with pytest.raises(IndexError, match="has no page"):
                opened[wrong]


def test_two_walks_at_the_same_time_see_the_same_pages(folder: Path) -> None:
    with source.open(folder) as opened:
        pairs = [(int(a.pixels[0, 0, 0]), int(b.pixels[0, 0, 0])) for a, b in zip(opened, opened, strict=True)]
    assert pairs == [(20, 20), (30, 30), (31, 31), (100, 100)]


@pytest.mark.row("S0-42")
def test_opening_a_long_document_decodes_no_more_than_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S4-52: memory stays bounded."""
    path = save(tmp_path / "long.tif", *range(100))
    decoded: list[int] = []
    decode = pictures._page

    def counting(picture: PIL.Image.Image, name: str, number: int) -> Image:
        decoded.append(number)
        return decode(picture, name, number)

    monkeypatch.setattr(pictures, "_page", counting)
    with source.open(path) as opened:
        assert len(opened) == 100
        assert decoded == []
        assert opened[41].pixels[0, 0, 0] == 41
        assert decoded == [42]


@pytest.mark.row("S4-52")
def test_a_generator_is_read_as_it_comes() -> None:
    made: list[int] = []

    def camera() -> Iterator[np.ndarray]:
        for level in (1, 2, 3):
            made.append(level)
            yield np.full((4, 4, 3), level, np.uint8)

    opened = source.open(camera())
    assert made == []
    pages = iter(opened)
    assert next(pages).pixels[0, 0, 0] == 1
    assert made == [1]
    assert [int(image.pixels[0, 0, 0]) for image in pages] == [2, 3]
    with pytest.raises(ClosedError, match="pass a list to read it twice"):
        list(opened)
    with pytest.raises(ClosedError):
        len(opened)


def test_a_generator_can_be_indexed_instead() -> None:
    opened = source.open(np.full((4, 4, 3), level, np.uint8) for level in (1, 2, 3))
    assert len(opened) == 3
    assert opened[-1].pixels[0, 0, 0] == 3
    assert len(list(opened)) == 3


def test_a_closed_source_says_so(folder: Path) -> None:
    opened = source.open(folder)
    opened.close()
    opened.close()
    for use in (lambda: len(opened), lambda: opened[0], lambda: list(opened)):
        with pytest.raises(ClosedError, match="is closed"):
            use()


def test_inputs_are_left_as_they_were(folder: Path) -> None:
    def state() -> dict[str, tuple[str, int]]:
        files = [path for path in folder.rglob("*") if path.is_file()]
        return {str(p): (hashlib.sha256(p.read_bytes()).hexdigest(), p.stat().st_mtime_ns) for p in files}

    before = state()
    levels(folder)
    levels([str(path) for path in folder.glob("*.tif")])
    assert state() == before


def test_one_bad_input_does_not_stop_the_others(folder: Path) -> None:
    """S4-51: a list of anything."""
    damaged = (folder / "page2.png").read_bytes()[:45]
    things = [
        "missing.png", folder / "page2.png", 17, {"image": "x"}, damaged, folder / "sub", "https://example.com/a.png",
        io.StringIO("text"), None, folder / "none*.png", np.zeros((4, 4), np.uint8), folder / "notes.png",
    ]  # fmt: skip
    results: list[object] = []
    for each in source.inputs(things):
        try:
            with each.open() as opened:
                results.append([int(image.pixels[0, 0, 0]) for image in opened])
        except InkreadError as error:
            results.append(type(error))
    assert results == [
        SourceNotFoundError, [20], InputError, InputError, DamagedInputError, [10], AddressError,
        InputError, InputError, NothingToReadError, [0], UnsupportedFormatError,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("thing", "kind", "words"),
    [
        (None, InputError, "NoneType is nothing that holds pictures: pass a path"),
        (3.5, InputError, "float is nothing"),
        ({"image": "x"}, InputError, r"""'image' is nothing to read: pass \{"img": picture\}"""),
        ({"img": "x", "page": 1}, InputError, "with no other key"),
        ({}, InputError, "no key at all"),
        ([], NothingToReadError, "holds no picture"),
        ("", SourceNotFoundError, "empty path"),
        ("no\0name.png", SourceNotFoundError, "there is no file"),
        ("x" * 5000, SourceNotFoundError, "there is no file"),
        ("nowhere/page.png", SourceNotFoundError, 'there is no folder "nowhere" either'),
        ("https://example.com/a.png?x", AddressError, r"a\.png\" is an address.*--allow-url.*or download the file"),
        (io.StringIO("text"), InputError, 'mode "rb"'),
        (b"%PDF-1.7\n", DamagedInputError, "a damaged PDF"),
    ],
)
def test_what_cannot_be_read_says_why_and_what_to_do(thing: object, kind: type, words: str) -> None:
    with pytest.raises(InkreadError, match=words) as caught:
        source.open(thing)
    assert type(caught.value) is kind
    assert "\n" not in str(caught.value)


def test_a_missing_file_suggests_the_nearest_name(folder: Path) -> None:
    with pytest.raises(SourceNotFoundError, match=r'did you mean "page10\.png"'):
        source.open(folder / "page01.png")


def test_a_folder_or_pattern_without_pictures_says_so(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing")
    with pytest.raises(NothingToReadError, match="holds no picture"):
        source.open(tmp_path)
    with pytest.raises(NothingToReadError, match="no file matches"):
        source.open(str(tmp_path / "*.jpg"))


def test_a_list_that_holds_itself_ends(tmp_path: Path) -> None:
    endless: list[object] = []
    endless.append(endless)
    with pytest.raises(InputError, match="nested more than 20 deep"):
        source.open(endless)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_refused_instead_of_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(InputError, match="no regular file"):
        source.open(tmp_path / "pipe.png")


@given(st.lists(st.integers(0, 10**6), unique=True))
def test_numbers_in_names_sort_by_value(numbers: list[int]) -> None:
    names = sorted((f"Scan {number} b.png" for number in numbers), key=source.natural)
    assert names == [f"Scan {number} b.png" for number in sorted(numbers)]


@given(st.lists(st.text()))
def test_natural_order_takes_any_name(names: list[str]) -> None:
    backwards = names[::-1]
    assert sorted(names, key=source.natural) == sorted(backwards, key=source.natural)
