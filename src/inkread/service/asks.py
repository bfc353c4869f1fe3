"""What a request asks for, as a Reader's options: only what the operator leaves to requests."""

from __future__ import annotations

import re
from typing import Any, Final

from inkread.errors import LanguageError
from inkread.options import ReaderOptions
from inkread.wire import FileRequest, ImageRequest, JobRequest, ReadRequest

# Tags, English names and packs' names; never a path, which a Reader takes too.
_LANGUAGE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_() -]{0,39}")
_LEAST_SIDE_PX: Final = 64


def options_of_read(request: ReadRequest | JobRequest, base: ReaderOptions) -> ReaderOptions:
    """Return the options of a request for /v1/read or /v1/jobs. Raises OptionError."""
    for language in request.language:
        if not _LANGUAGE.fullmatch(language):
            raise LanguageError("no language goes by that name", remedy="use tags or English names (/v1/languages)")
    values: dict[str, Any] = {}
    if request.language:
        values["language"] = tuple(request.language)
    if request.min_confidence is not None:
        values["min_confidence"] = request.min_confidence
    if request.mode is not None:
        values["mode"] = request.mode
    options = base.with_(**values) if values else base
    load: dict[str, Any] = {
        name: value for name in ("pages", "password", "text_layer") if (value := getattr(request, name)) is not None
    }
    if load:
        options = options.with_(load=options.load.with_(**load))
    if request.correct is not None:
        options = options.with_(correct=options.correct.with_(corrector=request.correct))
    return options


def options_of_image(request: ImageRequest, base: ReaderOptions) -> ReaderOptions:
    """Return the options of the older request to /ocr: the detector sees nothing larger than it says."""
    params = request.inference_params
    side = params.max_long_side if params is not None else None
    return base if side is None else base.with_(detect=base.detect.with_(**_at_most(side)))


def options_of_file(request: FileRequest, base: ReaderOptions) -> ReaderOptions:
    """Return the options of the newer request to /ocr."""
    detect: dict[str, Any] = {
        "threshold": request.text_det_thresh,
        "box_threshold": request.text_det_box_thresh,
        "unclip_ratio": request.text_det_unclip_ratio,
    }
    if request.text_det_limit_side_len is not None:
        # Without a type it is the longest that the long side may be.
        is_least = request.text_det_limit_type == "min"
        side = request.text_det_limit_side_len
        detect |= {"min_side_px": min(side, 4096)} if is_least else _at_most(side)
    options = base
    if given := {name: value for name, value in detect.items() if value is not None}:
        options = options.with_(detect=options.detect.with_(**given))
    if request.use_doc_orientation_classify is not None:
        turn = "auto" if request.use_doc_orientation_classify else "never"
        options = options.with_(enhance=options.enhance.with_(turn=turn))
    if request.use_textline_orientation is not None:
        orientation = "always" if request.use_textline_orientation else "never"
        options = options.with_(recognize=options.recognize.with_(orientation=orientation))
    if request.text_rec_score_thresh is not None:
        options = options.with_(min_confidence=request.text_rec_score_thresh)
    return options


def _at_most(side: int) -> dict[str, Any]:
    return {"most_side_px": side, "max_side_px": min(max(side, _LEAST_SIDE_PX), 8192)}
