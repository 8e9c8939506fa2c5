"""What a conversation script says, as frozen values."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

STEPS = ("user", "press", "command")
"""What a person can do; a turn holds one of these."""

EXPECTATIONS = ("outcome", "says", "never", "cites", "language", "buttons")
"""What can be expected of the bot's answer."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """What keeps a script from being played; `code` names its sentence."""

    path: Path
    line: int
    code: str
    values: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Expected:
    """One expectation of an answer: its name, what is wanted, and where it stands."""

    name: str
    values: tuple[str, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Step:
    """What the person does, in one or several forms, and what is expected then."""

    kind: str
    forms: tuple[str, ...]
    line: int
    expected: tuple[Expected, ...] = ()


@dataclass(frozen=True, slots=True)
class Conversation:
    """One document of a script."""

    path: Path
    line: int
    name: str
    steps: tuple[Step, ...]
    language: str = "id"
    tags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Case:
    """A conversation with every step in one form; `form` is the one that sets it apart."""

    conversation: Conversation
    steps: tuple[Step, ...]
    form: str = ""


def cases(conversation: Conversation) -> Iterator[Case]:
    """Yield a case for each form of each step, the other steps in their first form."""
    first = tuple(replace(step, forms=step.forms[:1]) for step in conversation.steps)
    several = next((step for step in conversation.steps if len(step.forms) > 1), None)
    yield Case(conversation, first, several.forms[0] if several else "")
    for place, step in enumerate(conversation.steps):
        for form in step.forms[1:]:
            one = replace(step, forms=(form,))
            yield Case(conversation, (*first[:place], one, *first[place + 1 :]), form)
