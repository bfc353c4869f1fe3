"""What has been read, line by line in a file: a run that was killed goes on where it stopped."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final

from inkread import __version__
from inkread.errors import InkreadError, OutputError
from inkread.load.source import Input
from inkread.option_set import Options

_HEADER: Final = {"inkread": "manifest", "version": 1}
# How many threads read, and from which cache, changes no result.
_WITHOUT_EFFECT: Final = {"runtime": {"threads", "cache"}}


class Manifest:
    """Which inputs are done, and which files were being written for those that are not.

    A line of JSON for each, on the disk before the call returns; what was cut off by a crash is left out. One run at a
    time. options, extras: an input that was read with others counts as not read.
    """

    def __init__(self, path: str | Path, options: Options, extras: Sequence[str] = ()) -> None:
        self.path = Path(path)
        settings = options.model_dump_json(exclude=_WITHOUT_EFFECT)
        self._settings = json.dumps([__version__, settings, *extras])
        self._done: set[str] = set()
        self._begun: dict[str, list[str]] = {}

    def __enter__(self) -> Manifest:
        """Open it, or begin it. Raises OutputError where the file is something else or cannot be written."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._load()
            self._file: BinaryIO = self.path.open("ab")
        except OSError as error:
            raise OutputError(
                f'the manifest "{self.path}" cannot be kept ({error.strerror})', remedy="choose another folder"
            ) from error
        if not self.path.stat().st_size:
            self._append(_HEADER)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def key(self, each: Input) -> str:
        """Return what an input is known by: its path, size and time of change, or its content; and all settings."""
        origin = each.origin
        facts: list[object] = [self._settings]
        if isinstance(origin, str):
            try:
                about = Path(origin).stat()
                facts += [os.path.realpath(origin), about.st_size, about.st_mtime_ns]
            except (OSError, ValueError):  # an address, or nothing that is there
                facts.append(origin)
        elif origin is not None:
            facts.append(hashlib.sha256(origin).hexdigest())
        else:
            try:
                facts.append(_digest_of_pixels(each))
            except InkreadError:  # read again with every run
                facts.append(each.name)
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:32]

    def is_done(self, key: str) -> bool:
        """Whether an input was read and its results were kept."""
        return key in self._done

    def files(self, key: str | None = None) -> list[str]:
        """Return the files that were written for an input, or may have been when a run was killed; None: for all."""
        found = self._begun.values() if key is None else [self._begun.get(key, [])]
        return [file for files in found for file in files]

    def begin(self, key: str, files: Sequence[str]) -> None:
        """Note that these files are about to be written for an input."""
        self._append({"begun": key, "files": list(files)})
        self._begun[key] = list(files)

    def finish(self, key: str, name: str) -> None:
        """Note that an input is done."""
        self._append({"done": key, "name": name})
        self._done.add(key)

    def _append(self, line: dict[str, object]) -> None:
        try:
            self._file.write(json.dumps(line).encode() + b"\n")
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise OutputError(
                f'the manifest "{self.path}" cannot be written ({error.strerror})', remedy="free some space"
            ) from error

    def _load(self) -> None:
        if not self.path.exists():
            return
        content = self.path.read_bytes()
        if content and b"\n" not in content and json.dumps(_HEADER).encode().startswith(content):
            self.path.write_bytes(b"")  # killed before its first line was whole
            return
        lines = [_parsed(line) for line in content.split(b"\n") if line]
        if content and (not lines or lines[0] != _HEADER):
            raise OutputError(f'"{self.path}" is no manifest of inkread', remedy="choose another file")
        for line in lines:
            if "done" in line:
                self._done.add(str(line["done"]))
            elif isinstance(files := line.get("files"), list):
                self._begun[str(line.get("begun"))] = [str(file) for file in files]
        if content and not content.endswith(b"\n"):
            with self.path.open("ab") as file:  # a line that was cut off does not spoil the next one
                file.write(b"\n")


def _parsed(line: bytes) -> dict[str, object]:
    """Return a line's object, an empty one for a line that was cut off."""
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _digest_of_pixels(each: Input) -> str:
    with each.open() as opened:
        digest = hashlib.sha256()
        for image in opened:
            digest.update(repr(image.pixels.shape).encode() + image.pixels.tobytes())
    return digest.hexdigest()
