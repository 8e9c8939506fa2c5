"""Whether a question goes on from the one before, and what both mean together."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Literal

from bot.core.messages import Passage

Leaning = Literal["no", "maybe", "plainly"]

_WORDS = re.compile(r"\w+")
_WORD = re.compile(r"[^\W_\u3400-\u9fff]+|[\u3400-\u9fff]{1,2}")
_SHORT, _VERY_SHORT = 8, 4  # Words, up to which a question may lean on the one before.
_HINT = 0.12  # Confidence in a card by the question's own words, without which it has no say in it.
_CLEAR = 0.3  # Of the best score the part by which it is ahead of the second.


def leaning(text: str, phrases: Mapping[str, Mapping[str, str]]) -> Leaning:
    """Say whether a question leans on the one before, by its length and its words."""
    text = " ".join(_WORDS.findall(text.casefold()))
    words = _WORD.findall(text)
    if not words or len(words) > _SHORT:
        return "no"
    if any(_marks(each).search(text) for each in phrases.values()):
        return "plainly"
    return "maybe" if len(words) <= _VERY_SHORT else "no"


def context(newest_first: Sequence[str], phrases: Mapping[str, Mapping[str, str]]) -> str:
    """Return what was asked before, back to what leans on nothing."""
    texts: list[str] = []
    for text in newest_first:
        texts.insert(0, text)
        if leaning(text, phrases) != "plainly":
            break
    return " ".join(texts)


def in_context(
    alone: tuple[Passage, ...], joined: tuple[Passage, ...], *, last: str, leans: Leaning
) -> tuple[Passage, ...]:
    """Return what was found for a question in its context, if that fits better than alone.

    `joined` was found for it together with what was asked before, whose card was `last`: that was
    told, and what goes on from it asks for something else.
    """
    both = _merged(alone, joined, last)
    if not both:
        return alone
    best, hint = both[0], _confidence(both[0].card, alone)
    if leans == "maybe" and hint < _HINT:
        return alone
    if leans == "plainly" and _is_clear(both):
        best = replace(best, confidence=(1 + best.confidence) / 2)
    is_better = not alone or best.confidence > alone[0].confidence
    return (best, *both[1:]) if is_better else alone


def _merged(alone: Sequence[Passage], joined: Sequence[Passage], last: str) -> Sequence[Passage]:
    """Return the cards that both searches found, by the sum of their scores."""
    passages = {each.card: each for each in (*joined, *alone) if each.card != last}
    return sorted(
        (_summed(each, alone, joined) for each in passages.values()),
        key=lambda passage: -passage.score,
    )


def _summed(passage: Passage, alone: Sequence[Passage], joined: Sequence[Passage]) -> Passage:
    doubt, score = 1.0, 0.0
    for found in (alone, joined):
        doubt *= 1 - _confidence(passage.card, found)
        lowest = min((each.score for each in found), default=0.0)
        score += next((each.score for each in found if each.card == passage.card), lowest)
    return replace(passage, confidence=1 - doubt, score=score)


def _confidence(card: str, found: Sequence[Passage]) -> float:
    return next((each.confidence for each in found if each.card == card), 0.0)


def _is_clear(both: Sequence[Passage]) -> bool:
    """Say whether the first is far ahead of the second."""
    return len(both) < 2 or both[0].score - both[1].score >= _CLEAR * abs(both[0].score)


def _marks(phrases: Mapping[str, str]) -> re.Pattern[str]:
    """Return the pattern of what shows, in a language, that a question leans on another."""
    kinds = ("openings", "words", "endings", "except")
    return _pattern(*(phrases[f"goes_on_{kind}"] or "(?!)" for kind in kinds))


@cache
def _pattern(openings: str, words: str, endings: str, others: str) -> re.Pattern[str]:
    edge = r"\b" if openings.isascii() else ""  # Chinese has no spaces between words.
    return re.compile(
        rf"^(?:{openings}){edge}|{edge}(?:{words}){edge}"
        rf"|\b(?!(?:{others})\b)\w+(?:{endings})\b"
    )
