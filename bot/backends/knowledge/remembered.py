"""What the live version answered already, so that it need not be asked again for each preview."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import date

from bot.backends.knowledge.pinned import Tried

Ask = Callable[[Sequence[str]], Awaitable[Sequence[Tried]]]
"""Answers questions from one version."""


class Remembered:
    """The answers of one version on one day, of which the next takes the place."""

    def __init__(self, today: Callable[[], date]) -> None:
        self._today = today
        self._of: tuple[str, date] | None = None
        self._answers: dict[str, Tried] = {}

    def asking(self, version: str, prepare: Callable[[], Awaitable[Ask]]) -> Ask:
        """Return what answers from a version, which is prepared for the first new question."""
        if self._of != (version, self._today()):
            self._of, self._answers = (version, self._today()), {}
        answers, prepared = self._answers, list[Ask]()

        async def ask(questions: Sequence[str]) -> Sequence[Tried]:
            new = [question for question in questions if question not in answers]
            if new:
                if not prepared:
                    prepared.append(await prepare())
                answers.update(zip(new, await prepared[0](new), strict=True))
            return [answers[question] for question in questions]

        return ask
