"""PaddleOCR 3: its pipeline and results, read by inkread.

    from inkread.dialects.paddleocr import PaddleOCR

| theirs | here |
|---|---|
| `PaddleOCR(lang="fr", device="gpu:0")` | a `Reader` of that language; the device is a wish |
| `text_detection_model_name`, `_dir`, `text_recognition_model_name`, `_dir` | `detector`, `recognizer` |
| `use_doc_orientation_classify=False` | `enhance.turn: never`; else pages are turned as they need it |
| `use_doc_unwarping=True` | `enhance.flatten`: a sheet photographed askew is made flat; waves in it stay |
| `use_textline_orientation=False` | `recognize.orientation: never` |
| `text_det_limit_side_len` | `detect.max_side_px`, where `text_det_limit_type` is "max", else `min_side_px` |
| `text_det_thresh`, `_box_thresh`, `_unclip_ratio` | `detect.threshold`, `box_threshold`, `unclip_ratio` |
| `text_rec_score_thresh` | `min_confidence` |
| `enable_hpi` | `prefer="speed"` |
| `cpu_threads` | `runtime.threads` |
| `predict(input)`, `predict_iter(input)` | a list of results; a generator of them: a result for each page |
| `rec_texts`, `rec_scores`, `rec_polys`, `rec_boxes`, `dt_polys`, `page_index` of a result | `page.lines` |
| `res.print()`, `save_to_json`, `save_to_img`, `json` | as in `dialects.paddlex` |
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar, Final, Literal

import numpy as np

from inkread.dialects.arguments import named, only
from inkread.dialects.paddlex import Result
from inkread.dialects.rows import across, corners, language, pictures, reader_where_wished
from inkread.document import Page
from inkread.options import DetectOptions, EnhanceOptions, RecognizeOptions, RuntimeOptions

# Their names of languages that are neither tags nor English names.
LANGUAGES: Final = {
    "ch": "zh-Hans",
    "chinese_cht": "zh-Hant",
    "japan": "ja",
    "korean": "ko",
    "german": "de",
    "french": "fr",
    "rs_latin": "sr-Latn",
    "rs_cyrillic": "sr",
}


class OCRResult(Result):
    """What was read on one page; files are called as in version 3."""

    _endings: ClassVar[tuple[str, str]] = ("_res", "_ocr_res_img")


class PaddleOCR:
    """Finds text and reads it; threads may share one."""

    @named
    def __init__(
        self,
        *,
        lang: str | None = None,
        device: str | None = None,
        text_detection_model_name: str | None = None,
        text_detection_model_dir: str | Path | None = None,
        text_recognition_model_name: str | None = None,
        text_recognition_model_dir: str | Path | None = None,
        use_doc_orientation_classify: bool | None = None,
        use_doc_unwarping: bool | None = None,
        use_textline_orientation: bool | None = None,
        text_det_limit_side_len: int | None = None,
        text_det_limit_type: Literal["min", "max"] | None = None,
        text_det_thresh: float | None = None,
        text_det_box_thresh: float | None = None,
        text_det_unclip_ratio: float | None = None,
        text_rec_score_thresh: float | None = None,
        enable_hpi: bool | None = None,
        cpu_threads: int | None = None,
    ) -> None:
        """Raise LanguageError, ModelNotFoundError or OptionError for what is not there, at once."""
        only("text_det_limit_type", text_det_limit_type, None, "min", "max")
        side = {"max": "max_side_px"}.get(text_det_limit_type or "min", "min_side_px")
        limits = {} if text_det_limit_side_len is None else {side: text_det_limit_side_len}
        options = across(
            # Chinese models read English too, as theirs do; without a language all that the model reads.
            language=() if lang in (None, "ch") else language(str(lang), LANGUAGES),
            detector=_model(text_detection_model_dir, text_detection_model_name),
            recognizer=_model(text_recognition_model_dir, text_recognition_model_name),
            min_confidence=text_rec_score_thresh or 0.0,
            prefer="speed" if enable_hpi else "balanced",
            enhance=EnhanceOptions(
                turn="never" if use_doc_orientation_classify is False else "auto", flatten=bool(use_doc_unwarping)
            ),
            detect=DetectOptions(
                threshold=text_det_thresh,
                box_threshold=text_det_box_thresh,
                unclip_ratio=text_det_unclip_ratio,
                **limits,
            ),
            recognize=RecognizeOptions(orientation="never" if use_textline_orientation is False else "auto"),
            runtime=RuntimeOptions(threads=cpu_threads),
        )
        self._reader = reader_where_wished(options, device)

    @named
    def predict(self, input: object) -> list[OCRResult]:
        """Return a result for each page of a path, folder, address, array (BGR), or list of these."""
        return list(self._results(input))

    @named
    def predict_iter(self, input: object) -> Iterator[OCRResult]:
        """Yield what `predict` returns, one page in memory at a time."""
        return self._results(input)

    @named
    def ocr(self, img: object) -> list[OCRResult]:
        """Return what `predict` does: the name that it had in version 2, with the results of version 3."""
        return list(self._results(img))

    @named
    def close(self) -> None:
        """Free the networks."""
        self._reader.close()

    def _results(self, given: object) -> Iterator[OCRResult]:
        for image in pictures(given):
            page = self._reader.read_page(image)
            yield OCRResult(_values(page), page, image)


def _values(page: Page) -> dict[str, Any]:
    polygons = [np.array(corners(line.quad), dtype=np.int16) for line in page.lines]
    boxes = [(*polygon.min(axis=0), *polygon.max(axis=0)) for polygon in polygons]
    return {
        "input_path": page.source,
        "page_index": page.number - 1,
        "dt_polys": polygons,
        "rec_texts": [line.text for line in page.lines],
        "rec_scores": [line.confidence for line in page.lines],
        "rec_polys": polygons,
        "rec_boxes": np.array(boxes, dtype=np.int16).reshape(-1, 4),
    }


def _model(folder: str | Path | None, name: str | None) -> str | None:
    return str(Path(folder).absolute()) if folder else name
