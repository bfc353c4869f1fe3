"""`inkread read --server`: a service reads, and what comes of it is as if read here."""

import json
from collections.abc import Iterator
from itertools import count

import pytest

pytest.importorskip("fastapi", reason="needs the service: pip install inkread[service]")
pytest.importorskip("httpx2", reason="needs httpx2: pip install inkread[client]")

from jobbed import JobsServed  # after what it needs
from live import listening
from served import Served, png, tiff

from inkread.cli.app import run
from inkread.errors import DamagedInputError, OptionError
from inkread.service.clients import ClientBook
from inkread.service.settings import ServiceOptions


@pytest.fixture
def served(tmp_path) -> JobsServed:
    return JobsServed(tmp_path / "jobs")


@pytest.fixture
def url(served) -> Iterator[str]:
    with listening(served.app()) as address:
        yield address


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder with a picture, a document of pages, and what is neither."""
    here = tmp_path / "here"
    (here / "scans").mkdir(parents=True)
    (here / "scans" / "one.png").write_bytes(png())
    (here / "scans" / "many.tif").write_bytes(tiff(3))
    (here / "text.png").write_text("no picture\n")
    monkeypatch.chdir(here)
    for name in ("INKREAD_SERVER", "INKREAD_CLIENT_ID", "INKREAD_CLIENT_SECRET"):
        monkeypatch.delenv(name, raising=False)
    return here


def test_a_picture_and_a_document_are_read_there(url, tmp_path, capsys):
    assert run(["read", "scans/one.png", "--server", url]) == 0
    assert capsys.readouterr().out == "hello\n"
    assert run(["read", "scans/many.tif", "--server", url]) == 0
    assert capsys.readouterr().out == "hello\n\nhello\n\nhello\n"
    assert list((tmp_path / "jobs" / "documents").iterdir()) == []  # it was deleted when it was here


def test_the_address_may_stand_in_the_environment(url, capsys, monkeypatch):
    monkeypatch.setenv("INKREAD_SERVER", url)
    assert run(["read", "scans/one.png", "-f", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["source"], told["pages"][0]["source"]) == ("scans/one.png", "scans/one.png")


def test_a_folder_becomes_files_in_every_format(url, folder):
    assert run(["read", "scans", "-o", "out", "-f", "text,json,pdf,hocr,picture", "--server", url, "--jobs", "2"]) == 0
    names = sorted(path.name for path in (folder / "out").iterdir())
    assert {"one.txt", "one.json", "one.pdf", "one.hocr", "many.txt", "many.pdf"} <= set(names)
    assert len([name for name in names if "annotated" in name]) == 4
    assert (folder / "out" / "many.pdf").read_bytes().startswith(b"%PDF")


def test_options_reach_the_service(url, served, capsys):
    wish = ["--language", "en,fr", "--mode", "auto", "--correct", "lexicon", "--min-confidence", "0.5", "--pages", "2"]
    assert run(["read", "scans/many.tif", "--server", url, *wish]) == 0
    assert capsys.readouterr().out == "hello\n"
    options = served.readers[0].variants[0].options
    assert (options.language, options.mode, options.min_confidence) == (("en", "fr"), "auto", 0.5)
    assert options.correct.corrector == "lexicon"


def test_a_bad_input_among_several_is_told_and_the_others_are_read(url, capsys):
    assert run(["read", "scans/one.png", "text.png", "nowhere.png", "--server", url]) == 20
    out, err = capsys.readouterr()
    assert "hello" in out
    assert "text.png" in err
    assert "nowhere.png" in err


def test_a_page_that_cannot_be_read_fails_its_document(url, served, capsys):
    steps = count(1)

    def second_is_broken() -> None:
        if next(steps) == 2:
            raise DamagedInputError("it is broken")

    served.readers[0].before = second_is_broken
    assert run(["read", "scans/many.tif", "--server", url]) == DamagedInputError.exit_code
    assert 'page 2 of "scans/many.tif" cannot be read: it is broken' in capsys.readouterr().err


def test_a_service_without_jobs_reads_at_once(capsys):
    with listening(Served(ServiceOptions()).app()) as url:
        assert run(["read", "scans/many.tif", "--server", url]) == 0
    assert capsys.readouterr().out == "hello\n\nhello\n\nhello\n"


def test_credentials_come_from_the_environment(tmp_path, capsys, monkeypatch):
    book = ClientBook(tmp_path / "clients.json")
    client, secret = book.add("me")
    with listening(JobsServed(tmp_path / "jobs", {"book": book}).app()) as url:
        assert run(["read", "scans/one.png", "--server", url]) == 28
        monkeypatch.setenv("INKREAD_CLIENT_ID", client.id)
        monkeypatch.setenv("INKREAD_CLIENT_SECRET", secret)
        assert run(["read", "scans/one.png", "scans/many.tif", "--server", url]) == 0
    assert capsys.readouterr().out.count("hello") == 4


@pytest.mark.parametrize(
    "wish", [["--device", "cpu"], ["--dpi", "300"], ["--trust"], ["--recognizer", "x"], ["--correct", "rewrite"]]
)
def test_what_is_the_services_business_is_refused(url, capsys, wish):
    assert run(["read", "scans/one.png", "--server", url, *wish]) == OptionError.exit_code
    assert capsys.readouterr().out == ""


def test_what_is_no_address_is_refused(capsys):
    assert run(["read", "scans/one.png", "--server", "localhost:8080"]) == OptionError.exit_code
    assert "http://" in capsys.readouterr().err
