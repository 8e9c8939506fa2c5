"""Tells Indonesian, English and Chinese apart, as people type them."""

import math
import re
from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Any

from bot.core.messages import Language

_HAN = re.compile(r"[\u3400-\u9fff]")
_WORD = re.compile(r"[a-z']+")
_ENGLISH_WORD = 2.0  # Log-odds that one word of grammar is worth.
_INDONESIAN_WORD = 4.5  # More: Indonesians use English words, hardly ever the other way round.
_CAP = 0.95  # The character model is sure of too much, too soon.


class LanguageGuess:
    """Weighs a text's character sequences and its words of grammar.

    Neither is enough: "can i sell batik in indonesia" looks Indonesian by its characters, and
    "seller center error" has no word of grammar. Javanese and Sundanese count as Indonesian.
    """

    def __init__(self, phrases: Mapping[Language, Mapping[str, str]]) -> None:
        self._english = frozenset(phrases["en"]["grammar_words"].split())
        self._indonesian = frozenset(phrases["id"]["grammar_words"].split())
        self._identifier: Any = None  # py3langid has no types.
        self._lock = Lock()

    def __call__(self, text: str) -> Language | None:
        """Return the language of a text, or None where nothing in it tells."""
        words = _WORD.findall(text.casefold())
        if self._is_chinese(text, words):
            return "zh"
        if not words:
            return None
        odds = self._character_odds(text)
        odds += _ENGLISH_WORD * sum(word in self._english for word in words)
        odds -= _INDONESIAN_WORD * sum(word in self._indonesian for word in words)
        return "en" if odds > 0 else "id"

    def _is_chinese(self, text: str, words: Sequence[str]) -> bool:
        """Say whether a text is Chinese; names in Latin letters may be most of it."""
        characters = len(_HAN.findall(text))
        grammar = sum(word in self._english or word in self._indonesian for word in words)
        letters = sum(character.isalpha() for character in text)
        return characters * 4 >= (letters or 1) or (characters > 1 and not grammar)

    def load(self) -> None:
        """Load the statistics now, which takes a second, rather than for the first question."""
        with self._lock:
            if self._identifier is None:
                self._identifier = _identifier(["id", "en"])

    def _character_odds(self, text: str) -> float:
        """Return the log-odds of English over Indonesian by the text's character sequences."""
        self.load()
        english = dict(self._identifier.rank(text.lower()))["en"]
        english = min(max(english, 1 - _CAP), _CAP)
        return math.log(english / (1 - english))


def _identifier(languages: Sequence[str]) -> Any:
    """Load what tells these languages apart; restricted later, it would hold all others as well."""
    from py3langid.langid import MODEL_DIR, MODEL_FILE, LanguageIdentifier
    from py3langid.modelio import load_model

    odds, priors, names, steps, rows, features = load_model(MODEL_DIR / MODEL_FILE)
    columns = [names.index(language) for language in languages]
    return LanguageIdentifier(
        *(odds[:, columns], priors[columns], languages, steps, features),
        norm_probs=True,
        tk_row=rows,
    )
