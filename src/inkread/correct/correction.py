"""A page corrected as its options say."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import replace

from inkread.correct.choose import Chooser
from inkread.correct.corrector import Corrector, correct
from inkread.correct.edit import Editor
from inkread.correct.embedded import LexiconCorrector
from inkread.correct.guard import Guard
from inkread.correct.lexicon import LANGUAGES, Lexicon, guess_language, has_lexicon
from inkread.correct.rescore import Rescorer, offering
from inkread.correct.rewrite import Rewriter
from inkread.document import Notice, Page
from inkread.errors import LanguageError, LimitError, MissingPackageError, ModelError
from inkread.language_model.endpoint import EndpointModel
from inkread.language_model.llama import LlamaModel
from inkread.language_model.llama import check_installed as check_llama
from inkread.language_model.model import LanguageModel
from inkread.logs import logger
from inkread.options import CorrectOptions, LanguageModelOptions
from inkread.registry.language_models import find_gguf

_log = logger(__name__)


def needs_model(options: CorrectOptions) -> bool:
    """Return whether a language model is needed."""
    return options.corrector in ("rescore", "edit", "rewrite")


def check_available(options: CorrectOptions, languages: Sequence[str]) -> None:
    """Raise MissingPackageError or LanguageError, before anything is read, where pages could not be corrected."""
    if options.corrector == "never":
        return
    if importlib.util.find_spec("spellchecker") is None:
        raise MissingPackageError(
            "correcting by a lexicon needs the package pyspellchecker", remedy="pip install inkread[correct]"
        )
    if languages and not any(map(has_lexicon, languages)):
        raise LanguageError(
            f"there is no lexicon for {', '.join(languages)}",
            remedy=f"correct text in {', '.join(LANGUAGES)}, or leave it as it was read",
        )


def open_model(options: LanguageModelOptions) -> LanguageModel:
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
    check_llama()
    found = find_gguf(options)
    return LlamaModel(
        found.path,
        name=found.name,
        context_size=min(options.context_size, found.context_length),
        gpu_layers=options.gpu_layers,
        threads=options.threads,
        timeout_s=options.timeout_s,
    )


def corrected(
    page: Page,
    options: CorrectOptions,
    languages: Sequence[str] = (),
    more: Sequence[Corrector] = (),
    model: LanguageModel | None = None,
) -> Page:
    """Return the page with the corrections that its options ask for; as it is where they ask for none.

    languages: of the text (BCP-47); where none is given, the page's own, else that whose commonest words stand on it.
    A page in a language without a lexicon stays as it was read.  more: correctors that propose before the others.
    model: for the ways that need one (`open_model`). Where it gives no answer, the lexicon alone corrects, and a notice
    tells.
    """
    if options.corrector == "never":
        return page
    known = [each for each in (languages or _languages_of(page)) if has_lexicon(each)]
    if not known:
        return page
    lexicon = Lexicon.of(known)
    guard = Guard(options, lexicon.knows)
    alone = [*more, LexiconCorrector(lexicon)]
    if not needs_model(options):
        return correct(page, alone, guard)
    assert model is not None
    try:
        return correct(page, [*more, *_BY_MODEL[options.corrector](model, lexicon)], guard)
    except (ModelError, LimitError) as error:
        _log.warning("corrected without the language model: %s", error)
        notice = Notice("correction", f"corrected without the language model: {error}")
        page = correct(page, alone, guard)
        return replace(page, notices=(*page.notices, notice))


def _rescorers(model: LanguageModel, lexicon: Lexicon) -> list[Corrector]:
    offered = offering(lexicon)
    return [Rescorer(model, offered) if model.can_score else Chooser(model, offered)]


def _editors(model: LanguageModel, lexicon: Lexicon) -> list[Corrector]:
    return [LexiconCorrector(lexicon), Editor(model, offering(lexicon))]


def _rewriters(model: LanguageModel, lexicon: Lexicon) -> list[Corrector]:
    return [LexiconCorrector(lexicon), Rewriter(model)]


_BY_MODEL: dict[str, Callable[[LanguageModel, Lexicon], list[Corrector]]] = {
    "rescore": _rescorers,
    "edit": _editors,
    "rewrite": _rewriters,
}


def _languages_of(page: Page) -> list[str]:
    language = page.language or guess_language(word.text for word in page.words)
    return [language] if language else []
