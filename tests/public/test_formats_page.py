"""docs/formats.md names every output format with its suffixes."""

import re
from pathlib import Path

from inkread.export.formats import FORMATS

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "formats.md").read_text(encoding="utf-8")


def test_the_table_of_formats_is_that_of_the_code():
    rows = re.findall(r"^\| `([\w-]+)` \| ((?:`\.[\w.]+` ?)+)\|", PAGE, flags=re.MULTILINE)
    table = {name: tuple(re.findall(r"`(.*?)`", suffixes)) for name, suffixes in rows}
    # The page is not the place for every spelling of ".jpeg" and ".txt".
    assert set(table) == set(FORMATS)
    for name, suffixes in table.items():
        assert suffixes == FORMATS[name].suffixes[: len(suffixes)]
