"""What is wrong with a page: rules over what was read and over its picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from inkread.diagnosis import picture
from inkread.diagnosis.finding import CAUSES, Finding
from inkread.document import Line, Page
from inkread.enhance.light import dark_and_light
from inkread.enhance.size import print_height_px
from inkread.image import Image

# Below this, letters run together: docs/documents.md renders PDFs at 24 px, and the recogniser sees lines of 48.
_SMALL_PX = 10.0
_GOOD_PX = 24.0
# Between clean pages of seven labelled sets and those degraded until letters are lost: clean ones have a sharpness of
# 0.9 and more from 12 px on, an evenness of 0.8 (one of 0.57, with grey boxes), and coarse pages of 9 px lose none.
_CROOKED_DEG = 2.0
# Lower print has no sharper edges than blurred print that is higher.
_SHARP_PX = 12.0
_BLURRED = 0.75
_PALE = 70.0
_UNEVEN = 0.6
_NOISY = 5.0
_EMPTY = 30.0
_UNSURE = 0.8
_UNSURE_SHARE = 0.2
_MISSED = 0.97
# Reading that gives so many times as much, and so many characters more, has found what was missed.
_MORE, _FEWEST_MORE = 1.15, 10
# A line nearer to the border than this, px, is cut.
_EDGE_PX = 3.0
_FEWEST_AT_THE_EDGE = 3


@dataclass(frozen=True)
class Seen:
    """A page as it was read, with its picture, and read once more with the usual options where others were asked for.

    page: with all its lines, the doubtful ones too.
    """

    image: Image
    page: Page
    usual: Page | None = None
    min_confidence: float = 0.0


def look_at(seen: Seen) -> list[Finding]:
    """Return what is wrong with a page: first what the picture is like, then what that did to reading."""
    lines = [line for line in seen.page.lines if line.words]
    if not lines:
        return [*_told(seen), *(_left_by_options(seen) or _nothing(seen))]
    found = [*_told(seen), *_of_size(seen, lines), *_of_place(seen, lines), *_of_light(seen, lines)]
    return [*found, *_of_reading(seen, lines, found)]


def _told(seen: Seen) -> Iterator[Finding]:
    """Yield what reading itself has told, by the options asked for or by the usual ones."""
    number = seen.page.number
    pages = [seen.page, *([seen.usual] if seen.usual else [])]
    notices = {(notice.kind, notice.message): notice for page in pages for notice in page.notices}
    counts: dict[str, int] = {}
    for notice in notices.values():
        counts[notice.kind] = counts.get(notice.kind, 0) + 1
    for notice in notices.values():
        if notice.kind in ("layer-replaced", "hidden-text"):
            remedy = "believe the text read here, not what other programs copy from this PDF"
            if seen.usual is not None:
                remedy += "; do not read it with --text-layer always"
            yield Finding("false-layer", notice.message, remedy, number, {"notices": counts[notice.kind]})
        elif notice.kind == "missing-letters":
            remedy = "read with another model or language pack: inkread languages"
            yield Finding("missing-letters", notice.message, remedy, number)
        elif notice.kind == "handwriting":
            yield Finding("handwriting", notice.message, "read it with --mode handwritten, or auto", number)
    turned = next((page.turned_deg for page in reversed(pages) if page.turned_deg), 0)
    if turned:
        was_read = seen.page.turned_deg == turned
        how = "upside down" if turned == 180 else f"on its side: it stands upright turned by {turned} degrees clockwise"
        remedy = "nothing for reading: it was turned" if was_read else "let it be turned: enhance.turn: auto"
        yield Finding("turned", f"the page is {how}", remedy, number, {"turned_deg": turned})
    if seen.page.truncated:
        yield Finding(
            "truncated",
            "the page has more regions of text than the limit: the rest is missing",
            "raise detect.max_regions, or read the page in parts",
            number,
        )


def _nothing(seen: Seen) -> Iterator[Finding]:
    dark, light = dark_and_light(seen.image.grey())
    height = print_height_px(seen.image)
    figures: dict[str, float | str] = {"contrast": light - dark}
    if light - dark < _EMPTY:
        remedy = "check that this is the right page, and the right side of the sheet"
        yield Finding(
            "blank", "the page is blank: nothing on it differs from the paper", remedy, seen.page.number, figures
        )
        return
    if height is not None and height < _SMALL_PX:
        yield _small(seen, height)
    if light - dark < _PALE:
        yield _pale(seen, light - dark)
    remedy = "if there is text, send the report of --report; photographs of things have none"
    yield Finding("nothing-found", "there is ink, but no text was found in it", remedy, seen.page.number, figures)


def _of_size(seen: Seen, lines: Sequence[Line]) -> Iterator[Finding]:
    height = picture.line_height_px(lines)
    if height is not None and height < _SMALL_PX:
        yield _small(seen, height)


def _small(seen: Seen, height_px: float) -> Finding:
    factor = _GOOD_PX / height_px
    dpi = seen.image.dpi
    how = f"scan again at {round(max(300, dpi * factor), -1):.0f} dpi (now {dpi:.0f})" if dpi else "scan at 300 dpi"
    return Finding(
        "small-print",
        f"the print is {height_px:.0f} px high; from {_GOOD_PX:.0f} px on it is read surely",
        f"{how}, or photograph it from nearer, {factor:.1f} times as large: what is not in the picture cannot be read",
        seen.page.number,
        {"height_px": round(height_px, 1)},
    )


def _of_place(seen: Seen, lines: Sequence[Line]) -> Iterator[Finding]:
    angle = picture.angle_deg(lines)
    if abs(angle) >= _CROOKED_DEG:
        yield Finding(
            "crooked",
            f"the lines are {abs(angle):.1f} degrees from level",
            "lay it straight; enhance.straighten: true levels it before reading",
            seen.page.number,
            {"angle_deg": round(angle, 1)},
        )
    cut = sum(_is_at_the_edge(line, seen.page) for line in lines)
    if cut >= _FEWEST_AT_THE_EDGE:
        yield Finding(
            "cut-at-the-edge",
            f"{cut} lines touch the border of the picture: text is probably cut off",
            "scan or photograph the page with a margin around it",
            seen.page.number,
            {"lines": cut},
        )


def _is_at_the_edge(line: Line, page: Page) -> bool:
    box = line.box
    return min(box.left, box.top, page.width - box.right, page.height - box.bottom) <= _EDGE_PX


def _of_light(seen: Seen, lines: Sequence[Line]) -> Iterator[Finding]:
    image, number = seen.image, seen.page.number
    contrast = picture.contrast(image, lines)
    if contrast is not None and contrast < _PALE:
        yield _pale(seen, contrast)
    sharp = picture.sharpness(image, lines)
    height = picture.line_height_px(lines) or 0.0
    if sharp is not None and height >= _SHARP_PX and sharp < _BLURRED:
        yield Finding(
            "blurred",
            "the letters are blurred: their edges run over much of their height",
            "hold the camera still and let it focus, or clean the scanner's glass; sharpening afterwards gains nothing",
            number,
            {"sharpness": round(sharp, 2)},
        )
    even = picture.evenness(image, lines)
    if even is not None and even < _UNEVEN:
        yield Finding(
            "uneven-light",
            f"the paper is {100 * (1 - even):.0f} % darker in one place than elsewhere: a shadow, or light from aside",
            "photograph it in even light; enhance.even_light: true takes shadows out where reading suffers",
            number,
            {"evenness": round(even, 2)},
        )
    grain = picture.noise(image)
    if grain > _NOISY:
        yield Finding(
            "noisy",
            "the picture is full of grain or specks",
            "more light, or a lower sensitivity; enhance.denoise: true takes specks out",
            number,
            {"noise": round(grain, 1)},
        )


def _pale(seen: Seen, contrast: float) -> Finding:
    return Finding(
        "pale",
        f"the print is pale: it differs from the paper by {contrast:.0f} of 255",
        "scan darker, or from the original; contrast was raised for reading as far as that helps",
        seen.page.number,
        {"contrast": contrast},
    )


def _left_by_options(seen: Seen) -> list[Finding]:
    """Return the finding that the options asked for leave text out, which the usual ones read."""
    if seen.usual is None:
        return []
    here, usual = (sum(len(line.text) for line in page.lines) for page in (seen.page, seen.usual))
    if usual <= _MORE * here + _FEWEST_MORE:
        return []
    return [
        Finding(
            "missed-text",
            f"boxes were missed: {here} characters are read, and {usual} with the usual options",
            "leave out the options of `detect`, box_threshold among them, or the language that was asked for",
            seen.page.number,
            {"characters": here, "usual": usual},
        )
    ]


def _of_reading(seen: Seen, lines: Sequence[Line], causes: Sequence[Finding]) -> Iterator[Finding]:
    """Yield whether characters are wrong or text is missed, and which of them is worse."""
    number, page = seen.page.number, seen.page
    why = ", ".join(each.kind for each in causes if each.kind in CAUSES)
    first = f"see to {why} first; then " if why else ""
    left_out = sum(line.confidence < seen.min_confidence for line in lines)
    if left_out:
        yield Finding(
            "left-out",
            f"{left_out} lines are left out because their confidence is below {seen.min_confidence:g}",
            "lower --min-confidence, and look at doubtful lines instead: page.accept()",
            number,
            {"lines": left_out},
        )
    unsure = sum(len(line.text) for line in lines if line.confidence < _UNSURE) / sum(len(line.text) for line in lines)
    missed = 1 - page.coverage if page.coverage is not None else 0.0
    if unsure >= _UNSURE_SHARE:
        yield Finding(
            "wrong-characters",
            f"{100 * unsure:.0f} % of the characters stand in lines hardly read: text was found, letters are wrong",
            first + "another model may know these letters: --language auto, --mode handwritten, or a recogniser of "
            "your own (--recognizer)",
            number,
            {"share": round(unsure, 3)},
        )
    if by_options := _left_by_options(seen):
        yield from by_options
    elif missed > 1 - _MISSED:
        yield Finding(
            "missed-text",
            f"about {100 * missed:.0f} % of what looks like text is in no line: boxes were missed",
            f"{first}lower detect.threshold and detect.box_threshold, or take a detector of your own (--detector)",
            number,
            {"share": round(missed, 3)},
        )
