"""Model files on this machine: the user's folder, installed packages, or a path; each checked before it is used.

Nothing is fetched from the network here and nothing is written but the memo of checked files in the user's folder.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import platformdirs

from inkread.errors import ModelError, ModelIntegrityError, ModelNotFoundError
from inkread.registry.catalog import Catalog, ModelCard, ModelFile, Source, Task, load_catalog

_HOME_VARIABLE = "INKREAD_HOME"
_MEMO_NAME = "verified.json"


@dataclass(frozen=True)
class InstalledModel:
    """A model whose files are all here: their paths in the card's order, and where: "store" or "package NAME"."""

    card: ModelCard
    paths: tuple[Path, ...]
    where: str


def default_folder() -> Path:
    """Return the user's folder of models: `models` in INKREAD_HOME, or in the system's folder for a user's data."""
    home = os.environ.get(_HOME_VARIABLE)
    root = Path(home).expanduser() if home else platformdirs.user_data_path("inkread", appauthor=False)
    return root / "models"


def is_path(name: str) -> bool:
    """Whether a model's name is the path of a file: it ends in .onnx or holds a path separator."""
    return name.lower().endswith(".onnx") or "/" in name or os.sep in name


def card_of(model: str, task: Task, *, catalog: Catalog | None = None) -> ModelCard:
    """Return the card of a catalogue name, or a card for the path of an .onnx file.

    Raises ModelNotFoundError where there is neither, and ModelError where the catalogue's model is for another task.
    """
    if is_path(model):
        return card_from_path(model, task, catalog=catalog)
    catalog = catalog or load_catalog()
    card = catalog.get(model)
    if card.task != task:
        known = " or ".join(other.name for other in catalog.select(task)[:3])
        raise ModelError(f'the model "{model}" is for {card.task}, not for {task}', remedy=f"use {known}")
    return card


def card_from_path(path: Path | str, task: Task, *, catalog: Catalog | None = None) -> ModelCard:
    """Return a card for a file of the user's own; it is fed as the catalogue's default for that task is.

    Its hash is not known, so it is not checked, and no language is refused. Raises ModelNotFoundError without a file.
    """
    own = _own_file(path)
    return replace(
        (catalog or load_catalog()).default(task),
        name=str(own),
        family="custom",
        tier="custom",
        files=(ModelFile(own.name),),
        license="unknown",
        languages=(),
        default_for=(),
        figures=(),
    )


class Store:
    """Finds the files of models, offline.

    folder: the user's folder of models, `default_folder()` if None; it need not exist or be writable.
    Safe to share between threads and to use from several processes at once.
    """

    def __init__(self, folder: Path | None = None, *, catalog: Catalog | None = None) -> None:
        self.folder = folder if folder is not None else default_folder()
        self.catalog = catalog if catalog is not None else load_catalog()
        self._memo = _Memo(self.folder / _MEMO_NAME)

    def find(self, model: ModelCard | str) -> Path:
        """Return the path of a model's network, the first file of its card; see `find_files`."""
        return self.find_files(model)[0]

    def find_files(self, model: ModelCard | str) -> tuple[Path, ...]:
        """Return the paths of a model's files, in the card's order, checked against its sizes and hashes.

        Looks at a path, the user's folder and installed packages, in that order; packages are not imported.
        Raises ModelNotFoundError that says how to get the model, ModelIntegrityError where a file is another one.
        """
        name = model if isinstance(model, str) else model.name
        if is_path(name):
            return (_own_file(name),)
        card = self.catalog.get(model) if isinstance(model, str) else model
        if card.unavailable or not card.files:
            raise ModelNotFoundError(
                f'the model "{card.name}" is not available as ONNX ({card.unavailable})',
                remedy="convert it and give the path of the .onnx file instead of the name",
            )
        return tuple(self._checked(card, file) for file in card.files)

    def installed(self) -> tuple[InstalledModel, ...]:
        """Return the catalogue's models whose files are here and of the right size; hashes wait for `find`."""
        return tuple(model for card in self.catalog for model in self._installed(card))

    def _installed(self, card: ModelCard) -> Iterator[InstalledModel]:
        candidates = [next(self._candidates(file), None) for file in card.files]
        found = [candidate for candidate in candidates if candidate is not None]
        if card.files and len(found) == len(card.files):
            sizes = [_size(path) for path, _ in found]
            if all(file.size_bytes in (None, size) for file, size in zip(card.files, sizes, strict=True)):
                places = dict.fromkeys(f"package {source.where}" if source else "store" for _, source in found)
                yield InstalledModel(card, tuple(path for path, _ in found), ", ".join(places))

    def _checked(self, card: ModelCard, file: ModelFile) -> Path:
        for path, source in self._candidates(file):
            remedy = _install_command(source) if source else "delete it and install or download it again"
            self._verify(card, file, path, remedy)
            return path
        raise ModelNotFoundError(f'the model "{card.name}" is not installed', remedy=self._remedy(file))

    def _candidates(self, file: ModelFile) -> Iterator[tuple[Path, Source | None]]:
        """Yield where the file lies, best first, with the package's source, or None in the user's folder."""
        own = self.folder / file.name
        if own.is_file():
            yield own.resolve(), None
        for source in file.sources:
            if source.kind == "package":
                for folder in _package_folders(source.where):
                    path = folder / source.path
                    if path.is_file():
                        yield path.resolve(), source

    def _remedy(self, file: ModelFile) -> str:
        package = next((source for source in file.sources if source.kind == "package"), None)
        if package is not None:
            return _install_command(package)
        url = next(source.where for source in file.sources if source.kind == "url")
        return f'download {url} into "{self.folder}" (inkread does not download models by itself yet)'

    def _verify(self, card: ModelCard, file: ModelFile, path: Path, remedy: str) -> None:
        """Raise ModelIntegrityError unless the file has the card's size and sha256; hash it once, then remember."""
        try:
            state = path.stat()
            if file.size_bytes is not None and state.st_size != file.size_bytes:
                raise ModelIntegrityError(
                    f'"{path}" of the model "{card.name}" has {state.st_size:,} bytes, not {file.size_bytes:,}',
                    remedy=remedy,
                )
            if file.sha256 is None:
                return
            key = (str(path), state.st_size, state.st_mtime_ns)
            actual = self._memo.get(key) or _sha256(path)
        except OSError as error:
            raise ModelError(f'cannot read the model file "{path}": {error.strerror or error}') from error
        self._memo.put(key, actual)
        if actual != file.sha256:
            raise ModelIntegrityError(
                f'"{path}" of the model "{card.name}" has the sha256 {actual}, not {file.sha256}', remedy=remedy
            )


_Key = tuple[str, int, int]


class _Memo:
    """Remembers the sha256 of files by path, size and time of change, so that a start does not hash 31 MB again.

    A JSON object, path -> [size, mtime_ns, sha256], replaced as a whole. Two processes may each lose the other's entry:
    that costs one more hashing, never a wrong answer. A memo that cannot be read or written is no error.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[str, list[int | str]] | None = None

    def get(self, key: _Key) -> str | None:
        if self._known is None:
            self._known = self._load()
        entry = self._known.get(key[0])
        if not (isinstance(entry, list) and len(entry) == 3 and entry[:2] == list(key[1:])):
            return None
        return entry[2] if isinstance(entry[2], str) else None

    def put(self, key: _Key, sha256: str) -> None:
        if self.get(key) == sha256:
            return
        entry: list[int | str] = [key[1], key[2], sha256]
        self._known = {**(self._known or {}), **self._load(), key[0]: entry}
        with suppress(OSError):
            self._save(json.dumps(self._known, indent=1))

    def _load(self) -> dict[str, list[int | str]]:
        try:
            data = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return data if isinstance(data, dict) else {}

    def _save(self, text: str) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=".verified-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            Path(name).replace(self._path)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise


def _own_file(name: str | Path) -> Path:
    path = Path(name).expanduser()
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "does not exist"
        raise ModelNotFoundError(f'the model file "{path}" {what}', remedy="give the path of an .onnx file")
    return path.resolve()


def _install_command(source: Source) -> str:
    """Return the command that puts a package's files there, also where pip holds a damaged package for installed."""
    return f"pip install {'--force-reinstall ' if _package_folders(source.where) else ''}{source.install}"


def _package_folders(name: str) -> tuple[Path, ...]:
    """Return the folders of an installed package, which is looked up but not imported."""
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):  # ValueError: a stand-in in sys.modules without a spec
        return ()
    return tuple(Path(folder) for folder in (spec.submodule_search_locations or ())) if spec else ()


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
