"""What was read, in the words of the requests: a document in a format, or the replies of /ocr."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, NamedTuple

from PIL import Image as Pillow

from inkread.document import Document, Page
from inkread.errors import FormatError, OptionError
from inkread.export.formats import encode, format_of
from inkread.export.pdf.searchable import searchable_pdf
from inkread.export.picture import annotate
from inkread.extract.extraction import extract_fields
from inkread.options import ReaderOptions
from inkread.service.reading import Read
from inkread.service.scratch import scratch
from inkread.wire import FileResult, ImageResult, PageResult, Point, Text

_OFFICE: Final = "application/vnd.openxmlformats-officedocument"
MEDIA_TYPES: Final[Mapping[str, str]] = {
    "text": "text/plain; charset=utf-8",
    "text-layout": "text/plain; charset=utf-8",
    "markdown": "text/markdown; charset=utf-8",
    "json": "application/json",
    "hocr": "application/xhtml+xml",
    "alto": "application/xml",
    "page": "application/xml",
    "tsv": "text/tab-separated-values; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
    "xlsx": f"{_OFFICE}.spreadsheetml.sheet",
    "docx": f"{_OFFICE}.wordprocessingml.document",
    "pdf": "application/pdf",
    "annotated": "application/pdf",
    "picture": "image/png",
}
_JPEG_QUALITY: Final = 90
_MOST_FIELDS: Final = 200


class Answer(NamedTuple):
    """A document in a format: its bytes, media type and suffix."""

    body: bytes
    media_type: str
    suffix: str


def check_asked(format_name: str, extract: str | Mapping[str, Any] | None, *, pictures: bool = False) -> None:
    """Raise FormatError or OptionError, before anything is read, where it could not be answered."""
    known = format_of(format_name)
    if extract is not None and known.name != "json":
        raise FormatError(f'fields are not written as "{known.name}"', remedy="ask for json")
    if pictures and known.name != "json":
        raise FormatError(f'pictures of pages are not written as "{known.name}"', remedy="ask for json")
    if isinstance(extract, Mapping):
        _check_schema(extract)


def needs_images(format_name: str) -> bool:
    """Whether a format is made of the pages' pictures."""
    return format_of(format_name).needs_pixels


def _check_schema(schema: Mapping[str, Any]) -> None:
    """Refuse what of a stranger's schema could take for ever: Python's expressions know no time limit."""
    waiting: list[Any] = [schema]
    seen = 0
    while waiting:
        value = waiting.pop()
        seen += 1
        if isinstance(value, Mapping):
            if isinstance(value.get("pattern"), str):
                raise OptionError("patterns of a schema are not taken from requests", remedy="leave them out")
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
        if seen > 20 * _MOST_FIELDS:
            raise OptionError("the schema is too large", remedy=f"ask for at most {_MOST_FIELDS} fields")


def answer(
    read: Read, content: bytes, format_name: str, extract: str | Mapping[str, Any] | None, *, pictures: bool = False
) -> Answer:
    """Return a document in a format. Raises FormatError where the format cannot hold it."""
    known = format_of(format_name)
    media_type, suffix = MEDIA_TYPES[known.name], known.suffixes[0]
    if extract is not None or pictures:
        fields = None if extract is None else extract_fields(read.document, extract).to_dict()
        shown = [_jpeg(partial(Pillow.fromarray, image.pixels)) for image in read.images] if pictures else []
        whole = {"fields": fields, "document": read.document.to_dict(), "pictures": shown}
        return Answer(json.dumps(whole, ensure_ascii=False).encode("utf-8", "replace"), media_type, suffix)
    if known.name == "picture":
        return Answer(_picture(read), media_type, suffix)
    if known.needs_pixels:
        return Answer(_pdf(read, content, marks=known.name == "annotated"), media_type, suffix)
    return Answer(encode(read.document, known.name), media_type, suffix)


def _picture(read: Read) -> bytes:
    if len(read.images) != 1:
        raise FormatError(f"a picture shows one page, not {len(read.images)}", remedy="ask for one: pages=1")
    stream = io.BytesIO()
    annotate(read.images[0], read.document.pages[0]).save(stream, "PNG")
    return stream.getvalue()


def _pdf(read: Read, content: bytes, *, marks: bool) -> bytes:
    with scratch() as folder:
        path = folder / "document.pdf"
        with searchable_pdf(path, content, marks=marks) as pdf:
            for page, image in zip(read.document.pages, read.images, strict=True):
                pdf.add(page, image)
        return path.read_bytes()


# ------------------------------------------------------------------------------------------------ /ocr


def image_result(read: Read) -> ImageResult:
    """Return what stands on the first page, as the older reply has it."""
    page = read.document.pages[0]
    texts = [Text(poly=_polygon(line.quad), text=line.text, score=round(line.confidence, 4)) for line in page.lines]
    return ImageResult(texts=texts, image=_jpeg(lambda: annotate(read.images[0], page)))


def file_result(read: Read, options: ReaderOptions, *, visualize: bool, is_pdf: bool) -> FileResult:
    """Return what stands on each page, as the newer reply has it."""
    results = []
    for number, page in enumerate(read.document.pages):
        pictures: dict[str, str] = {}
        if visualize:
            image = read.images[number]
            pictures["ocr_image"] = _jpeg(lambda image=image, page=page: annotate(image, page))  # type: ignore[misc]
            pictures["input_image"] = _jpeg(lambda image=image: Pillow.fromarray(image.pixels))  # type: ignore[misc]
        results.append(PageResult(pruned_result=_pruned(page, options), **pictures))
    return FileResult(ocr_results=results, data_info=_data_info(read.document, is_pdf=is_pdf))


def _pruned(page: Page, options: ReaderOptions) -> dict[str, Any]:
    polygons = [_polygon(line.quad) for line in page.lines]
    turns = options.enhance.turn == "auto"
    detect, orientation = options.detect, options.recognize.orientation
    return {
        "model_settings": {"use_doc_preprocessor": turns, "use_textline_orientation": orientation != "never"},
        "doc_preprocessor_res": {
            "model_settings": {"use_doc_orientation_classify": turns, "use_doc_unwarping": False},
            "angle": page.turned_deg,
        },
        "dt_polys": polygons,
        "text_det_params": {
            "limit_side_len": detect.most_side_px or detect.max_side_px,
            "limit_type": "max",
            "thresh": detect.threshold,
            "box_thresh": detect.box_threshold,
            "unclip_ratio": detect.unclip_ratio,
        },
        "text_type": "general",
        "textline_orientation_angles": [-1] * len(polygons),
        "text_rec_score_thresh": options.min_confidence,
        "rec_texts": [line.text for line in page.lines],
        "rec_scores": [round(line.confidence, 4) for line in page.lines],
        "rec_polys": polygons,
        "rec_boxes": [[round(edge) for edge in line.box] for line in page.lines],
    }


def _data_info(document: Document, *, is_pdf: bool) -> dict[str, Any]:
    sizes = [{"width": round(page.width), "height": round(page.height)} for page in document.pages]
    if is_pdf:
        return {"type": "pdf", "numPages": len(sizes), "pages": sizes}
    return {"type": "image", **sizes[0]}


def _polygon(quad: Any) -> list[Point]:
    return [(round(point.x), round(point.y)) for point in quad]


def _jpeg(draw: Callable[[], Pillow.Image]) -> str:
    stream = io.BytesIO()
    draw().save(stream, "JPEG", quality=_JPEG_QUALITY)
    return base64.b64encode(stream.getvalue()).decode()
