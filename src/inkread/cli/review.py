"""A page of the fields that a check could not confirm, each with its piece of the picture."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

from inkread.export.markup import Markup
from inkread.extract.fields import Field, Fields, plain

if TYPE_CHECKING:
    from inkread.image import Image
    from inkread.load.source import Input

# Around a field its neighbours are shown, px at the page's resolution as a share of the field's height.
_MARGIN = 2.5
_MAX_WIDTH_PX = 900
_STYLE = (
    ":root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif}"
    "body{max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "h2{font-size:1.1rem;overflow-wrap:anywhere}section{border-top:1px solid #8886;padding:1rem 0}"
    "img{max-width:100%;border:1px solid #8886;border-radius:4px}b{font-variant-numeric:tabular-nums}p{margin:.3rem 0}"
)


def review_page(found: Sequence[tuple[Input, Fields]]) -> str:
    """Return an HTML page without scripts that stands alone: each doubtful field, why it is, and where it was read."""
    doubtful = [(given, fields) for given, fields in found if fields.doubtful]
    page = Markup("<!DOCTYPE html>")
    with page.element("html", {"lang": "en"}):
        with page.element("head"):
            page.leaf("meta", {"charset": "utf-8"})
            page.leaf("meta", {"name": "viewport", "content": "width=device-width"})
            page.leaf("title", text="Fields to look at")
            page.leaf("style", text=_STYLE)
        with page.element("body"):
            count = sum(len(fields.doubtful) for _, fields in doubtful)
            page.leaf("h1", text=f"{count} fields to look at, in {len(doubtful)} of {len(found)} documents")
            for given, fields in doubtful:
                _document(page, given, fields)
    return str(page)


def _document(page: Markup, given: Input, fields: Fields) -> None:
    with page.element("section"):
        page.leaf("h2", text=given.name)
        with given.open() as opened:
            images = {image.number: image for image in opened if image.number in _pages(fields)}
        for name in fields.doubtful:
            field = fields[name]
            assert field is not None
            with page.element("p"):
                page.leaf("b", text=f"{name}: {plain(field.value)}")
            for check in field.checks:
                page.leaf("p", text=check.message)
            if field.suggestion is not None:
                page.leaf("p", text=f"also seen: {field.suggestion}")
            image = images.get(field.page)
            if image is not None:
                page.leaf("img", {"alt": f"where {name} was read", "src": _crop(image, field)})


def _pages(fields: Fields) -> set[int]:
    return {field.page for name in fields.doubtful if (field := fields[name]) is not None}


def _crop(image: Image, field: Field) -> str:
    """Return the field and what stands around it, framed, as a data address of a PNG."""
    from PIL import Image as PillowImage
    from PIL import ImageDraw

    box = field.box
    margin = _MARGIN * max(box.height, 8.0)
    left, top = max(0, int(box.left - 4 * margin)), max(0, int(box.top - margin))
    right, bottom = min(image.width, int(box.right + margin)), min(image.height, int(box.bottom + margin))
    if right <= left or bottom <= top:
        left, top, right, bottom = 0, 0, image.width, image.height
    crop = PillowImage.fromarray(image.pixels[top:bottom, left:right])
    frame = (box.left - left - 2, box.top - top - 2, box.right - left + 2, box.bottom - top + 2)
    ImageDraw.Draw(crop).rectangle(frame, outline=(220, 60, 20), width=2)
    if crop.width > _MAX_WIDTH_PX:
        crop = crop.resize((_MAX_WIDTH_PX, max(1, round(crop.height * _MAX_WIDTH_PX / crop.width))))
    data = io.BytesIO()
    crop.save(data, "PNG")
    return f"data:image/png;base64,{base64.b64encode(data.getvalue()).decode()}"
