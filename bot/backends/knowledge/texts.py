"""The texts that cards are found by, with their vectors, compared in memory."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from bot.backends.knowledge.cards import Card
from bot.backends.knowledge.content import Content
from bot.backends.knowledge.spaces import Space, units
from bot.backends.knowledge.words import Glossary
from bot.core.messages import DEFAULT_LANGUAGE
from bot.core.ports import KnowledgeError

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

Array = np.ndarray[Any, Any]
Progress = Callable[[int, int], None]
"""Hears how many of how many texts are done."""

NEAREST = 128
"""Texts found for a question, whose cards are then compared with it; 256 rank no better."""

_LEAD = 300  # Characters of a text; more take seconds and, beside asked lines, found no card more.
_SENTENCE = "s"  # In the id of a text.
_BETWEEN = re.compile(r"(?<=[.!?。！？])\s+|\n+|(?<=[。！？])")
_SHORT = 20  # Characters.
_BATCH = 16  # Texts embedded at once; small, so that progress shows and a stop is quick.


@dataclass(frozen=True, slots=True)
class Text:
    """One text that a card is found by."""

    id: str
    card: str
    text: str


def texts_of(content: Content) -> Iterator[Text]:
    """Yield the texts each card is found by: its title, how its text begins, each asked line.

    One that nobody wrote a line for is found by its whole text, or, where that holds of most
    cards, by each of its sentences: the right card comes first more often so (measured).
    They are in the words that are meant, as questions are compared with them.
    """
    glossary = Glossary(content.glossary)
    has_lines = content.has_lines
    form = _form_with_lines if has_lines else _form_without_lines
    for card in content.cards:
        meant = glossary if card.language == DEFAULT_LANGUAGE else str
        for place, text in enumerate(dict.fromkeys(map(meant, form(card)))):
            sentence = "" if has_lines or not place else _SENTENCE
            yield Text(f"{card.name}.{card.language}.{sentence}{place}", card.name, text)


def _form_with_lines(card: Card) -> Iterator[str]:
    lead = card.text[:_LEAD] if card.asked else card.text
    yield from (card.title, f"{card.title}\n{lead}", *card.asked)


def _form_without_lines(card: Card) -> Iterator[str]:
    yield card.title
    yield from sentences(card.text)
    yield from card.asked


def sentences(text: str) -> Iterator[str]:
    """Yield the sentences of a text; what is too short to be one goes with the next."""
    held = ""
    for part in _BETWEEN.split(text.strip()):
        held = f"{held} {part}".strip()
        if len(held) > _SHORT:
            yield held
            held = ""
    if held:
        yield held


def is_sentence(text_id: str) -> bool:
    """Say whether a text of this id is a sentence of a card that nobody wrote a line for."""
    return text_id.rsplit(".", 1)[-1].startswith(_SENTENCE)


def card_of(text_id: str) -> str:
    """Return the card that a text of this id finds."""
    return text_id.rsplit(".", 2)[0]


@dataclass(frozen=True)
class TextVectors:
    """Every text of a content, and a row of `matrix` for each, of length 1."""

    texts: tuple[Text, ...]
    matrix: Array
    embedded: int
    """How many texts were new."""

    @classmethod
    def of(
        cls,
        content: Content,
        embeddings: Callable[[], "Embeddings"],
        *,
        known: Mapping[str, Array],
        on_progress: Progress = lambda _done, _total: None,
    ) -> "TextVectors":
        """Put the vectors together; texts without a known one are embedded.

        Raises:
            KnowledgeError: the model failed.
        """
        texts = tuple(texts_of(content))  # Those of a card together: they are read together.
        # A batch takes as long as its longest text for each of its texts.
        new = sorted({text.text for text in texts if text.text not in known}, key=len)
        made: dict[str, Array] = {}
        for start in range(0, len(new), _BATCH):
            batch = new[start : start + _BATCH]
            made |= zip(batch, _embedded(embeddings(), batch), strict=True)
            on_progress(len(made), len(new))
        rows = [made[text.text] if text.text in made else known[text.text] for text in texts]
        matrix = units(np.asarray(rows, dtype=np.float32)) if rows else np.zeros((0, 1))
        return cls(texts, matrix, len(new))

    @cached_property
    def space(self) -> Space:
        """The texts as they are compared."""
        return space_of(self.matrix, [text.id for text in self.texts])

    def similarities(self, vector: Array) -> dict[str, float]:
        """Return how like a text each of the nearest cards is, in the units of `Space`."""
        places = nearest(self.matrix @ vector)
        return self.space.similarities(vector, {self.texts[place].card for place in places})


def space_of(vectors: Array, ids: Sequence[str]) -> Space:
    """Return the space of the texts with these ids, which have these vectors."""
    has_lines = not any(map(is_sentence, ids))
    return Space.of(vectors, list(map(card_of, ids)), has_lines=has_lines)


class EmbedsQuestions(Protocol):
    """A model, as far as questions need it."""

    def embed_query(self, text: str) -> Sequence[float]:
        """Return the vector of a question."""
        ...


@dataclass(frozen=True, slots=True)
class Compared:
    """Compares questions with texts in memory: what a version is tried with before it is live."""

    vectors: TextVectors
    embeddings: EmbedsQuestions

    def similarities(self, question: str) -> Mapping[str, float]:
        """Return how like the question each of the nearest cards is, in the units of `Space`.

        Raises:
            KnowledgeError: the model failed.
        """
        return self.vectors.similarities(embedded_question(self.embeddings, question))


def embedded_question(embeddings: EmbedsQuestions, question: str) -> Array:
    """Return the vector of a question, of length 1.

    Raises:
        KnowledgeError: the model failed.
    """
    try:
        vector = embeddings.embed_query(question)
    except Exception as error:  # A provider's own errors, and the network's.
        raise KnowledgeError("search_failed", reason=error) from error
    return units(np.asarray(vector, dtype=np.float32))


def nearest(cosines: Array) -> Array:
    """Return the places of the texts that are found for a question."""
    count = min(NEAREST, len(cosines))
    found: Array = np.argpartition(-cosines, count - 1)[:count] if count else np.zeros(0, dtype=int)
    return found


def _embedded(embeddings: "Embeddings", texts: list[str]) -> Array:
    try:
        return np.asarray(embeddings.embed_documents(texts), dtype=np.float32)
    except Exception as error:  # A provider's own errors, and the network's.
        raise KnowledgeError("texts_not_embedded", reason=error) from error
