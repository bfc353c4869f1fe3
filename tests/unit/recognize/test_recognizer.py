import threading
from collections.abc import Sequence

import numpy as np
import pytest

from inkread.errors import CancelledError, LimitError, ModelError
from inkread.options import RecognizeOptions
from inkread.recognize.charset import Charset
from inkread.recognize.head import Head
from inkread.recognize.recognizer import HEIGHT_PX, Recognizer, at_network_height, padded_width
from inkread.runtime.allowance import Allowance
from inkread.runtime.memory import Memory
from inkread.runtime.session import FakeSession

CHARSET = Charset.from_characters("abc")
# The grey of each letter; anything else is ground or padding.
LEVELS = {0: 1, 30: 2, 60: 3}
LETTER_PX, PITCH_PX, MARGIN_PX = 24, 40, 8


def network(batch: np.ndarray) -> np.ndarray:
    """Read the grey in the middle of every 8 px, like a network of the same shape that knows three letters."""
    middles = batch[:, HEIGHT_PX // 2, 4::8, 0]
    output = np.full((*middles.shape, len(CHARSET)), 0.05, np.float32)
    classes = np.vectorize(lambda grey: LEVELS.get(int(grey), 0))(middles)
    np.put_along_axis(output, classes[..., None], 0.85, axis=2)
    return output


def line(text: str, pitch: Sequence[int] | int = PITCH_PX) -> np.ndarray:
    """The picture of a text: a bar for each letter, the given px from one to the next."""
    steps = [pitch] * len(text) if isinstance(pitch, int) else list(pitch)
    pixels = np.full((HEIGHT_PX, 2 * MARGIN_PX + sum(steps), 3), 255, np.uint8)
    left = MARGIN_PX
    for letter, step in zip(text, steps, strict=True):
        pixels[6:42, left : left + LETTER_PX] = {"a": 0, "b": 30, "c": 60}[letter]
        left += step
    return pixels


def recognizer(**options: object) -> tuple[Recognizer, FakeSession]:
    session = FakeSession(network)
    return Recognizer(session, Head(CHARSET), RecognizeOptions(**options)), session


def test_no_crops_give_no_readings():
    reader, session = recognizer()
    assert reader.read([]) == []
    assert session.shapes == []


def test_readings_come_in_the_order_of_the_crops():
    texts = ["abc", "a", "cabcab", "bb", "cc", "abcabcabc"]
    reader, _ = recognizer()
    assert [reading.text for reading in reader.read([line(text) for text in texts])] == texts


def test_a_reading_is_the_same_alone_and_in_company():
    """The network sees a crop at a width that depends on the crop alone."""
    crops = [line("abcabc"[: n + 1], 40 + 7 * n) for n in range(6)]
    widths: list[tuple[int, int]] = []

    def watching(batch: np.ndarray) -> np.ndarray:
        # A crop is known by the grey of its lower right corner.
        widths.extend((int(row[-1, 0, 0]), row.shape[1]) for row in batch)
        return network(batch)

    for i, crop in enumerate(crops):
        crop[-1, 0] = 100 + i
    reader = Recognizer(FakeSession(watching), Head(CHARSET), RecognizeOptions())
    alone = [reader.read([crop])[0] for crop in crops]
    of_each = dict(widths)
    for company in (crops, crops[::-1], [crop for crop in crops for _ in range(3)]):
        reader.read(company)
    assert reader.read(crops) == alone
    assert reader.read(crops[::-1]) == alone[::-1]
    seen = {pair for pair in widths if pair[0] >= 100 and pair[0] < 100 + len(crops)}
    assert seen == set(of_each.items())


def test_the_networks_picture_is_as_wide_as_the_line_or_a_little_wider():
    for width in (1, 48, 95, 96, 97, 320, 1000, 3200):
        padded = padded_width(width)
        assert padded >= width
        assert padded - width < 96
        assert padded % 32 == 0


@pytest.mark.parametrize("shape", [(48, 96), (24, 48), (96, 192), (160, 320), (7, 14)])
def test_crops_of_any_height_are_read(shape):
    pixels = np.full((*shape, 3), 30, np.uint8)
    assert at_network_height(pixels).shape == (HEIGHT_PX, 96, 3)
    reader, _ = recognizer()
    assert reader.read([pixels])[0].text == "b"


@pytest.mark.parametrize("shape", [(1, 1), (1, 3), (300, 1)])
def test_the_smallest_crops_are_no_error(shape):
    reader, session = recognizer()
    assert reader.read([np.full((*shape, 3), 255, np.uint8)])[0].text == ""
    assert all(seen[1] == HEIGHT_PX and seen[2] >= 8 for seen in session.shapes)


def test_columns_are_fractions_of_the_crop_not_of_the_padded_picture():
    reader, _ = recognizer()
    crop = line("ab")
    (reading,) = reader.read([crop])
    width = crop.shape[1]
    for (start, end), left in zip(reading.columns, (MARGIN_PX, MARGIN_PX + PITCH_PX), strict=True):
        assert start * width == pytest.approx(left, abs=8)
        assert end * width == pytest.approx(left + LETTER_PX, abs=8)


def test_columns_never_leave_the_crop():
    """What the network sees in the padding is pulled back to the edge."""
    reader, _ = recognizer()
    for width in range(60, 90):
        (reading,) = reader.read([np.full((HEIGHT_PX, width, 3), 0, np.uint8)])
        assert reading.text == "a"
        assert 0 <= reading.columns[0][0] < reading.columns[0][1] <= 1


def test_a_long_line_is_cut_in_gaps_and_joined():
    """No letter is lost, cut in two or read twice, and the places are those of the whole line."""
    text = "abcacbabbccabacbcabcacbabbccabacbc"
    crop = line(text)
    reader, session = recognizer(max_width_px=320)
    (reading,) = reader.read([crop])
    assert all(shape[2] <= 320 for shape in session.shapes)
    assert reading.text.replace(" ", "") == text
    letters = [columns for columns, symbol in zip(reading.columns, reading.text, strict=True) if symbol != " "]
    width = crop.shape[1]
    for i, (start, end) in enumerate(letters):
        middle = (start + end) / 2 * width
        assert middle == pytest.approx(MARGIN_PX + i * PITCH_PX + LETTER_PX / 2, abs=8)
    edges = [edge for columns in reading.columns for edge in columns]
    assert edges == sorted(edges)
    assert len(reading.text) == len(reading.columns) == len(reading.scores)


def test_a_long_line_is_cut_at_its_spaces():
    steps = [40, 40, 40, 40, 40, 90] * 5
    text = "abcabc" * 5
    reader, _ = recognizer(max_width_px=320)
    assert reader.read([line(text, steps)])[0].text == " ".join(["abcabc"] * 5)


def test_alternatives_of_a_long_line_point_at_their_characters():
    text = "abcacbabbccabacbcabcac"
    reader, _ = recognizer(max_width_px=320, alternatives=3)
    (reading,) = reader.read([line(text)])
    assert {other.index for other in reading.alternatives} == {
        i for i, symbol in enumerate(reading.text) if symbol != " "
    }
    for other in reading.alternatives:
        assert other.text != reading.text[other.index]
        assert other.confidence == pytest.approx(0.05)


def test_a_long_line_without_a_gap_is_cut_all_the_same():
    reader, session = recognizer(max_width_px=320)
    (reading,) = reader.read([np.full((HEIGHT_PX, 1500, 3), 60, np.uint8)])
    assert set(reading.text) <= {"c", " "}
    assert all(shape[2] <= 320 for shape in session.shapes)


def test_no_alternatives_are_kept_where_none_are_asked_for():
    reader, _ = recognizer(alternatives=0)
    assert reader.read([line("abc")])[0].alternatives == ()


def test_a_network_of_other_characters_is_a_model_error():
    reader = Recognizer(FakeSession(network), Head(Charset.from_characters("abcdef")), RecognizeOptions())
    with pytest.raises(ModelError, match="do not belong together"):
        reader.read([line("abc")])


def test_a_squeezed_line_is_narrower_but_no_word_gets_too_short():
    crop = np.zeros((96, 800, 3), np.uint8)
    assert at_network_height(crop, 0.5).shape == (48, 200, 3)
    assert at_network_height(crop[:, :210], 0.5).shape == (48, 96, 3)
    assert at_network_height(crop[:, :100], 0.5).shape == (48, 50, 3)
    assert at_network_height(crop).shape == (48, 400, 3)


class Clock:
    """Goes on by a second with every crop that was read."""

    def __init__(self, session: FakeSession) -> None:
        self.session = session

    def __call__(self) -> float:
        return float(len(self.session.shapes))


@pytest.mark.parametrize("in_time", [0, 1, 3, 6])
def test_when_the_time_is_up_the_longest_were_read_and_the_others_are_told(in_time):
    reader, session = recognizer()
    bound = reader.within(Allowance(deadline_s=in_time, clock=Clock(session)))
    texts = ["abcabcabc", "a", "abcabcabcabc", "ab", "abcabc", "abc"]
    readings = bound.read([line(text, 60) for text in texts])
    read = sorted(texts, key=len, reverse=True)[:in_time]
    assert [reading.text for reading in readings] == [text if text in read else "" for text in texts]
    assert [reading.is_read for reading in readings] == [text in read for text in texts]
    assert len(session.shapes) == in_time


def test_a_line_of_which_a_piece_was_not_read_was_not_read():
    reader, session = recognizer(max_width_px=320)
    (reading,) = reader.within(Allowance(deadline_s=1, clock=Clock(session))).read([line("abc" * 7)])
    assert not reading.is_read


def test_where_time_may_end_the_pieces_of_a_line_are_read_one_after_the_other():
    """Half a line is none: two lines of two pieces each, and time for two pieces."""
    reader, session = recognizer(max_width_px=320)
    bound = reader.within(Allowance(deadline_s=2, clock=Clock(session)))
    readings = bound.read([line("abc" * 4, 40), line("abc" * 5, 30)])
    assert len(session.shapes) == 2
    assert sum(reading.is_read for reading in readings) == 1


def test_cancelled_work_is_less_than_a_crop():
    event = threading.Event()

    def network_that_is_not_wanted_any_more(batch: np.ndarray) -> np.ndarray:
        event.set()
        return network(batch)

    session = FakeSession(network_that_is_not_wanted_any_more)
    reader = Recognizer(session, Head(CHARSET), RecognizeOptions()).within(Allowance(cancel=event))
    with pytest.raises(CancelledError):
        reader.read([line("abc")] * 5)
    assert len(session.shapes) == 1


def room_of(room: int) -> Memory:
    return Memory(10**9, resident=lambda: 10**9 - room - 16_000_000)


def test_where_memory_is_short_lines_are_read_in_shorter_pieces():
    session = FakeSession(network, bytes_px=1000)
    reader = Recognizer(session, Head(CHARSET), RecognizeOptions())
    allowance = Allowance(memory=room_of(25_000_000 + 1000 * 48 * 700))
    (reading,) = reader.within(allowance).read([line("abc" * 10)])
    assert list(allowance.degraded) == ["tiled"]
    assert max(shape[2] for shape in session.shapes) <= 640
    assert reading.text.replace(" ", "") == "abc" * 10


def test_with_room_enough_nothing_changes():
    allowance = Allowance(memory=room_of(500_000_000))
    plain, _ = recognizer()
    bound = plain.within(allowance)
    crops = [line("abcabc"[: n + 1], 40 + 30 * n) for n in range(6)]
    assert bound.read(crops) == plain.read(crops)
    assert not allowance.degraded


def test_what_the_network_holds_is_given_back_before_it_is_too_much():
    session = FakeSession(network, bytes_px=1000)
    memory = Memory(10**9, resident=lambda: 10**9 - 16_000_000 - 10_000_000 + 1000 * session.held)
    reader = Recognizer(session, Head(CHARSET), RecognizeOptions()).within(Allowance(memory=memory))
    session.held = 20_000
    assert [reading.text for reading in reader.read([line("ab")])] == ["ab"]
    assert session.held < 20_000


def test_what_does_not_fit_in_any_way_says_so():
    session = FakeSession(network, bytes_px=1000)
    reader = Recognizer(session, Head(CHARSET), RecognizeOptions()).within(Allowance(memory=room_of(1_000_000)))
    with pytest.raises(LimitError, match="reading lines needs"):
        reader.read([line("abc")])


class KernelSession(FakeSession):
    """A network that takes so much for each size it is asked about, bytes; notes about how many."""

    def __init__(self, a_size: int) -> None:
        super().__init__(network)
        self.a_size = a_size
        self.asked: list[int] = []

    def working_bytes(self, *sizes: tuple[int, int]) -> int:
        self.asked.append(len(set(sizes)))
        return self.a_size * len(set(sizes))


def test_with_no_room_for_several_widths_lines_are_read_one_width_at_a_time():
    """A budget of 350 MB with two receipts was refused for the kernels of four widths."""
    session = KernelSession(a_size=30_000_000)
    reader = Recognizer(session, Head(CHARSET), RecognizeOptions()).within(Allowance(memory=room_of(60_000_000)))
    crops = [line("abcabc"[: n + 1], 60 + 30 * n) for n in range(6)]
    plain, _ = recognizer()
    assert reader.read(crops) == plain.read(crops)
    assert max(session.asked) > 2
    assert session.asked.count(1) > 2
