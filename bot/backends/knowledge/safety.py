"""`safety.yaml`: the signs by which fraud and wishes to get around a rule are known."""

import re
from collections.abc import Iterator, Sequence

from pydantic import BaseModel, ConfigDict

from bot.backends.knowledge.findings import Finding, nearest
from bot.backends.knowledge.yamls import Located
from bot.core.disguise import AMONG, CALLING, JOINING, NAMING, PAPERS, UNLESS, WRITING
from bot.core.signs import ASKS_FOR_HELP, ASKS_HOW, ASKS_WHETHER, Sign, Signs

SAFETY = "safety.yaml"
OWN_LISTS = (
    *(ASKS_FOR_HELP, ASKS_HOW, ASKS_WHETHER),
    *(NAMING, CALLING, WRITING, PAPERS, AMONG, JOINING, UNLESS),
)
"""The lists that are known by their names; the others are told apart by those of the file."""

_INNER = re.compile(r"\[([^]]*)\]")

Keys = tuple[str | int, ...]
"""Keys and places that lead to a value of the file."""


class FraudEntry(BaseModel):
    """A sign of fraud, and the card that warns."""

    model_config = ConfigDict(extra="forbid")

    card: str
    when: list[str]
    """Alternatives: names of lists with `+` between them."""
    unless: list[str] = []


class EvasionEntry(FraudEntry):
    """A way around a rule, and the card that shows the lawful one."""

    card: str = ""


class SafetyEntry(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid")

    asks_for_help: str = ""
    asks_how: str = ""
    asks_whether: str = ""
    disguise_card: str = ""
    """The card that shows the lawful way to whoever would name goods as others."""
    disguise_naming: str = ""
    disguise_calling: str = ""
    disguise_writing: str = ""
    disguise_papers: str = ""
    disguise_among: str = ""
    disguise_joining: str = ""
    disguise_unless: str = ""
    words: dict[str, str] = {}
    fraud: list[FraudEntry] = []
    evasion: list[EvasionEntry] = []
    evasion_cards: list[str] = []
    rule_cards: list[str] = []


def signs_of(entry: SafetyEntry) -> Signs:
    """Return the signs as the core reads them."""
    return Signs(
        entry.words | {key: getattr(entry, key) for key in OWN_LISTS},
        fraud=[_sign(each) for each in entry.fraud],
        evasion=[_sign(each) for each in entry.evasion],
        evasion_cards=entry.evasion_cards,
        rule_cards=entry.rule_cards,
        disguise_card=entry.disguise_card,
    )


def safety_findings(
    entry: SafetyEntry, located: Located, cards: Sequence[str]
) -> Iterator[Finding]:
    """Yield the cards and the lists that the file names and that do not exist."""
    lists = list(entry.words)
    for path, card in _named_cards(entry):
        if card not in cards:
            values = {"card": card, "near": nearest(card, [*cards])}
            yield Finding(SAFETY, located.line(path), "NO_SUCH_CARD", values)
    for path, name in _named_lists(entry):
        if name not in lists:
            values = {"list": name, "near": nearest(name, lists)}
            yield Finding(SAFETY, located.line(path), "UNKNOWN_LIST", values)


def _named_cards(entry: SafetyEntry) -> Iterator[tuple[Keys, str]]:
    if entry.disguise_card:
        yield ("disguise_card",), entry.disguise_card
    for path, sign in _signs(entry):
        if sign.card:
            yield (*path, "card"), sign.card
    for key, cards in (("evasion_cards", entry.evasion_cards), ("rule_cards", entry.rule_cards)):
        yield from (((key, place), card) for place, card in enumerate(cards))


def _named_lists(entry: SafetyEntry) -> Iterator[tuple[Keys, str]]:
    for path, sign in _signs(entry):
        for names in _names(sign):
            yield from (((*path, "when"), name) for name in names)
        yield from (((*path, "unless"), name) for name in sign.unless)
    own = [((key,), getattr(entry, key)) for key in OWN_LISTS]
    lists = [(("words", name), words) for name, words in entry.words.items()]
    for path, words in (*own, *lists):
        yield from ((path, name) for name in _INNER.findall(words))


def _signs(entry: SafetyEntry) -> Iterator[tuple[Keys, FraudEntry]]:
    for key, signs in (("fraud", entry.fraud), ("evasion", entry.evasion)):
        yield from (((key, place), sign) for place, sign in enumerate(signs))


def _sign(entry: FraudEntry) -> Sign:
    return Sign(entry.card, _names(entry), tuple(entry.unless))


def _names(entry: FraudEntry) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(name.strip() for name in names.split("+")) for names in entry.when)
