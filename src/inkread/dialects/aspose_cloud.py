"""Aspose.OCR Cloud's client for Python, asking a service of inkread's.

    import inkread.dialects.aspose_cloud as ocr

| theirs | here |
|---|---|
| `OcrEngine(client_id, client_secret)` | an `inkread.Client` of `base_url`, INKREAD_SERVER or http://localhost:8080 |
| wrong or missing credentials | `exceptions.OcrException` with `http_status` 401, when it reads |
| `load_image(path)` | the file's bytes, read now; a FileNotFoundError where there is none |
| `set_recognition_mode(RecognitionMode.HANDWRITTEN)` | `mode="handwritten"`; "printed" where nothing is set |
| `set_language(Language.SPANISH)` | `language="es"`: any English name of `inkread languages`, and tags |
| `recognize()` | `Client.read` of what was loaded |
| `result.text`, `confidence`, `lines` | those of the document |
| `exceptions.OcrException` | whatever the service or the way to it does; tried once, as their programs try again |
"""

from __future__ import annotations

import os
import weakref
from pathlib import Path
from types import TracebackType
from typing import Final, Literal

from inkread.client import Client
from inkread.dialects.arguments import OcrLanguage, meaning, named
from inkread.document import Document, Line
from inkread.errors import ClosedError, InkreadError, InputError, ServiceError, SourceNotFoundError

DEFAULT_SERVER: Final = "http://localhost:8080"

Language = OcrLanguage


class RecognitionMode:
    """What is read; `Mode` of docs/handwriting.md."""

    PRINTED: Final = "printed"
    HANDWRITTEN: Final = "handwritten"
    AUTO: Final = "auto"


_MODES: Final[dict[object, Literal["printed", "handwritten", "auto"]]] = {
    "printed": "printed",
    "handwritten": "handwritten",
    "auto": "auto",
}


class OcrException(ServiceError):  # noqa: N818  # their name
    """The service did not read what it was sent. http_status: its answer's.  __cause__: inkread's own error."""


class PictureNotFoundError(SourceNotFoundError, FileNotFoundError):
    """There is no file of this path."""


class exceptions:  # noqa: N801  # their name, of a module
    """Where their programs look for the class of errors."""

    OcrException = OcrException


class OcrResult:
    """What was read of one file."""

    def __init__(self, document: Document) -> None:
        self.document = document

    def __str__(self) -> str:
        return self.text

    @property
    def text(self) -> str:
        return self.document.text

    @property
    def confidence(self) -> float | None:
        """The mean of all pages that hold text, 0..1; None where there is none."""
        known = [page.confidence for page in self.document.pages if page.confidence is not None]
        return sum(known) / len(known) if known else None

    @property
    def lines(self) -> tuple[Line, ...]:
        """The lines of all pages with their words, places and confidences."""
        return tuple(line for page in self.document.pages for line in page.lines)


class OcrEngine:
    """Has a service read pictures, one after the other.

    base_url: where it is.  timeout_s: for one picture.  retries: of the client's own, with growing random waits; 0 as
    there, since programs try again themselves. Raises MissingPackageError where httpx2 is not installed.
    """

    @named
    def __init__(
        self,
        client_id: str | None = None,
        client_secret: str | None = None,
        *,
        base_url: str | None = None,
        timeout_s: float = 60.0,
        retries: int = 0,
    ) -> None:
        self._credentials = client_id, client_secret
        self._url = base_url or os.environ.get("INKREAD_SERVER") or DEFAULT_SERVER
        self._timeout_s, self._retries = timeout_s, retries
        self._mode: Literal["printed", "handwritten", "auto"] = "printed"
        self._language: tuple[str, ...] = ()
        self._loaded: tuple[str, bytes] | None = None
        self._client: Client | None = self._connected()

    @named
    def load_image(self, path: str | os.PathLike[str]) -> None:
        """Read the file that `recognize` sends. Raises PictureNotFoundError, a FileNotFoundError, and InputError."""
        file = Path(path)
        try:
            self._loaded = file.name, file.read_bytes()
        except FileNotFoundError as error:
            raise PictureNotFoundError(f'there is no file "{file}"', remedy="check the path") from error
        except OSError as error:
            raise InputError(f'cannot read "{file}": {error.strerror or error}') from error

    @named
    def set_recognition_mode(self, mode: str) -> None:
        """Say what is read from now on: a member of RecognitionMode."""
        self._mode = meaning("mode", mode, _MODES)
        self._renew()

    @named
    def set_language(self, language: str) -> None:
        """Say the language of what is read from now on: a member of Language, or a tag."""
        self._language = (language,)
        self._renew()

    @named
    def recognize(self) -> OcrResult:
        """Return what the service reads in the file that was loaded.

        Raises InputError where none was, ClosedError, and OcrException for whatever the service or the network does.
        """
        if self._client is None:
            raise ClosedError("the engine was closed", remedy="make a new one")
        if self._loaded is None:
            raise InputError("there is no picture to read", remedy="load_image(path) first")
        name, content = self._loaded
        try:
            return OcrResult(self._client.read(content, name=name))
        except InkreadError as error:
            failure = OcrException(error.message, remedy=error.remedy)
            failure.http_status = error.http_status
            raise failure from error

    @named
    def close(self) -> None:
        """Close the connections; doing so twice is fine."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def __enter__(self) -> OcrEngine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _renew(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = self._connected()

    def _connected(self) -> Client:
        client_id, client_secret = self._credentials
        client = Client(
            self._url,
            client_id=client_id,
            client_secret=client_secret,
            language=self._language,
            mode=self._mode,
            timeout_s=self._timeout_s,
            retries=self._retries,
        )
        weakref.finalize(self, client.close)  # their programs do not close it
        return client
