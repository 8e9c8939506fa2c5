"""A lesson: pages to read, then questions, each by its name."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.core.paths import DONE, Choice, Kept


@dataclass(frozen=True, slots=True)
class Page:
    """What is read at a time."""

    name: str
    text: str
    card: str = ""
    """The card on which it rests."""


@dataclass(frozen=True, slots=True)
class QuizQuestion:
    """A question with options, of which one is right."""

    name: str
    text: str
    options: tuple[Choice, ...]
    right: str
    """The name of the right option."""
    explanation: str
    card: str = ""

    def is_answered(self, kept: Kept) -> bool:
        """Say whether one of its options was chosen; one that is no more counts for nothing."""
        return kept.get(self.name) in {option.name for option in self.options}


@dataclass(frozen=True, slots=True)
class Lesson:
    """Something to learn in a few minutes, in one language."""

    name: str
    title: str
    about: str
    pages: tuple[Page, ...]
    questions: tuple[QuizQuestion, ...]

    def due(self, kept: Kept) -> Page | QuizQuestion | None:
        """Return what comes next: the pages first; None at the end."""
        unread = (page for page in self.pages if kept.get(page.name) != DONE)
        unanswered = (one for one in self.questions if not one.is_answered(kept))
        return next(unread, None) or next(unanswered, None)

    def right(self, kept: Kept) -> int:
        """Count the right answers."""
        return sum(kept.get(one.name) == one.right for one in self.questions)

    def wrong(self, kept: Kept) -> Sequence[QuizQuestion]:
        """Return the questions that were answered wrongly."""
        return [one for one in self.questions if kept.get(one.name) != one.right]
