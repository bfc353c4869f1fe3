"""AsposeAI: the models on this machine, listed, cleaned up and let go of, over inkread's own folder of models.

    from inkread.dialects.aspose_ai import AsposeAI

| theirs | here |
|---|---|
| `list_local()` | names of the files in the folder of models that `inkread models list` shows |
| `get_local_path()` | the absolute path of that folder of plain files, for os.remove and os.path.join |
| `free_resources()` | whatever is held is let go; used afterwards, ResourceReleasedError; again is fine |
| the hand-written audit of `old_` names | `audit()`: also what a higher version replaces |
| the hand-written removal of `old_` files | `clean(keep=[...])`, into a trash; `restore(name)` |
| `initialize`, `run_prompt`, `set_post_processor`, `run_postprocessor` | not yet: they need a language model |
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Final, NoReturn

from inkread.dialects.arguments import named
from inkread.errors import ClosedError, MissingPackageError
from inkread.registry.inventory import items
from inkread.registry.removal import plan_prune, remove
from inkread.registry.removal import restore as restore_item
from inkread.registry.store import Store

SUPPORTED: Final = ("list_local", "get_local_path", "audit", "clean", "restore", "free_resources")


class ResourceReleasedError(ClosedError):
    """An AsposeAI was used after free_resources()."""


class AsposeAI:
    """The models on this machine. Holds no file open between calls, so that each may be renamed or removed."""

    @named
    def __init__(self) -> None:
        self._store: Store | None = Store()

    @named
    def list_local(self) -> list[str]:
        """Return the names of the models in the folder, in alphabetical order; an empty or missing folder has none."""
        return [item.name for item in items(self._open())]

    @named
    def get_local_path(self) -> str:
        """Return the absolute path of the folder of models; it need not exist."""
        return str(self._open().folder.absolute())

    @named
    def audit(self) -> list[str]:
        """Return `OLD: path` of each model that is called old or has a newer version, `CURRENT: path` of others."""
        return [f"{'OLD' if item.is_old else 'CURRENT'}: {item.path}" for item in items(self._open())]

    @named
    def clean(self, keep: Iterable[str] = ()) -> list[str]:
        """Move old models to the trash, and return their names.

        keep: names or patterns of what stays, beside the folder's keep.txt. A model in use stays too.
        """
        store = self._open()
        old = [each.item for each in plan_prune(store, keep) if not each.refusal]
        for item in old:
            remove(store, item)
        return [item.name for item in old]

    @named
    def restore(self, name: str) -> Path:
        """Bring back what clean() removed, and return its path. Raises ModelNotFoundError, OutputError."""
        return restore_item(self._open(), name)

    @named
    def free_resources(self) -> None:
        """Let go of everything; doing so twice is fine."""
        self._store = None

    def __enter__(self) -> AsposeAI:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.free_resources()

    def initialize(self, model_config: object = None) -> NoReturn:
        """Raise MissingPackageError: this needs a language model."""
        _needs_language_model("initialize")

    def run_prompt(self, prompt: str) -> NoReturn:
        """Raise MissingPackageError: this needs a language model."""
        _needs_language_model("run_prompt")

    def set_post_processor(self, processor: object, settings: object = None) -> NoReturn:
        """Raise MissingPackageError: this needs a language model."""
        _needs_language_model("set_post_processor")

    def run_postprocessor(self, text: object) -> NoReturn:
        """Raise MissingPackageError: this needs a language model."""
        _needs_language_model("run_postprocessor")

    def __getattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"AsposeAI has no {name!r}: it has {', '.join(SUPPORTED)}")

    def _open(self) -> Store:
        if self._store is None:
            raise ResourceReleasedError("the resources of this AsposeAI were released", remedy="make a new one")
        return self._store


def _needs_language_model(call: str) -> NoReturn:
    raise MissingPackageError(
        f"{call} needs a language model, which inkread has not yet", remedy=f"supported: {', '.join(SUPPORTED)}"
    )
