import hashlib
import json
import pickle
import shutil
import threading
from collections import namedtuple
from dataclasses import replace
from pathlib import Path

import pytest
from models import Server, a_card, part, serving, tiny_onnx

from inkread.errors import (
    AddressError,
    DownloadError,
    LimitError,
    ModelError,
    ModelIntegrityError,
    ModelNotFoundError,
    OutputError,
)
from inkread.registry import web_file
from inkread.registry.catalog import Catalog, ModelCard, ModelFile, Source
from inkread.registry.downloads import Downloads
from inkread.registry.receipts import WORK, receipts
from inkread.registry.store import Store

CONTENT = tiny_onnx() + part(99, bytes(range(250)) * 800)


@pytest.fixture(autouse=True)
def no_waits(monkeypatch):
    monkeypatch.setattr(web_file, "_WAITS_S", (0.0, 0.0, 0.0))
    for name in ("INKREAD_OFFLINE", "HF_HUB_OFFLINE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def server():
    with serving(Server({"/m.onnx": CONTENT})) as made:
        yield made


@pytest.fixture
def card(server) -> ModelCard:
    return a_card("m", CONTENT, f"{server.url}/m.onnx")


def fetch(folder: Path, card: ModelCard, **more) -> Path:
    return Downloads(folder).fetch(card.files[0], model=card.name, license=card.license, **more)


def leftovers(folder: Path) -> list[str]:
    return sorted(path.name for kind in ("incoming", "quarantine") for path in (folder / WORK / kind).glob("**/*"))


def test_a_file_comes_whole_and_nothing_is_left(tmp_path, card, server):
    told = []
    path = fetch(tmp_path, card, announce=told.append, progress=lambda done, total: told.append((done, total)))
    assert path.read_bytes() == CONTENT
    assert not path.is_symlink()
    assert leftovers(tmp_path) == []
    assert (told[0].size_bytes, told[0].license, told[0].target) == (len(CONTENT), "Apache-2.0", path)
    assert told[1] == (0, len(CONTENT))
    assert told[-1] == (len(CONTENT), len(CONTENT))
    receipt = receipts(tmp_path)["m.onnx"]
    assert (receipt.model, receipt.sha256) == ("m", hashlib.sha256(CONTENT).hexdigest())
    assert receipt.source.startswith("http://127.0.0.1")


def test_what_is_there_is_not_fetched_again(tmp_path, card, server):
    fetch(tmp_path, card)
    fetch(tmp_path, card)
    assert server.count() == 1


def test_a_broken_connection_is_gone_on_with(tmp_path, card, server):
    server.cut_after = [70_000, 10]
    assert fetch(tmp_path, card).read_bytes() == CONTENT
    assert [asked[2] for asked in server.asked] == [None, "bytes=70000-", "bytes=70010-"]


def test_a_run_that_was_ended_is_gone_on_with_by_the_next(tmp_path, card, server):
    server.cut_after = [70_000, 0, 0, 0]
    with pytest.raises(DownloadError, match="the connection ended early"):
        fetch(tmp_path, card)
    server.asked.clear()
    assert fetch(tmp_path, card).read_bytes() == CONTENT
    assert [asked[2] for asked in server.asked] == ["bytes=70000-"]


def test_a_server_that_knows_no_ranges_begins_anew(tmp_path, card, server):
    server.cut_after, server.knows_ranges = [70_000], False
    assert fetch(tmp_path, card).read_bytes() == CONTENT


def test_a_damaged_beginning_is_thrown_away(tmp_path, card, server):
    server.cut_after = [70_000, 0, 0, 0]
    with pytest.raises(DownloadError):
        fetch(tmp_path, card)
    (part,) = (tmp_path / WORK / "incoming").glob("*/m.onnx")
    part.write_bytes(bytes(70_000))
    assert fetch(tmp_path, card).read_bytes() == CONTENT
    assert len(list((tmp_path / WORK / "quarantine").iterdir())) == 1


def test_a_beginning_that_is_longer_than_the_file_is_thrown_away(tmp_path, card, server):
    server.cut_after = [70_000, 0, 0, 0]
    with pytest.raises(DownloadError):
        fetch(tmp_path, card)
    (part,) = (tmp_path / WORK / "incoming").glob("*/m.onnx")
    part.write_bytes(bytes(len(CONTENT) + 1))
    assert fetch(tmp_path, card).read_bytes() == CONTENT


def test_another_file_than_the_cards_goes_to_quarantine(tmp_path, card, server):
    server.contents["/m.onnx"] = bytes(reversed(CONTENT))
    with pytest.raises(ModelIntegrityError, match=r"with the sha256 .*quarantine"):
        fetch(tmp_path, card)
    assert not (tmp_path / "m.onnx").exists()
    assert len(list((tmp_path / WORK / "quarantine").iterdir())) == 1


def test_a_damaged_file_in_place_is_replaced_and_kept_in_quarantine(tmp_path, card, server):
    (tmp_path / "m.onnx").write_bytes(bytes(len(CONTENT)))
    assert fetch(tmp_path, card).read_bytes() == CONTENT
    assert len(list((tmp_path / WORK / "quarantine").iterdir())) == 1


@pytest.mark.parametrize("lie", [{"announced": 10 << 40}, {"announced": 10}, {"chunked": True}])
def test_a_download_that_lies_about_its_size_is_cut(tmp_path, card, server, lie):
    for name, value in lie.items():
        setattr(server, name, value)
    short = replace(card, files=(replace(card.files[0], size_bytes=100),))
    with pytest.raises((DownloadError, LimitError), match=r"says it has|sends more than its 100 bytes"):
        fetch(tmp_path, short)
    assert not (tmp_path / "m.onnx").exists()
    assert sum(path.stat().st_size for path in tmp_path.rglob("*.onnx")) == 0


def test_a_file_of_a_size_that_nobody_told_is_announced_by_the_server(tmp_path, card, server):
    unknown = replace(card, files=(replace(card.files[0], size_bytes=None),))
    told = []
    fetch(tmp_path, unknown, announce=told.append)
    assert told[0].size_bytes == len(CONTENT)
    assert server.count("HEAD") == 1


def disk(free: int):
    return lambda folder: namedtuple("Usage", "total used free")(1 << 40, 0, free)


@pytest.mark.parametrize("size_is_known", [True, False])
def test_a_full_disk_is_told_before_the_first_byte(tmp_path, card, server, monkeypatch, size_is_known):
    monkeypatch.setattr(shutil, "disk_usage", disk((64 << 20) + 1000))
    if not size_is_known:
        card = replace(card, files=(replace(card.files[0], size_bytes=None),))
    with pytest.raises(OutputError, match=r"takes .* bytes, the disk of .* has 1,000 to spare: free some space"):
        fetch(tmp_path, card)
    assert server.count() == 0


def test_a_server_that_tells_no_size_gets_no_more_than_the_disk_has(tmp_path, card, server, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", disk((64 << 20) + 1000))
    server.chunked = True
    unknown = replace(card, files=(replace(card.files[0], size_bytes=None),))
    with pytest.raises(LimitError, match="sends more than its 1,000 bytes"):
        fetch(tmp_path, unknown)
    assert list(tmp_path.rglob("*.onnx")) == []


def test_a_disk_that_fills_up_meanwhile_is_freed_again(tmp_path, card, server, monkeypatch):
    real = web_file._copy

    class Full:
        def __init__(self, file):
            self.file = file

        def tell(self):
            return self.file.tell()

        def write(self, data):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(web_file, "_copy", lambda response, file, *rest: real(response, Full(file), *rest))
    with pytest.raises(OutputError, match="No space left on device: free some space"):
        fetch(tmp_path, card)
    assert list(tmp_path.rglob("*.onnx")) == []


@pytest.mark.parametrize("variable", ["INKREAD_OFFLINE", "HF_HUB_OFFLINE"])
@pytest.mark.parametrize("value", ["1", "true", "yes", "maybe"])
@pytest.mark.row("S3-47")
def test_a_variable_forbids_the_network_whatever_was_allowed(tmp_path, card, server, monkeypatch, variable, value):
    monkeypatch.setenv(variable, value)
    with pytest.raises(AddressError, match=f"{variable} is set"):
        fetch(tmp_path, card)
    with pytest.raises(AddressError):
        Store(tmp_path, catalog=Catalog((card,))).find("m", download=True)
    assert Downloads(tmp_path).plan(card.files[0], model="m", license="MIT").size_bytes == len(CONTENT)
    assert server.asked == []


@pytest.mark.parametrize("value", ["", "0", "false", "No", "off"])
def test_a_variable_that_is_off_forbids_nothing(tmp_path, card, server, monkeypatch, value):
    monkeypatch.setenv("INKREAD_OFFLINE", value)
    assert fetch(tmp_path, card).is_file()


@pytest.mark.parametrize("license", ["unknown", "", "CC-BY-NC-4.0", "qwen-research", "other"])
def test_a_licence_that_is_not_free_must_be_accepted(tmp_path, card, server, license):
    strict = replace(card, license=license)
    with pytest.raises(ModelError, match=r"licence.*--accept-license"):
        fetch(tmp_path, strict)
    assert server.count() == 0
    assert fetch(tmp_path, strict, accept_license=True).is_file()


@pytest.mark.parametrize("url", ["http://example.org/m.onnx", "ftp://example.org/m.onnx", "file:///etc/hostname"])
def test_only_https_is_asked(tmp_path, url):
    with pytest.raises(AddressError, match="https only"):
        fetch(tmp_path, a_card("m", CONTENT, url))


def test_a_redirection_is_followed_but_not_away_from_encryption(tmp_path, card, server):
    with serving(Server(dict(server.contents))) as other:
        server.redirect = f"{other.url}/m.onnx"
        assert fetch(tmp_path, card).read_bytes() == CONTENT
    server.redirect = "http://example.org/m.onnx"
    with pytest.raises(AddressError, match="https only"):
        fetch(tmp_path / "second", card)


def test_a_busy_server_is_asked_again_and_a_missing_file_is_not(tmp_path, card, server):
    server.statuses = [503, 503]
    assert fetch(tmp_path, card).is_file()
    server.asked.clear()
    server.statuses = [404]
    with pytest.raises(DownloadError, match="it answers with 404"):
        fetch(tmp_path / "second", card)
    assert server.count() == 1


def test_the_next_address_is_asked_where_one_fails(tmp_path, card, server):
    bad = Source("url", f"{server.url}/none.onnx", "none.onnx")
    both = replace(card, files=(replace(card.files[0], sources=(bad, *card.files[0].sources)),))
    assert fetch(tmp_path, both).read_bytes() == CONTENT


def test_a_host_that_is_not_there_is_told(tmp_path):
    with pytest.raises(DownloadError, match="cannot be fetched"):
        fetch(tmp_path, a_card("m", CONTENT, "http://127.0.0.1:1/m.onnx"))


def test_what_comes_must_be_a_model(tmp_path, server):
    server.contents["/m.onnx"] = pickle.dumps({})
    unknown = ModelFile("m.onnx", sources=(Source("url", f"{server.url}/m.onnx", "m.onnx"),))
    with pytest.raises(ModelError, match="is a pickle"):
        Downloads(tmp_path).fetch(unknown, model="m", license="MIT")
    assert not (tmp_path / "m.onnx").exists()


def test_a_card_without_an_address_says_so(tmp_path):
    with pytest.raises(ModelNotFoundError, match="names no address"):
        Downloads(tmp_path).plan(ModelFile("m.onnx"), model="m", license="MIT")


def test_a_folder_that_cannot_be_written_is_told(tmp_path, card, server):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot write to the folder of models"):
        fetch(tmp_path / "file" / "models", card)


def test_threads_that_ask_at_once_make_one_download(tmp_path, card, server):
    server.piece_delay_s = 0.005
    found = []
    threads = [threading.Thread(target=lambda: found.append(fetch(tmp_path, card))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert server.count() == 1


def test_the_store_downloads_only_where_it_is_told_to(tmp_path, card, server):
    store = Store(tmp_path, catalog=Catalog((card,)))
    with pytest.raises(ModelNotFoundError, match="inkread models pull m"):
        store.find("m")
    assert server.asked == []
    assert store.find("m", download=True).read_bytes() == CONTENT
    (tmp_path / "m.onnx").write_bytes(CONTENT[:-1] + b"\1")
    with pytest.raises(ModelIntegrityError, match="inkread models pull m"):
        store.find("m")
    assert store.find("m", download=True).read_bytes() == CONTENT


def test_a_damaged_receipt_is_left_out(tmp_path, card, server):
    fetch(tmp_path, card)
    folder = tmp_path / WORK / "receipts"
    (folder / "bad.json").write_text("{")
    (folder / "other.json").write_text(json.dumps({"name": "x", "what": 1}))
    assert list(receipts(tmp_path)) == ["m.onnx"]
