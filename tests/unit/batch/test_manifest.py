"""What has been read is noted so that nothing is lost, and nothing read twice."""

import os
from pathlib import Path

import numpy as np
import pytest

from inkread.batch.manifest import Manifest
from inkread.batch.many import read_many
from inkread.document import Document
from inkread.errors import DamagedInputError, OutputError
from inkread.load.source import Input, inputs
from inkread.options import ReaderOptions, RuntimeOptions

OPTIONS = ReaderOptions()


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / f"{number}.png" for number in range(3)]
    for path in paths:
        path.write_bytes(b"some")
    return paths


def read(things: object, resume: Path, options: ReaderOptions = OPTIONS, stop_after: int = 99) -> list[str]:
    """Return what is read, by a reader to whom 2.png is torn."""
    read: list[str] = []

    def here(each: Input) -> Document | DamagedInputError:
        read.append(Path(each.name).name)
        return DamagedInputError("torn") if each.name.endswith("2.png") else Document((), each.name, "")

    for number, _ in enumerate(read_many(inputs(things), here, options, max_workers=1, resume=resume), start=1):
        if number == stop_after:
            break
    return read


def test_a_second_run_reads_what_the_first_left(files: list[Path], tmp_path: Path) -> None:
    notes = tmp_path / "notes" / "run.jsonl"
    assert read(files, notes, stop_after=2) == ["0.png", "1.png"]
    # The last one that was given may not have been kept by its receiver.
    assert read(files, notes) == ["1.png", "2.png"]
    # What failed is tried again.
    assert read(files, notes) == ["2.png"]


def test_what_has_changed_is_read_again(files: list[Path], tmp_path: Path) -> None:
    notes = tmp_path / "run.jsonl"
    read(files[:2], notes)
    files[0].write_bytes(b"more!")
    assert read(files[:2], notes) == ["0.png"]
    os.utime(files[1], ns=(1, 1))
    assert read(files[:2], notes) == ["1.png"]


def test_other_options_read_again_but_not_other_threads(files: list[Path], tmp_path: Path) -> None:
    notes = tmp_path / "run.jsonl"
    read(files[:2], notes)
    assert read(files[:2], notes, OPTIONS.with_(runtime=RuntimeOptions(threads=1))) == []
    assert read(files[:2], notes, OPTIONS.with_(language="de")) == ["0.png", "1.png"]


def test_bytes_and_pixels_are_known_by_their_content(tmp_path: Path) -> None:
    notes = tmp_path / "run.jsonl"
    black, grey = np.zeros((4, 4), np.uint8), np.full((4, 4), 7, np.uint8)
    assert len(read([b"a", b"b", black], notes)) == 3
    assert read([b"b", black, grey, b"c"], notes) == ["array 3", "bytes 4"]


def test_a_line_that_was_cut_off_is_left_out(files: list[Path], tmp_path: Path) -> None:
    notes = tmp_path / "run.jsonl"
    read(files[:2], notes)
    whole = notes.read_bytes()
    for cut in range(1, len(whole), 5):
        notes.write_bytes(whole[:-cut])
        left = read(files[:2], notes)
        assert left in ([], ["1.png"], ["0.png", "1.png"])
        assert read(files[:2], notes) == []


def test_a_file_that_is_no_manifest_is_left_alone(files: list[Path], tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="is no manifest"):
        read(files, files[0])
    assert files[0].read_bytes() == b"some"
    with pytest.raises(OutputError, match="cannot be kept"):
        read(files, tmp_path)


def test_the_files_of_an_input_are_known_before_they_are_written(tmp_path: Path) -> None:
    notes = tmp_path / "run.jsonl"
    (each,) = inputs([b"a"])
    with Manifest(notes, OPTIONS) as manifest:
        key = manifest.key(each)
        manifest.begin(key, ["a.txt", "a.json"])
    with Manifest(notes, OPTIONS) as manifest:
        assert manifest.files(key) == ["a.txt", "a.json"]
        assert not manifest.is_done(key)
        manifest.finish(key, "a")
    with Manifest(notes, OPTIONS) as manifest:
        assert manifest.is_done(key)
        assert manifest.files() == ["a.txt", "a.json"]
    with Manifest(notes, OPTIONS, ("json",)) as manifest:
        assert manifest.key(each) != key


def test_progress_tells_how_many_and_which(files: list[Path]) -> None:
    told: list[tuple[int, str]] = []
    done = read_many(
        inputs(files), lambda each: Document((), each.name, ""), OPTIONS, progress=lambda *each: told.append(each)
    )
    assert [name for name, _ in done] == [str(path) for path in files]
    assert told == [(number, str(path)) for number, path in enumerate(files, start=1)]
