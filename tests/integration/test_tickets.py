"""Tickets over the real library and the real database: what staff and people get, and what not."""

import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bot.backends.knowledge.folder import check_folder
from bot.backends.prompts import read_phrases
from bot.backends.store.database import Database, open_database
from bot.backends.store.outbox import sealed, unsealed
from bot.backends.store.people import People
from bot.backends.store.tables import ticket, ticket_words
from bot.core.conversation import Conversation
from bot.core.messages import Call, Place
from tests.conftest import ROOT
from tests.fakes import PHRASES, TODAY, ListedKnowledge
from tests.integration.databases import CIPHER, DATABASES, Clock, count, url_of
from tests.integration.knowledge_folders import write
from tests.integration.stages import (
    GROUP,
    Running,
    Stage,
    TakeTurn,
    answering,
    simulator,
    staged,
)

pytestmark = pytest.mark.timeout(300)

IBU, BUDI = 1, 2
DAY = 86_400.0


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, exchanges: Path | None) -> Iterator[Running]:
    with simulator(tmp_path_factory.mktemp("simulator"), exchanges) as started:
        yield started


@pytest.fixture
async def stage(running: Running, tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(running, tmp_path) as found:
        yield found


def talking(people: People, chat: int) -> TakeTurn:
    """The real conversation, which knows nothing."""
    conversation = Conversation(
        ListedKnowledge(),
        people,
        guess=lambda text: None,
        phrases=PHRASES,
        min_confidence=0.5,
        today=lambda: TODAY,
        staff_chat=chat,
    )
    return conversation.turn


@contextlib.asynccontextmanager
async def writing_to_staff(stage: Stage, *, chat: int = GROUP) -> AsyncIterator[None]:
    """A bot that has asked somebody what to pass on to the staff."""
    async with open_database(stage.folder) as database:
        people = People(database, CIPHER)
        async with answering(stage, talking(people, chat)):
            await stage.say("/talk")
            await stage.texts()
            yield


async def test_staff_hear_that_what_they_wrote_did_not_arrive(stage: Stage) -> None:
    async with writing_to_staff(stage):
        await stage.say("please help")
        (asked,) = await stage.sent("sendMessage", wanted=1, person="group")
        await stage.control("block", person=stage.person, blocked=True)
        about = {"chat": "group", "reply_to": asked["message_id"]}
        await stage.control("say", person="budi", text="We will look.", **about)
        _, lost = await stage.texts(wanted=2, person="group")

    assert "please help" in asked["text"]
    assert lost == "1 did not arrive"


async def test_what_staff_get_again_is_no_reply_to_a_message_of_another_chat(stage: Stage) -> None:
    async with writing_to_staff(stage):
        await stage.control("fault", telegram="cut", times=1)
        await stage.say("please help")
        cut, again = await stage.sent("sendMessage", wanted=2, person="group")

    assert (cut["ok"], again["ok"]) == (False, True)
    assert "reply_parameters" not in again["params"]


async def test_nobody_is_told_of_a_ticket_that_staff_cannot_see(stage: Stage) -> None:
    async with writing_to_staff(stage, chat=-100):
        await stage.say("please help")
        _, told = await stage.texts(wanted=2)

    assert told == "(en) ticket_unreachable"


async def test_a_picture_of_staff_is_not_passed_on_in_silence(stage: Stage) -> None:
    async with writing_to_staff(stage):
        await stage.say("please help")
        (asked,) = await stage.sent("sendMessage", wanted=1, person="group")
        photo = [{"file_id": "a", "file_unique_id": "a", "width": 1, "height": 1}]
        reply = {"message_id": asked["message_id"], "date": 1, "text": asked["text"]}
        bot = {"id": 1000000001, "is_bot": True, "first_name": "Akar"}
        chat = {"id": GROUP, "type": "supergroup", "title": "Grup"}
        user = {"id": stage.number, "is_bot": False, "first_name": "P"}
        message = {"message_id": 99, "date": 1, "chat": chat, "from": user, "photo": photo}
        quoted = {"reply_to_message": reply | {"from": bot, "chat": chat}}
        await stage.control("update", message=message | quoted)
        _, told = await stage.texts(wanted=2, person="group")

    assert told.endswith("unreadable")


def test_what_is_made_instead_is_kept_with_a_call() -> None:
    otherwise = (Call("sendMessage", {"chat_id": 2}),)
    calls = (Call("sendMessage", {"chat_id": 1}, otherwise), Call("sendMessage", {"chat_id": 3}))

    assert unsealed(sealed(calls, CIPHER), CIPHER) == calls


@pytest.mark.parametrize("language", ["id", "en", "zh"])
def test_a_draft_of_a_ticket_can_lie_in_the_folder(tmp_path: Path, language: str) -> None:
    said = {"number": 12, "language": language, "title": "parkir di mana", "answer": "Di sini."}
    draft = read_phrases(ROOT / "prompts")[language]["ticket_card"]
    name = "ticket-12.md" if language == "id" else f"ticket-12.{language}.md"
    folder = write(tmp_path, {name: draft.format(question="parkir di mana ya", **said)})

    checked = check_folder(folder, today=TODAY)

    assert checked.mistakes == ()
    assert [read.card.asked for read in checked.cards if read.draft] == [("parkir di mana ya",)]


@pytest.fixture(params=DATABASES)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    async with open_database(tmp_path, url=url_of(request.param, request)) as opened:
        yield opened


async def test_tickets_are_kept_exported_and_forgotten(database: Database) -> None:
    people = People(database, CIPHER)
    mine = await people.open_ticket(IBU, "id", 5)
    same = await people.open_ticket(IBU, "en", 6)
    other = await people.open_ticket(BUDI, "en", 7)
    for text in ("tolong", "twice"):
        await people.note_words(mine.number, 5, "person", text)
    await people.note_words(mine.number, 8, "staff", "ya")
    await people.put(IBU, Place("ticket", "staff", "write"))
    words = await people.words_of(mine.number)
    exported = (await people.export(IBU))["tickets"]
    await people.forget(IBU)

    assert (same, other.number > mine.number) == (mine, True)
    assert words == [("person", "tolong"), ("staff", "ya")]
    assert exported[0]["words"] == [["person", "tolong"], ["staff", "ya"]]
    assert await people.ticket(mine.number) is None
    assert await people.ticket_of(BUDI) == other
    assert await count(database, ticket_words.name) == 0


async def test_a_ticket_is_moved_once_and_by_a_repeated_update(database: Database) -> None:
    people = People(database, CIPHER)
    made = await people.open_ticket(IBU, "id", 5)

    moves = [await people.move_ticket(made.number, "closed", update) for update in (8, 8, 9)]
    again = await people.open_ticket(IBU, "id", 10)

    assert moves == [True, True, False]
    assert again.number != made.number


async def test_a_closed_ticket_is_deleted_in_time(tmp_path: Path) -> None:
    clock = Clock()
    async with open_database(tmp_path) as database:
        people = People(database, CIPHER, clock=clock)
        closed, left = await people.open_ticket(1, "id", 1), await people.open_ticket(2, "id", 2)
        for each in (closed, left):
            await people.note_words(each.number, each.number, "person", "tolong")
        await people.move_ticket(closed.number, "closed", 3)
        clock.now += 31 * DAY
        await people.expire(days=30)

        counts = [await count(database, table.name) for table in (ticket, ticket_words)]

    assert counts == [1, 1]
