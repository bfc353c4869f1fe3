import dataclasses
import pickle

import pytest
from spelled import line

from inkread.document import (
    Block,
    Cell,
    Document,
    Line,
    Page,
    Table,
    without_uncertain,
)
from inkread.geometry import Box, Quad


def page(*blocks: Block, number: int = 1) -> Page:
    return Page(blocks, width=600, height=800, number=number)


TOTAL = Block((line("Total due"), line("12.50", top=30)))
THANKS = Block((line("Thank you", top=90, confidence=0.3),), kind="footer")


def test_text_derives_upward_from_words():
    receipt = Document((page(TOTAL, THANKS), page(number=2)))
    assert receipt.pages[0].lines[0].text == "Total due"
    assert receipt.pages[0].blocks[0].text == "Total due\n12.50"
    assert receipt.pages[0].text == "Total due\n12.50\n\nThank you"
    assert str(receipt) == receipt.text


def test_every_level_knows_its_words_and_lines():
    receipt = Document((page(TOTAL, THANKS),))
    assert [w.text for w in receipt.words] == ["Total", "due", "12.50", "Thank", "you"]
    assert receipt.words == receipt.pages[0].words
    assert [w.text for w in TOTAL.words] == ["Total", "due", "12.50"]
    assert [each.text for each in receipt.lines] == ["Total due", "12.50", "Thank you"]


def test_a_block_is_as_large_as_its_lines():
    assert TOTAL.box == Box(0, 0, 90, 50)


def test_confidence_is_the_mean_of_all_characters():
    longer, shorter = line("abcdef", confidence=0.9), line("ab", top=30, confidence=0.5)
    mixed = page(Block((longer, shorter)))
    assert mixed.confidence == pytest.approx((6 * 0.9 + 2 * 0.5) / 8)
    assert Document((mixed, page())).confidence == mixed.confidence


def test_a_blank_page_is_a_page_without_blocks():
    blank = Document((page(),))
    assert (blank.text, blank.lines, blank.words, blank.confidence) == ("", (), (), None)


def test_a_document_is_a_sequence_of_pages():
    first, second = page(TOTAL), page(number=2)
    document = Document((first, second))
    assert len(document) == 2
    assert document[-1] is second
    assert list(document) == [first, second]


@pytest.mark.parametrize("quarters", range(4))
def test_lines_beside_each_other_share_a_row_on_a_page_on_its_side_too(quarters):
    def turned(line: Line) -> Line:
        quad = line.quad
        for _ in range(quarters):
            quad = Quad.from_points([(1000 - y, x) for x, y in quad])
        return dataclasses.replace(line, quad=quad)

    price = dataclasses.replace(line("9.50"), quad=Quad.from_box(Box(300, 2, 340, 22)))
    block = Block(tuple(turned(each) for each in (line("Coffee"), price, line("Milk", top=30))))
    assert block.text == "Coffee  9.50\nMilk"


def test_a_table_is_found_from_its_page_and_document():
    cell = Cell(0, 1, Box(0, 0, 90, 60), lines=TOTAL.lines)
    table = Table(1, 2, (cell,))
    document = Document((page(Block(TOTAL.lines, kind="table", table=table), THANKS),))
    assert document.tables == document.pages[0].tables == (table,)
    assert cell.text == "Total due\n12.50"


def test_leaving_out_uncertain_lines_drops_empty_blocks():
    kept = without_uncertain(page(TOTAL, THANKS), 0.5)
    assert kept.blocks == (TOTAL,)


def test_a_line_exactly_as_certain_as_asked_is_kept():
    assert without_uncertain(page(THANKS), 0.3).blocks == (THANKS,)


def test_leaving_out_uncertain_lines_keeps_the_page_as_it_was():
    before = page(TOTAL, THANKS)
    without_uncertain(before, 1.0)
    assert before.blocks == (TOTAL, THANKS)


def test_a_document_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        page().number = 2  # type: ignore[misc]


def test_a_document_survives_a_trip_between_processes():
    document = Document((page(TOTAL, THANKS),), source="receipt.jpg", generator="inkread 0")
    assert pickle.loads(pickle.dumps(document)) == document


def test_equal_documents_are_one_in_a_set():
    assert len({Document((page(TOTAL),)), Document((page(TOTAL),))}) == 1


def test_uncertain_lines_leave_their_cells_too():
    sure, unsure = line("sure"), line("unsure", top=30, confidence=0.2)
    box = Box(0, 0, 100, 100)
    table = Table(2, 1, (Cell(0, 0, box, (sure,)), Cell(1, 0, box, (unsure,))))
    (block,) = without_uncertain(page(Block((sure, unsure), "table", table)), 0.5).blocks
    assert [cell.text for cell in block.table.cells] == ["sure", ""]
    assert block.lines == (sure,)
