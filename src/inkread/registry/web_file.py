"""A large file from an https address into a file of ours: resumed where it broke off, cut where it is too long.

Unlike pictures that strangers name, addresses of models stand on cards, so this asks the hosts that a card names: the
proxies of the environment are used, and redirections are followed as long as they stay encrypted.
"""

from __future__ import annotations

import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from http.client import HTTPException, HTTPMessage, HTTPResponse
from pathlib import Path
from typing import IO, Final, cast
from urllib.parse import urlsplit

from inkread import __version__
from inkread.errors import AddressError, DownloadError, LimitError, OutputError
from inkread.logs import logger

Progress = Callable[[int, int | None], None]

_log = logger(__name__)
_PIECE_BYTES: Final = 1 << 18
_IDLE_S: Final = 30.0
# Waits between tries that brought nothing; a try that brought bytes begins anew.
_WAITS_S: Final = (0.5, 1.0, 2.0, 4.0)
_PASSING: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
_NO_SUCH_RANGE: Final = 416
_MAX_BYTES: Final = 16 << 30
# What stays free of a disk, so that a download does not stop everything else on it.
_RESERVE_BYTES: Final = 64 << 20
_THIS_MACHINE: Final = ("localhost", "127.0.0.1", "::1")


def size_of(url: str) -> int | None:
    """Return how many bytes an address says that it holds; None where it does not say.

    Raises AddressError where it is not https, DownloadError where it does not answer.
    """
    try:
        with _opened(url, {}, method="HEAD") as response:
            return _announced(response)
    except (OSError, HTTPException, ValueError) as error:
        raise _failed(url, error) from error


def fetch_file(url: str, path: Path, *, size: int | None, progress: Progress, resume: bool = True) -> None:
    """Write what an address holds to a file, going on behind what is in it already.

    size: how many bytes it must be, where that is known: a server that says or sends another number is cut off.
    resume: whether what is there may be gone on with; only right where a hash is compared afterwards.
    progress: called with bytes so far and in all. Raises DownloadError, LimitError, or OutputError for a full disk.
    """
    if not resume:
        path.unlink(missing_ok=True)
    waits = iter(_WAITS_S)
    while True:
        before = _length(path)
        try:
            _fetch_once(url, path, size, progress)
            return
        except (urllib.error.HTTPError, OSError, HTTPException, ValueError) as error:
            if isinstance(error, urllib.error.HTTPError) and error.code == _NO_SUCH_RANGE and before:
                path.unlink(missing_ok=True)  # what is there is longer than the file: begin anew
                continue
            if isinstance(error, urllib.error.HTTPError) and error.code not in _PASSING:
                raise _failed(url, error) from error
            if _length(path) > before:
                waits = iter(_WAITS_S)
            wait_s = next(waits, None)
            if wait_s is None:
                raise _failed(url, error) from error
            _log.info("download broke off after %d bytes (%s), tried again", _length(path), type(error).__name__)
            time.sleep(wait_s)


def check_free_disk(folder: Path, size: int, what: str) -> None:
    """Raise OutputError where a file of this many bytes would fill the disk that the folder is, or will be, on."""
    spare = _spare(folder)
    if size > spare:
        raise OutputError(
            f'"{what}" takes {size:,} bytes, the disk of "{folder}" has {spare:,} to spare',
            remedy="free some space, or move the folder of models (INKREAD_HOME)",
        )


def _spare(folder: Path) -> int:
    """Return how many bytes may still be written to the disk that a folder is, or will be, on."""
    while not folder.exists():
        folder = folder.parent
    return max(0, shutil.disk_usage(folder).free - _RESERVE_BYTES)


class _StaysEncrypted(urllib.request.HTTPRedirectHandler):
    """Follows redirections that do not give up encryption."""

    def redirect_request(
        self, request: urllib.request.Request, file: IO[bytes], code: int, message: str, headers: HTTPMessage, url: str
    ) -> urllib.request.Request | None:
        _check_scheme(url, is_encrypted=request.full_url.startswith("https:"))
        return super().redirect_request(request, file, code, message, headers, url)


def _check_scheme(url: str, *, is_encrypted: bool = False) -> None:
    """Raise AddressError unless an address is https, or http on this machine where nothing was encrypted before."""
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and not is_encrypted and parts.hostname in _THIS_MACHINE):
        return
    raise AddressError(
        f'"{parts.scheme}://{parts.hostname}" is not fetched from: models come by https only',
        remedy="correct the address on the card",
    )


def _opened(url: str, headers: dict[str, str], method: str = "GET") -> HTTPResponse:
    _check_scheme(url)
    is_here = urlsplit(url).hostname in _THIS_MACHINE
    proxies = [urllib.request.ProxyHandler({})] if is_here else []
    opener = urllib.request.build_opener(_StaysEncrypted, *proxies)
    always = {"User-Agent": f"inkread/{__version__}", "Accept-Encoding": "identity"}
    request = urllib.request.Request(url, headers={**always, **headers}, method=method)
    return cast(HTTPResponse, opener.open(request, timeout=_IDLE_S))


def _fetch_once(url: str, path: Path, size: int | None, progress: Progress) -> None:
    """Write the rest of the file, as far as this connection goes. Raises OSError where that is not to its end."""
    have = _length(path)
    if size is not None and have > size:
        path.unlink()
        have = 0
    if size is not None and have == size:
        return
    with _opened(url, {"Range": f"bytes={have}-"} if have else {}) as response:
        if have and not _goes_on_at(response, have):
            have = 0
        total = _announced(response)
        total = total + have if total is not None else None
        if size is not None and total is not None and total != size:
            path.unlink(missing_ok=True)
            raise DownloadError(
                f'"{url}" says it has {total:,} bytes, its card says {size:,}',
                remedy="it is another file; see the card",
            )
        known = size or total
        check_free_disk(path.parent, (known or have) - have, path.name)
        most = known or min(_MAX_BYTES, _spare(path.parent))
        try:
            file = path.open("ab" if have else "wb")
        except OSError as error:
            raise _not_written(path, error) from error
        with file:
            _copy(response, file, most, lambda done: progress(done, known), url, path)
    if total is not None and _length(path) < total:
        raise ConnectionError("the connection ended early")
    if size is not None and _length(path) < size:
        raise ConnectionError("the connection ended early")


def _copy(
    response: HTTPResponse, file: IO[bytes], most: int, progress: Callable[[int], None], url: str, path: Path
) -> None:
    have = file.tell()
    progress(have)
    while piece := response.read(_PIECE_BYTES):
        have += len(piece)
        if have > most:
            file.close()
            path.unlink(missing_ok=True)
            raise LimitError(f'"{url}" sends more than its {most:,} bytes', remedy="it is not the file of the card")
        try:
            file.write(piece)
            file.flush()
        except OSError as error:
            raise _not_written(path, error) from error
        progress(have)


def _not_written(path: Path, error: OSError) -> OutputError:
    """Drop what fills the disk, and return the error that says so."""
    path.unlink(missing_ok=True)
    return OutputError(
        f'cannot write "{path}": {error.strerror or error}', remedy="free some space, or move the folder (INKREAD_HOME)"
    )


def _goes_on_at(response: HTTPResponse, have: int) -> bool:
    """Whether an answer is the rest of the file that was asked for; otherwise it is all of it."""
    if response.status != 206:
        return False
    if not response.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
        raise ValueError("another part than asked for")
    return True


def _announced(response: HTTPResponse) -> int | None:
    told = response.headers.get("Content-Length", "")
    return int(told) if told.isascii() and told.isdigit() and len(told) < 19 else None


def _failed(url: str, error: Exception) -> DownloadError:
    if isinstance(error, urllib.error.HTTPError):
        reason = f"it answers with {error.code}"
    else:
        cause = error.reason if isinstance(error, urllib.error.URLError) else error
        reason = getattr(cause, "strerror", None) or str(cause) or type(cause).__name__
    return DownloadError(f'"{url}" cannot be fetched: {reason}', remedy="check the network and try again; it goes on")


def _length(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
