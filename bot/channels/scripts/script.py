"""What a conversation script says, as frozen values."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Mistake:
    """What keeps a script from being played; `code` names its sentence."""

    path: Path
    line: int
    code: str
    values: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Word:
    """A value of a script, of a mapping its JSON; where it stands, in lines and characters."""

    text: str
    line: int = 0
    begin: int = 0
    end: int = 0

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Expected:
    """One expectation of an answer: its name, what is wanted, and where it stands."""

    name: str
    values: tuple[Word, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Step:
    """What happens, in one or several forms, and what is expected then."""

    kind: str
    forms: tuple[Word, ...]
    line: int
    expected: tuple[Expected, ...] | None = None
    """None where nothing is said of the answer, which is then not waited for."""
    person: str = ""

    @property
    def text(self) -> str:
        """What is typed, pressed, or else given to the step."""
        return self.forms[0].text

    @property
    def is_silent(self) -> bool:
        """Whether nothing is to come."""
        return any(each.name == "silent" for each in self.expected or ())


@dataclass(frozen=True, slots=True)
class Conversation:
    """One document of a script; `people` has the language of each."""

    path: Path
    line: int
    name: str
    steps: tuple[Step, ...]
    people: Mapping[str, str] = field(default_factory=lambda: {"": "id"}, hash=False)
    tags: frozenset[str] = frozenset()
    expected_failure: str = ""
    """The reason of a known bug."""


@dataclass(frozen=True, slots=True)
class Case:
    """A conversation with every step in one form; `form` is the one that sets it apart."""

    conversation: Conversation
    steps: tuple[Step, ...]
    form: str = ""

    @property
    def is_apart(self) -> bool:
        """Whether it needs a bot, a simulator and a data folder of its own."""
        return any(step.kind in APART for step in self.steps)


APART = frozenset({"at", "fault", "change", "restart"})
"""Steps that others on the same bot would feel."""


def cases(conversation: Conversation) -> Iterator[Case]:
    """Yield a case for each form of each step, the other steps in their first form."""
    first = tuple(replace(step, forms=step.forms[:1]) for step in conversation.steps)
    several = next((step for step in conversation.steps if len(step.forms) > 1), None)
    yield Case(conversation, first, several.text if several else "")
    for place, step in enumerate(conversation.steps):
        for form in step.forms[1:]:
            one = replace(step, forms=(form,))
            yield Case(conversation, (*first[:place], one, *first[place + 1 :]), form.text)
