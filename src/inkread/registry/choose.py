"""Which recognisers read the languages that were asked for: networks of the catalogue, language packs, or both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from inkread.errors import LanguageError, ModelError, ModelNotFoundError
from inkread.registry.alphabets import Coverage, coverage
from inkread.registry.catalog import ModelCard
from inkread.registry.languages import AUTO, Language, languages, matches, packs_for, tag_of
from inkread.registry.packs import Pack, find_packs, is_pack, pack_at
from inkread.registry.store import Store, card_of, is_path

# The default model is said to read Vietnamese and has half of its letters; for others it lacks 8 in 100 at most.
_MOST_LETTERS = 0.9


@dataclass(frozen=True)
class Choice:
    """A recogniser, and the languages that it is there for; none: whatever it reads."""

    model: ModelCard | Pack
    languages: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.model.name

    @property
    def language(self) -> str | None:
        """The one language that it is there for, or None."""
        return self.languages[0] if len(self.languages) == 1 else None


def choose(
    asked: Sequence[str],
    recognizer: str | None,
    store: Store,
    *,
    download: bool = False,
    for_handwriting: bool = False,
) -> tuple[Choice, ...]:
    """Return the recognisers for languages, given by tag, name, pack or as the path of a pack; the first is the usual.

    asked: none: the default model. "auto": all that is here.  recognizer: a model's name, or the path of a network or
    a pack, which then reads alone.  for_handwriting: prefer what was taught handwriting, where that is installed and
    reads all the languages.  download: whether a network that is not here may be chosen.  Files are looked for,
    but only those of packs that were named are opened.
    Raises LanguageError for an unknown language, ModelNotFoundError where what reads one is not here.
    """
    if recognizer is not None:
        if is_pack(recognizer):
            return (Choice(pack_at(recognizer)),)
        by_path = is_path(recognizer)
        card = (
            card_of(recognizer, "recognition", catalog=store.catalog)
            if by_path
            else store.card(recognizer, "recognition")
        )
        return (Choice(card),)
    if AUTO in asked:
        if len(asked) > 1:
            raise LanguageError(f'"{AUTO}" means any language', remedy="leave the others out, or leave it out")
        return _all_here(store)
    own = [Choice(pack_at(each)) for each in asked if is_pack(each)]
    hand = store.for_handwriting if for_handwriting and not own else None
    if hand is not None and all(hand.reads(tag_of(each)) for each in asked):
        return (Choice(hand, tuple(map(tag_of, asked))),)
    tags = {each: tag_of(each) for each in asked if not is_pack(each)}
    default = store.catalog.default("recognition")
    here = _Here(store, download)
    if not asked or (tags and all(here.writes(default, tag) for tag in tags.values())):
        return (Choice(default, tuple(tags.values())), *own)
    chosen: dict[str, Choice] = {}
    for given, tag in tags.items():
        model = here.reader_of(given, tag, default)
        before = chosen.get(model.name, Choice(model))
        chosen[model.name] = Choice(model, (*before.languages, tag))
    # The default model is the fastest, so it reads first; the others get what it is not sure of.
    return (*sorted(chosen.values(), key=lambda choice: choice.model is not default), *own)


def missing_letters(model: ModelCard | Pack, tag: str, store: Store) -> Coverage | None:
    """Return how much of a language's alphabet a model that is here can write; None where that cannot be told."""
    try:
        return coverage(tag, characters(model, store))
    except ModelError:
        return None  # what is wrong with the file is told when it is opened


def characters(model: ModelCard | Pack, store: Store) -> frozenset[str]:
    """Return what a model that is here can write. Raises ModelError where its file cannot be read."""
    if isinstance(model, Pack):
        return model.characters
    return frozenset(store.characters(model))


class _Here:
    """What is on this machine, looked for once and only if the default model does not do."""

    def __init__(self, store: Store, download: bool = False) -> None:
        self._store = store
        self._download = download
        self._cards: tuple[ModelCard, ...] | None = None
        self._packs: Mapping[str, Pack] | None = None

    @property
    def cards(self) -> tuple[ModelCard, ...]:
        """The recognisers of the catalogue that are installed, in its order."""
        if self._cards is None:
            self._cards = tuple(m.card for m in self._store.installed() if m.card.task == "recognition")
        return self._cards

    @property
    def packs(self) -> Mapping[str, Pack]:
        if self._packs is None:
            self._packs = find_packs(self._store.folder)
        return self._packs

    def writes(self, default: ModelCard, tag: str) -> bool:
        """Whether the default model reads a language and can write all but a few of its letters."""
        if not default.reads(tag):
            return False
        covered = missing_letters(default, tag, self._store)
        return covered is None or covered.share >= _MOST_LETTERS

    def reader_of(self, given: str, tag: str, default: ModelCard) -> ModelCard | Pack:
        """Return the best reader of a language. Raises ModelNotFoundError that says how to get one."""
        if self.writes(default, tag):
            return default
        if given in self.packs and self.packs[given].reads(tag):  # a pack's own name asks for that pack
            return self.packs[given]
        cards = sorted(
            (card for card in self.cards if card.reads(tag) and card is not default),
            key=lambda card: card.preference(tag),
        )
        if cards:
            return cards[0]
        for pack in packs_for(tag):
            if pack in self.packs:
                return self.packs[pack]
        if self._download and (cards := list(self._store.catalog.select("recognition", language=tag))):
            return cards[0]
        if default.reads(tag):
            return default  # less well, and it is told
        raise ModelNotFoundError(f'what reads the language "{given}" is not here', remedy=self._remedy(tag))

    def _remedy(self, tag: str) -> str:
        ways = [f"inkread models pull {card.name}" for card in self._store.catalog.select("recognition", language=tag)]
        packs = packs_for(tag)
        pack = (
            f'put {packs[0]}.traineddata into "{self._store.folder}" (Debian: apt-get install '
            f"tesseract-ocr-{packs[0].replace('_', '-')}) and pip install inkread[tesseract]"
            if packs
            else ""
        )
        return ", or ".join(filter(None, (*ways[:1], pack)))


def _all_here(store: Store) -> tuple[Choice, ...]:
    """Return the default model, and what is here that reads languages which those before it do not."""
    here = _Here(store)
    default = store.catalog.default("recognition")
    choices = [Choice(default)]
    others: list[ModelCard | Pack] = [*here.cards, *here.packs.values()]
    for model in others:
        new = tuple(each.tag for each in languages() if _reads(model, each) and not _is_read(choices, each))
        if new:
            choices.append(Choice(model, new))
    return tuple(choices)


def _reads(model: ModelCard | Pack, language: Language) -> bool:
    if isinstance(model, Pack):
        return model.language is not None and matches(language.tag, model.language)
    return bool(model.languages) and model.reads(language.tag)


def _is_read(choices: Sequence[Choice], language: Language) -> bool:
    return any(_reads(choice.model, language) or language.tag in choice.languages for choice in choices)
