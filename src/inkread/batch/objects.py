"""Documents in object stores (s3://, gs://, az:// ...), by fsspec: needs `pip install inkread[objects]`.

Which credentials are used is the store's package's business; none passes through here. http and https are never asked
in this way, for they have a guard of their own (load.web).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import Any, Final

from inkread.errors import DownloadError, InkreadError, InputError, LimitError, MissingPackageError, NothingToReadError
from inkread.extras import not_installed
from inkread.load import source as sources
from inkread.load.source import Input, Source, natural
from inkread.options import ReaderOptions

_SCHEME: Final = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<rest>.+)", re.DOTALL)
_OTHERS: Final = ("http", "https")
_GLOB: Final = re.compile(r"[*?\[]")
# Asking a store for the first bytes of each of a million objects costs more than a name that misleads.
_SUFFIXES: Final = re.compile(r"\.(pdf|png|jpe?g|jp2|tiff?|webp|bmp|gif|p[bgpn]m|avif|hei[cf])$", re.IGNORECASE)


def is_object(name: str) -> bool:
    """Whether a name is an address of an object store. Chains of addresses (zip://a::s3://b) are none."""
    found = _SCHEME.fullmatch(name)
    return found is not None and found["scheme"] not in _OTHERS and "::" not in name


def inputs(address: str, options: ReaderOptions) -> Iterator[Input]:
    """Yield the documents at an address: one object, or in natural order those of a pattern or of a folder ("/").

    What is wrong with one is raised when it is opened. Raises MissingPackageError.
    """
    scheme = address.partition("://")[0]
    try:
        system = _system(scheme)
        if _GLOB.search(address):
            found = [f"{scheme}://{name.lstrip('/')}" for name in system.glob(address)]
        elif address.endswith("/"):
            names = [str(each["name"]) for each in system.ls(address, detail=True) if each["type"] == "file"]
            found = [f"{scheme}://{name.lstrip('/')}" for name in names if _SUFFIXES.search(name)]
        else:
            found = [address]
    except MissingPackageError:
        raise
    except InputError as error:
        yield _failing(address, error)
        return
    except Exception as error:  # every store has errors of its own
        yield _failing(address, _refused(address, error))
        return
    if not found:
        yield _failing(address, NothingToReadError(f'nothing to read at "{address}"', remedy="check the address"))
    for each in sorted(found, key=natural):
        yield Input(each, partial(_open, each, options), each)


def fetch(address: str, max_bytes: int) -> bytes:
    """Return the bytes of an object, `max_bytes` at most. Raises LimitError, DownloadError or MissingPackageError."""
    system = _system(address.partition("://")[0])
    try:
        size = system.size(address)
        if size is not None and size > max_bytes:
            raise _too_large(address, max_bytes)
        with system.open(address, "rb") as stream:
            content: bytes = stream.read(max_bytes + 1)
    except InkreadError:
        raise
    except Exception as error:
        raise _refused(address, error) from error
    if len(content) > max_bytes:
        raise _too_large(address, max_bytes)
    return content


def _open(address: str, options: ReaderOptions) -> Source:
    return sources.open(fetch(address, options.limits.max_bytes), options.limits, options.load, name=address)


def _system(scheme: str) -> Any:
    try:
        import fsspec
    except ImportError as error:
        raise not_installed("objects") from error
    try:
        return fsspec.filesystem(scheme)
    except ImportError as error:
        raise MissingPackageError(f"{scheme}:// needs a package of its own ({error})") from error
    except ValueError as error:
        raise InputError(
            f'no object store goes by "{scheme}://"', remedy="use s3://, gs://, az:// or file://"
        ) from error


def _refused(address: str, error: Exception) -> DownloadError:
    reason = " ".join(f"{type(error).__name__}: {error}".split())[:200]
    return DownloadError(f'the store did not give "{address}" ({reason})', remedy="check the address and credentials")


def _failing(address: str, error: InputError) -> Input:
    def fail() -> Source:
        raise error

    return Input(address, fail)


def _too_large(address: str, max_bytes: int) -> LimitError:
    return LimitError(f'"{address}" is over the limit of {max_bytes:,} bytes', remedy="raise limits.max_bytes")
