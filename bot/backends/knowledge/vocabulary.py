"""Terms and their numbers, in a trie: a tenth of the memory of a dictionary."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import marisa_trie
import numpy as np

Array = np.ndarray[Any, Any]

_END = "\0"  # Where a trie takes a term to end: those that hold it are left out.


class Vocabulary:
    """Gives each of its terms a number, from 0 on in the order in which they came."""

    def __init__(self, trie: Any, numbers: Array) -> None:
        """`numbers` are those of the terms in the order that the trie gives them."""
        self._trie, self._numbers = trie, numbers

    @classmethod
    def of(cls, terms: Sequence[str]) -> "Vocabulary":
        """Number terms, each of which comes once."""
        numbered = {term: number for number, term in enumerate(terms) if _END not in term}
        trie = marisa_trie.Trie(numbered)
        numbers = np.empty(len(numbered), dtype=np.int32)
        for term, number in numbered.items():
            numbers[trie[term]] = number
        return cls(trie, numbers)

    def get(self, term: str) -> int | None:
        """Return the number of a term, if it is there."""
        place = None if _END in term else self._trie.get(term)
        return None if place is None else int(self._numbers[place])

    def arrays(self) -> dict[str, Array]:
        """Return what `read` makes the same of."""
        return {
            "trie": np.frombuffer(self._trie.tobytes(), dtype=np.uint8),
            "numbers": self._numbers,
        }

    @classmethod
    def read(cls, arrays: Mapping[str, Array]) -> "Vocabulary":
        """Make it again of its `arrays`."""
        trie = marisa_trie.Trie()
        trie.frombytes(arrays["trie"].tobytes())
        return cls(trie, arrays["numbers"])


@dataclass(frozen=True, slots=True)
class Labelled:
    """Terms that each have one of a few labels."""

    terms: Vocabulary
    places: Array
    """The place of each term's label."""
    labels: Sequence[str]

    @classmethod
    def of(cls, terms: Mapping[str, str], labels: Sequence[str]) -> "Labelled":
        """Take terms, each with its label; `labels` are all there are."""
        place_of = {label: place for place, label in enumerate(labels)}
        places = np.array([place_of[label] for label in terms.values()], dtype=np.int32)
        return cls(Vocabulary.of(list(terms)), places, labels)

    def get(self, term: str) -> str:
        """Return the label of a term, or nothing."""
        number = self.terms.get(term)
        return "" if number is None else self.labels[self.places[number]]

    def arrays(self) -> dict[str, Array]:
        """Return what `read` makes the same of, with the same labels."""
        return {**self.terms.arrays(), "places": self.places}

    @classmethod
    def read(cls, arrays: Mapping[str, Array], labels: Sequence[str]) -> "Labelled":
        """Make it again of its `arrays`."""
        return cls(Vocabulary.read(arrays), arrays["places"], labels)
