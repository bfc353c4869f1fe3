"""Models carried to a machine without a network: out into a folder or zip, and in from one, or from a trained model's.

A bundle is a folder `models` as the store has it, `bundle.json` with the hash of each file, `charsets` and, where one
was given, `inkread.yaml`: it can be imported, or used as it is (INKREAD_HOME).
"""

from __future__ import annotations

import hashlib
import json
import secrets
import shutil
import stat
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Final

from inkread import __version__
from inkread.errors import ModelError, ModelIntegrityError, OutputError
from inkread.registry.cards import CARD_SUFFIXES, as_yaml, card_in_folder, check_name
from inkread.registry.catalog import Catalog, ModelCard, load_catalog
from inkread.registry.downloads import place
from inkread.registry.hashes import sha256_of
from inkread.registry.inventory import get_item
from inkread.registry.licenses import check_license
from inkread.registry.locks import locked
from inkread.registry.model_file import MODEL_SUFFIXES, check_model_file
from inkread.registry.onnx_file import onnx_weight_files
from inkread.registry.receipts import WORK, Receipt, note
from inkread.registry.removal import remove
from inkread.registry.store import Store
from inkread.registry.web_file import check_free_disk

LIST_NAME: Final = "bundle.json"
CONFIG_NAME: Final = "inkread.yaml"
_MODELS: Final = "models"
_CHARSETS: Final = "charsets"
# A bundle of every model of the catalogue has some forty files.
_MAX_ENTRIES: Final = 2_000
_MAX_LIST_BYTES: Final = 4 << 20
_CARD_NAME: Final = "card.yaml"


@dataclass(frozen=True)
class Entry:
    """One file of a bundle: its name as the store has it, its model, licence, sha256 and size."""

    name: str
    model: str
    license: str
    sha256: str
    size_bytes: int


def export_bundle(store: Store, names: Iterable[str], target: Path, config: str = "") -> tuple[Entry, ...]:
    """Write these models into a new folder, or a zip where the name ends so, and return what is in it.

    config: a configuration as YAML that goes along. Raises OutputError where the target exists or the disk is full,
    ModelNotFoundError where a model is not here.
    """
    if target.exists():
        raise OutputError(f'"{target}" exists already', remedy="choose another name")
    parts = [part for card in map(store.card, names) for part in _parts(store, card)]
    entries = tuple(part.entry for part in parts)
    check_free_disk(target.parent, sum(entry.size_bytes for entry in entries), target.name)
    contents: dict[str, Path | str] = {f"{_MODELS}/{part.entry.name}": part.content for part in parts}
    contents[LIST_NAME] = json.dumps({"inkread": __version__, "files": [asdict(entry) for entry in entries]}, indent=1)
    if config:
        contents[CONFIG_NAME] = config
    for card in map(store.card, dict.fromkeys(entry.model for entry in entries)):
        if card.task == "recognition":
            contents[f"{_CHARSETS}/{card.name}.txt"] = store.characters(card)
    whole = target.with_name(f".{target.name}-{secrets.token_hex(4)}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        (_write_zip if target.suffix.lower() == ".zip" else _write_folder)(whole, contents)
        whole.rename(target)
    except OSError as error:
        raise OutputError(
            f'cannot write "{target}": {error.strerror or error}', remedy="choose another place"
        ) from error
    finally:
        if whole.is_dir():
            shutil.rmtree(whole, ignore_errors=True)
        whole.unlink(missing_ok=True)
    return entries


def import_models(
    store: Store, source: Path, *, accept_license: bool = False, overwrite: bool = False
) -> tuple[str, ...]:
    """Take the models of a bundle, of a folder with a card, or a single file into the store; return their names.

    Everything is checked before the first file has its name: hashes, kinds, cards, characters, licences, the disk.
    overwrite: what is there under the same name goes to the trash. Raises ModelError and its kin for what is refused,
    OutputError where a name is taken or the disk is full.
    """
    if not source.exists():
        raise ModelError(f'there is nothing at "{source}"', remedy="give a bundle, or a folder with a model's card")
    try:
        with locked(store.folder / WORK / "locks" / "import.lock"), _arrived(store, source) as folder:
            models = list(
                _in_bundle(store, folder) if (folder / LIST_NAME).is_file() else _single(store, folder, source)
            )
            for model in models:
                check_license(model.license, f'the model "{model.name}"', accepted=accept_license)
            for model in models:
                _make_way(store, model, overwrite=overwrite)
            for model in models:
                _take(store, model, source)
    except OSError as error:
        raise OutputError(
            f'cannot import "{source}" into "{store.folder}": {error.strerror or error}', remedy="make it writable"
        ) from error
    return tuple(model.name for model in models)


@dataclass(frozen=True)
class _Part:
    """One file that goes into a bundle: a file, or the text of one."""

    entry: Entry
    content: Path | str


def _parts(store: Store, card: ModelCard) -> Iterator[_Part]:
    """Yield a model's files by the names that a store gives them, with its card where it is one of the user's."""
    is_own = card.name not in load_catalog().names
    for file, path in zip(card.files, store.find_files(card), strict=True):
        name = f"{card.name}/{Path(file.name).name}" if is_own else file.name
        yield _Part(Entry(name, card.name, card.license, sha256_of(path), path.stat().st_size), path)
        for weights in onnx_weight_files(path) if path.suffix == ".onnx" else ():
            beside = path.with_name(weights)
            entry = Entry(f"{card.name}/{weights}", card.name, card.license, sha256_of(beside), beside.stat().st_size)
            yield _Part(entry, beside)
    if is_own:
        text = as_yaml(card)
        sha256 = hashlib.sha256(text.encode()).hexdigest()
        yield _Part(Entry(f"{card.name}/{_CARD_NAME}", card.name, card.license, sha256, len(text.encode())), text)


def _write_folder(whole: Path, contents: dict[str, Path | str]) -> None:
    for name, content in contents.items():
        (whole / name).parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str):
            (whole / name).write_text(content, encoding="utf-8", newline="\n")
        else:
            shutil.copyfile(content, whole / name)


def _write_zip(whole: Path, contents: dict[str, Path | str]) -> None:
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_STORED) as archive:  # weights hardly shrink
        for name, content in contents.items():
            if isinstance(content, str):
                archive.writestr(name, content)
            else:
                archive.write(content, name)


@contextmanager
def _arrived(store: Store, source: Path) -> Iterator[Path]:
    """Yield a folder of the store's own with a copy of what comes, so that nothing changes between check and use."""
    folder = store.folder / WORK / "incoming" / f"import-{secrets.token_hex(8)}"
    folder.mkdir(parents=True)
    try:
        if source.is_dir():
            _copy_folder(source, folder)
        elif zipfile.is_zipfile(source):
            _extract(source, folder)
        else:
            check_model_file(source)
            check_free_disk(folder, source.stat().st_size, source.name)
            shutil.copyfile(source, folder / check_name(source.name, "file"))
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _copy_folder(source: Path, folder: Path) -> None:
    """Copy the plain files of a folder. Links are refused: they may lead anywhere."""
    found = list(islice(source.rglob("*"), _MAX_ENTRIES + 1))
    if len(found) > _MAX_ENTRIES:
        raise ModelError(
            f'"{source}" holds more than {_MAX_ENTRIES:,} files', remedy="give the folder of one model or a bundle"
        )
    if any(path.is_symlink() for path in found):
        raise ModelError(f'"{source}" holds links', remedy="copy the files themselves into it")
    files = [path for path in found if path.is_file()]
    check_free_disk(folder, sum(path.stat().st_size for path in files), source.name)
    for path in files:
        target = folder / path.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)


def _extract(source: Path, folder: Path) -> None:
    """Unpack a zip of plain files with plain names. Anything else in it and nothing is unpacked."""
    try:
        with zipfile.ZipFile(source) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            for member in members:
                _check_member(member, source)
            if len(members) > _MAX_ENTRIES:
                raise ModelError(f'"{source}" holds {len(members):,} files', remedy="it is no bundle of ours")
            check_free_disk(folder, sum(member.file_size for member in members), source.name)
            for member in members:
                target = folder / member.filename
                target.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(member) as packed, target.open("xb") as file:
                    shutil.copyfileobj(packed, file)  # zipfile ends an entry where its header says
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise ModelIntegrityError(f'"{source}" is damaged ({error})', remedy="copy it again") from error


def _check_member(member: zipfile.ZipInfo, source: Path) -> None:
    parts = PurePosixPath(member.filename).parts
    is_link = stat.S_ISLNK(member.external_attr >> 16)
    try:
        if is_link or "\\" in member.filename or len(parts) > 3 or member.filename.startswith("/"):
            raise ModelError("a link, or a name that leads elsewhere")
        for part in parts:
            check_name(part, "file")
    except ModelError as error:
        raise ModelError(
            f'"{source}" holds "{member.filename[:100]}", which is not unpacked', remedy="it is no bundle of ours"
        ) from error


@dataclass(frozen=True)
class _Model:
    """A model that has arrived: its name, its licence, and its files by the names that they will have in the store."""

    name: str
    license: str
    files: dict[str, Path]


def _single(store: Store, folder: Path, source: Path) -> Iterator[_Model]:
    """Yield the one model of a folder with a card, or of a file."""
    if source.is_dir() or zipfile.is_zipfile(source):
        if not source.is_dir() and not _cards(folder):
            raise ModelError(f'"{source}" is no model', remedy="a zip of one has its card in it (docs/models.md)")
        yield _own_model(folder, source.resolve().stem if source.is_file() else source.resolve().name)
        return
    path = folder / source.name
    if path.suffix.lower() not in MODEL_SUFFIXES:
        raise ModelError(f'"{source}" is no model', remedy=f"models are {', '.join(MODEL_SUFFIXES)} files, or folders")
    sha256 = sha256_of(path)
    for card in store.catalog:
        if [file.sha256 for file in card.files] == [sha256]:
            yield _Model(card.name, card.license, {card.files[0].name: path})
            return
    yield _Model(path.name, "unknown", {path.name: path})


def _own_model(folder: Path, name: str) -> _Model:
    """Return the model of a folder with a card, all of it checked. name: the model's, where the card does not say."""
    card = card_in_folder(folder, name=name)
    if card.name in load_catalog().names:
        raise ModelError(
            f'the name "{card.name}" is one of the catalogue\'s', remedy="give it another name in its card"
        )
    alone = Store(folder, catalog=Catalog((card,)))
    paths = alone.find_files(card)
    if card.task == "recognition":
        alone.characters(card)
    weights = [folder / each for path in paths if path.suffix == ".onnx" for each in onnx_weight_files(path)]
    files = (*paths, *weights, *_cards(folder))
    return _Model(card.name, card.license, {f"{card.name}/{path.name}": folder / path.name for path in files})


def _cards(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.suffix.lower() in CARD_SUFFIXES]


def _in_bundle(store: Store, folder: Path) -> Iterator[_Model]:
    """Yield the models of a bundle, each file compared with the list's hash and its card's."""
    models: dict[str, dict[str, Path]] = {}
    for entry in _entries(folder / LIST_NAME):
        path = folder / _MODELS / entry.name
        if not path.is_file() or sha256_of(path) != entry.sha256:
            raise ModelIntegrityError(
                f'"{entry.name}" of the bundle is missing or another file than its list says', remedy="copy it again"
            )
        models.setdefault(entry.model, {})[entry.name] = path
    for name, files in models.items():
        inside = [part for each in files if len(part := each.split("/")) == 2]
        if any(part[0] != name for part in inside) or (inside and len(inside) != len(files)):
            raise ModelError(f'the files of "{name}" lie in a folder of another name', remedy="it is no bundle of ours")
        if inside:
            yield _own_model(folder / _MODELS / name, name)
        elif name in load_catalog().names:
            card = load_catalog().get(name)
            Store(folder / _MODELS, catalog=Catalog((card,))).find_files(card)
            yield _Model(name, card.license, files)
        else:
            for path in files.values():
                check_model_file(path)
            raise ModelError(f'this version knows no model "{name}"', remedy="update inkread here")


def _entries(path: Path) -> list[Entry]:
    try:
        if path.stat().st_size > _MAX_LIST_BYTES:
            raise ValueError("it is too long")
        found = [Entry(**values) for values in json.loads(path.read_text(encoding="utf-8"))["files"]]
        for entry in found:
            if not all(isinstance(text, str) for text in (entry.name, entry.model, entry.license, entry.sha256)):
                raise ValueError("a text is none")
    except (ValueError, KeyError, TypeError) as error:
        raise ModelError(f'"{path.name}" is no list of a bundle ({error})', remedy="copy the bundle again") from error
    for entry in found:
        for part in (entry.model, *entry.name.split("/", 1)):
            check_name(part, "file")
    return found


def _make_way(store: Store, model: _Model, *, overwrite: bool) -> None:
    """Move what has the same name to the trash, where that is wanted. Raises OutputError where it is not."""
    for top in dict.fromkeys(name.split("/", 1)[0] for name in model.files):
        target = store.folder / top
        if not target.exists() or _is_same(target, model.files.get(top)):
            continue
        if not overwrite:
            raise OutputError(f'"{target}" exists already', remedy="say --overwrite: what is there goes to the trash")
        remove(store, get_item(store, top))


def _is_same(target: Path, path: Path | None) -> bool:
    return path is not None and target.is_file() and sha256_of(target) == sha256_of(path)


def _take(store: Store, model: _Model, source: Path) -> None:
    """Give a model's files their names: one by one where they stand alone, a folder as a whole."""
    noted = [
        Receipt(name, model.name, sha256_of(path), model.license, f"import {source.name}")
        for name, path in model.files.items()
    ]
    whole = store.folder / WORK / "incoming" / f"import-{secrets.token_hex(8)}"
    for name, path in model.files.items():
        place(path, whole / name if "/" in name else store.folder / name)
    if (whole / model.name).is_dir():
        (whole / model.name).rename(store.folder / model.name)
        whole.rmdir()
    for receipt in noted:
        note(store.folder, receipt)
