"""EasyOCR: its reader and its lists, read by inkread.

    from inkread.dialects import easyocr

| theirs | here |
|---|---|
| `Reader(["en", "fr"], gpu="cuda:0")` | a `Reader` of these languages; the device is a wish |
| `readtext(image)` | `(box, text, confidence)` of `page.lines`, in rows; arrays in BGR |
| `detail=0` | the texts alone |
| `paragraph=True` | `[box, text]` of `page.blocks`, in reading order |
| `output_format` "dict", "json" | records `boxes`, `text`, `confident` (so called there); JSON of each |
| `rotation_info` | without effect: pages and lines that stand on their side or head are turned anyway |
| `canvas_size` | `detect.max_side_px` |
| `detect(image)` | of `Reader.detect`: `([[[x_min, x_max, y_min, y_max], ...]], [[quad, ...]])` |
| `batch_size`, `workers`, `verbose`, `quantize`, ... | without effect: they change how, not what is read |
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from inkread.dialects.arguments import named, only
from inkread.dialects.rows import Corners, across, corners, language, pictures, reader_where_wished
from inkread.document import Page
from inkread.geometry import Quad
from inkread.image import Image
from inkread.options import ArrangeOptions, DetectOptions

# Their names that are no tags.
LANGUAGES: Final = {"ch_sim": "zh-Hans", "ch_tra": "zh-Hant", "rs_latin": "sr-Latn", "rs_cyrillic": "sr"}
FORMATS: Final = ("standard", "dict", "json")
# A region is upright where it runs at most this far off, degrees.
_UPRIGHT_DEG: Final = 2.0


class Reader:
    """Reads pictures; threads may share one."""

    @named
    def __init__(
        self,
        lang_list: Sequence[str],
        gpu: bool | str = True,
        model_storage_directory: None = None,
        download_enabled: bool = False,
        detector: bool = True,
        recognizer: bool = True,
        verbose: bool = True,
        quantize: bool = True,
    ) -> None:
        """Raise LanguageError for a language that no model here reads.

        gpu: True, their default, is inkread's own choice; a device ("cuda:1") is a wish; False is the processor.
        download_enabled: may models that are missing be fetched.
        """
        only("model_storage_directory", model_storage_directory, None)
        only("detector", detector, True)
        only("recognizer", recognizer, True)
        wish = gpu.replace("cuda", "gpu") if isinstance(gpu, str) else None if gpu else "cpu"
        options = across(
            language=tuple(language(name, LANGUAGES) for name in lang_list), allow_auto_download=download_enabled
        )
        self._reader = reader_where_wished(options, wish)

    @named
    def readtext(
        self,
        image: object,
        decoder: str = "greedy",
        batch_size: int = 1,
        workers: int = 0,
        detail: int = 1,
        rotation_info: Sequence[int] | None = None,
        paragraph: bool = False,
        canvas_size: int | None = None,
        output_format: str = "standard",
    ) -> list[Any]:
        """Return what was read on the first page of the input, as `detail`, `paragraph` and `output_format` say."""
        only("decoder", decoder, "greedy")
        only("detail", detail, 0, 1)
        only("output_format", output_format, *FORMATS)
        return self._read(next(pictures(image)), detail, paragraph, canvas_size, output_format)

    @named
    def readtext_batched(self, image: object, detail: int = 1, paragraph: bool = False) -> list[list[Any]]:
        """Return for each page of the input what `readtext` does."""
        only("detail", detail, 0, 1)
        return [self._read(each, detail, paragraph, None, "standard") for each in pictures(image)]

    @named
    def detect(self, img: object) -> tuple[list[list[list[int]]], list[list[Corners]]]:
        """Return where text is on the first page: upright boxes, and quads of what is not upright; each in a list."""
        quads = [region.quad for region in self._reader.detect(next(pictures(img)))]
        upright = [_sides(quad) for quad in quads if abs(quad.angle_deg) <= _UPRIGHT_DEG]
        free = [corners(quad) for quad in quads if abs(quad.angle_deg) > _UPRIGHT_DEG]
        return [upright], [free]

    def _read(
        self, image: Image, detail: int, paragraph: bool, canvas_size: int | None, output_format: str
    ) -> list[Any]:
        changes: dict[str, Any] = {"arrange": ArrangeOptions()} if paragraph else {}
        if canvas_size is not None:
            changes["detect"] = DetectOptions(max_side_px=canvas_size)
        reader = self._reader.with_options(self._reader.options.with_(**changes)) if changes else self._reader
        return _as(output_format, _found(reader.read_page(image), paragraph), detail)


def _found(page: Page, paragraph: bool) -> list[tuple[Any, ...]]:
    if paragraph:
        return [(corners(Quad.from_box(block.box)), " ".join(block.text.split())) for block in page.blocks]
    return [(corners(line.quad), line.text, line.confidence) for line in page.lines]


def _as(output_format: str, found: list[tuple[Any, ...]], detail: int) -> list[Any]:
    if detail == 0:
        return [each[1] for each in found]
    if output_format == "standard":
        return [list(each) if len(each) == 2 else each for each in found]
    records = [dict(zip(("boxes", "text", "confident"), each, strict=False)) for each in found]
    return [json.dumps(record, ensure_ascii=False) for record in records] if output_format == "json" else records


def _sides(quad: Quad) -> list[int]:
    box = quad.box
    return [round(box.left), round(box.right), round(box.top), round(box.bottom)]
