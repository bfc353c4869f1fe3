"""RapidOCR 3: its engine and its outputs, read by inkread.

    from inkread.dialects.rapidocr import RapidOCR

| theirs | here |
|---|---|
| `RapidOCR(params={"Global.text_score": 0.4})` | options of a `Reader`, by the table PARAMS; nothing else of theirs |
| `engine(img)` | the first page of whatever `inkread.open` takes; arrays in BGR; addresses too |
| `use_det=False` | `Reader.read_lines`: the picture is a line |
| `use_rec=False` | `Reader.detect` |
| `use_cls=False` | `recognize.orientation: never` |
| `text_score`, 0.5 | `min_confidence` |
| `box_thresh`, `unclip_ratio` | `detect.box_threshold`, `detect.unclip_ratio` |
| `return_word_box`, `return_single_char_box` | words, characters: in `output.word_results`, by line |
| `output.boxes`, `txts`, `scores`, `elapse_list` | those of `page.lines`; None where nothing was read |
| `vis`, `to_json`, `to_markdown` | `save_picture`; records; `export.markdown` |
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from inkread.dialects.arguments import ArgumentError, meaning, named
from inkread.dialects.rows import across, corners, pictures, reader_where_wished
from inkread.document import Document, Line, Page
from inkread.errors import InputError
from inkread.export.markdown import to_markdown
from inkread.export.picture import annotate
from inkread.export.save import save_picture
from inkread.image import Image
from inkread.options import DetectOptions, RecognizeOptions
from inkread.pipeline import Reader

Boxes = npt.NDArray[np.float32]
# A word or character, its confidence and its corners.
WordResult = tuple[str, float, list[list[int]]]

# Their words for what a picture is not: none that can be read.
LoadImageError = InputError
RapidOCRError = InputError

# What `params` may name, and the argument of a call that it is the default of.
PARAMS: Final = {
    "Global.text_score": "text_score",
    "Global.use_det": "use_det",
    "Global.use_cls": "use_cls",
    "Global.use_rec": "use_rec",
    "Global.return_word_box": "return_word_box",
    "Global.return_single_char_box": "return_single_char_box",
    "Det.box_thresh": "box_thresh",
    "Det.unclip_ratio": "unclip_ratio",
}
# What `params` may name beside these: what reads, and on what.
LANGUAGE: Final = "Rec.lang_type"
CUDA: Final = ("EngineConfig.onnxruntime.use_cuda", "EngineConfig.paddle.use_cuda", "EngineConfig.torch.use_cuda")
# Without effect: how much is told, and what runs which network.
WITHOUT_EFFECT: Final = ("Global.log_level", "Det.engine_type", "Cls.engine_type", "Rec.engine_type")

# Their languages; None: all that the default model reads.
LANGUAGES: Final[Mapping[object, str | None]] = {
    "ch": None,
    "ch_doc": None,
    "en": "en",
    "latin": None,
    "chinese_cht": "zh-Hant",
    "japan": "ja",
    "korean": "ko",
    "arabic": "ar",
    "cyrillic": "ru",
    "eslav": "ru",
    "devanagari": "hi",
    "ka": "kn",
    "ta": "ta",
    "te": "te",
    "th": "th",
    "el": "el",
}


@dataclass(frozen=True)
class RapidOCROutput:
    """What was read in a picture: parallel tuples, in rows from the top.

    img: (H, W, 3) uint8, BGR.  boxes: (N, 4, 2) float32, px.  elapse_list: seconds of detection, orientation, reading.
    """

    img: npt.NDArray[np.uint8]
    boxes: Boxes | None = None
    txts: tuple[str, ...] | None = None
    scores: tuple[float, ...] | None = None
    word_results: tuple[tuple[WordResult, ...], ...] = ()
    elapse_list: list[float] = field(default_factory=list)
    page: Page | None = None

    @property
    def elapse(self) -> float:
        return sum(self.elapse_list)

    def __len__(self) -> int:
        return len(self.txts or ())

    def to_json(self) -> list[dict[str, Any]] | None:
        """Return a record for each box, or None where nothing was read."""
        if self.boxes is None or self.txts is None or self.scores is None:
            return None
        each = zip(self.boxes.tolist(), self.txts, self.scores, strict=True)
        return [{"box": box, "txt": text, "score": score} for box, text, score in each]

    def to_markdown(self) -> str:
        """Return what was read as Markdown."""
        return to_markdown(Document((self.page,))) if self.page else ""

    @named
    def vis(self, save_path: str | Path | None = None) -> npt.NDArray[np.uint8] | None:
        """Return the picture beside its text, BGR, and write it where a path is given; None where nothing was read.

        What was written there before is replaced.
        """
        if self.page is None or self.boxes is None:
            return None
        image = Image(np.ascontiguousarray(self.img[..., ::-1]))
        if save_path is not None:
            save_picture(image, self.page, save_path, overwrite=True)
        return np.asarray(annotate(image, self.page), dtype=np.uint8)[..., ::-1]


@dataclass(frozen=True)
class TextDetOutput:
    """Where text is. boxes: (N, 4, 2) float32, px, or None."""

    img: npt.NDArray[np.uint8]
    boxes: Boxes | None
    scores: list[float] | None
    elapse: float = 0.0

    def __len__(self) -> int:
        return 0 if self.boxes is None else len(self.boxes)


@dataclass(frozen=True)
class TextRecOutput:
    """What a picture of one line says."""

    imgs: list[npt.NDArray[np.uint8]]
    txts: tuple[str, ...] | None
    scores: list[float]
    elapse: float = 0.0

    def __len__(self) -> int:
        return len(self.txts or ())


class RapidOCR:
    """Reads pictures; threads may share one."""

    @named
    def __init__(self, config_path: None = None, params: Mapping[str, Any] | None = None) -> None:
        if config_path is not None:
            raise ArgumentError("config_path is not read here", remedy=f"give params: {', '.join(_known())}")
        params = dict(params or {})
        for name in params:
            if name not in _known():
                raise ArgumentError(f"params has {name!r}", remedy=f"it may have {', '.join(_known())}")
        asked = meaning(LANGUAGE, _value(params.get(LANGUAGE, "ch")), LANGUAGES)
        self._defaults = {PARAMS[name]: value for name, value in params.items() if name in PARAMS}
        wish = "gpu" if any(params.get(name) for name in CUDA) else "cpu"
        self._reader = reader_where_wished(across(language=asked or ()), wish)
        self._readers: dict[tuple[float, float | None, float | None, bool], Reader] = {}
        self._lock = Lock()

    @named
    def __call__(
        self,
        img_content: object,
        use_det: bool | None = None,
        use_cls: bool | None = None,
        use_rec: bool | None = None,
        return_word_box: bool | None = None,
        return_single_char_box: bool | None = None,
        text_score: float | None = None,
        box_thresh: float | None = None,
        unclip_ratio: float | None = None,
    ) -> RapidOCROutput | TextDetOutput | TextRecOutput:
        """Return what was read, or only where text is (use_rec=False), or what one line says (use_det=False)."""
        image = next(pictures(img_content))
        bgr = image.pixels[..., ::-1]
        reader = self._reader_for(
            self._given("text_score", text_score, 0.5),
            self._given("box_thresh", box_thresh, None),
            self._given("unclip_ratio", unclip_ratio, None),
            self._given("use_cls", use_cls, True),
        )
        if not self._given("use_rec", use_rec, True):
            regions = reader.detect(image)
            boxes = _boxes([corners(region.quad) for region in regions])
            return TextDetOutput(bgr, boxes, [region.confidence for region in regions] if regions else None)
        if not self._given("use_det", use_det, True):
            lines = [line for line in reader.read_lines(image) if line.words]
            return TextRecOutput([bgr], tuple(line.text for line in lines) or None, [line.confidence for line in lines])
        page = reader.read_page(image)
        seconds = [reader.timings.get(stage, 0.0) for stage in ("detect", "enhance", "recognize")]
        if not page.lines:
            return RapidOCROutput(bgr, elapse_list=seconds)
        by_character = self._given("return_single_char_box", return_single_char_box, False)
        has_words = by_character or self._given("return_word_box", return_word_box, False)
        return RapidOCROutput(
            bgr,
            _boxes([corners(line.quad) for line in page.lines]),
            tuple(line.text for line in page.lines),
            tuple(line.confidence for line in page.lines),
            tuple(_parts(line, by_character) for line in page.lines) if has_words else (),
            seconds,
            page,
        )

    def _given(self, name: str, value: Any, default: Any) -> Any:
        return value if value is not None else self._defaults.get(name, default)

    def _reader_for(
        self, text_score: float, box_thresh: float | None, unclip_ratio: float | None, use_cls: bool
    ) -> Reader:
        """Return the reader with the options of a call, kept for the next one with the same."""
        with self._lock:
            key = (text_score, box_thresh, unclip_ratio, use_cls)
            if key not in self._readers:
                options = self._reader.options.with_(
                    min_confidence=text_score,
                    detect=DetectOptions(box_threshold=box_thresh, unclip_ratio=unclip_ratio),
                    recognize=RecognizeOptions(orientation="auto" if use_cls else "never"),
                )
                self._readers[key] = self._reader.with_options(options)
            return self._readers[key]


def _known() -> tuple[str, ...]:
    return (*PARAMS, LANGUAGE, *CUDA, *WITHOUT_EFFECT)


def _value(given: object) -> object:
    """Return the value of their enumerations' members."""
    return getattr(given, "value", given)


def _boxes(quads: Sequence[Sequence[Sequence[int]]]) -> Boxes | None:
    return np.array(quads, dtype=np.float32) if quads else None


def _parts(line: Line, by_character: bool) -> tuple[WordResult, ...]:
    parts = line.chars if by_character else line.words
    return tuple((part.text, part.confidence, corners(part.quad)) for part in parts)
