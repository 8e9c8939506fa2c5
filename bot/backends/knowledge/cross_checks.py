"""What only the whole folder shows: broken references, missing translations, reviews due."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import PurePosixPath

from bot.backends.knowledge.content import ABSTAIN, LANGUAGES, PINNED, Content, ProgramEntry
from bot.backends.knowledge.findings import Finding, nearest
from bot.backends.knowledge.markdown import ReadCard
from bot.core.messages import DEFAULT_LANGUAGE, Language

Named = Mapping[tuple[str, Language], ReadCard]
"""Cards by name and language."""


def cross_findings(
    content: Content, cards: Sequence[ReadCard], pinned_lines: Mapping[str, int], *, today: date
) -> Iterator[Finding]:
    """Yield what is wrong between the cards, the other files and the day it is."""
    names = {read.card.name for read in cards}
    named: dict[tuple[str, Language], ReadCard] = {}
    for read in cards:
        key = (read.card.name, read.card.language)
        if key in named:
            values = {"anchor": read.card.name.partition("#")[2], "other": named[key].line}
            yield Finding(read.file, read.line, "DUPLICATE_ANCHOR", values)
        named.setdefault(key, read)
        yield from _source_findings(read, list(content.sources))
        yield from _topic_findings(read, content.program)
        yield from _link_findings(read, names)
        yield from _review_findings(read, today)
        if not read.card.asked:
            yield Finding(read.file, read.line, "NO_QUESTIONS")
    yield from _translation_findings(named)
    yield from _pin_findings(content, pinned_lines)


def _source_findings(read: ReadCard, codes: list[str]) -> Iterator[Finding]:
    line = read.lines.get("sources", read.line)
    for code in read.card.sources:
        if code not in codes:
            values = {"source": code, "near": nearest(code, codes)}
            yield Finding(read.file, line, "UNKNOWN_SOURCE", values)


def _topic_findings(read: ReadCard, program: ProgramEntry) -> Iterator[Finding]:
    if program.topics and read.card.topic not in program.topics:
        near = nearest(read.card.topic, list(program.topics))
        values = {"topic": read.card.topic, "near": near}
        yield Finding(read.file, read.lines.get("topic", 1), "UNKNOWN_TOPIC", values)


def _link_findings(read: ReadCard, names: set[str]) -> Iterator[Finding]:
    for line, target in read.links:
        if target.startswith(("https://", "http://")):
            continue
        here = read.card.name.partition("#")[0]
        name = f"{here}{target}" if target.startswith("#") else target
        if name not in names:
            values = {"target": target, "near": nearest(name, sorted(names))}
            yield Finding(read.file, line, "DEAD_LINK", values)


def _review_findings(read: ReadCard, today: date) -> Iterator[Finding]:
    review = read.card.review_by
    if review and date.fromisoformat(review) < today:
        line = read.lines.get("review_by", read.line)
        yield Finding(read.file, line, "PAST_REVIEW", {"date": review})


def _translation_findings(cards: Named) -> Iterator[Finding]:
    """Yield cards that a translated file lacks or has too old a translation of."""
    translated = {
        (PurePosixPath(name.partition("#")[0]), language)
        for name, language in cards
        if language != DEFAULT_LANGUAGE
    }
    for (name, language), read in cards.items():
        if language != DEFAULT_LANGUAGE:
            original = cards.get((name, DEFAULT_LANGUAGE))
            if original and original.changed and read.translates != original.changed:
                line = read.lines.get("translates", 1)
                values = {"date": original.changed.isoformat()}
                yield Finding(read.file, line, "OLD_TRANSLATION", values)
            continue
        for other in LANGUAGES[1:]:
            file = PurePosixPath(name.partition("#")[0])
            if (file, other) in translated and (name, other) not in cards:
                values = {"card": name, "language": other}
                yield Finding(read.file, read.line, "NO_TRANSLATION", values)


def _pin_findings(content: Content, lines: Mapping[str, int]) -> Iterator[Finding]:
    names = sorted({card.name for card in content.cards})
    for question, card in content.pinned.items():
        if card != ABSTAIN and card not in names:
            values = {"card": card, "near": nearest(card, names)}
            yield Finding(PINNED, lines.get(question, 1), "UNKNOWN_CARD", values)
