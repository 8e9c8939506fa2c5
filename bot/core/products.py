"""The names of products that stand in a message: what is left once the words around are taken."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

from bot.core.clusters import Clusters
from bot.core.messages import Language, Seller
from bot.core.naming import HAN, KINDS, SUBJECT, TOKEN, Reading, Tokens, joined

_SEGMENT = re.compile(
    r"[\n,;:，；：、。！？!?\t|•·“”\"()（）]|\.(?=\s|$)|(?<!\w)[–—*-]+(?!\w)|(?:^|(?<=\s))\d{1,2}[.)、．]\s*",
    re.MULTILINE,
)
_NEVER = "(?!)"
_PLACE = 5  # Words or characters at most of an answer that tells a place.
_TORN = 5  # Those of a short name that no list has, and that words were taken out of.
_WHOLE = 8  # Those of a name that words belong to which usually stand around names.


@dataclass(frozen=True, slots=True)
class Mention:
    """What a message says of products."""

    names: tuple[str, ...] = ()
    is_bare: bool = False
    """There is nothing but the names."""
    asks: bool = False
    """Some word asks whether they may be sold."""
    is_elsewhere: bool = False
    """Some word shows that the message is about something else."""
    may_be_elsewhere: bool = False
    """It is unless its writer is known to sell from abroad."""
    is_own: bool = False
    """It is about the goods of its writer."""
    side: Seller | None = None
    """Where it says that its writer sells from."""
    label: str = ""
    """The whole message, where it may be one label of a shop: swings and slides."""


@dataclass(frozen=True, slots=True, eq=False)
class ProductWords:
    """The words around products, in all languages, as people mix them."""

    kinds: Mapping[Tokens, str]
    """The kind of each phrase."""
    soft: frozenset[Tokens]
    """Phrases that a name may stand beside and still be nothing but the name."""
    parts: frozenset[Tokens]
    """What belongs to the product that is named beside it: accessories."""
    sides: Mapping[Seller, re.Pattern[str]]
    """What somebody writes who sells from there."""
    places: Mapping[Seller, re.Pattern[str]]
    own: re.Pattern[str]
    """Shows that a message is about the goods of its writer."""
    closing: re.Pattern[str]
    """Shows that it is about what is closed to sellers from abroad."""

    @classmethod
    def of(cls, phrases: Mapping[Language, Mapping[str, str]]) -> "ProductWords":
        """Read the words of every language."""
        kinds: dict[Tokens, str] = {}
        for words in phrases.values():
            for each in (*_listed(words["places"]), *_listed(words["places_home"])):
                kinds.setdefault(each, "passing")
            for kind in KINDS:
                kinds |= dict.fromkeys(_listed(words[f"product_{kind}"]), kind)
        soft = chain.from_iterable(_listed(words["product_soft"]) for words in phrases.values())
        parts = chain.from_iterable(_listed(words["product_parts"]) for words in phrases.values())
        sides: Mapping[Seller, re.Pattern[str]] = {
            "local": _any("seller_local", phrases),
            "overseas": _any("seller_overseas", phrases),
        }
        places: Mapping[Seller, re.Pattern[str]] = {
            "local": _any("places_home", phrases),
            "overseas": _any("places", phrases),
        }
        own, closing = _any("seller_own", phrases), _any("seller_closing", phrases)
        return cls(kinds, frozenset(soft), frozenset(parts), sides, places, own, closing)

    def concerns(self, text: str) -> bool:
        """Say whether a text may be about what is closed, or of a seller from abroad."""
        plain = " ".join(text.casefold().split())
        return bool(self.closing.search(plain)) or self.side(text) == "overseas"

    def side(self, text: str) -> Seller | None:
        """Return where somebody sells from, as far as their text says so."""
        return _first(self.sides, " ".join(text.casefold().split()))

    def place(self, text: str) -> Seller | None:
        """Return where somebody sells from whose text is hardly more than the name of a place."""
        if len(TOKEN.findall(text)) > _PLACE:
            return None
        plain = " ".join(text.casefold().split())
        return _first(self.places, plain)

    def mention(self, text: str, clusters: Clusters) -> Mention:
        """Find the products in a text."""
        plain = " ".join(text.casefold().split())
        if clusters.catalogue.lists(plain):
            return Mention((plain,), is_bare=True)
        kinds = _with_own(self, tuple(clusters.around), tuple(clusters.subjects))
        reading = Reading(kinds, self.soft, clusters.catalogue)
        for segment in _SEGMENT.split(text.casefold()):
            reading.read(tuple(TOKEN.findall(segment)))
        is_short = len(TOKEN.findall(plain)) <= _WHOLE and not _SEGMENT.search(plain)
        is_own = bool(self.own.search(plain))
        is_torn = _size(plain) <= _TORN and not is_own and _is_torn(plain, reading)
        if is_short and (is_torn or _is_whole(plain, reading)):
            may_be = SUBJECT in reading.heard
            return Mention((plain,), True, may_be_elsewhere=may_be, side=self.side(text))
        is_bare = not reading.heard - {"joining", "soft"}
        names = tuple(dict.fromkeys(reading.names()))
        return Mention(
            tuple(name for name in names if not self._is_part(name)) or names,
            is_bare=is_bare,
            asks=bool(reading.heard & {"asking", "classing"}),
            is_elsewhere=SUBJECT in reading.heard,
            is_own=is_own,
            side=self.side(text),
            label=plain if is_bare and is_short else "",
        )

    def _is_part(self, name: str) -> bool:
        return tuple(TOKEN.findall(name)) in self.parts


def _size(plain: str) -> int:
    """Count the words of a text; two Chinese characters are about one."""
    tokens = TOKEN.findall(plain)
    return len(tokens) - sum(bool(HAN.match(token)) for token in tokens) // 2


def _is_whole(plain: str, reading: Reading) -> bool:
    """Say whether the words around a name belong to it: "paper" to clips, but "tax" to no hat."""
    is_name = reading.heard <= {"passing", "soft", SUBJECT}
    return (
        is_name
        and bool(reading.odd and reading.runs)
        and reading.catalogue.fits(reading.odd, plain)
    )


def _is_torn(plain: str, reading: Reading) -> bool:
    """Say whether what is left is no known name, and lost words that stand in names: play yards."""
    known = reading.catalogue
    is_name = reading.heard <= {"passing", "joining", "soft"} and bool(reading.odd)
    return (
        is_name
        and not all(known.lists(joined(run)) for run, _ in reading.runs)
        and (all(map(known.knows, reading.odd)) or _begins_so(plain, reading.odd))
    )


def _begins_so(plain: str, odd: Sequence[str]) -> bool:
    """Say whether all that was taken off is the Chinese character that a text begins with."""
    return len(odd) == 1 and bool(HAN.fullmatch(odd[0])) and plain.startswith(odd[0])


def _first(signs: Mapping[Seller, re.Pattern[str]], plain: str) -> Seller | None:
    return next((side for side, sign in signs.items() if sign.search(plain)), None)


@lru_cache(maxsize=2)  # There is one folder, and another where it has just been changed.
def _with_own(
    words: ProductWords, around: Sequence[str], subjects: Sequence[str]
) -> Mapping[Tokens, str]:
    """Return the kinds of phrases with those that a folder names."""
    return {**words.kinds, **_own(around, "passing"), **_own(subjects, SUBJECT)}


def _own(words: Sequence[str], kind: str) -> dict[Tokens, str]:
    return {tuple(TOKEN.findall(word.casefold())): kind for word in words}


def _listed(phrase: str) -> Iterator[Tokens]:
    """Yield the tokens of each form that a phrase lists between bars."""
    for form in phrase.split("|"):
        if tokens := tuple(TOKEN.findall(form.casefold())):
            yield tokens


def _any(name: str, phrases: Mapping[Language, Mapping[str, str]]) -> re.Pattern[str]:
    """Return the pattern of any of the forms that a phrase lists, in any language.

    `[places]` stands in them for any place abroad, `[any]` for a few words.
    """
    signs = [sign for words in phrases.values() for sign in _signs(words[name], words["places"])]
    return re.compile("|".join(signs) or _NEVER)


def _signs(forms: str, places: str) -> Iterator[str]:
    somewhere = "|".join(re.escape(each.strip()) for each in places.split("|")) or _NEVER
    for form in filter(None, map(str.strip, forms.split("|"))):
        sign = re.escape(form).replace(r"\ ", r"\s+")
        sign = sign.replace(r"\[places\]", f"(?:{somewhere})").replace(r"\[any\]", ".{0,30}?")
        yield sign if HAN.search(form) else rf"\b{sign}\b"
