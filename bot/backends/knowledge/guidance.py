"""What the knowledge holds besides cards: the rules of sums, journeys and lessons."""

from collections.abc import Iterable, Iterator, Sequence

from pydantic import BaseModel, ConfigDict

from bot.backends.knowledge.calculators import CalculatorsEntry
from bot.backends.knowledge.findings import Finding, nearest
from bot.backends.knowledge.journeys import JourneyEntry
from bot.backends.knowledge.lessons import LessonEntry
from bot.backends.knowledge.yamls import Located

Place = tuple[str | int, ...]


class Guidance(BaseModel):
    """All of it, as one version publishes it."""

    model_config = ConfigDict(extra="forbid")

    calculators: CalculatorsEntry = CalculatorsEntry()
    journeys: dict[str, JourneyEntry] = {}
    lessons: dict[str, LessonEntry] = {}


def dead_links(
    named: Iterable[tuple[Place, str]], located: Located, *, file: str, cards: Sequence[str]
) -> Iterator[Finding]:
    """Yield the cards that a file names and that do not exist."""
    for place, card in named:
        if card not in cards:
            values = {"target": card, "near": nearest(card, sorted(cards))}
            yield Finding(file, located.line(place), "DEAD_LINK", values)
