"""Our own hostile files, decoded in a child: each ends as it must, within the limits."""

import time

import hostile
import pytest

from inkread.errors import InkreadError, LimitError
from inkread.load import source
from inkread.options import Limits, LoadOptions

# The files that hang or fill a process without limits: they end by a limit here.
BREAKERS = ("many_scans.jpg", "laughs.pdf", "fills.pdf", "unpacks.pdf")
# Sound or nearly so, but seconds of work; benchmarks/proofs/hostile.py opens them.
SLOW = (
    "within_pixels.png", "allowed_scans.jpg", "fill_bytes.jpg", "operators.pdf", "picture_gigapixels.pdf",
    "picture_scans.pdf", "pictures_many_times.pdf", "pattern.pdf", "mask_self.pdf", "layers.j2k",
)  # fmt: skip
LIMITS = Limits(decode_cpu_s=2, decode_wall_s=12, decode_memory_mb=1024)


def outcome(case: hostile.Hostile) -> str:
    try:
        with source.open(case.make(), LIMITS, LoadOptions(isolate="always"), name=case.name) as opened:
            for index in range(min(len(opened), 3)):
                opened[index]
    except InkreadError as error:
        return type(error).__name__
    return hostile.PAGES


@pytest.mark.parametrize("case", [each for each in hostile.cases() if each.name not in SLOW + BREAKERS], ids=str)
def test_a_hostile_file_ends_as_it_must(case: hostile.Hostile) -> None:
    assert outcome(case) in case.outcomes


@pytest.mark.parametrize("name", BREAKERS)
def test_files_that_break_decoders_end_within_their_limits(name: str) -> None:
    content = hostile.case(name).make()
    start = time.monotonic()
    with (
        pytest.raises(LimitError, match=rf'"{name}".*: .*raise (max_jpeg_scans|decode_(cpu_s|wall_s|memory_mb))'),
        source.open(content, LIMITS, LoadOptions(isolate="always"), name=name) as opened,
    ):
        opened[0]
    assert time.monotonic() - start < 2 * LIMITS.decode_wall_s + 5


def test_mutations_are_seeded_and_differ() -> None:
    content = bytes(range(256)) * 10
    made = [hostile.mutated(content, seed) for seed in range(6)]
    assert made == [hostile.mutated(content, seed) for seed in range(6)]
    assert len({content, *made}) == 7
