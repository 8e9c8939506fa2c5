"""Asked lines, searched as if each were not indexed: which of them do not find their own card."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import NamedTuple

import numpy as np

from bot.backends.knowledge.cards import Card
from bot.backends.knowledge.content import LANGUAGES
from bot.backends.knowledge.findings import Finding
from bot.backends.knowledge.leaving_out import WordsLeavingOut
from bot.backends.knowledge.markdown import ReadCard
from bot.backends.knowledge.ranking import WITH_LINES, WITHOUT_LINES, fused
from bot.backends.knowledge.served import Served
from bot.backends.knowledge.spaces import ABSENT, Array
from bot.backends.knowledge.texts import TextVectors
from bot.backends.knowledge.words import Fit, Glossary
from bot.core.messages import DEFAULT_LANGUAGE

_AT_ONCE = 256  # Lines that are compared with all texts at once.


class Line(NamedTuple):
    """One way in which a card is asked for."""

    read: ReadCard
    form: str
    number: int


def unfound_questions(
    cards: Sequence[ReadCard], served: Served, vectors: TextVectors
) -> Iterator[Finding]:
    """Yield the asked lines that another card would be found for if they were not there.

    Those of a card that says what is not known need not resemble each other.
    """
    lines = [
        Line(read, form, number)
        for read in cards
        if not read.card.unknown
        for form, number in zip(read.card.asked, read.asked_lines, strict=True)
    ]
    search = LeavingOut(served, vectors)
    for start in range(0, len(lines), _AT_ONCE):
        some = lines[start : start + _AT_ONCE]
        for line, found in zip(some, search.best(some), strict=True):
            if found != line.read.card.name:
                values = {"question": line.form, "card": found}
                yield Finding(line.read.file, line.number, "UNFOUND_QUESTION", values)


class LeavingOut:
    """The search that people get, of a folder in which one asked line is missing at a time.

    A line's own vector stands for that of the question, which is made a little otherwise: 93 of
    100 lines find their own card, or do not, with either of the two.
    """

    def __init__(self, served: Served, vectors: TextVectors) -> None:
        self._served = replace(served, glossary=cache(served.glossary))
        self._glossary = cache(Glossary(served.content.glossary))  # As in the texts' own words.
        self._vectors = vectors
        self._names = np.array(list(served.places))
        places = {name: place for place, name in enumerate(vectors.space.rows)}
        self._columns = np.array([places[name] for name in served.places], dtype=int)
        self._texts = {
            (*text.id.rsplit(".", 2)[:2], text.text): place
            for place, text in enumerate(vectors.texts)
        }
        self._words = {
            language: WordsLeavingOut(
                [card for card in served.content.cards if card.language == language],
                language,
                self._served.glossary if language == DEFAULT_LANGUAGE else cache(Glossary({})),
                places=served.places,
            )
            for language in LANGUAGES
        }

    def best(self, lines: Sequence[Line]) -> Iterator[str]:
        """Yield the card that each line would find without itself."""
        space = self._vectors.space
        places = [self._place(line) for line in lines]
        cosines = space.seen.cosines(space.seen.vectors(np.array(places)))
        for row, (line, place) in enumerate(zip(lines, places, strict=True)):
            if not self._is_title(line):
                cosines[row, place] = ABSENT
        similar = space.likeness(cosines)[:, self._columns]
        for line, row, fit in zip(lines, similar, self._fits(lines), strict=True):
            yield self._found(line, row, fit)

    def _fits(self, lines: Sequence[Line]) -> Iterator[Fit]:
        """Yield how the words of the cards fit each line without itself."""
        cards = [line.read.card for line in lines]
        forms = [line.form for line in lines]
        first = self._words[DEFAULT_LANGUAGE].match(forms, of=cards)
        others = {language: self._words[language] for language in {card.language for card in cards}}
        better = {
            language: words.match(forms, of=cards)
            for language, words in others.items()
            if language != DEFAULT_LANGUAGE
        }
        for row, card in enumerate(cards):
            fit = Fit(*(values[row] for values in first))
            if other := better.get(card.language):
                fit = fit.or_better(Fit(*(values[row] for values in other)))
            yield fit

    def _place(self, line: Line) -> int:
        """Return where a line stands among the texts."""
        card = line.read.card
        return self._texts[card.name, card.language, self._said(card)(line.form)]

    def _is_title(self, line: Line) -> bool:
        """Say whether a line is there anyway, since the title is the same."""
        said = self._said(line.read.card)
        return said(line.form) == said(line.read.card.title)

    def _said(self, card: Card) -> Callable[[str], str]:
        return self._glossary if card.language == DEFAULT_LANGUAGE else str

    def _found(self, line: Line, similar: Array, fit: Fit) -> str:
        rivals = self._served.rivals(line.form)
        allowed = self._served.allowed(rivals)
        counts = WITHOUT_LINES if self._served.nearness else WITH_LINES
        scores = np.where(allowed, fused(similar, fit, counts), -np.inf)
        return str(self._names[scores.argmax()]) if allowed.any() else ""
