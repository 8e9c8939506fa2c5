"""Tells the family that a product's name is like, by its words and the pieces of its words.

One small model is fitted to the names in `clusters.yaml`: logistic weights of every piece for
every family. It takes seconds to fit, and a name a fifth of a millisecond. Names that stand in
the file are looked up.
"""

import io
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from threading import Lock
from typing import Any

import numpy as np

from bot.backends.knowledge.clusters import ClustersEntry, names_of, split
from bot.core.clusters import UNCLEAR, Likeness
from bot.core.messages import DEFAULT_LANGUAGE, Language
from bot.core.naming import one_letter_off

Array = np.ndarray[Any, Any]
_Name = tuple[str, Language | None]  # With its language, if that is known.

RECIPE = "pieces3"
"""How names are taken to pieces and fitted, in whose name a kept model stands."""

_PIECE = re.compile(r"[a-z0-9']+|[\u3400-\u9fff]+")
_HAN = re.compile(r"[\u3400-\u9fff]")
_SIZES = (3, 4, 5)  # Letters of the pieces of a word; 2 and 6 add nothing (measured).
_ENDS = (3, 4)  # Letters at the end of the last word, which tells most in English.
_HEAD_FIRST = ("id",)  # Languages that name the thing first, and then of what kind it is.
_BEHIND = ("for", "with", "of", "untuk", "dengan", "dari")  # What follows tells the use alone.
_EMPTY = ("and", "to", "in", "on", "by", "the", "a", "dan", "yang")  # Words that are no thing.
_HEAD_WEIGHT = 3  # Times that the word of the thing itself counts; two are righter by less.
_HEAD_ENDS = (3, 4, 5)  # Letters at the end of that word.
_HAN_ENDS = (1, 2, 3)  # Characters at the end of a Chinese name, which tell the thing itself.

_BUCKETS = 1 << 17  # Pieces share weights where they fall together; twice as many gain nothing.
_ROUNDS = 5  # Looks at each name; more are surer of themselves and righter by nothing.
_TOGETHER = 128  # Names that one step is fitted to.
_STEP = 0.5
_DECAY = 1e-6
_SURE = 0.99  # Of a name that stands in the list.
_STEPS = 127  # Of a weight, kept in one byte.
_SHORTEST = 4  # Letters of a word that may be typed wrongly; shorter ones are like too many.


def pieces(name: str, language: Language | None = None) -> set[str]:
    """Return what a name is recognised by: words, neighbours, first and last, parts of words.

    Chinese, which sets no words apart, by its characters, pairs of them and its end. In a
    language that is known, the word of the thing itself counts apart from those of its kind:
    a shoe rack and a rack shoe are two things.
    """
    found = _PIECE.findall(name.casefold())
    words = [_stem(run) for run in found if not _HAN.match(run)]
    kept = {f"w:{word}" for word in words}
    kept.update(f"{one}_{other}" for one, other in pairwise(words))
    for run in found:
        kept.update(_of_han(run) if _HAN.match(run) else _parts(_stem(run), _SIZES))
    if language:
        kept.update(_of_head(words, language))
    if words:
        ends = {f"last{size}:{words[-1][-size:]}" for size in _ENDS} if words[1:] else set()
        kept |= {f"first:{words[0]}", f"last:{words[-1]}", f"begin:{words[0]}", *ends}
        kept.add(f"end:{words[-1]}")  # Twice over, as it tells most.
    return kept


def _of_han(run: str) -> Iterator[str]:
    yield from _parts(run, (1, 2))
    yield f"of:{run[-1]}"
    yield from (f"of{size}:{run[-size:]}" for size in _HAN_ENDS if len(run) > size)
    if len(run) > 2:
        yield f"from:{run[:2]}"


def _of_head(words: Sequence[str], language: Language) -> Iterator[str]:
    """Yield the word of the thing itself, and what stands beside it, each as what it is."""
    behind = (place for place, word in enumerate(words) if place and word in _BEHIND)
    thing = [word for word in words[: next(behind, len(words))] if word not in _EMPTY]
    if not thing:
        return
    head = thing[0] if language in _HEAD_FIRST else thing[-1]
    yield from (f"head{time}:{language}:{head}" for time in range(_HEAD_WEIGHT))
    yield from (f"beside:{word}" for word in words if word != head)
    if language not in _HEAD_FIRST:
        yield from (f"head of{size}:{head[-size:]}" for size in _HEAD_ENDS)


def _parts(word: str, sizes: Sequence[int]) -> Iterator[str]:
    marked = f"^{word}$"
    for size in sizes:
        for start in range(len(marked) - size + 1):
            part = marked[start : start + size]
            if part not in "^$":
                yield part


def _stem(word: str) -> str:
    """Return a word without the endings that change nothing: English plurals, Indonesian `-nya`."""
    if len(word) > 6 and word.endswith("nya"):
        return word[:-3]
    if len(word) > 4 and word.endswith(("ches", "shes", "xes", "sses")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and word[-2] != "s":
        word = word[:-1]
    return re.sub(r"(?<=..)(ie|y)$", "i", word)  # cookie, cookies; berry, berries


@dataclass(frozen=True, slots=True)
class _Rows:
    """The pieces of several names, one after the other, each with its place and its weight."""

    places: Array
    values: Array
    starts: Array
    lengths: Array

    @classmethod
    def of(cls, names: Sequence[_Name], rarity: Array | None = None) -> "_Rows":
        lists = [sorted({_bucket(piece) for piece in pieces(*name)}) or [0] for name in names]
        lengths = np.array([len(each) for each in lists])
        places = np.concatenate([np.array(each) for each in lists])
        starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
        values = np.ones(len(places), np.float32) if rarity is None else rarity[places]
        norms = np.sqrt(np.add.reduceat(values * values, starts))
        return cls(places, values / np.repeat(norms, lengths), starts, lengths)

    def some(self, rows: Array) -> "_Rows":
        """Return these rows alone."""
        lengths = self.lengths[rows]
        starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
        within = np.arange(lengths.sum()) - np.repeat(starts, lengths)
        taken = np.repeat(self.starts[rows], lengths) + within
        return _Rows(self.places[taken], self.values[taken], starts, lengths)

    def odds(self, weights: Array) -> Array:
        """Return the log-odds of every family for every name."""
        found: Array = np.add.reduceat(
            weights[self.places] * self.values[:, None], self.starts, axis=0
        )
        return found


@dataclass(frozen=True, slots=True)
class ProductModel:
    """The weights of every piece for every family, in steps of a byte."""

    families: tuple[str, ...]
    weights: Array
    step: float
    rarity: Array

    @classmethod
    def fit(cls, entry: ClustersEntry) -> "ProductModel":
        """Fit the weights to the names of the families."""
        families = tuple(sorted({named.family for named in names_of(entry)}))
        named = list(names_of(entry))
        names = [(each.name, each.language) for each in named]
        rarity = _rarity(names)
        rows = _Rows.of(names, rarity)
        wanted = np.array([families.index(each.family) for each in named])
        weights = _fitted(rows, wanted, len(families))
        step = float(np.abs(weights).max()) / _STEPS or 1.0
        return cls(families, np.rint(weights / step).astype(np.int8), step, rarity)

    def shares(self, name: str, language: Language | None = None) -> dict[str, float]:
        """Return the probability of each family for a name."""
        odds = _Rows.of([(name, language)], self.rarity).odds(self.weights)[0] * self.step
        chances = np.exp(odds - odds.max())
        return dict(zip(self.families, (chances / chances.sum()).tolist(), strict=True))

    def to_bytes(self) -> bytes:
        """Return the model as it is kept."""
        file = io.BytesIO()
        np.savez_compressed(
            file, families=self.families, weights=self.weights, step=self.step, rarity=self.rarity
        )
        return file.getvalue()

    @classmethod
    def from_bytes(cls, kept: bytes) -> "ProductModel":
        """Make the model again from `to_bytes`."""
        with np.load(io.BytesIO(kept)) as file:
            families = tuple(str(family) for family in file["families"])
            return cls(families, file["weights"], float(file["step"]), file["rarity"])


class ProductSorter:
    """Sorts the names of products: those in the list as it says, others by the model.

    What it takes is put together for the first name: a start need not wait for that.
    """

    def __init__(self, entry: ClustersEntry, kept: bytes) -> None:
        self._entry = entry
        self.kept = kept
        """The model, as it is kept."""
        self._lock = Lock()
        self._list: _List | None = None

    def likeness(self, name: str, language: Language) -> Likeness:
        """Say what the name of a product is like, in a language before any other."""
        return self._put_together().likeness(name, language)

    def lists(self, name: str) -> bool:
        """Say whether a name stands in the list as it is, in any language."""
        return self._put_together().lists(as_listed(name))

    def knows(self, word: str) -> bool:
        """Say whether a word stands in some name of the list."""
        known = self._put_together()
        return all(unit in known.words for unit in _units(_stem(word)))

    def fits(self, words: Sequence[str], name: str) -> bool:
        """Say whether these words of a name stand in names of the family that it is most like."""
        return self._put_together().fits(words, name)

    def get_ready(self) -> None:
        """Put together what sorting takes."""
        self._put_together()

    def _put_together(self) -> "_List":
        with self._lock:
            if self._list is None:
                self._list = _List.of(self._entry, self.kept)
            return self._list


@dataclass(frozen=True, slots=True)
class _List:
    """The names of a file, ready to be looked up, and the model for others."""

    model: ProductModel
    clusters: Mapping[str, str]
    """The cluster of each family."""
    cards: Mapping[str, str]
    """The card of its own that a family has."""
    names: Mapping[Language, Mapping[str, str]]
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
        for each in names_of(entry):
            plain = as_listed(each.name)
            names.setdefault(each.language, {}).setdefault(plain, each.family)
            held[each.family].update(unit for run in plain.split() for unit in _units(run))
        clusters = {key: family.cluster for key, family in entry.families.items()}
        cards = {key: family.card for key, family in entry.families.items()}
        brands = [as_listed(name) for each in entry.brands.values() for _, name in split(each)]
        own = {family: frozenset(words) for family, words in held.items()}
        model = ProductModel.from_bytes(kept)
        words = sum(held.values(), Counter[str]())
        makers = frozenset(brands)
        return cls(model, clusters, cards, names, makers, words, own, _any_of(brands))

    def likeness(self, name: str, language: Language) -> Likeness:
        plain = as_listed(name)
        unbranded = " ".join(self.brands.sub(" ", plain).split())
        if not unbranded:
            return Likeness({UNCLEAR: _SURE}, is_known=bool(plain), heard=1.0)
        listed = self._family(plain, language) or self._family(unbranded, language)
        if listed:
            return Likeness({self.clusters[listed]: _SURE}, self.cards[listed], True, 1.0)
        meant = [self._meant(run) for run in unbranded.split()]
        families = self.model.shares(" ".join(meant), language)
        shares: dict[str, float] = {}
        for family, share in families.items():
            cluster = self.clusters[family]
            shares[cluster] = shares.get(cluster, 0.0) + share
        nearest = max(families, key=lambda family: families[family])
        return Likeness(shares, self.cards[nearest], False, self._heard(meant))

    def lists(self, plain: str) -> bool:
        return plain in self.makers or any(plain in names for names in self.names.values())

    def fits(self, words: Sequence[str], name: str) -> bool:
        units = [unit for run in as_listed(name).split() for unit in _units(run)]
        families = self.model.shares(name)
        own = self.own[max(families, key=lambda family: families[family])]
        known = [unit for unit in units if unit in own]
        wanted = [token for word in words for token in as_listed(word).split()]
        return all(
            any(
                unit == token or (_HAN.match(token) and (token in unit or unit in token))
                for unit in known
            )
            for token in wanted
        )

    def _family(self, plain: str, language: Language) -> str:
        """Return the family in which a name is listed, in this language before any other."""
        found = (
            self.names.get(each, {}).get(plain)
            for each in dict.fromkeys((language, DEFAULT_LANGUAGE, "en", "zh"))
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


def _any_of(names: Sequence[str]) -> re.Pattern[str]:
    """Return the pattern of any of some names, of whole words where they are written apart."""
    longest = sorted(map(re.escape, names), key=len, reverse=True)
    words, han = (
        [each for each in longest if bool(_HAN.search(each)) is is_han] for is_han in (False, True)
    )
    return re.compile("|".join([rf"\b(?:{'|'.join(words)})\b", *han]) if names else "(?!)")


def as_listed(name: str) -> str:
    """Return a name as it is compared: its words, without the endings of several."""
    found = _PIECE.findall(name.casefold().replace("&", " and "))
    return " ".join(run if _HAN.match(run) else _stem(run) for run in found)


def _units(run: str) -> Iterator[str]:
    """Yield what counts as a word: a stem, or two neighbouring Chinese characters."""
    if not _HAN.match(run):
        yield _stem(run)
        return
    yield from (run[place : place + 2] for place in range(max(len(run) - 1, 1)))


def _bucket(piece: str) -> int:
    return zlib.crc32(piece.encode()) % _BUCKETS


def _rarity(names: Sequence[_Name]) -> Array:
    """Return how rare the pieces of each bucket are: the logarithm of how few names hold them."""
    counts = np.zeros(_BUCKETS, np.float32)
    np.add.at(counts, _Rows.of(names).places, 1)
    rarity: Array = np.log1p(len(names) / np.maximum(counts, 0.5)).astype(np.float16)
    return rarity


def _fitted(rows: _Rows, wanted: Array, families: int) -> Array:
    """Fit logistic weights by gradient steps, each as large as the weight has yet to learn."""
    weights = np.zeros((_BUCKETS, families), np.float32)
    learnt = np.full((_BUCKETS, families), 1e-6, np.float32)
    order = np.random.default_rng(0)  # The same names give the same model.
    for _ in range(_ROUNDS):
        shuffled = order.permutation(len(wanted))
        for start in range(0, len(shuffled), _TOGETHER):
            some = shuffled[start : start + _TOGETHER]
            _learn(weights, learnt, rows.some(some), wanted[some])
    return weights


def _learn(weights: Array, learnt: Array, rows: _Rows, wanted: Array) -> None:
    odds = rows.odds(weights)
    wrong = np.exp(odds - odds.max(axis=1, keepdims=True))
    wrong /= wrong.sum(axis=1, keepdims=True)
    wrong[np.arange(len(wanted)), wanted] -= 1.0
    each = np.repeat(wrong, rows.lengths, axis=0) * rows.values[:, None]
    places, where = np.unique(rows.places, return_inverse=True)
    slope = np.zeros((len(places), weights.shape[1]), np.float32)
    np.add.at(slope, where, each.astype(np.float32))
    slope += _DECAY * weights[places]
    learnt[places] += slope * slope
    weights[places] -= _STEP * slope / np.sqrt(learnt[places])
