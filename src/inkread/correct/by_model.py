"""The ways of correcting that need a language model, and the model that the options mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from inkread.correct.choose import Chooser
from inkread.correct.corrector import Corrector
from inkread.correct.edit import Editor
from inkread.correct.embedded import LexiconCorrector
from inkread.correct.lexicon import Lexicon
from inkread.correct.rescore import Rescorer, offering
from inkread.correct.rewrite import Rewriter
from inkread.extras import check_installed
from inkread.language_model.endpoint import EndpointModel
from inkread.language_model.llama import LlamaModel
from inkread.language_model.model import LanguageModel
from inkread.options import LanguageModelOptions
from inkread.registry.language_models import find_gguf


def open_language_model(options: LanguageModelOptions) -> LanguageModel:
    """Return the language model that the options mean; whoever opens it closes it.

    Raises AddressError for an endpoint elsewhere that was not allowed, MissingPackageError, ModelNotFoundError with
    the command that gets the model, ModelError where it cannot be loaded.
    """
    if options.endpoint is not None:
        return EndpointModel(
            options.endpoint,
            options.model or "",
            api_key=options.api_key.get_secret_value() if options.api_key else "",
            context_size=options.context_size,
            timeout_s=options.timeout_s,
            retries=options.retries,
            allow_remote=options.allow_remote,
        )
    check_installed("llm")
    found = find_gguf(options)
    return LlamaModel(
        found.path,
        name=found.name,
        context_size=min(options.context_size, found.context_length),
        gpu_layers=options.gpu_layers,
        threads=options.threads,
        timeout_s=options.timeout_s,
    )


def _rescorers(model: LanguageModel, lexicon: Lexicon) -> list[Corrector]:
    offered = offering(lexicon)
    return [Rescorer(model, offered) if model.can_score else Chooser(model, offered)]


def _editors(model: LanguageModel, lexicon: Lexicon) -> list[Corrector]:
    return [LexiconCorrector(lexicon), Editor(model, offering(lexicon))]


def _rewriters(model: LanguageModel, lexicon: Lexicon) -> list[Corrector]:
    return [LexiconCorrector(lexicon), Rewriter(model)]


# By CorrectOptions.corrector.
BY_MODEL: Final[Mapping[str, Callable[[LanguageModel, Lexicon], list[Corrector]]]] = {
    "rescore": _rescorers,
    "edit": _editors,
    "rewrite": _rewriters,
}
