"""Options that several commands share, and how they become a Reader's options."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from inkread.configuration import load_yaml
from inkread.errors import FormatError
from inkread.options import LanguageModelOptions, ReaderOptions

_HUB = "hub:"

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


def reader_options(
    config: Path | None,
    *,
    reading: dict[str, str | float | None],
    runtime: dict[str, str | int | None],
    load: dict[str, str | float | None],
    limits: dict[str, float | None] | None = None,
    correct: str | None = None,
    allow_url: bool = False,
) -> ReaderOptions:
    """Return a configuration file's options, or the defaults, with what the command line gave put over them."""
    options = load_yaml(config, ReaderOptions) if config else ReaderOptions()
    if given := _given(runtime):
        options = options.with_(runtime=options.runtime.with_(**given))
    if given := _given(load):
        options = options.with_(load=options.load.with_(**given))
    if given := _given(limits or {}):
        options = options.with_(limits=options.limits.with_(**given))
    if correct is not None:
        options = options.with_(correct=options.correct.with_(corrector=correct))
    if allow_url:
        options = options.with_(load=options.load.with_(web=options.load.web.with_(allow=True)))
    return options.with_(**_given(reading))


def _given(values: Mapping[str, str | float | None]) -> dict[str, str | float]:
    return {name: value for name, value in values.items() if value is not None}


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
