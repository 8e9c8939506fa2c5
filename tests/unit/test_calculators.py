"""Sums worked out from free text, and explained."""

from datetime import timedelta
from decimal import Decimal

import pytest

from bot.core.calculators import Calculators
from bot.core.messages import Abstention, Answer, Passage, Turn
from bot.core.sums import Formulas, ParcelService, Rounding
from bot.core.telling import Telling
from tests.fakes import PHRASES, TODAY, ListedKnowledge, passage

SIZES = passage("parcels#size", title="Sizes", links=("parcels#cargo",))
CARGO = passage("parcels#cargo", title="Cargo")
OWN = passage("parcels#own", title="Own", unknown=True, sources=(), links=("parcels#size",))
ROUNDING = passage("parcels#rounding", title="Rounding")
PRICE, MARKUP = passage("prices#price", title="Price"), passage("prices#markup", title="Markup")
FEES = passage("prices#fees", title="Fees")
UNIT = passage("prices#unit", title="Unit")
CARDS = (SIZES, CARGO, OWN, ROUNDING, PRICE, MARKUP, FEES, UNIT)

FORMULAS = Formulas(
    services=(
        ParcelService(
            "post",
            SIZES.card,
            divisor=Decimal(6000),
            note="Ask first.",
            roundings=(
                Rounding("strict", ROUNDING.card, up_above=Decimal(0)),
                Rounding("half", ROUNDING.card, up_from=Decimal("0.5")),
            ),
        ),
        ParcelService("cargo", CARGO.card, asked=("cargo",), divisor=Decimal(4000)),
        ParcelService("own", OWN.card, asked=("own courier",)),
    ),
    price=PRICE.card,
    markup=MARKUP.card,
    fees=FEES.card,
    unit_cost=UNIT.card,
)


def worked(
    text: str, *, cards: tuple[Passage, ...] = CARDS, formulas: Formulas = FORMULAS
) -> Turn | None:
    knowledge = ListedKnowledge(others=cards, formulas=formulas)
    return Calculators(Telling(knowledge, PHRASES, lambda: TODAY, 30)).answer(text, "en")


def lines(turn: Turn | None) -> list[str]:
    assert turn is not None
    (reply,) = turn.replies
    return [line for line in reply.text.splitlines() if line]


def test_charges_the_larger_of_size_and_weight() -> None:
    assert lines(worked("box 40x30x20 with 2 kilo inside")) == [
        "4 kg by post: 40x30x20/6,000=4, 2",
        "rounded",
        "strict 4",
        "half 4",
        "Ask first.",
        "from Sizes, Kabar Kota, 28 Aug 2029",
        "from Rounding, Kabar Kota, 28 Aug 2029",
    ]


def test_answers_with_the_card_of_the_formula() -> None:
    turn = worked("40x30x20 2 kg")

    assert turn is not None
    assert turn.outcome == Answer(SIZES, (CARGO,))
    assert turn.replies[0].body.endswith("Ask first.")
    assert [[button.label for button in row] for row in turn.replies[0].keyboard] == [
        ["(en) view_source", "(en) vote_up", "(en) vote_down"],
        ["Cargo"],
    ]


def test_tells_the_size_alone_where_no_weight_is_named() -> None:
    assert lines(worked("40x30x20"))[0] == "4 kg by post: 40x30x20/6,000"


def test_a_rounding_that_leaves_nothing_is_not_told() -> None:
    assert lines(worked("10x10x10 0.2 kg"))[1:3] == ["rounded", "strict 1"]


def test_uses_the_service_that_is_named() -> None:
    assert lines(worked("parcel 60x30x40 by cargo")) == [
        "18 kg by cargo: 60x30x40/4,000",
        "from Cargo, Kabar Kota, 28 Aug 2029",
    ]


def test_assumes_nothing_of_a_service_of_which_nothing_is_known() -> None:
    turn = worked("box 40x30x20 2 kg own courier")

    assert turn is not None
    assert turn.outcome == Abstention(1.0, OWN, (SIZES,))


@pytest.mark.parametrize("service", ["", "own courier "])
def test_a_divisor_that_the_person_names_goes_first(service: str) -> None:
    told = lines(worked(f"box 40x30x20 2 kg {service}divided by 5000"))

    assert told[0] == "4.8 kg by yours: 40x30x20/5,000=4.8, 2"
    assert ("strict 5" in told) == (not service)


def test_one_box_is_no_number_of_its_own() -> None:
    assert worked("one box 40x30x20") is not None


def test_tells_the_price_with_what_is_left_of_it() -> None:
    assert lines(worked("cost 20k margin 25% fee 8%")) == [
        "Rp29,851=Rp20,000/(1-0.25-0.08); Rp29,900: Rp2,392, Rp7,508, 25.11%",
        "check the 8%",
        "from Price, Kabar Kota, 28 Aug 2029",
    ]


def test_offers_where_to_look_the_fee_up() -> None:
    turn = worked("cost 20k margin 25% fee 8%")

    assert turn is not None
    assert turn.outcome == Answer(PRICE, (FEES,))


@pytest.mark.parametrize(
    "text", ["cost 20k, 25% margin and 8% fee", "25% margin, cost Rp20,000, 8% fee"]
)
def test_understands_what_stands_after_a_percentage(text: str) -> None:
    assert lines(worked(text))[0].startswith("Rp29,851=")


def test_tells_a_markup_apart() -> None:
    assert lines(worked("cost 10000 markup 30%"))[:2] == [
        "Rp13,000=Rp10,000*(1+0.3)/(1-0), 30% on cost; Rp13,000: Rp0, Rp3,000, 23.08%",
        "no fee yet",
    ]


def test_tells_both_where_a_profit_may_be_of_price_or_cost() -> None:
    told = lines(worked("cost 10k profit 30%"))

    assert told[0].startswith("Rp14,286=Rp10,000/(1-0.3-0)")
    assert told[1:] == [
        "or Rp13,000 if 30% of the cost",
        "no fee yet",
        "from Price, Kabar Kota, 28 Aug 2029",
        "from Markup, Kabar Kota, 28 Aug 2029",
    ]


def test_says_that_no_price_is_enough() -> None:
    assert lines(worked("cost 10k profit 95% fee 8%"))[0] == "no price bears 95% and 8%"


def test_tells_the_price_on_the_cost_where_none_leaves_so_much_of_itself() -> None:
    assert lines(worked("cost 20k profit 100%")) == [
        "no price bears 100% and 0%",
        "or Rp40,000 if 100% of the cost",
        "from Price, Kabar Kota, 28 Aug 2029",
        "from Markup, Kabar Kota, 28 Aug 2029",
    ]


def test_tells_no_price_on_the_cost_where_a_share_of_the_price_is_named() -> None:
    assert lines(worked("cost 20k margin 100%")) == [
        "no price bears 100% and 0%",
        "from Markup, Kabar Kota, 28 Aug 2029",
    ]


def test_tells_no_other_price_where_the_fee_takes_all() -> None:
    assert lines(worked("cost 10k profit 0% fee 100%"))[0] == "no price bears 0% and 100%"


def test_tells_what_one_piece_costs() -> None:
    assert lines(worked("flour 50k, oil 30k, 50 bags, 10 failed, unit cost?")) == [
        "Rp2,000=Rp80,000/40",
        "Rp50,000 + Rp30,000=Rp80,000",
        "without 10",
        "from Unit, Kabar Kota, 28 Aug 2029",
    ]


def test_tells_what_one_piece_costs_from_a_single_sum() -> None:
    assert lines(worked("500k for 100 bottles, unit cost?"))[0] == "Rp5,000=Rp500,000/100"


@pytest.mark.parametrize(
    "text",
    [
        "how do you do",
        "why is 40x30x20 4 kg",
        "9999999999999 kg in a box 1x1x1",
        "40x30x20 2 kg or 3 kg",
        "40x30x20 for 50k",
        "40x30x20 at 8%",
        "box 40x30x20 divided by 5000 divided by 6000",
        "box 40x30x20 for 5 people",
        "may I sell a shelf that is 40x30x20 in the shop",
        "0x30x20",
        "40x30x20 divided by 0",
        "cost 20k margin 25%, or 30%",
        "cost 20k margin 25% and profit 30%",
        "cost 20k fee 8%",
        "cost 20k or 30k margin 25%",
        "20k margin 25%",
        "cost 20k margin 25% times 2",
        "cost 20 margin 25%",
        "cost 20k margin 25% plus a fee",
        "cost 20k 25%",
        "cost Rp0 margin 25%",
        "500k for 100 bottles",
        "unit cost of 100 bottles",
        "500k unit cost",
        "500k 10 failed unit cost",
        "500k for 100 bottles, 100 failed, unit cost",
        "500k for 100 bottles, 2 failed, 3 failed, unit cost",
    ],
)
def test_leaves_alone_what_is_no_sum_or_lacks_a_number(text: str) -> None:
    assert worked(text) is None


@pytest.mark.parametrize("text", ["40x30x20", "cost 20k margin 25%", "500k for 5, unit cost"])
def test_works_nothing_out_without_the_rules(text: str) -> None:
    assert worked(text, formulas=Formulas()) is None


@pytest.mark.parametrize("text", ["40x30x20", "box 40x30x20 own courier"])
def test_works_nothing_out_of_a_card_that_is_over(text: str) -> None:
    over = TODAY - timedelta(days=1)
    cards = (passage(SIZES.card, valid_until=over), passage(OWN.card, valid_until=over), ROUNDING)

    assert worked(text, cards=cards) is None
