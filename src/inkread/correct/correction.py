"""A page corrected as its options say."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from typing import TYPE_CHECKING

from inkread.document import Page
from inkread.errors import LanguageError, MissingPackageError
from inkread.options import CorrectOptions

if TYPE_CHECKING:
    from inkread.correct.corrector import Corrector


def check_available(options: CorrectOptions, languages: Sequence[str]) -> None:
    """Raise MissingPackageError or LanguageError, before anything is read, where pages could not be corrected."""
    if options.corrector == "never":
        return
    if importlib.util.find_spec("spellchecker") is None:
        raise MissingPackageError(
            "correcting by a lexicon needs the package pyspellchecker", remedy="pip install inkread[correct]"
        )
    from inkread.correct.lexicon import LANGUAGES, has_lexicon

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
    return correct(page, [*more, LexiconCorrector(lexicon)], Guard(options, lexicon.knows))
