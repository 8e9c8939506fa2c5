"""Questions that mean the same, by their vectors."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from bot.backends.knowledge.search import as_embedded
from bot.backends.knowledge.spaces import Array, Scale, units
from bot.backends.knowledge.texts import EmbedsQuestions, card_of
from bot.backends.knowledge.tools import Tools
from bot.backends.knowledge.versions import Version, Versions
from bot.backends.knowledge.words import Glossary
from bot.core.messages import Language
from bot.core.ports import KnowledgeError

ALIKE = 0.5
"""On average, on the `Scale`; `python -m tests.benchmarks gaps` shows what others do.

Less joins more of what belongs together, and more of what does not: a gap that is shown twice does
less harm than one that hides in another.
"""

_TOGETHER = 16
_JOINED = -np.inf


async def group(
    questions: Sequence[tuple[str, Language]], *, of: Version, versions: Versions, tools: Tools
) -> list[list[int]]:
    """Return which questions mean the same, by their places, as the model of a version sees it.

    Raises:
        KnowledgeError: its index is gone, or the model failed.
        ModelError: the model cannot be loaded.
    """
    glossary = Glossary((await versions.content(of)).glossary)
    texts = [as_embedded(text, language, glossary) for text, language in questions]
    indexes = await tools.indexes()

    def work() -> list[list[int]]:
        scale = scale_of(*indexes.rows(of.name))
        vectors = question_vectors(texts, tools.embeddings(of.embeddings))
        return grouped(scale(vectors @ vectors.T))

    return await asyncio.to_thread(work)


def scale_of(vectors: Array, ids: Sequence[str]) -> Scale:
    """Return the scale of an index's own texts, which have these ids."""
    _, numbers = np.unique(list(map(card_of, ids)), return_inverse=True)
    return Scale.of(units(vectors), numbers)


def question_vectors(texts: Sequence[str], embeddings: EmbedsQuestions) -> Array:
    """Return the vectors of questions, at length 1.

    Raises:
        KnowledgeError: the model failed.
    """
    try:
        with ThreadPoolExecutor(_TOGETHER) as threads:  # Those that meet are embedded as one.
            vectors = list(threads.map(embeddings.embed_query, texts))
    except Exception as error:  # A provider's own errors, and the network's.
        raise KnowledgeError("search_failed", reason=error) from error
    return units(np.asarray(vectors, dtype=np.float32))


def grouped(likeness: Array, *, alike: float = ALIKE) -> list[list[int]]:
    """Return groups of the places of what is so alike, in the order of their first ones.

    The two groups that are most alike become one, again and again (average linkage), while they
    are as much alike as is wanted. It takes the square of their number, which is enough for a
    thousand; a tree of the same kind would need a library that takes a second to import.
    """
    near = likeness.copy()
    np.fill_diagonal(near, _JOINED)
    groups = {place: [place] for place in range(len(near))}
    while len(groups) > 1:
        one, other = sorted(int(place) for place in np.unravel_index(near.argmax(), near.shape))
        if near[one, other] < alike:
            break
        sizes = len(groups[one]), len(groups[other])
        near[one] = near[:, one] = np.average((near[one], near[other]), axis=0, weights=sizes)
        near[other] = near[:, other] = near[one, one] = _JOINED
        groups[one] += groups.pop(other)
    return [sorted(group) for group in groups.values()]
