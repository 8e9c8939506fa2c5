"""The check in three steps, over the store, and the buttons that say where somebody sells from."""

from dataclasses import replace

import pytest

from bot.core.clusters import Clusters
from bot.core.conversation import Conversation
from bot.core.messages import (
    Asked,
    Command,
    PersonSettings,
    Place,
    Press,
    Question,
    Turn,
    Verdicts,
    WhoSells,
)
from bot.core.ports import Store
from tests.fakes import PHRASES, TODAY, ListedKnowledge, MemoryStore, clusters, passage, sender

HERE, CLOTH = passage("stalls#here", title="Here"), passage("closed#cloth", title="Cloth")


def at(step: str, *, update: int = 0, **kept: str) -> Place:
    """Return a place in the check of some hats."""
    return Place("check", "products", step, {"language": "en", "products": "hats", **kept}, update)


def talking(store: Store, closed: Clusters | None = None, **values: object) -> Conversation:
    knowledge = ListedKnowledge(others=(HERE, CLOTH), closed=closed)
    return Conversation(
        knowledge,
        store,
        guess=lambda text: "en",
        phrases=PHRASES,
        min_confidence=0.5,
        today=lambda: TODAY,
    )


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


def said(turn: Turn) -> str:
    return turn.replies[0].text


def press(data: str, *, update: int = 9) -> Press:
    return Press(update, sender(), data, "query", message=9)


async def whole(talk: Conversation) -> list[Turn]:
    """Go through a check, and return what is said at each step."""
    return [
        await talk.turn(Command(1, sender(), "check")),
        await talk.turn(Question(2, sender(), "hats and lamps")),
        await talk.turn(press("v:abroad:en", update=3)),
        await talk.turn(press("v:importer:en", update=4)),
    ]


async def test_a_check_goes_in_three_steps(store: MemoryStore) -> None:
    what, whence, who, result = await whole(talking(store, clusters()))

    assert said(what) == "(en) check_begin"
    assert said(whence) == "whence: hats and lamps"
    assert said(who) == "who: hats and lamps"
    assert said(result).startswith("result of 15 Jun 2030, (en) way_importer\n\nclosed: hats")
    assert isinstance(result.outcome, Verdicts)
    assert await store.seller(1) == "overseas"
    assert [place.step for place in await store.places(1)] == [""]


async def test_what_is_taken_in_twice_leads_no_further(store: MemoryStore) -> None:
    talk = talking(store, clusters())
    await talk.turn(Command(1, sender(), "check"))
    question, pressed = Question(2, sender(), "hats"), press("v:abroad:en", update=3)

    first = [await talk.turn(question), await talk.turn(question)]
    second = [await talk.turn(pressed), await talk.turn(pressed)]

    assert [said(turn) for turn in first] == ["whence: hats"] * 2
    assert [said(turn) for turn in second] == ["who: hats"] * 2


async def test_the_answers_may_be_written(store: MemoryStore) -> None:
    talk = talking(store, clusters())
    await store.put(1, at("whence"))

    who = await talk.turn(Question(2, sender(), "from Mars"))
    result = await talk.turn(Question(3, sender(), "(EN) way_self."))

    assert said(who) == "who: hats"
    assert said(result).startswith("result of 15 Jun 2030, (en) way_self")


@pytest.mark.parametrize("answer", [press("v:here:en"), Question(9, sender(), "at home")])
async def test_a_seller_in_the_country_hears_that_others_are_meant(
    answer: Press | Question, store: MemoryStore
) -> None:
    talk = talking(store, clusters())
    await store.put(1, at("whence"))

    turns = [await talk.turn(answer), await talk.turn(answer)]

    assert {said(turn).partition("\n")[0] for turn in turns} == {"(en) local_seller"}
    assert await store.seller(1) == "local"
    assert [place.kept for place in await store.places(1)] == [{"language": "en"}]


@pytest.mark.parametrize(("language", "is_offered"), [("en", True), ("id", False)])
async def test_a_check_is_offered_to_who_writes_in_a_foreign_language(
    language: str, *, is_offered: bool, store: MemoryStore
) -> None:
    await store.choose_language(1, language)

    turn = await talking(store, clusters()).turn(Command(1, sender(), "start"))

    offered = [button.data for row in turn.replies[0].keyboard for button in row]
    assert ("v:new:en" in offered) is is_offered


async def test_the_button_begins_anew(store: MemoryStore) -> None:
    await store.put(1, at("who"))

    turn = await talking(store, clusters()).turn(press("v:new:en"))

    assert said(turn) == "(en) check_begin"
    assert [place.step for place in await store.places(1)] == ["what"]


@pytest.mark.parametrize("data", ["v:abroad:en", "v:self:en", "v:x:en", "v:new:xx", "v:new"])
@pytest.mark.parametrize("place", [None, at("what"), at("", way="self")])
async def test_a_button_of_another_step_is_old(
    data: str, place: Place | None, store: MemoryStore
) -> None:
    if place:
        await store.put(1, place)

    turn = await talking(store, clusters()).turn(press(data))

    assert turn.toast == "(en) old_button"


@pytest.mark.parametrize("text", ["What tax is on hats?", "?!", "from mars"])
async def test_a_question_about_something_else_is_answered(text: str, store: MemoryStore) -> None:
    await store.put(1, at("what"))

    turn = await talking(store, clusters()).turn(Question(1, sender(), text))

    assert said(turn) != f"whence: {text}"
    assert "g:on" in [button.data for row in turn.replies[0].keyboard for button in row]
    assert await store.places(1) == [at("what")]


async def test_what_is_written_at_another_step_is_answered(store: MemoryStore) -> None:
    await store.put(1, at("who"))
    talk = talking(store, clusters())

    turn = await talk.turn(Question(1, sender(), "can we sell hats in the bazaar"))
    again = await talk.turn(press("g:on"))

    assert isinstance(turn.outcome, Verdicts)
    assert said(again) == "who: hats"


async def test_somebody_may_stop_and_go_on_with_the_next(store: MemoryStore) -> None:
    await store.put(1, at("who"))
    talk = talking(store, clusters())

    on = await talk.turn(Command(5, sender(), "next"))
    stopped = await talk.turn(Command(6, sender(), "stop"))

    assert (said(on), said(stopped)) == ("who: hats", "(en) stopped")
    assert [(place.step, place.kept) for place in await store.places(1)] == [("", {})]


async def test_in_a_group_nothing_is_taken_for_a_check(store: MemoryStore) -> None:
    await store.put(1, at("what"))
    asked = Question(1, sender(chat=-5), "can we sell hats")

    turn = await talking(store, clusters()).turn(asked)
    command = await talking(store, clusters()).turn(Command(1, sender(chat=-5), "check"))

    assert isinstance(turn.outcome, Verdicts)
    assert said(command) == "(en) private_only"


async def test_in_a_group_no_button_begins_a_check(store: MemoryStore) -> None:
    pressed = Press(1, sender(chat=-5), "v:new:en", "query", message=9)

    turn = await talking(store, clusters()).turn(pressed)

    assert (turn.toast, turn.replies) == ("(en) private_only", ())
    assert await store.places(1) == []


async def test_a_program_without_clusters_checks_nothing(store: MemoryStore) -> None:
    talk = talking(store)
    begun = await talk.turn(Command(1, sender(), "check"))
    await store.put(1, at("who"))
    ended = await talk.turn(press("v:self:en"))

    assert (said(begun), said(ended)) == ("(en) check_none",) * 2


async def test_whoever_says_where_they_sell_from_is_answered_again(store: MemoryStore) -> None:
    asked = Asked(1, "apakah hats saya ditutup", "en", "clarify", chat=1, message=7)
    store.asked.append((store._clock(), asked))

    turn = await talking(store, clusters()).turn(press("se:overseas:en"))

    assert isinstance(turn.outcome, Verdicts)
    assert turn.toast == "(en) seller_noted"
    assert await store.seller(1) == "overseas"


async def test_whoever_asked_nothing_hears_that_it_is_noted(store: MemoryStore) -> None:
    talk = talking(store, clusters())

    overseas = await talk.turn(press("se:overseas:en"))
    local = await talk.turn(press("se:local:en"))

    assert (overseas.toast, overseas.replies) == ("(en) seller_noted", ())
    assert said(local).startswith("(en) local_seller\n\nBring a permit.")
    assert await store.seller(1) == "local"


async def test_a_button_that_names_no_side_is_old(store: MemoryStore) -> None:
    turn = await talking(store, clusters()).turn(press("se:mars:en"))

    assert turn.toast == "(en) old_button"


async def test_without_clusters_a_local_seller_hears_it_too(store: MemoryStore) -> None:
    turn = await talking(store).turn(press("se:local:en"))

    assert said(turn) == "(en) local_seller"


async def test_the_remembered_side_counts(store: MemoryStore) -> None:
    talk = talking(store, clusters())
    await store.choose_seller(1, "overseas")

    remembered = await talk.ask(Question(1, sender(), "hats"))
    sent_along = await talk.ask(
        Question(1, sender(settings=PersonSettings(seller="overseas")), "hats")
    )
    named = await talk.ask(Question(1, sender(), "are hats closed", seller="local"))

    assert isinstance(remembered.outcome, Verdicts)
    assert isinstance(sent_along.outcome, Verdicts)
    assert not isinstance(named.outcome, Verdicts)


async def test_asks_who_sells_and_keeps_the_question(store: MemoryStore) -> None:
    talk = replace(talking(store, clusters()).asking, guess=lambda text: "id")
    asked = Question(1, sender(), "hats", message=3)

    turn = await talk.answer(asked, chosen=None)

    assert isinstance(turn.outcome, WhoSells)
    assert [each.outcome for each in turn.asked] == ["clarify"]


async def test_each_of_two_questions_may_be_about_a_product(store: MemoryStore) -> None:
    turn = await talking(store, clusters()).turn(
        Question(1, sender(), "Is there tax on lamps? Are hats closed?")
    )

    assert [part.outcome.name for part in turn.parts if part.outcome] == ["abstain", "verdict"]
