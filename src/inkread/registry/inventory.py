"""What lies in the folder of models: which files, of which cards, which of them are old, damaged or gone.

Whoever likes may put files there and take them away; this looks each time, and nothing is an error that is only odd.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from inkread.errors import ModelError
from inkread.registry.catalog import ModelFile
from inkread.registry.hashes import sha256_of
from inkread.registry.model_file import MODEL_SUFFIXES, check_model_file
from inkread.registry.receipts import Receipt, receipts
from inkread.registry.store import Store

State = Literal["whole", "damaged", "unknown", "missing"]

_OLD_PREFIX: Final = "old_"
_VERSION: Final = re.compile(r"v(\d+(?:\.\d+)*)", re.IGNORECASE)


@dataclass(frozen=True)
class Item:
    """A file, or a folder with a card, that lies in the folder of models.

    model: the name of its card; empty where none describes it.  replaced_by: the newer one of the same name, or why it
    is old; empty for a current one.  size_bytes: of all files in it.
    """

    name: str
    path: Path
    size_bytes: int
    model: str
    replaced_by: str = ""

    @property
    def is_old(self) -> bool:
        """Whether a newer one is there, or its name says that it is old."""
        return bool(self.replaced_by)


@dataclass(frozen=True)
class Verdict:
    """What looking through one file gave. detail: the reason; of a whole file its sha256."""

    name: str
    model: str
    state: State
    detail: str


def items(store: Store) -> tuple[Item, ...]:
    """Return what lies in the folder of models, in alphabetical order; hidden files are left out."""
    owners = {_top(file): card.name for card in store.catalog for file in card.files}
    found = [
        (path.name, path, _size(path), owners.get(path.name, ""))
        for path in _entries(store.folder)
        if path.is_dir() or path.name in owners or path.suffix.lower() in MODEL_SUFFIXES
    ]
    replaced = _replaced(name for name, *_ in found)
    return tuple(Item(*each, replaced.get(each[0], "")) for each in found)


def missing(store: Store) -> tuple[str, ...]:
    """Return the names of files that were fetched or imported and have been removed by somebody else."""
    return tuple(name for name in receipts(store.folder) if not (store.folder / name).exists())


def get_item(store: Store, name: str) -> Item:
    """Return what a name means: that of a model, of a file, or of a folder in the folder of models.

    Raises ModelError where it leads elsewhere, or where nothing of that name lies there.
    """
    known = items(store)
    for item in known:
        if item.name == name:
            return item
    for item in known:
        if item.model == name:
            return item
    if "/" in name or "\\" in name or name.startswith("."):
        raise ModelError(f'"{name}" leads out of the folder of models', remedy="give a name that `models list` prints")
    here = {model.card.name: model.where for model in store.installed()}
    if name in here:
        raise ModelError(f'"{name}" belongs to the {here[name]}', remedy="remove that with pip")
    names = ", ".join(item.name for item in known[:8]) or "nothing"
    raise ModelError(f'"{name}" does not lie in "{store.folder}"', remedy=f"there is {names}")


def verify(store: Store, names: Iterable[str] = ()) -> tuple[Verdict, ...]:
    """Return what reading every byte of the files here gave, or of those of these models; nothing is remembered.

    A file is compared with its card, or with what was noted when it came. Raises ModelError for an unknown name.
    """
    noted = receipts(store.folder)
    wanted = set(names)
    verdicts: list[Verdict] = []
    known: set[str] = set()
    for model in store.installed():
        known |= {model.card.name, *(file.name for file in model.card.files)}
        if not wanted or wanted & {model.card.name, *(file.name for file in model.card.files)}:
            for file, path in zip(model.card.files, model.paths, strict=True):
                verdicts.append(_verdict(model.card.name, file, path, _hash_in(noted.get(file.name))))
    seen = {verdict.name for verdict in verdicts}
    for item in items(store):
        known.add(item.name)
        if item.path.is_file() and item.name not in seen and (not wanted or wanted & {item.name, item.model}):
            card_file = _file_of(store, item)
            verdicts.append(_verdict(item.model, card_file, item.path, _hash_in(noted.get(item.name))))
    for name in missing(store):
        known.add(name)
        if not wanted or name in wanted:
            verdicts.append(Verdict(name, noted[name].model, "missing", "it was removed by somebody else"))
    for name in sorted(wanted - known - {verdict.model for verdict in verdicts}):
        store.card(name)  # raises where there is no such model at all
        verdicts.append(Verdict(name, name, "missing", "it is not installed"))
    return tuple(verdicts)


def _hash_in(receipt: Receipt | None) -> str | None:
    return receipt.sha256 if receipt else None


def _file_of(store: Store, item: Item) -> ModelFile:
    """Return what a card says of a file whose model is not complete or not of the right size, or next to nothing."""
    files = (file for card in store.catalog for file in card.files if file.name == item.name)
    return next(files, ModelFile(item.name))


def _verdict(model: str, file: ModelFile, path: Path, noted: str | None) -> Verdict:
    expected = file.sha256 or noted
    try:
        actual = sha256_of(path)
        if expected is None:
            check_model_file(path)
            return Verdict(file.name, model, "unknown", f"sha256 {actual}, with nothing to compare it with")
    except OSError as error:
        return Verdict(file.name, model, "damaged", error.strerror or str(error))
    except ModelError as error:
        return Verdict(file.name, model, "damaged", error.message)
    if actual != expected:
        return Verdict(file.name, model, "damaged", f"sha256 {actual}, not {expected}")
    return Verdict(file.name, model, "whole", actual)


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError:
        return []


def _replaced(names: Iterable[str]) -> dict[str, str]:
    """Return which of these names are old: those that say so, and those with a higher version of."""
    old: dict[str, str] = {}
    newest: dict[str, tuple[tuple[int, ...], str]] = {}
    parsed: list[tuple[str, str, tuple[int, ...]]] = []
    for name in names:
        if name.startswith(_OLD_PREFIX):
            old[name] = f"its name begins with {_OLD_PREFIX}"
            continue
        matches = list(_VERSION.finditer(name))
        if matches:
            last = matches[-1]
            version = tuple(int(part) for part in last[1].split("."))
            key = f"{name[: last.start()]}\0{name[last.end() :]}".casefold()
            parsed.append((name, key, version))
            newest[key] = max(newest.get(key, ((), "")), (version, name))
    for name, key, version in parsed:
        if version < newest[key][0]:
            old[name] = newest[key][1]
    return old


def _size(path: Path) -> int:
    try:
        if path.is_dir() and not path.is_symlink():
            return sum(each.stat().st_size for each in path.rglob("*") if each.is_file())
        return path.stat().st_size
    except OSError:
        return 0


def _top(file: ModelFile) -> str:
    """Return the name in the folder of models that a file belongs to: its own, or that of its folder."""
    return file.name.split("/", 1)[0]
