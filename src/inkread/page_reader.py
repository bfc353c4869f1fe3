"""One page: the stages in their order."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import accumulate

from inkread.arrange.blocks import arrange
from inkread.arrange.pairs import pairs
from inkread.correct.correction import corrected
from inkread.detect.detector import Region
from inkread.document import Block, Line, Notice, Page, Pair, without_uncertain
from inkread.enhance.clean import clean, needs_copy
from inkread.enhance.sheets import by_sheet
from inkread.handwriting import notice_of_handwriting, with_handwriting, with_print
from inkread.image import Image
from inkread.options import ReaderOptions
from inkread.recognize import layer
from inkread.runtime.allowance import FREE, Allowance
from inkread.runtime.arenas import give_back
from inkread.runtime.memory import reclaim
from inkread.second_look import look_again
from inkread.stages import Stages
from inkread.turning import stand_upright, turned_deg

# What recognition likes to have: its networks hold 35 MB for the longest lines, its last layer as much, and crops.
_READING_BYTES = 150_000_000
# Of each pixel of the page: the picture in grey, halved once and more often, for what lines leave out and for rules.
_GREY_BYTES_PX = 0.7
# What is done after the last line was read: a page's order, tables and pairs. A receipt of 33 lines takes 14 ms, and
# three times that on a machine that does something else.
_END_S, _END_S_A_LINE = 0.025, 0.0005


class PageReader:
    """Reads pages, each by itself: what one page holds never changes how another is read.

    allowance: the time and memory of one page.
    """

    def __init__(self, stages: Stages, options: ReaderOptions, allowance: Allowance = FREE) -> None:
        self._all_stages = stages
        self._stages = stages.within(allowance)
        self._options = options
        self._allowance = allowance

    def read(self, image: Image) -> tuple[Page, dict[str, float]]:
        """Return the page, and the seconds that each stage took: find and read lines, or take them from its layer."""
        clock = _Clock()
        has_layer = image.layer and self._options.load.text_layer != "never"
        found = self._lines_with_layer(image, clock) if has_layer else self._lines(image, clock)
        with clock("arrange"):
            groups = self._arranged(image, [line for line in found.lines if line.words])
        width, height = image.page_size
        page = Page(
            tuple(block for group in groups for block in group),
            width,
            height,
            number=image.number,
            source=image.source,
            dpi=image.dpi,
            truncated=found.is_truncated,
            turned_deg=found.turned_deg,
            coverage=found.coverage,
            notices=(*found.notices, *self._all_stages.notices),
        )
        if self._options.correct.corrector != "never" and not self._hurries():
            with clock("correct"):
                model = self._all_stages.language_model
                page = corrected(page, self._options.correct, self._all_stages.languages, model=model)
        page = replace(page, pairs=_pairs_of(page, [len(group) for group in groups]))
        if self._allowance.degraded:
            page = _marked(page, self._allowance)
        return without_uncertain(page, self._options.min_confidence), clock.seconds

    def _lines(self, image: Image, clock: _Clock) -> _Found:
        """Clean, detect, stand upright, recognise, look again; a picture of a single line needs no detection."""
        turn = self._options.enhance.turn
        with clock("enhance"):
            image = self._cleaned(image)
        self._all_stages.open_ahead()
        reader = self._stages.line_reader
        with clock("recognize"):
            line = reader.read_one_line(image)
        if line is not None:
            return _Found(self._with_print(image, [line]), turned_deg=image.turned_deg)
        regions = self._regions(image, clock)
        if turn == "auto":
            given = image
            with clock("enhance"):
                image = stand_upright(given, [region.quad for region in regions], reader, self._allowance)
            if image is not given:
                # Lines on their side or head are found less well: CER of receipts 8.4 % instead of 3.8 % on their side.
                regions = self._regions(image, clock)
        self._keep_for_the_end(len(regions))
        self._make_room(_READING_BYTES)
        with clock("recognize"):
            lines = reader.read(image, [region.quad for region in regions])
        if self._hurries():
            return _Found(lines, (), self._are_cut(regions), image.turned_deg)
        self._make_room(_GREY_BYTES_PX * image.width * image.height)
        with clock("enhance"):
            degrees = turned_deg(image, lines, reader) if turn == "auto" else image.turned_deg
        with clock("style"):
            if self._options.mode == "auto":
                lines = with_handwriting(image, lines, self._stages.for_handwriting)
            lines = self._with_print(image, lines)
            told = notice_of_handwriting(image, lines) if self._options.mode == "printed" else ()
        with clock("coverage"):
            more = look_again(image, lines, reader, self._options.detect.missed)
        notices = (*told, *more.notices)
        return _Found([*lines, *more.lines], notices, self._are_cut(regions), degrees, more.coverage)

    def _with_print(self, image: Image, lines: list[Line]) -> list[Line]:
        for_print = self._stages.for_print if self._options.mode == "handwritten" else None
        return lines if for_print is None else with_print(image, lines, for_print)

    def _lines_with_layer(self, image: Image, clock: _Clock) -> _Found:
        """Judge the page's own text, and read in the picture what it does not give."""
        if self._options.load.text_layer == "always":
            return _Found(layer.kept_lines(layer.all_kept(image)), is_truncated=image.is_layer_cut)
        self._keep_for_the_end(len(image.layer))
        read_each = partial(self._stages.line_reader.read_each, image)
        with clock("layer"):
            judged = layer.judge(image, read_each)
            if self._hurries():  # what was not read could not bear it out
                return _Found(layer.kept_lines(layer.all_kept(image)), is_truncated=image.is_layer_cut)
            is_complete = not layer.needs_detection(image, judged)
        if is_complete:
            return _Found(layer.kept_lines(judged), layer.notices(image, judged))
        regions = self._regions(image, clock)
        with clock("layer"):
            quads = [region.quad for region in regions]
            judged, uncovered = layer.compare_with_regions(image, judged, quads, read_each)
        with clock("recognize"):
            lines = self._with_print(image, self._stages.line_reader.read_regions(image, uncovered))
        return _Found([*layer.kept_lines(judged), *lines], layer.notices(image, judged), self._are_cut(regions))

    def _cleaned(self, image: Image) -> Image:
        """Return the picture turned as it is told to be, and cleaned; as it is where there is no room for another."""
        turn, memory = self._options.enhance.turn, self._allowance.memory
        if isinstance(turn, int) and turn:
            if memory.room() < image.pixels.nbytes:
                raise memory.lacks(image.pixels.nbytes, "turning a page")
            image = image.turned(turn // 90)
        if memory.is_limited and needs_copy(image, self._options.enhance) and memory.room() < image.pixels.nbytes:
            self._allowance.degrade("as-given")
            return image
        return clean(image, self._options.enhance)

    def _hurries(self) -> bool:
        """Return whether the time is up, and note that what comes is left out."""
        if not self._allowance.must_stop():
            return False
        self._allowance.degrade("hurried")
        return True

    def _keep_for_the_end(self, lines: int) -> None:
        """Set time aside for what is done after the last of so many lines was read."""
        self._allowance.keep_for_the_end(_END_S + _END_S_A_LINE * lines)

    def _make_room(self, need: float) -> None:
        """Give back what detection holds where what follows may need it, bytes, and then the networks themselves."""
        memory = self._allowance.memory
        if memory.room() < need:
            self._stages.detector.release()
            give_back()
        if memory.room() < need:
            reclaim()

    def _arranged(self, image: Image, lines: Sequence[Line]) -> list[tuple[Block, ...]]:
        """Return the blocks in reading order, of the page or of each sheet of a photograph."""
        groups = by_sheet(image, lines) if self._options.enhance.sheets == "auto" else [lines]
        return [arrange(group, self._options.arrange, image) for group in groups]

    def _regions(self, image: Image, clock: _Clock) -> list[Region]:
        with clock("detect"):
            return self._stages.detector.detect(image)

    def _are_cut(self, regions: Sequence[Region]) -> bool:
        return len(regions) >= self._options.detect.max_regions


def _pairs_of(page: Page, sizes: Sequence[int]) -> tuple[Pair, ...]:
    """Return the labels with their values, within each sheet of a photograph: sizes are their numbers of blocks."""
    ends = list(accumulate(sizes))
    sheets = (page.blocks[end - size : end] for end, size in zip(ends, sizes, strict=True))
    return tuple(pair for sheet in sheets for pair in pairs([line for block in sheet for line in block.lines]))


def _marked(page: Page, allowance: Allowance) -> Page:
    """Return the page with what its bounds cost it: the ways, and the lines that were not read."""
    unread = tuple(Line((), quad, 0.0) for quad in allowance.unread)
    notices = page.notices
    if "partial" in allowance.degraded:
        what = f"{len(unread)} lines were found and not read" if unread else "its text was not looked for to the end"
        notices = (*notices, Notice("partial", f"the time for this page was up: {what}"))
    return replace(page, degraded=tuple(sorted(allowance.degraded)), unread=unread, notices=notices)


@dataclass(frozen=True)
class _Found:
    """The lines of a page, not in order yet."""

    lines: Sequence[Line]
    notices: tuple[Notice, ...] = ()
    is_truncated: bool = False
    turned_deg: int = 0
    coverage: float | None = None


class _Clock:
    """Seconds of each stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.seconds[stage] = self.seconds.get(stage, 0.0) + time.perf_counter() - start
