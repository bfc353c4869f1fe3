from __future__ import annotations

import errno
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage

from inkread.document import Block, Document, Line, Page, Word
from inkread.errors import FormatError, OutputError
from inkread.export.json import from_json
from inkread.export.save import output_path, save, save_picture, write
from inkread.geometry import Box, Quad
from inkread.image import Image

QUAD = Quad.from_box(Box(5, 5, 55, 20))
PAGE = Page((Block((Line((Word("Tea", QUAD, 1.0),), QUAD, 1.0),)),), 80, 60)
DOCUMENT = Document((PAGE,), "tea.png")
IMAGE = Image(np.full((60, 80, 3), 255, np.uint8))


def names_in(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def test_a_document_alone_makes_no_picture(tmp_path):
    with pytest.raises(FormatError, match="holds no pixels"):
        save(DOCUMENT, tmp_path / "x.png")
    with pytest.raises(FormatError, match="not the name of a picture"):
        save_picture(IMAGE, PAGE, tmp_path / "x.json")
    with pytest.raises(FormatError, match="not the name of a picture"):
        save_picture(IMAGE, PAGE, tmp_path / "x.pdf")
    assert names_in(tmp_path) == []


def test_the_format_may_be_named_whatever_the_suffix(tmp_path):
    path = save(DOCUMENT, tmp_path / "x.xml", "page")

    assert "PcGts" in path.read_text()
    assert "<alto" in DOCUMENT.save(tmp_path / "y.xml").read_text()
    assert DOCUMENT.save(tmp_path / "z.out", "json").read_text() == DOCUMENT.to_json() + "\n"


def test_what_was_read_is_never_overwritten_by_the_result(tmp_path):
    source = tmp_path / "scan.txt"
    source.write_bytes(b"the picture")

    with pytest.raises(OutputError, match="no input is ever written to"):
        save(Document((PAGE,), str(source)), source, overwrite=True)
    assert source.read_bytes() == b"the picture"
    assert save(Document((PAGE,), "bytes\0"), source, overwrite=True) == source


# Writing


def test_the_suffix_decides_what_is_written(tmp_path):
    assert save(DOCUMENT, tmp_path / "a.txt").read_bytes() == b"Tea\n"
    assert from_json(save(DOCUMENT, str(tmp_path / "a.json")).read_text(encoding="utf-8")) == DOCUMENT
    assert DOCUMENT.save(tmp_path / "b.txt") == tmp_path / "b.txt"


@pytest.mark.parametrize(("suffix", "kind"), [(".png", "PNG"), (".JPG", "JPEG")])
def test_a_picture_is_saved_as_its_suffix_says(tmp_path, suffix, kind):
    path = save_picture(IMAGE, PAGE, tmp_path / f"x{suffix}")

    with PillowImage.open(path) as picture:
        assert picture.format == kind
        assert picture.width > 2 * 80


def test_missing_folders_are_made(tmp_path):
    assert save(DOCUMENT, tmp_path / "a" / "b" / "c.txt").is_file()


def test_a_file_that_exists_is_kept_unless_overwriting_is_allowed(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("mine")

    with pytest.raises(OutputError, match=r"exists already.*--overwrite"):
        save(DOCUMENT, path)
    assert path.read_text() == "mine"

    save(DOCUMENT, path, overwrite=True)
    assert path.read_text() == "Tea\n"
    assert names_in(tmp_path) == ["a.txt"]


def test_of_many_writers_of_one_name_exactly_one_succeeds(tmp_path):
    def attempt(number: int) -> bool:
        try:
            write(tmp_path / "a.txt", b"%d" % number * 1000)
        except OutputError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        succeeded = [number for number, done in enumerate(pool.map(attempt, range(24))) if done]

    assert len(succeeded) == 1
    assert (tmp_path / "a.txt").read_bytes() == b"%d" % succeeded[0] * 1000
    assert names_in(tmp_path) == ["a.txt"]


@pytest.mark.skipif(os.name == "nt", reason="permissions and links of POSIX")
def test_permissions_are_those_of_any_new_file_and_of_the_file_replaced(tmp_path):
    (tmp_path / "plain").write_text("")
    path = save(DOCUMENT, tmp_path / "a.txt")
    assert path.stat().st_mode == (tmp_path / "plain").stat().st_mode

    path.chmod(0o600)
    save(DOCUMENT, path, overwrite=True)
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
def test_a_link_stays_a_link_when_its_file_is_overwritten(tmp_path):
    (tmp_path / "real.txt").write_text("old")
    (tmp_path / "link.txt").symlink_to("real.txt")
    (tmp_path / "broken.txt").symlink_to("nowhere.txt")

    save(DOCUMENT, tmp_path / "link.txt", overwrite=True)
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "real.txt").read_text() == "Tea\n"
    with pytest.raises(OutputError, match="exists already"):
        save(DOCUMENT, tmp_path / "broken.txt")


# Saboteurs


def fail_with(number: int):
    def fail(*args: object, **values: object) -> None:
        raise OSError(number, os.strerror(number))

    return fail


class FullDisk:
    """A stream on a disk with room for three bytes."""

    def __init__(self, stream) -> None:
        self.stream = stream

    def close(self) -> None:
        """Try once more to write the rest, as streams do."""
        self.stream.close()
        fail_with(errno.ENOSPC)()

    def write(self, data: bytes) -> None:
        self.stream.write(data[:3])
        self.stream.flush()
        fail_with(errno.ENOSPC)()


@pytest.mark.parametrize("existing", [None, "mine"])
def test_a_full_disk_leaves_everything_as_it_was(tmp_path, monkeypatch, existing):
    path = tmp_path / "a.txt"
    if existing:
        path.write_text(existing)
    real = Path.open
    monkeypatch.setattr(Path, "open", lambda self, mode="r": FullDisk(real(self, mode)))

    with pytest.raises(OutputError, match=r'cannot write ".*a\.txt", no space left.*free some space'):
        save(DOCUMENT, path, overwrite=True)

    monkeypatch.undo()
    assert names_in(tmp_path) == (["a.txt"] if existing else [])
    assert not existing or path.read_text() == existing


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
def test_a_disk_that_fails_when_asked_to_keep_it_leaves_nothing(tmp_path, monkeypatch, number):
    monkeypatch.setattr(os, "fsync", fail_with(number))

    with pytest.raises(OutputError):
        save(DOCUMENT, tmp_path / "a.txt")
    assert names_in(tmp_path) == []


def test_a_failing_move_keeps_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "a.txt"
    path.write_text("mine")
    monkeypatch.setattr(Path, "replace", fail_with(errno.EACCES))

    with pytest.raises(OutputError, match="a folder that you may write to"):
        save(DOCUMENT, path, overwrite=True)
    assert path.read_text() == "mine"
    assert names_in(tmp_path) == ["a.txt"]


@pytest.mark.skipif(os.name == "nt", reason="files are renamed there, not linked")
def test_a_file_system_without_links_is_written_too(tmp_path, monkeypatch):
    monkeypatch.setattr(Path, "hardlink_to", fail_with(errno.EPERM))

    path = save(DOCUMENT, tmp_path / "a.txt")
    assert path.read_text() == "Tea\n"

    monkeypatch.setattr(Path, "replace", fail_with(errno.EIO))
    with pytest.raises(OutputError):
        save(DOCUMENT, tmp_path / "b.txt")
    assert names_in(tmp_path) == ["a.txt"]


def test_an_interruption_leaves_nothing(tmp_path, monkeypatch):
    def interrupt(descriptor: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        save(DOCUMENT, tmp_path / "a.txt")
    assert names_in(tmp_path) == []


def test_a_name_that_is_a_folder_is_refused(tmp_path):
    (tmp_path / "a.txt").mkdir()

    with pytest.raises(OutputError, match="it is a folder"):
        save(DOCUMENT, tmp_path / "a.txt", overwrite=True)


def test_a_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("mine")

    for path in (tmp_path / "file" / "a.txt", tmp_path / "file" / "deep" / "a.txt"):
        with pytest.raises(OutputError, match="cannot write"):
            save(DOCUMENT, path)
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes of POSIX")
def test_a_device_or_pipe_is_never_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe.txt")

    with pytest.raises(OutputError, match="no plain file"):
        save(DOCUMENT, tmp_path / "pipe.txt", overwrite=True)


@pytest.mark.parametrize("name", ["null\0.txt", "x" * 300 + ".txt"])
def test_an_impossible_name_is_refused(tmp_path, name):
    with pytest.raises(OutputError, match="cannot write"):
        save(DOCUMENT, tmp_path / name)


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="needs a user whom permissions stop")
def test_a_folder_without_permission_is_refused(tmp_path):
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(OutputError, match="you may write to"):
            save(DOCUMENT, tmp_path / "a.txt")
    finally:
        tmp_path.chmod(0o700)


# Names


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("receipt.jpg", "receipt.json"),
        ("scan.pdf page 3", "scan page 3.json"),
        ("some/where/SCAN.JPG", "SCAN.json"),
        ("C:\\scans\\one.png", "one.json"),
        ("https://example.org/a/b%20c.png?size=1#top", "b c.json"),
        ("https://example.org/", "example_org.json"),
        ("https://example.org/..%2F..%2Fpasswd", "_.._passwd.json"),
        ("https://[broken", "[broken.json"),
        ("report v1.5", "report v1.5.json"),
        ("../../etc/passwd", "passwd.json"),
        ("..", "document.json"),
        ("", "document.json"),
        (".hidden", "hidden.json"),
        ("-rf", "rf.json"),
        ("<stdin>", "_stdin_.json"),
        ("CON", "_CON.json"),
        ("com1.tar.gz", "_com1.tar.json"),
        ("a\x00b\u202egnp.png", "a_b_gnp.json"),
        ("lone\udcff.png", "lone_.json"),
        ("日本語.png", "日本語.json"),
    ],
)
def test_a_name_is_safe_and_tells_its_source(source, name):
    assert output_path(source, "out", ".json", set()) == Path("out") / name


def test_names_are_given_out_once_whatever_their_case_and_accents():
    taken: set[str] = set()
    given = [
        output_path(source, "out", ".txt", taken).name
        for source in ["a/x.png", "b/x.png", "c/X.jpg", "x.gif", "caf\u00e9.png", "cafe\u0301.png"]
    ]

    assert given == ["x.txt", "x-2.txt", "X-3.txt", "x-4.txt", "caf\u00e9.txt", "caf\u00e9-2.txt"]
    assert output_path("x.png", "out", ".json", taken).name == "x.json"


def test_a_long_name_is_cut_between_characters(tmp_path):
    path = output_path("é" * 300 + ".png", tmp_path, ".json", set())

    assert len(path.name.encode()) <= 255
    assert set(path.stem) == {"é"}
    save(DOCUMENT, path)


def test_no_source_leads_out_of_the_folder():
    for source in [
        "/etc/passwd",
        "a/../../b",
        "..\\..\\x",
        "file:///etc/passwd",
        "x/..",
        "~root",
        "a\n/../b",
        "//host/x",
    ]:
        path = output_path(source, "out", ".json", set())
        assert path.parent == Path("out")
        assert path.name not in {"", ".", "..", ".json"}
    assert output_path("x", "out", "/../y", set()).parent == Path("out")


def test_an_annotated_picture_never_replaces_what_it_was_read_from(tmp_path):
    pixels = np.full((40, 60, 3), 200, np.uint8)
    path = tmp_path / "scan.png"
    path.write_bytes(b"what was read")
    with pytest.raises(OutputError, match="no input is ever written to"):
        save_picture(Image(pixels), Page((), 60, 40, source=str(path)), path, overwrite=True)
    assert path.read_bytes() == b"what was read"
