"""Model files of a few bytes, and a server on this machine that gives them, well or badly."""

import hashlib
import http.server
import struct
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from inkread.registry.catalog import ModelCard, ModelFile, Source, load_catalog


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def part(number: int, content: bytes) -> bytes:
    """A field of a protobuf message that holds bytes."""
    return varint(number << 3 | 2) + varint(len(content)) + content


def number(number: int, value: int) -> bytes:
    return varint(number << 3) + varint(value)


def entry(key: str, value: str) -> bytes:
    return part(1, key.encode()) + part(2, value.encode())


def tensor(location: str | None = None) -> bytes:
    external = part(13, entry("location", location)) + number(14, 1) if location is not None else b""
    return part(8, b"w") + part(9, b"\0" * 8) + external


def tiny_onnx(*, classes: int | None = None, graph: bytes = b"", characters: str | None = None) -> bytes:
    """A model of one node; `graph` is put into its graph."""
    dimensions = part(1, number(1, 1)) + part(1, number(1, classes) if classes else part(2, b"T"))
    output = part(12, part(1, b"y") + part(2, part(1, number(1, 1) + part(2, dimensions))))
    node = part(1, part(1, b"x") + part(2, b"y") + part(4, b"Identity"))
    metadata = part(14, entry("character", characters)) if characters is not None else b""
    return number(1, 8) + part(7, node + part(5, tensor()) + graph + output) + metadata


def gguf(*, architecture: str = "llama", values: int = 64, cut: int = 0) -> bytes:
    """A model of one tensor of F32 values; `cut` bytes are missing at its end."""

    def text(value: str) -> bytes:
        return struct.pack("<Q", len(value)) + value.encode()

    entries = [
        text("general.architecture") + struct.pack("<I", 8) + text(architecture),
        text("general.license") + struct.pack("<I", 8) + text("apache-2.0"),
        text(f"{architecture}.context_length") + struct.pack("<II", 4, 512),
        text("a.list") + struct.pack("<IIQ", 9, 8, 2) + text("one") + text("two"),
        text("numbers") + struct.pack("<IIQ", 9, 5, 3) + bytes(12),
    ]
    tensors = text("w") + struct.pack("<I", 1) + struct.pack("<Q", values) + struct.pack("<IQ", 0, 0)
    head = b"GGUF" + struct.pack("<IQQ", 3, 1, len(entries)) + b"".join(entries) + tensors
    whole = head + bytes(-len(head) % 32) + bytes(4 * values)
    return whole[: len(whole) - cut]


def a_card(name: str, content: bytes, url: str = "", **changes: object) -> ModelCard:
    """A detector's card for one file of this content, to be had from an address."""
    source = (
        Source("url", url, f"{name}.onnx") if url else Source("package", "inkread_no_such_package", "x.onnx", "x==1")
    )
    model_file = ModelFile(f"{name}.onnx", hashlib.sha256(content).hexdigest(), len(content), (source,))
    default = load_catalog().default("detection")
    from dataclasses import replace

    return replace(default, **{"name": name, "files": (model_file,), "default_for": (), "figures": (), **changes})  # type: ignore[arg-type]


@dataclass
class Server:
    """What a server gives, and what it was asked: (method, path, range)."""

    contents: dict[str, bytes]
    cut_after: Sequence[int] = ()  # of the first answers: bytes after which the connection ends
    announced: int | None = None  # a Content-Length that is not that of the content
    chunked: bool = False
    knows_ranges: bool = True
    statuses: list[int] = field(default_factory=list)  # of the first answers
    redirect: str = ""
    piece_delay_s: float = 0.0
    asked: list[tuple[str, str, str | None]] = field(default_factory=list)
    url: str = ""

    def count(self, method: str = "GET") -> int:
        return sum(asked[0] == method for asked in self.asked)


@contextmanager
def serving(server: Server) -> Iterator[Server]:
    """Serve on a port of this machine while the block runs."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self.answer()

        def do_GET(self) -> None:
            self.answer()

        def answer(self) -> None:
            first = self.headers.get("Range")
            server.asked.append((self.command, self.path, first))
            content = server.contents.get(self.path.partition("?")[0])
            status = server.statuses.pop(0) if server.statuses else 200 if content is not None else 404
            start = int(first.removeprefix("bytes=").rstrip("-")) if first and server.knows_ranges else 0
            if status != 200 or content is None:
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            if server.redirect:
                self.send_response(302)
                self.send_header("Location", server.redirect)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            if start > len(content) or (start and start == len(content)):
                self.send_response(416)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.send_response(206 if start else 200)
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
            if server.chunked:
                self.send_header("Transfer-Encoding", "chunked")
            else:
                length = server.announced if server.announced is not None else len(content) - start
                self.send_header("Content-Length", str(length))
            self.end_headers()
            if self.command == "GET":
                self.give(content[start:])

        def give(self, content: bytes) -> None:
            cuts = list(server.cut_after)
            if cuts:
                server.cut_after = cuts[1:]
                self.wfile.write(content[: cuts[0]])
                self.close_connection = True
                return
            step = 1 << 14 if server.piece_delay_s else max(1, len(content))
            for position in range(0, len(content), step):
                piece = content[position : position + step]
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece) if server.chunked else piece)
                if server.piece_delay_s:
                    threading.Event().wait(server.piece_delay_s)
            if server.chunked:
                self.wfile.write(b"0\r\n\r\n")

        def log_message(self, *_: object) -> None:
            pass

    class Quiet(http.server.ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """A client that leaves is what is tested."""

    with Quiet(("127.0.0.1", 0), Handler) as made:
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        server.url = f"http://127.0.0.1:{made.server_port}"
        try:
            yield server
        finally:
            made.shutdown()
            thread.join()
