"""What a comparison of the cards' texts shows: the same question twice, figures that disagree."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import combinations

from bot.backends.knowledge.cards import Card
from bot.backends.knowledge.content import LANGUAGES
from bot.backends.knowledge.figures import at_odds, untold
from bot.backends.knowledge.findings import Finding
from bot.backends.knowledge.markdown import ReadCard
from bot.backends.knowledge.words import Glossary, Tokenizer
from bot.core.messages import DEFAULT_LANGUAGE, Language

Named = Mapping[tuple[str, Language], ReadCard]
"""Cards by name and language."""


def compared_findings(cards: Sequence[ReadCard], glossary: Glossary) -> Iterator[Finding]:
    """Yield warnings of the cards; it takes a while, so that nothing waits for it to go live."""
    yield from _same_questions(cards, glossary)
    yield from _figure_findings({(read.card.name, read.card.language): read for read in cards})


def _same_questions(cards: Sequence[ReadCard], glossary: Glossary) -> Iterator[Finding]:
    """Yield asked lines that say the same, in whatever order, as one of another card."""
    tokenizers = {
        language: Tokenizer(language, glossary if language == DEFAULT_LANGUAGE else Glossary({}))
        for language in LANGUAGES
    }
    asked: dict[tuple[Language, tuple[str, ...]], str] = {}
    for read in cards:
        language = read.card.language
        for form, line in zip(read.card.asked, read.asked_lines, strict=True):
            stems = tuple(sorted(tokenizers[language](form)))
            other = asked.setdefault((language, stems), read.card.name)
            if stems and other != read.card.name:
                values = {"question": form, "card": other}
                yield Finding(read.file, line, "SAME_QUESTION", values)


def _figure_findings(cards: Named) -> Iterator[Finding]:
    """Yield cards whose numbers are not those of their original, or of a card on the same fact."""
    holders: dict[str, list[ReadCard]] = {}
    for (name, language), read in cards.items():
        if language == DEFAULT_LANGUAGE:
            for fact in read.card.facts:
                holders.setdefault(fact, []).append(read)
        elif original := cards.get((name, DEFAULT_LANGUAGE)):
            numbers = untold(
                _told(read.card), language, _told(original.card), original.card.language
            )
            yield from _other_figures(read, original, numbers)
    pairs = {
        (read.card.name, other.card.name): (read, other)
        for holding in holders.values()
        for read, other in combinations(holding, 2)
    }
    for read, other in pairs.values():
        one, two = set(read.card.facts), set(other.card.facts)
        if one <= two or two <= one:  # Or their numbers may be those of other facts.
            _, numbers = at_odds(read.card.text, other.card.text, DEFAULT_LANGUAGE)
            yield from _other_figures(other, read, numbers)


def _told(card: Card) -> str:
    return f"{card.title}\n{card.text}"


def _other_figures(
    read: ReadCard, other: ReadCard, numbers: Sequence[Decimal]
) -> Iterator[Finding]:
    if numbers:
        shown = ", ".join(f"{number.normalize():f}" for number in numbers)
        values = {"numbers": shown, "file": other.file, "line": other.line}
        yield Finding(read.file, read.line, "OTHER_FIGURES", values)
