"""The texts that cards are found by, with their vectors, compared in memory."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from bot.backends.knowledge.content import Content
from bot.backends.knowledge.words import Glossary
from bot.core.messages import DEFAULT_LANGUAGE
from bot.core.ports import KnowledgeError

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

Array = np.ndarray[Any, Any]
Progress = Callable[[int, int], None]
"""Hears how many of how many texts are done."""

NEAREST = 128  # Texts found for a question; 256 rank no better and take twice as long (measured).

WEIGHTS = (0.6, 0.3, 0.1)  # Of a card's nearest texts; one alone ranks worse (measured).
_LEAD = 300  # Characters of a card's text; more take seconds and found no card more (measured).
_BATCH = 16  # Texts embedded at once; small, so that progress shows and a stop is quick.
SAMPLE = 1000  # Texts that the scale of similarities is measured on: the shortest.


@dataclass(frozen=True, slots=True)
class Text:
    """One text that a card is found by."""

    id: str
    card: str
    text: str


def texts_of(content: Content) -> Iterator[Text]:
    """Yield the texts each card is found by: its title, how its text begins, each asked line.

    They are in the words that are meant, as questions are compared with them.
    """
    glossary = Glossary(content.glossary)
    for card in content.cards:
        texts = (card.title, f"{card.title}\n{card.text[:_LEAD]}", *card.asked)
        meant = map(glossary, texts) if card.language == DEFAULT_LANGUAGE else texts
        for place, text in enumerate(dict.fromkeys(meant)):
            yield Text(f"{card.name}.{card.language}.{place}", card.name, text)


def card_of(text_id: str) -> str:
    """Return the card that a text of this id finds."""
    return text_id.rsplit(".", 2)[0]


@dataclass(frozen=True, slots=True)
class Scale:
    """Makes the cosine similarities of different models comparable.

    0 is what two texts of different cards have on average, 1 what two texts of one card have.
    """

    different: float = 0.0
    same: float = 1.0

    @classmethod
    def of(cls, vectors: Array, cards: Sequence[str]) -> "Scale":
        """Measure the two on an index's own texts, of which a sample is enough."""
        names = np.asarray(cards[:SAMPLE])
        unit = units(vectors[:SAMPLE])
        similar = unit @ unit.T
        is_same = names[:, None] == names[None, :]
        nearest = np.where(is_same & ~np.eye(len(names), dtype=bool), similar, -1.0).max(axis=1)
        has_other = nearest > -1.0
        if is_same.all() or not has_other.any():
            return cls()
        different = float(similar[~is_same].mean())
        return cls(different, max(float(nearest[has_other].mean()), different + 1e-3))

    def __call__(self, cosine: float) -> float:
        """Return a cosine similarity in these units."""
        return (cosine - self.different) / (self.same - self.different)

    def likeness(self, found: Sequence[tuple[str, float]]) -> dict[str, float]:
        """Return how like its nearest texts each card is; `found` are cards with cosines.

        The nearest ones count by their `WEIGHTS`; what was not found as the last that was.
        """
        floor = min((cosine for _, cosine in found), default=0.0)
        alike: dict[str, float] = {}
        counted: Counter[str] = Counter()
        for card, cosine in sorted(found, key=lambda pair: -pair[1]):
            if counted[card] < len(WEIGHTS):
                above = WEIGHTS[counted[card]] * (cosine - floor)
                alike[card] = alike.get(card, floor) + above
                counted[card] += 1
        return {card: self(cosine) for card, cosine in alike.items()}


def units(vectors: Array) -> Array:
    """Return the vectors at length 1."""
    lengths: Array = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / (lengths + 1e-12)


@dataclass(frozen=True, slots=True)
class TextVectors:
    """Every text of a content, and a row of `matrix` for each, of length 1."""

    texts: tuple[Text, ...]
    matrix: Array
    scale: Scale
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
        texts = tuple(sorted(texts_of(content), key=lambda text: len(text.text)))
        # A batch takes as long as its longest text for each of its texts.
        new = sorted({text.text for text in texts if text.text not in known}, key=len)
        made: dict[str, Array] = {}
        for start in range(0, len(new), _BATCH):
            batch = new[start : start + _BATCH]
            made |= zip(batch, _embedded(embeddings(), batch), strict=True)
            on_progress(len(made), len(new))
        rows = [made[text.text] if text.text in made else known[text.text] for text in texts]
        matrix = units(np.asarray(rows, dtype=np.float32)) if rows else np.zeros((0, 1))
        return cls(texts, matrix, Scale.of(matrix, [text.card for text in texts]), len(new))

    def similarities(self, vector: Array) -> dict[str, float]:
        """Return how like a text each of the nearest cards is, in the units of `Scale`."""
        cosines = self.matrix @ vector
        return self.scale.likeness(
            [(self.texts[place].card, float(cosines[place])) for place in nearest(cosines)]
        )


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
        """Return how like the question each of the nearest cards is, in the units of `Scale`.

        Raises:
            KnowledgeError: the model failed.
        """
        try:
            vector = self.embeddings.embed_query(question)
        except Exception as error:  # A provider's own errors, and the network's.
            raise KnowledgeError("search_failed", reason=error) from error
        return self.vectors.similarities(units(np.asarray(vector, dtype=np.float32)))


def nearest(cosines: Array) -> Array:
    """Return the places of the texts that are found for a question, nearest first, in each row."""
    count = min(NEAREST, cosines.shape[-1])
    if not count:
        return np.zeros(cosines.shape, dtype=int)
    places = np.argpartition(-cosines, count - 1)[..., :count]
    nearness = np.take_along_axis(cosines, places, -1)
    by_nearness = np.argsort(-nearness, kind="stable")
    found: Array = np.take_along_axis(places, by_nearness, -1)
    return found


def _embedded(embeddings: "Embeddings", texts: list[str]) -> Array:
    try:
        return np.asarray(embeddings.embed_documents(texts), dtype=np.float32)
    except Exception as error:  # A provider's own errors, and the network's.
        raise KnowledgeError("texts_not_embedded", reason=error) from error
