"""Counts for program staff, as frozen values."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WayCount:
    """How many people began something, came to its end, and where the others are."""

    title: str
    begun: int
    finished: int
    stops: tuple[tuple[str, int], ...] = ()
    """Steps with how many people are at each, the most first."""


@dataclass(frozen=True, slots=True)
class HardQuestion:
    """A question of a quiz, with how often it was answered, and how often wrongly."""

    lesson: str
    text: str
    answered: int
    wrong: int


@dataclass(frozen=True, slots=True)
class TicketCount:
    """How many tickets are open and closed, and how long that lasts, in hours."""

    open: int = 0
    oldest: float = 0.0
    closed: int = 0
    median: float = 0.0
    """From opening to closing."""


@dataclass(frozen=True, slots=True)
class Statistics:
    """Counts of everything, and nobody's name."""

    people: int
    subscribers: int
    days: int
    """For how long questions are kept."""
    outcomes: tuple[tuple[str, int], ...]
    journeys: tuple[WayCount, ...]
    lessons: tuple[WayCount, ...]
    hardest: tuple[HardQuestion, ...]
    tickets: TicketCount
