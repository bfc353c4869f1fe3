"""Options that several commands share, and how they become a Reader's options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Final, TypeVar

import typer

from inkread.configuration import load_yaml
from inkread.errors import FormatError
from inkread.option_set import Options
from inkread.options import LanguageModelOptions, ReaderOptions

_HUB = "hub:"
_Options = TypeVar("_Options", bound=Options)

Language = Annotated[
    str | None,
    typer.Option(
        "--language", "-l", help="Languages expected, comma separated: en,French,zh-Hans, a .traineddata, or auto."
    ),
]
Prefer = Annotated[str | None, typer.Option("--prefer", help="accuracy, balanced or speed.")]
Mode = Annotated[str | None, typer.Option("--mode", help="printed, handwritten, or auto: each line in its way.")]
DeviceName = Annotated[str | None, typer.Option("--device", help="auto, cpu, gpu:0, gpu:1,2, npu:0, xpu or mlu:0.")]
EngineName = Annotated[str | None, typer.Option("--engine", help="auto, openvino or onnx.")]
PrecisionName = Annotated[str | None, typer.Option("--precision", help="auto, int8, bf16 or f32.")]
Threads = Annotated[int | None, typer.Option("--threads", help="Threads; all that this process may use by default.")]
MaxMemoryMb = Annotated[
    int | None,
    typer.Option("--max-memory-mb", help="Memory this process may hold, MB; what its container leaves by default."),
]
Deadline = Annotated[
    float | None, typer.Option("--deadline", help="Seconds for one page; what is not read by then is given as places.")
]
ConfigFile = Annotated[
    Path | None, typer.Option("--config", help="YAML options; `inkread config` prints the defaults.")
]
MinConfidence = Annotated[
    float | None, typer.Option("--min-confidence", help="Leave out lines with less confidence, 0 to 1.")
]
Detector = Annotated[str | None, typer.Option("--detector", help="Model name or .onnx path (inkread models list).")]
Pages = Annotated[str | None, typer.Option("--pages", help="Which pages of each document, from 1: 1-3,7,10-.")]
Dpi = Annotated[float | None, typer.Option("--dpi", help="Resolution of PDF pages; by the height of their text.")]
Password = Annotated[
    str | None,
    typer.Option(
        "--password",
        envvar="INKREAD_PASSWORD",
        help="Opens encrypted PDFs; other users may see it on a command line, not in the environment.",
    ),
]
TextLayer = Annotated[
    str | None,
    typer.Option("--text-layer", help="A PDF's own text: auto (kept where the page shows it), always or never."),
]
Correct = Annotated[
    str | None,
    typer.Option("--correct", help="never, lexicon, rescore, edit or rewrite; what was read is kept beside it."),
]
Overwrite = Annotated[bool, typer.Option("--overwrite", "--force", help="Replace files that exist.")]
AllowAutoDownload = Annotated[
    bool, typer.Option("--allow-auto-download", help="Download models that are missing (inkread models pull NAME).")
]
Recognizer = Annotated[
    str | None, typer.Option("--recognizer", help="Model name, or path of an .onnx or .traineddata file.")
]
Model = Annotated[
    str | None,
    typer.Option("--model", help="A .gguf file, a package with one, hub:OWNER/NAME:QUANT, or an endpoint's model."),
]
Endpoint = Annotated[
    str | None, typer.Option("--endpoint", help="An OpenAI-compatible service: http://127.0.0.1:11434/v1.")
]
AllowRemote = Annotated[
    bool, typer.Option("--allow-remote", help="The endpoint may be another machine: the text goes there.")
]
AllowUrl = Annotated[bool, typer.Option("--allow-url", help="Read from public http and https addresses too.")]


# Where among the options each argument of a command stands, its own name last. A section's faults are told before the
# next one's, and what leans to `prefer` and `mode` is settled by the values at the top, hence they come last.
_PLACES: Final[Mapping[str, tuple[str, ...]]] = {
    "device": ("runtime", "device"),
    "engine": ("runtime", "engine"),
    "precision": ("runtime", "precision"),
    "threads": ("runtime", "threads"),
    "pages": ("load", "pages"),
    "dpi": ("load", "dpi"),
    "password": ("load", "password"),
    "text_layer": ("load", "text_layer"),
    "isolate": ("load", "isolate"),
    "max_memory_mb": ("limits", "max_memory_mb"),
    "deadline": ("limits", "deadline_s"),
    "correct": ("correct", "corrector"),
    "allow_url": ("load", "web", "allow"),
    "language": ("language",),
    "prefer": ("prefer",),
    "mode": ("mode",),
    "detector": ("detector",),
    "recognizer": ("recognizer",),
    "min_confidence": ("min_confidence",),
    "allow_auto_download": ("allow_auto_download",),
}


def reader_options(config: Path | None, **given: str | float | None) -> ReaderOptions:
    """Return a configuration file's options, or the defaults, with what the command line gave put over them.

    given: values by the names of `_PLACES`; one that is None, or a flag that is not set, was not given.
    """
    options = load_yaml(config, ReaderOptions) if config else ReaderOptions()
    sections: dict[tuple[str, ...], dict[str, str | float]] = {place[:-1]: {} for place in _PLACES.values()}
    for name, value in given.items():
        place = _PLACES[name]
        if value is not None and value is not False:
            sections[place[:-1]][place[-1]] = value
    for section, values in sections.items():
        if values:
            options = _put_over(options, section, values)
    return options


def _put_over(options: _Options, section: Sequence[str], values: Mapping[str, str | float]) -> _Options:
    """Return options with these values in a section, named by the sections that lead to it."""
    if not section:
        return options.with_(**values)
    return options.with_(**{section[0]: _put_over(getattr(options, section[0]), section[1:], values)})


def split_names(values: list[str] | None) -> list[str]:
    """Return the names of a repeated or comma separated option, each once, in order."""
    names = [name.strip() for value in values or () for name in value.split(",")]
    if any(not name for name in names):
        raise FormatError("an empty format name", remedy="write --format text,json")
    return list(dict.fromkeys(names))


def language_model(
    options: LanguageModelOptions, model: str | None, endpoint: str | None, allow_remote: bool, allow_download: bool
) -> LanguageModelOptions:
    """Return the options with what the command line gave put over them."""
    given: dict[str, str | bool | None] = {}
    if model is not None and model.startswith(_HUB):
        given["repo_id"], _, quantization = model.removeprefix(_HUB).partition(":")
        given |= {"quantization": quantization} if quantization else {}
        given |= {"model": None}
    elif model is not None:
        given |= {"model": model, "repo_id": None}
    if endpoint is not None:
        given["endpoint"] = endpoint
    given |= {"allow_remote": True} if allow_remote else {}
    given |= {"allow_auto_download": True} if allow_download else {}
    return options.with_(**given)
