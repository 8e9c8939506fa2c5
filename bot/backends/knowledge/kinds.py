"""What kind of thing a question seeks, and of what kinds the words of a text are."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Literal, get_args

Kind = Literal["full_form", "day", "number", "person", "place", "name", "any"]
KINDS: tuple[Kind, ...] = get_args(Kind)


def _all_of(words: str) -> dict[str, None]:
    """Return the words of a line, in their order."""
    return dict.fromkeys(words.split())


BRACKET = "("
TOKEN = re.compile(r"\d[\d.,/]*\d|\w+|\(")
"""A word, a number or date as it is written, or the beginning of what stands in brackets."""

ASKING = _all_of(
    "apa apakah siapa siapakah kapan kapankah berapa berapakah mana manakah dimana dimanakah"
    " bagaimana bagaimanakah mengapa mengapakah kenapa kemana kemanakah darimana sebutkan nama"
    " what who whom whose when where which why how name"
)
"""Words that ask: that they stand somewhere says nothing of it."""

_SOUGHT: Mapping[Kind, re.Pattern[str]] = {
    "full_form": re.compile(r"\b(kepanjangan|singkatan|stands? for|abbreviation)\b"),
    "day": re.compile(
        r"\b(kapan\w*|bilamana|tanggal (berapa|mana|apa)\w*|(hari|bulan|tahun) (apa|berapa)\w*"
        r"|when|(what|which) (day|date|month|year))\b"
    ),
    "number": re.compile(r"\b(berapa\w*|how (many|much|long|far|old|often))\b"),
    "person": re.compile(r"\b(siapa\w*|who\w*)\b"),
    "place": re.compile(
        r"\b(di ?mana\w*|ke ?mana\w*|kota|negara|provinsi|pulau|daerah|where|city|country)\b"
    ),
    "name": re.compile(
        r"\b(mana\w*|nama\w*|judul|julukan|merek|perusahaan|partai|lembaga"
        r"|which|names?|named|called|company)\b"
    ),
}
"""By what a question is known to seek something; the first that is found holds."""

_MONTHS = tuple(
    _all_of(
        "januari februari maret april mei juni juli agustus september oktober november desember"
    )
)
_DAYS = _all_of(
    "senin selasa rabu kamis jumat sabtu minggu"
    " january february march may june july august october december"
    " monday tuesday wednesday thursday friday saturday sunday"
)
_NUMBERS = _all_of(
    "satu dua tiga empat lima enam tujuh delapan sembilan sepuluh sebelas puluh belas ratus ribu"
    " juta miliar triliun one two three four five six seven eight nine ten eleven twelve hundred"
    " thousand million billion"
)
_DATE = re.compile(r"(1[5-9]|20)\d\d|\d+/\d+(/\d+)?")
_DAY_AND_MONTH = re.compile(r"(\d\d?)/(\d\d?)(/\d+)?")
_BEFORE_PLACES = _all_of("di ke dari asal provinsi kota kabupaten negara pulau in at from to near")
_PLACE = 0.1  # Share of the times that a name stands behind such a word, from which on it is one.
_LESS = 0.7  # What something counts that is not quite of the kind.
_DATE_AS_NUMBER = 0.4


def kind_of(question: str) -> Kind:
    """Return what a question seeks, as far as its words tell."""
    lowered = question.casefold()
    return next((kind for kind, words in _SOUGHT.items() if words.search(lowered)), "any")


def as_words(token: str) -> Iterator[str]:
    """Yield a token in small letters, and of one such as 24/8 the day and the month as well."""
    yield token.casefold()
    found = _DAY_AND_MONTH.fullmatch(token)
    if found and 1 <= int(found[2]) <= len(_MONTHS):
        yield from (found[1], _MONTHS[int(found[2]) - 1])


class Sorter:
    """Says of what kinds the words of texts are: of names, by the company they keep in them."""

    def __init__(self, texts: Sequence[Sequence[str]]) -> None:
        pairs = [(before, word) for text in texts for before, word in pairwise(text)]
        named = Counter(word for _, word in pairs if word[0].isupper())
        behind = Counter(word for before, word in pairs if before.casefold() in _BEFORE_PLACES)
        self._places = {name for name, times in named.items() if behind[name] > _PLACE * times}

    def kinds(self, word: str, *, is_bracketed: bool) -> Iterator[tuple[Kind, float]]:
        """Yield of what kinds a word is, and how much: 1 wholly. Behind some stands a bracket."""
        if word == BRACKET:
            return
        yield "any", 1.0
        lowered, is_date = word.casefold(), bool(_DATE.fullmatch(word))
        if word[0].isdigit() or lowered in _NUMBERS:
            yield "number", _DATE_AS_NUMBER if is_date else 1.0
        if is_date or lowered in _DAYS or lowered in _MONTHS:
            yield "day", 1.0
        elif word[0].isupper():
            is_place = word in self._places
            yield from (("name", 1.0), ("full_form", 1.0 if is_bracketed else _LESS))
            yield from (("place", 1.0 if is_place else _LESS), ("person", _LESS if is_place else 1))
