"""Lessons as Telegram shows them: quizzes and pictures, over the real library."""

import io
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import select

from bot.backends.store.database import open_database
from bot.backends.store.people import People
from bot.backends.store.tables import poll
from bot.channels.drawing import drawn
from bot.core.messages import Certificate, Chart, Incoming, Picked, Quiz, Reply, Turn
from tests.integration.databases import CIPHER
from tests.integration.stages import Running, Stage, answering, simulator, staged

pytestmark = pytest.mark.timeout(300)

QUIZ = Quiz("photo", "where", (("window", "By a window"), ("cellar", "In a cellar")), 0, "Soft.")
SHOWN = Certificate("Has learned", "Bu Sari 林", "Photos", "2 of 2", "15 June 2030", "Melati")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, exchanges: Path | None) -> Iterator[Running]:
    with simulator(tmp_path_factory.mktemp("simulator"), exchanges) as started:
        yield started


@pytest.fixture
async def stage(running: Running, tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(running, tmp_path) as found:
        yield found


async def test_a_quiz_is_asked_and_its_answer_comes_back(stage: Stage) -> None:
    heard: list[Incoming] = []

    async def turn(incoming: Incoming) -> Turn:
        heard.append(incoming)
        if isinstance(incoming, Picked):
            return Turn("en", replies=(Reply("thanks"),))
        return Turn("en", replies=(Reply("Where?", quiz=QUIZ),))

    async with answering(stage, turn):
        await stage.say("ask me")
        (asked,) = await stage.sent("sendPoll", wanted=1)
        await stage.control("vote", person=stage.person, option="In a cellar")
        texts = await stage.texts()
    async with open_database(stage.folder) as database:
        rows = await database.rows(select(poll))

    assert asked["params"]["type"] == "quiz"
    assert asked["params"]["correct_option_ids"] == [0]
    assert "note" not in asked["params"]
    assert texts == ["thanks"]
    picked = heard[-1]
    assert isinstance(picked, Picked)
    assert (picked.sender.chat, picked.options) == (stage.number, (1,))
    assert [(row.id, row.person, row.question) for row in rows] == [
        (picked.poll, stage.number, "where")
    ]


async def test_a_picture_is_drawn_as_it_is_sent(stage: Stage) -> None:
    async def turn(_: Incoming) -> Turn:
        return Turn("en", replies=(Reply("**Sari** has learned", picture=SHOWN),))

    async with answering(stage, turn):
        await stage.say("show it")
        (sent,) = await stage.sent("sendPhoto", wanted=1)
        chat = (await stage.http.get(f"/control/chats/{stage.person}")).json()
        photo = chat["messages"][-1]["photo"][-1]
        content = (await stage.http.get(f"/control/files/{photo['file_id']}")).content

    assert (sent["ok"], sent["text"]) == (True, "Sari has learned")
    assert Image.open(io.BytesIO(content)).size == (1080, 1080)


@pytest.mark.parametrize("name", ["", "林伟", "Nyi Raden Ayu " * 12])
def test_any_name_can_be_drawn(name: str) -> None:
    said = {"heading": "Has learned", "name": name, "lesson": "Photos", "result": "2 of 2"}

    content = drawn({"kind": "certificate", **said, "date": "15 June 2030", "program": "Melati"})

    assert content.startswith(b"\x89PNG")


@pytest.mark.parametrize("bars", [[], [("a", 0)], [("a long label " * 9, 7), ("b", 3)]])
def test_any_counts_can_be_drawn(bars: list[tuple[str, int]]) -> None:
    chart = Chart("Counts", tuple(bars))

    content = drawn({"kind": "chart", "title": chart.title, "bars": chart.bars})

    assert Image.open(io.BytesIO(content)).size[1] > 100


async def test_what_was_chosen_is_kept_exported_and_forgotten(tmp_path: Path) -> None:
    async with open_database(tmp_path) as database:
        people = People(database, CIPHER)
        row = {"id": "7", "person": 1, "lesson": "photo", "question": "where", "at": 0.0}
        kept = {**row, "options": '["window", "cellar"]', "right": 0}
        await database.write((poll.insert(), kept))
        await database.write((poll.insert(), kept | {"id": "8", "person": 2}))
        await people.note_choice("7", 1)
        await people.note_choice("7", 0)
        exported = await people.export(1)
        await people.forget(1)
        left = await database.rows(select(poll.c.id))
        await people.expire(days=30)
        none = await database.rows(select(poll.c.id))

    assert exported["quizzes"] == [
        {
            "lesson": "photo",
            "question": "where",
            "chosen": "cellar",
            "at": "1970-01-01T00:00:00+00:00",
        }
    ]
    assert ([each.id for each in left], none) == (["8"], [])
