"""Plain methods of search, which ours is compared with: a card is one text."""

import re
from collections.abc import Sequence
from typing import Any

import bm25s
import numpy as np
import Stemmer

Array = np.ndarray[Any, Any]

_WORD = re.compile(r"\w+")
_MEANING = 0.6  # Of both together.


def plain_scores(
    documents: Sequence[str], questions: Sequence[str], dense: Array
) -> dict[str, Array]:
    """Return what each method gives each document for each question: a row for each question."""
    stems = _bm25([_stems(text) for text in documents], [_stems(text) for text in questions])
    words = _bm25([_words(text) for text in documents], [_words(text) for text in questions])
    both = _MEANING * standardised(dense) + (1 - _MEANING) * standardised(stems)
    return {
        "vectors": dense,
        "BM25, words as they stand": words,
        "BM25, Indonesian stems": stems,
        "vectors and stems, 0.6 to 0.4": both,
    }


def standardised(scores: Array) -> Array:
    mean, deviation = scores.mean(axis=1, keepdims=True), scores.std(axis=1, keepdims=True)
    brought: Array = (scores - mean) / (deviation + 1e-9)
    return brought


def rank_of_right(scores: Array, right: Array) -> Array:
    """Return at which place the right document of each question stands, from 1 on."""
    own = np.take_along_axis(scores, right[:, None], axis=1)
    before = np.arange(scores.shape[1])[None] < right[:, None]
    places: Array = (scores > own).sum(axis=1) + ((scores == own) & before).sum(axis=1) + 1
    return places


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def _stems(text: str) -> list[str]:
    return Stemmer.Stemmer("indonesian").stemWords(_words(text))  # type: ignore[no-any-return]


def _bm25(documents: Sequence[list[str]], questions: Sequence[list[str]]) -> Array:
    index = bm25s.BM25(k1=0.9, b=0.4)
    index.index(documents, show_progress=False)
    known = {term for document in documents for term in document}
    return np.array(
        [
            index.get_scores([term for term in question if term in known] or documents[0][:1])
            for question in questions
        ]
    )
