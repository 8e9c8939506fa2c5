"""Counts of what is kept, on the real database, and as a command prints them."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.app.assembly import open_app
from bot.app.statistics import counted
from bot.backends.keys import Cipher
from bot.backends.store.database import Database, open_database
from bot.backends.store.people import People
from bot.backends.store.statistics import Counts
from bot.backends.store.tables import poll, question
from bot.core.counts import HardQuestion, Statistics, TicketCount, WayCount
from bot.core.messages import Place
from tests.fakes import ListedKnowledge
from tests.integration.databases import CIPHER, DATABASES, OTHER_KEY, Clock, url_of
from tests.integration.homes import settings_of
from tests.integration.processes import akar
from tests.unit.test_journeys import STALL
from tests.unit.test_lessons import PHOTO, PRICE

pytestmark = pytest.mark.timeout(300)

HOUR = 3_600.0


@pytest.fixture(params=DATABASES)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    async with open_database(tmp_path, url=url_of(request.param, request)) as opened:
        yield opened


async def fill(database: Database, clock: Clock, cipher: Cipher = CIPHER) -> None:
    """Six people: five know the bot by different doors, one asks twice."""
    people = People(database, cipher, clock=clock)
    for person, outcome in ((1, "answer"), (1, "answer"), (2, "abstain")):
        row = {"person": person, "at": 0.0, "text": b"", "language": "id", "outcome": outcome}
        await database.write((question.insert(), row | {"card": ""}))
    await people.put(1, Place("journey", "stall", "permit", {"product": "food"}))
    await people.put(2, Place("journey", "stall", "", {"product": "food"}))
    await people.put(3, Place("lesson", "photo", "", {"+finished": "2030-06-15", "light": "+"}))
    await people.put(3, Place("lesson", "gone", "", {}))
    for number, (name, chosen) in enumerate([("where", 1), ("where", 0), ("what", 0), ("old", 1)]):
        row = {"id": str(number), "person": 3, "lesson": "photo", "question": name, "at": 0.0}
        await database.write((poll.insert(), row | {"options": "[]", "right": 0, "chosen": chosen}))
    await people.subscribe(4, "id")
    await people.choose_language(5, "en")
    closed = await people.open_ticket(6, "id", 1)
    clock.now += 2 * HOUR
    await people.move_ticket(closed.number, "closed", 2)
    await people.open_ticket(6, "id", 3)
    clock.now += 5 * HOUR


async def test_counts_what_is_kept(database: Database) -> None:
    clock = Clock()
    await fill(database, clock)
    knowledge = ListedKnowledge(journeys=[STALL], lessons=[PHOTO, PRICE])

    found = await counted(Counts(database, CIPHER), knowledge, language="en", days=30, clock=clock)

    assert found == Statistics(
        people=6,
        subscribers=1,
        days=30,
        outcomes=(("answer", 2), ("abstain", 1)),
        journeys=(WayCount("A stall", 2, 0, (("Permit", 2),)),),
        lessons=(
            WayCount("Photos", 1, 1, (("Use white paper.", 1),)),
            WayCount("Prices", 0, 0),
        ),
        hardest=(HardQuestion("Photos", "Where?", 2, 1),),
        tickets=TicketCount(1, 5.0, 1, 2.0),
    )


async def test_counts_no_place_that_cannot_be_read(database: Database) -> None:
    await fill(database, Clock())
    counts = Counts(database, Cipher.of(OTHER_KEY))

    assert (await counts.places(), await counts.people()) == ([], 6)


async def test_counts_nothing_where_nothing_is_kept(database: Database) -> None:
    found = await counted(
        Counts(database, CIPHER), ListedKnowledge(), language="en", days=30, clock=Clock()
    )

    assert found == Statistics(0, 0, 30, (), (), (), (), TicketCount())


async def test_a_command_prints_counts_and_draws_them(home: Path) -> None:
    async with open_app(settings_of(home)) as app:
        await fill(app.database, Clock(app.clock.time()), app.cipher)
        places: dict[str, Any] = {"knowledge": home / "knowledge", "data": home / "data"}
    printed = akar("stats", cwd=home, **places)
    as_json = akar("stats", "--json", "--chart", "counts.png", cwd=home, **places)
    refused = akar("stats", "--chart", "missing/counts.png", cwd=home, **places)

    assert printed.stdout.startswith("6 people have used the bot; 1 want announcements.\n")
    assert "answered  2" in printed.stdout
    assert "Tickets: 1 open" in printed.stdout
    assert json.loads(as_json.stdout)["people"] == 6
    assert (home / "counts.png").read_bytes().startswith(b"\x89PNG")
    assert (refused.returncode, "missing/counts.png" in refused.stderr) == (3, True)


async def test_a_command_counts_nothing_before_the_first_start(tmp_path: Path) -> None:
    done = akar("stats", cwd=tmp_path, data=tmp_path / "data")

    assert (done.returncode, (tmp_path / "data").exists()) == (0, False)
    assert done.stdout.startswith("0 people")
