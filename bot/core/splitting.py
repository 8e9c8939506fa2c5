"""Several questions in one message: told apart by their form, and by what was found for each."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache

from bot.core.messages import (
    Abstention,
    Answer,
    Clarification,
    Passage,
    Refusal,
    Turn,
    Verdicts,
    WhoSells,
)

_MOST = 3
_NEVER = "(?!)"
_OWN = 2  # Words of its own that make a question one by itself.
_STRENGTH = (Answer, Verdicts, Clarification, WhoSells, Abstention, Refusal)
"""The outcomes of questions, the strongest first."""
_LESS = 0.15  # Confidence that a message loses by a question which does not belong to it.
_PIECE = re.compile(r"[^?？!！.。;；\n]+[?？!！.。;；\n]*|[?？!！.。;；\n]+")
_NUMBERED = re.compile(r"(?:^|(?<=\s))\d[.)]\s+(?=\D)")
_WORD = re.compile(r"[^\W\d_\u3400-\u9fff]+|[\u3400-\u9fff]")


def questions(text: str, phrases: Mapping[str, Mapping[str, str]]) -> Sequence[str]:
    """Return the questions that a message seems to hold, in their order; one if it holds one.

    What is no question by itself belongs to the one that follows, or to the last.
    """
    found: list[str] = []
    waiting: list[str] = []
    for piece in _pieces(text, phrases):
        waiting.append(piece)
        if _is_question(piece, phrases):
            found.append(" ".join(waiting))
            waiting = []
    if waiting and found:
        found[-1] = " ".join((found[-1], *waiting))
    return found if 1 < len(found) <= _MOST else [text]


def names_something(text: str, phrases: Mapping[str, Mapping[str, str]]) -> bool:
    """Say whether a question has words of its own, beside those of grammar."""
    common = _common(*(each["grammar_words"] for each in phrases.values()))
    words = (word for word in _WORD.findall(text.casefold()) if word not in common)
    return sum(1 for _ in words) >= _OWN


def standing(turns: Sequence[Turn], own: Sequence[bool], *, sure: float) -> Sequence[Turn]:
    """Return the turns of the questions that stand by themselves.

    `own` says which of them names something; the others stand where they are surely answered.
    """
    return [
        turn
        for turn, is_own in zip(turns, own, strict=True)
        if is_own or (_told(turn) and _certainty(turn) >= sure)
    ]


def worth_telling(turns: Sequence[Turn], whole: Turn) -> Sequence[Turn]:
    """Return the turns of the questions in a message that tell but one thing, or the one of it all.

    One that finds nothing is a question still, if with it the message fits less well what another
    one finds.
    """
    told = distinct(turns)
    best = max((*told, whole), key=_certainty)
    if told and _certainty(whole) > _certainty(told[0]) - _LESS:
        return [best]
    others = [turn for turn in turns if not _told(turn)]
    if not told or not others:
        return [best]
    return [turn for turn in turns if turn is told[0] or turn is others[0]]


def together(turns: Sequence[Turn]) -> Turn:
    """Return the turns of one message as one, whose outcome is the weakest of theirs."""
    if len(turns) == 1:
        return turns[0]
    weakest = max(turns, key=lambda turn: _STRENGTH.index(type(turn.outcome)))
    replies = tuple(reply for turn in turns for reply in turn.replies)
    return replace(weakest, replies=replies, heard="", parts=tuple(turns))


def distinct(turns: Sequence[Turn]) -> Sequence[Turn]:
    """Return the turns that tell something, each card once."""
    found: dict[str, Turn] = {}
    for turn in turns:
        if told := _told(turn):
            found.setdefault(told, turn)
    return list(found.values())


def _told(turn: Turn) -> str:
    """Return what names the thing that a turn tells, if it tells one."""
    match turn.outcome:
        case Answer(passage) | Abstention(_, Passage() as passage) | Refusal(Passage() as passage):
            return passage.card
        case Refusal() | Verdicts():
            return turn.outcome.name
        case _:
            return ""


def _certainty(turn: Turn) -> float:
    """Return how certain a turn is; nothing is more certain than what is not helped with."""
    match turn.outcome:
        case Answer() | Abstention():
            return turn.outcome.confidence if _told(turn) else 0.0
        case _:
            return 1.0


def _pieces(text: str, phrases: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    """Yield a text's sentences, those that a word of joining joins apart."""
    for piece in _PIECE.findall(_NUMBERED.sub("\n", text)):
        yield from _parted(piece.strip(), phrases)


def _parted(piece: str, phrases: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    """Yield the two sides of a word of joining where each of them asks in words, or the whole."""
    for join in _joins(*(each["question_joins"] for each in phrases.values())).finditer(piece):
        before, after = piece[: join.start()], piece[join.end() :]
        if _asks(before, phrases) and _asks(after, phrases):
            yield before.strip(" ,，")
            yield from _parted(after.strip(), phrases)
            return
    if piece:
        yield piece


def _is_question(piece: str, phrases: Mapping[str, Mapping[str, str]]) -> bool:
    return piece.endswith(("?", "？")) or _asks(piece, phrases)


def _asks(piece: str, phrases: Mapping[str, Mapping[str, str]]) -> bool:
    """Say whether a piece has a word that asks."""
    return any(
        _asking(each["question_words"], each["question_ends"]).search(piece.casefold())
        for each in phrases.values()
    )


@cache
def _joins(*joins: str) -> re.Pattern[str]:
    spaced = "|".join(each for each in joins if each.isascii() and each) or _NEVER
    others = "|".join(each for each in joins if not each.isascii()) or _NEVER
    return re.compile(rf"(?:^|[\s,]+)(?:{spaced})\s+|[,，]?(?:{others})[,，]?", re.IGNORECASE)


@cache
def _asking(words: str, ends: str) -> re.Pattern[str]:
    edge = r"\b" if words.isascii() else ""  # Chinese has no spaces between words.
    return re.compile(rf"{edge}(?:{words or _NEVER}){edge}|{edge}(?:{ends or _NEVER})\W*$")


@cache
def _common(*words: str) -> frozenset[str]:
    return frozenset(word for each in words for word in each.split())
