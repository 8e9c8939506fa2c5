"""A product, and whether an overseas seller may sell it: decided before any model speaks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from bot.core.messages import Language, Status, Verdict

NOT_LISTED, UNCLEAR = "none", "unclear"
"""What stands in place of a cluster for products of none of them, and for those between."""


_HEARD = 1 / 3  # Share of a name that known words make up, from which on they are enough.


class Heading(NamedTuple):
    """Headings of the Harmonized System, from one to another, and the cluster they lead to."""

    low: str
    high: str
    cluster: str


@dataclass(frozen=True, slots=True)
class Likeness:
    """What a product's name is like."""

    shares: Mapping[str, float]
    """The probability of each cluster, of `NOT_LISTED` and of `UNCLEAR`."""
    card: str = ""
    """The card that the nearest family has of its own."""
    is_known: bool = False
    """The name stands in the list as it is."""
    heard: float = 0.0
    """Share, from 0 to 1, of the name that words of the list make up."""


class Catalogue(Protocol):
    """The names of products that are known, and what others are like."""

    def likeness(self, name: str, language: Language) -> Likeness:
        """Say what the name of a product is like, in a language before any other."""
        ...

    def lists(self, name: str) -> bool:
        """Say whether a name stands in the list as it is, in any language."""
        ...

    def knows(self, word: str) -> bool:
        """Say whether a word stands in some name of the list."""
        ...

    def fits(self, words: Sequence[str], name: str) -> bool:
        """Say whether these words of a name stand in names of the family that it is most like."""
        ...


@dataclass(frozen=True, slots=True)
class Limits:
    """How likely something must be before it is said."""

    closed: float = 0.55
    not_listed: float = 0.65
    unheard: float = 0.7
    """Of either, where few of the words are known."""


@dataclass(frozen=True, slots=True)
class Clusters:
    """The closed clusters, and what belongs to them."""

    catalogue: Catalogue
    titles: Mapping[str, Mapping[Language, str]] = field(default_factory=dict)
    """The name of each closed cluster, by language."""
    cards: Mapping[str, str] = field(default_factory=dict)
    """The card of each cluster, of `NOT_LISTED`, of `UNCLEAR`, and for `local` sellers."""
    told: frozenset[str] = frozenset()
    """The cards that tell whether products are closed to sellers abroad."""
    headings: Sequence[Heading] = ()
    subjects: Sequence[str] = ()
    """Words of questions about something else, though a product is named in them."""
    around: Sequence[str] = ()
    """Names of the program and the like, which stand around the names of products."""
    limits: Limits = field(default_factory=Limits)

    def verdict(self, product: str, language: Language) -> Verdict:
        """Say whether a product is in a closed cluster."""
        likeness = self.catalogue.likeness(product, language)
        limits = self.limits
        if likeness.heard < _HEARD:
            limits = Limits(limits.unheard, limits.unheard)
        status, cluster, confidence = self._decided(likeness.shares, limits)
        place = cluster or {"not_listed": NOT_LISTED, "unclear": UNCLEAR}[status]
        card = likeness.card or self.cards.get(place, "")
        return Verdict(product, status, cluster, round(confidence, 4), card)

    def of_heading(self, code: str) -> Verdict:
        """Say whether goods of a heading of the Harmonized System are in a closed cluster."""
        found = [each for each in self.headings if _covers(each, code)]
        longest = max((len(each.low) for each in found), default=0)
        clusters = {each.cluster for each in found if len(each.low) == longest}
        cluster = clusters.pop() if len(clusters) == 1 else UNCLEAR if clusters else NOT_LISTED
        if cluster in self.titles:
            return Verdict(f"HS {code}", "closed", cluster, 1.0, self.cards.get(cluster, ""))
        status: Status = "unclear" if cluster == UNCLEAR else "not_listed"
        return Verdict(f"HS {code}", status, None, 1.0, self.cards.get(cluster, ""))

    def _decided(
        self, shares: Mapping[str, float], limits: Limits
    ) -> tuple[Status, str | None, float]:
        """Return the status, the cluster if there is one, and how likely that is."""
        closed = {name: share for name, share in shares.items() if name in self.titles}
        share = sum(closed.values())
        if closed and share >= limits.closed:
            return "closed", max(closed, key=lambda name: closed[name]), share
        outside = shares.get(NOT_LISTED, 0.0)
        if outside >= limits.not_listed:
            return "not_listed", None, outside
        return "unclear", None, shares.get(UNCLEAR, 0.0)


def _covers(heading: Heading, code: str) -> bool:
    """Say whether a code begins with one of these headings."""
    beginning = code[: len(heading.low)]
    return len(beginning) == len(heading.low) and heading.low <= beginning <= heading.high
