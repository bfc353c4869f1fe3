"""PaddleX's general OCR pipeline: its factory, its results and its command, read by inkread.

    from inkread.dialects.paddlex import create_pipeline

| theirs | here |
|---|---|
| `create_pipeline("OCR")`, or a YAML file | a `Reader` with lines in rows and nothing left out |
| `device="gpu:0"` | a wish: where it is not there, one warning, and the processor |
| `use_hpip=True` | `prefer="speed"` |
| `predict(x)` | a generator, a page at a time, of whatever `inkread.open` takes; arrays in BGR; addresses too |
| `res["dt_polys"]`, `["rec_text"]`, ... | the quads and texts of `page.lines` |
| `res["dt_scores"]` | the confidence of the region of `Reader.detect` under each line, 0 where there is none |
| `Pipeline: text_det_model`, `text_rec_model` | `detector`, `recognizer`: names of the catalogue, or paths |
| `Pipeline: text_rec_batch_size` | without effect: a line reads the same in any company |
| `--serve` | the service of `inkread serve` with this pipeline's models; for this machine unless it has clients |
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Final

from pydantic import Field

from inkread.configuration import from_yaml
from inkread.dialects.arguments import ArgumentError, named
from inkread.dialects.rows import across, corners, device_where_wished, pictures, reader_where_wished
from inkread.document import Line, Page
from inkread.errors import InkreadError, InputError, OutputError
from inkread.export.save import is_same_file, save_picture, source_refused, write
from inkread.extras import check_installed
from inkread.image import Image
from inkread.option_set import Options
from inkread.options import ReaderOptions
from inkread.pipeline import Reader
from inkread.registry.catalog import load_catalog

PIPELINES: Final = ("OCR",)
# The names of a result's parts in PaddleX 3: several of each.
PLURAL: Final = {"rec_text": "rec_texts", "rec_score": "rec_scores"}
# Of a line, that a region is the one that it was read from.
_LEAST_OVERLAP: Final = 0.1


class _Models(Options):
    """What stands under `Pipeline:` in a configuration."""

    text_det_model: str | None = Field(None, description="detector: a model's name or path")
    text_rec_model: str | None = Field(None, description="recognizer: a model's name or path")
    text_rec_batch_size: int = Field(1, ge=1, description="without effect")
    device: str | None = Field(None, description="where to read, if it is there")


class _About(Options):
    """What stands under `Global:` in a configuration."""

    pipeline_name: str = Field("OCR", description="the one pipeline there is")
    input: str | None = Field(None, description="the command's input, where none is given")


class _Configuration(Options):
    """A pipeline's YAML file."""

    Global: _About = _About()
    Pipeline: _Models = _Models()


class Result(dict[str, Any]):
    """What was read on one page, as a dict that can be printed and saved.

    Saving replaces what was saved there before, as theirs does, and never an input.
    """

    # What stands behind the input's name in those of JSON and pictures.
    _endings: ClassVar[tuple[str, str]] = ("", "")

    def __init__(self, values: Mapping[str, Any], page: Page, image: Image) -> None:
        super().__init__(values)
        self.page = page
        self._image = image

    @property
    def json(self) -> dict[str, Any]:
        return {"res": dict(self)}

    @named
    def print(self, format_json: bool = True, indent: int = 4, ensure_ascii: bool = False) -> None:
        """Print the result, as indented JSON unless told otherwise."""
        print(_as_json(self, indent, ensure_ascii) if format_json else dict(self))

    @named
    def save_to_json(self, save_path: str | Path, indent: int = 4, ensure_ascii: bool = False) -> None:
        """Write the result as JSON into this file, or into this folder under the name of the input."""
        content = _as_json(self, indent, ensure_ascii) + "\n"
        write(self._target(save_path, self._endings[0], ".json"), content.encode(), overwrite=True)

    @named
    def save_to_img(self, save_path: str | Path) -> None:
        """Draw the page beside its text into this file, or into this folder under the name of the input."""
        save_picture(self._image, self.page, self._target(save_path, self._endings[1], ".png"), overwrite=True)

    def _target(self, save_path: str | Path, ending: str, suffix: str) -> Path:
        path = Path(save_path)
        if str(save_path).endswith(("/", "\\")) or path.is_dir() or not path.suffix:
            given = Path(self.page.source.rpartition("://")[2].partition("?")[0])
            number = f"_{self.page.number - 1}" if self.page.number > 1 else ""
            same = given.suffix if suffix == ".png" and given.suffix.lower() in (".png", ".jpg", ".jpeg") else suffix
            path = path / f"{given.stem or 'result'}{number}{ending}{same}"
        if is_same_file(path, self.page.source):
            raise source_refused(path)
        return path


class Pipeline:
    """Finds text and reads it, one page of the input after the other."""

    def __init__(self, reader: Reader, *, plural: bool = False) -> None:
        self._reader = reader
        self._plural = plural

    @named
    def predict(self, x: object) -> Iterator[Result]:
        """Yield a result for each page of a path, folder, address, array (BGR), {"img": ...}, or list of these."""
        return self._results(x)

    def __call__(self, x: object) -> Iterator[Result]:
        return self.predict(x)

    def close(self) -> None:
        """Free the networks."""
        self._reader.close()

    def _results(self, x: object) -> Iterator[Result]:
        for image in pictures(x):
            page = self._reader.read_page(image)
            yield Result(self._values(page, image), page, image)

    def _values(self, page: Page, image: Image) -> dict[str, Any]:
        polygons = [corners(line.quad) for line in page.lines]
        values: dict[str, Any] = {
            "input_path": page.source,
            "dt_polys": polygons,
            "dt_scores": self._scores(page.lines, image),
            "rec_text": [line.text for line in page.lines],
            "rec_score": [line.confidence for line in page.lines],
        }
        return {PLURAL.get(name, name): value for name, value in values.items()} if self._plural else values

    def _scores(self, lines: Sequence[Line], image: Image) -> list[float]:
        """Return how sure the detector is of the region that each line was read from."""
        regions = self._reader.detect(image)

        def of(line: Line) -> float:
            shares = [(line.box.iou(region.quad.box), region.confidence) for region in regions]
            best, confidence = max(shares, default=(0.0, 0.0))
            return confidence if best > _LEAST_OVERLAP else 0.0

        return [of(line) for line in lines]


@named
def create_pipeline(
    pipeline: str, device: str | None = None, use_hpip: bool = False, *, plural: bool = False
) -> Pipeline:
    """Return the pipeline of a name, or of a configuration file's path.

    device: type[:index[,index]], a wish; what is given here wins over the file's; None: inkread's own choice, not "gpu"
    as theirs.  use_hpip: as fast as this machine can.  plural: results with the names of version 3, `rec_texts` and
    `rec_scores`. Raises ArgumentError, which is a ValueError, for a name that is no pipeline; ConfigError with the
    line of a file's fault; ModelNotFoundError for a model that is not here.
    """
    models = _configured(pipeline).Pipeline
    return Pipeline(reader_where_wished(_options(models, use_hpip), device or models.device), plural=plural)


def _options(models: _Models, use_hpip: bool) -> ReaderOptions:
    return across(
        detector=models.text_det_model,
        recognizer=models.text_rec_model,
        prefer="speed" if use_hpip else "balanced",
    )


@named
def get_pipeline_config(pipeline: str, save_path: str | Path = ".") -> Path:
    """Write the configuration of a pipeline into this folder, or as this .yaml file, and return its path.

    Raises OutputError where it exists: it may hold what somebody has changed.
    """
    _check_name(pipeline)
    path = Path(save_path)
    return write(path if path.suffix in (".yaml", ".yml") else path / f"{pipeline}.yaml", _default_yaml().encode())


def _default_yaml() -> str:
    catalog = load_catalog()
    return "\n".join(
        (
            "Global:",
            "  pipeline_name: OCR",
            "",
            "# Names of `inkread models list`, or paths of .onnx files or of folders with a model's card.",
            "Pipeline:",
            f"  text_det_model: {catalog.default('detection').name}",
            f"  text_rec_model: {catalog.default('recognition').name}",
            "  text_rec_batch_size: 1",
            '  device: "gpu:0"',
            "",
        )
    )


def _configured(pipeline: str) -> _Configuration:
    path = Path(pipeline)
    if path.suffix not in (".yaml", ".yml"):
        _check_name(pipeline)
        return _Configuration()
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f'cannot read the configuration "{path}": {error}') from error
    configuration = from_yaml(text, _Configuration, name=str(path))
    _check_name(configuration.Global.pipeline_name)
    return configuration


def _check_name(pipeline: str) -> None:
    if pipeline not in PIPELINES:
        raise ArgumentError(
            f'there is no pipeline "{pipeline}" here', remedy=f"use {', '.join(PIPELINES)}, or the path of a .yaml file"
        )


def _as_json(values: Mapping[str, Any], indent: int, ensure_ascii: bool) -> str:
    def plain(array: Any) -> Any:
        return array.tolist()

    return json.dumps(dict(values), indent=indent, ensure_ascii=ensure_ascii, default=plain)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run their command: `python -m inkread.dialects.paddlex --pipeline OCR --input FILE`. Return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m inkread.dialects.paddlex", allow_abbrev=False)
    parser.add_argument("--pipeline", help=f"{', '.join(PIPELINES)}, or the path of a .yaml file")
    parser.add_argument("--input", help="path, folder or address of what is read")
    parser.add_argument("--device", help="cpu, gpu:0, gpu:1,2, npu:0: a wish; wins over the file's")
    parser.add_argument("--model", help="recogniser: a model's name or path; wins over the file's")
    parser.add_argument("--use_hpip", action="store_true", help="as fast as this machine can")
    parser.add_argument("--save_path", help="folder for pictures and JSON of all results; without it none is written")
    parser.add_argument("--get_pipeline_config", metavar="NAME", help="write a pipeline's configuration")
    parser.add_argument("--serve", action="store_true", help="answer POST /ocr until told to end (docs/service.md)")
    parser.add_argument("--host", default="127.0.0.1", help="with --serve: where to listen")
    parser.add_argument("--port", default=8080, type=int, help="with --serve: 0 for any that is free")
    asked = parser.parse_args(arguments)
    try:
        if asked.get_pipeline_config:
            print(get_pipeline_config(asked.get_pipeline_config, asked.save_path or "."))
            return 0
        if asked.pipeline is None:
            parser.error("give --pipeline with --input or --serve, or --get_pipeline_config")
        if asked.serve:
            _serve(asked)
        else:
            _run(asked, parser)
    except InkreadError as error:
        print(f"inkread: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def _asked_models(asked: argparse.Namespace, configuration: _Configuration) -> _Models:
    """Return what the file says under `Pipeline:`, with what the command line says in its place."""
    models = configuration.Pipeline
    return models.with_(text_rec_model=asked.model or models.text_rec_model, device=asked.device or models.device)


def _serve(asked: argparse.Namespace) -> None:
    check_installed("service")
    from inkread.service.server import serve
    from inkread.service.settings import ServiceOptions

    models = _asked_models(asked, _configured(asked.pipeline))
    reader = _options(models, asked.use_hpip)
    reader = reader.with_(runtime=reader.runtime.with_(device=device_where_wished(models.device)))
    serve(ServiceOptions(reader=reader), host=asked.host, port=asked.port)


def _run(asked: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    configuration = _configured(asked.pipeline)
    given = asked.input or configuration.Global.input
    models = _asked_models(asked, configuration)
    if given is None:
        parser.error("--input is missing")
    reader = reader_where_wished(_options(models, asked.use_hpip), models.device)
    for result in Pipeline(reader).predict(given):
        result.print(format_json=False)
        if asked.save_path:
            folder = Path(asked.save_path)
            if folder.is_file():
                raise OutputError(f'"{folder}" is a file', remedy="give a folder: --save_path ./output")
            result.save_to_img(f"{folder}/")
            result.save_to_json(f"{folder}/")


if __name__ == "__main__":
    sys.exit(main())
