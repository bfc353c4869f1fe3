"""A copy of a document in which what matches a pattern can neither be seen nor found, and the proof of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np
import PIL.Image

from inkread.document import Page
from inkread.errors import FormatError, LimitError, RedactionError
from inkread.export.pdf.searchable import SearchablePdf, picture_pdf
from inkread.export.save import is_same_file, new_file, source_refused
from inkread.geometry import Box
from inkread.image import Image
from inkread.load import source as sources
from inkread.options import ReaderOptions
from inkread.pipeline import Reader
from inkread.redaction.burning import Burnt, Found, boxes, scaled
from inkread.redaction.matching import Matcher
from inkread.redaction.patterns import Pattern, named_patterns
from inkread.redaction.report import Match, RedactedPage, Report
from inkread.redaction.searching import distinct, runs_of, search

# How often a page is read and burnt, and how often the result is made, until nothing more is found.
_MOST_ROUNDS: Final = 4
_MOST_ATTEMPTS: Final = 3
_MOST_NAMED: Final = 20
_JPEG_QUALITY: Final = 92
_KINDS: Final = {".pdf": "PDF", ".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG"}
_TOO_WIDE: Final = "make them narrower: what matches any text also matches what is read into a black bar"
_BUG: Final = "report this with what `inkread doctor` prints"


def redact(
    source: object,
    output: str | Path,
    patterns: Sequence[str | Pattern] = (),
    *,
    presets: Sequence[str] = (),
    ignore_case: bool = False,
    reader: Reader | None = None,
    show_text: bool = False,
    overwrite: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Write a copy of a picture or PDF without what some patterns match, and return what was found where.

    source: anything that `inkread.open` takes.  output: a .pdf, or for a single page a .png or .jpg.  patterns: regular
    expressions.  presets: names of `redaction.patterns.PRESETS`.  reader: whose options are taken and whose networks
    are shared; a new one, if None.  show_text: matched texts stand in the report.
    progress: called with how many pages are done, and how many there are.

    The copy is made of the pages' pixels, with a text of what is read there after the matches were burnt; nothing else
    of the source is carried over. It is opened and read again before it gets its name. Raises RedactionError, and no
    file appears, where a pattern still matches something in it; OptionError for the patterns, FormatError for the
    output's, OutputError like `save`, InputError where the source cannot be read, LimitError where a page has more
    text than is read of it.
    """
    path = Path(output)
    kind = _kind(path)
    if isinstance(source, str | Path) and is_same_file(path, str(source)):
        raise source_refused(path)
    wanted = _wanted(patterns, presets, ignore_case)
    options = _searching(reader.options if reader else ReaderOptions())
    seen_only = options.with_(load=options.load.with_(text_layer="never"))
    with (
        Matcher(wanted) as matcher,
        new_file(path, overwrite=overwrite) as file,
        reader.with_options(seen_only) if reader else Reader(seen_only) as own,
        sources.open(source, options.limits, options.load) as opened,
    ):
        if kind != "PDF" and len(opened) > 1:
            raise FormatError(f'"{opened.name}" has {len(opened)} pages, and a {kind} holds one', remedy="write a .pdf")
        redaction = _Redaction(matcher, own, options, [each.name for each in wanted], show_text)
        count = len(opened)

        def told(done: int) -> None:
            if progress is not None:
                progress(done, count)

        for attempt in range(1, _MOST_ATTEMPTS + 1):
            file.seek(0)
            file.truncate()
            pages = redaction.write(_others_than(path, opened), file, kind, told)
            file.flush()
            if not redaction.finds_more(Path(file.name), path.name):
                return Report(opened.name, str(path), tuple(pages), attempt)
        raise redaction.failed()


def _kind(path: Path) -> str:
    kind = _KINDS.get(path.suffix.casefold())
    if kind is None:
        suffixes = ", ".join(_KINDS)
        raise FormatError(f'"{path}" is no name for a redacted copy', remedy=f"end it in one of {suffixes}")
    return kind


def _others_than(path: Path, opened: sources.Source) -> Iterator[Image]:
    """Yield the pages of a source. Raises OutputError for one that comes from the output's own file."""
    for image in opened:
        if is_same_file(path, image.source):
            raise source_refused(path)
        yield image


def _wanted(given: Sequence[str | Pattern], presets: Sequence[str], ignore_case: bool) -> list[Pattern]:
    expressions = [each for each in given if isinstance(each, str)]
    made = [each for each in given if isinstance(each, Pattern)]
    if made and not expressions and not presets:
        return made
    return [*made, *named_patterns(expressions, presets, ignore_case=ignore_case)]


def _searching(options: ReaderOptions) -> ReaderOptions:
    """Return options with which nothing is left out: no line for its confidence, no ink, no text of the file's own."""
    return options.with_(
        min_confidence=0.0,
        load=options.load.with_(text_layer="auto"),
        detect=options.detect.with_(missed="read"),
    )


class _Redaction:
    """The pages of one source, redacted and looked at again; what is found late is burnt in the next attempt."""

    def __init__(
        self, matcher: Matcher, reader: Reader, options: ReaderOptions, names: Sequence[str], show_text: bool
    ) -> None:
        self._matcher = matcher
        self._reader = reader
        self._options = options
        self._names = names
        self._show_text = show_text
        self._found: defaultdict[int, list[Found]] = defaultdict(list)
        self._written: list[Burnt] = []
        self._left: list[int] = []

    def write(
        self, images: Iterable[Image], file: BinaryIO, kind: str, told: Callable[[int], None]
    ) -> list[RedactedPage]:
        """Write every page of the source without what the patterns match. told: called with how many are done."""
        pages = []
        self._written = []
        with _result(file, kind) as result:
            for index, image in enumerate(images):
                pages.append(self._write_page(index, image, result))
                told(index + 1)
        return pages

    def finds_more(self, written: Path, name: str) -> bool:
        """Open the result, read it, and return whether a pattern still matches on some page of it."""
        load = self._options.load.with_(pages=None, dpi=None, password=None)
        self._left = []
        with sources.open(written, self._options.limits, load, name=name) as opened:
            if len(opened) != len(self._written):
                raise RedactionError(f'"{name}" has {len(opened)} pages in place of {len(self._written)}', remedy=_BUG)
            for index, (image, burnt) in enumerate(zip(opened, self._written, strict=True)):
                if not burnt.is_blank(image.pixels):
                    message = f'page {index + 1} of "{name}" shows something where it was painted over'
                    raise RedactionError(f"{message}; nothing is written", remedy=_BUG)
                if found := self._look(image, burnt, f"page {index + 1} of the result"):
                    self._left.append(index + 1)
                    self._found[index] += found
                burnt.forget()
        return bool(self._left)

    def failed(self) -> RedactionError:
        """Return the error for a result in which something is found however often it is burnt."""
        numbers = ", ".join(map(str, self._left[:_MOST_NAMED]))
        message = f"the patterns still match on {len(self._left)} pages ({numbers}) after {_MOST_ATTEMPTS} attempts"
        return RedactionError(f"{message}; nothing is written", remedy=_TOO_WIDE)

    def _write_page(self, index: int, image: Image, result: SearchablePdf) -> RedactedPage:
        where = f"page {image.number}"
        burnt = Burnt(image.width, image.height)
        found = [*self._found[index], *search(self._matcher, [[each.line for each in image.layer]], where)]
        burnt.add(found)
        for _ in range(_MOST_ROUNDS):
            read = self._read(burnt.hide(image))
            page = burnt.remains(read)
            more = search(self._matcher, runs_of(page), where)
            if not more:
                break
            found += more
            burnt.add(more)
        else:
            message = f"the patterns match on {where} however often it is burnt"
            raise RedactionError(f"{message}; nothing is written", remedy=_TOO_WIDE)
        result.add(page, burnt.burn(image))
        self._found[index] = found
        told = self._told(image, distinct(found), burnt.unread(read))
        burnt.forget()
        self._written.append(burnt)
        return told

    def _told(self, image: Image, found: Sequence[Found], unread: tuple[Box, ...]) -> RedactedPage:
        width, height = image.width, image.height
        matches = (
            Match(
                self._names[each.pattern],
                tuple(boxes(each.quads, width, height)),
                each.text if self._show_text else None,
            )
            for each in sorted(found, key=_place_in_reading)
        )
        return RedactedPage(image.number, width, height, tuple(matches), unread)

    def _look(self, image: Image, burnt: Burnt, where: str) -> list[Found]:
        """Return what the patterns match in a page of the result, in pixels of the page as it was written."""
        x, y = burnt.width / image.width, burnt.height / image.height
        layer = [scaled(each.line, x, y) for each in image.layer]
        if (x, y) != (1.0, 1.0):
            image = image.fit(burnt.width, burnt.height)
        page = self._read(burnt.hide(Image(image.pixels, source=image.source, number=image.number)))
        return search(self._matcher, [*runs_of(burnt.remains(page)), layer], where)

    def _read(self, image: Image) -> Page:
        page = self._reader.read_page(image)
        if page.truncated:
            raise LimitError(
                f'page {page.number} of "{page.source}" has more text than is read of one page, and what is not read '
                "cannot be redacted",
                remedy="raise detect.max_regions",
            )
        if page.degraded:
            raise LimitError(
                f'page {page.number} of "{page.source}" was not read as well as it can be within its limits '
                f"({', '.join(page.degraded)}), and what is not read cannot be redacted",
                remedy="raise limits.deadline_s and limits.max_memory_mb, or leave them out",
            )
        return page


def _place_in_reading(found: Found) -> tuple[float, float]:
    box = found.quads[0].box
    return box.top, box.left


class _PictureFile:
    """A PNG or JPEG of one page: its pixels and its size, and nothing else."""

    def __init__(self, file: BinaryIO, kind: str) -> None:
        self._file = file
        self._kind = kind

    def add(self, page: Page, image: Image | None = None) -> None:
        assert image is not None
        dpi = {} if image.dpi is None else {"dpi": (image.dpi, image.dpi)}
        picture = PIL.Image.fromarray(np.ascontiguousarray(image.pixels))
        picture.save(self._file, self._kind, quality=_JPEG_QUALITY, **dpi)


@contextmanager
def _result(file: BinaryIO, kind: str) -> Iterator[SearchablePdf]:
    if kind == "PDF":
        with picture_pdf(file) as pdf:
            yield pdf
    else:
        yield _PictureFile(file, kind)
