"""What can be read: each language with the models for it, whether these are here, and how much of its alphabet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from inkread.errors import InkreadError
from inkread.registry.alphabets import Coverage, coverage
from inkread.registry.catalog import ModelCard
from inkread.registry.choose import characters
from inkread.registry.languages import Language, languages, matches
from inkread.registry.packs import Pack, find_packs
from inkread.registry.store import Store


@dataclass(frozen=True)
class LanguageReader:
    """A model that reads a language.

    kind: a network of the catalogue or a language pack of Tesseract.  is_here: whether its file is on this machine.
    letters: how many the alphabet has.  missing: those that it cannot write; both are None where the alphabet is not
    known or the model is not here.
    """

    name: str
    kind: str
    is_here: bool
    letters: int | None = None
    missing: tuple[str, ...] | None = None

    @property
    def coverage(self) -> float | None:
        """The share of the alphabet that it can write, 0..1."""
        return None if not self.letters or self.missing is None else 1 - len(self.missing) / self.letters


@dataclass(frozen=True)
class LanguageSupport:
    """A language: its tag (BCP 47), English name, script (ISO 15924), and the models that read it, the first in use."""

    tag: str
    name: str
    script: str
    readers: tuple[LanguageReader, ...]

    @property
    def is_readable(self) -> bool:
        """Whether a model that reads it is here."""
        return any(reader.is_here for reader in self.readers)


def list_languages() -> tuple[LanguageSupport, ...]:
    """Return the languages that some model reads, in the order of their tags; nothing is fetched.

    Only their names are needed for `language=`: the tag, the name, or the name of a pack.
    """
    store = Store()
    packs = find_packs(store.folder)
    here = {model.card.name: model.card for model in store.installed() if model.card.task == "recognition"}
    known = _Characters(store)
    return tuple(
        LanguageSupport(each.tag, each.name, each.script, tuple(_readers(each, store, here, packs.values(), known)))
        for each in languages()
    )


class _Characters:
    """What models can write; each file is opened once, those that cannot be read say nothing."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[str, frozenset[str]] = {}

    def of(self, model: ModelCard | Pack) -> frozenset[str]:
        if model.name not in self._known:
            try:
                self._known[model.name] = characters(model, self._store)
            except InkreadError:
                self._known[model.name] = frozenset()
        return self._known[model.name]


def _readers(
    language: Language,
    store: Store,
    here: dict[str, ModelCard],
    packs: Iterable[Pack],
    known: _Characters,
) -> Iterator[LanguageReader]:
    # In the order in which they are chosen: choose.py.
    cards = [card for card in store.catalog.select("recognition", language=language.tag) if card.languages]
    for card in sorted(cards, key=lambda card: card.name not in here):
        yield _reader(language, card, "network", card.name in here, known)
    found = [pack for pack in packs if pack.language is not None and matches(language.tag, pack.language)]
    for pack in found:
        yield _reader(language, pack, "pack", True, known)
    for name in language.packs:
        if name not in [pack.name for pack in found]:
            yield LanguageReader(name, "pack", is_here=False)


def _reader(
    language: Language, model: ModelCard | Pack, kind: str, is_here: bool, known: _Characters
) -> LanguageReader:
    covered: Coverage | None = coverage(language.tag, known.of(model)) if is_here else None
    if covered is None:
        return LanguageReader(model.name, kind, is_here)
    return LanguageReader(model.name, kind, is_here, covered.letters, covered.missing)
