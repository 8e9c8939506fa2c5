"""Signs of fraud, and of wishes to get around a rule, in what people type."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

_TOKEN = re.compile(r"[^\W\d_\u3400-\u9fff]+|\d+|[\u3400-\u9fff]")
_FORM_TOKEN = re.compile(r"\[[^]]*\]|[^\W\d_\u3400-\u9fff]+\*?|\d+|#|[\u3400-\u9fff]")
_DRAWN_OUT = re.compile(r"([^\W\d_])\1{2,}")
_NUMBER = "#"
_NEAR = 24  # Words between those that belong together; longer stories name many things.

ASKS_FOR_HELP, ASKS_HOW, ASKS_WHETHER = "asks_for_help", "asks_how", "asks_whether"
"""The lists by which a request is told from a question about the rule."""

_Form = tuple[str, ...]
"""The words of an entry in their order: `word`, `beginning*`, `#` (a number), or `[list]`."""
Places = Mapping[str, Sequence[int]]
"""Where in a text each list has a word; a list without one is left out."""


@dataclass(frozen=True, slots=True)
class Sign:
    """What shows in the words of a text, and the card that is told then; it may have none."""

    card: str
    when: tuple[tuple[str, ...], ...]
    """Alternatives: the lists of which each must have a word in the text, near one another."""
    unless: tuple[str, ...] = ()
    """Lists of which a word takes the sign away."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text shows: that somebody may be cheated, or a way around a rule."""

    shows: Literal["", "fraud", "evasion"] = ""
    card: str = ""
    asks: Literal["", "for help", "whether"] = ""
    """Whether help is asked for, or whether something is allowed; else nothing of the two."""


class Signs:
    """Lists of words by name, and what their words show together.

    A list is words and phrases between commas; `*` is any ending, `#` any number, and `[name]` a
    word of another list.
    """

    def __init__(
        self,
        words: Mapping[str, str] | None = None,
        *,
        fraud: Sequence[Sign] = (),
        evasion: Sequence[Sign] = (),
        evasion_cards: Collection[str] = (),
        rule_cards: Collection[str] = (),
        disguise_card: str = "",
    ) -> None:
        self.fraud_cards = frozenset(sign.card for sign in fraud)
        self.evasion_cards = frozenset(evasion_cards)
        """The cards about getting around rules: whoever asks for help and finds one is refused."""
        self.disguise_card = disguise_card
        """The card that is told where goods are to go under the name of others."""
        self.rule_cards = self.evasion_cards | frozenset(rule_cards)
        """The cards about rules that people get around: they answer whether that is allowed."""
        self._index = _Index({name: list(_forms(text)) for name, text in (words or {}).items()})
        self._fraud = tuple(fraud)
        self._evasion = tuple(evasion)
        self._last: tuple[str, Sequence[str], Places] = ("", (), {})
        self._last_read = ("", Reading())

    def read(self, text: str) -> Reading:
        """Say what a text shows; fraud goes first.

        Several ask about the same text in turn.
        """
        if self._last_read[0] != text:
            self._last_read = (text, self._reading(text))
        return self._last_read[1]

    def _reading(self, text: str) -> Reading:
        _, places = self.look(text)
        asks = _asks(places)
        for sign in self._fraud:
            if _shows(sign, places):
                return Reading("fraud", sign.card, asks)
        for sign in self._evasion:
            if _shows(sign, places):
                return Reading("evasion", sign.card, asks)
        return Reading(asks=asks)

    def look(self, text: str) -> tuple[Sequence[str], Places]:
        """Return the words of a text, and where among them each list has one.

        Several ask about the same text in turn.
        """
        if self._last[0] != text:
            words = _words(text)
            self._last = (text, words, self._index.places(words))
        return self._last[1:]


class _Index:
    """The forms of all lists by the word they begin with, so that few are looked at."""

    def __init__(self, lists: Mapping[str, Sequence[_Form]]) -> None:
        self._plain = {name: list(filter(_is_plain, forms)) for name, forms in lists.items()}
        self._inner = {name: _by_first(forms) for name, forms in self._plain.items()}
        self._named: dict[str, list[tuple[str, _Form]]] = {}
        for name, forms in lists.items():
            for whole in (whole for form in forms for whole in self._begun(form)):
                self._named.setdefault(whole[0], []).append((name, whole[1:]))

    def places(self, words: Sequence[str]) -> Places:
        """Return where in a text each list has a word."""
        fitting = [frozenset(_fitting(word)) for word in words]
        places: dict[str, list[int]] = {}
        for at, firsts in enumerate(fitting):
            for first in firsts & self._named.keys():
                for name, rest in self._named[first]:
                    if any(True for _ in self._ends(rest, fitting, at + 1)):
                        places.setdefault(name, []).append(at)
        return places

    def _begun(self, form: _Form) -> Iterator[_Form]:
        """Yield a form with each word of the list that it begins with, if it does."""
        if not form[0].startswith("["):
            yield form
        for first in self._plain.get(form[0][1:-1], ()):
            yield (*first, *form[1:])

    def _ends(self, form: _Form, text: Sequence[frozenset[str]], at: int) -> Iterator[int]:
        """Yield the places behind a form that stands at a place, as many as there are ways."""
        if not form:
            yield at
        elif at < len(text):
            wanted, fits = form[0], text[at]
            if wanted in fits:
                yield from self._ends(form[1:], text, at + 1)
            elif wanted.startswith("["):
                inner = self._inner.get(wanted[1:-1], {})
                for rest in (rest for first in fits & inner.keys() for rest in inner[first]):
                    yield from self._ends((*rest, *form[1:]), text, at + 1)


def _fitting(word: str) -> Iterator[str]:
    """Yield the words of forms that a word of a text fits."""
    yield word
    if word.isdigit():
        yield _NUMBER
    for end in range(1, len(word) + 1):
        yield f"{word[:end]}*"


def _by_first(forms: Iterable[_Form]) -> Mapping[str, Sequence[_Form]]:
    """Return what follows the first words of forms, by these."""
    found: dict[str, list[_Form]] = {}
    for form in forms:
        found.setdefault(form[0], []).append(form[1:])
    return found


def _shows(sign: Sign, places: Places) -> bool:
    is_excused = any(name in places for name in sign.unless)
    return not is_excused and any(_are_near(names, places) for names in sign.when)


def _are_near(names: Sequence[str], places: Places) -> bool:
    first, *others = (places.get(name, ()) for name in names)
    return any(
        all(any(abs(place - at) <= _NEAR for at in other) for other in others) for place in first
    )


def _asks(places: Places) -> Literal["", "for help", "whether"]:
    if ASKS_FOR_HELP in places:
        return "for help"
    if ASKS_WHETHER in places:
        return "whether"
    return "for help" if ASKS_HOW in places else ""


def _words(text: str) -> list[str]:
    """Return words without case, accents and drawn-out letters; Chinese characters are words."""
    return _TOKEN.findall(_bare(text))


def _forms(entries: str) -> Iterator[_Form]:
    for entry in entries.split(","):
        if form := tuple(_FORM_TOKEN.findall(_bare(entry))):
            yield form


def _is_plain(form: _Form) -> bool:
    return not any(word.startswith("[") for word in form)


def _bare(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text.casefold())
    marked = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return _DRAWN_OUT.sub(r"\1", marked)
