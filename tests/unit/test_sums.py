"""Exact sums about parcels and prices."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.sums import (
    PriceWanted,
    Rounding,
    Size,
    exact_price,
    unit_cost,
    up_to,
    volumetric,
)

SIDES = st.decimals("0.1", "500", places=1)
SHARES = st.integers(0, 99).map(lambda percent: Decimal(percent) / 100)
MONEY = st.integers(1, 10**9).map(Decimal)
WEIGHTS = st.fractions(0, 1000)


def rounding(**values: Decimal) -> Rounding:
    return Rounding("some", "card", **values)


def test_a_box_counts_by_its_size() -> None:
    size = Size(Decimal(40), Decimal(30), Decimal(20))

    assert volumetric(size, Decimal(6000)) == 4


@given(length=SIDES, width=SIDES, height=SIDES, divisor=st.integers(1, 10_000))
def test_volumetric_weight_is_exact(
    length: Decimal, width: Decimal, height: Decimal, divisor: int
) -> None:
    size = Size(length, width, height)
    tenths = int(length * 10) * int(width * 10) * int(height * 10)

    assert volumetric(size, Decimal(divisor)) == Fraction(tenths, 1000 * divisor)


@pytest.mark.parametrize(
    ("weight", "kilograms"),
    [("1.0", 1), ("1.3", 1), ("1.31", 2), ("2.3", 2), ("20.8334", 21), ("0.2", 1), ("5", 5)],
)
def test_rounds_up_what_is_above_a_limit(weight: str, kilograms: int) -> None:
    rule = rounding(up_above=Decimal("0.3"), minimum=Decimal(1))

    assert rule.rounded(Fraction(weight)) == kilograms


@pytest.mark.parametrize(("weight", "kilograms"), [("1.49", 1), ("1.5", 2), ("2", 2), ("0.4", 0)])
def test_rounds_up_from_a_limit_on(weight: str, kilograms: int) -> None:
    assert rounding(up_from=Decimal("0.5")).rounded(Fraction(weight)) == kilograms


@given(weight=WEIGHTS, limit=st.decimals("0", "0.9", places=1))
def test_rounding_stays_within_a_kilogram(weight: Fraction, limit: Decimal) -> None:
    above = rounding(up_above=limit).rounded(weight)
    reached = rounding(up_from=limit).rounded(weight)

    assert weight - 1 < above < weight + 1
    assert above <= reached
    assert reached - weight < 1


@given(cost=MONEY, profit=SHARES, fee=SHARES)
def test_a_price_leaves_exactly_the_margin_after_the_fee(
    cost: Decimal, profit: Decimal, fee: Decimal
) -> None:
    price = exact_price(PriceWanted(cost, profit, fee, on="margin"))

    if profit + fee >= 1:
        assert price is None
    else:
        assert price is not None
        assert price - price * Fraction(fee) - Fraction(cost) == price * Fraction(profit)


@given(cost=MONEY, profit=st.integers(0, 500), fee=SHARES)
def test_a_markup_leaves_exactly_its_share_of_the_cost(
    cost: Decimal, profit: int, fee: Decimal
) -> None:
    wanted = PriceWanted(cost, Decimal(profit) / 100, fee).of_cost()

    price = exact_price(wanted)

    assert price is not None
    assert price * (1 - Fraction(fee)) == Fraction(cost) * (1 + Fraction(profit, 100))


def test_no_price_is_enough_where_the_fee_is_all_of_it() -> None:
    assert exact_price(PriceWanted(Decimal(1), Decimal(0), Decimal(1), on="markup")) is None


@given(costs=st.lists(MONEY, min_size=1, max_size=9), count=st.integers(1, 10_000))
def test_the_units_cost_what_all_cost(costs: list[Decimal], count: int) -> None:
    assert unit_cost(costs, Decimal(count)) * count == sum(map(int, costs))


@given(amount=st.fractions(0, 10**9), step=st.sampled_from([1, 100]))
def test_goes_up_to_the_next_step_only(amount: Fraction, step: int) -> None:
    stepped = Fraction(up_to(step, amount))

    assert stepped % step == 0
    assert 0 <= stepped - amount < step
