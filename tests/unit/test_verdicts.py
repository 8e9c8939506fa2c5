"""Verdicts in words: the verdict first, then what follows from it, with sources and dates."""

from dataclasses import replace

import pytest

from bot.core.messages import Notice, Passage, Place, Program, Status, Verdict, Verdicts
from bot.core.render import digest
from bot.core.verdicts import applying, here, result, step, told, who_sells
from tests.fakes import PHRASES, PROGRAM, TODAY, passage

EN = PHRASES["en"]
CLOTH = passage("closed#cloth", title="Cloth")
HAT = Verdict("hat", "closed", "cloth", 0.9, "closed#cloth", "Cloth")
LAMP, MASK = Verdict("lamp", "not_listed"), Verdict("mask", "unclear")
SINCE = Notice("**Since** last year.", "closed#since", ("closed",))
ALWAYS = Notice("**Ask** first.", "closed#ask")


def words(
    *verdicts: Verdict,
    notices: tuple[Notice, ...] = (),
    passages: tuple[Passage, ...] = (CLOTH,),
    program: Program = PROGRAM,
) -> str:
    outcome = Verdicts(verdicts, notices, passages)
    return told(outcome, phrases=EN, program=program, today=TODAY).text


def test_the_first_line_is_the_verdict() -> None:
    assert words(HAT, notices=(SINCE,)).splitlines() == [
        "closed: hat (Cloth)",
        "",
        "- **Since** last year.",
        "",
        "from Cloth, Kabar Kota, 28 Aug 2029",
        "checked 15 Jun 2030",
    ]


def test_several_products_have_a_line_each() -> None:
    lines = words(HAT, LAMP).splitlines()

    assert lines[:2] == ["closed: hat (Cloth)", "not listed: lamp"]


def test_asks_for_the_heading_of_what_is_unclear() -> None:
    assert "which heading? ask the help desk" in words(MASK)
    assert "which heading?" not in words(HAT)


def test_a_long_list_is_cut_and_says_so() -> None:
    text = words(*[replace(LAMP, product=f"lamp {number}") for number in range(33)])

    assert "lamp 29\n\nand 3 more" in text
    assert "lamp 30" not in text


def test_what_a_person_typed_means_nothing_in_markdown() -> None:
    text = words(replace(HAT, product="**hat** [x](y)"))

    assert text.startswith(r"closed: \*\*hat\*\* \[x\]\(y\)")


def test_without_a_card_there_is_no_source_and_no_vote() -> None:
    reply = told(Verdicts((HAT,)), phrases=EN, program=PROGRAM, today=TODAY)

    assert "from" not in reply.text
    assert [button.data for row in reply.keyboard for button in row] == ["v:new:en", "se:local:en"]


def test_offers_sources_another_check_and_to_be_somebody_else() -> None:
    reply = told(Verdicts((HAT,), (), (CLOTH,)), phrases=EN, program=PROGRAM, today=TODAY)

    card = f"{digest('closed#cloth')}:en"
    assert [[button.data for button in row] for row in reply.keyboard] == [
        [f"s:{card}", f"up:{card}", f"down:{card}"],
        ["v:new:en"],
        ["se:local:en"],
    ]


def test_the_cards_of_the_notices_are_told_in_a_line() -> None:
    undated = passage("closed#ask", as_of="undated")
    lines = words(HAT, passages=(CLOTH, passage("closed#since", as_of="2029-01"), undated))

    assert lines.splitlines()[-2] == "also Kabar Kota, Jan 2029 to Jan 2029"


def test_the_body_has_no_sources_and_no_day_of_the_check() -> None:
    reply = told(Verdicts((HAT,), (), (CLOTH,)), phrases=EN, program=PROGRAM, today=TODAY)

    assert reply.text == f"{reply.body}\n\nfrom Cloth, Kabar Kota, 28 Aug 2029\nchecked 15 Jun 2030"


def test_a_verdict_is_as_certain_as_its_least_certain_product() -> None:
    outcome = Verdicts((HAT, replace(LAMP, confidence=0.7)), (), (CLOTH,))

    assert (outcome.confidence, outcome.passage) == (0.7, CLOTH)


@pytest.mark.parametrize(
    ("statuses", "expected"), [({"closed"}, (SINCE, ALWAYS)), ({"unclear"}, (ALWAYS,))]
)
def test_notices_go_with_their_verdicts(
    statuses: set[Status], expected: tuple[Notice, ...]
) -> None:
    assert applying((SINCE, ALWAYS), statuses) == expected


def test_asks_where_somebody_sells_from() -> None:
    reply = who_sells(phrases=EN)

    assert reply.text == "(en) who_sells"
    assert [row[0].data for row in reply.keyboard] == ["se:overseas:en", "se:local:en"]


def test_somebody_in_the_country_hears_that_others_are_meant() -> None:
    reply = here(CLOTH, phrases=EN, today=TODAY)

    assert reply.text.startswith("(en) local_seller\n\nBring a permit.\n\nfrom Cloth")
    assert reply.keyboard[-1][0].data == "se:overseas:en"
    assert here(None, phrases=EN, today=TODAY).text == "(en) local_seller"


def test_each_step_of_a_check_asks_one_thing() -> None:
    place = Place("check", "products", "what", {"products": "hats"})
    what = step(place, phrases=EN)
    whence = step(replace(place, step="whence"), phrases=EN)
    who = step(replace(place, step="who"), phrases=EN)

    assert (what.text, whence.text, who.text) == ("(en) check_begin", "whence: hats", "who: hats")
    assert [row[0].data for row in whence.keyboard] == ["v:abroad:en", "v:here:en"]
    assert [row[0].data for row in who.keyboard] == ["v:self:en", "v:importer:en", "v:unsure:en"]


def test_a_result_can_be_passed_on() -> None:
    reply = told(Verdicts((HAT,)), phrases=EN, program=PROGRAM, today=TODAY)

    passed = result(reply, "importer", phrases=EN, today=TODAY)

    assert passed.text == f"result of 15 Jun 2030, (en) way_importer\n\n{reply.text}"
    assert passed.body == reply.body
