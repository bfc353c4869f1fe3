import io
import re

import pytest

from inkread.export.pdf.objects import ObjectWriter, dictionary, literal_string, number, reference


@pytest.mark.parametrize(
    ("value", "text"), [(1, "1"), (0.5, "0.5"), (-0.00001, "0"), (1e-7, "0"), (1e9, "1000000000"), (2.50004, "2.5")]
)
def test_numbers_have_no_exponent_and_no_idle_zeros(value, text):
    assert number(value) == text


def test_what_ends_a_string_is_escaped():
    assert literal_string(b"a(b)\\\r") == b"(a\\(b\\)\\\\\\r)"


def test_a_dictionary_takes_numbers_and_what_is_written_already():
    assert dictionary({"A": 1, "B": 0.5, "C": reference(3), "D": "/E"}) == b"<</A 1/B 0.5/C 3 0 R/D /E>>"


@pytest.mark.parametrize("as_stream", [False, True])
def test_offsets_point_at_the_objects(as_stream):
    file = io.BytesIO()
    file.write(b"%PDF-1.7\n")
    writer = ObjectWriter(file)
    later = writer.reserve()
    first = writer.add(b"(first)")
    writer.add_deflated(b"content", number=later)
    writer.finish({"Root": reference(first)}, as_stream=as_stream)

    content = file.getvalue()
    start = int(re.search(rb"startxref\n(\d+)\n%%EOF\n$", content)[1])
    assert content[start:].startswith(b"3 0 obj" if as_stream else b"xref\n0 3\n")
    if not as_stream:
        offsets = [int(row) for row in re.findall(rb"(\d{10}) 00000 n ", content)]
        assert [content[offset : offset + 7] for offset in offsets] == [b"1 0 obj", b"2 0 obj"]


def test_an_increment_lists_only_what_is_new_and_counts_from_the_pdf_s_origin():
    file = io.BytesIO(b"junk" + bytes(96))
    file.seek(100)
    writer = ObjectWriter(file, first=10, origin=4)
    writer.add(b"(new page)", 3, 2)
    writer.add(b"(new)")
    writer.finish({"Root": "1 0 R"}, as_stream=False, previous=50)

    section = file.getvalue()[file.getvalue().index(b"xref") :]
    assert section.startswith(b"xref\n3 1\n0000000096 00002 n \n10 1\n")
    assert b"/Size 11/Prev 50" in section
