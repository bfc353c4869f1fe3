"""A batch, by workers with a reader that does what a picture's first pixel says: each page once, whatever happens."""

import errno
import json
import math
import os
import shutil
from pathlib import Path

import fake_pages
import pytest
from fake_pages import BUG, KILLER, KILLS_ONCE, MARKS, SLOW, TORN, TORN_ONCE, draw, draw_pages

from inkread.batch import local
from inkread.batch import run as run_module
from inkread.batch.folder import Folder
from inkread.batch.part_reader import Order, PartReader
from inkread.batch.records import PageRecord, read_results
from inkread.batch.report import Report
from inkread.batch.run import Batch, Stop, run
from inkread.batch.work import Part
from inkread.errors import InkreadError, MissingPackageError, ModelNotFoundError, NothingToReadError, OutputError
from inkread.load.source import inputs
from inkread.options import ReaderOptions

OPTIONS = ReaderOptions()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for pictures."""
    for name in ("in", "marks"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv(MARKS, str(tmp_path / "marks"))
    return tmp_path / "in"


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do what the processes of a crew do one after the other in this one, which is there at once."""

    def each_done(parts, trade, workers):
        reader = PartReader(trade.settings)
        for part in parts:
            try:
                yield part, reader.do(part)
            except InkreadError as error:
                yield part, error

    monkeypatch.setattr(local, "each_done", each_done)


def read(things: object, out: Path, *, stop: Stop | None = None, watch=None, **values: object) -> Report:
    batch = Batch(out, OPTIONS, **{"workers": 2, "reader": "fake_pages:Pages", "resume": True, **values})
    return run(inputs(things), batch, stop=stop, watch=watch)


def records(out: Path) -> dict[str, PageRecord]:
    """Return what was written, by name and page; no key is there twice."""
    found = list(read_results(out))
    assert len({each.key for each in found}) == len(found)
    return {f"{Path(each.source).name} {each.page}": each for each in found}


def test_every_page_is_read_once_and_told(folder, out):
    for number in range(20):
        draw(folder / f"{number}.png", number=number)
    draw_pages(folder / "long.tif", 30, first=100)
    shutil.copy(folder / "3.png", folder / "twin.png")
    report = read(str(folder), out)
    found = records(out)
    assert len(found) == report.read == report.pages == report.fresh == 50
    assert (report.documents, report.failed, report.left, report.is_clean) == (22, 0, 0, True)
    assert "twin.png 1" not in found  # its bytes are those of 3.png
    assert report.stage_seconds["read"] == pytest.approx(0.05)
    assert json.loads((out / "report.json").read_text())["read"] == 50
    page = found["long.tif 30"]
    assert page.document is not None
    assert page.document.source == str(folder / "long.tif")
    assert page.seconds.keys() == {"decode", "read", "files"}
    assert not list((out / "begun").iterdir())


def test_a_second_run_reads_what_is_new_and_what_failed(folder, out, here):
    for number in range(9):
        draw(folder / f"{number}.png", number=number)
    draw(folder / "torn.png", TORN)
    first = read([str(folder), str(folder / "none.png")], out)
    assert (first.read, first.failed, first.documents_failed) == (9, 1, 1)
    before = {path: path.stat().st_mtime_ns for path in out.glob("pages/*/*")}
    draw(folder / "new.png", number=77)
    draw(folder / "none.png", number=78)
    again = read([str(folder), str(folder / "none.png")], out)
    assert (again.read, again.failed, again.documents_failed, again.fresh) == (11, 1, 0, 3)
    same = [path for path, stamp in before.items() if path.stat().st_mtime_ns == stamp]
    assert len(before) - len(same) == 1  # the part with the torn page was written anew


def test_a_page_is_retried_and_then_recorded_with_its_reason(folder, out, here):
    for name, what in (("torn", TORN), ("once", TORN_ONCE), ("bug", BUG), ("fine", 0)):
        draw(folder / f"{name}.png", what)
    report = read(str(folder), out)
    found = records(out)
    assert found["torn.png 1"].error == ("DamagedInputError", "it is torn: mend it")
    assert found["bug.png 1"].error is not None
    assert "TypeError: no such thing" in found["bug.png 1"].error[1]
    assert [found[f"{name}.png 1"].attempts for name in ("torn", "once", "fine")] == [2, 2, 1]
    assert {Path(each.name).name for each in report.failures} == {"torn.png", "bug.png"}


@pytest.mark.parametrize("workers", [1, 2])
def test_a_page_that_kills_its_process_fails_alone(folder, out, workers):
    """One killer in fifty: 49 pages, one error, three deaths."""
    for number in range(50):
        draw(folder / f"{number:02}.png", KILLER if number == 30 else 0, number=number)
    names = [str(folder / f"{number:02}.png") for number in range(50)]
    report = read(names, out, workers=workers, part_pages=50)
    assert (report.read, report.failed) == (49, 1)
    kind, message = records(out)["30.png 1"].error
    assert kind == "WorkerError"
    assert "died 3 times" in message


def test_a_page_whose_process_was_killed_is_read_again(folder, out):
    for number in range(6):
        draw(folder / f"{number}.png", KILLS_ONCE, number=number)
    assert read(str(folder), out).read == 6


def test_the_same_bytes_elsewhere_and_other_bytes_here(folder, out, here):
    path = draw(folder / "a.png", number=1)
    assert read(str(path), out).fresh == 1
    path.rename(folder / "b.png")
    assert read(str(folder / "b.png"), out).fresh == 0
    os.utime(folder / "b.png", ns=(1, 1))
    assert read(str(folder / "b.png"), out).fresh == 0
    draw(folder / "b.png", number=2)
    assert read(str(folder / "b.png"), out).fresh == 1
    assert len(list(read_results(out))) == 2


def test_a_run_that_is_asked_to_stop_finishes_the_pages_at_hand_and_goes_on_later(folder, out):
    for number in range(40):
        draw(folder / f"{number:02}.png", SLOW, number=number)
    stop = Stop()

    def ask(progress):
        if progress.fresh:
            stop.ask()

    first = read(str(folder), out, stop=stop, watch=ask, part_pages=4)
    assert first.is_interrupted
    assert first.read + first.fresh > 0
    assert first.left > 0
    pages = first.fresh
    again = read(str(folder), out)
    assert (again.read, again.left) == (40, 0)
    # What was read of a part that was not done is not read again.
    assert again.fresh <= 40 - pages + 1


def test_a_folder_without_documents_and_a_list_without_files_say_so(folder, out, here):
    with pytest.raises(NothingToReadError, match="holds no picture"):
        read(str(folder), out)
    with pytest.raises(InkreadError, match="there is no file"):
        read([str(folder / "1.png"), str(folder / "2.png")], out)
    draw(folder / "2.png")
    report = read([str(folder / "1.png"), str(folder / "2.png")], out)
    assert (report.read, report.documents_failed) == (1, 1)


@pytest.mark.parametrize("reader", ["fake_pages:bare", "fake_pages:refusing"])
def test_workers_without_models_say_so_and_nothing_is_lost(folder, out, reader):
    for number in range(5):
        draw(folder / f"{number}.png", number=number)
    with pytest.raises(InkreadError, match=r"there is no model|nothing pleases"):
        read(str(folder), out, reader=reader)
    assert read(str(folder), out).read == 5


def test_a_document_that_changes_while_it_waits_fails_and_is_planned_anew(folder, out, here):
    names = [draw(folder / f"{number}.png", number=number) for number in range(3)]
    read([str(name) for name in names], out)
    Folder(out).part_path(2).unlink()  # as if it had been planned and not read
    draw(names[1], number=99)
    report = read([str(name) for name in names], out)
    assert (report.read, report.failed) == (3, 1)
    assert "has changed since it was planned" in report.failures[0].message


def test_a_disk_that_fills_up_ends_the_run_and_a_later_one_goes_on(folder, out, here, monkeypatch):
    """At the n-th write of any kind, wherever that is."""
    for number in range(12):
        draw(folder / f"{number}.png", number=number)
    refused = []
    real_fsync, real_open, left = os.fsync, Path.open, [0]

    def full(*_: object) -> None:
        left[0] -= 1
        if left[0] == 0:
            refused.append(1)
            raise OSError(errno.ENOSPC, "No space left on device")

    def fsync(handle: int) -> None:
        full()
        real_fsync(handle)

    def opened(self: Path, mode: str = "r", *rest: object, **more: object):
        if mode[0] in "ax":
            full()
        return real_open(self, mode, *rest, **more)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(Path, "open", opened)
    for number in range(1, 60, 3):
        left[0] = number
        with pytest.raises(OutputError, match=r"[Nn]o space left"):
            read(str(folder), out)
        left[0] = -1
        report = read(str(folder), out)
        assert (report.read, report.left) == (12, 0)
        assert len(records(out)) == 12
        shutil.rmtree(out)
    assert len(refused) == 20


def test_a_document_that_needs_a_package_fails_alone(folder, out, here, monkeypatch):
    draw(folder / "a.png")
    draw(folder / "b.png", number=1)
    real = run_module.count

    def count(each, options, before):
        if each.name.endswith("a.png"):
            raise MissingPackageError("it needs a package", remedy="pip install it")
        return real(each, options, before)

    monkeypatch.setattr(run_module, "count", count)
    report = read(str(folder), out)
    assert (report.read, report.documents_failed, report.failures[0].kind) == (1, 1, "MissingPackageError")


def test_a_model_that_is_missing_when_it_is_needed_ends_the_run_and_fails_no_page(folder, out, here, monkeypatch):
    draw(folder / "a.png")
    with monkeypatch.context() as patch:
        patch.setattr(fake_pages.Pages, "read_page_timed", lambda *_: fake_pages.bare(OPTIONS))
        with pytest.raises(ModelNotFoundError):
            read(str(folder), out)
    assert not list(out.glob("pages/*/*"))
    assert read(str(folder), out).read == 1


def test_paths_are_known_from_everywhere(folder, out, here, monkeypatch):
    draw(folder / "a.png")
    monkeypatch.chdir(folder)
    read("a.png", out)
    monkeypatch.chdir(folder.parent)
    assert read("in/a.png", out).documents == 1
    assert [each.source for each in read_results(out)] == [str(folder / "a.png")]


def test_a_worker_that_does_not_see_the_folder_says_so(tmp_path):
    order = Order(Folder(tmp_path / "none"), OPTIONS, "c", "run", reader="fake_pages:Pages")
    with pytest.raises(OutputError, match="does not see"):
        PartReader(order).read(Part(1, ()))


def test_pages_in_other_formats_are_written_under_names_of_their_own(folder, out, here):
    draw_pages(folder / "long name.tif", 3, first=1)
    report = read(str(folder), out, formats=("text", "picture", "pdf"))
    assert report.read == 3
    names = sorted(path.name.replace(path.name.split("-")[1], "SHA") for path in out.glob("files/*/*"))
    endings = ("-annotated.png", ".pdf", ".txt")
    assert names == sorted(f"long name-SHA-p{page}{ending}" for page in (1, 2, 3) for ending in endings)


def test_how_many_workers_by_processors_and_memory(tmp_path, monkeypatch):
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("MemTotal: 9 kB\nMemAvailable: 4096000 kB\n")
    monkeypatch.setattr(local, "container_mib", lambda: math.inf)
    assert local.available_mb(meminfo) == 4000
    assert 0 < local.available_mb(tmp_path / "none") < math.inf
    monkeypatch.setattr(local, "container_mib", lambda: 1500.0)
    assert local.available_mb(meminfo) == 1500
    assert local.available_mb(tmp_path / "none") == 1500
    monkeypatch.setattr(local, "available_threads", lambda: 8)
    monkeypatch.setattr(local, "available_mb", lambda: 1500.0)
    assert local.workers_for(OPTIONS, None) == 2
    assert local.workers_for(OPTIONS, 5) == 5
    monkeypatch.setattr(local, "available_mb", lambda: 99_000.0)
    assert local.workers_for(OPTIONS.with_(runtime=OPTIONS.runtime.with_(threads=4)), None) == 2
