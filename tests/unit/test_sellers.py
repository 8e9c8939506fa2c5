"""Who asks about a product, and what they get."""

from typing import Any

import pytest

from bot.core.clusters import NOT_LISTED, UNCLEAR, Clusters
from bot.core.messages import (
    Abstention,
    Answer,
    Asked,
    Clarification,
    Found,
    Language,
    Notice,
    Refusal,
    Seller,
    Verdicts,
    WhoSells,
)
from bot.core.products import ProductWords
from bot.core.sellers import Ask, Sellers
from bot.core.signs import Sign, Signs
from tests.fakes import PHRASES, PROGRAM, Goods, ListedKnowledge, clusters, passage

CLOTH, HERE = passage("closed#cloth"), passage("stalls#here")
UNSURE = Abstention(0.1)
SIGNS = Signs(
    {"asks_for_help": "help me", "asks_how": "", "asks_whether": "is that ok", "hide": "relabel"},
    evasion=[Sign("", (("hide",),))],
)


def sellers(closed: Clusters | None = None, **values: Any) -> Sellers:
    knowledge = ListedKnowledge(
        others=(CLOTH, HERE), closed=closed or clusters(), signs=SIGNS, **values
    )
    return Sellers(knowledge, ProductWords.of(PHRASES))


def ask(
    text: str,
    *,
    language: Language = "en",
    seller: Seller | None = None,
    last: str = "",
) -> Ask:
    before = Asked(1, "hats?", language, last) if last else None
    return Ask(text, language, seller, before)


def statuses(outcome: Verdicts | WhoSells | None) -> list[str]:
    assert isinstance(outcome, Verdicts)
    return [verdict.status for verdict in outcome.verdicts]


@pytest.mark.parametrize(
    ("text", "language", "seller", "last"),
    [
        ("Can we sell hats?", "en", None, ""),
        ("我们卖帽子", "zh", None, ""),
        ("hats", "en", None, ""),
        ("hats", "en", "overseas", ""),
        ("hats", "id", "overseas", ""),
        ("kami di mars jual hats", "id", None, ""),
        ("what about hats?", "en", None, "verdict"),
        ("hats", "id", None, "verdict"),
    ],
)
def test_an_overseas_seller_gets_a_verdict(
    text: str, language: Language, seller: Seller | None, last: str
) -> None:
    outcome = sellers().first(ask(text, language=language, seller=seller, last=last))

    assert statuses(outcome) == ["closed"]


@pytest.mark.parametrize(
    ("text", "language", "seller", "last"),
    [
        ("hats", "en", None, "answer"),
        ("what tax is on hats we sell", "en", "overseas", ""),
        ("Can we sell hats?", "en", "local", ""),
        ("we are here and sell hats", "en", None, ""),
        ("jual hats", "id", None, ""),
        ("apakah hats ditutup", "id", None, ""),
        ("Can we sell zzyzx?", "en", None, ""),
        ("can we sell from mars", "en", "overseas", ""),
        ("the hats burnt in it", "en", "overseas", ""),
        ("help me sell hats", "en", "overseas", ""),
    ],
)
def test_others_are_searched_for(
    text: str, language: Language, seller: Seller | None, last: str
) -> None:
    assert sellers().first(ask(text, language=language, seller=seller, last=last)) is None


def test_without_clusters_nothing_is_decided() -> None:
    nobody = Sellers(ListedKnowledge(), ProductWords.of(PHRASES))
    asked = ask("hats", seller="overseas")

    assert nobody.first(asked) is None
    assert nobody.second(asked, UNSURE) is None
    assert nobody.local(asked, UNSURE) is UNSURE
    assert not nobody.are_named("hats")


def test_an_overseas_seller_may_name_what_nobody_knows() -> None:
    asked = ask("zzyzx", seller="overseas")

    assert sellers().first(asked) is None
    assert statuses(sellers().second(asked, UNSURE)) == ["unclear"]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Can we sell hats, salt pots, zyzxy?", ["hats", "salt pots"]),
        ("Can we sell hats, salt grinder, qux quux quuz?", ["hats", "salt grinder"]),
    ],
)
def test_nothing_of_a_list_is_left_out_that_may_be_a_product(text: str, names: list[str]) -> None:
    outcome = sellers().second(ask(text, seller="overseas"), UNSURE)

    assert isinstance(outcome, Verdicts)
    assert [verdict.product for verdict in outcome.verdicts] == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("hats and zyzxy", ["hats and zyzxy"]),
        ("hats and lamps", ["hats", "lamps"]),
        ("hats and lamps and zyzxy", ["hats", "lamps"]),
        ("We sell hats and zyzxy", ["hats"]),
        ("lamps and spares", ["lamps"]),
        ("mask and salt lamps", ["mask and salt lamps"]),
        ("mask and hats", ["mask", "hats"]),
        ("hats and cold lamps", ["hats", "cold lamps"]),
        ("帽子和面霜", ["帽子", "面霜"]),
        ("灯面霜和帽子", ["灯面霜和帽子"]),
        ("面霜和灯面霜油", ["面霜", "灯面霜油"]),
        ("帽子和面霜灯灯", ["帽子", "面霜灯灯"]),
        ("面霜和帽子灯灯", ["面霜和帽子灯灯"]),
    ],
)
def test_the_label_of_a_shop_gets_one_verdict(text: str, names: list[str]) -> None:
    others = {"灯面霜": UNCLEAR, "灯帽子": UNCLEAR, "面霜": UNCLEAR, "灯面霜油": NOT_LISTED}
    others |= {"salt lamps": NOT_LISTED, "面霜灯灯": NOT_LISTED, "帽子灯灯": NOT_LISTED}
    goods = Goods({**Goods().names, **others})
    asked = ask(text, seller="overseas")
    found = sellers(clusters(goods))
    outcome = found.first(asked) or found.second(asked, UNSURE)

    assert isinstance(outcome, Verdicts)
    assert [verdict.product for verdict in outcome.verdicts] == names


def test_several_words_that_nobody_knows_are_no_products() -> None:
    assert sellers().second(ask("Can we sell zyzxy, qux?", seller="overseas"), UNSURE) is None


@pytest.mark.parametrize("text", ["hats salt", "帽子帽子"])
def test_a_long_name_need_not_be_listed(text: str) -> None:
    catalogue = Goods({"hats": "cloth", "salt": "cloth", "帽子帽子": "cloth"})

    outcome = sellers(clusters(catalogue)).first(ask(text, seller="overseas"))

    assert statuses(outcome) == ["closed"]


@pytest.mark.parametrize(("text", "status"), [("HS code 6204", "closed"), ("6304", "unclear")])
def test_a_heading_of_the_harmonized_system_is_looked_up(text: str, status: str) -> None:
    assert statuses(sellers().first(ask(text, seller="overseas"))) == [status]


def test_asks_who_sells_where_it_matters_and_nobody_said() -> None:
    asked = ask("apakah hats saya ditutup", language="id")
    outcome = sellers().second(asked, Answer(CLOTH))

    assert outcome == WhoSells(1.0)
    assert (outcome.passage, outcome.related, outcome.name) == (None, (), "clarify")


def test_a_verdict_rests_on_its_card_and_its_notices() -> None:
    notices = (Notice("Since.", "closed#cloth"), Notice("Ask.", "stalls#here"), Notice("No.", "x"))
    program = PROGRAM.__class__(notices=notices)

    outcome = sellers(program=program).first(ask("hats", seller="overseas"))

    assert isinstance(outcome, Verdicts)
    assert outcome.passages == (CLOTH, HERE)
    assert outcome.notices == notices
    assert outcome.verdicts[0].title == "Cloth"


def test_a_cluster_without_a_name_in_the_language_has_none() -> None:
    outcome = sellers().first(ask("hats", language="zh", seller="overseas"))

    assert isinstance(outcome, Verdicts)
    assert outcome.verdicts[0].title == ""


@pytest.mark.parametrize("found", [UNSURE, Clarification(0.4, (CLOTH, HERE))])
def test_a_bare_name_gets_a_verdict_where_no_card_answers(found: Found) -> None:
    assert statuses(sellers().second(ask("hats"), found)) == ["closed"]


def test_a_bare_name_in_the_programs_own_language_is_asked_after() -> None:
    assert sellers().second(ask("hats", language="id"), UNSURE) == WhoSells(1.0)


@pytest.mark.parametrize(("seller", "count"), [("overseas", 1), (None, 0)])
def test_a_word_of_another_subject_may_be_in_a_name_for_a_seller_abroad(
    seller: Seller | None, count: int
) -> None:
    goods = Goods({"stamps": "cloth", "tax seals": "cloth", "tax": "cloth"})
    asking = sellers(clusters(goods))

    outcome = asking.first(ask("tax stamps", seller=seller))

    assert len(statuses(outcome) if outcome else ()) == count


def test_it_matters_who_asks_whether_something_is_closed() -> None:
    asked = ask("apakah hats ditutup", language="id")

    assert sellers().second(asked, UNSURE) == WhoSells(1.0)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (ask("hats"), Answer(passage())),
        (ask("hats"), Abstention(0.8, CLOTH)),
        (ask("hats"), Refusal()),
        (ask("hats", seller="local"), UNSURE),
        (ask("the hats in it burnt down"), UNSURE),
        (ask("tax, hats"), UNSURE),
        (ask("zzyzx"), UNSURE),
        (ask("big hats", language="id"), UNSURE),
        (ask("apakah hats ditutup", language="id"), Answer(CLOTH)),
        (ask("apakah hats saya ditutup", language="id"), Answer(passage())),
        (ask("hats", seller="overseas"), Answer(passage())),
    ],
)
def test_other_questions_stay_with_what_was_found(asked: Ask, found: Found) -> None:
    assert sellers().second(asked, found) is None


def test_who_wants_around_a_rule_gets_no_verdict_on_the_goods_beside() -> None:
    relabel = ask("relabel hats, is that ok", seller="overseas")

    assert sellers().first(relabel) is None
    assert sellers().second(relabel, UNSURE) is None


def test_a_local_seller_is_not_told_of_a_closed_cluster() -> None:
    told = sellers().local(ask("are hats closed", seller="local"), Answer(CLOTH))

    assert isinstance(told, Answer)
    assert told.passage.card == "stalls#here"


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (ask("are hats closed"), Answer(CLOTH)),
        (ask("are hats closed", seller="local"), Answer(passage())),
        (ask("are hats closed", seller="local"), UNSURE),
        (ask("are hats closed", seller="local"), Refusal(CLOTH)),
    ],
)
def test_others_hear_what_was_found(asked: Ask, found: Found) -> None:
    assert sellers().local(asked, found) is found


def test_a_program_without_a_card_for_local_sellers_tells_what_was_found() -> None:
    told = Answer(CLOTH)
    closed = clusters(cards={"cloth": "closed#cloth"})

    assert sellers(closed).local(ask("are hats closed", seller="local"), told) is told


def test_a_text_is_taken_as_a_product_where_none_is_found_in_it() -> None:
    assert sellers().named("  from  mars ", clusters(Goods())) == ("from mars",)
    assert sellers().named("hats and lamps", clusters()) == ("hats", "lamps")


@pytest.mark.parametrize(
    ("text", "are_named"),
    [("hats", True), ("from mars", False), ("tax on hats", False), ("help me hats", False)],
)
def test_knows_whether_products_are_named(text: str, *, are_named: bool) -> None:
    assert sellers().are_named(text) is are_named
