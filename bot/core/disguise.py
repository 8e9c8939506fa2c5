"""Goods that are to go under another name: dresses declared as machine parts, snacks as toys."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from bot.core.clusters import Clusters
from bot.core.messages import Language
from bot.core.naming import HAN, joined
from bot.core.signs import Places, Signs

NAMING, CALLING, WRITING, PAPERS, AMONG, JOINING, UNLESS = (
    "disguise_naming",
    "disguise_calling",
    "disguise_writing",
    "disguise_papers",
    "disguise_among",
    "disguise_joining",
    "disguise_unless",
)
"""The lists of words by which it is told."""

_LONGEST = 6  # Words or Chinese characters of a listed name that is looked for.
_BEFORE = 6  # Those at most between goods and the word that gives them another name.
_BEHIND = 4  # Those from the beginning of that word to the other name.


@dataclass(frozen=True, slots=True)
class _Goods:
    """A listed name in a text."""

    start: int
    end: int
    is_open: bool
    """It is in no closed cluster, so that closed goods may be hidden under it."""


def is_disguise(text: str, signs: Signs, clusters: Clusters, language: Language) -> bool:
    """Say whether goods that are closed, or may be, are to go under the name of others."""
    words, places = signs.look(text)
    if NAMING not in places or UNLESS in places:
        return False
    goods = list(_goods(words, clusters, language))
    return any(
        _is_called(one, other, places) for one, other in pairwise(goods) if _is_apart(one, other)
    ) or (PAPERS in places and _is_written(goods, places))


def _goods(words: Sequence[str], clusters: Clusters, language: Language) -> Iterator[_Goods]:
    """Yield the listed names in a text, the longest where several begin."""
    place = 0
    while place < len(words):
        end = _end(words, place, clusters)
        if end > place:
            verdict = clusters.verdict(joined(words[place:end]), language)
            yield _Goods(place, end, verdict.status == "not_listed")
        place = max(end, place + 1)


def _end(words: Sequence[str], place: int, clusters: Clusters) -> int:
    """Return where the longest listed name ends that begins at a place; there, if none does."""
    least = 2 if HAN.match(words[place]) else 1  # A character alone is part of other words.
    for end in range(min(place + _LONGEST, len(words)), place + least - 1, -1):
        if clusters.catalogue.lists(joined(words[place:end])):
            return end
    return place


def _is_apart(one: _Goods, other: _Goods) -> bool:
    return not one.is_open and other.is_open


def _is_called(one: _Goods, other: _Goods, places: Places) -> bool:
    """Say whether goods get the name of those behind them: dresses as toys."""
    calls = any(
        one.end <= place <= one.end + _BEFORE and place < other.start <= place + _BEHIND
        for place in places.get(CALLING, ())
    )
    edges = range(other.start - 1, other.end + 1)
    is_near = other.start - one.end <= _BEFORE
    return calls or (is_near and any(place in edges for place in places.get(AMONG, ())))


def _is_written(goods: Sequence[_Goods], places: Places) -> bool:
    """Say whether a paper is to name goods alone, though others are in the parcel."""
    written = [
        each
        for each in goods
        if each.is_open
        and each.start not in places[PAPERS]
        and any(place < each.start <= place + _BEHIND for place in places.get(WRITING, ()))
    ]
    joined_goods = {
        each
        for pair in pairwise(goods)
        if _are_joined(*pair, places.get(JOINING, ()))
        for each in pair
    }
    return any(not each.is_open for each in goods) and any(
        each not in joined_goods for each in written
    )


def _are_joined(one: _Goods, other: _Goods, joins: Sequence[int]) -> bool:
    return all(place in joins for place in range(one.end, other.start))
