from __future__ import annotations

import struct
from pathlib import Path

import pytest

from inkread.export.fonts import FontFile, characters, choose, font_folders, font_for, installed_fonts


def format_4(codes: list[int]) -> bytes:
    """Return a format 4 part with one segment for each code, the last two with a list of glyphs, one of them empty."""
    firsts = [*codes, 0xFFFF]
    count = len(firsts)
    deltas = [0] * (count - 1) + [1]
    ranges = [0] * count
    glyphs = [7, 0]
    for k, i in enumerate((count - 3, count - 2)):
        # From the number's own place to its glyph: the rest of the numbers, then the glyphs before.
        ranges[i] = 2 * (count - i) + 2 * k
    numbers = [*firsts, 0, *firsts, *deltas, *ranges, *glyphs]
    return struct.pack(f">7H{len(numbers)}H", 4, 14 + 2 * len(numbers), 0, 2 * count, 0, 0, 0, *numbers)


def format_12(groups: list[tuple[int, int, int]]) -> bytes:
    body = b"".join(struct.pack(">III", *group) for group in groups)
    return struct.pack(">HHIII", 12, 0, 16 + len(body), 0, len(groups)) + body


def cmap_of(*parts: tuple[int, int, bytes]) -> bytes:
    table, offset, bodies = struct.pack(">HH", 0, len(parts)), 4 + 8 * len(parts), b""
    for platform, encoding, body in parts:
        table += struct.pack(">HHI", platform, encoding, offset + len(bodies))
        bodies += body
    return table + bodies


def font_file(path: Path, cmap: bytes, start: int = 0) -> bytes:
    tables = struct.pack(">4sIII", b"OS/2", 0, 0, 0) + struct.pack(">4sIII", b"cmap", 0, start + 44, len(cmap))
    data = struct.pack(">IHHHH", 0x00010000, 2, 0, 0, 0) + tables + cmap
    path.write_bytes(data)
    return data


def font(tmp_path: Path, name: str, text: str) -> FontFile:
    path = tmp_path / name
    font_file(path, cmap_of((3, 10, format_12([(ord(c), ord(c), 5) for c in text]))))
    return FontFile(path)


def test_format_4_is_read_with_its_lists_of_glyphs(tmp_path):
    font_file(tmp_path / "a.ttf", cmap_of((3, 1, format_4([0x41, 0x42, 0x43, 0x44]))))

    # D's glyph in the list is 0, the box for what is missing.
    assert characters(FontFile(tmp_path / "a.ttf")) == {0x41, 0x42, 0x43}


def test_format_12_wins_over_format_4_and_the_missing_glyph_does_not_count(tmp_path):
    parts = (
        (3, 1, format_4([0x41, 0x42])),
        (3, 10, format_12([(0x61, 0x63, 1), (0x1F600, 0x1F600, 9), (0x20, 0x21, 0)])),
    )
    font_file(tmp_path / "a.ttf", cmap_of(*parts))

    assert characters(FontFile(tmp_path / "a.ttf")) == {0x61, 0x62, 0x63, 0x1F600, 0x21}


def test_a_table_for_another_encoding_is_not_taken_for_unicode(tmp_path):
    font_file(tmp_path / "a.ttf", cmap_of((3, 0, format_4([0x41, 0x42]))))

    assert characters(FontFile(tmp_path / "a.ttf")) == frozenset()


def test_a_face_of_a_collection_is_read_at_its_place(tmp_path):
    first = font_file(tmp_path / "x", cmap_of((3, 10, format_12([(65, 65, 1)]))), start=20)
    second = font_file(tmp_path / "x", cmap_of((3, 10, format_12([(66, 66, 1)]))), start=20 + len(first))
    header = b"ttcf" + struct.pack(">IIII", 0x00010000, 2, 20, 20 + len(first))
    (tmp_path / "a.ttc").write_bytes(header + first + second)

    assert characters(FontFile(tmp_path / "a.ttc", 0)) == {65}
    assert characters(FontFile(tmp_path / "a.ttc", 1)) == {66}


@pytest.mark.parametrize("keep", [0, 3, 11, 30, 44, 50, 60])
def test_a_damaged_font_has_no_characters(tmp_path, keep):
    data = font_file(tmp_path / "a.ttf", cmap_of((3, 10, format_12([(65, 90, 1)]))))
    (tmp_path / "a.ttf").write_bytes(data[:keep])

    assert characters(FontFile(tmp_path / "a.ttf")) == frozenset()
    assert characters(FontFile(tmp_path / "none.ttf")) == frozenset()


def test_the_first_font_with_every_character_is_taken(tmp_path):
    latin, both = font(tmp_path, "latin.ttf", "abc"), font(tmp_path, "both.ttf", "abc日本")

    assert font_for("abc", (latin, both)) == latin
    assert font_for("a日", (latin, both)) == both
    assert font_for("b a", (latin, both)) == latin
    assert font_for("a\u200db\ufe0f", (latin, both)) == latin


def test_without_a_font_for_all_the_one_that_lacks_fewest_is_taken(tmp_path):
    one, two = font(tmp_path, "1.ttf", "a"), font(tmp_path, "2.ttf", "bc")

    assert font_for("abc", (one, two)) == two
    assert font_for("x", (one, two)) is None
    assert font_for("x", ()) is None


def test_only_known_plain_faces_are_chosen_best_first():
    paths = [
        Path("/f/DejaVuSans.ttf"),
        Path("/f/DejaVuSans-Bold.ttf"),
        Path("/f/NotoSansCJK-Regular.ttc"),
        Path("/f/notosans-regular.TTF"),
        Path("/late/DejaVuSans.ttf"),
        Path("/f/Arial.pfb"),
    ]
    assert [str(chosen.path) for chosen in choose(paths)] == [
        str(Path("/f/notosans-regular.TTF")),
        str(Path("/f/DejaVuSans.ttf")),
        str(Path("/f/NotoSansCJK-Regular.ttc")),
    ]


def test_what_is_installed_has_letters():
    assert font_folders()
    assert all(isinstance(installed, FontFile) for installed in installed_fonts())
    if installed_fonts():
        assert font_for("Total 12.50") is not None
