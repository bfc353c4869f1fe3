"""Who may use the service: clients with hashed secrets, their quotas, and the keys that sign tokens, in one file.

A secret is 256 random bits and is shown once. The file holds its HMAC-SHA256 under a key of the file's own, which is
enough for what nobody can guess; a chosen password would need a slow hash. Whoever reads the file can sign tokens, but
learns no secret.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import platformdirs

from inkread.errors import ConfigError, OptionError, OutputError, nearest
from inkread.registry.locks import locked

_HOME_VARIABLE: Final = "INKREAD_HOME"
_FILE_VERSION: Final = 1
_MOST_BYTES: Final = 16 << 20
_NAME_CHARACTERS: Final = 80
# Two keys are good at a time: tokens of the one before last until they expire.
_KEYS_KEPT: Final = 2
_NOBODY: Final = b"\0" * 32


@dataclass(frozen=True)
class Quota:
    """What a client may ask for in a minute; None: as the service's options say."""

    requests: float | None = None
    megapixels: float | None = None


@dataclass(frozen=True)
class Client:
    """Who asks. version: counts rotations and revocation, so that tokens of before are good for nothing."""

    id: str
    name: str = ""
    quota: Quota = Quota()
    version: int = 1
    created: int = 0
    is_revoked: bool = False


@dataclass(frozen=True)
class Key:
    """A key that signs tokens, by its name."""

    id: str
    value: bytes


@dataclass(frozen=True)
class _Content:
    """What the file holds. pepper: the key of the secrets' hashes.  keys: the newest first."""

    pepper: bytes
    keys: tuple[Key, ...]
    clients: Mapping[str, Client] = field(default_factory=dict)
    hashes: Mapping[str, bytes] = field(default_factory=dict)


def default_path() -> Path:
    """Return where the clients of this user's services are kept."""
    home = os.environ.get(_HOME_VARIABLE)
    root = Path(home).expanduser() if home else platformdirs.user_data_path("inkread", appauthor=False)
    return root / "service" / "clients.json"


class ClientBook:
    """The file of clients. Read again when it changes, so that a running service takes notice; threads may share it."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or default_path()
        self._lock = threading.Lock()
        self._seen: tuple[int, int, int] | None = None
        self._content: _Content | None = None

    def __len__(self) -> int:
        """How many clients may ask."""
        return sum(not client.is_revoked for client in self.clients())

    def clients(self) -> tuple[Client, ...]:
        """Return all clients, those who were revoked too, in the order in which they came."""
        content = self._read()
        return tuple(content.clients.values()) if content else ()

    def client(self, client_id: str) -> Client | None:
        """Return the client of this id who may ask."""
        content = self._read()
        found = content.clients.get(client_id) if content else None
        return None if found is None or found.is_revoked else found

    def keys(self) -> tuple[Key, ...]:
        """Return the keys whose tokens are good, the one that signs first."""
        content = self._read()
        return content.keys if content else ()

    def verify(self, client_id: str, secret: str) -> Client | None:
        """Return the client if the secret is his. Takes the same time for a wrong secret and for an unknown id."""
        content = self._read()
        pepper = content.pepper if content else _NOBODY
        kept = content.hashes.get(client_id, _NOBODY) if content else _NOBODY
        is_right = hmac.compare_digest(_hash(pepper, secret), kept)
        client = self.client(client_id)
        return client if is_right and client is not None else None

    def add(self, name: str = "", quota: Quota | None = None) -> tuple[Client, str]:
        """Add a client; return him and his secret, which is kept nowhere."""
        if len(name) > _NAME_CHARACTERS or not name.isprintable():
            raise OptionError("the name of a client", remedy=f"use at most {_NAME_CHARACTERS} characters that print")
        secret = secrets.token_urlsafe(32)
        client = Client(f"ink_{secrets.token_hex(8)}", name, quota or Quota(), created=int(time.time()))
        with self._changing() as content:
            self._write(_with(content, client, _hash(content.pepper, secret)))
        return client, secret

    def rotate(self, client_id: str) -> tuple[Client, str]:
        """Give a client another secret; the old one and its tokens are good for nothing from now on."""
        secret = secrets.token_urlsafe(32)
        with self._changing() as content:
            old = self._known(content, client_id)
            client = replace(old, version=old.version + 1)
            self._write(_with(content, client, _hash(content.pepper, secret)))
        return client, secret

    def revoke(self, client_id: str) -> Client:
        """Shut a client out, his tokens too; he stays in the list."""
        with self._changing() as content:
            old = self._known(content, client_id)
            client = replace(old, version=old.version + 1, is_revoked=True)
            self._write(_with(content, client, secrets.token_bytes(32)))
        return client

    def rotate_keys(self) -> None:
        """Sign with a new key from now on; tokens of the one before are good until they expire."""
        with self._changing() as content:
            self._write(replace(content, keys=(_new_key(), *content.keys)[:_KEYS_KEPT]))

    def _known(self, content: _Content, client_id: str) -> Client:
        client = content.clients.get(client_id)
        if client is None or client.is_revoked:
            living = [each.id for each in content.clients.values() if not each.is_revoked]
            raise OptionError(
                f'there is no client "{client_id}"', remedy=nearest(client_id, living) if living else "add one"
            )
        return client

    def _read(self) -> _Content | None:
        """Return what the file holds, None where there is none. Raises ConfigError where it is damaged or open."""
        try:
            now = self.path.stat()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise ConfigError(f'cannot read "{self.path}": {error.strerror}') from error
        seen = (now.st_mtime_ns, now.st_size, now.st_ino)
        with self._lock:
            if self._seen != seen:
                if os.name == "posix" and now.st_mode & 0o077:
                    raise ConfigError(f'others may read "{self.path}"', remedy="chmod 600 it, and rotate all secrets")
                self._content, self._seen = _parse(self.path), seen
            return self._content

    @contextmanager
    def _changing(self) -> Iterator[_Content]:
        """Yield what the file holds while no other process changes it."""
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with locked(self.path.with_suffix(".lock")):
                yield self._read() or _Content(secrets.token_bytes(32), (_new_key(),))
        except OSError as error:
            raise OutputError(f'cannot write "{self.path}": {error.strerror or error}') from error

    def _write(self, content: _Content) -> None:
        """Put the file in its place as a whole, readable by its owner alone."""
        temporary = self.path.with_name(f".{self.path.name}-{secrets.token_hex(8)}.tmp")
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o600)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(_as_json(content), file, indent=1)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self.path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


def _hash(pepper: bytes, secret: str) -> bytes:
    return hmac.digest(pepper, secret.encode("utf-8", "surrogatepass"), hashlib.sha256)


def _new_key() -> Key:
    return Key(secrets.token_hex(8), secrets.token_bytes(32))


def _with(content: _Content, client: Client, hashed: bytes) -> _Content:
    return replace(
        content, clients={**content.clients, client.id: client}, hashes={**content.hashes, client.id: hashed}
    )


def _as_json(content: _Content) -> dict[str, Any]:
    return {
        "version": _FILE_VERSION,
        "pepper": _text(content.pepper),
        "keys": [{"id": key.id, "value": _text(key.value)} for key in content.keys],
        "clients": [
            {**asdict(client), "secret_hmac": _text(content.hashes[client.id])} for client in content.clients.values()
        ],
    }


def _parse(path: Path) -> _Content:
    try:
        with path.open("rb") as file:
            data = json.loads(file.read(_MOST_BYTES))
        if data["version"] != _FILE_VERSION:
            raise ConfigError(f'"{path}" is of version {data["version"]}', remedy="use a newer inkread")
        rows = [dict(row) for row in data["clients"]]
        hashes = {row["id"]: _bytes(row.pop("secret_hmac")) for row in rows}
        clients = {row["id"]: Client(**{**row, "quota": Quota(**row["quota"])}) for row in rows}
        keys = tuple(Key(key["id"], _bytes(key["value"])) for key in data["keys"])
        return _Content(_bytes(data["pepper"]), keys, clients, hashes)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(
            f'"{path}" is no list of clients ({type(error).__name__})', remedy="restore it, or remove it and add anew"
        ) from error


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
