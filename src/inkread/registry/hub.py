"""Files of repositories on a model hub, by the package huggingface_hub (extra `hub`), as plain files."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inkread.errors import DownloadError, InkreadError
from inkread.extras import not_installed
from inkread.registry.catalog import Source
from inkread.registry.offline import check_online


@dataclass(frozen=True)
class HubFile:
    """What a hub says of a file before it is fetched; sha256 is known of large files only. revision: the commit."""

    size_bytes: int | None
    sha256: str | None
    license: str
    revision: str


def describe(source: Source) -> HubFile:
    """Return what the hub says of a file. Raises MissingPackageError, or DownloadError where it does not tell."""
    hub = _hub()
    try:
        info = hub.HfApi(endpoint=_endpoint()).model_info(
            source.where, revision=source.revision or None, files_metadata=True
        )
    except _failures(hub) as error:
        raise _failed(source, error) from error
    names = {file.rfilename: file for file in info.siblings or ()}
    if source.path not in names:
        near = ", ".join(sorted(name for name in names if Path(name).suffix == Path(source.path).suffix)[:8])
        raise DownloadError(
            f'there is no file "{source.path}" in "{source.where}"', remedy=f"it has {near or 'none of that kind'}"
        )
    file = names[source.path]
    tags = [tag.partition(":")[2] for tag in info.tags or () if tag.startswith("license:")]
    return HubFile(
        file.size if file.size is not None else (file.lfs.size if file.lfs else None),
        file.lfs.sha256 if file.lfs else None,
        tags[0] if tags else "unknown",
        info.sha or source.revision,
    )


def names(repository: str, revision: str = "") -> list[str]:
    """Return the names of a repository's files. Raises MissingPackageError, or DownloadError where it does not tell."""
    check_online()
    hub = _hub()
    try:
        return sorted(hub.HfApi(endpoint=_endpoint()).list_repo_files(repository, revision=revision or None))
    except _failures(hub) as error:
        raise _failed(Source("hub", repository, "its list of files", revision=revision), error) from error


def fetch(source: Source, revision: str, folder: Path) -> Path:
    """Return the path of a file below `folder`, fetched at a commit; what broke off before is gone on with.

    Raises MissingPackageError, or DownloadError where the hub does not give it.
    """
    hub = _hub()
    try:
        path = hub.hf_hub_download(
            source.where, source.path, revision=revision or None, local_dir=folder, endpoint=_endpoint(),
            tqdm_class=_silent(),
        )  # fmt: skip
    except _failures(hub) as error:
        raise _failed(source, error) from error
    return Path(path)


def _hub() -> Any:
    # Read when the package is imported. What is fetched from where is nobody's business but the hub's.
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    try:
        import huggingface_hub
    except ImportError as error:
        raise not_installed("hub") from error
    return huggingface_hub


def _silent() -> Any:
    """Return the kind of progress bar that shows nothing: stderr is not the library's."""
    from tqdm import tqdm

    class Silent(tqdm):  # type: ignore[misc]  # ships no types
        def __init__(self, *values: Any, **named: Any) -> None:
            named.pop("name", None)
            super().__init__(*values, **{**named, "disable": True})

    return Silent


def _endpoint() -> str | None:
    """Return the address of a hub other than the usual one; the package would read it only when imported."""
    return os.environ.get("HF_ENDPOINT") or None


def _failures(hub: Any) -> tuple[type[Exception], ...]:
    import httpx2

    return (hub.errors.HfHubHTTPError, httpx2.HTTPError, OSError, ValueError)


def _failed(source: Source, error: Exception) -> InkreadError:
    kind = type(error).__name__
    remedy = "check the network and try again"
    if kind == "GatedRepoError":
        remedy = "accept its terms on the hub's page, then log in (hf auth login)"
    elif kind in ("RepositoryNotFoundError", "RevisionNotFoundError", "EntryNotFoundError", "RemoteEntryNotFoundError"):
        remedy = "check the names of repository, file and revision; private ones need a log-in (hf auth login)"
    first = (str(error).strip() or kind).splitlines()[0]
    return DownloadError(f'"{source.where}" does not give "{source.path}" ({kind}: {first[:200]})', remedy=remedy)
