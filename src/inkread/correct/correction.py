"""A page corrected as its options say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from inkread.document import Notice, Page
from inkread.errors import LanguageError, LimitError, ModelError
from inkread.extras import check_installed
from inkread.logs import logger
from inkread.options import CorrectOptions

if TYPE_CHECKING:
    from inkread.correct.corrector import Corrector
    from inkread.language_model.model import LanguageModel

_log = logger(__name__)


def model_for(options: CorrectOptions) -> LanguageModel | None:
    """Return the language model that the options need, opened, or None; see `by_model.open_language_model`."""
    if options.corrector in ("never", "lexicon"):
        return None
    from inkread.correct.by_model import open_language_model

    return open_language_model(options.language_model)


def check_available(options: CorrectOptions, languages: Sequence[str]) -> None:
    """Raise MissingPackageError or LanguageError, before anything is read, where pages could not be corrected."""
    if options.corrector == "never":
        return
    from inkread.correct.lexicon import LANGUAGES, has_lexicon

    check_installed("correct")
    if languages and not any(map(has_lexicon, languages)):
        raise LanguageError(
            f"there is no lexicon for {', '.join(languages)}",
            remedy=f"correct text in {', '.join(LANGUAGES)}, or leave it as it was read",
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
    model: for the ways that need one (`model_for`). Where it gives no answer, the lexicon alone corrects, and a notice
    tells.
    """
    if options.corrector == "never":
        return page
    # Most pages are not corrected, and pay for none of this.
    from inkread.correct.corrector import correct
    from inkread.correct.embedded import LexiconCorrector
    from inkread.correct.guard import Guard
    from inkread.correct.lexicon import Lexicon, guess_language, has_lexicon

    languages = languages or ([page.language] if page.language else [])
    if not languages:
        guessed = guess_language(word.text for word in page.words)
        languages = [guessed] if guessed else []
    known = [each for each in languages if has_lexicon(each)]
    if not known:
        return page
    lexicon = Lexicon.of(known)
    guard = Guard(options, lexicon.knows)
    alone = [*more, LexiconCorrector(lexicon)]
    if options.corrector == "lexicon":
        return correct(page, alone, guard)
    from inkread.correct.by_model import BY_MODEL

    assert model is not None
    try:
        return correct(page, [*more, *BY_MODEL[options.corrector](model, lexicon)], guard)
    except (ModelError, LimitError) as error:
        _log.warning("corrected without the language model: %s", error)
        notice = Notice("correction", f"corrected without the language model: {error}")
        page = correct(page, alone, guard)
        return replace(page, notices=(*page.notices, notice))
