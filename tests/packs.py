"""Language packs that hold what inkread looks at, and no network."""

import struct
from collections.abc import Mapping
from pathlib import Path

CHARSET = "5\nNULL 0 NULL 0\nJoined 7 0 Joined\n|Broken|0|1 f 0 1\na 3 0 a\nب 1 0 ب\n"
PARTS = {17: b"network" * 10, 18: b"words", 21: CHARSET.encode(), 23: b"5.3.0"}


def trained_data(
    folder: Path, parts: Mapping[int, bytes] = PARTS, *, order: str = "<", name: str = "own.traineddata"
) -> Path:
    """Write a file as Tesseract's tools do: what parts there are, then the parts; return its path."""
    count = 24
    offsets, body = [-1] * count, b""
    for kind, part in sorted(parts.items()):
        offsets[kind] = 4 + 8 * count + len(body)
        body += part
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(struct.pack(f"{order}i{count}q", count, *offsets) + body)
    return path


def put_pack(folder: Path, *names: str) -> Path:
    """Write packs of these names; return the path of the last."""
    return [trained_data(folder, name=f"{name}.traineddata") for name in names][-1]
