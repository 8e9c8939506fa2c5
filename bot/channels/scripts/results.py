"""How a case went: what was said, and what was not as written."""

from dataclasses import dataclass
from typing import Literal

from bot.channels.scripts.expectations import Unmet
from bot.channels.scripts.script import Case, Step

Kind = Literal["content", "system"]
Status = Literal["passed", "failed", "known", "mended"]


@dataclass(frozen=True, slots=True)
class Said:
    """One line of a transcript: a person's, the bot's, or what happened around them."""

    who: Literal["person", "bot", "around"]
    text: str
    buttons: tuple[str, ...] = ()
    person: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """What is not as written: the content of an answer, or the system that makes it."""

    kind: Kind
    line: int
    unmet: tuple[Unmet, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """How a case went: what was said, up to the failure if there is one."""

    case: Case
    transcript: tuple[Said, ...]
    failure: Failure | None = None
    seconds: float = 0.0

    @property
    def status(self) -> Status:
        """How it went beside what was expected: `mended` is a known bug that is gone."""
        if self.case.conversation.expected_failure:
            return "known" if self.failure else "mended"
        return "failed" if self.failure else "passed"

    @property
    def is_bad(self) -> bool:
        """Whether somebody has to look at it."""
        return self.status in ("failed", "mended")


class StepFailedError(Exception):
    """A step is not as written, and the case ends."""

    def __init__(self, kind: Kind, step: Step, *missed: Unmet) -> None:
        super().__init__(step.line)
        self.failure = Failure(kind, step.line, missed)


def content(step: Step, name: str, expected: str = "", came: str = "") -> StepFailedError:
    """Return what staff can mend: a wrong answer, or a wrong script."""
    return StepFailedError("content", step, Unmet(name, expected, came, step.line, step.forms[0]))


def system(step: Step, name: str, came: str) -> StepFailedError:
    """Return what a developer has to mend."""
    return StepFailedError("system", step, Unmet(name, "", came, step.line))
