"""A plug-in for OCRmyPDF: its command, its pages and its PDF/A, with the text that inkread reads.

`ocrmypdf --plugin inkread.dialects.ocrmypdf in.pdf out.pdf`, or without the option where both are installed.
Written against OCRmyPDF 17; nothing else in inkread needs it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

from ocrmypdf import hookimpl
from ocrmypdf.exceptions import BadArgsError, ExitCodeException
from ocrmypdf.pluginspec import OcrEngine, OrientationConfidence

from inkread import __version__
from inkread.document import Document, Page
from inkread.errors import InkreadError, LanguageError
from inkread.pipeline import Reader

# What OCRmyPDF calls the languages (ISO 639-2, with the script where there are several), and BCP-47.
LANGUAGES: Final = {
    **{"afr": "af", "ara": "ar", "aze": "az", "bel": "be", "bos": "bs", "bul": "bg", "cat": "ca", "ces": "cs"},
    **{"chi_sim": "zh-Hans", "chi_tra": "zh-Hant", "cym": "cy", "dan": "da", "deu": "de", "ell": "el", "eng": "en"},
    **{"est": "et", "eus": "eu", "fas": "fa", "fil": "tl", "fin": "fi", "fra": "fr", "gle": "ga", "glg": "gl"},
    **{"heb": "he", "hin": "hi", "hrv": "hr", "hun": "hu", "ind": "id", "isl": "is", "ita": "it", "jpn": "ja"},
    **{"kan": "kn", "kor": "ko", "lat": "la", "lav": "lv", "lit": "lt", "ltz": "lb", "mar": "mr", "mlt": "mt"},
    **{"mon": "mn", "mri": "mi", "msa": "ms", "nep": "ne", "nld": "nl", "nor": "no", "oci": "oc", "pol": "pl"},
    **{"por": "pt", "que": "qu", "ron": "ro", "rus": "ru", "slk": "sk", "slv": "sl", "spa": "es", "sqi": "sq"},
    **{"srp_latn": "sr-Latn", "swa": "sw", "swe": "sv", "tam": "ta", "tel": "te", "tha": "th", "tur": "tr"},
    **{"uig": "ug", "ukr": "uk", "urd": "ur", "uzb": "uz", "vie": "vi"},
}
# Its scale: 15 is as sure as can be.
_SURE: Final = 15.0
# The name under which it takes a font over from a page of text.
_FONT: Final = "F1"


class InkreadEngine(OcrEngine):
    """Reads page images for OCRmyPDF."""

    @staticmethod
    def version() -> str:
        """Return inkread's version."""
        return __version__

    @staticmethod
    def creator_tag(options: Any) -> str:
        """Return what stands in the PDF's metadata."""
        return f"inkread {__version__}"

    def __str__(self) -> str:
        return f"inkread {__version__}"

    @staticmethod
    def languages(options: Any) -> set[str]:
        """Return the languages, by OCRmyPDF's names, that the models on this machine read."""
        from inkread.registry.store import Store

        cards = [model.card for model in Store().installed() if model.card.task == "recognition"]
        return {name for name, language in LANGUAGES.items() if any(card.reads(language) for card in cards)}

    @staticmethod
    def get_orientation(input_file: Path, options: Any) -> OrientationConfidence:
        """Return how far clockwise a page image must be turned; sure wherever there is text."""
        page = _read(input_file, options)
        return OrientationConfidence(page.turned_deg, _SURE if page.lines else 0.0)

    @staticmethod
    def get_deskew(input_file: Path, options: Any) -> float:
        """Return how far counterclockwise a page image must be turned for its lines to run level, degrees."""
        from inkread.enhance.skew import skew_deg
        from inkread.load import source as sources

        with _told(), sources.open(input_file) as opened:
            return skew_deg(opened[0])

    @staticmethod
    def generate_hocr(input_file: Path, output_hocr: Path, output_text: Path, options: Any) -> None:
        """Write what is read in a page image as hOCR and as text."""
        from inkread.export.hocr import to_hocr

        page = _read(input_file, options)
        output_hocr.write_text(to_hocr(Document((page,), str(input_file))), encoding="utf-8")
        _write_text(page, output_text)

    @staticmethod
    def generate_pdf(input_file: Path, output_pdf: Path, output_text: Path, options: Any) -> None:
        """Write what is read in a page image as a page that holds its text and shows nothing, and as text."""
        from inkread.export.pdf.searchable import text_pdf

        page = _read(input_file, options)
        with output_pdf.open("wb") as file:
            text_pdf(page, file, font=_FONT)
        _write_text(page, output_text)


@hookimpl
def get_ocr_engine(options: Any = None) -> InkreadEngine | None:
    """Read with inkread unless another engine is named."""
    return InkreadEngine() if getattr(options, "ocr_engine", "auto") == "auto" else None


@hookimpl
def check_options(options: Any) -> None:
    """Have inkread write the layer itself, where no other renderer is asked for: its words stand where they are."""
    if options.ocr_engine == "auto" and options.pdf_renderer == "auto":
        options.pdf_renderer = "sandwich"


# What the entry point gives: another thing than this module, which would not be taken twice, here and as --plugin.
entry_point: Final = SimpleNamespace(get_ocr_engine=get_ocr_engine, check_options=check_options)


def _read(image: Path, options: Any) -> Page:
    """Return what is read on the one page of an image file."""
    if not options.verbose:
        # It prints what any library tells; what ours tells of each page is for those who look for a fault.
        logging.getLogger("inkread").setLevel(logging.WARNING)
    with _told():
        reader = _reader(tuple(options.languages or ()), _threads(options))
        return reader.read(image)[0]


@cache
def _reader(languages: Sequence[str], threads: int) -> Reader:
    """Return the reader of this process for these languages."""
    from inkread.options import ReaderOptions, RuntimeOptions

    asked = tuple(LANGUAGES.get(name, name) for name in languages)
    return Reader(ReaderOptions(language=asked, runtime=RuntimeOptions(threads=threads)))


def _threads(options: Any) -> int:
    """Return how many threads a page may keep busy: OCRmyPDF reads as many pages at once as it has jobs."""
    from inkread.runtime.threads import available_threads

    available = available_threads()
    return max(1, available // (options.jobs or available))


def _write_text(page: Page, file: Path) -> None:
    file.write_text(page.text + "\n" if page.text else "", encoding="utf-8", errors="replace")


@contextmanager
def _told() -> Iterator[None]:
    """Tell an error as OCRmyPDF does: one line, and an exit code."""
    try:
        yield
    except LanguageError as error:
        raise BadArgsError(str(error)) from error
    except InkreadError as error:
        raise ExitCodeException(str(error)) from error
