from __future__ import annotations

import pytest

from inkread.arrange.running import with_running_heads
from inkread.document import Block, Cell, Line, Page, Table, Word
from inkread.geometry import Box, Quad

WIDTH, HEIGHT = 1000, 1400


def line(text: str, left: float, top: float, width: float = 300) -> Line:
    quad = Quad.from_box(Box(left, top, left + width, top + 20))
    return Line((Word(text, quad, 0.9),), quad, 0.9)


def body(number: int) -> Block:
    """What differs from page to page."""
    names = ("ash", "birch", "cedar", "elm", "fir", "hazel")
    return Block(tuple(line(f"{names[number]} row {names[i]}", 100, 400 + 30 * i, 700) for i in range(6)))


def page(number: int, *blocks: Block, turned_deg: int = 0) -> Page:
    return Page(blocks, WIDTH, HEIGHT, number=number, source="a.pdf", turned_deg=turned_deg)


def kinds(found: Page) -> list[tuple[str, str]]:
    return [(block.kind, block.text) for block in found.blocks if block.kind in ("header", "footer")]


def test_the_same_title_and_a_counting_number_run():
    pages = [
        page(n, Block((line("On Trees", 100, 60),), "heading", level=1), body(n), Block((line(f"{n}", 480, 1340, 30),)))
        for n in (3, 4, 5)
    ]
    for n, found in zip((3, 4, 5), with_running_heads(pages), strict=True):
        assert kinds(found) == [("header", "On Trees"), ("footer", f"{n}")]
        assert found.blocks[0].level is None
        assert found.blocks[1] == body(n)


def test_left_and_right_pages_have_heads_of_their_own():
    heads = {0: ("The Author", 100), 1: ("A Book", 600)}
    pages = [page(n, Block((line(heads[n % 2][0], heads[n % 2][1], 60),)), body(n)) for n in range(1, 5)]
    found = with_running_heads(pages)
    assert [kinds(each) for each in found] == [[("header", heads[n % 2][0])] for n in range(1, 5)]


def test_a_head_read_with_one_wrong_letter_still_runs():
    texts = ("Annual report of the society", "Annual repart of the society")
    found = with_running_heads([page(n, Block((line(text, 100, 60),)), body(n)) for n, text in enumerate(texts, 1)])
    assert all(len(kinds(each)) == 1 for each in found)


def test_lines_of_one_block_are_parted():
    pages = [page(n, Block((line("On Trees", 100, 60), line(f"word {'ab'[n - 1]}", 100, 90)))) for n in (1, 2)]
    first = with_running_heads(pages)[0]
    assert [(block.kind, block.text) for block in first.blocks] == [("header", "On Trees"), ("paragraph", "word a")]


def test_a_foot_read_early_comes_last():
    pages = [page(n, Block((line(f"page {n} of 9", 100, 1340),)), body(n)) for n in (1, 2)]
    assert [block.kind for block in with_running_heads(pages)[0].blocks] == ["paragraph", "footer"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (line("Total 12", 100, 60), line("Total 15", 100, 60)),  # numbers that do not count pages
        (line("On Trees", 100, 60), line("On Trees", 600, 60)),  # another place
        (line("On Trees", 100, 500), line("On Trees", 100, 500)),  # the middle of the page
        (line("1", 100, 60, 20), line("1", 100, 60, 20)),  # numbers of lines
        (line("*", 100, 60, 20), line("*", 100, 60, 20)),
    ],
)
def test_other_texts_stay_as_they_are(first, second):
    pages = [page(1, Block((first,)), body(1)), page(2, Block((second,)), body(2))]
    assert with_running_heads(pages) == tuple(pages)


def test_one_form_filled_in_twice_has_no_running_heads():
    pages = [page(n, Block((line("Application", 100, 60),)), body(1)) for n in (1, 2)]
    assert with_running_heads(pages) == tuple(pages)


def test_numbers_of_lines_do_not_count_as_numbers_of_pages():
    """The second line of a page stands a row below the first line of the page before."""

    def transcript(n: int) -> Page:
        numbers = [line(f"{i}", 60, 60 + 36 * i, 20) for i in range(1, 30)]
        return page(n, Block((line("Deposition of Ann Lee", 400, 40), *numbers)), body(n))

    assert [kinds(each) for each in with_running_heads([transcript(1), transcript(2)])] == [
        [("header", "Deposition of Ann Lee")]
    ] * 2


def test_tables_stay_whole():
    item = line("Item", 100, 60)
    table = Block((item,), "table", Table(1, 1, (Cell(0, 0, item.box, (item,)),)))
    pages = [page(n, table, body(n)) for n in (1, 2)]
    assert with_running_heads(pages) == tuple(pages)


def test_pages_that_were_read_turned_have_their_head_on_a_side():
    """Read after a quarter turn clockwise: the page's left side is its head."""

    def turned(n: int) -> Page:
        head = Quad.from_box(Box(60, 400, 80, 800)).turned(-1)
        blocks = (Block((Line((Word("On Trees", head, 0.9),), head, 0.9),)), body(n))
        return page(n, *blocks, turned_deg=90)

    assert [kinds(each) for each in with_running_heads([turned(1), turned(2)])] == [[("header", "On Trees")]] * 2


def test_pages_left_out_are_counted():
    pages = [page(n, body(n // 2), Block((line(f"- {n} -", 480, 1340, 60),))) for n in (2, 8)]
    assert all(kinds(each) for each in with_running_heads(pages))


def test_no_pages_and_blank_pages():
    assert with_running_heads([]) == ()
    assert with_running_heads([page(1), page(2)]) == (page(1), page(2))


def test_copies_of_a_page_have_no_running_heads():
    pages = [page(n, Block((line("On Trees", 100, 60),))) for n in (1, 2)]
    assert with_running_heads(pages) == tuple(pages)
