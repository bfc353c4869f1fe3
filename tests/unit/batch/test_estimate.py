"""What a batch will take, told from a sample: the arithmetic, and what cannot be told."""

import pytest
from fake_pages import SLOW, TORN, draw, draw_pages

from inkread.batch.estimate import estimate
from inkread.errors import InkreadError, NothingToReadError
from inkread.load.source import inputs
from inkread.options import ReaderOptions


def told(things: object, workers: int = 1):
    return estimate(list(inputs(things)), ReaderOptions(), workers, reader="fake_pages:Pages")


def test_a_folder_is_told_by_its_pages(tmp_path):
    draw_pages(tmp_path / "long.tif", 10, first=50)
    for number in range(3):
        draw(tmp_path / f"{number}.png", SLOW, number=number)
    (tmp_path / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    found = told(str(tmp_path))
    assert (found.documents, found.pages, found.are_all_counted) == (5, 13, True)
    assert (found.sampled, found.failed) == (13, 1)
    assert found.page_s_from <= found.page_s <= found.page_s_to
    assert found.page_s > 0
    assert found.worker_mb > 20
    plain = found.to_dict()
    assert plain["seconds"] == pytest.approx(13 * found.page_s, abs=0.2)
    assert plain["memory_mb"] == round(found.worker_mb)
    assert plain["output_bytes"] > 13 * 100


def test_of_many_documents_some_are_looked_at(tmp_path):
    for number in range(120):
        draw(tmp_path / f"{number}.png", number=number)
    found = told(str(tmp_path))
    assert (found.documents, found.pages, found.are_all_counted) == (120, 120, False)
    assert found.sampled < 40
    assert list(tmp_path.parent.glob("inkread-plan-*")) == []


def test_what_cannot_be_told_is_said(tmp_path):
    with pytest.raises(InkreadError, match="holds no picture"):
        told(str(tmp_path))
    with pytest.raises(NothingToReadError):
        told([])
    draw(tmp_path / "torn.png", TORN)
    with pytest.raises(NothingToReadError, match="no sampled page could be read: it is torn"):
        told(str(tmp_path))
