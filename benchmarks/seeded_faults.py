"""Faults put into good pages, into files, into options and into what a machine says of itself: one cause each.

Letters are drawn here; pages of labelled sets may be given in their place. Nothing is at random but by the name of a
fault.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import cv2
import numpy as np
from conditions import ROOT, BenchmarkError
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from inkread import ReaderOptions
from inkread.diagnosis.machine import Machine, this_machine
from inkread.image import Pixels

sys.path.append(str(ROOT / "tests"))
from pdfs import PdfWriter, shown, text  # the tests' writer of PDFs

DEJAVU = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")
LETTER = (
    "The committee met on the second of March in the small hall",
    "and heard the report of the treasurer for the past year.",
    "Income from members rose to 4,310.50, an increase of 6 %.",
    "Rent and heating were higher than had been expected, and",
    "two repairs of the roof could not be put off any longer.",
    "It was agreed to ask three firms for an offer by April.",
    "The library has lent 1,204 books, most of them to children.",
    "A new shelf was given by Mr Walker, who was thanked warmly.",
    "Any other business: the key of the back door is missing.",
    "The next meeting is on Tuesday the 14th at seven o'clock.",
)
GERMAN = ("Größere Mängel wurden an der Straße nicht festgestellt.", "Für die Prüfung übernimmt der Käufer die Gebühr.")
FRENCH = ("Le café a été livré à l'hôtel où il était attendu.", "Les élèves ont reçu leur diplôme, ça va de soi.")
ARMENIAN = ("Բոլոր մարդիկ ծնվում են ազատ ու հավասար", "իրենց արժանապատվությամբ ու իրավունքներով")
GEORGIAN = ("ყველა ადამიანი იბადება თავისუფალი", "და თანასწორი თავისი ღირსებითა და უფლებებით")


@dataclass(frozen=True)
class Case:
    """What is looked at: a source, the options that it is read with, and the machine."""

    source: str
    options: ReaderOptions | None = None
    machine: Machine | None = None


@dataclass(frozen=True)
class Seed:
    """A fault. expected: the findings of which one must be told.  make: a case in a folder, from good pages."""

    name: str
    expected: tuple[str, ...]
    make: Callable[[Path, Sequence[Pixels]], Case]


def letter(lines: Sequence[str] = LETTER, height_px: int = 26, ink: int = 20, paper: int = 250) -> Pixels:
    """Return a page of lines whose font is so high, (H, W, 3)."""
    font = ImageFont.truetype(DEJAVU, height_px) if DEJAVU.is_file() else ImageFont.load_default(height_px)
    width = round(max(font.getlength(line) for line in lines)) + 6 * height_px
    page = Pillow.new("L", (width, round((1.9 * len(lines) + 5) * height_px)), paper)
    for number, line in enumerate(lines):
        ImageDraw.Draw(page).text((3 * height_px, (2.5 + 1.9 * number) * height_px), line, fill=ink, font=font)
    return np.repeat(np.asarray(page)[:, :, None], 3, axis=2)


def good_pages() -> list[Pixels]:
    """Return the pages that come with the project: a letter that is drawn, and the receipt of the examples."""
    with Pillow.open(ROOT / "examples/receipt.jpg") as receipt:
        return [letter(), np.asarray(receipt.convert("RGB"))]


def seeds() -> list[Seed]:
    """Return all faults. Raises BenchmarkError without a font for scripts that the default model does not read."""
    if not DEJAVU.is_file():
        raise BenchmarkError("there is no font for Armenian: apt-get install fonts-dejavu")
    return [*_of_pictures(), *_of_letters(), *_of_documents(), *_of_files(), *_of_options(), *_of_machines()]


def _of_pictures() -> Iterator[Seed]:
    """Yield what scanners, cameras and messengers do; each to two pages where both can have it."""
    yield _picture("small print, 7 px", ("small-print",), 0, lambda page, _: _resized(page, 7 / 30))
    yield _picture("small print, 9 px", ("small-print",), 1, lambda page, _: _resized(page, 9 / 34))
    yield _picture("upside down", ("turned",), 0, lambda page, _: np.rot90(page, 2))
    yield _picture("on its side", ("turned",), 1, lambda page, _: np.rot90(page))
    yield _picture("crooked by 4 degrees", ("crooked",), 0, lambda page, _: _rotated(page, 4.0))
    yield _picture("crooked by 7 degrees", ("crooked",), 1, lambda page, _: _rotated(page, -7.0))
    yield _picture("out of focus", ("blurred",), 0, lambda page, _: cv2.GaussianBlur(page, (0, 0), 4.5))
    yield _picture("moved while taken", ("blurred",), 1, lambda page, _: _moved(page, 17))
    yield _picture("pale, 45 of 255", ("pale",), 0, lambda page, _: _contrast(page, 45))
    yield _picture("pale, 55 of 255", ("pale",), 1, lambda page, _: _contrast(page, 55))
    yield _picture("a shadow over half of it", ("uneven-light",), 0, lambda page, _: _shadow(page, 0.35))
    yield _picture("light from a corner", ("uneven-light",), 1, lambda page, _: _from_a_corner(page, 0.3))
    yield _picture("grain", ("noisy",), 0, lambda page, random: _grain(page, 25, random))
    yield _picture("specks", ("noisy",), 1, lambda page, random: _specks(page, 0.12, random))
    yield _picture("cut at the left", ("cut-at-the-edge",), 0, lambda page, _: page[:, round(0.12 * page.shape[1]) :])
    yield _picture("cut at the right", ("cut-at-the-edge",), 1, lambda page, _: page[:, : round(0.8 * page.shape[1])])
    yield Seed("compressed to quality 8", ("compressed",), lambda folder, pages: _jpeg(folder, pages[0], 8))
    yield Seed("compressed to quality 15", ("compressed",), lambda folder, pages: _jpeg(folder, pages[1], 15))


def _of_letters() -> Iterator[Seed]:
    """Yield letters that the model, or the language asked for, has not."""
    unread = ("wrong-characters", "missed-text", "nothing-found", "other-letters")
    yield _drawn("Armenian", unread, ARMENIAN * 3, ReaderOptions())
    yield _drawn("Georgian", unread, GEORGIAN * 3, ReaderOptions())
    yield _drawn("German as English", ("other-letters",), GERMAN * 3, ReaderOptions(language="en"))
    yield _drawn("French as English", ("other-letters",), FRENCH * 3, ReaderOptions(language="en"))
    yield _drawn("Welsh, of which letters lack", ("missing-letters",), LETTER, ReaderOptions(language="cy"))


def _of_documents() -> Iterator[Seed]:
    yield Seed("a layer that lies", ("false-layer",), lambda folder, pages: _pdf(folder, pages[0], "auto"))
    yield Seed(
        "a layer that lies, always taken", ("false-layer",), lambda folder, pages: _pdf(folder, pages[0], "always")
    )
    yield Seed("hidden text", ("false-layer",), lambda folder, pages: _hidden(folder))
    yield _picture("a blank page", ("blank",), 0, lambda page, _: np.full_like(page, 244))
    yield _picture("a photograph of nothing", ("nothing-found",), 0, _clouds)


def _of_files() -> Iterator[Seed]:
    yield Seed("a picture cut off", ("not-readable",), lambda folder, pages: _bytes(folder, _as_png(pages[1])[:20_000]))
    yield Seed(
        "a file of another kind", ("not-readable",), lambda folder, pages: _bytes(folder, b"PK\3\4" + b"word" * 99)
    )
    yield Seed("an empty file", ("not-readable",), lambda folder, pages: _bytes(folder, b""))


def _of_options() -> Iterator[Seed]:
    yield _asked("turning switched off", ("turned",), {"enhance": {"turn": "never"}}, lambda page: np.rot90(page, 2))
    yield _asked("a minimum of confidence", ("left-out",), {"min_confidence": 0.999})
    yield _asked("few regions allowed", ("truncated",), {"detect": {"max_regions": 4}})
    yield _asked(
        "a detector that is too strict", ("missed-text",), {"detect": {"box_threshold": 0.92, "missed": "tell"}}
    )
    yield _asked("a GPU that is not there", ("no-device",), {"runtime": {"device": "gpu:0"}})
    yield _asked("a model that is not there", ("no-model",), {"recognizer": "PP-OCRv4_server_rec"})


def _of_machines() -> Iterator[Seed]:
    yield Seed("one thread asked for", ("few-threads",), _one_thread)
    yield Seed(
        "a container with half a processor", ("few-threads", "throttled"), _container(**{"cpu.max": "50000 100000"})
    )
    stopped = "nr_periods 900\nnr_throttled 400\nthrottled_usec 9\n"
    yield Seed("a container that is stopped", ("throttled",), _container(**{"cpu.stat": stopped}))
    yield Seed("a container with 400 MiB", ("little-memory",), _container(**{"memory.max": str(400 << 20)}))
    yield Seed("a graphics card without an engine", ("unused-gpu",), _with_card)


def _picture(
    name: str, expected: tuple[str, ...], which: int, change: Callable[[Pixels, np.random.Generator], Pixels]
) -> Seed:
    def make(folder: Path, pages: Sequence[Pixels]) -> Case:
        random = np.random.default_rng(crc32(name.encode()))
        changed = np.ascontiguousarray(change(pages[which], random))
        return _bytes(folder, _as_png(changed))

    return Seed(name, expected, make)


def _drawn(name: str, expected: tuple[str, ...], lines: Sequence[str], options: ReaderOptions) -> Seed:
    def make(folder: Path, pages: Sequence[Pixels]) -> Case:
        return Case(_bytes(folder, _as_png(letter(lines))).source, options)

    return Seed(name, expected, make)


def _asked(
    name: str,
    expected: tuple[str, ...],
    values: dict[str, object],
    change: Callable[[Pixels], Pixels] = lambda page: page,
) -> Seed:
    def make(folder: Path, pages: Sequence[Pixels]) -> Case:
        source = _bytes(folder, _as_png(np.ascontiguousarray(change(pages[0])))).source
        return Case(source, ReaderOptions(**values))

    return Seed(name, expected, make)


def _container(**files: str) -> Callable[[Path, Sequence[Pixels]], Case]:
    def make(folder: Path, pages: Sequence[Pixels]) -> Case:
        for name, content in files.items():
            (folder / name).write_text(content)
        case = _bytes(folder, _as_png(pages[0]))
        return Case(case.source, machine=this_machine(folder))

    return make


def _one_thread(folder: Path, pages: Sequence[Pixels]) -> Case:
    source = _bytes(folder, _as_png(pages[0])).source
    return Case(source, ReaderOptions(runtime={"threads": 1}), Machine(processors=4, threads=4))


def _with_card(folder: Path, pages: Sequence[Pixels]) -> Case:
    (folder / "nvidia").mkdir()
    return Case(_bytes(folder, _as_png(pages[0])).source, machine=this_machine(drivers=folder))


def _bytes(folder: Path, content: bytes) -> Case:
    path = folder / "page"
    path.write_bytes(content)
    return Case(str(path))


def _as_png(pixels: Pixels) -> bytes:
    stream = io.BytesIO()
    Pillow.fromarray(pixels).save(stream, "PNG", compress_level=1)
    return stream.getvalue()


def _jpeg(folder: Path, page: Pixels, quality: int) -> Case:
    Pillow.fromarray(page).save(folder / "page.jpg", quality=quality)
    return Case(str(folder / "page.jpg"))


def _pdf(folder: Path, page: Pixels, text_layer: str) -> Case:
    """Save a page as a scan over which other words lie, invisible."""
    height, width = (side / 2 for side in page.shape[:2])
    writer = PdfWriter()
    lies = [
        text(40, height - 46 - 25 * i, line[::-1], size=11, mode=3)  # where the lines of the letter are
        for i, line in enumerate(LETTER)
    ]
    drawn = shown(0, 0, 0, width, height) + "".join(lies)
    writer.page(drawn, (width, height), pictures=[writer.picture(page)])
    (folder / "page.pdf").write_bytes(writer.content())
    return Case(str(folder / "page.pdf"), ReaderOptions(load={"text_layer": text_layer}))


def _hidden(folder: Path) -> Case:
    """Save a page with text of its own that can be seen, and text in white that cannot."""
    writer = PdfWriter()
    seen = [text(60, 760 - 24 * i, line, size=12) for i, line in enumerate(LETTER)]
    unseen = [text(60, 400 - 24 * i, line, size=12, before="1 g") for i, line in enumerate(LETTER[:4])]
    writer.page("".join((*seen, *unseen)))
    (folder / "page.pdf").write_bytes(writer.content())
    return Case(str(folder / "page.pdf"))


def _resized(page: Pixels, factor: float) -> Pixels:
    return cv2.resize(page, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)


def _rotated(page: Pixels, degrees: float) -> Pixels:
    height, width = page.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 0.85)
    return cv2.warpAffine(page, matrix, (width, height), borderValue=(235, 235, 235))


def _moved(page: Pixels, by: int) -> Pixels:
    kernel = np.zeros((by, by), np.float32)
    kernel[by // 2] = 1 / by
    return cv2.filter2D(page, -1, kernel)


def _contrast(page: Pixels, span: int) -> Pixels:
    return (215 - span + page.astype(np.float32) * span / 255).astype(np.uint8)


def _shadow(page: Pixels, darkest: float) -> Pixels:
    x = np.linspace(0, 1, page.shape[1], dtype=np.float32)
    light = 1 - (1 - darkest) / (1 + np.exp(-(x - 0.5) * 30))
    return (page * light[None, :, None]).astype(np.uint8)


def _from_a_corner(page: Pixels, darkest: float) -> Pixels:
    y, x = np.mgrid[0 : 1 : page.shape[0] * 1j, 0 : 1 : page.shape[1] * 1j]
    return (page * (1 - (1 - darkest) * (x + y)[..., None] / 2)).astype(np.uint8)


def _grain(page: Pixels, sigma: float, random: np.random.Generator) -> Pixels:
    return np.clip(page + random.normal(0, sigma, page.shape[:2])[..., None], 0, 255).astype(np.uint8)


def _specks(page: Pixels, share: float, random: np.random.Generator) -> Pixels:
    found = random.random(page.shape[:2])
    changed = page.copy()
    changed[found < share / 2] = 0
    changed[found > 1 - share / 2] = 255
    return changed


def _clouds(page: Pixels, random: np.random.Generator) -> Pixels:
    small = random.integers(0, 256, (12, 16, 3), dtype=np.uint8)
    return cv2.resize(small, (page.shape[1], page.shape[0]), interpolation=cv2.INTER_CUBIC)
