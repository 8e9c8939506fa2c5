"""What was decided, in the words of the person's language."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from bot.core import render, verdicts
from bot.core.messages import Language, Outcome, Passage, Reply, Turn, Verdicts, WhoSells
from bot.core.ports import Knowledge


@dataclass(frozen=True, slots=True)
class Telling:
    """Tells outcomes and fixed phrases, with what the program says of itself filled in."""

    knowledge: Knowledge
    phrases: Mapping[Language, render.Phrases]
    today: Callable[[], date]
    keep_days: int

    def tell(
        self, outcome: Outcome, language: Language, *, candidates: tuple[Passage, ...] = ()
    ) -> Turn:
        """Tell an outcome."""
        return Turn(language, outcome, (self._reply(outcome, language),), candidates=candidates)

    def local(self, language: Language) -> Turn:
        """Tell somebody who sells in the country that what is closed is closed to others."""
        clusters, phrases = self.knowledge.clusters(), self.phrases[language]
        name = clusters.cards.get("local", "") if clusters else ""
        card = self.knowledge.card(name, language=language)
        return Turn(language, replies=(verdicts.here(card, phrases=phrases, today=self.today()),))

    def _reply(self, outcome: Outcome, language: Language) -> Reply:
        phrases, today = self.phrases[language], self.today()
        program = self.knowledge.program(language)
        match outcome:
            case Verdicts():
                return verdicts.told(outcome, phrases=phrases, program=program, today=today)
            case WhoSells():
                return verdicts.who_sells(phrases=phrases)
            case _:
                return render.render(outcome, phrases=phrases, program=program, today=today)

    def say(self, phrase: str, language: Language) -> Turn:
        """Say a fixed phrase."""
        return Turn(language, replies=(self.said(phrase, language),))

    def said(self, phrase: str, language: Language) -> Reply:
        """Return a fixed phrase as a reply."""
        program, words = self.knowledge.program(language), self.phrases[language]
        return render.said(phrase, phrases=words, program=program, days=self.keep_days)

    def warned(self, turn: Turn) -> Turn:
        """Add to a turn's last reply that such things are better kept private."""
        note = self.phrases[turn.language]["keep_private"]
        *others, last = turn.replies
        body = f"{last.body}\n\n{note}"
        return replace(
            turn, replies=(*others, replace(last, text=f"{last.text}\n\n{note}", body=body))
        )

    def is_over(self, passage: Passage) -> bool:
        """Say whether the day has passed up to which a card answers."""
        return passage.valid_until is not None and passage.valid_until < self.today()
