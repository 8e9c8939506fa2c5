"""A sum step by step, and questions in the middle of it."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from bot.core.conversation import Conversation
from bot.core.messages import Abstention, Button, Command, Place, Press, Question, Turn
from bot.core.sums import Formulas, ParcelService
from tests.fakes import PHRASES, TODAY, ListedKnowledge, MemoryStore, passage, sender

SIZES, PRICE, UNIT = passage("a#size"), passage("a#price"), passage("a#unit")
FORMULAS = Formulas(
    services=(ParcelService("post", SIZES.card, divisor=Decimal(6000)),),
    price=PRICE.card,
    markup=PRICE.card,
    fees="gone#1",
    unit_cost=UNIT.card,
)
GROUP = -5
NOON = datetime(2030, 6, 15, 5, tzinfo=UTC).timestamp()
"""Seven hours ahead of Greenwich."""


class Talk:
    """Somebody in their chat with the bot."""

    def __init__(self, formulas: Formulas = FORMULAS, *, person: int = 1) -> None:
        self.store = MemoryStore()
        self.knowledge = ListedKnowledge(
            passage("stalls#papers"), others=(SIZES, PRICE, UNIT), formulas=formulas
        )
        self.conversation = Conversation(
            self.knowledge,
            self.store,
            guess=lambda text: None,
            phrases=PHRASES,
            min_confidence=0.5,
            today=lambda: TODAY,
            clock=lambda: self.now,
        )
        self.now = NOON
        self.person = person
        self.updates = 0

    async def command(self, name: str, *, chat: int | None = None) -> Turn:
        return await self.conversation.turn(
            Command(self._next(), sender(self.person, chat=chat), name)
        )

    async def press(self, data: str, *, chat: int | None = None) -> Turn:
        who = sender(self.person, chat=chat)
        return await self.conversation.turn(Press(self._next(), who, data, "q", 9))

    async def press_again(self, data: str) -> Turn:
        """The same press once more, as after a crash."""
        return await self.conversation.turn(Press(self.updates, sender(self.person), data, "q", 9))

    async def say(self, text: str, *, chat: int | None = None) -> Turn:
        return await self.conversation.turn(
            Question(self._next(), sender(self.person, chat=chat), text, chosen="en")
        )

    async def again(self, text: str) -> Turn:
        """The same update once more, as after a crash."""
        return await self.conversation.turn(
            Question(self.updates, sender(self.person), text, chosen="en")
        )

    def _next(self) -> int:
        self.updates += 1
        return self.updates


def told(turn: Turn) -> str:
    (reply,) = turn.replies
    return reply.text.splitlines()[0]


def buttons(turn: Turn) -> list[Button]:
    return [button for reply in turn.replies for row in reply.keyboard for button in row]


@pytest.mark.parametrize("name", ["calculate", "hitung"])
async def test_offers_the_sums_that_have_rules(name: str) -> None:
    turn = await Talk(Formulas(unit_cost=UNIT.card)).command(name)

    assert told(turn) == "(en) calculate_menu"
    assert buttons(turn) == [Button("(en) calculate_unit_cost", "n:unit_cost")]


async def test_offers_nothing_where_there_are_no_rules() -> None:
    assert told(await Talk(Formulas()).command("calculate")) == "(en) calculate_nothing"


async def test_works_a_parcel_out_step_by_step() -> None:
    talk = Talk()

    assert told(await talk.press("n:parcel")) == "(en) ask_size"
    assert told(await talk.say("40x30x20 cm")) == "(en) ask_weight"
    assert told(await talk.say("about 2 kg")) == "4 kg by post: 40x30x20/6,000=4, 2"
    assert (await talk.say("40x30x20 or so, what of it?")).outcome is not None


async def test_works_a_price_out_step_by_step() -> None:
    talk = Talk()

    assert told(await talk.press("n:price")) == "(en) ask_cost"
    assert told(await talk.say("20000")) == "(en) ask_profit"
    assert told(await talk.say("25")) == "(en) ask_fee"
    assert told(await talk.say("8%")).startswith("Rp29,851=Rp20,000/(1-0.25-0.08)")


async def test_works_a_cost_out_step_by_step() -> None:
    talk = Talk()

    assert told(await talk.press("n:unit_cost")) == "(en) ask_costs"
    assert told(await talk.say("50k + 30k + 20000")) == "(en) ask_made"
    assert told(await talk.say("40 bags")) == "Rp2,500=Rp100,000/40"


@pytest.mark.parametrize(
    ("name", "said", "key", "outcome"),
    [
        ("parcel", ["40x30x20"], "weight", "4 kg by post: 40x30x20/6,000"),
        ("price", ["20k", "25%"], "fee", "Rp26,667=Rp20,000/(1-0.25-0)"),
    ],
)
async def test_what_nobody_knows_may_be_left_out(
    name: str, said: list[str], key: str, outcome: str
) -> None:
    talk = Talk()
    await talk.press(f"n:{name}")
    turns = [await talk.say(text) for text in said]

    assert buttons(turns[-1]) == [Button("(en) skip_number", f"n:{key}")]
    assert told(await talk.press(f"n:{key}")).startswith(outcome)


@pytest.mark.parametrize("text", ["2", "0x30x20", "40x30x20 2kg", "hmm 40"])
async def test_asks_again_where_a_number_is_not_the_one(text: str) -> None:
    talk = Talk()
    await talk.press("n:parcel")

    assert told(await talk.say(text)) == "(en) ask_size"


@pytest.mark.parametrize(
    ("name", "before", "text"),
    [
        ("parcel", ["40x30x20"], "2"),
        ("parcel", ["40x30x20"], "2 kg 3 kg"),
        ("price", [], "20"),
        ("price", [], "20k 30k"),
        ("price", [], "Rp0"),
        ("price", ["20k"], "20k"),
        ("price", ["20k"], "20% 30%"),
        ("unit_cost", ["50k"], "0"),
        ("unit_cost", ["50k"], "40 30"),
    ],
)
async def test_takes_nothing_else_for_the_number(name: str, before: list[str], text: str) -> None:
    talk = Talk()
    asked = await talk.press(f"n:{name}")
    for said in before:
        asked = await talk.say(said)

    assert told(await talk.say(text)) == told(asked)


async def test_a_question_in_the_middle_is_answered_and_the_sum_goes_on() -> None:
    talk = Talk()
    await talk.press("n:parcel")

    answered = await talk.say("which 2 papers do I need for a stall, please?")

    assert answered.outcome is not None
    assert buttons(answered)[-1] == Button("(en) go_on", "g:on")
    assert told(await talk.press("g:on")) == "(en) ask_size"
    assert told(await talk.say("40x30x20")) == "(en) ask_weight"


async def test_what_is_not_understood_is_followed_by_the_number_that_is_due() -> None:
    talk = Talk()
    await talk.press("n:parcel")
    talk.knowledge.found = (passage("stalls#papers", confidence=0.1),)

    turn = await talk.say("qwerty")

    assert isinstance(turn.outcome, Abstention)
    assert turn.replies[-1].text.endswith("\n\n(en) ask_size")
    assert "g:on" in [button.data for button in buttons(turn)]


async def test_nothing_is_offered_where_nothing_is_said() -> None:
    talk = Talk()
    talk.conversation.askers = lambda _: "silent"
    await talk.press("n:parcel")

    assert (await talk.say("hello")).replies == ()


async def test_an_answer_without_words_is_left_as_it_is() -> None:
    talk = Talk()
    await talk.press("n:parcel")

    async def nothing(_: Question) -> Turn:
        return Turn("en")

    asked = Question(9, sender(1), "what is it that I need for this?", chosen="en")

    assert (await talk.conversation.guiding.around(asked, nothing)).replies == ()


async def test_stops_and_forgets_the_numbers() -> None:
    talk = Talk()
    await talk.press("n:parcel")

    assert told(await talk.command("stop")) == "(en) stopped"
    assert told(await talk.command("stop")) == "(en) nothing_to_stop"
    assert (await talk.press("g:on")).toast == "(en) old_button"


async def test_another_sum_takes_the_place_of_the_one_before() -> None:
    talk = Talk()
    await talk.press("n:parcel")
    await talk.press("n:price")

    assert [place.name for place in await talk.store.places(1) if place.step] == ["price"]
    assert told(await talk.say("20k")) == "(en) ask_profit"


async def test_beginning_twice_begins_once() -> None:
    talk = Talk()
    await talk.press("n:parcel")
    await talk.press("n:parcel")

    assert len(await talk.store.places(1)) == 1


@pytest.mark.parametrize("data", ["n:weight", "n:fee", "n:tax", "n:"])
async def test_an_old_button_does_no_harm(data: str) -> None:
    talk = Talk()
    await talk.press("n:parcel")

    turn = await talk.press(data)

    assert (turn.toast, turn.replies) == ("(en) old_button", ())
    assert told(await talk.say("40x30x20")) == "(en) ask_weight"


async def test_an_update_taken_in_once_more_leads_no_further() -> None:
    talk = Talk()
    await talk.press("n:parcel")
    await talk.say("40x30x20")

    assert told(await talk.again("40x30x20")) == "(en) ask_weight"
    assert told(await talk.say("2 kg")).startswith("4 kg")
    assert told(await talk.again("2 kg")).startswith("4 kg")


async def test_a_press_taken_in_once_more_leads_no_further() -> None:
    talk = Talk()
    begun = [await talk.press("n:parcel"), await talk.press_again("n:parcel")]
    await talk.say("40x30x20")
    left_out = [await talk.press("n:weight"), await talk.press_again("n:weight")]

    assert [told(turn) for turn in begun] == ["(en) ask_size"] * 2
    assert [told(turn) for turn in left_out] == ["4 kg by post: 40x30x20/6,000"] * 2
    assert (await talk.press("n:weight")).toast == "(en) old_button"


@pytest.mark.parametrize(
    ("name", "before", "number"),
    [
        ("unit_cost", [], "9" * 4000),
        ("unit_cost", ["50k"], "9" * 4000),
        ("parcel", [], f"{'9' * 1000}x30x20"),
    ],
)
async def test_asks_again_for_a_number_that_nobody_means(
    name: str, before: list[str], number: str
) -> None:
    talk = Talk()
    asked = await talk.press(f"n:{name}")
    for said in before:
        asked = await talk.say(said)

    assert told(await talk.say(number)) == told(asked)


async def test_a_step_that_is_no_more_leads_to_the_menu() -> None:
    talk = Talk()
    await talk.store.put(1, Place("calculator", "parcel", "colour"))

    assert told(await talk.say("red")) == "(en) calculate_menu"


@pytest.mark.parametrize("formulas", [Formulas(), Formulas(services=FORMULAS.services)])
async def test_says_so_where_the_rules_went_meanwhile(formulas: Formulas) -> None:
    talk = Talk()
    await talk.press("n:parcel")
    await talk.say("40x30x20")
    talk.knowledge.said_of_sums = formulas
    talk.knowledge.cards.pop(SIZES.card)

    assert told(await talk.say("2 kg")) == "(en) calculate_nothing"


async def test_in_a_group_nobody_is_led() -> None:
    talk = Talk()
    await talk.press("n:parcel")

    assert told(await talk.command("calculate", chat=GROUP)) == "(en) private_only"
    assert (await talk.say("40x30x20", chat=GROUP)).outcome is not None
    assert (await talk.press("n:price", chat=GROUP)).toast == "(en) private_only"
    assert [place.step for place in await talk.store.places(1)] == ["size"]
