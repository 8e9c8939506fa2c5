"""`clusters.yaml`: the product clusters, and which families of products belong to them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from bot.backends.knowledge.cards import Words
from bot.backends.knowledge.findings import Finding, nearest
from bot.backends.knowledge.guidance import dead_links
from bot.backends.knowledge.yamls import Located
from bot.core.clusters import NOT_LISTED, UNCLEAR, Catalogue, Clusters, Heading, Limits
from bot.core.messages import Language

CLUSTERS = "clusters.yaml"
PLACES = (NOT_LISTED, UNCLEAR)
"""What stands in place of a cluster for products of none of them, and for those between."""

_BETWEEN = re.compile(r"[,，、\n]")
_HEADINGS = re.compile(r"\d{2,10}([-–]\d{2,10})?")


class ClusterEntry(BaseModel):
    """One closed cluster: its name, and the card that tells of it."""

    model_config = ConfigDict(extra="forbid")

    name: Words
    card: str


class FamilyEntry(BaseModel):
    """Products that are alike: their names in each language, with commas between them."""

    model_config = ConfigDict(extra="forbid")

    cluster: str
    hs: str = ""
    """Chapters and headings of the Harmonized System, with commas between them."""
    card: str = ""
    """The card that tells of these products, where it is not their cluster's."""
    id: str = ""
    en: str = ""
    zh: str = ""


class CardsEntry(BaseModel):
    """The cards that tell of what is in no cluster."""

    model_config = ConfigDict(extra="forbid")

    none: str = ""
    unclear: str = ""
    local: str = ""
    """For sellers in the country."""


class ClustersEntry(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid")

    clusters: dict[str, ClusterEntry] = {}
    cards: CardsEntry = CardsEntry()
    families: dict[str, FamilyEntry] = {}
    brands: Words = {}
    """Names of makers, which do not tell what is sold."""
    around: str = ""
    """Names of the program and the like, which stand around the names of products."""
    other_subjects: Words = {}
    """Words of questions about something else, though a product is named in them."""


class Named(NamedTuple):
    """One name of a product, and the line of the file that it stands on."""

    name: str
    language: Language
    family: str
    line: int = 0


def names_of(entry: ClustersEntry, located: Located | None = None) -> Iterator[Named]:
    """Yield every name of every family, in small letters."""
    for key, family in entry.families.items():
        for language, names in _languages(family).items():
            first = _first_line(located, key, language, names) if located else 0
            for line, name in split(names):
                yield Named(name, language, key, first + line)


def split(names: str) -> Iterator[tuple[int, str]]:
    """Yield the names that stand in a text, each with the place of its line."""
    for place, line in enumerate(names.splitlines()):
        for name in _BETWEEN.split(line):
            if plain := " ".join(name.casefold().split()):
                yield place, plain


def headings_of(entry: ClustersEntry) -> tuple[Heading, ...]:
    """Return which headings of the Harmonized System lead to which cluster."""
    return tuple(
        Heading(*_ends(part.strip()), family.cluster)
        for family in entry.families.values()
        for part in _parts(family.hs)
    )


def clusters_of(
    entry: ClustersEntry, catalogue: Catalogue, *, limits: Limits, others: Sequence[str] = ()
) -> Clusters:
    """Return the clusters as the core knows them; `others` are the names of other parties."""
    subjects = [name for words in entry.other_subjects.values() for _, name in split(words)]
    closed = {name: cluster.card for name, cluster in entry.clusters.items()}
    return Clusters(
        catalogue,
        titles={name: _titles(cluster) for name, cluster in entry.clusters.items()},
        cards=closed | dict(entry.cards),
        told=_told(entry),
        headings=headings_of(entry),
        subjects=(*others, *subjects),
        around=tuple(name for _, name in split(entry.around)),
        limits=limits,
    )


def cluster_findings(
    entry: ClustersEntry, located: Located, cards: Sequence[str]
) -> Iterator[Finding]:
    """Yield what is wrong in the file beside its format."""
    yield from _cluster_names(entry, located)
    yield from dead_links(_named_cards(entry), located, file=CLUSTERS, cards=cards)
    for key, family in entry.families.items():
        yield from _family_findings(key, family, entry, located)
    yield from _same_names(entry, located)


def _told(entry: ClustersEntry) -> frozenset[str]:
    """Return the cards that tell of products, beside those for sellers in the country."""
    cards = {card for _, card in _named_cards(entry)}
    return frozenset(cards - {entry.cards.local})


def _titles(cluster: ClusterEntry) -> dict[Language, str]:
    return {str(language): name for language, name in cluster.name.items()}


def _cluster_names(entry: ClustersEntry, located: Located) -> Iterator[Finding]:
    for name in entry.clusters:
        if name in PLACES:
            values = {"key": "clusters", "value": name}
            yield Finding(CLUSTERS, located.line(("clusters", name)), "BAD_VALUE", values)


def _family_findings(
    key: str, family: FamilyEntry, entry: ClustersEntry, located: Located
) -> Iterator[Finding]:
    known = [*entry.clusters, *PLACES]
    if family.cluster not in known:
        line = located.line(("families", key, "cluster"))
        values = {"name": family.cluster, "near": nearest(family.cluster, known)}
        yield Finding(CLUSTERS, line, "UNKNOWN_CLUSTER", values)
    if not any(name for names in _languages(family).values() for name in split(names)):
        line = located.line(("families", key))
        yield Finding(CLUSTERS, line, "EMPTY_FAMILY", {"family": key})
    if not all(_HEADINGS.fullmatch(part.strip()) for part in _parts(family.hs)):
        line = located.line(("families", key, "hs"))
        yield Finding(CLUSTERS, line, "BAD_VALUE", {"key": "hs", "value": family.hs})


def _same_names(entry: ClustersEntry, located: Located) -> Iterator[Finding]:
    """Yield the names that stand in two families."""
    first: dict[tuple[Language, str], str] = {}
    for name, language, family, line in names_of(entry, located):
        other = first.setdefault((language, name), family)
        if other != family:
            values = {"name": name, "family": other}
            yield Finding(CLUSTERS, line, "SAME_PRODUCT", values)


def _named_cards(entry: ClustersEntry) -> Iterator[tuple[tuple[str, ...], str]]:
    for name, cluster in entry.clusters.items():
        yield ("clusters", name, "card"), cluster.card
    for kind, card in entry.cards:
        yield from [(("cards", kind), card)] if card else []
    for key, family in entry.families.items():
        yield from [(("families", key, "card"), family.card)] if family.card else []


def _languages(family: FamilyEntry) -> Mapping[Language, str]:
    return {"id": family.id, "en": family.en, "zh": family.zh}


def _first_line(located: Located, family: str, language: Language, names: str) -> int:
    """Return the line of the first name: below its key, where there are lines of names."""
    return located.line(("families", family, language)) + ("\n" in names)


def _parts(headings: str) -> list[str]:
    return headings.split(",") if headings else []


def _ends(part: str) -> tuple[str, str]:
    low, _, high = part.replace("–", "-").partition("-")
    return low, high or low
