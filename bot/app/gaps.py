"""What people asked and did not get, and still would not get, grouped by meaning."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.app.assembly import App
from bot.backends.knowledge.groups import group
from bot.backends.knowledge.texts import Progress
from bot.backends.store.gaps import Missed, missed_questions
from bot.core.messages import Answer, Language, SmallTalk, Turn

_MOST = 500  # Distinct questions that are looked at: asking them again takes seconds.
_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Gap:
    """Questions that mean the same and that nothing answers well."""

    missed: tuple[Missed, ...]
    """Newest first."""
    topic: str
    """That of the card which comes nearest."""

    @property
    def people(self) -> int:
        """Return how many people asked."""
        return len({each.person for each in self.missed})

    @property
    def newest(self) -> Missed:
        """Return what was asked last."""
        return self.missed[0]

    @property
    def texts(self) -> list[str]:
        """Return the distinct questions, those of most people first, then the newest."""
        people: dict[str, set[int]] = {}
        for each in self.missed:
            people.setdefault(each.text, set()).add(each.person)
        return sorted(people, key=lambda text: -len(people[text]))

    @property
    def language(self) -> Language:
        """Return the language that most of them were answered in."""
        return Counter(each.language for each in self.missed).most_common(1)[0][0]

    @property
    def whys(self) -> Mapping[str, int]:
        """Return how often each of the reasons was there."""
        return Counter(each.why for each in self.missed)

    @property
    def cards(self) -> list[str]:
        """Return the cards that were told and were not what was wanted."""
        return list(dict.fromkeys(each.card for each in self.missed if each.card))


@dataclass(frozen=True, slots=True)
class Gaps:
    """Every gap, most asked first, and how many distinct questions were not looked at."""

    found: tuple[Gap, ...]
    left_out: int = 0


async def find_gaps(
    app: App, *, on_progress: Progress = lambda _done, _total: None, most: int = _MOST
) -> Gaps:
    """Ask again what most people did not get, and group what is still not answered well.

    Raises:
        BotError: the state cannot be read, or the index or the model failed.
    """
    live = await app.knowledge.versions.live()
    if live is None:
        return Gaps(())
    missed = await missed_questions(app.database, app.cipher, sure=app.knowledge.decision.sure)
    alike = _alike(missed)
    asked, left_out = alike[:most], len(alike[most:])
    turns = await _asked_again(app, asked, on_progress)
    sure = app.knowledge.decision.sure
    still = [
        (kept, turn)
        for each, turn in zip(asked, turns, strict=True)
        if (kept := [one for one in each if not _is_settled(one, turn, sure)])
    ]
    if not still:
        return Gaps((), left_out)
    groups = await group(
        [(kept[0].text, kept[0].language) for kept, _ in still],
        of=live,
        versions=app.knowledge.versions,
        tools=app.knowledge,
    )
    gaps = [_gap([still[place] for place in places]) for places in groups]
    return Gaps(tuple(sorted(gaps, key=_most_asked)), left_out)


def _alike(missed: Sequence[Missed]) -> list[list[Missed]]:
    """Return questions by their words, those of most people first, then the newest."""
    by_words: dict[str, list[Missed]] = {}
    for each in missed:
        if any(character.isalnum() for character in each.text):
            by_words.setdefault(" ".join(each.text.casefold().split()), []).append(each)
    return sorted(by_words.values(), key=lambda same: -len({each.person for each in same}))


async def _asked_again(
    app: App, asked: Sequence[Sequence[Missed]], on_progress: Progress
) -> list[Turn]:
    places, done = asyncio.Semaphore(_AT_ONCE), Counter[str]()

    async def again(missed: Missed) -> Turn:
        async with places:
            turn = await app.ask(missed.text, language=missed.language)
        done.update(["asked"])
        on_progress(done.total(), len(asked))
        return turn

    return await asyncio.gather(*(again(each[0]) for each in asked))


def _is_settled(missed: Missed, turn: Turn, sure: float) -> bool:
    """Say whether a question now gets an answer to rely on; after a 👎, another one."""
    match turn.outcome:
        case Answer(passage):
            is_other = missed.why != "down" or passage.card != missed.card
            return passage.confidence >= sure and is_other
        case SmallTalk():
            return True
        case _:
            return False


def _gap(same: Sequence[tuple[Sequence[Missed], Turn]]) -> Gap:
    missed = sorted((one for kept, _ in same for one in kept), key=lambda one: -one.at)
    nearest = [turn.candidates[0].topic for _, turn in same if turn.candidates]
    topic = Counter(nearest).most_common(1)[0][0] if nearest else ""
    return Gap(tuple(missed), topic)


def _most_asked(gap: Gap) -> tuple[int, int, float]:
    return -gap.people, -len(gap.missed), -gap.newest.at
