"""Cards of the user's own: a list of them in the folder of models, or one beside the files that it describes.

Both are short YAML files, read as strictly as a configuration: an unknown field is told with its line.
"""

from __future__ import annotations

import re
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any, Final

import yaml
from pydantic import BeforeValidator, Field, field_validator
from pydantic_core import PydanticCustomError

from inkread.configuration import load_yaml
from inkread.errors import ModelError
from inkread.option_set import Options
from inkread.registry.catalog import Figure, ModelCard, ModelFile, Task, Tier, load_catalog, parse_source

CARD_SUFFIXES: Final = (".yaml", ".yml")

_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")
# Names that some system takes for a device (Windows), with any suffix.
_RESERVED: Final = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_Channels = tuple[
    Annotated[float, Field(ge=0, le=1)], Annotated[float, Field(ge=0, le=1)], Annotated[float, Field(ge=0, le=1)]
]


def check_name(name: str, what: str = "model") -> str:
    """Return the name of a model or file, which is safe as that of a file. Raises ModelError for any other."""
    if not _NAME.fullmatch(name) or _RESERVED.fullmatch(name) or name.endswith("."):
        raise ModelError(
            f'"{name[:120]}" cannot be the name of a {what}',
            remedy="use up to 100 letters, digits, dots, hyphens and underscores, and no folder",
        )
    return name


_Share = Annotated[float, Field(ge=0, le=1)]


def _checked_name(name: str) -> str:
    try:
        return check_name(name, "file or model")
    except ModelError as error:
        raise PydanticCustomError("name", "{reason}", {"reason": str(error)}) from error


def _as_entry(value: object) -> object:
    return {"name": value} if isinstance(value, str) else value


_Name = Annotated[str, BeforeValidator(lambda value: _checked_name(value) if isinstance(value, str) else value)]


class FileEntry(Options):
    """One file of a card; in YAML its name alone will do."""

    name: _Name = Field(description="the file's name")
    sha256: str | None = Field(None, pattern="^[0-9a-f]{64}$", description="its sha256, lowercase hex")
    size_bytes: int | None = Field(None, ge=1, description="its size, bytes")
    sources: tuple[str, ...] = Field((), description="where to get it: url URL, hub OWNER/NAME PATH@REVISION")

    @field_validator("sources")
    @classmethod
    def _are_sources(cls, sources: tuple[str, ...]) -> tuple[str, ...]:
        for text in sources:
            try:
                source = parse_source(text, {})
                if ".." in source.path.split("/") or source.path.startswith("/"):
                    raise ValueError(f"{text!r} leads out of its package or repository")
                if source.kind == "package" and not source.where.isidentifier():
                    raise ValueError(f"{text!r} names no package")  # of a.b, looking it up would import a
            except ValueError as error:
                raise PydanticCustomError("source", "{reason}", {"reason": str(error)}) from error
        return sources


class FigureEntry(Options):
    """A measurement of the model."""

    metric: str = Field(description="what was measured: CER, Hmean")
    value: float = Field(description="the figure")
    unit: str = Field(description="%, ms or MB")
    dataset: str = Field(description="the pictures it was measured on")
    source: str = Field(description="who says so")
    date: str = Field(coerce_numbers_to_str=True, description="when, ISO")
    hardware: str = Field("", description="of the times")


class Card(Options):
    """A model of the user's own. What is not said is as the catalogue's default for its task."""

    name: _Name | None = Field(None, description="the model's name; that of its folder if left out")
    task: Task = Field(description="what it does")
    family: str = Field("custom", description="what it descends from")
    tier: Tier = Field("custom", description="its size among its kind")
    license: str = Field("unknown", description="SPDX identifier")
    files: tuple[Annotated[FileEntry, BeforeValidator(_as_entry)], ...] = Field(
        (), description="the network first; the folder's only .onnx file if left out"
    )
    charset: str | None = Field(None, description="embedded:KEY of the ONNX metadata, or the name of a file")
    has_space: bool | None = Field(None, description="does a class for the space follow the characters")
    languages: tuple[str, ...] = Field((), description="BCP 47; empty: any")
    mean: _Channels | None = Field(None, description="subtracted from pixels of 0 to 1, by channel")
    std: _Channels | None = Field(None, description="what they are divided by, by channel")
    is_bgr: bool | None = Field(None, description="is blue the first channel")
    threshold: float | None = Field(None, gt=0, lt=1, description="of a detector")
    box_threshold: float | None = Field(None, gt=0, lt=1, description="of a detector")
    unclip_ratio: float | None = Field(None, ge=1, le=4, description="of a detector")
    height_px: int | None = Field(None, ge=1, le=10_000, description="the height that the network wants, px")
    width_px: int | None = Field(None, ge=1, le=100_000, description="the width that the network wants, px")
    figures: tuple[FigureEntry, ...] = Field((), description="what was measured of it")
    trained_on: tuple[str, ...] = Field((), description="what it was taught with: names, licences, sources")
    calibration: tuple[tuple[_Share, _Share], ...] = Field(
        (), description="pairs of a score and the chance that a word with it is right, rising"
    )
    ngrams: _Name | None = Field(None, description="of a recogniser: the name of a file of n-grams of letters")

    @field_validator("languages", mode="before")
    @classmethod
    def _one_or_several(cls, value: object) -> object:
        return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value


class CardList(Options):
    """The user's own cards, by name."""

    models: dict[_Name, Card] = Field({}, description="cards by name")


def cards_in_list(path: Path) -> tuple[ModelCard, ...]:
    """Return the cards of a YAML file `models: {NAME: card}`; their files lie beside it, or can be downloaded.

    Raises ConfigError with the line of the first fault.
    """
    entries = load_yaml(path, CardList).models
    return tuple(_model_card(name, entry, path.parent, "") for name, entry in entries.items())


def card_in_folder(folder: Path, *, name: str = "", is_in_store: bool = False) -> ModelCard:
    """Return the card of a folder that holds one YAML file and what it describes.

    name: the model's where the card does not say; that of the folder if empty.  is_in_store: name the files as seen
    from the folder's parent and not by whole paths.
    Raises ConfigError where the YAML is wrong, ModelError where there is not exactly one, or not one network.
    """
    found = sorted(path for path in folder.iterdir() if path.suffix.lower() in CARD_SUFFIXES)
    if len(found) != 1:
        raise ModelError(
            f'"{folder}" holds {len(found)} YAML files', remedy="a model's folder holds one, its card (docs/models.md)"
        )
    card = load_yaml(found[0], Card)
    prefix = f"{folder.name}/" if is_in_store else f"{folder.resolve()}/"
    return _model_card(card.name or check_name(name or folder.name), card, folder, prefix)


def as_yaml(card: ModelCard) -> str:
    """Return a card as the YAML that goes into a model's folder, with the files' names alone."""
    charset = card.charset or ""
    values = {
        "name": card.name, "task": card.task, "family": card.family, "tier": card.tier, "license": card.license,
        "files": [_plain_file(file) for file in card.files],
        "charset": Path(charset).name if charset.startswith("file:") else charset or None,
        "has_space": card.has_space, "languages": list(card.languages), "mean": list(card.mean), "std": list(card.std),
        "is_bgr": card.is_bgr, "threshold": card.threshold, "box_threshold": card.box_threshold,
        "unclip_ratio": card.unclip_ratio, "height_px": card.height_px, "width_px": card.width_px,
        "figures": [asdict(figure) for figure in card.figures], "trained_on": list(card.trained_on),
        "calibration": [list(knot) for knot in card.calibration], "ngrams": card.ngrams and Path(card.ngrams).name,
    }  # fmt: skip
    return yaml.safe_dump({key: value for key, value in values.items() if value not in (None, [])}, sort_keys=False)


def _plain_file(file: ModelFile) -> dict[str, Any]:
    values = {"name": Path(file.name).name, "sha256": file.sha256, "size_bytes": file.size_bytes}
    return {key: value for key, value in values.items() if value is not None}


_FED_AS: Final = ("has_space", "mean", "std", "is_bgr", "threshold", "box_threshold", "unclip_ratio")
_EMBEDDED: Final = "embedded:"


def _model_card(name: str, card: Card, folder: Path, prefix: str) -> ModelCard:
    """Return a card with what it leaves open taken from the default for its task. prefix: of its files' names."""
    files = list(card.files) or [FileEntry(name=_only_network(folder, name))]
    charset = card.charset
    if charset and not charset.startswith(_EMBEDDED):
        names = [each.name for each in files]
        if charset not in names:
            files.append(FileEntry(name=check_name(charset, "file")))
        charset = f"file:{prefix}{charset}"
    if card.ngrams and card.ngrams not in [each.name for each in files]:
        files.append(FileEntry(name=card.ngrams))
    given: dict[str, Any] = {key: value for key in _FED_AS if (value := getattr(card, key)) is not None}
    return replace(
        _template(card.task),
        name=name,
        task=card.task,
        family=card.family,
        tier=card.tier,
        license=card.license,
        files=tuple(_model_file(each, prefix) for each in files),
        languages=card.languages,
        default_for=(),
        height_px=card.height_px or _template(card.task).height_px,
        width_px=card.width_px or _template(card.task).width_px,
        figures=tuple(Figure(**each.model_dump()) for each in card.figures),
        trained_on=card.trained_on,
        calibration=card.calibration,
        ngrams=f"{prefix}{card.ngrams}" if card.ngrams else None,
        charset=charset or _template(card.task).charset,
        **given,
    )


def _template(task: Task) -> ModelCard:
    """Return what a card of this task says unless it says otherwise."""
    catalog = load_catalog()
    if found := catalog.select(task):
        return found[0]
    half = (0.5, 0.5, 0.5)
    return ModelCard("", task, "custom", "custom", (), "unknown", mean=half, std=half, is_bgr=False)


def _model_file(entry: FileEntry, prefix: str) -> ModelFile:
    sources = tuple(parse_source(text, {}) for text in entry.sources)
    return ModelFile(f"{prefix}{entry.name}", entry.sha256, entry.size_bytes, sources)


def _only_network(folder: Path, name: str) -> str:
    found = sorted(path.name for path in folder.glob("*.onnx"))
    if len(found) != 1:
        raise ModelError(
            f'the card of "{name}" names no files, and "{folder}" holds {len(found)} .onnx files',
            remedy="name them in the card: files: [model.onnx]",
        )
    return check_name(found[0], "file")
