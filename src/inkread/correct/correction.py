"""A page corrected as its options say."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence

from inkread.correct.corrector import Corrector, correct
from inkread.correct.embedded import LexiconCorrector
from inkread.correct.guard import Guard
from inkread.correct.lexicon import LANGUAGES, Lexicon, guess_language, has_lexicon
from inkread.document import Page
from inkread.errors import LanguageError, MissingPackageError
from inkread.options import CorrectOptions


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


def corrected(
    page: Page, options: CorrectOptions, languages: Sequence[str] = (), more: Sequence[Corrector] = ()
) -> Page:
    """Return the page with the corrections that its options ask for; as it is where they ask for none.

    languages: of the text (BCP-47); where none is given, the page's own, else that whose commonest words stand on it.
    A page in a language without a lexicon stays as it was read.  more: correctors that propose before the lexicon.
    """
    if options.corrector == "never":
        return page
    known = [each for each in (languages or _languages_of(page)) if has_lexicon(each)]
    if not known:
        return page
    lexicon = Lexicon.of(known)
    return correct(page, [*more, LexiconCorrector(lexicon)], Guard(options, lexicon.knows))


def _languages_of(page: Page) -> list[str]:
    language = page.language or guess_language(word.text for word in page.words)
    return [language] if language else []
