"""What is known of each model: its files and their hashes, how to feed it, what it reads, what was published of it."""

from __future__ import annotations

import importlib.resources
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Literal

import yaml

from inkread.errors import ModelNotFoundError, nearest
from inkread.registry.languages import matches

Task = Literal["detection", "recognition", "classification", "layout", "orientation", "unwarping", "llm"]
Tier = Literal["tiny", "small", "medium", "mobile", "server", "custom"]
SourceKind = Literal["package", "url", "hub"]

ANY_LANGUAGE = "*"


@dataclass(frozen=True)
class Source:
    """Where a file comes from.

    kind: "package", an installed Python package, "url", or "hub", a repository of a model hub.  where: the package's
    import name, the URL, or the repository's OWNER/NAME.  path: the file inside the package or repository; of a URL,
    the file's name.  install: what pip installs to get the package.  revision: of a repository; empty for its newest.
    """

    kind: SourceKind
    where: str
    path: str
    install: str = ""
    revision: str = ""

    @property
    def is_download(self) -> bool:
        """Whether the file comes over the network."""
        return self.kind != "package"


@dataclass(frozen=True)
class ModelFile:
    """One file of a model. sha256 (lowercase hex) and size are None where nobody published them."""

    name: str
    sha256: str | None = None
    size_bytes: int | None = None
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True)
class Figure:
    """A published measurement. Only figures of one dataset and source may be compared.

    date: when it was published, ISO, as exact as is known (2024, 2025-05).  hardware: of the times; may be empty.
    """

    metric: str
    value: float
    unit: str
    dataset: str
    source: str
    date: str
    hardware: str = ""


@dataclass(frozen=True)
class ModelCard:
    """Everything to know about one model before its file is opened.

    mean, std, is_bgr: how pixels become input, ((value / 255) - mean) / std for each channel in the network's order.
    threshold, box_threshold, unclip_ratio: what a detector's makers recommend; nothing to other models.
    charset: of a recogniser, its characters, one a line, in class order after the blank: `embedded:KEY`, in the ONNX
    metadata under KEY, or `file:NAME`, one of the card's files.  has_space: one more class, a space, follows them.
    languages: BCP-47 tags; empty where language does not matter.  default_for: the languages that it comes first for,
    or "*".  height_px, width_px: the size that the network wants; None where it takes any.
    unavailable: why there is no file to get; empty where there is.  trained_on: what it was taught with, where that is
    known.  calibration: of a recogniser of one's own, see `recognize.calibration`.  ngrams: which of the
    files says what words are made of, see `recognize.ngrams`; None: none does.
    """

    name: str
    task: Task
    family: str
    tier: Tier
    files: tuple[ModelFile, ...]
    license: str
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    is_bgr: bool
    charset: str | None = None
    has_space: bool = False
    languages: tuple[str, ...] = ()
    threshold: float = 0.3
    box_threshold: float = 0.6
    unclip_ratio: float = 1.5
    height_px: int | None = None
    width_px: int | None = None
    default_for: tuple[str, ...] = ()
    figures: tuple[Figure, ...] = ()
    unavailable: str = ""
    trained_on: tuple[str, ...] = ()
    calibration: tuple[tuple[float, float], ...] = ()
    ngrams: str | None = None

    def reads(self, language: str) -> bool:
        """Whether a BCP-47 language is among the card's; a model without a list of languages takes any."""
        return not self.languages or any(matches(language, spoken) for spoken in self.languages)

    @property
    def is_default(self) -> bool:
        """Whether it is the first choice for its task where no language says otherwise."""
        return ANY_LANGUAGE in self.default_for

    def preference(self, language: str | None) -> int:
        """Rank for a language, lower is better: 0 it is the default for it, 1 the default for any, 2 neither."""
        if language is not None and any(matches(language, tag) for tag in self.default_for if tag != ANY_LANGUAGE):
            return 0
        return 1 if self.is_default else 2


@dataclass(frozen=True)
class Catalog:
    """The known cards, in the order of the file: the newest family first."""

    cards: tuple[ModelCard, ...]

    @cached_property
    def _by_name(self) -> Mapping[str, ModelCard]:
        return {card.name: card for card in self.cards}

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all cards, in the catalogue's order."""
        return tuple(self._by_name)

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """The BCP-47 tags that recognisers with a file to get read, each once, in alphabetical order."""
        return tuple(sorted({tag for card in self.select("recognition") for tag in card.languages}))

    def __iter__(self) -> Iterator[ModelCard]:
        return iter(self.cards)

    def __len__(self) -> int:
        return len(self.cards)

    def get(self, name: str) -> ModelCard:
        """Return the card of that name. Raises ModelNotFoundError that suggests the nearest one."""
        card = self._by_name.get(name)
        if card is None:
            raise ModelNotFoundError(f'there is no model "{name}" in the catalogue', remedy=nearest(name, self.names))
        return card

    def select(self, task: Task, *, language: str | None = None, family: str | None = None) -> tuple[ModelCard, ...]:
        """Return the cards with a file to get that fit, best first: the default, then the catalogue's order.

        language: a BCP-47 tag (en, en-GB, zh-TW).  Empty where none fits; that is not an error.
        """
        found = [
            card
            for card in self.cards
            if card.task == task
            and not card.unavailable
            and (family is None or card.family == family)
            and (language is None or card.reads(language))
        ]
        return tuple(sorted(found, key=lambda card: card.preference(language)))

    def default(self, task: Task, *, language: str | None = None) -> ModelCard:
        """Return the first choice for a task. Raises ModelNotFoundError where no card does it or reads the language."""
        found = self.select(task, language=language)
        if not found:
            what = f'"{language}"' if language else "that task"
            raise ModelNotFoundError(
                f"no {task} model of the catalogue is for {what}",
                remedy="name a model or give the path of an .onnx file",
            )
        return found[0]


@lru_cache(maxsize=1)
def load_catalog() -> Catalog:
    """Return the built-in catalogue; read once a process, in about 6 ms."""
    text = importlib.resources.files("inkread.registry").joinpath("catalog.yaml").read_text(encoding="utf-8")
    return parse_catalog(text)


def parse_catalog(text: str) -> Catalog:
    """Return the catalogue that a YAML text describes; the text is trusted, its form is told in catalog.yaml."""
    # libyaml reads the file in 3 ms, Python in 40 ms; a build of PyYAML may lack the former. Both are safe loaders.
    data = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    tables = _Tables(
        defaults=data["task_defaults"],
        packages=data["packages"],
        languages={name: tuple(tags.split()) for name, tags in data["languages"].items()},
        studies=data["studies"],
    )
    return Catalog(tuple(_card(name, values, tables) for name, values in data["models"].items()))


@dataclass(frozen=True)
class _Tables:
    """What several cards share, by name."""

    defaults: dict[str, dict[str, Any]]
    packages: dict[str, str]
    languages: dict[str, tuple[str, ...]]
    studies: dict[str, dict[str, str]]


def _card(name: str, own: dict[str, Any], tables: _Tables) -> ModelCard:
    values = {**tables.defaults[own["task"]], **own}
    spoken = values.pop("languages", "")
    if "detection" in values:
        values |= zip(("threshold", "box_threshold", "unclip_ratio"), values.pop("detection"), strict=True)
    return ModelCard(
        name=name,
        mean=tuple(values.pop("mean")),
        std=tuple(values.pop("std")),
        languages=tables.languages.get(spoken) or tuple(spoken.split()),
        default_for=tuple(values.pop("default_for", "").split()),
        files=tuple(_file(entry, tables.packages) for entry in values.pop("files", ())),
        figures=tuple(_figure(entry, tables.studies) for entry in values.pop("figures", ())),
        **values,
    )


def _figure(entry: list[Any], studies: dict[str, dict[str, str]]) -> Figure:
    metric, value, unit, study = entry
    return Figure(metric, value, unit, **studies[study])


def _file(entry: dict[str, Any], packages: dict[str, str]) -> ModelFile:
    sources = tuple(parse_source(text, packages) for text in entry["sources"])
    return ModelFile(entry["name"], entry["sha256"], entry.get("size_bytes"), sources)


def parse_source(text: str, packages: Mapping[str, str]) -> Source:
    """Return the source that a line describes: `url URL`, `hub OWNER/NAME PATH[@REVISION]` or `package NAME PATH`.

    packages: what pip installs to get a package; its own name where it is not among them. Raises ValueError.
    """
    kind, where, *path = text.split()
    if kind == "url" and not path:
        return Source("url", where, where.rsplit("/", 1)[1])
    if kind == "package" and len(path) == 1:
        return Source("package", where, path[0], packages.get(where, where))
    if kind == "hub" and len(path) == 1:
        name, _, revision = path[0].partition("@")
        return Source("hub", where, name, revision=revision)
    raise ValueError(f"{text!r} is no source: write url URL, hub OWNER/NAME PATH@REVISION or package NAME PATH")
