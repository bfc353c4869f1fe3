"""What jobs keep on disk: documents as files that only this user opens (0700, 0600), sealed where there is a key.

Sealed is AES-256-GCM with a nonce of its own for each piece; what it is - which job's document, which page - is
authenticated with it, so that no piece can stand for another. What was kept before there was a key stays readable.
"""

from __future__ import annotations

import base64
import binascii
import os
import secrets
import shutil
import zlib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from inkread.errors import ConfigError, DamagedInputError
from inkread.extras import not_installed
from inkread.service.jobs.store import full

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_VARIABLE: Final = "INKREAD_JOBS_KEY"
_KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_PLAIN, _SEALED = b"\0", b"\1"
_DOCUMENT, _TEMPORARY = ".document", ".part"


class Seal:
    """Makes pieces of data unreadable, and readable again. key: 32 bytes; None: pieces are only compressed."""

    def __init__(self, key: bytes | None = None) -> None:
        self._cipher = None if key is None else _cipher(key)

    @property
    def is_closed(self) -> bool:
        """Whether what is kept can be read only with the key."""
        return self._cipher is not None

    def close(self, what: str, content: bytes, *, packed: bool = True) -> bytes:
        """Return the content as it is kept. what: names the piece, and has to be said to open it."""
        body = zlib.compress(content, 1) if packed else content
        if self._cipher is None:
            return _PLAIN + body
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return _SEALED + nonce + self._cipher.encrypt(nonce, body, what.encode())

    def open(self, what: str, kept: bytes, *, packed: bool = True) -> bytes:
        """Return the content of a piece. Raises DamagedInputError where it is another one, or the key is."""
        if kept[:1] == _PLAIN:
            body = kept[1:]
        else:
            if self._cipher is None:
                raise DamagedInputError("what was kept is sealed, and there is no key for it", remedy=_KEY_REMEDY)
            from cryptography.exceptions import InvalidTag

            nonce, sealed = kept[1 : 1 + _NONCE_BYTES], kept[1 + _NONCE_BYTES :]
            try:
                body = self._cipher.decrypt(nonce, sealed, what.encode())
            except (InvalidTag, ValueError) as error:
                raise DamagedInputError("what was kept does not open with this key", remedy=_KEY_REMEDY) from error
        return zlib.decompress(body) if packed else body


_KEY_REMEDY: Final = f"start the service with the key it was kept with ({KEY_VARIABLE} or jobs.key_file)"


class Vault:
    """The documents of jobs, a file each."""

    def __init__(self, folder: Path, seal: Seal, min_free_mb: int = 0) -> None:
        self._folder = folder
        self._seal = seal
        self._min_free = min_free_mb << 20
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)

    def put(self, job_id: str, content: bytes) -> int:
        """Keep a document, whole or not at all; return its bytes on disk. Raises BusyError (507) for a full disk."""
        kept = self._seal.close(job_id, content, packed=False)
        target = self._path(job_id)
        temporary = target.with_suffix(_TEMPORARY)
        try:
            if shutil.disk_usage(self._folder).free < self._min_free + len(kept):
                raise full()
            handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(kept)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(target)
            _sync(self._folder)
        except OSError as error:
            for path in (temporary, target):
                with suppress(OSError):
                    path.unlink(missing_ok=True)
            raise full() from error
        return len(kept)

    def get(self, job_id: str) -> bytes:
        """Return a job's document. Raises DamagedInputError where it is not there or cannot be opened."""
        try:
            kept = self._path(job_id).read_bytes()
        except OSError as error:
            raise DamagedInputError("the job's document is not there any more") from error
        return self._seal.open(job_id, kept, packed=False)

    def remove(self, job_id: str) -> None:
        with suppress(OSError):
            self._path(job_id).unlink(missing_ok=True)

    def sweep(self, jobs: set[str]) -> int:
        """Remove the documents of jobs that are no more, and halves of files; return how many."""
        swept = 0
        for path in self._folder.iterdir():
            if path.suffix == _TEMPORARY or (path.suffix == _DOCUMENT and path.stem not in jobs):
                path.unlink(missing_ok=True)
                swept += 1
        return swept

    def _path(self, job_id: str) -> Path:
        assert job_id.isalnum()
        return self._folder / f"{job_id}{_DOCUMENT}"


def key_of(file: str | None, environment: Mapping[str, str] = os.environ) -> bytes | None:
    """Return the key that documents are sealed with: of a file, or of the environment; None where there is none.

    32 bytes in Base64 or in hexadecimal digits (`openssl rand -base64 32`). Raises ConfigError where it is no key.
    """
    text = secret_of(file, environment.get(KEY_VARIABLE), "key_file")
    if text is None:
        return None
    try:
        key = bytes.fromhex(text) if len(text) == 2 * _KEY_BYTES else base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        key = b""
    if len(key) != _KEY_BYTES:
        raise ConfigError("the key of jobs is no key", remedy="make one of 32 bytes: openssl rand -base64 32")
    return key


def secret_of(file: str | None, given: str | None, option: str) -> str | None:
    """Return the secret that a file holds, or that was given. Raises ConfigError where the file cannot be read."""
    if file is None:
        return given or None
    try:
        return Path(file).expanduser().read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f'jobs.{option}: "{file}" cannot be read', remedy="name a file with a secret in it"
        ) from error


def _cipher(key: bytes) -> AESGCM:
    try:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    except ImportError as error:
        raise not_installed("encryption") from error
    return AESGCM(key)


def _sync(folder: Path) -> None:
    """Have the names in a folder survive a power cut."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
