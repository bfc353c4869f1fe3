import numpy as np
import pytest

from inkread.detect.detector import Detector, DetectorSettings
from inkread.detect.room import MAP_BYTES_PX, Cut, cut_to_fit
from inkread.errors import CancelledError, LimitError
from inkread.image import Image
from inkread.options import DetectOptions
from inkread.runtime.allowance import Allowance
from inkread.runtime.memory import MB, Memory
from inkread.runtime.session import FakeSession, Floats, Pixels

LIMIT = 1_000 * MB
BYTES_PX = 100


def room_of(room: int) -> Memory:
    """Memory with about so much room, bytes."""
    return Memory(LIMIT, resident=lambda: LIMIT - room - 16 * MB)


def dark_is_text(batch: Pixels) -> Floats:
    return (255 - batch[..., :1].transpose(0, 3, 1, 2)).astype(np.float32) / 255


def detector(**options: object) -> tuple[Detector, FakeSession]:
    session = FakeSession(dark_is_text, bytes_px=BYTES_PX)
    return Detector(session, DetectorSettings(), DetectOptions(min_side_px=32, **options)), session


def lines_on(width: int, height: int, count: int) -> Image:
    """A page of so many black bars, as far apart as they are, one of them across where pieces meet."""
    pixels = np.full((height, width, 3), 255, np.uint8)
    step = height // count
    for k in range(count):
        pixels[k * step + step // 2 - 10 : k * step + step // 2 + 10, 40 : width - 40] = 0
    return Image(pixels)


def boxes(found: list) -> list[tuple[int, ...]]:
    return sorted(tuple(round(edge / 4) for edge in region.quad.box) for region in found)


def test_what_fits_is_looked_at_as_usual():
    usual = Cut(None)
    assert cut_to_fit((1280, 960), usual, FakeSession(dark_is_text, bytes_px=BYTES_PX), room_of(200 * MB)) == usual


@pytest.mark.parametrize(
    ("room_mb", "cut"), [(500, Cut(1280)), (115, Cut(1024)), (56, Cut(768, in_bands=True)), (1, None)]
)
def test_tiles_are_cut_smaller_and_then_the_map_too(room_mb, cut):
    session = FakeSession(dark_is_text, bytes_px=60)
    assert cut_to_fit((2560, 1920), Cut(1280), session, room_of(room_mb * MB)) == cut


def test_what_networks_hold_is_given_back_first():
    session = FakeSession(dark_is_text, bytes_px=BYTES_PX)
    session.held = 10**9
    cut_to_fit((1280, 960), Cut(None), session, room_of(2 * MB))
    assert session.held == 0


@pytest.mark.parametrize("room_mb", [40, 60, 90])
def test_pieces_find_what_a_whole_look_finds(room_mb):
    page = lines_on(2000, 1500, 9)
    whole, _ = detector(max_side_px=2000, fine_side_px=2560)
    allowance = Allowance(memory=room_of(room_mb * MB))
    bound, session = whole.within(allowance), whole._session
    found = bound.detect(page)
    assert boxes(found) == boxes(whole.detect(page))
    assert list(allowance.degraded) == ["tiled"]
    assert max(height * width for _, height, width, _ in session.shapes[:1]) < 2000 * 1500


def test_no_piece_takes_more_than_the_room_that_there_is():
    page, room = lines_on(2000, 1500, 9), 60 * MB
    bound, session = detector(max_side_px=2000, fine_side_px=2560)
    bound.within(Allowance(memory=room_of(room))).detect(page)
    tile = max(height * width for _, height, width, _ in session.shapes)
    assert BYTES_PX * tile + MAP_BYTES_PX * 2000 * 384 <= room


def test_what_does_not_fit_at_all_says_what_to_give():
    bound, _ = detector()
    with pytest.raises(LimitError, match=r"looking for text at 1,280 x 960 px needs .* set limits.max_memory_mb to"):
        bound.within(Allowance(memory=room_of(1 * MB))).detect(lines_on(1280, 960, 4))


def test_a_finer_look_that_does_not_fit_is_left_out():
    page = lines_on(8000, 3000, 60)  # bars of 3 px on the network's picture
    bound, _ = detector()
    allowance = Allowance(memory=room_of(21 * MB))
    bound.within(allowance).detect(page)
    assert "coarse" in allowance.degraded


class Clock:
    """Goes on by `step` seconds whenever it is asked."""

    def __init__(self, step: float) -> None:
        self.now, self.step = 0.0, step

    def __call__(self) -> float:
        self.now += self.step
        return self.now


def test_a_look_that_is_not_done_in_time_finds_nothing():
    allowance = Allowance(deadline_s=1.0, clock=Clock(1.0))
    bound, session = detector()
    assert bound.within(allowance).detect(lines_on(640, 480, 4)) == []
    assert list(allowance.degraded) == ["partial"]
    assert session.shapes == []


def known_to_take(detector: Detector, s_px: float) -> None:
    """Have every look take so long, s a pixel."""
    detector._pace.expected_s = lambda size: s_px * size[0] * size[1]


@pytest.mark.parametrize("deadline_s", [0.5, 1.0])
def test_a_first_look_is_made_coarser_where_it_would_leave_no_time_to_read(deadline_s):
    base, session = detector()
    known_to_take(base, 1e-6)  # 1.2 s for the whole picture
    allowance = Allowance(deadline_s=deadline_s, clock=Clock(0.0))
    base.within(allowance).detect(lines_on(1280, 960, 4))
    assert list(allowance.degraded) == ["coarse"]
    (_, height, width, _) = session.shapes[0]
    assert 0.3 * deadline_s < 1e-6 * height * width <= 0.45 * deadline_s


def test_a_first_look_that_leaves_time_to_read_is_as_usual():
    base, session = detector()
    known_to_take(base, 1e-6)
    allowance = Allowance(deadline_s=3.0, clock=Clock(0.0))
    base.within(allowance).detect(lines_on(1280, 960, 4))
    assert not allowance.degraded
    assert session.shapes[0][1:3] == (960, 1280)


def test_pages_of_one_size_are_looked_at_in_few_sizes_whatever_time_is_left():
    """Each new size costs kernels."""
    base, session = detector()
    known_to_take(base, 1e-6)
    for left_s in range(60, 260):
        base.within(Allowance(deadline_s=left_s / 100, clock=Clock(0.0))).detect(lines_on(1280, 960, 4))
    assert len(set(session.shapes)) <= 7


def test_cancelled_work_stops():
    class Gone:
        def is_set(self) -> bool:
            return True

    bound, session = detector()
    with pytest.raises(CancelledError):
        bound.within(Allowance(cancel=Gone())).detect(lines_on(640, 480, 4))
    assert session.shapes == []
