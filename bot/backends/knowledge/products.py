"""Tells the family that a product's name is like, by its words and the pieces of its words.

One small model is fitted to the names in `clusters.yaml`: logistic weights of every piece for
every family and every cluster. It takes seconds to fit, and a name a fifth of a millisecond. Names
that stand in the file are looked up.
"""

import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from threading import Lock
from typing import NamedTuple

import numpy as np

from bot.backends.knowledge.clusters import ClustersEntry, names_of, split
from bot.backends.knowledge.fitting import Array, Rows, fitted, rarity
from bot.backends.knowledge.pieces import HAN, PIECE, stem
from bot.backends.knowledge.vocabulary import Labelled
from bot.core.clusters import UNCLEAR, Likeness
from bot.core.messages import DEFAULT_LANGUAGE, Language
from bot.core.naming import one_letter_off

RECIPE = "pieces4"
"""How names are taken to pieces and fitted, in whose name a kept model stands."""

_TIMES = 3  # Fits that are averaged; more are steadier by little.
_NARROW = 2 / 3  # Of a likeness to clusters what families say; the rest clusters say themselves.
_SURE = 0.99  # Of a name that stands in the list.
_STEPS = 127  # Of a weight, kept in one byte.
_SHORTEST = 4  # Letters of a word that may be typed wrongly; shorter ones are like too many.


class Shares(NamedTuple):
    """What a name is like: the probability of each family, and of each cluster."""

    families: dict[str, float]
    clusters: dict[str, float]


@dataclass(frozen=True, slots=True)
class _Weights:
    """The weights of every piece for each of some groups of products, in steps of a byte."""

    groups: tuple[str, ...]
    weights: Array
    step: float

    @classmethod
    def fit(cls, rows: Rows, wanted: Sequence[str]) -> "_Weights":
        groups = tuple(sorted(set(wanted)))
        places = np.array([groups.index(each) for each in wanted])
        weights = fitted(rows, places, len(groups), times=_TIMES)
        step = float(np.abs(weights).max()) / _STEPS or 1.0
        return cls(groups, np.rint(weights / step).astype(np.int8), step)

    def shares(self, rows: Rows) -> dict[str, float]:
        """Return the probability of each group for the one name of some rows."""
        odds = rows.odds(self.weights)[0] * self.step
        chances = np.exp(odds - odds.max())
        return dict(zip(self.groups, (chances / chances.sum()).tolist(), strict=True))

    def kept(self, name: str) -> dict[str, object]:
        """Return what is kept of the weights, under a name."""
        return {f"{name}.groups": self.groups, f"{name}": self.weights, f"{name}.step": self.step}

    @classmethod
    def read(cls, kept: Mapping[str, Array], name: str) -> "_Weights":
        groups = tuple(str(group) for group in kept[f"{name}.groups"])
        return cls(groups, kept[name], float(kept[f"{name}.step"]))


@dataclass(frozen=True, slots=True)
class ProductModel:
    """Weights for families, which are narrow and many, and for clusters, which are wide and few.

    Either is right where the other is not: both together are righter than the surer of them.
    """

    families: _Weights
    clusters: _Weights
    belonging: Mapping[str, str]
    """The cluster of each family."""
    rarity: Array

    @classmethod
    def fit(cls, entry: ClustersEntry) -> "ProductModel":
        """Fit the weights to the names of the families."""
        named = list(names_of(entry))
        names = [(each.name, each.language) for each in named]
        rare = rarity(names)
        rows = Rows.of(names, rare)
        belonging = {each.family: entry.families[each.family].cluster for each in named}
        families = _Weights.fit(rows, [each.family for each in named])
        clusters = _Weights.fit(rows, [belonging[each.family] for each in named])
        return cls(families, clusters, belonging, rare)

    def shares(self, name: str, language: Language | None = None) -> Shares:
        """Return the probability of each family and of each cluster for a name."""
        rows = Rows.of([(name, language)], self.rarity)
        families, clusters = self.families.shares(rows), self.clusters.shares(rows)
        both = {cluster: (1 - _NARROW) * share for cluster, share in clusters.items()}
        for family, share in families.items():
            both[self.belonging[family]] += _NARROW * share
        return Shares(families, both)

    def to_bytes(self) -> bytes:
        """Return the model as it is kept."""
        file = io.BytesIO()
        belonging = [self.belonging[family] for family in self.families.groups]
        kept = self.families.kept("families") | self.clusters.kept("clusters")
        np.savez_compressed(file, **kept, belonging=belonging, rarity=self.rarity)  # type: ignore[arg-type]  # Its stub takes a flag for one of them.
        return file.getvalue()

    @classmethod
    def from_bytes(cls, kept: bytes) -> "ProductModel":
        """Make the model again from `to_bytes`."""
        with np.load(io.BytesIO(kept)) as file:
            families = _Weights.read(file, "families")
            belonging = dict(zip(families.groups, map(str, file["belonging"]), strict=True))
            return cls(families, _Weights.read(file, "clusters"), belonging, file["rarity"])


class ProductSorter:
    """Sorts the names of products: those in the list as it says, others by the model.

    What it takes is put together for the first name: a start need not wait for that.
    """

    def __init__(self, entry: ClustersEntry, kept: bytes) -> None:
        self._entry = entry
        self._kept = kept
        self._lock = Lock()
        self._list: _List | None = None

    def to_bytes(self) -> bytes:
        """Return the model as it is kept, which takes a second once a name was sorted.

        It is not held as bytes for longer.
        """
        return self._kept or self._put_together().model.to_bytes()

    def likeness(self, name: str, language: Language) -> Likeness:
        """Say what the name of a product is like, in a language before any other."""
        return self._put_together().likeness(name, language)

    def lists(self, name: str) -> bool:
        """Say whether a name stands in the list as it is, in any language."""
        return self._put_together().lists(as_listed(name))

    def knows(self, word: str) -> bool:
        """Say whether a word stands in some name of the list."""
        known = self._put_together()
        return all(unit in known.words for unit in _units(stem(word)))

    def fits(self, words: Sequence[str], name: str) -> bool:
        """Say whether these words of a name stand in names of the family that it is most like."""
        return self._put_together().fits(words, name)

    def get_ready(self) -> None:
        """Put together what sorting takes."""
        self._put_together()

    def _put_together(self) -> "_List":
        with self._lock:
            if self._list is None:
                self._list = _List.of(self._entry, self._kept)
                self._kept = b""
            return self._list


@dataclass(frozen=True, slots=True)
class _List:
    """The names of a file, ready to be looked up, and the model for others."""

    model: ProductModel
    clusters: Mapping[str, str]
    """The cluster of each family."""
    cards: Mapping[str, str]
    """The card of its own that a family has."""
    names: Mapping[Language, Labelled]
    """The family of each name, language by language."""
    makers: frozenset[str]
    words: Mapping[str, int]
    """How many names hold each word."""
    own: Mapping[str, frozenset[str]]
    """The words that the names of each family hold."""
    brands: re.Pattern[str]

    @classmethod
    def of(cls, entry: ClustersEntry, kept: bytes) -> "_List":
        names: dict[Language, dict[str, str]] = {}
        held: dict[str, Counter[str]] = {family: Counter() for family in entry.families}
        stemmed, units = cache(_stemmed), cache(lambda run: list(_units(run)))  # Words come again.
        for each in names_of(entry):
            runs = [stemmed(run) for run in _runs(each.name)]
            names.setdefault(each.language, {}).setdefault(" ".join(runs), each.family)
            held[each.family].update(chain.from_iterable(map(units, runs)))
        clusters = {key: family.cluster for key, family in entry.families.items()}
        cards = {key: family.card for key, family in entry.families.items()}
        brands = [as_listed(name) for each in entry.brands.values() for _, name in split(each)]
        own = {family: frozenset(words) for family, words in held.items()}
        model = ProductModel.from_bytes(kept)
        listed = {
            language: Labelled.of(own_names, list(entry.families))
            for language, own_names in names.items()
        }
        words = Counter[str]()
        for counts in held.values():
            words.update(counts)
        makers = frozenset(brands)
        return cls(model, clusters, cards, listed, makers, words, own, _any_of(brands))

    def likeness(self, name: str, language: Language) -> Likeness:
        plain = as_listed(name)
        unbranded = " ".join(self.brands.sub(" ", plain).split())
        if not unbranded:
            return Likeness({UNCLEAR: _SURE}, is_known=bool(plain), heard=1.0)
        listed = self._family(plain, language) or self._family(unbranded, language)
        if listed:
            return Likeness({self.clusters[listed]: _SURE}, self.cards[listed], True, 1.0)
        meant = [self._meant(run) for run in unbranded.split()]
        shares = self.model.shares(" ".join(meant), language)
        nearest = _most(shares.families)
        return Likeness(shares.clusters, self.cards[nearest], False, self._heard(meant))

    def lists(self, plain: str) -> bool:
        return plain in self.makers or any(names.get(plain) for names in self.names.values())

    def fits(self, words: Sequence[str], name: str) -> bool:
        units = [unit for run in as_listed(name).split() for unit in _units(run)]
        own = self.own[_most(self.model.shares(name).families)]
        known = [unit for unit in units if unit in own]
        wanted = [token for word in words for token in as_listed(word).split()]
        return all(
            any(
                unit == token or (HAN.match(token) and (token in unit or unit in token))
                for unit in known
            )
            for token in wanted
        )

    def _family(self, plain: str, language: Language) -> str:
        """Return the family in which a name is listed, in this language before any other."""
        found = (
            self.names[each].get(plain)
            for each in dict.fromkeys((language, DEFAULT_LANGUAGE, "en", "zh"))
            if each in self.names
        )
        return next((family for family in found if family), "")

    def _meant(self, word: str) -> str:
        """Return the listed word that differs from an unknown one in a letter, if there is one."""
        if word in self.words or len(word) < _SHORTEST or not word.isascii():
            return word
        near = [other for other in one_letter_off(word) if other in self.words]
        return max(near, key=lambda other: self.words[other], default=word)

    def _heard(self, runs: Sequence[str]) -> float:
        """Return the share of a name's letters that words of the list hold."""
        units = [unit for run in runs for unit in _units(run)]
        total = sum(map(len, units))
        return sum(len(unit) for unit in units if unit in self.words) / total if total else 0.0


def _most(shares: Mapping[str, float]) -> str:
    return max(shares, key=lambda name: shares[name])


def _any_of(names: Sequence[str]) -> re.Pattern[str]:
    """Return the pattern of any of some names, of whole words where they are written apart."""
    longest = sorted(map(re.escape, names), key=len, reverse=True)
    words, han = (
        [each for each in longest if bool(HAN.search(each)) is is_han] for is_han in (False, True)
    )
    return re.compile("|".join([rf"\b(?:{'|'.join(words)})\b", *han]) if names else "(?!)")


def as_listed(name: str) -> str:
    """Return a name as it is compared: its words, without the endings of several."""
    return " ".join(map(_stemmed, _runs(name)))


def _runs(name: str) -> list[str]:
    return PIECE.findall(name.casefold().replace("&", " and "))


def _stemmed(run: str) -> str:
    return run if HAN.match(run) else stem(run)


def _units(run: str) -> Iterator[str]:
    """Yield what counts as a word: a stem, or two neighbouring Chinese characters."""
    if not HAN.match(run):
        yield stem(run)
        return
    yield from (run[place : place + 2] for place in range(max(len(run) - 1, 1)))
