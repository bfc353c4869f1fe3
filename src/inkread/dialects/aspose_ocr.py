"""Aspose.OCR: its engines, pictures and languages, in Python's names and in those of C#, read by inkread.

    import inkread.dialects.aspose_ocr as ocr

| theirs | here |
|---|---|
| `OcrEngine()` | a `Reader` on the processor, one for each language that is asked for |
| `GpuOcrEngine()`, `device_id` | a `Reader` on `gpu:N`; GpuDeviceNotFoundError, when it reads, where there is none |
| `max_memory_mb` | `runtime.device_memory_mb`, kept by torch; a warning where no torch runs on that GPU |
| `OcrImage.from_file`, `from_stream`, `Image.load(path, page_index)` | a page of `inkread.open`, its own pixels |
| `crop`, `resize`, `dispose` | `Image.crop`, `Image.resize`; places in the result stay those of the page |
| `recognize(image, language)` | `Reader.read_page`; a GPU's and a processor's engine take the same |
| `engine.image = ...; engine.recognize(); engine.recognized_text` | the same, on the engine |
| `OcrLanguage.French` | the tag "fr": any English name of `inkread languages`; tags and .traineddata files too |
| `result.text`, `result.confidence`, `result.lines` | those of the page; each line has its own confidence |
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from threading import Lock
from types import TracebackType
from typing import Any, Final, Literal

from inkread.dialects.arguments import ArgumentError, OcrLanguage, named, only
from inkread.document import Line, Page
from inkread.errors import ClosedError, DeviceError, InputError
from inkread.geometry import Box
from inkread.image import Image as PageImage
from inkread.load.source import open as open_source
from inkread.options import LEAST_DEVICE_MEMORY_MB, LoadOptions, ReaderOptions, RuntimeOptions
from inkread.pipeline import Reader
from inkread.runtime.open import devices, engines_with

# C#'s names, and ours.
PASCAL_CASE: Final = {
    "Confidence": "confidence",
    "Crop": "crop",
    "DeviceId": "device_id",
    "Dispose": "dispose",
    "FromFile": "from_file",
    "FromStream": "from_stream",
    "Image": "image",
    "Language": "language",
    "Lines": "lines",
    "Load": "load",
    "MaxMemoryMb": "max_memory_mb",
    "Recognize": "recognize",
    "RecognizedText": "recognized_text",
    "Resize": "resize",
    "Text": "text",
}


class _AnswersToPascalCase:
    """Has its names in PascalCase too; a name that it has in neither case is an AttributeError that tells them."""

    def __getattr__(self, name: str) -> Any:
        if name in PASCAL_CASE and hasattr(type(self), PASCAL_CASE[name]):
            return getattr(self, PASCAL_CASE[name])
        raise AttributeError(f"{type(self).__name__} has no {name!r}: it has {', '.join(_names_of(type(self)))}")

    def __setattr__(self, name: str, value: object) -> None:
        known = PASCAL_CASE.get(name, name)
        if not known.startswith("_") and known not in _names_of(type(self)):
            raise AttributeError(f"{type(self).__name__} has no {name!r}: it has {', '.join(_names_of(type(self)))}")
        object.__setattr__(self, known, value)


def _names_of(kind: type) -> list[str]:
    return sorted(name for name in dir(kind) if not name.startswith("_") and name not in PASCAL_CASE)


class GpuUnavailableError(DeviceError):
    """No GPU can be used here."""


class GpuDeviceNotFoundError(GpuUnavailableError):
    """There is no GPU of this number. device_id: that was asked for.  available: the numbers that are here."""

    def __init__(self, message: str, *, remedy: str = "", device_id: int = 0, available: tuple[int, ...] = ()) -> None:
        super().__init__(message, remedy=remedy)
        self.device_id = device_id
        self.available = available


GpuDeviceNotFoundException = GpuDeviceNotFoundError


Language = OcrLanguage


class OcrImage(_AnswersToPascalCase):
    """A page's picture that is not read yet; any engine may read it, and more than once."""

    def __init__(self, image: PageImage) -> None:
        self._image: PageImage | None = image

    @classmethod
    @named
    def load(cls, path: str | os.PathLike[str], page_index: int = 0) -> OcrImage:
        """Return a page of a picture or PDF, counted from 0. Raises InputError where there is none."""
        if page_index < 0:
            raise ArgumentError(f"page_index is {page_index}", remedy="count pages from 0")
        try:
            with open_source(path, options=LoadOptions(pages=str(page_index + 1))) as source:
                return cls(source[0])
        except IndexError as error:
            raise InputError(f'"{path}" has no page {page_index}') from error

    @classmethod
    @named
    def from_file(cls, path: str | os.PathLike[str]) -> OcrImage:
        """Return the first page of a picture or PDF."""
        with open_source(path) as source:
            return cls(source[0])

    @classmethod
    @named
    def from_stream(cls, stream: object) -> OcrImage:
        """Return the first page of a binary stream or bytes; all is read now, and the stream may be closed."""
        with open_source(stream) as source:
            return cls(source[0])

    @staticmethod
    @named
    def page_count(path: str | os.PathLike[str]) -> int:
        """Return how many pages a file has."""
        with open_source(path) as source:
            return len(source)

    @property
    def width(self) -> int:
        return self.pixels.width

    @property
    def height(self) -> int:
        return self.pixels.height

    @property
    def pixels(self) -> PageImage:
        """The picture as inkread has it. Raises ClosedError after dispose()."""
        if self._image is None:
            raise ClosedError("the picture was disposed of", remedy="load it again")
        return self._image

    @named
    def crop(self, box: Sequence[float]) -> OcrImage:
        """Return the part in (left, top, right, bottom), px; what is read in it has the page's places."""
        try:
            return OcrImage(self.pixels.crop(Box(*box)))
        except (TypeError, ValueError) as error:
            raise ArgumentError(
                f"box = {box!r}: {error}", remedy="give (left, top, right, bottom) in pixels"
            ) from error

    @named
    def resize(self, factor: float) -> OcrImage:
        """Make this picture `factor` times as large, and return it."""
        if not 0 < factor <= 8:
            raise ArgumentError(f"factor is {factor}", remedy="give more than 0 and at most 8")
        self._image = self.pixels.resize(factor)
        return self

    @named
    def dispose(self) -> None:
        """Free the pixels; doing so twice is fine."""
        self._image = None

    def __enter__(self) -> OcrImage:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.dispose()

    FromFile = from_file
    FromStream = from_stream
    Load = load


Image = OcrImage


class OcrResult(_AnswersToPascalCase):
    """What was read in a picture."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def __str__(self) -> str:
        return self.text

    @property
    def text(self) -> str:
        return self._page.text

    @property
    def confidence(self) -> float | None:
        """The mean of all characters, 0..1; None where nothing was read."""
        return self._page.confidence

    @property
    def lines(self) -> tuple[Line, ...]:
        """The lines with their words, places and confidences."""
        return self._page.lines

    @property
    def page(self) -> Page:
        """All that inkread knows of the page."""
        return self._page


class OcrEngine(_AnswersToPascalCase):
    """Reads pictures on the processor; threads may share one.

    image: what `recognize` reads where it is given none.  language: the one where it is given none; None: any that the
    default model reads.
    """

    language: str | None = None
    image: OcrImage | None = None

    @named
    def __init__(self) -> None:
        self._readers: dict[tuple[RuntimeOptions, str | None], Reader] = {}
        self._lock = Lock()
        self._recognized: OcrResult | None = None
        self._is_disposed = False

    @named
    def recognize(self, image: OcrImage | None = None, language: str | None = None) -> OcrResult:
        """Return what is read in this picture, or in `engine.image`. Raises LanguageError, ClosedError."""
        picture = image or self.image
        if picture is None:
            raise InputError("there is no picture to read", remedy="set engine.image, or give one to recognize()")
        reader = self._reader(self._runtime(), language or self.language)
        self._recognized = OcrResult(reader.read_page(picture.pixels))
        return self._recognized

    @property
    def recognized_text(self) -> str:
        """What recognize() read last; empty before."""
        return self._recognized.text if self._recognized else ""

    @named
    def dispose(self) -> None:
        """Free the networks; doing so twice is fine, reading afterwards raises ClosedError."""
        with self._lock:
            self._is_disposed = True
            for reader in self._readers.values():
                reader.close()
            self._readers.clear()

    def __enter__(self) -> OcrEngine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.dispose()

    def _runtime(self) -> RuntimeOptions:
        return RuntimeOptions(device="cpu")

    def _reader(self, runtime: RuntimeOptions, language: str | None) -> Reader:
        with self._lock:
            if self._is_disposed:
                raise ClosedError("the engine was disposed of", remedy="make a new one")
            if (runtime, language) not in self._readers:
                self._readers[runtime, language] = Reader(ReaderOptions(runtime=runtime), language=language)
            return self._readers[runtime, language]


class GpuOcrEngine(OcrEngine):
    """Reads pictures on a GPU.

    device_id: which, from 0.  max_memory_mb: a ceiling, None for none; it needs torch, and is told where it cannot be
    kept.  fallback: "cpu" reads on the processor, with a warning, where the GPU is not there; None raises
    GpuDeviceNotFoundError.
    """

    device_id: int = 0
    max_memory_mb: int | None = None

    @named
    def __init__(self, *, fallback: Literal["cpu"] | None = None) -> None:
        super().__init__()
        only("fallback", fallback, None, "cpu")
        self._fallback = fallback
        self._has_warned = False

    def _runtime(self) -> RuntimeOptions:
        device, ceiling = self._device(), self.max_memory_mb
        if ceiling is None or device == "cpu":
            return RuntimeOptions(device=device)
        if "torch" in engines_with(device):
            return RuntimeOptions(device=device, engine="torch", device_memory_mb=ceiling)
        self._warn(f"max_memory_mb = {ceiling} is not enforced: of the engines here only torch could, inkread[train]")
        return RuntimeOptions(device=device)

    def _device(self) -> str:
        if self.device_id < 0:
            raise ArgumentError(f"device_id is {self.device_id}", remedy="count GPUs from 0")
        if self.max_memory_mb is not None and self.max_memory_mb < LEAST_DEVICE_MEMORY_MB:
            raise ArgumentError(
                f"max_memory_mb is {self.max_memory_mb}",
                remedy=f"give {LEAST_DEVICE_MEMORY_MB} megabytes or more, or None for no limit",
            )
        here = tuple(int(name.partition(":")[2] or 0) for name in devices() if name.partition(":")[0] == "gpu")
        if self.device_id in here:
            return f"gpu:{self.device_id}"
        if self._fallback is None:
            raise GpuDeviceNotFoundError(
                f"there is no GPU {self.device_id} here",
                remedy=f"available: {', '.join(devices())}; read with OcrEngine, or GpuOcrEngine(fallback='cpu')",
                device_id=self.device_id,
                available=here,
            )
        self._warn(f"there is no GPU {self.device_id} here; reading on the processor")
        return self._fallback

    def _warn(self, message: str) -> None:
        if not self._has_warned:
            self._has_warned = True
            warnings.warn(message, UserWarning, stacklevel=5)
