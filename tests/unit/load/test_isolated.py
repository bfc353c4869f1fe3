"""Documents decoded in a child: the same pages as here, and nothing that a document does reaches this process."""

import gc
import io
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import hostile
import numpy as np
import PIL.Image
import pytest
from pdfs import PdfWriter, text

from inkread.child.wire import Answer
from inkread.errors import ClosedError, DamagedInputError, InputError, LimitError, SourceNotFoundError
from inkread.image import Image
from inkread.load import isolated, source
from inkread.load.source import Source
from inkread.options import Limits, LoadOptions

ALWAYS, NEVER = LoadOptions(isolate="always"), LoadOptions(isolate="never")

linux = pytest.mark.skipif(sys.platform != "linux", reason="needs what only Linux tells or limits")


@pytest.fixture(autouse=True)
def _no_child_is_left() -> Iterator[None]:
    yield
    for worker in isolated._idle._workers:
        worker.child.close()
    isolated._idle.start_anew()


def pdf(pages: int = 3) -> bytes:
    writer = PdfWriter()
    for number in range(1, pages + 1):
        writer.page(text(50, 700, f"Page {number} naïve") + text(50, 600, "hidden", mode=3), (200, 800))
    return writer.content()


def tiff(pages: int = 3) -> bytes:
    file = io.BytesIO()
    pictures = [PIL.Image.new("L", (30, 20), 50 * number) for number in range(pages)]
    pictures[0].save(file, "TIFF", save_all=True, append_images=pictures[1:], dpi=(300, 300))
    return file.getvalue()


def pid_of(opened: Source) -> int:
    assert opened._held is not None
    pages = opened._held[1]
    assert isinstance(pages, isolated.IsolatedFile)
    assert pages._worker is not None
    return pages._worker.child.pid


def gone(pid: int, within_s: float = 10.0) -> bool:
    last = time.monotonic() + within_s
    while time.monotonic() < last:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.02)
    return False


def same(one: Image, other: Image) -> bool:
    np.testing.assert_array_equal(one.pixels, other.pixels)
    names = ("source", "number", "dpi", "page_size", "layer", "is_layer_cut")
    assert [getattr(one, name) for name in names] == [getattr(other, name) for name in names]
    return True


@pytest.mark.parametrize("make", [pdf, tiff])
def test_pages_are_the_same_as_without_a_child(make: Callable[[], bytes], tmp_path: Path) -> None:
    path = tmp_path / "naïve \U0001f600.bin"
    path.write_bytes(make())
    for thing, name in ((path, None), (make(), "scan")):
        with (
            source.open(thing, options=ALWAYS, name=name) as there,
            source.open(thing, options=NEVER, name=name) as here,
        ):
            assert len(there) == len(here) == 3
            assert all(same(one, other) for one, other in zip(there, here, strict=True))
            assert same(there[1], here[1])


def test_a_large_file_is_opened_there_by_its_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inkread.load.pictures._IN_MEMORY_BYTES", 10)
    (tmp_path / "scan.tif").write_bytes(tiff())
    monkeypatch.chdir(tmp_path)
    with source.open("scan.tif", options=ALWAYS) as opened:
        monkeypatch.chdir("/")
        assert [image.number for image in opened] == [1, 2, 3]


def test_pdfs_are_isolated_by_default_and_pictures_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object) -> None:
        raise AssertionError("a child was started")

    with source.open(pdf()) as opened:
        assert pid_of(opened) != os.getpid()
    monkeypatch.setattr(isolated, "Child", forbidden)
    isolated._idle.start_anew()
    with source.open(tiff()) as opened:
        assert len(opened) == 3
    with source.open(pdf(), options=NEVER) as opened:
        assert len(opened) == 3


@pytest.mark.parametrize("name", [each.name for each in hostile.cases() if hostile.FORMAT in each.outcomes[:1]])
def test_what_is_no_picture_needs_no_child(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object) -> None:
        raise AssertionError("a child was started")

    monkeypatch.setattr(isolated, "Child", forbidden)
    with pytest.raises(InputError, match="is no picture that inkread reads"):
        source.open(hostile.case(name).make(), options=ALWAYS)


def test_errors_are_those_of_the_decoder_and_name_the_file(tmp_path: Path) -> None:
    with pytest.raises(DamagedInputError, match=r'"cut\.png" is damaged or cut short'):
        source.open(hostile.case("no_end.png").make(), options=ALWAYS, name="cut.png")
    with pytest.raises(SourceNotFoundError):
        source.open(tmp_path / "none.pdf", options=ALWAYS)
    with pytest.raises(LimitError, match="over the limit of 100 px: scale it down or raise max_pixels"):
        source.open(tiff(), Limits(max_pixels=100), ALWAYS)


def test_wanted_pages_keep_their_numbers() -> None:
    with source.open(pdf(5), options=LoadOptions(pages="4-5,2")) as opened:
        assert [image.number for image in opened] == [4, 5, 2]
    with pytest.raises(InputError, match="has no page 9: it has 5 pages"):
        source.open(pdf(5), options=LoadOptions(pages="9"))


def test_a_password_reaches_the_child_and_no_command_line() -> None:
    options = LoadOptions(password="correct horse")
    assert isolated._plain(options)["password"] == "correct horse"
    with source.open(pdf(), options=options) as opened:
        if sys.platform == "linux":
            assert b"horse" not in Path(f"/proc/{pid_of(opened)}/cmdline").read_bytes()


def test_a_child_is_kept_for_the_next_document() -> None:
    pids = set()
    for _ in range(5):
        with source.open(pdf()) as opened:
            pids.add(pid_of(opened))
            assert len(list(opened)) == 3
    assert len(pids) == 1


def test_a_child_is_kept_by_who_only_counts_pages_but_not_by_who_leaves_in_the_middle() -> None:
    pids = []
    for asked in (0, 0, 1, 0):
        with source.open(pdf()) as opened:
            pids.append(pid_of(opened))
            assert len(opened) == 3
            assert [opened[index].number for index in range(asked)] == [1] * asked
    assert pids[0] == pids[1] == pids[2] != pids[3]


def test_few_children_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = [source.open(tiff(1), options=ALWAYS) for _ in range(4)]
    pids = [pid_of(each) for each in opened]
    assert len(set(pids)) == 4
    for each in opened:
        each[0]
        each.close()
    assert [gone(pid, 0.5) for pid in pids] == [True, True, False, False]


def test_a_child_ends_after_many_documents(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolated, "_MAX_DOCUMENTS", 2)
    pids = []
    for _ in range(4):
        with source.open(tiff(1), options=ALWAYS) as opened:
            pids.append(pid_of(opened))
            opened[0]
    assert pids[0] == pids[1] != pids[2] == pids[3]
    assert gone(pids[0])


@linux
def test_a_child_that_has_grown_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolated, "_GROWN", 0.01)
    with source.open(tiff(1), options=ALWAYS) as opened:
        pid = pid_of(opened)
        opened[0]
    assert gone(pid)


def test_other_limits_need_another_child() -> None:
    pids = []
    for limits in (Limits(), Limits(decode_memory_mb=1000)):
        with source.open(tiff(1), limits, ALWAYS) as opened:
            pids.append(pid_of(opened))
            opened[0]
    assert pids[0] != pids[1]


def test_the_child_goes_with_an_abandoned_generator() -> None:
    def pages() -> Iterator[Image]:
        with source.open(pdf()) as opened:
            pids.append(pid_of(opened))
            yield from opened

    pids: list[int] = []
    generator = pages()
    assert next(generator).number == 1
    del generator
    gc.collect()
    assert gone(pids[0])


def test_the_child_goes_with_an_abandoned_source() -> None:
    opened = source.open(pdf())
    iterator = iter(opened)
    next(iterator)
    pid = pid_of(opened)
    del opened, iterator
    gc.collect()
    assert gone(pid)


@linux
@pytest.mark.parametrize("is_read", [True, False])
def test_a_script_without_a_main_guard_reads_in_a_child(tmp_path: Path, is_read: bool) -> None:
    """And its child is gone when it ends, whether the document was read or not."""
    (tmp_path / "scan.pdf").write_bytes(pdf())
    script = tmp_path / "script.py"
    script.write_text(
        "from inkread.load import source\n"
        "opened = source.open('scan.pdf')\n"
        "print(opened._held[1]._worker.child.pid)\n" + ("print(len(list(opened)))\nopened.close()\n" if is_read else "")
    )
    command = [sys.executable, "-W", "error", str(script)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    pid, *count = done.stdout.split()
    assert count == (["3"] if is_read else [])
    assert gone(int(pid))


def test_modules_beside_the_document_are_not_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("json", "numpy", "PIL", "inkread", "sitecustomize"):
        (tmp_path / f"{name}.py").write_text("import os; os._exit(1)")
    with source.open(tiff(1), options=ALWAYS) as opened:
        assert len(opened) == 1


@linux
def test_a_page_that_takes_too_much_fails_alone() -> None:
    """The other pages come from another child, from a file in memory as from one on disk."""
    writer = PdfWriter()
    writer.page(text(50, 700, "first"), (200, 800))
    writer.page("0 0 200 800 re f\n" * 3_000_000, (2000, 2000))
    writer.page(text(50, 700, "third"), (200, 800))
    with source.open(writer.content(), Limits(decode_cpu_s=1, decode_wall_s=20), name="scan.pdf") as opened:
        assert opened[0].number == 1
        first = pid_of(opened)
        with pytest.raises(LimitError, match=r'page 2 of "scan\.pdf" took more than 1 s of processor time'):
            opened[1]
        assert opened[2].number == 3
        assert pid_of(opened) != first
        assert gone(first)


@linux
def test_a_child_that_dies_while_it_waits_is_replaced() -> None:
    with source.open(tiff(2), options=ALWAYS) as opened:
        opened[0]
        os.kill(pid_of(opened), 9)
        assert gone(pid_of(opened))
        assert opened[1].number == 2


def test_a_closed_document_says_so() -> None:
    with source.open(pdf()) as opened:
        assert opened._held is not None
        pages = opened._held[1]
    with pytest.raises(ClosedError):
        pages.page(0)
    pages.close()


@linux
def test_a_forked_process_opens_documents_of_its_own() -> None:
    with source.open(tiff(1), options=ALWAYS) as opened:
        opened[0]
    pid = os.fork()
    if pid == 0:
        try:
            with source.open(tiff(1), options=ALWAYS) as opened:
                os._exit(7 if opened[0].number == 1 else 1)
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7
    with source.open(tiff(1), options=ALWAYS) as opened:
        assert opened[0].number == 1


def test_threads_read_documents_at_the_same_time() -> None:
    def read(number: int) -> int:
        with source.open(tiff(number), options=ALWAYS) as opened:
            return len(list(opened))

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(read, [1, 2, 3, 4] * 4)) == [1, 2, 3, 4] * 4


def test_a_child_that_lies_about_its_pages_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = (0, -1, 10**9, "3", None, True, [1])
    left = list(counts)

    class Liar:
        """Starts as a decoder and answers what a decoder never answers."""

        def __init__(self, *_: object) -> None:
            self.is_alive = True

        def call(self, request: dict[str, object], *_: object, **__: object) -> Answer:
            assert request["do"] == "open"
            return Answer(left.pop(0))

        def close(self) -> None:
            self.is_alive = False

    monkeypatch.setattr(isolated, "Child", Liar)
    for _ in counts:
        with pytest.raises(DamagedInputError, match=r"no sensible answer about \"bytes\" \(no number of pages\)"):
            source.open(pdf())
        assert not isolated._idle._workers
