"""Numbers as people write them, read and written exactly: `1,5 kg`, `20 rb`, `40x30x20 cm`."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from bot.core.sums import Size

Kind = Literal["money", "weight", "percent", "plain"]

_NUMBER = r"\d+(?:[.,]\d+)*"
_ALONE = r"(?<![\d.,])(?<!\d[x×*])(?<!\d [x×*] )"
_GROUPED = re.compile(r"\d{1,3}(?:\.\d{3})+|\d{1,3}(?:,\d{3})+")
_ONE_GROUP = 1


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with its unit: money in rupiah, a weight in kilograms, a percentage as a share."""

    value: Decimal
    kind: Kind
    before: str
    """The words since the quantity before it."""
    after: str
    """The words up to the next one."""


@dataclass(frozen=True, slots=True)
class Quantities:
    """What a text says in numbers."""

    size: Size | None
    others: tuple[Quantity, ...]
    words: tuple[str, ...]
    """The words that are no part of a number."""

    @property
    def numbers(self) -> tuple[Decimal, ...]:
        """Return every number."""
        size = self.size
        sides = (size.length, size.width, size.height) if size else ()
        return (*sides, *(quantity.value for quantity in self.others))

    def of(self, kind: Kind) -> tuple[Quantity, ...]:
        """Return the quantities of one kind."""
        return tuple(quantity for quantity in self.others if quantity.kind == kind)


class NumberReader:
    """Reads the quantities in a text, in the words of all languages, as people mix them."""

    def __init__(self, phrases: Iterable[Mapping[str, str]]) -> None:
        spoken = list(phrases)
        self._forms = _pairs(spoken, "number_forms")
        self._form = re.compile(rf"(?<![a-z])(?:{_either(self._forms)})(?![a-z])")
        self._spelled = _factors(spoken, "number_words")
        self._tens = _factors(spoken, "number_tens")
        self._multipliers = _factors(spoken, "number_multipliers")
        self._weights = _factors(spoken, "weight_units")
        self._lengths = _factors(spoken, "length_units")
        self._money = _listed(spoken, "money_words")
        self._percent = _listed(spoken, "percent_words")
        self._spelling = self._spelling_pattern()
        self._quantity = self._quantity_pattern()
        self._sizes = self._size_patterns(_listed(spoken, "size_words"))

    def read(self, text: str, *, mark: str) -> Quantities:
        """Read a text in whose language the whole and its parts are divided by this mark."""
        plain = self._form.sub(lambda match: self._forms[match[0]], text.casefold())
        digits = self._spelling.sub(self._in_digits, plain)
        size, rest = self._size(digits, mark)
        found = list(self._quantity.finditer(rest))
        between = _between(rest, found)
        others = tuple(
            self._read(match, mark, before=before, after=after)
            for match, before, after in zip(found, between, between[1:], strict=False)
        )
        words = tuple(re.findall(r"[^\W\d_]+", " ".join(between)))
        return Quantities(size, others, words)

    def _spelling_pattern(self) -> re.Pattern[str]:
        first, any_ = _either(self._spelled), _either([*self._spelled, *self._tens])
        return re.compile(rf"(?<![a-z])(?:{first})(?:\s+(?:{any_})(?![a-z]))*(?![a-z])")

    def _quantity_pattern(self) -> re.Pattern[str]:
        units = [*self._weights, *self._money, *self._percent]
        return re.compile(
            rf"(?P<money>(?:{_either(self._money)})\.?\s*)?(?<![\d.,])(?P<number>{_NUMBER})"
            rf"(?:\s*(?P<multiplier>{_either(self._multipliers)})(?![a-z]))?"
            rf"(?:\s*(?P<unit>{_either(units)})(?![a-z]))?"
        )

    def _size_patterns(self, labels: Sequence[str]) -> tuple[re.Pattern[str], ...]:
        unit = rf"(?:\s*({_either(self._lengths)})(?![a-z]))?"
        sides = rf"\s*[x×*]\s*({_NUMBER}){unit}"
        label = rf"[\s,;x×*]*(?:{_either(labels)})[\s:=]*"
        return (
            re.compile(rf"{_ALONE}({_NUMBER}){unit}{sides}{sides}(?!\s*[x×*]\s*\d|\d)"),
            re.compile(rf"(?<![a-z]){label}({_NUMBER}){unit}" + rf"{label}({_NUMBER}){unit}" * 2),
        )

    def _in_digits(self, match: re.Match[str]) -> str:
        """Add a run of spelled numbers, such as two-ten-five, up."""
        total, part = Decimal(0), Decimal(0)
        for word in match[0].split():
            if word in self._spelled:
                part += self._spelled[word]
            elif (factor := self._tens[word]) < 0:  # What is added to: twelve is two and ten.
                part -= factor
            else:
                total, part = total + part * factor, Decimal(0)
        return format((total + part).normalize(), "f")

    def _size(self, text: str, mark: str) -> tuple[Size | None, str]:
        """Take the size of a box out of a text."""
        for pattern in self._sizes:
            if match := pattern.search(text):
                sides = self._sides(match.groups(), mark)
                return Size(*sides), f"{text[: match.start()]} {text[match.end() :]}"
        return None, text

    def _sides(self, groups: Sequence[str | None], mark: str) -> list[Decimal]:
        """Return three sides in centimetres; a unit that stands once holds for all of them."""
        units = [unit for unit in groups[1::2] if unit]
        usual = units[-1] if len(units) == 1 else None
        factors = [self._lengths.get(unit or usual or "", Decimal(1)) for unit in groups[1::2]]
        numbers = (number_of(number or "", mark=mark) for number in groups[::2])
        return [number * factor for number, factor in zip(numbers, factors, strict=True)]

    def _read(self, match: re.Match[str], mark: str, *, before: str, after: str) -> Quantity:
        unit, multiplier = match["unit"] or "", match["multiplier"]
        factor = self._multipliers[multiplier] if multiplier else Decimal(1)
        if unit in self._weights:
            scale = self._weights[unit]
            number = number_of(match["number"], mark=mark, group=scale != 1)
            return Quantity(number * factor * scale, "weight", before, after)
        if unit in self._percent:
            value = number_of(match["number"], mark=mark) / 100
            return Quantity(value, "percent", before, after)
        is_money = bool(match["money"] or multiplier or unit)
        number = number_of(match["number"], mark=mark, group=is_money or None)
        return Quantity(number * factor, "money" if is_money else "plain", before, after)


def number_of(written: str, *, mark: str, group: bool | None = None) -> Decimal:
    """Return a written number.

    A point or comma before exactly three digits is what divides thousands (`group`, as in sums
    of money) or not (as on scales); where that is not known, the language decides.
    """
    last = max(written.rfind("."), written.rfind(","))
    if last < 0:
        return Decimal(written)
    divider = written[last]
    if _GROUPED.fullmatch(written):
        is_single = written.count(divider) == _ONE_GROUP
        is_group = (group if group is not None else divider != mark) if is_single else True
        if is_group:
            return Decimal(written.replace(divider, ""))
    whole = re.sub(r"[.,]", "", written[:last])
    return Decimal(f"{whole}.{written[last + 1 :]}")


def written(value: Decimal | Fraction, *, mark: str, places: int = 2) -> str:
    """Write a number with so many decimal places at most, as the language does."""
    scaled = round(Fraction(value) * 10**places)
    whole, parts = divmod(abs(scaled), 10**places)
    grouped = f"{whole:,}".replace(",", "." if mark == "," else ",")
    decimals = f"{parts:0{places}d}".rstrip("0") if places else ""
    sign = "-" if scaled < 0 else ""
    return f"{sign}{grouped}{mark}{decimals}" if decimals else f"{sign}{grouped}"


def _between(text: str, found: Sequence[re.Match[str]]) -> list[str]:
    """Return the text before, between and after the matches."""
    starts = [0, *(match.end() for match in found)]
    ends = [*(match.start() for match in found), len(text)]
    return [text[start:end] for start, end in zip(starts, ends, strict=True)]


def _factors(phrases: Iterable[Mapping[str, str]], name: str) -> dict[str, Decimal]:
    return {word: Decimal(factor) for word, factor in _pairs(phrases, name).items()}


def _pairs(phrases: Iterable[Mapping[str, str]], name: str) -> dict[str, str]:
    """Read a phrase such as `ribu=1000|juta=1000000` of every language."""
    pairs = (form.partition("=") for form in _listed(phrases, name))
    return {word: meant for word, _, meant in pairs}


def _listed(phrases: Iterable[Mapping[str, str]], name: str) -> list[str]:
    forms = (form for words in phrases for form in words[name].split("|"))
    return list(dict.fromkeys(form.strip().casefold() for form in forms))


def _either(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
