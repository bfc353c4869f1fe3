from dataclasses import replace

from laid import line, page

from inkread.correct.corrector import Proposal, correct
from inkread.correct.guard import Guard
from inkread.document import Block, Cell, Document, Page, Table
from inkread.export.json import from_json, to_json
from inkread.options import CorrectOptions

LEXICON = {"the", "house", "of", "hello", "total"}


class Fake:
    """Proposes what it is given."""

    def __init__(self, *proposals: Proposal, name: str = "fake") -> None:
        self.name = name
        self.proposals = proposals

    def propose(self, page: Page) -> tuple[Proposal, ...]:
        return self.proposals


def guard() -> Guard:
    return Guard(CorrectOptions(), lambda word: word.casefold() in LEXICON)


READ = page([line("tbe ofthe hello 31.10", 100, 100), line("tbe house", 100, 200)])


def test_accepted_edits_are_made_and_refused_ones_kept():
    done = correct(READ, [Fake(Proposal(0, 0, 1, "the", 0.9), Proposal(0, 3, 1, "37.10", 0.99))], guard())

    first, second = done.lines
    assert first.text == "the ofthe hello 31.10"
    assert first.raw == "tbe ofthe hello 31.10"
    assert [(each.source, each.refused) for each in first.edits] == [("fake", None), ("fake", "frozen")]
    assert first.edits[1].after[0].text == "37.10"
    assert second == READ.lines[1]


def test_what_was_read_comes_back_and_so_does_the_correction():
    done = correct(READ, [Fake(Proposal(0, 1, 1, "of the", 0.9), Proposal(1, 0, 1, "the", 0.8))], guard())

    assert done.text == "tbe of the hello 31.10\nthe house"
    assert done.raw().text == READ.text
    assert [each.words for each in done.raw().lines] == [each.words for each in READ.lines]
    assert done.raw().corrected() == done
    assert Document((done,)).raw().corrected() == Document((done,))


def test_several_edits_of_a_line_that_change_the_number_of_words_come_back():
    read = page([line("ofthe he llo ofthe total of the house of the house of the house", 0, 0)])
    proposals = (Proposal(0, 3, 1, "of the", 0.9), Proposal(0, 1, 2, "hello", 0.9), Proposal(0, 0, 1, "of the", 0.9))
    done = correct(read, [Fake(*proposals)], guard())

    assert done.text.startswith("of the hello of the total")
    assert done.raw().text == read.text
    assert done.raw().corrected() == done


def test_the_first_of_clashing_proposals_counts():
    done = correct(
        READ, [Fake(Proposal(1, 0, 1, "the", 0.9), name="a"), Fake(Proposal(1, 0, 1, "of", 0.9), name="b")], guard()
    )

    assert done.lines[1].text == "the house"
    assert [(each.source, each.refused) for each in done.lines[1].edits] == [("a", None), ("b", "overlap")]


def test_a_page_is_corrected_anew_from_its_reading():
    once = correct(READ, [Fake(Proposal(1, 0, 1, "the", 0.9))], guard())
    assert correct(once, [Fake(Proposal(1, 0, 1, "the", 0.9))], guard()) == once
    assert correct(once, [Fake()], guard()) == READ


def test_proposals_for_words_that_are_not_there_or_that_change_nothing_are_left_out():
    nonsense = (
        *(Proposal(9, 0, 1, "the", 1), Proposal(-1, 0, 1, "the", 1), Proposal(0, 9, 1, "the", 1)),
        *(Proposal(0, -1, 1, "the", 1), Proposal(0, 0, 0, "the", 1), Proposal(0, 3, 2, "the", 1)),
        *(Proposal(0, 0, 1, "", 1), Proposal(0, 0, 1, "tbe", 1), Proposal(0, 0, 1, " tbe ", 1)),
    )
    assert correct(READ, [Fake(*nonsense)], guard()) == READ


def test_the_cells_of_a_table_are_corrected_with_their_lines():
    read = line("tbe house", 0, 0)
    table = Table(1, 1, (Cell(0, 0, read.box, (read,)),))
    one = replace(READ, blocks=(Block((read,), "table", table),))
    done = correct(one, [Fake(Proposal(0, 0, 1, "the", 0.9))], guard())

    assert done.tables[0].cells[0].text == "the house"
    assert done.raw() == replace(one, blocks=done.raw().blocks)
    assert done.raw().tables[0].cells[0].text == "tbe house"


def test_a_corrected_document_survives_json():
    done = Document((correct(READ, [Fake(Proposal(0, 0, 1, "the", 0.9))], guard()),))
    assert from_json(to_json(done)) == done
    assert from_json(to_json(done)).raw() == done.raw()
