"""What a question seeks and nobody asks a card for: a time of day, a place, a name, a year.

A card may be about all that a question names, and not hold the one thing that it seeks: in which
building an event was. Of the bank's questions whose best card lacks what they seek so, it answers
one in four, of the others nine in ten.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import NamedTuple

from bot.backends.knowledge.cards import UNDATED, Card
from bot.core.messages import DEFAULT_LANGUAGE, Language

_PEOPLE = (
    "orang peserta toko umkm anggota penjual seller pembeli pelanggan karyawan kota cabang gerai"
    " negara"
)
_COUNTED = "|".join(_PEOPLE.split())
_SOUGHT: Mapping[str, re.Pattern[str]] = {
    "time of day": re.compile(r"\b((jam|pukul)(nya)? berapa|what time)\b|几点"),
    "place": re.compile(
        r"\b(di ?mana\w*|ke ?mana\w*|alamat\w*"
        r"|(gedung|kota|jalan|kabupaten|kecamatan|hotel) (apa|mana)\w*|where|address)\b"
        r"|哪里|在哪|地址"
    ),
    "name": re.compile(r"\b(nama\w*|judul\w*|names?)\b|名字|名称|叫什么"),
    "count": re.compile(
        rf"\b(berapa (banyak )?|(jumlah|banyaknya) )({_COUNTED})(nya)?\b"
        r"|\bhow many (people|shops|stores|sellers|members|participants|buyers|cities)\b"
        r"|多少[人家个]|(?<![没好])几[人家个]"
    ),
}
"""By what a question is known to seek something: what is usual, so that its lack tells much."""

_YEAR = re.compile(r"(?<!\d)(?:19\d\d|20(?!00)\d\d)(?!\d)")  # Round ones count things.


class _Held(NamedTuple):
    """What a card is asked for, and what it tells, in all its languages."""

    sought: frozenset[str]
    years: frozenset[str]
    since: str
    """The year of its facts."""


class Lack:
    """Says whether a card lacks what a question seeks, by the lines that it is asked for with."""

    def __init__(
        self, cards: Mapping[str, Mapping[Language, Card]], glossary: Callable[[str], str]
    ) -> None:
        self._glossary = glossary
        self._held = cache(lambda name: self._read(list(cards[name].values())))

    def __call__(self, question: str) -> Callable[[str], bool]:
        """Return what says of a card whether it does; of years, early ones count.

        Early is what is before the year of the card's facts.
        """
        sought, years = _sought(self._glossary(question)), set(_YEAR.findall(question))
        if not sought and not years:
            return lacks_nothing

        def lacks(name: str) -> bool:
            held = self._held(name)
            early = {year for year in years if year < held.since}
            return not (held.sought.issuperset(sought) and held.years.issuperset(early))

        return lacks

    def _read(self, versions: Sequence[Card]) -> _Held:
        if any(card.unknown for card in versions):  # It lacks what it says that it lacks.
            return _Held(frozenset(_SOUGHT), frozenset(), "")
        lines = [(line, card) for card in versions for line in (card.title, *card.asked)]
        sought = frozenset(kind for line, card in lines for kind in self._sought_by(line, card))
        texts = [*(line for line, _ in lines), *(card.text for card in versions)]
        years = frozenset(year for text in texts for year in _YEAR.findall(text))
        return _Held(sought, years, min(map(_since, versions)))

    def _sought_by(self, line: str, card: Card) -> Sequence[str]:
        is_default = card.language == DEFAULT_LANGUAGE
        return _sought(self._glossary(line) if is_default else line.casefold())


def lacks_nothing(_card: str) -> bool:
    """Say of any card that it lacks nothing: of a question that seeks nothing of the kind."""
    return False


def _sought(meant: str) -> Sequence[str]:
    return [kind for kind, words in _SOUGHT.items() if words.search(meant)]


def _since(card: Card) -> str:
    """Return the year of a card's facts, or in which they were seen."""
    return (card.seen if card.as_of == UNDATED else card.as_of)[:4]
