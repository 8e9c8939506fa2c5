"""Tells Indonesian, English and Chinese apart, as people type them."""

import logging
import math
import re
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from string import printable
from threading import Lock
from typing import Any

import numpy as np

from bot.backends.arrays import Array, keep_arrays, read_arrays
from bot.core.messages import Language

log = logging.getLogger(__name__)

_FILE = "language-"
_BYTES = 256
_TYPED = np.array([chr(byte) in printable and not chr(byte).isupper() for byte in range(_BYTES)])
"""The bytes that are looked at: of Indonesian and English in small letters."""
_HAN = re.compile(r"[\u3400-\u9fff]")
_WORD = re.compile(r"[a-z']+")
_UNSPEAKABLE = re.compile(r"[^aeiouy]+|.*[^aeiouy]{5}.*")  # "npwp", and fingers on a keyboard.
_ENGLISH_WORD = 2.0  # Log-odds that one word of grammar is worth.
_INDONESIAN_WORD = 4.5  # More: Indonesians use English words, hardly ever the other way round.
_CAP = 0.95  # The character model is sure of too much, too soon.
_MOST = math.log(_CAP / (1 - _CAP))  # The log-odds that it can have.


class LanguageGuess:
    """Weighs a text's character sequences and its words of grammar.

    Neither is enough: "can i sell batik in indonesia" looks Indonesian by its characters, and
    "seller center error" has no word of grammar. Javanese and Sundanese count as Indonesian.
    """

    def __init__(
        self, phrases: Mapping[Language, Mapping[str, str]], *, kept: Path | None = None
    ) -> None:
        """Take the words of grammar from the phrases; the rest may be kept in a folder."""
        self._english = frozenset(phrases["en"]["grammar_words"].split())
        self._indonesian = frozenset(phrases["id"]["grammar_words"].split())
        self._kept = kept
        self._identifier: Any = None  # py3langid has no types.
        self._lock = Lock()

    def __call__(self, text: str) -> Language | None:
        """Return the language of a text, or None where nothing in it tells."""
        words = _WORD.findall(text.casefold())
        if self._is_chinese(text, words):
            return "zh"
        if all(_UNSPEAKABLE.fullmatch(word) for word in words):
            return None
        odds = _ENGLISH_WORD * sum(word in self._english for word in words)
        odds -= _INDONESIAN_WORD * sum(word in self._indonesian for word in words)
        if abs(odds) < _MOST:  # Else no sequence of characters can outweigh the words.
            odds += self._character_odds(text)
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
                self._identifier = _identifier(["id", "en"], self._kept)

    def _character_odds(self, text: str) -> float:
        """Return the log-odds of English over Indonesian by the text's character sequences."""
        self.load()
        english = dict(self._identifier.rank(text.lower()))["en"]
        english = min(max(english, 1 - _CAP), _CAP)
        return math.log(english / (1 - english))


def _identifier(languages: Sequence[str], kept: Path | None) -> Any:
    """Load what tells these languages apart, from a file if it was kept in one.

    Restricted later, it would hold all other languages as well.
    """
    from py3langid.langid import LanguageIdentifier

    path = kept / f"{_FILE}{version('py3langid')}.npz" if kept else None
    parts = read_arrays(path) if path else None
    if parts is None:
        parts = _unpacked(languages)
        if path:
            try:
                keep_arrays(path, parts, instead_of=f"{_FILE}*")
            except OSError as error:
                log.info("what tells languages apart is not kept: %s", error)
    return LanguageIdentifier(
        *(parts["odds"], parts["priors"], languages),
        *(parts["table"].data, parts["features"].data),
        norm_probs=True,
        tk_row=parts["rows"].data,
    )


def _unpacked(languages: Sequence[str]) -> Mapping[str, Array]:
    """Unpack the statistics of these languages, which takes a second."""
    from py3langid.langid import MODEL_DIR, MODEL_FILE
    from py3langid.modelio import load_model

    odds, priors, names, table, rows, features = load_model(MODEL_DIR / MODEL_FILE)
    columns = [names.index(language) for language in languages]
    steps = np.frombuffer(table, dtype=f"u{table.itemsize}").reshape(-1, _BYTES)
    states, steps, rows = _reached(steps, np.array(rows))
    return {
        "odds": odds[:, columns],
        "priors": priors[columns],
        "table": steps.ravel(),
        "rows": rows,
        "features": np.array(features)[states],
    }


def _reached(steps: Array, rows: Array) -> tuple[Array, Array, Array]:
    """Leave out of an automaton what no small letter of ASCII leads to, a sixth of it is left.

    `steps` says for each row the state that each byte leads to, `rows` the row of each state.
    Returns the states that are left, and both for them.
    """
    steps = np.where(_TYPED, steps, 0)
    is_reached = np.zeros(len(rows), dtype=bool)
    found = np.zeros(1, dtype=int)
    while found.size:
        is_reached[found] = True
        found = np.unique(steps[rows[found]])
        found = found[~is_reached[found]]
    states = np.flatnonzero(is_reached)
    renamed = np.zeros(len(rows), dtype=np.uint16 if len(states) <= 2**16 else np.uint32)
    renamed[states] = np.arange(len(states))
    left, rows = np.unique(rows[states], return_inverse=True)
    return states, renamed[steps[left]], rows
