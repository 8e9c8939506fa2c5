"""Counts for program staff: what is kept, by the names that the live knowledge has for it."""

from collections.abc import Callable, Sequence

from bot.backends.store.statistics import Been, Counts
from bot.core.counting import along, learned
from bot.core.counts import HardQuestion, Statistics
from bot.core.lessons import FINISHED
from bot.core.messages import Language
from bot.core.paths import Kept
from bot.core.ports import Knowledge


async def counted(
    counts: Counts,
    knowledge: Knowledge,
    *,
    language: Language,
    days: int,
    clock: Callable[[], float],
) -> Statistics:
    """Count everything; of what the knowledge holds no more, nothing is said.

    Raises:
        StoreError: the database is away.
    """
    places, lessons = await counts.places(), knowledge.lessons(language)
    return Statistics(
        people=await counts.people(),
        subscribers=await counts.subscribers(),
        days=days,
        outcomes=await counts.outcomes(),
        journeys=tuple(
            along(each, _kept(places, "journey", each.name))
            for each in knowledge.journeys(language)
        ),
        lessons=tuple(
            learned(each, kept, finished=sum(FINISHED in one for one in kept))
            for each in lessons
            for kept in (_kept(places, "lesson", each.name),)
        ),
        hardest=await _hardest(counts, knowledge, language),
        tickets=await counts.tickets(clock()),
    )


def _kept(places: Sequence[Been], kind: str, name: str) -> list[Kept]:
    return [each.kept for each in places if each.kind == kind and each.name == name]


async def _hardest(
    counts: Counts, knowledge: Knowledge, language: Language
) -> tuple[HardQuestion, ...]:
    """Return the questions that were answered wrongly, the most first."""
    texts = {
        (lesson.name, question.name): (lesson.title, question.text)
        for lesson in knowledge.lessons(language)
        for question in lesson.questions
    }
    return tuple(
        HardQuestion(*texts[each.lesson, each.question], each.answered, each.wrong)
        for each in await counts.choices()
        if each.wrong and (each.lesson, each.question) in texts
    )
