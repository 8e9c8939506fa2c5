"""A journey: named steps, of which those due depend on what was chosen and done before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Kept = Mapping[str, str]
"""By the name of a step: the choice that was made, or one of these two."""
DONE, LATER = "+", "-"


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several answers to a step."""

    name: str
    label: str


@dataclass(frozen=True, slots=True)
class Step:
    """One step: something to choose, to check off, or only to read."""

    name: str
    text: str
    check: str = ""
    """How it reads in the checklist; without it, it is not in there."""
    card: str = ""
    """The card that explains it."""
    choices: tuple[Choice, ...] = ()
    when: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """What must have been chosen in other steps for this one to apply."""
    remind_after: int = 3
    """Days after which somebody who wants to be is reminded."""

    def choice(self, name: str) -> Choice | None:
        """Return the choice of a name."""
        return next((choice for choice in self.choices if choice.name == name), None)

    def applies(self, kept: Kept) -> bool:
        """Say whether what was chosen leads to this step."""
        return all(kept.get(step) in names for step, names in self.when.items())

    def is_passed(self, kept: Kept) -> bool:
        """Say whether it was chosen or done; a choice that is no more counts for nothing."""
        if self.choices:
            return self.choice(kept.get(self.name, "")) is not None
        return kept.get(self.name) == DONE


@dataclass(frozen=True, slots=True)
class Journey:
    """Steps that lead somewhere, in one language."""

    name: str
    title: str
    about: str
    end: str
    steps: tuple[Step, ...]

    def applying(self, kept: Kept) -> Sequence[Step]:
        """Return the steps that apply after what was chosen."""
        return [step for step in self.steps if step.applies(kept)]

    def due(self, kept: Kept) -> Step | None:
        """Return the next step: what was put off comes last; None at the end."""
        open_ = [step for step in self.applying(kept) if not step.is_passed(kept)]
        open_.sort(key=lambda step: kept.get(step.name) == LATER)
        return open_[0] if open_ else None

    def checklist(self, kept: Kept) -> Sequence[tuple[str, bool]]:
        """Return what is to be checked off, and whether it is."""
        return [(step.check, step.is_passed(kept)) for step in self.applying(kept) if step.check]
