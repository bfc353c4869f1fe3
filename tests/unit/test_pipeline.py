"""A Reader whose networks are fakes: what it hands from stage to stage, and what comes out."""

import threading
from collections.abc import Sequence

import numpy as np
import pytest
from PIL import Image as Pillow

import inkread
from inkread import Reader
from inkread.detect.detector import Region
from inkread.document import Document, Line, Notice, Word
from inkread.errors import CancelledError, LanguageError, OptionError, SourceNotFoundError
from inkread.geometry import Box, Point, Quad
from inkread.image import Image, Pixels
from inkread.options import DetectOptions, EnhanceOptions, Limits, ReaderOptions
from inkread.recognize.ctc import Reading
from inkread.runtime.allowance import FREE, Allowance
from inkread.runtime.memory import UNLIMITED, Memory


class FakeStages:
    """Finds a region for each dark row of the picture and reads its number in it."""

    description = "fake"
    notices: tuple[Notice, ...] = ()
    memory: Memory = UNLIMITED
    allowance: Allowance = FREE

    def __init__(self) -> None:
        self.detector = self
        self.line_reader = self
        self.is_closed = False
        self.upside_down_chance = 0.0
        self.small_ink_confidence = 0.99

    def open_ahead(self) -> None:
        """Nothing is to be opened."""

    def open(self) -> None:
        self.is_open = True

    def release(self) -> None:
        """Nothing is held."""

    def within(self, allowance: Allowance) -> "FakeStages":
        self.allowance = allowance
        return self

    def detect(self, image: Image) -> list[Region]:
        rows = np.flatnonzero(image.pixels[::40, 0, 0] < 128)
        boxes = [Box(0, 40 * row, image.width, 40 * row + 40) for row in rows]
        return [Region(Quad.from_box(box), 0.9) for box in boxes]

    def read(self, image: Image, quads: Sequence[Quad]) -> list[Line]:
        lines = []
        for i, quad in enumerate(quads):
            on_page, score = image.quad_on_page(quad), 1 - i / 10
            words = (Word(f"row{i}", on_page, score),) if i != 3 else ()
            lines.append(Line(words, on_page, score))
        return lines

    def upside_down(self, image: Image, quads: Sequence[Quad]) -> list[float]:
        return [self.upside_down_chance for _ in quads]

    def try_reading(self, image: Image, quads: Sequence[Quad]) -> list[Reading]:
        """A line reads well from where its ink is the darker."""
        return [self._try(image.rectify(quad, 8, 80)) for quad in quads]

    def _try(self, pixels: Pixels) -> Reading:
        score = 0.95 if pixels[:, :20].mean() < pixels[:, -20:].mean() else 0.5
        return Reading("ten letters", ((0.0, 1.0),) * 11, (score,) * 11)

    def read_each(self, image: Image, quads: Sequence[Quad]) -> list[Line]:
        score = self.small_ink_confidence
        on_page = [image.quad_on_page(quad) for quad in quads]
        return [Line((Word("7", quad, score),), quad, score) for quad in on_page]

    def read_whole(self, image: Image) -> Line:
        quad = image.quad_on_page(Quad.from_box(Box(0, 0, image.width, image.height)))
        return Line((Word("whole", quad, 0.5),), quad, 0.5)

    def read_one_line(self, image: Image) -> Line | None:
        return self.read_whole(image) if image.height == 40 else None

    def close(self) -> None:
        self.is_closed = True


def page(*rows: int, height: int = 400) -> np.ndarray:
    pixels = np.full((height, 300, 3), 255, np.uint8)
    for row in rows:
        pixels[40 * row : 40 * row + 40] = 0
    return pixels


@pytest.fixture
def fake(monkeypatch) -> FakeStages:
    stages = FakeStages()
    monkeypatch.setattr("inkread.pipeline.Stages", lambda options: stages)
    return stages


@pytest.mark.row("S4-1")
def test_the_stages_follow_each_other(fake):
    """S4-1: detection, then recognition, then the order."""
    document = Reader().read(page(1, 5))
    assert [line.text for line in document.lines] == ["row0", "row1"]
    assert [tuple(line.box) for line in document.lines] == [(0, 40, 300, 80), (0, 200, 300, 240)]
    assert document.generator == "fake"


def test_a_picture_of_one_line_is_read_without_detection(fake):
    reader = Reader()
    (line,) = reader.read(page(0, height=40)).lines
    assert line.text == "whole"
    assert "detect" not in reader.timings


def upside_down_page() -> np.ndarray:
    """Lines whose ink is the darker at their right end, the start of a line in a picture that stands on its head."""
    pixels = page(1, 3, 5)
    pixels[:, :150] = np.maximum(pixels[:, :150], 60)
    return pixels


@pytest.mark.row("S0-20", "S3-11")
def test_a_page_on_its_head_is_turned(fake):
    """Coordinates stay those of the picture; quads start at the reader's top left."""
    fake.upside_down_chance = 0.9
    (read,) = Reader().read(upside_down_page())
    assert read.turned_deg == 180
    assert [abs(line.quad.angle_deg) for line in read.lines] == [180, 180, 180]
    assert [line.box.top for line in read.lines] == [200, 120, 40]
    assert (read.width, read.height) == (300, 400)


def test_the_reading_decides_whether_a_page_is_turned(fake):
    fake.upside_down_chance = 0.9
    pixels = upside_down_page()[:, ::-1]
    (read,) = Reader().read(np.ascontiguousarray(pixels))
    assert (read.turned_deg, read.lines[0].quad.angle_deg) == (0, 0)


def test_a_page_is_read_as_given_where_nobody_wants_it_turned(fake):
    fake.upside_down_chance = 0.9
    for turn in ("never", 0):
        (read,) = Reader(ReaderOptions(enhance=EnhanceOptions(turn=turn))).read(upside_down_page())
        assert (read.turned_deg, read.lines[0].quad.angle_deg) == (0, 0)


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_page_is_turned_by_what_was_asked_for(fake, turn):
    pixels = np.ascontiguousarray(np.rot90(page(1, 5), turn // 90))
    (read,) = Reader(ReaderOptions(enhance=EnhanceOptions(turn=turn))).read(pixels)
    assert (read.turned_deg, read.width, read.height) == (turn, pixels.shape[1], pixels.shape[0])
    assert [line.text for line in read.lines] == ["row0", "row1"]


def test_a_turned_picture_of_a_page_says_what_the_page_needs(fake):
    """Coordinates of what is read in it are the page's, and so is the turn."""
    fake.upside_down_chance = 0.9
    (read,) = (Reader().read_page(Image(upside_down_page()).turned(2)),)
    assert read.turned_deg == 180


def page_with_missed_ink() -> np.ndarray:
    """Lines that the fake detector finds, and between them a digit that it does not."""
    pixels = page(1, 4, 6)
    pixels[108:132, 150:160] = 0
    return pixels


def test_a_digit_that_stands_alone_is_read_at_a_second_look(fake):
    (read,) = Reader().read(page_with_missed_ink())
    assert [line.text for line in read.lines] == ["row0", "7", "row1", "row2"]
    assert (read.coverage, read.notices) == (1.0, ())


@pytest.mark.parametrize(("missed", "confidence"), [("tell", 0.99), ("read", 0.6)])
def test_ink_that_is_not_read_is_told(fake, missed, confidence):
    fake.small_ink_confidence = confidence
    pixels = page_with_missed_ink()
    pixels[108:132, 200:240] = 0
    (read,) = Reader(ReaderOptions(detect=DetectOptions(missed=missed))).read(pixels)
    assert len(read.lines) == 3
    assert read.coverage < 0.99
    assert [notice.kind for notice in read.notices] == ["missed-ink"] * 2
    assert read.notices[0].box.contains(Point(154, 120))


def test_ink_that_reads_as_nothing_is_no_text(fake):
    fake.small_ink_confidence = 0.2
    (read,) = Reader().read(page_with_missed_ink())
    assert (len(read.lines), read.coverage, read.notices) == (3, 1.0, ())


def test_nobody_looks_for_missed_ink_where_that_is_not_wanted(fake):
    (read,) = Reader(ReaderOptions(detect=DetectOptions(missed="never"))).read(page_with_missed_ink())
    assert (len(read.lines), read.coverage, read.notices) == (3, None, ())


def test_a_page_without_lines_has_no_coverage(fake):
    (read,) = Reader().read(page())
    assert (read.coverage, read.notices) == (None, ())


def test_lines_without_words_are_left_out(fake):
    assert [line.text for line in Reader().read(page(0, 2, 4, 6, 8)).lines] == ["row0", "row1", "row2", "row4"]


def test_a_blank_page_is_a_page_without_blocks(fake):
    (read,) = Reader().read(page())
    assert (read.blocks, read.width, read.height, read.truncated) == ((), 300, 400, False)


@pytest.mark.row("S4-36")
def test_uncertain_lines_are_kept_unless_a_minimum_is_set(fake):
    """S0-31, S4-36"""
    assert len(Reader().read(page(0, 3, 6)).lines) == 3
    lines = Reader(ReaderOptions(min_confidence=0.85)).read(page(0, 3, 6)).lines
    assert [line.confidence for line in lines] == [1.0, 0.9]


def test_a_page_with_too_many_regions_is_marked(fake):
    options = ReaderOptions(detect=DetectOptions(max_regions=2))
    assert Reader(options).read(page(0, 3)).pages[0].truncated
    assert not Reader(options).read(page(0)).pages[0].truncated


def test_a_part_of_a_page_keeps_the_pages_size_and_place(fake):
    """S0-22, S0-33, S0-34"""
    whole = Image(page(1, 5), source="scan.png", number=4, dpi=300)
    read = Reader().read_page(whole.crop(Box(0, 120, 300, 400)))
    assert (read.width, read.height, read.number, read.source, read.dpi) == (300, 400, 4, "scan.png", 300)
    assert tuple(read.lines[0].box) == (0, 200, 300, 240)


def test_regions_can_be_asked_for_without_reading(fake):
    """S4-31, S4-32"""
    (region,) = Reader().detect(Image(page(2)))
    assert tuple(region.quad.box) == (0, 80, 300, 120)
    assert region.confidence == 0.9


def test_lines_are_read_without_detection(fake):
    """A blank picture too gives its line: one for each picture."""
    assert [line.text for line in Reader().read_lines([page(), page(1)])] == ["whole", "whole"]


@pytest.mark.row("S0-42")
def test_pages_come_one_at_a_time(fake, tmp_path):
    """S4-52: nothing is read before it is asked for."""
    for i in range(3):
        Pillow.fromarray(page(*range(i))).save(tmp_path / f"{i}.png")
    counted: list[int] = []
    detect = fake.detect
    fake.detect = lambda image: counted.append(1) or detect(image)  # type: ignore[method-assign]
    pages = Reader().pages(tmp_path)
    assert counted == []
    assert len(next(pages).lines) == 0
    assert counted == [1]
    assert [len(read.lines) for read in pages] == [1, 2]


def test_of_many_inputs_each_is_a_document_or_its_error(fake, tmp_path):
    """S4-51"""
    Pillow.fromarray(page(1)).save(tmp_path / "good.png")
    results = [result for _, result in Reader().read_many([tmp_path / "none.png", tmp_path / "good.png"])]
    assert isinstance(results[0], SourceNotFoundError)
    assert isinstance(results[1], Document)
    assert results[1].text == "row0"


def test_a_missing_input_is_told(fake, tmp_path):
    with pytest.raises(SourceNotFoundError):
        Reader().read(tmp_path / "none.png")


def test_leaving_the_with_block_closes(fake):
    with Reader() as reader:
        assert reader.read(page(1)).text == "row0"
        assert not fake.is_closed
    assert fake.is_closed


def test_short_forms_are_options(fake):
    """S0-25, S0-26"""
    reader = Reader(ReaderOptions(min_confidence=0.5), language=["en", "de"], device="cpu")
    assert reader.options.language == ("en", "de")
    assert reader.options.runtime.device == "cpu"
    assert reader.options.min_confidence == 0.5


def test_the_time_of_each_stage_is_kept(fake):
    reader = Reader()
    reader.read(page(1))
    assert set(reader.timings) == {"detect", "enhance", "recognize", "coverage", "arrange", "style"}
    assert all(seconds >= 0 for seconds in reader.timings.values())


def test_an_unknown_language_is_told_at_once():
    with pytest.raises(LanguageError, match="klingon"):
        Reader(language="klingon")


def test_a_wrong_option_is_told_at_once():
    with pytest.raises(OptionError):
        ReaderOptions(min_confidence=2.0)


def test_the_one_call_helper_reads(fake, monkeypatch):
    """S0-29: the reader behind it is made once for each language and device."""
    monkeypatch.setattr("inkread.pipeline._kept", {})
    made: list[object] = []
    monkeypatch.setattr("inkread.pipeline.Stages", lambda options: made.append(options) or fake)
    assert inkread.read(page(1)).text == "row0"
    assert inkread.read(page(1, 5)).text.split() == ["row0", "row1"]
    assert len(made) == 1
    inkread.read(page(1), language=["en", "de"])
    inkread.read(page(1), language=("en", "de"))
    assert len(made) == 2


def test_letters_that_a_model_lacks_are_told_on_each_page(fake):
    fake.notices = (Notice("missing-letters", "no ẁ"),)
    found = [each for read in Reader().read([page(1, 5), page(3, 5)]) for each in read.notices]
    assert [each.message for each in found if each.kind == "missing-letters"] == ["no ẁ", "no ẁ"]


class SlowStages(FakeStages):
    """Reads so many lines before the time is up; the others are left."""

    in_time = 2

    def read(self, image: Image, quads: Sequence[Quad]) -> list[Line]:
        if not self.allowance.may_end:
            return super().read(image, quads)
        self.allowance.degrade("partial")
        self.allowance.unread += [image.quad_on_page(quad) for quad in quads[self.in_time :]]
        self.allowance.keep_for_the_end(3600)  # the time is up
        return super().read(image, quads[: self.in_time])

    def read_each(self, image: Image, quads: Sequence[Quad]) -> list[Line]:
        raise AssertionError("second looks are left out")


@pytest.fixture
def slow(monkeypatch) -> SlowStages:
    stages = SlowStages()
    monkeypatch.setattr("inkread.pipeline.Stages", lambda options: stages)
    return stages


def test_at_the_deadline_a_page_has_its_lines_so_far_and_the_places_of_the_others(slow):
    """S0-15: what was left out is told."""
    (read,) = Reader(ReaderOptions(limits=Limits(deadline_s=60.0))).read(page(1, 3, 5, 7))
    assert [line.text for line in read.lines] == ["row0", "row1"]
    assert [(line.text, line.box.top) for line in read.unread] == [("", 200), ("", 280)]
    assert read.degraded == ("hurried", "partial")
    assert [notice.kind for notice in read.notices] == ["partial"]
    assert "2 lines were found and not read" in read.notices[0].message


def test_a_page_without_bounds_is_whole(slow):
    (read,) = Reader().read(page(1, 3))
    assert (read.degraded, read.unread) == ((), ())


def test_with_a_deadline_networks_are_opened_before_time_runs(slow):
    Reader(ReaderOptions(limits=Limits(deadline_s=60.0)))
    assert slow.is_open


def test_to_decode_a_page_is_part_of_its_time(slow, monkeypatch):
    given: list[float | None] = []
    monkeypatch.setattr(Reader, "read_page", lambda self, image, **bounds: given.append(bounds["deadline_s"]))
    pages = Reader(ReaderOptions(limits=Limits(deadline_s=60.0))).pages([page(1), page(2)])
    next(pages)
    next(pages)
    assert all(59 < left < 60 for left in given if left is not None)


def test_a_sooner_deadline_of_one_page_counts(slow):
    reader = Reader(ReaderOptions(limits=Limits(deadline_s=60.0)))
    reader.read_page(Image(page(1)), deadline_s=1.0)
    assert slow.allowance.left_s is not None
    assert slow.allowance.left_s < 1.0


@pytest.mark.parametrize("call", [Reader.read, lambda *a, **k: list(Reader.pages(*a, **k))])
def test_reading_that_is_cancelled_ends(slow, call):
    event = threading.Event()
    event.set()
    with pytest.raises(CancelledError, match="cancelled"):
        call(Reader(), page(1, 3), cancel=event)


def test_what_is_not_cancelled_is_read_as_ever(fake):
    assert len(Reader().read(page(1, 3), cancel=threading.Event()).lines) == 2


def test_a_page_that_cannot_be_turned_for_lack_of_memory_is_read_as_it_lies(fake):
    fake.upside_down_chance = 0.9
    assert Reader().read(upside_down_page())[0].turned_deg == 180
    need = upside_down_page().nbytes
    fake.memory = Memory(10**9, resident=lambda: 10**9 - 16_000_000 - need + 1)
    (read,) = Reader().read(upside_down_page())
    assert (read.turned_deg, read.degraded) == (0, ("as-given",))
