"""The same parts, read by actors of Ray: each page once, whatever becomes of the actors."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_pages import KILLER, KILLS_ONCE, MARKS, SLOW, TORN, draw

from inkread.batch import ray as cluster_module
from inkread.batch.ray import Cluster
from inkread.batch.records import read_results
from inkread.batch.report import Report
from inkread.batch.run import Batch, Stop, run
from inkread.errors import InkreadError, MissingPackageError, WorkerError
from inkread.load.source import inputs
from inkread.options import ReaderOptions

ray = pytest.importorskip("ray", reason="needs the package ray: pip install inkread[ray]")
# What Ray opens and leaves to the collector, when it is shut down.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(scope="module")
def marks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("marks")


@pytest.fixture(scope="module", autouse=True)
def one_cluster(marks: Path) -> Iterator[None]:
    """One cluster for all tests that need one: it takes seconds to start."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(MARKS, str(marks))
        order = Batch(marks, ReaderOptions()).order()
        with cluster_module._connected(Cluster(), order, 2):
            yield


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


def read(folder: Path, out: Path, reader: str = "fake_pages:Pages", stop: Stop | None = None, watch=None) -> Report:
    batch = Batch(out, ReaderOptions(), workers=2, cluster=Cluster(cpus=1), resume=True, reader=reader)
    return run(inputs(str(folder)), batch, stop=stop, watch=watch)


def names(out: Path) -> list[str]:
    return sorted(Path(each.source).stem for each in read_results(out))


def test_every_page_is_read_once_and_again_nothing(folder, tmp_path):
    for number in range(40):
        draw(folder / f"{number:02}.png", number=number)
    report = read(folder, tmp_path / "out")
    assert (report.read, report.fresh) == (40, 40)
    assert names(tmp_path / "out") == [f"{number:02}" for number in range(40)]
    assert read(folder, tmp_path / "out").fresh == 0


def test_a_page_that_kills_actors_fails_alone_and_one_that_did_once_is_read(folder, tmp_path):
    for number in range(12):
        what = {5: KILLER, 7: KILLS_ONCE, 9: TORN}.get(number, 0)
        draw(folder / f"{number:02}.png", what, number=number)
    report = read(folder, tmp_path / "out")
    assert (report.read, report.failed) == (10, 2)
    assert {each.kind for each in report.failures} == {"WorkerError", "DamagedInputError"}


def test_a_run_that_is_asked_to_stop_goes_on_later(folder, tmp_path):
    for number in range(40):
        draw(folder / f"{number:02}.png", SLOW, number=number)
    stop = Stop()

    def ask(progress):
        if progress.fresh:
            stop.ask()

    first = read(folder, tmp_path / "out", stop=stop, watch=ask)
    assert first.is_interrupted
    assert first.left > 0
    assert read(folder, tmp_path / "out").read == 40


@pytest.mark.parametrize("reader", ["fake_pages:bare", "fake_pages:refusing"])
def test_workers_without_models_say_so_and_nothing_is_lost(folder, tmp_path, reader):
    draw(folder / "a.png")
    with pytest.raises(InkreadError, match=r"there is no model|nothing pleases"):
        read(folder, tmp_path / "out", reader)
    assert read(folder, tmp_path / "out").read == 1


def test_an_address_that_does_not_answer_is_told_in_time(monkeypatch):
    """Where nobody listens, and where somebody does who says nothing."""
    monkeypatch.setattr(cluster_module, "_ANSWER_S", 6.0)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        ports = [silent.getsockname()[1]]
        with socket.create_server(("127.0.0.1", 0)) as gone:
            ports.append(gone.getsockname()[1])
        for port in ports:
            start = time.monotonic()
            with pytest.raises(WorkerError, match=rf'no Ray cluster answers at "127.0.0.1:{port}"'):
                cluster_module._check_answer(f"127.0.0.1:{port}")
            assert time.monotonic() - start < 20


@pytest.mark.parametrize("address", ["ray://head:10001", "head", ":6379", "head:port", "127.0.0.1:99999999"])
def test_an_address_that_is_none_is_told(address):
    with pytest.raises(WorkerError, match="give HOST:PORT of its head"):
        cluster_module._check_answer(address)


def test_without_ray_it_is_said_what_to_install(folder, tmp_path, monkeypatch):
    draw(folder / "a.png")
    monkeypatch.setitem(__import__("sys").modules, "ray", None)
    with pytest.raises(MissingPackageError, match=r"inkread\[ray\]"):
        read(folder, tmp_path / "out")
