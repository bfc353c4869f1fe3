"""What is logged tells how reading went, and of the document and its name nothing."""

import hashlib
import logging
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

import inkread
from inkread.errors import InkreadError
from inkread.logs import label
from inkread.options import LoadOptions, ReaderOptions, WebOptions

CANARY = "KOLIBRI"


def test_a_name_is_told_by_a_label_that_can_be_worked_out() -> None:
    assert label("a/Rechnung Müller.PDF") == hashlib.sha256("a/Rechnung Müller.PDF".encode()).hexdigest()[:12] + ".pdf"
    assert "." not in label("J.Smith")
    assert label("\udcff\n\x1b[31m").isalnum()


def test_neither_text_nor_names_nor_addresses_are_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    picture = Pillow.new("RGB", (500, 200), "white")
    ImageDraw.Draw(picture).text((30, 60), f"{CANARY} 42", "black", ImageFont.load_default(48))
    path = tmp_path / f"{CANARY}\n\x1b[31m.png"
    picture.save(path)
    (tmp_path / f"{CANARY}-bad.png").write_bytes(picture.tobytes()[:10])
    options = ReaderOptions(load=LoadOptions(web=WebOptions(allow=True)))
    things = [
        path,
        tmp_path / f"{CANARY}-bad.png",
        f"http://u:{CANARY}@127.0.0.1/",
        f"http://127.0.0.1/{CANARY}?{CANARY}",
    ]
    with caplog.at_level(logging.DEBUG, "inkread"), inkread.Reader(options) as reader:
        results = [result for _, result in reader.read_many(things, max_workers=1)]
        parallel = [result for _, result in reader.read_many(things[:2], max_workers=2)]
    assert CANARY in str(results[0]).upper()
    assert sum(isinstance(result, InkreadError) for result in [*results, *parallel]) == 4
    told = [f"{record.name} {record.getMessage()}" for record in caplog.records if record.name.startswith("inkread")]
    assert not any(CANARY.casefold() in line.casefold() for line in told)
    assert all(line.isprintable() for line in told)
    assert all(record.levelno <= logging.INFO for record in caplog.records)
    for words in (
        "opened: 1 pages",
        "refused: ",
        "AddressError",
        "lines; ",
        "network opened",
        "worker",
        label(str(path)),
    ):
        assert any(words in line for line in told), words


def test_nothing_is_printed_where_nobody_listens(run_python: Callable[[str], str]) -> None:
    script = """
import contextlib, io, sys
import numpy, inkread
with contextlib.redirect_stderr(io.StringIO()) as errors:
    inkread.read(numpy.full((60, 60), 255, numpy.uint8))
print(repr(errors.getvalue()))
"""
    assert run_python(script) == "''\n"
