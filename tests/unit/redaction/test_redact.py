"""What was to go can neither be seen nor found in the copy, and where that is not so there is no copy."""

import io
import json
import re
from pathlib import Path

import numpy as np
import pikepdf
import pypdfium2 as pdfium
import pytest
from laid import found_in, page
from pdfs import PdfWriter, text
from PIL import Image as Pillow

from inkread import Reader
from inkread import redact as inkread_redact
from inkread.errors import FormatError, LimitError, OptionError, OutputError, RedactionError
from inkread.geometry import Quad
from inkread.image import Image
from inkread.options import DetectOptions, ReaderOptions
from inkread.redaction import redact as module
from inkread.redaction.burning import Burnt

SIZE = (420, 300)
SECRET = "Quixote"


@pytest.fixture(scope="module")
def reader():
    with Reader() as made:
        yield made


@pytest.fixture
def redact(reader):
    """The call, with networks that stay loaded from test to test."""

    def run(source, output, patterns=(), *, options: ReaderOptions | None = None, **how):
        with reader.with_options(options or reader.options) as other:
            return inkread_redact(source, output, patterns, reader=other, **how)

    return run


def letter(*lines: str, size: float = 14, extra: str = "") -> PdfWriter:
    """A page with these lines."""
    writer = PdfWriter()
    drawing = "".join(text(30, 260 - 2 * size * i, each, size=size) for i, each in enumerate(lines))
    writer.page(drawing, SIZE, extra=extra)
    return writer


def saved(tmp_path: Path, writer: PdfWriter, name: str = "in.pdf") -> Path:
    (tmp_path / name).write_bytes(writer.content())
    return tmp_path / name


def text_of(path: Path, number: int = 1) -> str:
    return found_in(path, page([], number=number)).text


def everything_in(path: Path) -> bytes:
    """All bytes of a PDF, its streams unpacked."""
    parts = [path.read_bytes()]
    with pikepdf.open(path) as pdf:
        for each in pdf.objects:
            parts.append(each.unparse(resolved=True) if not isinstance(each, pikepdf.Stream) else b"")
            if isinstance(each, pikepdf.Stream) and each.get("/Subtype") != "/Image":
                parts.append(each.read_bytes())
    return b"\n".join(parts)


def holds(content: bytes, secret: str = SECRET) -> bool:
    forms = [secret.encode(), secret.encode("utf-16-be"), secret.encode("utf-16-le"), secret.encode().hex().encode()]
    return any(form.lower() in content.lower() for form in forms)


def rendered(path: Path, dpi: float = 200) -> np.ndarray:
    document = pdfium.PdfDocument(path)
    pixels = document[0].render(scale=dpi / 72).to_numpy().copy()
    document.close()
    return pixels[:, :, :3]


def test_a_match_is_gone_and_the_rest_is_there(redact, tmp_path):
    source = saved(tmp_path, letter(f"Dear {SECRET} and others", "your account DE89 3704 0044 0532 0130 00", "Yours"))

    report = redact(source, tmp_path / "out.pdf", [SECRET], presets=["iban"])

    left = text_of(tmp_path / "out.pdf")
    assert re.sub(r"\s+", " ", left).strip() == "Dear and others your account Yours"
    assert not holds(everything_in(tmp_path / "out.pdf"))
    assert sorted(match.pattern for match in report.pages[0].matches) == ["iban", "pattern 1"]
    assert report.count == 2
    assert all(match.text is None and match.boxes for match in report.pages[0].matches)


@pytest.mark.parametrize(
    ("lines", "pattern"),
    [
        (["see Don", f"{SECRET} there"], f"Don {SECRET}"),
        (["see Qui-", "xote there"], SECRET),
        (["mail to quixote@", "mancha.example now"], r"quixote@mancha\.example"),
        (["see QUIXOTE there"], f"(?i){SECRET}"),
    ],
    ids=["a line end", "a hyphen", "an address over two lines", "capitals"],
)
def test_a_match_over_words_and_lines_is_gone(redact, tmp_path, lines, pattern):
    source = saved(tmp_path, letter(*lines, "last line"))

    report = redact(source, tmp_path / "out.pdf", [pattern])

    left = text_of(tmp_path / "out.pdf").casefold()
    assert report.count == 1
    assert "xote" not in left
    assert "last line" in left


def test_capitals_match_small_letters_where_asked(redact, tmp_path):
    source = saved(tmp_path, letter("see QUIXOTE there"))
    assert redact(source, tmp_path / "a.pdf", [SECRET]).count == 0
    assert redact(source, tmp_path / "b.pdf", [SECRET], ignore_case=True).count == 1


def test_text_that_nobody_sees_is_gone_too(redact, tmp_path):
    writer = PdfWriter()
    writer.page(text(30, 200, "seen by all") + text(30, 100, f"hidden {SECRET}", mode=3), SIZE)
    source = saved(tmp_path, writer)

    report = redact(source, tmp_path / "out.pdf", [SECRET])

    assert report.count == 1
    assert text_of(tmp_path / "out.pdf").split() == ["seen", "by", "all"]
    assert not holds(everything_in(tmp_path / "out.pdf"))


def test_nothing_of_a_pdf_is_carried_over(redact, tmp_path):
    with pikepdf.open(io.BytesIO(letter("plain text of a letter").content())) as pdf:
        pdf.docinfo["/Title"] = SECRET
        pdf.docinfo["/Author"] = "\u00e9" + SECRET
        with pdf.open_metadata() as meta:
            meta["dc:description"] = SECRET
        pdf.attachments["notes.txt"] = f"about {SECRET}".encode()
        note = pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Text, Contents=SECRET)
        note.Rect, note.F = [10, 10, 20, 20], 2
        pdf.pages[0].obj.Annots = pdf.make_indirect(pikepdf.Array([pdf.make_indirect(note)]))
        pdf.pages[0].obj.PieceInfo = pikepdf.Dictionary(App=pikepdf.Dictionary(Private=SECRET))
        pdf.pages[0].obj.Thumb = pikepdf.Stream(pdf, SECRET.encode())
        pdf.Root.Names.JavaScript = pikepdf.Dictionary(Names=[SECRET, pikepdf.Dictionary(S=pikepdf.Name.JavaScript)])
        with pdf.open_outline() as outline:
            outline.root.append(pikepdf.OutlineItem(SECRET, 0))
        pdf.save(tmp_path / "in.pdf")
    assert holds(everything_in(tmp_path / "in.pdf"))

    redact(tmp_path / "in.pdf", tmp_path / "out.pdf", ["nothing like it"])

    assert not holds(everything_in(tmp_path / "out.pdf"))
    assert "plain text of a letter" in text_of(tmp_path / "out.pdf")


def test_an_earlier_version_inside_a_pdf_is_gone(redact, tmp_path):
    """An increment that replaced a page still holds what stood there before."""
    first = letter(f"by {SECRET}").content()
    (tmp_path / "in.pdf").write_bytes(first)
    with pikepdf.open(tmp_path / "in.pdf") as pdf:
        size = int(pdf.trailer.Size)
    body = b"BT /F0 14 Tf 30 200 Td (by nobody) Tj ET"
    added = b"3 0 obj\n<</Length %d>>stream\n%s\nendstream\nendobj\n" % (len(body), body)
    number = re.search(rb"/Contents (\d+) 0 R", first)[1]
    added = added.replace(b"3 0 obj", number + b" 0 obj", 1)
    table = b"xref\n%s 1\n%010d 00000 n \n" % (number, len(first))
    previous = re.findall(rb"startxref\n(\d+)", first)[-1]
    trailer = b"trailer<</Size %d/Root 1 0 R/Prev %s>>\nstartxref\n%d\n%%%%EOF\n" % (
        size,
        previous,
        len(first) + len(added),
    )
    (tmp_path / "in.pdf").write_bytes(first + added + table + trailer)
    assert "by nobody" in text_of(tmp_path / "in.pdf")

    redact(tmp_path / "in.pdf", tmp_path / "out.pdf", [SECRET])

    assert not holds(everything_in(tmp_path / "out.pdf"))
    assert "by nobody" in text_of(tmp_path / "out.pdf")


@pytest.mark.parametrize(
    ("size", "turn", "slope"),
    [(7, "", 0.0), (10, "/Rotate 90", 0.0), (18, "", 0.05), (40, "", 0.0)],
    ids=["small", "turned", "askew", "large"],
)
def test_no_edge_of_a_glyph_is_left(redact, tmp_path, size, turn, slope):
    """Every pixel in which pages with and without the word differ is black in the copy."""
    word = "Qfjgpyxote"
    turned = f"{(1 - slope**2) ** 0.5:.5f} {slope} {-slope} {(1 - slope**2) ** 0.5:.5f} 0 0 cm"
    line = [text(20, 150, "see", size=size, before=turned), text(20 + 2.5 * size, 150, word, size=size, before=turned)]
    rest = text(20, 90, "and more", size=size, before=turned)
    for name, drawing in (("with", "".join(line) + rest), ("without", line[0] + rest)):
        writer = PdfWriter()
        writer.page(drawing, SIZE, extra=turn)
        saved(tmp_path, writer, f"{name}.pdf")

    redact(tmp_path / "with.pdf", tmp_path / "out.pdf", [word], options=ReaderOptions(load={"dpi": 200}))

    differs = (rendered(tmp_path / "with.pdf") != rendered(tmp_path / "without.pdf")).any(axis=2)
    assert differs.any()
    assert rendered(tmp_path / "out.pdf")[differs].max() == 0


def test_no_edge_is_left_in_a_picture_on_its_side(redact, tmp_path):
    with_it, without = (
        np.rot90(rendered(saved(tmp_path, letter("one of many lines", f"seen by {word}", "and another line"))))
        for word in (SECRET, "")
    )
    Pillow.fromarray(with_it).save(tmp_path / "in.png")

    assert redact(tmp_path / "in.png", tmp_path / "out.png", [SECRET]).count == 1

    differs = (with_it != without).any(axis=2)
    assert differs.any()
    assert np.asarray(Pillow.open(tmp_path / "out.png"))[differs].max() == 0


def test_matches_close_to_each_other_are_all_counted(redact, tmp_path):
    writer = PdfWriter()
    writer.page("".join(text(30, 200 - 12 * i, f"{SECRET} {SECRET}") for i in range(3)), SIZE)
    assert redact(saved(tmp_path, writer), tmp_path / "out.pdf", [SECRET]).count == 6


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".pdf"])
def test_a_picture_becomes_a_picture_without_the_rest_of_its_file(redact, tmp_path, suffix):
    pixels = rendered(saved(tmp_path, letter(f"Dear {SECRET} and all", "others stay")))
    exif = Pillow.Exif()
    exif[0x010E] = f"a letter to {SECRET}"
    Pillow.fromarray(pixels).save(tmp_path / "in.jpg", quality=95, exif=exif, comment=SECRET.encode(), dpi=(200, 200))
    assert holds((tmp_path / "in.jpg").read_bytes())
    out = tmp_path / f"out{suffix}"

    report = redact(tmp_path / "in.jpg", out, [SECRET])

    assert report.count == 1
    assert not holds(out.read_bytes())
    if suffix == ".pdf":
        assert text_of(out).split() == ["Dear", "and", "all", "others", "stay"]
        return
    picture = Pillow.open(out)
    assert picture.size == pixels.shape[1::-1]
    assert set(picture.info) <= {"dpi", "jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert round(picture.info["dpi"][0]) == 200
    left, top, right, bottom = map(int, report.pages[0].matches[0].boxes[0])
    assert np.asarray(picture)[top + 2 : bottom - 2, left + 2 : right - 2].max() < 30


def test_every_page_is_in_the_copy_and_the_report_says_where(redact, tmp_path):
    writer = letter("first page")
    writer.page(text(30, 200, f"of {SECRET} twice {SECRET}"), SIZE)
    writer.page("", SIZE)

    report = redact(saved(tmp_path, writer), tmp_path / "out.pdf", [SECRET], show_text=True)

    told = report.to_dict()
    assert json.loads(json.dumps(told)) == told
    assert [len(each["matches"]) for each in told["pages"]] == [0, 2, 0]
    assert {match["text"] for match in told["pages"][1]["matches"]} == {SECRET}
    assert told["matches"] == 2
    assert told["still_found"] == 0
    assert text_of(tmp_path / "out.pdf", 2).split() == ["of", "twice"]


def test_only_the_pages_asked_for_are_in_the_copy(redact, tmp_path):
    writer = letter(f"by {SECRET}")
    writer.page(text(30, 200, "second"), SIZE)
    report = redact(saved(tmp_path, writer), tmp_path / "out.pdf", [SECRET], options=ReaderOptions(load={"pages": "2"}))
    assert [each.number for each in report.pages] == [2]
    assert text_of(tmp_path / "out.pdf").strip() == "second"


class _Leaky(Burnt):
    """Paints nothing over."""

    def burn(self, image: Image) -> Image:
        return image


class _Blind(Burnt):
    """Sees what is painted over."""

    def hide(self, image: Image) -> Image:
        return image

    def share(self, quad: Quad) -> float:
        return 0.0


def test_what_does_not_go_is_an_error_and_no_file(redact, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "Burnt", _Blind)
    source = saved(tmp_path, letter(f"by {SECRET}"))
    with pytest.raises(RedactionError, match=r"match on page 1 however often .*nothing is written"):
        redact(source, tmp_path / "out.pdf", [SECRET])
    assert [path.name for path in tmp_path.iterdir()] == ["in.pdf"]


def test_what_still_shows_in_the_file_is_an_error_and_no_file(redact, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "Burnt", _Leaky)
    source = saved(tmp_path, letter(f"by {SECRET}"))
    with pytest.raises(RedactionError, match=r"page 1 of \"out.pdf\" shows something where it was painted over"):
        redact(source, tmp_path / "out.pdf", [SECRET])
    assert [path.name for path in tmp_path.iterdir()] == ["in.pdf"]


def test_what_is_still_found_in_the_file_is_an_error_and_no_file(redact, tmp_path, monkeypatch):
    class Restoring(module._PictureFile):
        """Shows the secret each time at another place."""

        def add(self, page, image=None):
            nonlocal shown
            shown = np.roll(shown, 120, axis=0)
            super().add(page, Image(shown))

    source = saved(tmp_path, letter(f"by {SECRET}"))
    shown = rendered(source)
    monkeypatch.setattr(module, "_PictureFile", Restoring)
    monkeypatch.setattr(Burnt, "is_blank", lambda self, pixels: True)
    with pytest.raises(RedactionError, match=r"still match on 1 pages \(1\) after 3 attempts; nothing is written"):
        redact(source, tmp_path / "out.png", [SECRET], options=ReaderOptions(load={"dpi": 200}))
    assert [path.name for path in tmp_path.iterdir()] == ["in.pdf"]


def test_what_is_found_late_is_burnt_in_another_attempt(redact, tmp_path, monkeypatch):
    """The first time it is overlooked on the page, and seen in the copy."""
    real, calls = module.search, []

    def overlooks(matcher, runs, where):
        calls.append(where)
        return [] if calls.count("page 1") <= 2 and where == "page 1" else real(matcher, runs, where)

    monkeypatch.setattr(module, "search", overlooks)

    report = redact(saved(tmp_path, letter(f"by {SECRET}")), tmp_path / "out.pdf", [SECRET])

    assert report.attempts == 2
    assert report.count == 1
    assert text_of(tmp_path / "out.pdf").strip() == "by"


@pytest.mark.parametrize("overwrite", [False, True])
def test_the_input_is_never_the_output(redact, tmp_path, overwrite):
    source = saved(tmp_path, letter("a"))
    before = source.read_bytes()
    (tmp_path / "link.pdf").symlink_to(source)
    for output in (source, tmp_path / "link.pdf"):
        with pytest.raises(OutputError, match="is an input"):
            redact(source, output, ["a"], overwrite=overwrite)
    assert source.read_bytes() == before


def test_a_picture_of_a_folder_is_never_the_output(redact, tmp_path):
    (tmp_path / "in").mkdir()
    Pillow.new("RGB", (60, 40), "white").save(tmp_path / "in" / "a.png")
    before = (tmp_path / "in" / "a.png").read_bytes()
    with pytest.raises(OutputError, match="is an input"):
        redact(tmp_path / "in", tmp_path / "in" / "a.png", ["a"], overwrite=True)
    assert (tmp_path / "in" / "a.png").read_bytes() == before


def test_nothing_is_overwritten_unasked(redact, tmp_path):
    (tmp_path / "out.pdf").write_bytes(b"precious")
    with pytest.raises(OutputError, match="exists already"):
        redact(saved(tmp_path, letter("a")), tmp_path / "out.pdf", ["b"])
    assert (tmp_path / "out.pdf").read_bytes() == b"precious"


def test_a_copy_has_a_format_that_holds_it(redact, tmp_path):
    writer = letter("one")
    writer.page("", SIZE)
    with pytest.raises(FormatError, match=r"has 2 pages, and a PNG holds one: write a .pdf"):
        redact(saved(tmp_path, writer), tmp_path / "out.png", ["a"])
    with pytest.raises(FormatError, match=r"end it in one of .pdf, .png"):
        redact(saved(tmp_path, writer), tmp_path / "out.txt", ["a"])
    assert [path.name for path in tmp_path.iterdir()] == ["in.pdf"]


def test_wrong_patterns_are_told_before_anything_is_read(redact, tmp_path):
    with pytest.raises(OptionError, match="no regular expression"):
        redact(tmp_path / "none.pdf", tmp_path / "out.pdf", ["("])


def test_a_page_that_is_not_read_to_its_end_is_not_redacted(redact, tmp_path):
    source = saved(tmp_path, letter("one", "two", "three"))
    options = ReaderOptions(detect=DetectOptions(max_regions=2))
    with pytest.raises(LimitError, match="more text than is read of one page"):
        redact(source, tmp_path / "out.pdf", ["one"], options=options)
    assert not (tmp_path / "out.pdf").exists()


def test_a_page_that_is_not_read_in_time_is_not_redacted(redact, tmp_path):
    source = saved(tmp_path, letter("one", "two", "three"))
    options = ReaderOptions(limits={"deadline_s": 0.001}, load={"text_layer": "never"})
    with pytest.raises(LimitError, match=r"not read as well as it can be within its limits \(.*partial"):
        redact(source, tmp_path / "out.pdf", ["one"], options=options)
    assert not (tmp_path / "out.pdf").exists()


def test_lines_of_low_confidence_are_searched_too(redact, tmp_path):
    source = saved(tmp_path, letter(f"by {SECRET}"))
    options = ReaderOptions(min_confidence=1.0, load={"text_layer": "never"})
    assert redact(source, tmp_path / "out.pdf", [SECRET], options=options).count == 1
