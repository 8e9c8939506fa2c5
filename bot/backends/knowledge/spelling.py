"""Reads Indonesian words as people type them: shortened, or bent as in everyday speech."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

Stems = Callable[[Sequence[str]], Sequence[str]]

_WORD = re.compile(r"[a-z0-9]*[a-z][a-z0-9]*")
_TWICE = re.compile(r"([a-z]{2,})2(nya|an|in|e)?")
_AMOUNT = re.compile(r"(\d+)([a-z]+)")
_AMOUNTS = {
    "rb": "ribu",
    "k": "ribu",
    "jt": "juta",
    "kg": "kg",
    "kilo": "kilo",
    "hr": "hari",
    "hari": "hari",
    "bln": "bulan",
    "bulan": "bulan",
    "thn": "tahun",
    "tahun": "tahun",
    "x": "kali",
    "an": "",
}
"""What stands right behind a number, and the word for it."""

_ENDINGS = {
    "in": ("kan", "i", ""),
    "keun": ("kan", ""),
    "an": ("",),
    "ne": ("",),
    "e": ("",),
    "nipun": ("",),
    "ipun": ("",),
    "na": ("nya", ""),
    "ny": ("nya",),
    "ake": ("kan", ""),
    "aken": ("kan", ""),
    "ke": ("kan", ""),
    "no": ("kan", ""),
}
"""Endings of everyday speech, of Javanese and of Sundanese, and what may stand for each."""

_BEGINNINGS = {
    "nge": ("",),
    "ng": ("", "k"),
    "ny": ("s", "c"),
    "nd": ("d",),
    "mb": ("b",),
    "nj": ("j",),
    "n": ("t",),
    "m": ("p",),
    "ku": ("",),
    "tak": ("",),
    "dipun": ("di", ""),
    "di": ("di",),
    "ke": ("ter",),
}
"""Likewise how verbs begin."""

_VOWELS = re.compile(r"[aeiou]")
_CLUSTER = re.compile(r"[^aeiou]{2}")
_SHORT = 3  # Letters that a shortened word has at least: of fewer too many may be meant.
_BASE = 3  # Letters that must be left of a word without its ending or beginning.
_FEW, _MANY = 2, 10  # Cards that hold a short form as it is typed, and the word that is meant.
_ALIKE = (frozenset("ae"), frozenset("ou"), frozenset("ei"))
_SPOKEN = 5  # Letters that a word has at least in which one vowel may be another.


class Spelling:
    """Puts a word that the cards hold for one that they do not, where it is the same one."""

    def __init__(
        self, glossary: Callable[[str], str], words: Mapping[str, int], stems: Stems
    ) -> None:
        """`words` says how often the cards hold each word."""
        self._glossary, self._stems = glossary, stems
        self._words = words
        self._known = {*words, *stems(list(words))}
        self._by_consonants: dict[str, list[str]] = {}
        for word in words:
            if word.isalpha():
                self._by_consonants.setdefault(_consonants(word), []).append(word)

    def __call__(self, text: str) -> str:
        """Return the text in small letters and in the words that are meant."""
        return _WORD.sub(lambda found: self._meant(found[0]), self._glossary(text))

    def _meant(self, word: str) -> str:
        if word in self._known or self._is_known(word):
            return self._usual(word)
        if amount := _AMOUNT.fullmatch(word):
            unit = _AMOUNTS.get(amount[2])
            return word if unit is None else f"{amount[1]} {unit}".strip()
        if twice := _TWICE.fullmatch(word):
            return self._meant(twice[1])
        bent = (self._glossary(each) for each in _unbent(word))
        plain = next((each for each in bent if each and self._is_known(each)), None)
        return plain or self._shortened(word) or word

    def _usual(self, word: str) -> str:
        """Return the word of many cards for a short form that stands in a line of a few."""
        if self._words.get(word, _FEW + 1) > _FEW:
            return word
        meant = self._shortened(word)
        return meant if meant and self._words[meant] >= _MANY else word

    def _is_known(self, text: str) -> bool:
        words = text.split()
        pairs = zip(words, self._stems(words), strict=True)
        return all(word in self._known or stem in self._known for word, stem in pairs)

    def _shortened(self, word: str) -> str | None:
        """Return the word of the cards that this one leaves vowels out of, the most usual one."""
        if len(word) < _SHORT:
            return None
        meant = [
            other
            for other in self._by_consonants.get(_consonants(word), ())
            if _leaves_out(word, other) or _is_spoken(word, other)
        ]
        return max(meant, key=self._words.__getitem__, default=None)


def _unbent(word: str) -> Iterator[str]:
    """Yield what a word may be without the ending or the beginning of everyday speech."""
    endless = [word, *_without_ending(word)]
    yield from endless[1:]
    for each in endless:
        for beginning, others in _BEGINNINGS.items():
            if each.startswith(beginning) and len(each) - len(beginning) >= _BASE:
                yield from (other + each.removeprefix(beginning) for other in others)


def _without_ending(word: str) -> Iterator[str]:
    for ending, others in _ENDINGS.items():
        if word.endswith(ending) and len(word) - len(ending) >= _BASE:
            yield from (word.removesuffix(ending) + other for other in others)


def _consonants(word: str) -> str:
    """Return a word without its vowels but one that it begins with."""
    return word[:1] + _VOWELS.sub("", word[1:])


def _leaves_out(short: str, word: str) -> bool:
    """Say whether a word without some of its vowels is the short one."""
    letters = iter(word)
    is_clipped = _CLUSTER.search(short) is not None
    return is_clipped and len(short) < len(word) and all(letter in letters for letter in short)


def _is_spoken(word: str, other: str) -> bool:
    """Say whether one vowel alone is another one, as in how the word is spoken."""
    if len(word) != len(other) or len(word) < _SPOKEN:
        return False
    pairs = [frozenset(pair) for pair in zip(word, other, strict=True) if pair[0] != pair[1]]
    return len(pairs) == 1 and pairs[0] in _ALIKE
