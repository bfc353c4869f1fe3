"""Lines are read by fakes that know a picture by what is drawn in it; the directions are what is tested."""

from collections.abc import Sequence

import numpy as np
import pytest

from inkread.geometry import Box, Point, Quad
from inkread.image import Image, Pixels
from inkread.options import RecognizeOptions
from inkread.recognize.ctc import Reading
from inkread.recognize.line_reader import LineReader
from inkread.runtime.allowance import Allowance
from inkread.runtime.memory import Memory

# The mark at the start of a line, and the one at its end: 16 px of these colours, the rest is ink.
START, END = (255, 0, 0), (0, 0, 255)


def reading(text: str, score: float = 0.98) -> Reading:
    n = len(text)
    return Reading(text, tuple((i / n, (i + 1) / n) for i in range(n)), (score,) * n)


class FakeRecognizer:
    """Reads "right" where the start mark is at the left and the end mark at the right; else little, unsurely."""

    def __init__(self, *, turned: Reading | None = None) -> None:
        self.crops: list[Pixels] = []
        self._turned = turned or reading("?!", 0.3)
        self.groups: list[int] = []

    def within(self, allowance: Allowance) -> "FakeRecognizer":
        return self

    def read(self, crops: Sequence[Pixels]) -> list[Reading]:
        self.crops += crops
        self.groups.append(len(crops))
        return [self._read(crop) for crop in crops]

    def _read(self, crop: Pixels) -> Reading:
        middle = crop[crop.shape[0] // 2].astype(int)
        left, right = middle[: len(middle) // 2], middle[len(middle) // 2 :]
        if (crop > 250).all() or (crop < 5).all():
            return Reading()
        starts = (left[:, 0] - left[:, 2]).max() > 150 and (right[:, 2] - right[:, 0]).max() > 150
        return reading("right") if starts else self._turned


class FakeClassifier:
    def __init__(self, chance: float) -> None:
        self.chance = chance
        self.asked = 0

    def upside_down(self, crops: Sequence[Pixels]) -> list[float]:
        self.asked += len(crops)
        return [self.chance] * len(crops)


def line_reader(
    recognizer: FakeRecognizer | None = None, chance: float = 0.9, **options: object
) -> tuple[LineReader, FakeRecognizer, FakeClassifier]:
    recognizer, classifier = recognizer or FakeRecognizer(), FakeClassifier(chance)
    reader = LineReader(recognizer, lambda: classifier, RecognizeOptions(**options))  # type: ignore[arg-type]
    return reader, recognizer, classifier


def page(quarters: int) -> tuple[Image, Quad]:
    """A page of 700 x 600 px with a line that is turned clockwise by quarters, and the box that a detector gives."""
    strip = np.full((40, 300, 3), 60, np.uint8)
    strip[:, :32], strip[:, -32:] = START, END
    strip = np.rot90(strip, -quarters)
    height, width = strip.shape[:2]
    pixels = np.full((600, 700, 3), 255, np.uint8)
    pixels[100 : 100 + height, 150 : 150 + width] = strip
    return Image(pixels), Quad.from_box(Box(150, 100, 150 + width, 100 + height))


def quarter(quad: Quad) -> int:
    return round(quad.angle_deg / 90) % 4


def test_an_upright_line_is_read_at_once():
    image, quad = page(0)
    reader, recognizer, classifier = line_reader()
    (line,) = reader.read(image, [quad])
    assert (line.text, quarter(line.quad)) == ("right", 0)
    assert line.quad == quad
    assert line.confidence == pytest.approx(0.98)
    assert (len(recognizer.crops), classifier.asked) == (1, 0)


def test_a_line_that_runs_down_is_read_down():
    """S4-31: its quad starts at the reader's top left, which is at the page's top right."""
    image, quad = page(1)
    reader, _, _ = line_reader()
    (line,) = reader.read(image, [quad])
    assert (line.text, quarter(line.quad)) == ("right", 1)
    assert line.is_vertical
    assert line.quad.top_left == Point(190, 100)


@pytest.mark.parametrize("quarters", [2, 3])
def test_a_line_that_is_read_from_its_other_end_is_turned(quarters):
    image, quad = page(quarters)
    reader, _, classifier = line_reader()
    (line,) = reader.read(image, [quad])
    assert classifier.asked == 1
    assert (line.text, quarter(line.quad)) == ("right", quarters)
    assert line.box == quad.box


def test_a_line_is_not_turned_where_that_reads_no_better():
    """The classifier may be wrong: the reading decides."""
    image, quad = page(0)
    recognizer = FakeRecognizer()
    recognizer._read = lambda crop: reading("hm", 0.6)  # type: ignore[method-assign]
    reader, _, classifier = line_reader(recognizer, chance=1.0)
    (line,) = reader.read(image, [quad])
    assert classifier.asked == 1
    assert quarter(line.quad) == 0


def test_a_line_is_not_tried_where_the_classifier_sees_no_reason():
    image, quad = page(2)
    reader, _, classifier = line_reader(chance=0.01)
    (line,) = reader.read(image, [quad])
    assert classifier.asked == 1
    assert quarter(line.quad) == 0


def test_orientation_never_turns_and_never_asks():
    image, quad = page(2)
    reader, _, classifier = line_reader(orientation="never")
    (line,) = reader.read(image, [quad])
    assert classifier.asked == 0
    assert quarter(line.quad) == 0


def test_orientation_always_asks_for_sure_lines_too():
    image, quad = page(0)
    reader, _, classifier = line_reader(orientation="always")
    (line,) = reader.read(image, [quad])
    assert classifier.asked == 1
    assert line.text == "right"


def test_only_doubtful_lines_are_asked_for():
    image, quad = page(0)
    turned = Quad.from_box(Box(20, 400, 320, 440))
    pixels = image.pixels.copy()
    pixels[400:440, 20:320] = pixels[100:140, 150:450][::-1, ::-1]
    reader, _, classifier = line_reader()
    lines = reader.read(Image(pixels), [quad, turned, quad])
    assert classifier.asked == 1
    assert [quarter(line.quad) for line in lines] == [0, 2, 0]


def test_a_single_narrow_character_is_not_read_on_its_side():
    """A "1" is higher than wide like a vertical line, and upright all the same."""
    pixels = np.full((600, 700, 3), 255, np.uint8)
    pixels[100:160, 150:180] = 60
    pixels[100:160, 150:158], pixels[100:160, 172:180] = START, END
    reader, _, _ = line_reader(chance=0.0)
    (line,) = reader.read(Image(pixels), [Quad.from_box(Box(150, 100, 180, 160))])
    assert (line.text, quarter(line.quad)) == ("right", 0)
    assert not line.is_vertical


def test_what_is_a_vertical_line_is_an_option():
    image, quad = page(1)
    reader, _, _ = line_reader(vertical_ratio=20.0, chance=0.0)
    (line,) = reader.read(image, [quad])
    assert quarter(line.quad) == 0


def test_regions_without_a_character_are_left_out():
    image, quad = page(0)
    blank = Quad.from_box(Box(20, 400, 320, 440))
    reader, _, _ = line_reader()
    lines = reader.read(image, [blank, quad, blank])
    assert [line.text for line in lines] == ["right"]


def test_no_regions_on_a_large_page_are_no_lines():
    """S4-1"""
    image, _ = page(0)
    reader, recognizer, _ = line_reader()
    assert reader.read(image, []) == []
    assert recognizer.crops == []


def test_lines_of_a_part_are_in_page_pixels():
    """S0-22: what is read in a crop stands where it stands on the page."""
    image, quad = page(0)
    part = image.crop(Box(100, 50, 600, 500))
    reader, _, _ = line_reader()
    (line,) = reader.read(part, [Quad.from_box(Box(50, 50, 350, 90))])
    assert line.box == quad.box


def test_a_region_with_two_lines_gives_both():
    """A detector took two close lines for one region; read as one it is nonsense."""
    strip = np.full((40, 300, 3), 60, np.uint8)
    strip[:, :32], strip[:, -32:] = START, END
    pixels = np.full((600, 700, 3), 255, np.uint8)
    pixels[100:140, 150:450] = pixels[160:200, 150:450] = strip
    recognizer = FakeRecognizer()
    reader, _, _ = line_reader(recognizer, chance=0.0)
    lines = reader.read(Image(pixels), [Quad.from_box(Box(150, 100, 450, 200))])
    assert [line.text for line in lines] == ["right", "right"]
    assert lines[0].box.bottom <= lines[1].box.top + 1
    for line, top in zip(lines, (100, 160), strict=True):
        assert line.words[0].box.top == pytest.approx(top, abs=2)
        assert line.words[0].box.bottom == pytest.approx(top + 40, abs=2)


def test_a_small_picture_that_is_one_line_is_read_as_a_whole_where_nothing_is_found():
    """A word cut so close that a detector sees nothing."""
    image, quad = page(0)
    part = image.crop(quad.box)
    reader, _, _ = line_reader()
    (line,) = reader.read(part, [])
    assert line.text == "right"
    assert line.box == quad.box


def word(height: int, *, text_rows: tuple[int, int]) -> Image:
    """A white picture, 300 px wide, with a line between two rows."""
    pixels = np.full((height, 300, 3), 255, np.uint8)
    top, bottom = text_rows
    pixels[top:bottom] = 60
    pixels[top:bottom, :32], pixels[top:bottom, -32:] = START, END
    return Image(pixels)


def test_a_small_picture_that_is_a_line_beyond_doubt_needs_no_regions():
    reader, _, _ = line_reader()
    line = reader.read_one_line(word(48, text_rows=(4, 44)))
    assert line is not None
    assert line.text == "right"
    assert line.box == Box(0, 0, 300, 48)


def test_what_reads_unsurely_or_is_not_one_row_or_large_is_no_line_beyond_doubt():
    reader, recognizer, _ = line_reader(FakeRecognizer(turned=reading("right", 0.9)))
    upside_down = Image(np.rot90(word(48, text_rows=(4, 44)).pixels, 2))
    assert reader.read_one_line(upside_down) is None
    recognizer.crops.clear()
    title_and_print = word(100, text_rows=(5, 60)).pixels.copy()
    title_and_print[80:90, 40:200] = 60
    assert reader.read_one_line(Image(title_and_print)) is None
    assert reader.read_one_line(word(100, text_rows=(40, 60))) is None
    assert reader.read_one_line(word(400, text_rows=(20, 380))) is None
    assert reader.read_one_line(Image(np.full((48, 300, 3), 255, np.uint8))) is None
    assert recognizer.crops == []


def test_a_small_picture_without_text_has_no_lines():
    reader, _, _ = line_reader()
    assert reader.read(Image(np.full((40, 300, 3), 255, np.uint8)), []) == []


def test_a_whole_line_is_read_without_regions():
    image, quad = page(0)
    reader, _, _ = line_reader()
    line = reader.read_whole(image.crop(quad.box))
    assert line.text == "right"
    assert line.box == quad.box


def test_a_whole_line_without_text_has_no_words():
    reader, _, _ = line_reader()
    line = reader.read_whole(Image(np.full((40, 300, 3), 255, np.uint8)))
    assert line.words == ()
    assert line.confidence == 0
    assert line.box == Box(0, 0, 300, 40)


@pytest.mark.parametrize("size", [(1, 65_000), (65_000, 1), (2, 30_000)])
def test_a_strip_that_is_too_long_for_text_costs_no_more_than_a_long_line(size):
    """A ruled line of 65,000 x 1 px, drawn up to the network's height, would be 3,120,000 px long."""
    reader, recognizer, _ = line_reader()
    image = Image(np.full((*size, 3), 60, np.uint8))
    reader.read(image, [Quad.from_box(Box(0, 0, image.width, image.height))])
    reader.read_whole(image)
    assert all(crop.shape[1] <= 250 * crop.shape[0] for crop in recognizer.crops)


def test_a_line_can_be_tried_without_a_second_look():
    image, quad = page(2)
    reader, recognizer, _ = line_reader()
    assert [each.text for each in reader.try_reading(image, [quad, quad.turned(2)])] == ["?!", "right"]
    assert len(recognizer.crops) == 2
    assert reader.upside_down(image, [quad]) == [0.9]


class WideRecognizer(FakeRecognizer):
    """Reads the first picture as "narrow", and one that is wider as "wide", each as surely as told."""

    def __init__(self, narrow: float, wide: float) -> None:
        super().__init__()
        self._narrow, self._wide = reading("narrow", narrow), reading("wide", wide)

    def _read(self, crop: Pixels) -> Reading:
        return self._wide if crop.shape[1] > 1.1 * self.crops[0].shape[1] else self._narrow


@pytest.mark.parametrize(
    ("narrow", "wide", "draw_out", "text"),
    [(0.5, 0.7, 1.15, "wide"), (0.5, 0.4, 1.15, "narrow"), (0.9, 0.99, 1.15, "narrow"), (0.5, 0.7, 1.0, "narrow")],
)
def test_a_line_that_reads_badly_is_read_again_drawn_out(narrow, wide, draw_out, text):
    reader, recognizer, _ = line_reader(WideRecognizer(narrow, wide), orientation="never", draw_out=draw_out)
    image, quad = page(0)
    (line,) = reader.read_regions(image, [quad])
    assert line.text == text
    assert line.box.width == pytest.approx(300, abs=1)
    assert len(recognizer.crops) == (2 if narrow < 0.85 and draw_out > 1 else 1)


class LateRecognizer(FakeRecognizer):
    """Reads one crop of each call before the time is up."""

    def read(self, crops: Sequence[Pixels]) -> list[Reading]:
        return [*super().read(crops[:1]), *(Reading(is_read=False) for _ in crops[1:])]


def late(reads: int) -> Allowance:
    """An allowance whose time is up when it was asked so many times."""
    asked = iter([0.0] * (reads + 1))
    return Allowance(deadline_s=1.0, clock=lambda: next(asked, 2.0))


def test_regions_that_were_not_read_in_time_are_noted_with_their_places():
    image, quad = page(0)
    others = [Quad.from_box(Box(150, 300 + 50 * k, 450, 340 + 50 * k)) for k in range(3)]
    allowance = late(1)
    reader, _, classifier = line_reader(LateRecognizer())
    lines = reader.within(allowance).read(image, [quad, *others])
    assert [line.text for line in lines] == ["right"]
    assert allowance.unread == others
    assert list(allowance.degraded) == ["partial"]
    assert classifier.asked == 0


def test_where_the_time_is_up_before_the_first_line_none_is_read():
    image, quad = page(0)
    allowance = late(0)
    reader, recognizer, _ = line_reader()
    assert reader.within(allowance).read(image, [quad]) == []
    assert allowance.unread == [quad]
    assert recognizer.crops == []


def wide(top: int, width: int) -> Quad:
    return Quad.from_box(Box(100, top, 100 + width, top + 20))


def test_with_little_time_the_longest_lines_are_cut_out_and_read_first():
    image, _ = page(0)
    quads = [wide(10 + 3 * k, 100 + 7 * (k % 10)) for k in range(30)]
    asked = iter([0.0] * 4)  # at the start, before anything, how much time there is, before the first lines
    allowance = Allowance(deadline_s=1.0, clock=lambda: next(asked, 2.0))
    reader, recognizer, _ = line_reader()
    reader.within(allowance).read(image, quads)
    assert sum(recognizer.groups) == 6
    assert min(crop.shape[1] for crop in recognizer.crops) > 300


def test_with_little_time_that_is_enough_the_same_is_read():
    image, quad = page(0)
    quads = [quad, *(wide(10 + 3 * k, 100 + 7 * (k % 10)) for k in range(30))]
    allowance = Allowance(deadline_s=1.0, clock=lambda: 0.0)
    reader, recognizer, _ = line_reader()
    lines = reader.within(allowance).read(image, quads)
    assert max(recognizer.groups) <= 6
    assert lines == reader.read(image, quads)
    assert not allowance.degraded


def test_where_memory_is_short_fewer_lines_are_read_at_once_and_the_same_is_read():
    image, quad = page(0)
    reader, recognizer, _ = line_reader()
    memory = Memory(10**9, resident=lambda: 10**9 - 16_000_000 - 2_000_000)
    lines = reader.within(Allowance(memory=memory)).read(image, [quad] * 9)
    assert len(recognizer.groups) > 2
    assert sum(recognizer.groups) == 9
    assert lines == reader.read(image, [quad] * 9)
