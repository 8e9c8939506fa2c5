"""Figures in texts, so that a card and its translation, or two cards on one fact, are compared."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from bot.core.messages import Language

_SCALES = {
    **dict.fromkeys(("ribu", "rb", "thousand", "千"), 10**3),
    **dict.fromkeys(("juta", "jt", "million", "百万"), 10**6),
    **dict.fromkeys(("miliar", "milyar", "billion"), 10**9),
    **dict.fromkeys(("triliun", "trillion", "万亿"), 10**12),
    "万": 10**4,
    "亿": 10**8,
}
_WORDS = (
    *("satu one 一 se", "dua two 二 两", "tiga three 三", "empat four 四", "lima five 五"),
    *("enam six 六", "tujuh seven 七", "delapan eight 八", "sembilan nine 九", "sepuluh ten 十"),
    *("sebelas eleven 十一", "dua belas twelve 十二"),
)
_MONTHS = (
    *("januari january", "februari february", "maret march", "april april", "mei may", "juni june"),
    *("juli july", "agustus august", "september september", "oktober october"),
    *("november november", "desember december"),
)
_SPELLED = {
    word: Decimal(number)
    for forms in (_WORDS, _MONTHS)
    for number, words in enumerate(forms, 1)
    for word in words.split()
}
_FEW = 2
_YEARS = range(1_900, 2_100)
_CURRENCY = {"rp": "rp", "idr": "rp", "us$": "$", "$": "$"}

_NOT_FIGURES = re.compile(r"\]\([^)]*\)|https?://\S+|^\s*\d+[.)]\s", re.MULTILINE)
_FIGURE = re.compile(
    r"(?<![a-z\d.,])(?P<currency>rp|idr|us\$|\$)?\s?(?P<digits>\d+(?:[.,:]\d+)*)"
    rf"\s?(?P<scale>(?:{'|'.join(sorted(_SCALES, key=len, reverse=True))})(?![a-z]))?"
    r"\s?(?P<unit>%|[^\W\d_]+)?",
    re.IGNORECASE,
)
_LETTERS = re.compile(r"[a-z]+|[一二两三四五六七八九十]+")


@dataclass(frozen=True, slots=True)
class Figure:
    """A number, and the word behind it or its currency: what it counts."""

    value: Decimal
    unit: str


def figures(text: str, language: Language) -> Iterator[Figure]:
    """Yield the numbers that a text writes in digits."""
    for match in _FIGURE.finditer(_NOT_FIGURES.sub(" ", text)):
        value = _number(match["digits"], language) * _SCALES.get((match["scale"] or "").lower(), 1)
        currency = _CURRENCY.get((match["currency"] or "").lower())
        yield Figure(value, currency or (match["unit"] or "").casefold())


def untold(text: str, language: Language, other: str, in_language: Language) -> list[Decimal]:
    """Return the numbers that one of two texts has and the other has neither in digits nor words.

    The texts say the same in two languages.
    """
    one = {figure.value for figure in figures(text, language)}
    two = {figure.value for figure in figures(other, in_language)}
    return sorted((two - one - _spelled(text)) | (one - two - _spelled(other)))


def at_odds(text: str, other: str, language: Language) -> tuple[str, list[Decimal]]:
    """Return a unit of which two texts give numbers, and none the same, with these numbers.

    A text with many numbers of one unit is a table or a worked example, and is not compared.
    """
    one, two = (_by_unit(each, language) for each in (text, other))
    for unit in sorted(one.keys() & two.keys()):
        is_table = max(len(one[unit]), len(two[unit])) > _FEW
        if not is_table and not one[unit] & two[unit]:
            return unit, sorted(one[unit] | two[unit])
    return "", []


def _by_unit(text: str, language: Language) -> dict[str, set[Decimal]]:
    units: dict[str, set[Decimal]] = {}
    for figure in figures(text, language):
        is_sum = figure.unit in _CURRENCY.values()
        is_date = figure.unit in _SPELLED or (figure.value in _YEARS and not is_sum)
        if figure.unit and not is_date:
            units.setdefault(figure.unit, set()).add(figure.value)
    return units


def _spelled(text: str) -> set[Decimal]:
    return {_SPELLED[word] for word in _LETTERS.findall(text.casefold()) if word in _SPELLED}


def _number(digits: str, language: Language) -> Decimal:
    """Read digits with the marks that a language sets in them."""
    thousands, decimal = (".", ",") if language == "id" else (",", ".")
    if re.fullmatch(rf"\d{{1,3}}(?:\{thousands}\d{{3}})+(?:\{decimal}\d+)?", digits):
        digits = digits.replace(thousands, "")
    whole, _, rest = re.sub("[,:]", ".", digits).partition(".")
    return Decimal(f"{whole}.{rest.replace('.', '')}" if rest else whole)
