"""The wording of a script brought up to what the bot says now."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher, get_close_matches
from pathlib import Path

from bot.channels.scripts.expectations import Unmet, plain
from bot.channels.scripts.results import Result
from bot.channels.scripts.script import Word
from bot.channels.scripts.writing import written

_LIKE = 0.5  # How alike the new words must be to be meant.
_LABELS = ("buttons", "press")


@dataclass(frozen=True, slots=True)
class Rewording:
    """Words of a script, and those that stand in the reply where they were."""

    path: Path
    name: str
    word: Word
    new: str


def rewordings(results: Iterable[Result]) -> list[Rewording]:
    """Return what to write where only the wording failed; each place once."""
    found = {
        (each.path, each.word.begin): each for result in results for each in _of_result(result)
    }
    return list(found.values())


def reworded(text: str, changes: Sequence[Rewording]) -> str:
    """Return a script with its new words, and everything else as it was."""
    for change in sorted(changes, key=lambda each: -each.word.begin):
        text = text[: change.word.begin] + written(change.new) + text[change.word.end :]
    return text


def _of_result(result: Result) -> Iterator[Rewording]:
    if not result.failure or result.case.conversation.expected_failure:
        return
    for unmet in result.failure.unmet:
        new = _nearest(unmet)
        if new and unmet.word.end:
            yield Rewording(result.case.conversation.path, unmet.name, unmet.word, new)


def _nearest(unmet: Unmet) -> str:
    if unmet.name in _LABELS:
        labels = unmet.came.split(" | ")
        return next(iter(get_close_matches(unmet.expected, labels, n=1, cutoff=_LIKE)), "")
    if unmet.name == "toast":
        return unmet.came
    return _passage(unmet.expected, unmet.came) if unmet.name == "says" else ""


def _passage(old: str, reply: str) -> str:
    """Return the words of a reply that are most like these, or nothing."""
    words, count = reply.split(), len(old.split())
    matcher = SequenceMatcher(b=plain(old), autojunk=False)
    best, passage = _LIKE, ""
    for length in {max(count - 1, 1), count, count + 1}:
        for begin in range(len(words) - length + 1):
            found = " ".join(words[begin : begin + length]).strip(".,;:!?()*")
            matcher.set_seq1(plain(found))
            if matcher.ratio() > best:
                best, passage = matcher.ratio(), found
    return passage
