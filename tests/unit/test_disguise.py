"""Goods that are to go under the name of others are told by the list and the words around."""

import pytest

from bot.core.disguise import is_disguise
from bot.core.signs import Signs
from tests.fakes import clusters

SIGNS = Signs(
    {
        "disguise_naming": "declare, ship, write, list, 写",
        "disguise_calling": "as, 写成",
        "disguise_writing": "write, 写",
        "disguise_papers": "invoice, lamps form, 发票",
        "disguise_among": "section",
        "disguise_joining": "and",
        "disguise_unless": "buyer*",
    }
)


def tells(text: str) -> bool:
    return is_disguise(text, SIGNS, clusters(), "en")


@pytest.mark.parametrize(
    "text",
    [
        "declare the hats as lamps",
        "ship hats in small boxes as a salt shaker",
        "We sell hats. Can we declare them as lamps?",
        "declare masks, mask by mask, as lamps",
        "list hats under the lamps section",
        "list hats under section lamps",
        "把帽子写成 salt shaker",
        "write lamps on the invoice for hats",
        "The parcel holds hats. On the invoice we would write lamps.",
    ],
)
def test_closed_goods_under_the_name_of_others_are_a_disguise(text: str) -> None:
    assert tells(text)


@pytest.mark.parametrize(
    "text",
    [
        "are hats as closed as lamps",
        "ship hats as salt",
        "declare lamps as hats",
        "declare the hats as a foreign company",
        "declare hats, they sell for a dollar or two each, as lamps",
        "ship hats as whatever it is that we are told, lamps",
        "what do I write for hats",
        "what do I write on the invoice for hats",
        "write lamps on the invoice",
        "write hats and lamps on the invoice",
        "write lamps for hats",
        "list hats, and lamps for the room section",
        "write the price of the big red lamps on the invoice for hats",
        "write on the lamps form for hats",
        "the buyer says we should declare hats as lamps",
        "灯",
    ],
)
def test_what_names_goods_in_other_ways_is_none(text: str) -> None:
    assert not tells(text)
