"""What was noted of files when they came into the folder of models: their hash, licence and source."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from inkread.registry.hashes import replace_text

# Below the folder of models: what is no model. Whoever empties it loses unfinished downloads, receipts and the trash.
WORK: Final = ".store"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


@dataclass(frozen=True)
class Receipt:
    """Where a file of the folder came from. name: as a card says it.  date: ISO, UTC."""

    name: str
    model: str
    sha256: str
    license: str
    source: str
    date: str = field(default_factory=_now)


def note(folder: Path, receipt: Receipt) -> None:
    """Note a receipt; one that cannot be written is no error."""
    with suppress(OSError):
        replace_text(_place(folder, receipt.name), json.dumps(asdict(receipt), indent=1))


def receipts(folder: Path) -> dict[str, Receipt]:
    """Return what was noted of files of a folder of models, by name; what cannot be read is left out."""
    found: dict[str, Receipt] = {}
    for path in sorted((folder / WORK / "receipts").glob("*.json")):
        with suppress(OSError, ValueError, TypeError):
            receipt = Receipt(**json.loads(path.read_text(encoding="utf-8")))
            if all(isinstance(value, str) for value in asdict(receipt).values()):
                found[receipt.name] = receipt
    return found


def drop(folder: Path, name: str) -> None:
    """Forget where a file came from."""
    with suppress(OSError):
        _place(folder, name).unlink(missing_ok=True)


def flat(name: str) -> str:
    """Return the name of a file that stands for one in a folder."""
    return name.replace("/", "__")


def _place(folder: Path, name: str) -> Path:
    return folder / WORK / "receipts" / f"{flat(name)}.json"
