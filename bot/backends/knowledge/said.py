"""The cards that are asked for with exactly these words."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bot.backends.knowledge.terms import joined, part
from bot.backends.knowledge.vocabulary import Vocabulary

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class Said:
    """Bags of words, each of which one card alone is asked for with."""

    bags: Vocabulary
    cards: Array
    """The place of each bag's card."""
    names: Sequence[str]
    """The name of each card."""

    @classmethod
    def of(cls, asked: Iterable[tuple[str, str]], places: Mapping[str, int]) -> "Said":
        """Take bags of words, each with the name of a card; `places` says where each card is."""
        found: dict[str, str | None] = {}
        for bag, name in asked:
            found[bag] = name if found.get(bag, name) == name else None
        alone = {bag: places[name] for bag, name in found.items() if name is not None}
        cards = np.fromiter(alone.values(), dtype=np.int32, count=len(alone))
        return cls(Vocabulary.of(list(alone)), cards, list(places))

    def get(self, bag: str) -> str:
        """Return the name of the card of a bag, or nothing."""
        number = self.bags.get(bag)
        return "" if number is None else self.names[self.cards[number]]

    def arrays(self) -> dict[str, Array]:
        """Return what `read` makes the same of."""
        return {**joined({"bags": self.bags.arrays()}), "cards": self.cards}

    @classmethod
    def read(cls, arrays: Mapping[str, Array], places: Mapping[str, int]) -> "Said":
        """Make it again of its `arrays`."""
        return cls(Vocabulary.read(part(arrays, "bags")), arrays["cards"], list(places))
