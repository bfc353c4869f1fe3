"""Hostile addresses: try each and see whether one packet leaves for it.

Writes benchmarks/proofs/addresses.json: for each list how many addresses it has, how many were refused and what was
done with sockets meanwhile, told by the interpreter's audit events and by a listener on this machine to whose port a
second run leads them; and how long a server that drips one byte a second, one that never ends and one that answers
with a compressed bomb hold a reader, and how much memory they take. The exit code says whether all was as it should be.
"""

from __future__ import annotations

import argparse
import gzip
import json
import platform
import re
import resource
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from ipaddress import ip_address
from pathlib import Path

from inkread.errors import AddressError, InkreadError
from inkread.load import web
from inkread.load.addresses import Address
from inkread.options import WebOptions

ROOT = Path(__file__).resolve().parents[2]
OWN = ROOT / "tests" / "faults" / "refused_addresses.txt"
SHARED = ROOT.parent / "shared" / "nasty" / "make_synthetic.py"
PUBLIC = "93.184.216.34"
MOST_SECONDS = 11.0
MOST_MIB = 40.0  # the limit of 32 MiB itself, and 8 for all else

# What names in the lists mean to this proof's resolver; every other name is a public host.
PRIVATE = re.compile(r"127\.0\.0\.1\..*|private\..*|mixed\..*|mapped\..*|metadata")


def main() -> int:
    """Run the proof and write its JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=ROOT / "benchmarks" / "proofs" / "addresses.json")
    arguments = parser.parse_args()
    lists = {"own": OWN.read_text(encoding="utf-8").splitlines()}
    if SHARED.is_file():
        lists["shared"] = shared_list()
    servers = {play.__name__: time_server(play) for play in (drip, endless, compressed)}
    result = {
        "lists": {name: try_list(urls) for name, urls in lists.items()},
        "servers": servers,
        "aims": {"packets": 0, "seconds": MOST_SECONDS, "mib": MOST_MIB},
        "machine": f"{platform.machine()}, Python {platform.python_version()}",
    }
    arguments.output.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))
    fine = all(
        tried["refused"] == tried["addresses"] and not tried["socket_events"] and not tried["connections"]
        for tried in result["lists"].values()  # type: ignore[attr-defined]
    )
    held = all(each["seconds"] < MOST_SECONDS and each["mib"] < MOST_MIB for each in servers.values())
    return 0 if fine and held else 1


def shared_list() -> list[str]:
    """Return the addresses in the generator of hostile files that lies beside the repository, without running it."""
    found = re.search(r"bad = '''(.*?)'''\.split", SHARED.read_text(encoding="utf-8"), re.DOTALL)
    return found[1].replace("\\\\", "\\").split() if found else []


def resolve(host: str, port: int) -> Sequence[Address]:
    """Answer without asking anybody."""
    return [ip_address(PUBLIC), ip_address("127.0.0.1")] if PRIVATE.fullmatch(host) else [ip_address(PUBLIC)]


def try_list(urls: list[str]) -> dict[str, object]:
    """Try each address as it is, and once more with the port of a listener on this machine."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        usual, there = WebOptions(allow=True), WebOptions(allow=True, ports=(80, 443, port))
        with watched() as events:
            errors = [error_of(url, usual) for url in urls]
            for url in urls:
                error_of(re.sub(r"^(https?://[^/?#\\]*?[^:/])(:80|:443)?/", rf"\1:{port}/", url, flags=re.I), there)
        listening.settimeout(0.2)
        connections = 0
        with suppress(TimeoutError):
            while True:
                listening.accept()[0].close()
                connections += 1
    return {
        "addresses": len(urls),
        "refused": sum(isinstance(error, AddressError) for error in errors),
        "socket_events": events,
        "connections": connections,
        "reasons": {url: str(error) for url, error in zip(urls, errors, strict=True)},
    }


def error_of(url: str, options: WebOptions) -> InkreadError | None:
    """Return the error that an address makes."""
    try:
        web.fetch(url, options, resolve=resolve)
    except InkreadError as error:
        return error
    return None


@contextmanager
def watched() -> Iterator[list[str]]:
    """Collect what the interpreter does with sockets, but for making and closing them."""
    events: list[str] = []
    is_on = True

    def audit(event: str, details: tuple[object, ...]) -> None:
        if is_on and event.startswith("socket.") and event != "socket.__new__":
            events.append(event)

    sys.addaudithook(audit)
    yield events
    is_on = False


def drip(line: socket.socket) -> None:
    """One byte a second."""
    line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    while True:
        line.sendall(b"x")
        time.sleep(1)


def endless(line: socket.socket) -> None:
    """As many bytes as go."""
    line.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        line.sendall(bytes(1 << 16))


def compressed(line: socket.socket) -> None:
    """Zeros by the gigabyte, in gzip."""
    line.sendall(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n")
    packed = gzip.compress(bytes(64 << 20))
    while True:
        line.sendall(packed)


def time_server(play: Callable[[socket.socket], None]) -> dict[str, float | str]:
    """Return how long a reader is held by a server, by how much its memory rises, and what it says of it."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            line, _ = listening.accept()
            with line, suppress(OSError):
                line.recv(10_000)
                play(line)

        threading.Thread(target=serve, daemon=True).start()
        before = peak_mib()
        start = time.perf_counter()
        port = listening.getsockname()[1]
        options = WebOptions(allow=True, hosts=("127.0.0.1",), ports=(port,))
        error = error_of(f"http://127.0.0.1:{port}/", options)
        seconds = time.perf_counter() - start
        said = str(error).replace(f":{port}", "")
        return {"seconds": round(seconds, 2), "mib": round(peak_mib() - before, 1), "error": said}


def peak_mib() -> float:
    """Return the most memory that this process has held, MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    sys.exit(main())
