"""Words by which a text says what it is about: phrases that list them, separated by bars."""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache


class Cues:
    """Finds the words of a phrase in a text, in all languages, as people mix them."""

    def __init__(self, phrases: Iterable[Mapping[str, str]]) -> None:
        self._phrases = tuple(phrases)

    def says(self, text: str, phrase: str) -> bool:
        """Say whether a text holds one of the words."""
        return self.last(text, phrase) > 0

    def begins(self, text: str, phrase: str) -> bool:
        """Say whether a text begins with one of the words."""
        match = re.match(rf"\W*(?:{_pattern(self._forms(phrase))})", text.casefold())
        return match is not None

    def ends(self, text: str, phrase: str) -> bool:
        """Say whether a text ends with one of the words."""
        return 0 < len(text.rstrip(" :=")) <= self.last(text, phrase)

    def last(self, text: str, phrase: str) -> int:
        """Return where the last of the words ends; 0 where there is none."""
        return last_of(text, self._forms(phrase))

    def last_named(self, text: str, names: Iterable[str]) -> str:
        """Return of several phrases the one whose word comes last, or nothing."""
        found = {name: self.last(text, name) for name in names}
        best = max(found, key=lambda name: found[name])
        return best if found[best] else ""

    def _forms(self, phrase: str) -> tuple[str, ...]:
        return tuple(form for words in self._phrases for form in words[phrase].split("|"))


def last_of(text: str, forms: Sequence[str]) -> int:
    """Return where the last of these words ends in a text; 0 where there is none."""
    if not forms:
        return 0
    found = re.finditer(_pattern(tuple(forms)), text.casefold())
    return max((match.end() for match in found), default=0)


@cache
def _pattern(forms: tuple[str, ...]) -> str:
    longest_first = sorted(forms, key=len, reverse=True)
    either = "|".join(re.escape(form.strip().casefold()) for form in longest_first)
    return rf"(?<![a-z])(?:{either})(?![a-z])"
