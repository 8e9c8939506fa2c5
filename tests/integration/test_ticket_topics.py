"""Tickets in a group that is a forum: each in a topic of its own, or where everything else is."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.backends.store.database import open_database
from bot.backends.store.people import People
from tests.integration.databases import CIPHER
from tests.integration.stages import GROUP, Running, Stage, answering, simulator, staged
from tests.integration.test_tickets import talking

pytestmark = pytest.mark.timeout(300)

MOVES = ("closeForumTopic", "reopenForumTopic")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, exchanges: Path | None) -> Iterator[Running]:
    with simulator(tmp_path_factory.mktemp("simulator"), exchanges) as started:
        yield started


@pytest.fixture
async def stage(running: Running, tmp_path: Path) -> AsyncIterator[Stage]:
    """Somebody, and a bot with the real conversation that knows nothing."""
    async with (
        staged(running, tmp_path) as found,
        open_database(tmp_path) as database,
        answering(found, talking(People(database, CIPHER), GROUP)),
    ):
        yield found


async def opened(stage: Stage) -> dict[str, Any]:
    """Open a ticket; return what staff got."""
    await stage.say("/talk")
    await stage.texts()
    await stage.say("please help")
    return (await stage.sent("sendMessage", wanted=1, person="group"))[0]


async def in_topic(stage: Stage, text: str, topic: int, **more: Any) -> int:
    said = {"person": "budi", "text": text, "chat": "group", "topic": topic}
    return int((await stage.control("say", **said, **more))["message_id"])


def topics_of(sent: list[dict[str, Any]]) -> list[int]:
    return [int(entry["params"].get("message_thread_id", 0)) for entry in sent]


async def test_a_ticket_has_a_topic_in_which_staff_just_write(stage: Stage) -> None:
    await stage.control("forum")
    topic = topics_of([await opened(stage)])[0]
    await in_topic(stage, "We will look.", topic)
    person = await stage.texts(wanted=3)
    await stage.press("ticket_reply")
    await stage.texts(wanted=4)
    await stage.say("thank you")
    staff = await stage.sent("sendMessage", wanted=3, person="group")
    made = await stage.sent("createForumTopic", wanted=1, person="group")

    assert topic > 0
    assert topics_of(staff) == [topic] * 3
    assert [entry["params"]["name"] for entry in made] == ["🎫 #1 · please help"]
    assert person[2] == "staff on 1: We will look."


async def test_a_reply_to_a_colleague_stays_among_staff(stage: Stage) -> None:
    await stage.control("forum")
    topic = topics_of([await opened(stage)])[0]
    first = await in_topic(stage, "We will look.", topic)
    await in_topic(stage, "Who does?", topic, reply_to=first)
    await in_topic(stage, "It is free.", topic)

    person = await stage.texts(wanted=4)

    assert person[2:] == ["staff on 1: We will look.", "staff on 1: It is free."]


async def test_a_topic_is_closed_and_opened_with_its_ticket_either_way(stage: Stage) -> None:
    await stage.control("forum")
    topic = topics_of([await opened(stage)])[0]
    await in_topic(stage, "/close", topic)
    await stage.texts(wanted=3)
    await stage.press("ticket_open_again")
    moved = await stage.sent(*MOVES, wanted=2, person="group")
    await stage.texts(wanted=4)
    await stage.control("topic", person="budi", topic=topic)
    person = await stage.texts(wanted=5)

    assert [entry["method"] for entry in moved] == list(MOVES)
    assert topics_of(moved) == [topic, topic]
    assert person[2].endswith("is over")
    assert person[4].endswith("is over")


async def test_without_the_right_to_make_topics_a_ticket_is_a_message(stage: Stage) -> None:
    await stage.control("forum", manages=False)
    asked = await opened(stage)
    about = {"chat": "group", "reply_to": asked["message_id"]}
    await stage.control("say", person="budi", text="We will look.", **about)
    person = await stage.texts(wanted=3)
    await stage.control("say", person="budi", text="/close", **about)
    await stage.texts(wanted=4)
    tried = await stage.sent("createForumTopic", *MOVES, wanted=1, person="group")

    assert topics_of([asked]) == [0]
    assert person[2] == "staff on 1: We will look."
    assert [entry["method"] for entry in tried] == ["createForumTopic"]


async def test_what_cannot_stand_in_its_topic_stands_beside_it(stage: Stage) -> None:
    await stage.control("forum")
    await opened(stage)
    await stage.control("forum", forum=False)
    await stage.say("/talk")
    await stage.texts(wanted=3)
    await stage.say("hello?")
    _, refused, sent = await stage.sent("sendMessage", wanted=3, person="group")

    assert (refused["ok"], sent["ok"]) == (False, True)
    assert topics_of([sent]) == [0]


async def test_a_sticker_in_a_topic_is_not_passed_on_in_silence(stage: Stage) -> None:
    await stage.control("forum")
    topic = topics_of([await opened(stage)])[0]
    sticker = {"file_id": "a", "file_unique_id": "a", "width": 1, "height": 1}
    kind = {"type": "regular", "is_animated": False, "is_video": False}
    bot = {"id": 1000000001, "is_bot": True, "first_name": "Akar"}
    chat = {"id": GROUP, "type": "supergroup", "title": "Grup", "is_forum": True}
    begun = {"name": "🎫 #1", "icon_color": 1}
    root = {"message_id": topic, "date": 1, "chat": chat, "from": bot, "forum_topic_created": begun}
    user = {"id": stage.number, "is_bot": False, "first_name": "P"}
    message = {"message_id": 99, "date": 1, "chat": chat, "from": user, "sticker": sticker | kind}
    place = {"message_thread_id": topic, "is_topic_message": True, "reply_to_message": root}
    await stage.control("update", message=message | place)
    _, told = await stage.sent("sendMessage", wanted=2, person="group")

    assert told["text"].endswith("unreadable")
    assert topics_of([told]) == [topic]
