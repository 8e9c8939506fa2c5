"""Tells Indonesian, English and Chinese apart, as people type them."""

import logging
import math
import re
import shutil
import uuid
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from bot.core.messages import Language

log = logging.getLogger(__name__)

Parts = Mapping[str, np.ndarray[Any, Any]]

_TABLE = "table"
_PARTS = ("odds", "priors", "rows", "features", _TABLE)
_HAN = re.compile(r"[\u3400-\u9fff]")
_WORD = re.compile(r"[a-z']+")
_UNSPEAKABLE = re.compile(r"[^aeiouy]+|.*[^aeiouy]{5}.*")  # "npwp", and fingers on a keyboard.
_ENGLISH_WORD = 2.0  # Log-odds that one word of grammar is worth.
_INDONESIAN_WORD = 4.5  # More: Indonesians use English words, hardly ever the other way round.
_CAP = 0.95  # The character model is sure of too much, too soon.


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
                self._identifier = _identifier(["id", "en"], self._kept)

    def _character_odds(self, text: str) -> float:
        """Return the log-odds of English over Indonesian by the text's character sequences."""
        self.load()
        english = dict(self._identifier.rank(text.lower()))["en"]
        english = min(max(english, 1 - _CAP), _CAP)
        return math.log(english / (1 - english))


def _identifier(languages: Sequence[str], kept: Path | None) -> Any:
    """Load what tells these languages apart; restricted later, it would hold all others as well.

    Unpacking takes most of a second, and its table 40 MB of which a text needs little: both are
    saved where it is kept unpacked, and the table is read from the file.
    """
    from py3langid.langid import LanguageIdentifier

    folder = kept / f"language-{version('py3langid')}" if kept else None
    parts = _read(folder) if folder else None
    if parts is None:
        parts = _unpacked(languages)
        if folder:
            _keep(parts, folder)
    return LanguageIdentifier(
        *(parts["odds"], parts["priors"], languages),
        *(parts[_TABLE].data, parts["features"].tolist()),
        norm_probs=True,
        tk_row=parts["rows"].tolist(),
    )


def _unpacked(languages: Sequence[str]) -> Parts:
    from py3langid.langid import MODEL_DIR, MODEL_FILE
    from py3langid.modelio import load_model

    odds, priors, names, table, rows, features = load_model(MODEL_DIR / MODEL_FILE)
    columns = [names.index(language) for language in languages]
    return {
        "odds": odds[:, columns],
        "priors": priors[columns],
        "rows": np.array(rows),
        "features": np.array(features),
        _TABLE: np.frombuffer(table, dtype=f"u{table.itemsize}"),
    }


def _read(folder: Path) -> Parts | None:
    """Return the parts that are kept in a folder, if they are there and whole."""
    try:
        return {
            name: np.load(folder / f"{name}.npy", mmap_mode="r" if name == _TABLE else None)
            for name in _PARTS
        }
    except (OSError, ValueError, EOFError):
        return None


def _keep(parts: Parts, folder: Path) -> None:
    """Keep the parts in a folder; where that cannot be, the next start unpacks them again."""
    beside = folder.with_suffix(f".{uuid.uuid4().hex}")
    try:
        beside.mkdir(parents=True)
        for name, part in parts.items():
            np.save(beside / f"{name}.npy", part, allow_pickle=False)
        shutil.rmtree(folder, ignore_errors=True)  # It may be there, damaged.
        beside.replace(folder)
    except OSError as error:  # Also where another process was first.
        log.info("what tells languages apart is not kept: %s", error)
        shutil.rmtree(beside, ignore_errors=True)
