"""Addresses that lead where nobody should be sent: refused, with no packet sent to any of them."""

import re
import socket
import sys
import threading
from collections.abc import Iterator, Sequence
from ipaddress import ip_address
from pathlib import Path

import pytest

from inkread.errors import AddressError
from inkread.load import web
from inkread.load.addresses import Address
from inkread.options import WebOptions

LIST = Path(__file__).with_name("refused_addresses.txt").read_text(encoding="utf-8").splitlines()

# What names in the lists mean; every other name is a public host.
NAMES = {
    "metadata": ["169.254.169.254"],
    "private.names.example.org": ["10.0.0.1"],
    "mixed.names.example.org": ["93.184.216.34", "127.0.0.1"],
    "mapped.names.example.org": ["::ffff:127.0.0.1"],
    "127.0.0.1.names.example.org": ["127.0.0.1"],
    "127.0.0.1.nip.io": ["127.0.0.1"],
}

# What the interpreter does with sockets in this thread, told by its audit events.
_seen: list[str] = []
_watched: set[int] = set()


def _audit(event: str, arguments: tuple[object, ...]) -> None:
    if event.startswith("socket.") and event != "socket.__new__" and threading.get_ident() in _watched:
        _seen.append(f"{event} {arguments[1:]}")


@pytest.fixture(scope="module", autouse=True)
def audited() -> None:
    sys.addaudithook(_audit)


@pytest.fixture
def sent() -> Iterator[list[str]]:
    _seen.clear()
    _watched.add(threading.get_ident())
    yield _seen
    _watched.clear()


@pytest.fixture(scope="module")
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.05)
        yield listening


def resolve(host: str, port: int) -> Sequence[Address]:
    assert not re.fullmatch(r"(.*\.)?(localhost|internal|local|lan|arpa)", host), "asked the network about itself"
    return [ip_address(text) for text in NAMES.get(host, ["93.184.216.34"])]


def check(url: str, sent: list[str], options: WebOptions) -> None:
    with pytest.raises(AddressError) as caught:
        web.fetch(url, options, resolve=resolve)
    assert sent == []
    assert str(caught.value).isprintable()
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("url", LIST)
def test_an_address_that_leads_inside_is_refused_without_a_packet(url: str, sent: list[str]) -> None:
    check(url, sent, WebOptions(allow=True))


def test_nothing_is_heard_on_this_machine_where_somebody_listens(listener: socket.socket, sent: list[str]) -> None:
    port = listener.getsockname()[1]
    for url in LIST:
        there = re.sub(r"^(https?://[^/?#\\]*?[^:/])(:80|:443)?/", rf"\1:{port}/", url, flags=re.I)
        check(there, sent, WebOptions(allow=True, ports=(80, 443, port)))
    with pytest.raises(TimeoutError):
        listener.accept()


def test_the_shared_list_of_addresses_is_refused_without_a_packet(shared: Path, sent: list[str]) -> None:
    generator = shared / "nasty" / "make_synthetic.py"
    if not generator.is_file():
        pytest.skip("needs the generator of hostile files")
    found = re.search(r"bad = '''(.*?)'''\.split", generator.read_text(encoding="utf-8"), re.DOTALL)
    assert found
    for url in found[1].replace("\\\\", "\\").split():
        check(url, sent, WebOptions(allow=True))


def test_the_watch_hears_a_connection(listener: socket.socket, sent: list[str]) -> None:
    """The proof of the proof."""
    options = WebOptions(allow=True, hosts=("127.0.0.1",), ports=(listener.getsockname()[1],), idle_s=0.1)
    with pytest.raises(Exception, match="gave nothing"):
        web.fetch(f"http://127.0.0.1:{listener.getsockname()[1]}/", options)
    assert any(each.startswith("socket.connect") for each in sent)
    listener.accept()[0].close()
