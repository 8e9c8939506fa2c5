"""How things go, in counts: how many people, where they stop, what they get wrong."""

from collections.abc import Sequence

from bot.core.counts import HardQuestion, Statistics, TicketCount, WayCount
from bot.core.messages import Chart, Reply
from bot.core.paths import Journey, Kept
from bot.core.render import Phrases
from bot.core.subjects import Lesson

_STOPS, _HARDEST = 3, 5  # So many are named; the rest is in the numbers.
_BARS = 12


def along(journey: Journey, everybody: Sequence[Kept]) -> WayCount:
    """Count where people are in a journey, by what they chose and did."""
    due = [journey.due(kept) for kept in everybody]
    names = [step.check or step.text for step in due if step]
    return WayCount(journey.title, len(due), due.count(None), _counted(names))


def learned(lesson: Lesson, everybody: Sequence[Kept], *, finished: int) -> WayCount:
    """Count where people are in a lesson; `finished` have been at its end."""
    due = [lesson.due(kept) for kept in everybody]
    names = [_shortened(step.text) for step in due if step]
    return WayCount(lesson.title, len(due), finished, _counted(names))


def told(found: Statistics, *, phrases: Phrases) -> tuple[Reply, ...]:
    """Say the counts, and draw what was asked and where people are."""
    parts = [
        phrases["stats_people"].format(people=found.people, subscribers=found.subscribers),
        _outcomes(found, phrases),
        *(_way(each, "stats_journey", phrases) for each in found.journeys),
        *(_way(each, "stats_lesson", phrases) for each in found.lessons if each.begun),
        _hardest(found.hardest, phrases),
        _tickets(found.tickets, phrases),
    ]
    text = Reply("\n\n".join(part for part in parts if part))
    return (text, *(Reply(chart.title, picture=chart) for chart in charts(found, phrases=phrases)))


def charts(found: Statistics, *, phrases: Phrases) -> tuple[Chart, ...]:
    """Return the pictures of the counts, as far as there is anything to count."""
    asked = tuple((phrases[f"tried_{name}"], count) for name, count in found.outcomes)
    made = [Chart(phrases["stats_chart_questions"].format(days=found.days), asked)] if asked else []
    for each in found.journeys:
        ends = ((phrases["stats_finished"], each.finished), *each.stops)
        if each.begun:
            title = phrases["stats_chart_journey"].format(title=each.title)
            made.append(Chart(title, ends[:_BARS]))
    return tuple(made)


def _outcomes(found: Statistics, phrases: Phrases) -> str:
    total = sum(count for _, count in found.outcomes)
    head = phrases["stats_questions"].format(count=total, days=found.days)
    lines = [f"- {phrases[f'tried_{name}']}: {count}" for name, count in found.outcomes]
    return "\n".join([head, *lines])


def _way(found: WayCount, phrase: str, phrases: Phrases) -> str:
    head = phrases[phrase].format(title=found.title, begun=found.begun, finished=found.finished)
    lines = [
        phrases["stats_stop"].format(step=step, count=count) for step, count in found.stops[:_STOPS]
    ]
    return "\n".join([head, *lines])


def _hardest(found: Sequence[HardQuestion], phrases: Phrases) -> str:
    lines = [
        phrases["stats_wrong"].format(
            lesson=each.lesson, question=each.text, wrong=each.wrong, answered=each.answered
        )
        for each in found[:_HARDEST]
    ]
    return "\n".join([phrases["stats_hardest"], *lines]) if lines else ""


def _tickets(found: TicketCount, phrases: Phrases) -> str:
    text = phrases["stats_tickets"].format(open=found.open, closed=found.closed)
    if found.open:
        text += f" {phrases['stats_oldest'].format(hours=round(found.oldest))}"
    if found.closed:
        text += f" {phrases['stats_median'].format(hours=round(found.median))}"
    return text


def _counted(names: Sequence[str]) -> tuple[tuple[str, int], ...]:
    """Return each name with how often it is there, the most first."""
    counts = {name: names.count(name) for name in dict.fromkeys(names)}
    return tuple(sorted(counts.items(), key=lambda each: -each[1]))


def _shortened(text: str) -> str:
    line = " ".join(text.replace("**", "").split())
    return line if len(line) <= _LINE else f"{line[:_LINE].rstrip()}…"


_LINE = 60  # Characters of a page or a question.
