"""Who asks about a product, and what they get: a verdict, a question back, or neither."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bot.core.clusters import Clusters
from bot.core.messages import (
    DEFAULT_LANGUAGE,
    Answer,
    Asked,
    Found,
    Language,
    Passage,
    Seller,
    Verdict,
    Verdicts,
    WhoSells,
)
from bot.core.naming import HAN, TOKEN
from bot.core.ports import Knowledge
from bot.core.products import Mention, ProductWords
from bot.core.verdicts import applying

_SHORT = 60  # Characters, up to which a message may go on from a verdict.
_LIKELY = 0.5  # The same of what an overseas seller writes and nothing beside.
_PLAIN = 0.8  # Of known words in a name, and of likeness to one place: it is plainly a product.
_LONG = 3  # Words or Chinese characters of a name that may be a product without being listed.
_HEADING = re.compile(r"(?:\bhs\b|编码|税号)\D{0,12}?(\d[\d. ]{2,12}\d)")
_HEADING_ALONE = re.compile(r"\s*(\d{4}(?:[. ]?\d{2}){0,3})\s*")


@dataclass(frozen=True, slots=True)
class Ask:
    """A question as far as products go: its text, its language, and who asks."""

    text: str
    language: Language
    seller: Seller | None
    """Where the person sells from, as far as they said so."""
    last: Asked | None = None
    """What they asked before."""

    @property
    def goes_on(self) -> bool:
        """Say whether products were checked a moment ago."""
        return self.last is not None and self.last.outcome == Verdicts.name


@dataclass(frozen=True, slots=True)
class Sellers:
    """Decides on products before anything is searched, or where a search found nothing."""

    knowledge: Knowledge
    words: ProductWords

    def first(self, ask: Ask) -> Verdicts | WhoSells | None:
        """Return what goes before any card: an overseas seller asks about what is a product."""
        clusters = self.knowledge.clusters()
        if clusters is None or self._is_about_else(ask):
            return None
        mention = self.words.mention(ask.text, clusters)
        side = self._side(ask) or mention.side
        if side == "local" or _is_elsewhere(mention, side):
            return None
        if side == "overseas" and (code := _heading(ask.text)):
            return self._told([clusters.of_heading(code)], clusters, ask.language)
        names = _products(mention.names, clusters, ask.language)
        if side == "overseas" and mention.is_bare:
            names = _products(mention.names, clusters, ask.language, least=_LIKELY)
        if not names or names != mention.names:
            return None
        if side is None and ask.language == DEFAULT_LANGUAGE:
            return None  # Most who ask in the program's own language sell in the country.
        is_plain = mention.is_bare or _are_listed(names, clusters)
        is_new = mention.is_bare and ask.last is None  # Else it may go on from what was asked.
        is_sold = side == "overseas" and (is_plain or mention.is_bare)
        is_meant = mention.asks or is_sold or (is_plain and is_new)
        if not is_meant:
            return None
        verdicts = _verdicts(names, mention, clusters, ask.language)
        return self._told(verdicts, clusters, ask.language)

    def second(self, ask: Ask, found: Found) -> Verdicts | WhoSells | None:
        """Return what goes before a card that was found, or is told where none was.

        Whoever names a product that no card tells of gets a verdict. Where nothing says whether
        they are abroad, they are asked, also before a card about what is closed to others.
        """
        clusters = self.knowledge.clusters()
        is_unsure = found.name in ("abstain", "clarify") and not found.passage
        is_of_closed = clusters and found.name == "answer" and self._is_of_closed(found, clusters)
        if clusters is None or not (is_unsure or is_of_closed):
            return None
        reading = self.knowledge.signs().read(ask.text)
        if reading.shows and reading.asks:
            return None
        mention = self.words.mention(ask.text, clusters)
        said, side = self._side(ask), self._side(ask) or mention.side
        if side == "local" or _is_elsewhere(mention, side):
            return None
        names = _products(mention.names, clusters, ask.language)
        if said == "overseas" and (mention.is_bare or mention.asks):
            names = _with_likely(names, mention, clusters, ask.language)
        elif is_unsure and names != mention.names:
            return None
        if not names or not (said or mention.is_bare or mention.asks):
            return None
        if side is None and ask.language == DEFAULT_LANGUAGE:
            matters = self._matters(ask.text, mention, clusters) if is_unsure else mention.is_own
            return WhoSells(1.0) if matters else None
        verdicts = _verdicts(names, mention, clusters, ask.language)
        return self._told(verdicts, clusters, ask.language)

    def local(self, ask: Ask, found: Found) -> Found:
        """Give a seller in the country another card than those about overseas sellers."""
        clusters = self.knowledge.clusters()
        if clusters is None or not found.passage or found.name != "answer":
            return found
        card = self.knowledge.card(clusters.cards.get("local", ""), language=ask.language)
        side = ask.seller or self.words.side(ask.text)
        if card is None or side != "local" or not self._is_of_closed(found, clusters):
            return found
        return Answer(replace(card, confidence=found.passage.confidence))

    def may_go_on(self, text: str) -> bool:
        """Say whether a text may go on from a check of products, by its length."""
        return self.knowledge.clusters() is not None and len(text) <= _SHORT

    def check(self, names: Sequence[str], clusters: Clusters, language: Language) -> Verdicts:
        """Return the verdicts on some products."""
        verdicts = [clusters.verdict(name, language) for name in names]
        return self._told(verdicts, clusters, language)

    def are_named(self, text: str) -> bool:
        """Say whether a text names products, and asks for nothing else."""
        clusters = self.knowledge.clusters()
        if clusters is None or self.knowledge.signs().read(text).asks == "for help":
            return False
        mention = self.words.mention(text, clusters)
        return bool(mention.names) and not mention.is_elsewhere

    def named(self, text: str, clusters: Clusters) -> tuple[str, ...]:
        """Return the products that a text names; the text as it is where none is found in it."""
        return self.words.mention(text, clusters).names or (" ".join(text.split()),)

    def _matters(self, text: str, mention: Mention, clusters: Clusters) -> bool:
        """Say whether it makes a difference from where somebody sells."""
        if self.words.concerns(text):
            return mention.asks
        return mention.is_bare and _are_listed(mention.names, clusters)

    def _is_of_closed(self, found: Found, clusters: Clusters) -> bool:
        return found.passage is not None and found.passage.card in clusters.told

    def _side(self, ask: Ask) -> Seller | None:
        """Return where somebody sells from, as far as they said so, or were checked just now."""
        return ask.seller or ("overseas" if ask.goes_on else None)

    def _is_about_else(self, ask: Ask) -> bool:
        """Say whether it is of fraud or ways around the rules, or nothing shows this is asked.

        Most questions in the program's own language are of sellers in the country.
        """
        reading = self.knowledge.signs().read(ask.text)
        if (reading.shows and reading.asks) or reading.asks == "for help":
            return True
        is_unsaid = ask.seller is None and ask.language == DEFAULT_LANGUAGE and not ask.goes_on
        return is_unsaid and not self.words.concerns(ask.text)

    def _told(
        self, verdicts: Sequence[Verdict], clusters: Clusters, language: Language
    ) -> Verdicts:
        titled = tuple(
            replace(verdict, title=clusters.titles[verdict.cluster].get(language, ""))
            if verdict.cluster
            else verdict
            for verdict in verdicts
        )
        statuses = {verdict.status for verdict in verdicts}
        notices = applying(self.knowledge.program(language).notices, statuses)
        cards = [*(verdict.card for verdict in verdicts), *(notice.card for notice in notices)]
        return Verdicts(titled, notices, self._passages(cards, language))

    def _passages(self, cards: Sequence[str], language: Language) -> tuple[Passage, ...]:
        found = (self.knowledge.card(card, language=language) for card in dict.fromkeys(cards))
        return tuple(passage for passage in found if passage)


def _products(
    names: Sequence[str], clusters: Clusters, language: Language, *, least: float = _PLAIN
) -> tuple[str, ...]:
    """Return those of the names that are products: listed, or long and plainly like some."""
    return tuple(name for name in names if _is_product(name, clusters, language, least))


def _with_likely(
    names: tuple[str, ...], mention: Mention, clusters: Clusters, language: Language
) -> tuple[str, ...]:
    """Return what stands beside products and may be one too, so that none of a list is left out.

    Where there is no product, one name is taken as one; several are other words of a sentence.
    """
    if not names:
        return mention.names if mention.is_bare or len(mention.names) == 1 else ()
    return tuple(
        name for name in mention.names if name in names or _may_be_product(name, clusters, language)
    )


def _verdicts(
    names: Sequence[str], mention: Mention, clusters: Clusters, language: Language
) -> Sequence[Verdict]:
    """Return a verdict on each product, or one on the label that they make up."""
    parts = [clusters.verdict(name, language) for name in mention.names]
    label = _of_label(mention, parts, clusters, language)
    return [label] if label else [part for part in parts if part.product in names]


def _of_label(
    mention: Mention, parts: Sequence[Verdict], clusters: Clusters, language: Language
) -> Verdict | None:
    """Return the verdict on the label that names make up, where all of it is one kind of thing.

    It is where the label as a whole is surer of the place that all others of its names have, or
    where two names share a word, and have one place when both have it.
    """
    if len(parts) < 2 or not mention.label:
        return None
    whole = clusters.verdict(mention.label, language)
    sure = [
        part for part in parts if part.status != "unclear" or _are_listed([part.product], clusters)
    ]
    if len(sure) < len(parts) and all(_place(part) == _place(whole) for part in sure):
        return whole
    told = {part.product: part for part in parts}
    for name, shared, other in _sharing(mention.names):
        alone, made, beside = told[name], clusters.verdict(shared, language), told[other]
        is_lost = alone.status == "closed" and made.status == "not_listed"
        if _place(made) == _place(beside) != _place(alone) and not is_lost:
            return replace(made, product=mention.label)
    return None


def _place(verdict: Verdict) -> tuple[str, str | None]:
    return verdict.status, verdict.cluster


def _sharing(names: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """Yield each of two names that may lack a word of the other, as it is with it, and the other.

    Chinese has the shared word before both or behind both, other languages have it behind both.
    """
    if len(names) != 2:
        return
    one, other = names
    if HAN.match(one) and HAN.match(other):
        if len(one) > len(other) > 1:
            yield other, one[: -len(other)] + other, one
        if len(other) > len(one) > 1:
            yield one, one + other[len(one) :], other
        return
    if " " in one or " " not in other:
        return
    for kind in dict.fromkeys((other.partition(" ")[2], other.rpartition(" ")[2])):
        yield one, f"{one} {kind}", other


def _is_elsewhere(mention: Mention, side: Seller | None) -> bool:
    return mention.is_elsewhere or (mention.may_be_elsewhere and side != "overseas")


def _are_listed(names: Sequence[str], clusters: Clusters) -> bool:
    return all(clusters.catalogue.lists(name) for name in names)


def _is_product(name: str, clusters: Clusters, language: Language, least: float) -> bool:
    like = clusters.catalogue.likeness(name, language)
    is_alike = like.heard >= least and max(like.shares.values(), default=0.0) >= least
    return like.is_known or (_is_long(name) and is_alike)


def _may_be_product(name: str, clusters: Clusters, language: Language) -> bool:
    """Say whether most words of a long name are known, all of them or those of one place."""
    like = clusters.catalogue.likeness(name, language)
    is_alike = like.heard >= _LIKELY and max(like.shares.values(), default=0.0) >= _LIKELY
    return _is_long(name) and (is_alike or like.heard >= _PLAIN)


def _is_long(name: str) -> bool:
    return " " in name or len(TOKEN.findall(name)) >= _LONG


def _heading(text: str) -> str:
    """Return the digits of a heading of the Harmonized System that a text names, or nothing."""
    found = _HEADING.search(text.casefold()) or _HEADING_ALONE.fullmatch(text)
    return re.sub(r"\D", "", found[1]) if found else ""
