"""`journeys/*.yaml`: steps with names, choices, checks and cards, written by program staff."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from bot.backends.knowledge.calculators import spoken
from bot.backends.knowledge.cards import Number, Words, with_default
from bot.backends.knowledge.findings import Finding, nearest
from bot.backends.knowledge.yamls import Located
from bot.core.messages import Language
from bot.core.paths import Choice, Journey, Step

JOURNEYS = "journeys"

Name = Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
Title = Annotated[Words, AfterValidator(with_default)]
_Days = Annotated[Number, Field(ge=1, le=90)]


class ChoiceEntry(BaseModel):
    """One of several answers."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    label: Title


class StepEntry(BaseModel):
    """One step."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    text: Title
    check: Words = {}
    card: str = ""
    choices: list[ChoiceEntry] = []
    when: dict[str, list[str]] = {}
    remind_after: _Days = 3


class JourneyEntry(BaseModel):
    """A whole file."""

    model_config = ConfigDict(extra="forbid")

    title: Title
    about: Title
    end: Title
    steps: Annotated[list[StepEntry], Field(min_length=1)]


def journey_of(name: str, entry: JourneyEntry, language: Language) -> Journey:
    """Return a journey as the core leads along it, in one language."""
    return Journey(
        name,
        title=spoken(entry.title, language),
        about=spoken(entry.about, language),
        end=spoken(entry.end, language),
        steps=tuple(_step(step, language) for step in entry.steps),
    )


def journey_findings(
    entry: JourneyEntry, located: Located, *, file: str, cards: list[str]
) -> Iterator[Finding]:
    """Yield names that stand twice, cards and choices that are not there, too long labels."""
    before: dict[str, list[str]] = {}
    for place, step in enumerate(entry.steps):
        line = located.line(("steps", place))
        if step.name in before:
            yield Finding(file, line, "DUPLICATE_STEP", {"step": step.name})
        if step.card and step.card not in cards:
            values = {"target": step.card, "near": nearest(step.card, sorted(cards))}
            yield Finding(file, located.line(("steps", place, "card")), "DEAD_LINK", values)
        for key, names in step.when.items():
            known = before.get(key, [])
            for name in [name for name in names if name not in known]:
                line = located.line(("steps", place, "when", key))
                values = {"choice": f"{key}: {name}", "near": nearest(name, known)}
                yield Finding(file, line, "UNKNOWN_CHOICE", values)
        before[step.name] = [choice.name for choice in step.choices]


def _step(entry: StepEntry, language: Language) -> Step:
    return Step(
        entry.name,
        text=spoken(entry.text, language),
        check=spoken(entry.check, language),
        card=entry.card,
        choices=tuple(
            Choice(choice.name, spoken(choice.label, language)) for choice in entry.choices
        ),
        when={step: frozenset(names) for step, names in entry.when.items()},
        remind_after=entry.remind_after,
    )
