"""Models removed without fear: planned first, moved to a trash that gives them back, never while they are in use."""

from __future__ import annotations

import fnmatch
import json
import os
import secrets
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from inkread.errors import ModelError, ModelNotFoundError, OutputError
from inkread.registry.hashes import replace_text
from inkread.registry.inventory import Item, get_item, items
from inkread.registry.locks import unused
from inkread.registry.receipts import WORK, Receipt, note, receipts
from inkread.registry.receipts import drop as drop_receipt
from inkread.registry.store import Store

# In the folder of models: names or patterns of what `prune` and `remove` leave alone, one a line, # for comments.
KEEP_LIST: Final = "keep.txt"
# How long a model can be brought back, and how long an unfinished download is worth going on with.
TRASH_DAYS: Final = 30
_DAY_S: Final = 86_400


@dataclass(frozen=True)
class Removal:
    """What would happen to one item. refusal: why it stays; empty where it goes to the trash."""

    item: Item
    refusal: str


@dataclass(frozen=True)
class Leftover:
    """What lies in the work folder and is of no more use: an old unfinished download, trash or quarantine."""

    path: Path
    size_bytes: int


@dataclass(frozen=True)
class Trashed:
    """What can be restored: its name, when it was removed (seconds since 1970), and where it lies."""

    name: str
    removed_s: float
    path: Path


def plan_removal(store: Store, names: Iterable[str], keep: Iterable[str] = ()) -> tuple[Removal, ...]:
    """Return what removing these would do. keep: names or patterns of what stays, beside those of the keep-list.

    Raises ModelError for a name that is not here, or leads elsewhere.
    """
    kept = [*keep, *_keep_list(store.folder)]
    return tuple(Removal(item, _refusal(store, item, kept)) for item in _chosen(store, names))


def plan_prune(store: Store, keep: Iterable[str] = ()) -> tuple[Removal, ...]:
    """Return what removing everything old would do: what a newer version replaces, and what is called `old_`."""
    kept = [*keep, *_keep_list(store.folder)]
    return tuple(Removal(item, _refusal(store, item, kept)) for item in items(store) if item.is_old)


def remove(store: Store, item: Item) -> None:
    """Move an item to the trash, with what its model needs beside it. Raises ModelError while it is in use.

    Raises OutputError where the folder cannot be written.
    """
    folder = store.folder / WORK / "trash" / f"{int(time.time())}-{secrets.token_hex(4)}"
    try:
        with ExitStack() as guards:
            if not all(guards.enter_context(unused(path)) for path in _files(item)):
                raise _in_use(item)
            folder.mkdir(parents=True)
            noted = [receipt for receipt in receipts(store.folder).values() if _belongs(receipt.name, item)]
            about = {"name": item.name, "receipts": [asdict(receipt) for receipt in noted]}
            replace_text(folder / "item.json", json.dumps(about))
            if os.name == "nt":
                guards.close()  # what is open cannot be moved there
            item.path.rename(folder / item.name)
        for receipt in noted:
            drop_receipt(store.folder, receipt.name)
    except FileNotFoundError as error:
        raise ModelError(f'"{item.name}" was removed meanwhile', remedy="nothing is left to do") from error
    except OSError as error:
        raise _not_written(store.folder, error) from error


def trashed(store: Store) -> tuple[Trashed, ...]:
    """Return what can be restored, the latest removed first."""
    found: list[Trashed] = []
    for about in (store.folder / WORK / "trash").glob("*/item.json"):
        with suppress(OSError, ValueError, KeyError, TypeError):
            name = str(json.loads(about.read_text(encoding="utf-8"))["name"])
            if Path(name).name == name and (about.parent / name).exists():
                found.append(Trashed(name, float(about.parent.name.partition("-")[0]), about.parent / name))
    return tuple(sorted(found, key=lambda each: -each.removed_s))


def restore(store: Store, name: str) -> Path:
    """Bring back what was removed last under this name, and return its path.

    Raises ModelNotFoundError where the trash has none, OutputError where the name is taken or cannot be written.
    """
    found = next((each for each in trashed(store) if each.name == name), None)
    if found is None:
        names = ", ".join(dict.fromkeys(each.name for each in trashed(store))) or "nothing"
        raise ModelNotFoundError(f'the trash holds no "{name}"', remedy=f"it holds {names}")
    target = store.folder / name
    if target.exists():
        raise OutputError(f'"{target}" exists already', remedy=f"inkread models remove {name} first")
    try:
        about = json.loads((found.path.parent / "item.json").read_text(encoding="utf-8"))
        found.path.rename(target)
        for values in about.get("receipts", []):
            note(store.folder, Receipt(**values))
        shutil.rmtree(found.path.parent, ignore_errors=True)
    except OSError as error:
        raise _not_written(store.folder, error) from error
    return target


def leftovers(store: Store, *, trash: bool = False) -> tuple[Leftover, ...]:
    """Return what the work folder need not keep: what is older than thirty days; with `trash`, all of trash."""
    now = time.time()
    found: list[Leftover] = []
    for kind in ("incoming", "trash", "quarantine"):
        for path in sorted((store.folder / WORK / kind).glob("*")):
            with suppress(OSError):
                is_over = now - path.stat().st_mtime > TRASH_DAYS * _DAY_S
                if is_over or (trash and kind != "incoming"):
                    found.append(Leftover(path, sum(each.stat().st_size for each in _below(path))))
    return tuple(found)


def drop(store: Store, leftover: Leftover) -> None:
    """Delete a leftover for good. Raises OutputError where it cannot be."""
    try:
        if leftover.path.is_dir():
            shutil.rmtree(leftover.path)
        else:
            leftover.path.unlink()
    except OSError as error:
        raise _not_written(store.folder, error) from error


def _chosen(store: Store, names: Iterable[str]) -> Iterator[Item]:
    """Yield what the names mean, each once; a model's name means all of its files."""
    seen: set[str] = set()
    everything = items(store)
    for name in names:
        first = get_item(store, name)
        for item in [each for each in everything if each.model == name] or [first]:
            if item.name not in seen:
                seen.add(item.name)
                yield item


def _refusal(store: Store, item: Item, kept: list[str]) -> str:
    if any(fnmatch.fnmatchcase(name, pattern) for pattern in kept for name in (item.name, item.model) if name):
        return "it is on the keep-list"
    try:
        with ExitStack() as guards:
            if not all(guards.enter_context(unused(path)) for path in _files(item)):
                return "it is in use"
    except OSError as error:
        return error.strerror or str(error)
    return ""


def _keep_list(folder: Path) -> list[str]:
    try:
        lines = (folder / KEEP_LIST).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(
            f'cannot read the keep-list "{folder / KEEP_LIST}": {error}', remedy="without it nothing is removed"
        ) from error
    return [name for line in lines if (name := line.partition("#")[0].strip())]


def _files(item: Item) -> list[Path]:
    """Return the files that may be in use. A link is moved as it is; what it leads to stays where it is."""
    if item.path.is_symlink():
        return []
    return [path for path in _below(item.path) if path.is_file() and not path.is_symlink()]


def _below(path: Path) -> list[Path]:
    return [Path(folder) / name for folder, _, names in os.walk(path) for name in names] if path.is_dir() else [path]


def _belongs(name: str, item: Item) -> bool:
    return name == item.name or name.startswith(f"{item.name}/")


def _in_use(item: Item) -> ModelError:
    return ModelError(f'"{item.name}" is in use', remedy="close the Reader, or end the process, that reads with it")


def _not_written(folder: Path, error: OSError) -> OutputError:
    return OutputError(
        f'cannot change the folder of models "{folder}": {error.strerror or error}', remedy="make it writable"
    )
