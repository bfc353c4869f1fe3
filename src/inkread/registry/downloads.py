"""Model files from the network into the folder of models: once, whole, checked, and never half in place."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from inkread.errors import DownloadError, ModelError, ModelIntegrityError, ModelNotFoundError, OutputError
from inkread.logs import logger
from inkread.registry import hub, web_file
from inkread.registry.catalog import ModelFile, Source
from inkread.registry.hashes import sha256_of
from inkread.registry.licenses import check_license
from inkread.registry.locks import locked
from inkread.registry.model_file import check_model_file
from inkread.registry.offline import check_online, forbidding_variable
from inkread.registry.receipts import WORK, Receipt, flat, note

_log = logger(__name__)


@dataclass(frozen=True)
class Download:
    """What fetching one file would bring, to be shown before the first byte.

    size_bytes: None where nobody says.  sha256: of the card, else of the hub, else None: then it is not compared.
    """

    model: str
    file: ModelFile
    source: Source
    license: str
    size_bytes: int | None
    sha256: str | None
    target: Path


def _nobody(done: int, total: int | None) -> None:
    """Show nothing."""


class Downloads:
    """Fetches files of cards into a folder of models. Any number of processes may do so at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def plan(self, file: ModelFile, *, model: str, license: str) -> Download:
        """Return what fetching this file of a model would bring; asks the network where the card tells no size.

        Raises ModelNotFoundError where the card names no address.
        """
        sources = [source for source in file.sources if source.is_download]
        if not sources:
            raise ModelNotFoundError(
                f'the card of "{model}" names no address for "{file.name}"', remedy=f'put it into "{self.folder}"'
            )
        source = sources[0]
        target = self.folder / file.name
        plan = Download(model, file, source, license, file.size_bytes, file.sha256, target)
        if forbidding_variable():
            return plan
        if source.kind == "hub":
            return _as_hub_says(plan)
        if plan.size_bytes is None:
            with suppress(DownloadError):  # what does not answer to HEAD may still answer to GET
                return replace(plan, size_bytes=web_file.size_of(source.where))
        return plan

    def fetch(
        self,
        file: ModelFile,
        *,
        model: str,
        license: str,
        accept_license: bool = False,
        announce: Callable[[Download], None] | None = None,
        progress: Callable[[int, int | None], None] = _nobody,
    ) -> Path:
        """Return the path of a card's file, fetched unless it is there and right.

        announce: called with the plan before the first byte; it may raise to refuse.  progress: bytes so far, in all.
        Raises AddressError where the environment forbids it, ModelError where the licence was not accepted,
        OutputError where the disk is full, DownloadError, LimitError, and ModelIntegrityError where another file comes
        than the card describes: that is kept in quarantine, not in place.
        """
        target = self.folder / file.name
        try:
            with locked(self.folder / WORK / "locks" / f"{flat(file.name)}.lock"):
                if _is_right(target, file):  # another process was faster
                    return target
                check_online()
                plan = self.plan(file, model=model, license=license)
                check_license(plan.license, f'the model "{model}"', accepted=accept_license)
                web_file.check_free_disk(self.folder, plan.size_bytes or 0, file.name)
                if announce is not None:
                    announce(plan)
                return self._fetch(plan, progress)
        except OSError as error:
            raise OutputError(
                f'cannot write to the folder of models "{self.folder}": {error.strerror or error}',
                remedy="make it writable, or choose another one (INKREAD_HOME)",
            ) from error

    def quarantine(self, path: Path) -> Path:
        """Move a file that is not what it should be out of the way, and return where to. Raises OSError."""
        target = self.folder / WORK / "quarantine" / f"{secrets.token_hex(4)}-{path.name}"
        target.parent.mkdir(parents=True, exist_ok=True)
        path.replace(target)
        return target

    def _fetch(self, plan: Download, progress: Callable[[int, int | None], None]) -> Path:
        """Try each address of the file, and place what the first gives that is right."""
        others = [source for source in plan.file.sources if source.is_download][1:]
        try:
            return self._fetch_from(plan, progress)
        except DownloadError:
            for source in others:
                with suppress(DownloadError):
                    other = replace(plan, source=source)
                    return self._fetch_from(_as_hub_says(other) if source.kind == "hub" else other, progress)
            raise

    def _fetch_from(self, plan: Download, progress: Callable[[int, int | None], None]) -> Path:
        # Named after what must come, so that no part of another file is gone on with.
        key = hashlib.sha256(f"{plan.source} {plan.sha256}".encode()).hexdigest()[:16]
        folder = self.folder / WORK / "incoming" / key
        folder.mkdir(parents=True, exist_ok=True)
        part = folder / Path(plan.file.name).name
        was_begun = part.exists()
        size = f"{plan.size_bytes:,} bytes" if plan.size_bytes else "size not told"
        _log.info("downloading the model %s: %s, licence %s", plan.model, size, plan.license)
        if plan.source.kind == "hub":
            part = hub.fetch(plan.source, plan.source.revision, folder)
        else:
            web_file.fetch_file(
                plan.source.where, part, size=plan.size_bytes, progress=progress, resume=plan.sha256 is not None
            )
        try:
            return self._place(plan, part)
        except ModelIntegrityError:
            if not was_begun:
                raise
            _log.info("what a download went on from was damaged; begun anew")
            return self._fetch_from(plan, progress)
        finally:
            if not part.exists():
                shutil.rmtree(folder, ignore_errors=True)

    def _place(self, plan: Download, part: Path) -> Path:
        """Give what has come its name, if it is what it should be; else quarantine it and raise."""
        actual = sha256_of(part)
        try:
            if plan.sha256 is not None and actual != plan.sha256:
                raise ModelIntegrityError(
                    f'"{plan.source.where}" gave {part.name} with the sha256 {actual}, not {plan.sha256}',
                    remedy=f'it lies in "{self.folder / WORK / "quarantine"}"; try again or tell who publishes it',
                )
            check_model_file(part)
        except ModelError:
            self.quarantine(part)
            raise
        if plan.target.exists():
            self.quarantine(plan.target)
        place(part, plan.target)
        receipt = Receipt(plan.file.name, plan.model, actual, plan.license, _described(plan.source))
        note(self.folder, receipt)
        return plan.target


def place(part: Path, target: Path) -> None:
    """Move a whole file to its name, so that it is there after a power cut as well. Raises OSError."""
    with part.open("r+b") as file:
        os.fsync(file.fileno())
    target.parent.mkdir(parents=True, exist_ok=True)
    part.replace(target)
    if os.name != "nt":
        handle = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _as_hub_says(plan: Download) -> Download:
    said = hub.describe(plan.source)
    return replace(
        plan,
        source=replace(plan.source, revision=said.revision),
        size_bytes=plan.size_bytes or said.size_bytes,
        sha256=plan.sha256 or said.sha256,
        license=plan.license if plan.license not in ("", "unknown") else said.license,
    )


def _is_right(target: Path, file: ModelFile) -> bool:
    """Whether a file is there and what the card describes; one without a hash is taken as it is."""
    if not target.is_file():
        return False
    if file.size_bytes is not None and target.stat().st_size != file.size_bytes:
        return False
    return file.sha256 is None or sha256_of(target) == file.sha256


def _described(source: Source) -> str:
    return source.where if source.kind == "url" else f"hub {source.where} {source.path}@{source.revision}"
