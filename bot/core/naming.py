"""One reading of a message: what is left as names once the words around them are taken away."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from string import ascii_lowercase

from bot.core.clusters import Catalogue

Tokens = tuple[str, ...]

TOKEN = re.compile(r"[\u3400-\u9fff]|[^\W_\u3400-\u9fff]+(?:['’.+/-][^\W_\u3400-\u9fff]+)*|&")
HAN = re.compile(r"[\u3400-\u9fff]")

KINDS = ("asking", "passing", "classing", "gluing", "telling", "joining")
"""What the words around names are."""
SUBJECT = "subject"
"""The kind of words that show another subject."""

_ALONE = ("joining", "classing")  # The kinds of which a lone Chinese character may be.
_GLUES = ("gluing", "telling")  # The kinds that may stand inside a name.
_ODD = ("passing", SUBJECT)  # The kinds whose words may belong to a name after all.
_LONGEST = 8  # Tokens of a name or phrase that is looked for as a whole.
_SHARING = 2  # Words behind `and`, of which the last one is shared.
_TYPED = 5  # Letters of a word around names that may be typed wrongly.
_TYPED_ELSEWHERE = 7  # Those of a word of another subject: a hermit crab needs no permit.


@dataclass(slots=True)
class Reading:
    """One reading of a text, segment by segment."""

    kinds: Mapping[Tokens, str]
    """The kind of each phrase around names."""
    soft: frozenset[Tokens]
    """Those that a name may stand beside and still be nothing but the name."""
    catalogue: Catalogue
    runs: list[tuple[Tokens, bool]] = field(default_factory=list)
    """What is left, and whether it followed a word behind which a group is named."""
    heard: set[str] = field(default_factory=set)
    """The kinds of words that stood around."""
    run: list[str] = field(default_factory=list)
    """What is being read, and may become a name."""
    glue: list[str] = field(default_factory=list)
    """Words behind it that belong to the name if it goes on."""
    odd: list[str] = field(default_factory=list)
    """Words that were passed over, and may belong to a name after all."""
    is_told: bool = False
    """The name tells what something is about, so that `and` does not end it."""
    is_group: bool = False
    """What is being read followed a word behind which a group is named."""

    def names(self) -> Iterator[str]:
        """Yield the names, without the groups that products are asked to be in."""
        products = [run for run, is_group in self.runs if not is_group]
        for run in products or [run for run, _ in self.runs]:
            yield joined(run)

    def read(self, tokens: Tokens) -> None:
        """Take one segment apart."""
        self.is_group = False
        place = 0
        while place < len(tokens):
            phrase, kind = self._phrase(tokens, place)
            name = self._name(tokens, place)
            if len(name) > len(phrase) or not phrase:
                taken = name or tokens[place : place + 1]
                self._go_on(taken)
                place += len(taken)
            else:
                place += len(phrase)
                place += self._pass(phrase, kind, tokens[place:])
        self._close()

    def _go_on(self, taken: Tokens) -> None:
        """Add to what may become a name."""
        self.run += [*self.glue, *taken] if self.run else taken
        self.glue = []

    def _pass(self, phrase: Tokens, kind: str, rest: Tokens) -> int:
        """Pass over a phrase; return how many of the tokens behind it were read with it."""
        is_glue = kind in _GLUES or (kind == "joining" and self.is_told)
        if self.run and is_glue:
            self.glue += phrase
            self.is_told = self.is_told or kind == "telling"
            return 0
        if shared := self._shared(rest) if kind == "joining" else 0:
            self._go_on((*phrase, *rest[:shared]))
            return shared
        self._close()
        self.odd += [joined(phrase)] if kind in _ODD else []
        self.is_group = kind == "classing" or (self.is_group and kind == "passing")
        self.heard.add("soft" if phrase in self.soft and kind != "joining" else kind)
        return 0

    def _close(self) -> None:
        left = self._stripped(tuple(self.run))
        if any(token[0].isalpha() for token in left):
            self.runs.append((left, self.is_group and bool(self.runs)))
        self.run, self.glue, self.is_told = [], [], False

    def _stripped(self, run: Tokens) -> Tokens:
        """Take off the single Chinese characters at the ends that are no part of a name."""
        while run and not self.catalogue.lists(joined(run)) and self._is_edge(run[0]):
            self._take_off(run[0])
            run = run[1:]
        while run and not self.catalogue.lists(joined(run)) and self._is_edge(run[-1]):
            self._take_off(run[-1])
            run = run[:-1]
        return run

    def _take_off(self, character: str) -> None:
        kind = self._kind((character,))
        self.heard.add(kind)
        self.odd += [character] if kind != "asking" else []

    def _is_edge(self, token: str) -> bool:
        return bool(HAN.match(token)) and (token,) in self.kinds

    def _kind(self, phrase: Tokens) -> str:
        return "soft" if phrase in self.soft else self.kinds[phrase]

    def _phrase(self, tokens: Tokens, place: int) -> tuple[Tokens, str]:
        """Return the longest phrase that begins here, and its kind; a lone character is none."""
        for end in range(min(place + _LONGEST, len(tokens)), place, -1):
            phrase = tokens[place:end]
            kind = self.kinds.get(phrase)
            is_lone = len(phrase) == 1 and HAN.match(phrase[0]) and kind not in _ALONE
            if kind and not is_lone:
                return phrase, kind
        return self._typed(tokens[place])

    def _typed(self, token: str) -> tuple[Tokens, str]:
        """Return a word around names that was typed with a letter wrong, if it is in no name."""
        is_heard = self.catalogue.knows(token) or self.catalogue.lists(token)
        if len(token) < _TYPED or not token.isascii() or is_heard:
            return (), ""
        near = {self.kinds.get((each,), "") for each in one_letter_off(token)} - {""}
        if len(token) < _TYPED_ELSEWHERE:
            near -= {SUBJECT}
        return ((token,), min(near)) if near else ((), "")

    def _name(self, tokens: Tokens, place: int) -> Tokens:
        """Return the longest listed name of several tokens that begins here."""
        for end in range(min(place + _LONGEST, len(tokens)), place + 1, -1):
            if self.catalogue.lists(joined(tokens[place:end])):
                return tokens[place:end]
        return ()

    def _shared(self, rest: Tokens) -> int:
        """Return how many tokens behind `and` make one name with what stands before it.

        "salt and pepper shakers" are shakers both; "shoes and shirts" are two things.
        """
        ends = (place for place in range(len(rest)) if self._phrase(rest, place)[0])
        last = next(ends, len(rest))
        if len(self.run) != 1 or last < _SHARING or HAN.match(self.run[0]):
            return 0
        return last if self.catalogue.lists(f"{self.run[0]} {rest[last - 1]}") else 0


def one_letter_off(word: str) -> Iterator[str]:
    """Yield what a word may have been meant to be: a letter too many, too few, other, swapped."""
    for place in range(len(word) + 1):
        head, tail = word[:place], word[place:]
        yield from (head + letter + tail for letter in ascii_lowercase)
        if tail:
            yield head + tail[1:]
            yield from (head + letter + tail[1:] for letter in ascii_lowercase)
        if len(tail) > 1:
            yield head + tail[1] + tail[0] + tail[2:]


def joined(tokens: Sequence[str]) -> str:
    """Put tokens together as they are written: Chinese characters without spaces between."""
    text = " ".join(tokens)
    if text.isascii():
        return text
    return re.sub(r"(?<=[\u3400-\u9fff]) | (?=[\u3400-\u9fff])", "", text)
