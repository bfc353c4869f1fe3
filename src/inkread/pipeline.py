"""The reader: names become sessions here, and the stages are called in their order."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from types import TracebackType

from inkread.arrange.blocks import arrange
from inkread.detect.detector import Region
from inkread.document import Document, Line, Notice, Page, without_uncertain
from inkread.errors import ClosedError, InkreadError
from inkread.image import Image
from inkread.load import source as sources
from inkread.options import Preference, ReaderOptions
from inkread.recognize import layer
from inkread.stages import Stages


class Reader:
    """Reads pictures. Networks are loaded when first needed; threads may share one Reader.

    >>> with Reader() as reader:
    ...     print(reader.read("receipt.jpg"))

    language, device, prefer: short forms of the options of these names. Raises OptionError, LanguageError,
    DeviceError or ModelNotFoundError for what is not there, at once and not with the first page.
    """

    def __init__(
        self,
        options: ReaderOptions | None = None,
        *,
        language: str | Sequence[str] | None = None,
        device: str | None = None,
        prefer: Preference | None = None,
    ) -> None:
        options = options or ReaderOptions()
        if prefer is not None:
            options = options.with_(prefer=prefer)
        if language is not None:
            options = options.with_(language=language)
        if device is not None:
            options = options.with_(runtime=options.runtime.with_(device=device))
        self.options = options
        self.timings: dict[str, float] = {}
        self._stages = Stages(options)

    def __enter__(self) -> Reader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def read(self, source: object) -> Document:
        """Return everything that one input holds as a Document; a folder's pictures are its pages.

        Raises InputError where it cannot be read.
        """
        with sources.open(source, self.options.limits, self.options.load) as opened:
            pages = tuple(self._read_page(image) for image in opened)
            return Document(pages=pages, source=opened.name, generator=self.generator)

    def pages(self, source: object) -> Iterator[Page]:
        """Yield the pages of an input as they are read, one in memory at a time."""
        with sources.open(source, self.options.limits, self.options.load) as opened:
            for image in opened:
                yield self._read_page(image)

    def read_many(self, source: object) -> Iterator[tuple[str, Document | InkreadError]]:
        """Yield for each input in a folder, pattern or list its name and its Document, or the error it made."""
        for each in sources.inputs(source, self.options.limits, self.options.load):
            try:
                with each.open() as opened:
                    pages = tuple(self._read_page(image) for image in opened)
                    result: Document | InkreadError = Document(pages, opened.name, self.generator)
            except ClosedError:
                raise
            except InkreadError as error:
                result = error
            yield each.name, result

    def read_lines(self, source: object) -> list[Line]:
        """Return one line for each picture of an input: pictures of a single line or word, without detection."""
        with sources.open(source, self.options.limits, self.options.load) as opened:
            return [self._stages.line_reader.read_whole(image) for image in opened]

    def detect(self, image: Image) -> list[Region]:
        """Return where text is in a picture, without reading it."""
        return self._stages.detector.detect(image)

    def read_page(self, image: Image) -> Page:
        """Return what is read in one picture, or in a part of a page that `Image.crop` gave."""
        return self._read_page(image)

    @property
    def generator(self) -> str:
        """What reads: version, models, engine, device and precision."""
        return self._stages.description

    def with_options(self, options: ReaderOptions) -> Reader:
        """Return a Reader with other options; networks that they do not change are shared."""
        other = Reader(options)
        other._stages.share(self._stages)
        return other

    def close(self) -> None:
        """Free the networks; closing twice is fine."""
        self._stages.close()

    def _read_page(self, image: Image) -> Page:
        """The pipeline: find and read lines, or take them from the page's layer, and arrange them."""
        clock = _Clock()
        has_layer = image.layer and self.options.load.text_layer != "never"
        found = self._lines_with_layer(image, clock) if has_layer else self._lines(image, clock)
        with clock("arrange"):
            blocks = arrange([line for line in found.lines if line.words], self.options.arrange, image)
        self.timings = clock.seconds
        width, height = image.page_size
        page = Page(
            blocks,
            width,
            height,
            number=image.number,
            source=image.source,
            dpi=image.dpi,
            truncated=found.is_truncated,
            notices=found.notices,
        )
        return without_uncertain(page, self.options.min_confidence)

    def _lines(self, image: Image, clock: _Clock) -> _Found:
        """Detect and recognise; a picture of a single line needs no detection."""
        with clock("recognize"):
            line = self._stages.line_reader.read_one_line(image)
        if line is not None:
            return _Found([line])
        regions = self._regions(image, clock)
        with clock("recognize"):
            lines = self._stages.line_reader.read(image, [region.quad for region in regions])
        return _Found(lines, is_truncated=self._are_cut(regions))

    def _lines_with_layer(self, image: Image, clock: _Clock) -> _Found:
        """Judge the page's own text, and read in the picture what it does not give."""
        if self.options.load.text_layer == "always":
            return _Found(layer.kept_lines(layer.all_kept(image)), is_truncated=image.is_layer_cut)
        read_each = partial(self._stages.line_reader.read_each, image)
        with clock("layer"):
            judged = layer.judge(image, read_each)
            is_complete = not layer.needs_detection(image, judged)
        if is_complete:
            return _Found(layer.kept_lines(judged), layer.notices(judged))
        regions = self._regions(image, clock)
        with clock("layer"):
            quads = [region.quad for region in regions]
            judged, uncovered = layer.compare_with_regions(image, judged, quads, read_each)
        with clock("recognize"):
            lines = self._stages.line_reader.read_regions(image, uncovered)
        return _Found([*layer.kept_lines(judged), *lines], layer.notices(judged), self._are_cut(regions))

    def _regions(self, image: Image, clock: _Clock) -> list[Region]:
        with clock("detect"):
            return self._stages.detector.detect(image)

    def _are_cut(self, regions: Sequence[Region]) -> bool:
        return len(regions) >= self.options.detect.max_regions


@dataclass(frozen=True)
class _Found:
    """The lines of a page, not in order yet."""

    lines: Sequence[Line]
    notices: tuple[Notice, ...] = ()
    is_truncated: bool = False


class _Clock:
    """Seconds of each stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.seconds[stage] = self.seconds.get(stage, 0.0) + time.perf_counter() - start


def read(source: object, *, language: str | Sequence[str] | None = None, device: str | None = None) -> Document:
    """Read one input: a path, bytes, an array, a picture, a folder, a pattern or a list of them.

    The Reader behind it is kept for the next call with the same language and device.
    """
    return _kept_reader(language, device).read(source)


_kept: dict[tuple[object, str | None], Reader] = {}
_kept_lock = threading.Lock()


def _kept_reader(language: str | Sequence[str] | None, device: str | None) -> Reader:
    key = (language if language is None or isinstance(language, str) else tuple(language), device)
    with _kept_lock:
        if key not in _kept:
            _kept[key] = Reader(language=language, device=device)
        return _kept[key]
