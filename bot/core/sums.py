"""Exact sums about parcels and prices, and the rules they follow, which the knowledge gives."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Literal

Profit = Literal["profit", "margin", "markup"]
"""A share of the price (margin), of the cost (markup), or of one of them, nobody said which."""


@dataclass(frozen=True, slots=True)
class Rounding:
    """How some couriers round a weight to whole kilograms."""

    name: str
    card: str
    up_above: Decimal | None = None
    """What is over a whole kilogram goes up if it is more than this."""
    up_from: Decimal = Decimal(0)
    """Without `up_above`: it goes up if it is at least this, and more than nothing."""
    minimum: Decimal = Decimal(0)
    """The least that is charged, in kilograms."""

    def rounded(self, weight: Fraction) -> Fraction:
        """Return the kilograms that are charged for a weight."""
        whole = math.floor(weight)
        over = weight - whole
        if self.up_above is not None:
            goes_up = over > Fraction(self.up_above)
        else:
            goes_up = over > 0 and over >= Fraction(self.up_from)
        return max(Fraction(whole + goes_up), Fraction(self.minimum))


@dataclass(frozen=True, slots=True)
class ParcelService:
    """How a kind of courier service charges for size; without `divisor`, nobody knows how."""

    name: str
    card: str
    asked: tuple[str, ...] = ()
    """The words that name it; the first service is meant where no service is named."""
    divisor: Decimal | None = None
    note: str = ""
    roundings: tuple[Rounding, ...] = ()


@dataclass(frozen=True, slots=True)
class Formulas:
    """What the knowledge says of sums, in one language; a sum without its card is not done."""

    services: tuple[ParcelService, ...] = ()
    price: str = ""
    """The card with the formula of a selling price that bears a fee."""
    markup: str = ""
    """The card that tells margin and markup apart."""
    fees: str = ""
    """The card that says where to look a fee up."""
    unit_cost: str = ""


@dataclass(frozen=True, slots=True)
class PriceWanted:
    """What a selling price must cover; shares are fractions of one."""

    cost: Decimal
    profit: Decimal
    fee: Decimal | None = None
    """The share of the price that somebody takes off; None where nobody said."""
    on: Profit = "margin"

    def of_cost(self) -> "PriceWanted":
        """Return the same with the profit as a share of the cost."""
        return replace(self, on="markup")


@dataclass(frozen=True, slots=True)
class Size:
    """Length, width and height, in centimetres."""

    length: Decimal
    width: Decimal
    height: Decimal

    @property
    def volume(self) -> Decimal:
        """Return the volume in cubic centimetres."""
        return self.length * self.width * self.height


def volumetric(size: Size, divisor: Decimal) -> Fraction:
    """Return the kilograms that a size counts as."""
    sides = (Fraction(side) for side in (size.length, size.width, size.height))
    return math.prod(sides, start=Fraction(1)) / Fraction(divisor)


def exact_price(wanted: PriceWanted) -> Fraction | None:
    """Return the price that leaves the profit after the fee; None where no price is enough."""
    fee, profit = Fraction(wanted.fee or 0), Fraction(wanted.profit)
    if wanted.on == "markup":
        needed, rest = Fraction(wanted.cost) * (1 + profit), 1 - fee
    else:
        needed, rest = Fraction(wanted.cost), 1 - profit - fee
    return needed / rest if rest > 0 else None


def unit_cost(costs: Sequence[Decimal], count: Decimal) -> Fraction:
    """Return what one good unit costs."""
    return sum(map(Fraction, costs), Fraction(0)) / Fraction(count)


def up_to(step: int, amount: Fraction) -> Decimal:
    """Return the smallest multiple of a step that is not below an amount."""
    return Decimal(math.ceil(amount / step) * step)
