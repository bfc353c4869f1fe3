"""Every page has one part, and keeps it, whatever comes later."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from inkread.batch.work import (
    Known,
    Part,
    PartDone,
    Plan,
    configuration_of,
    document_to_dict,
    of_dict,
    part_to_dict,
)
from inkread.options import ReaderOptions, RuntimeOptions


def known(number: int, pages: int) -> Known:
    return Known(f"{number}.pdf", f"{number:064x}", pages, 100, 1)


def divided(plan: Plan, documents: list[Known]) -> list[Part]:
    return [each for each in plan.divide(documents) if isinstance(each, Part)]


def pages_of(parts: list[Part]) -> list[tuple[str, int]]:
    return [(task.document.sha256, task.page) for part in parts for task in part.tasks]


documents = some.lists(some.integers(1, 70), max_size=40).map(
    lambda counts: [known(number, pages) for number, pages in enumerate(counts)]
)


@given(documents, some.integers(1, 20))
def test_every_page_is_in_one_part_in_order(documents, part_pages):
    parts = divided(Plan(part_pages), documents)
    assert pages_of(parts) == [(each.sha256, page) for each in documents for page in range(1, each.pages + 1)]
    assert [part.number for part in parts] == list(range(1, len(parts) + 1))
    assert all(1 <= len(part) <= part_pages for part in parts)


@given(documents, some.integers(1, 20), some.integers(0, 30), some.integers(1, 20))
def test_a_plan_that_was_cut_off_goes_on_with_what_has_no_part(documents, part_pages, kept, later_part_pages):
    before = divided(Plan(part_pages), documents)[:kept]
    plan = Plan(later_part_pages)
    for part in before:
        plan.recall(of_dict(part_to_dict(part)))
    after = divided(plan, documents)
    found = pages_of([*before, *after])
    assert sorted(found) == sorted((each.sha256, page) for each in documents for page in range(1, each.pages + 1))
    assert len({part.number for part in (*before, *after)}) == len(before) + len(after)
    assert plan.pages == len(found)


def test_the_same_bytes_are_read_once_whatever_they_are_called():
    one = known(1, 3)
    other = Known("copy.pdf", one.sha256, 3)
    plan = Plan()
    found = list(plan.divide([one, other]))
    assert other in found
    assert len(pages_of([each for each in found if isinstance(each, Part)])) == 3
    assert of_dict(document_to_dict(other)) == other
    assert plan.is_complete(other)
    assert set(plan.names) == {"1.pdf", "copy.pdf"}


def test_small_folders_make_small_parts_and_archives_large_ones():
    sizes = [len(part) for part in divided(Plan(16), [known(number, 1) for number in range(3000)])]
    assert sizes[:8] == [1] * 8
    assert sizes[8] == 2
    assert sizes[200] == 16


@pytest.mark.parametrize("line", [None, 7, [], {}, {"part": 1}, {"part": 1, "slices": [["a"]]}, {"same": 3}])
def test_what_is_no_line_of_a_plan_is_told(line):
    with pytest.raises(ValueError, match="no line of a plan"):
        of_dict(line)


def test_a_configuration_is_all_that_decides_a_result():
    options = ReaderOptions()
    assert configuration_of(options) == configuration_of(options.with_(runtime=RuntimeOptions(threads=3)))
    assert configuration_of(options, ["text", "alto"]) == configuration_of(options, ["alto", "text"])
    others = [configuration_of(options.with_(language="de")), configuration_of(options, ["text"])]
    assert len({configuration_of(options), *others}) == 3


def test_a_file_is_as_before_by_size_and_time():
    assert known(1, 1).is_as_before(100, 1)
    assert not known(1, 1).is_as_before(100, 2)
    assert not Known("s3://a", "0", 1, 100, 0).is_as_before(100, 0)


def test_nonsense_of_a_worker_is_told():
    with pytest.raises(ValueError, match="no answer"):
        PartDone.of_dict({"number": 1})
