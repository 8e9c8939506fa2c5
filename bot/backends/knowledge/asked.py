"""Asked lines, searched as if each were not indexed: which of them do not find their own card."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from bot.backends.knowledge.cards import Card
from bot.backends.knowledge.content import LANGUAGES
from bot.backends.knowledge.findings import Finding
from bot.backends.knowledge.folder import Checked
from bot.backends.knowledge.search import rank
from bot.backends.knowledge.served import Served, better_matches
from bot.backends.knowledge.texts import Array, TextVectors
from bot.backends.knowledge.words import K1, B, Glossary, Tokenizer, WordMatch, document
from bot.core.messages import DEFAULT_LANGUAGE, Language


def unfound_questions(checked: Checked, vectors: TextVectors) -> Iterator[Finding]:
    """Yield the asked lines that another card would be found for if they were not there."""
    search = _LeavingOut(checked, vectors)
    for read in checked.cards:
        if read.draft:
            continue
        for form, line in zip(read.card.asked, read.asked_lines, strict=True):
            found = search.best(read.card, form)
            if found != read.card.name:
                values = {"question": form, "card": found or "-"}
                yield Finding(read.file, line, "UNFOUND_QUESTION", values)


_NOWHERE = (np.zeros(0, dtype=int), np.zeros(0, dtype=int))


class _LeavingOut:
    """The search that people get, of a folder in which one asked line is missing at a time.

    A line's own vector stands for that of the question: they are made alike, and it is there.
    """

    def __init__(self, checked: Checked, vectors: TextVectors) -> None:
        content = checked.content
        self._served = Served.of(content)
        self._vectors = vectors
        self._places = {
            (*text.id.rsplit(".", 2)[:2], text.text): place
            for place, text in enumerate(vectors.texts)
        }
        self._words = {
            language: WordsLeavingOut(
                [card for card in content.cards if card.language == language],
                language,
                self._served.glossary if language == DEFAULT_LANGUAGE else Glossary({}),
            )
            for language in LANGUAGES
        }

    def best(self, card: Card, form: str) -> str:
        """Return the card that an asked line of a card would find without itself."""
        is_default = card.language == DEFAULT_LANGUAGE
        said: Callable[[str], str] = self._served.glossary if is_default else str
        meant, title = said(form), said(card.title)
        place = self._places[card.name, card.language, meant]
        without = () if meant == title else (place,)
        similar = self._vectors.nearest(self._vectors.matrix[place], without=without)
        matches = self._words[DEFAULT_LANGUAGE].match(form, of=card)
        if not is_default:
            matches = better_matches(matches, self._words[card.language].match(form, of=card))
        rivals = self._served.rivals(form)
        return next(iter(rank(self._served, rivals, similar, matches)), "")


class WordsLeavingOut:
    """The words of the cards of one language, scored as by `WordIndex` without one asked line."""

    def __init__(self, cards: Sequence[Card], language: Language, glossary: Glossary) -> None:
        self._tokenize = Tokenizer(language, glossary)
        self._places = {card.name: place for place, card in enumerate(cards)}
        self._names = [card.name for card in cards]
        self._language = language
        self._counts = [Counter(self._tokenize(document(card))) for card in cards]
        self._lengths = np.array([float(counts.total()) for counts in self._counts])
        holding: dict[str, list[tuple[int, int]]] = {}
        for place, counts in enumerate(self._counts):
            for token, count in counts.items():
                holding.setdefault(token, []).append((place, count))
        self._holding = {token: np.array(held).T for token, held in holding.items()}

    def match(self, question: str, *, of: Card) -> dict[str, WordMatch]:
        """Return how each card fits an asked line of a card, from which the line is left out."""
        tokens = self._tokenize(question)
        own = self._places.get(of.name, -1) if of.language == self._language else -1
        left = self._counts[own] - Counter(tokens) if own >= 0 else Counter[str]()
        lengths = self._lengths.copy()
        if own >= 0:
            lengths[own] -= len(tokens)
        norm = K1 * (1 - B + B * lengths / lengths.mean()) if lengths.size else lengths
        scores, covered = np.zeros((2, len(self._names)))
        total = 0.0
        for token, asked in Counter(tokens).items():
            places, counts = self._held(token, own, left[token])
            rarity = len(self._names) / (len(places) + 0.5)
            # As `bm25s` does by default: Lucene's form.
            frequency = np.log(1 + (len(self._names) - len(places) + 0.5) / (len(places) + 0.5))
            scores[places] += asked * frequency * counts / (counts + norm[places])
            covered[places] += np.log(1 + rarity)
            total += float(np.log(1 + rarity))
        return {
            self._names[place]: WordMatch(float(scores[place]), float(covered[place]) / total, 0.0)
            for place in np.flatnonzero(scores)
        }

    def _held(self, token: str, own: int, left: int) -> tuple[Array, Array]:
        """Return the places of the cards that hold a word, and how often each does."""
        if token not in self._holding:
            return _NOWHERE
        places, counts = self._holding[token]
        counts = np.where(places == own, left, counts)
        return places[counts > 0], counts[counts > 0]
