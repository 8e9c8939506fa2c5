"""Whoever got no answer and wished to hear of one hears of it once, whatever happens meanwhile."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import update
from typer.testing import CliRunner

from bot.app.assembly import App, open_app
from bot.app.wishes import fulfil_wishes
from bot.backends.keys import Cipher
from bot.backends.knowledge.nearest import VectorIndex
from bot.backends.knowledge.served import Served
from bot.backends.prompts import read_phrases
from bot.backends.store import tables
from bot.backends.store.database import Database, open_database
from bot.backends.store.mail import DatabaseMail
from bot.backends.store.people import People
from bot.backends.store.sharing import Alone, Member, Shared
from bot.backends.store.wishes import Wishes
from bot.channels.telegram.incoming import envelope, letter_to
from bot.cli import app as commands
from bot.core.messages import Asked, Call, Language, Wish
from bot.core.ports import KnowledgeError, StoreError
from bot.core.render import digest
from bot.settings import Settings
from tests.conftest import ROOT
from tests.integration import processes
from tests.integration.databases import (
    CIPHER,
    DATABASES,
    OTHER_KEY,
    Clock,
    contents,
    count,
    letter,
    until,
    url_of,
)
from tests.integration.knowledge_folders import FRONT, card, write
from tests.integration.processes import bot_on
from tests.integration.simulators import running as simulator

pytestmark = pytest.mark.timeout(300)

IBU, SOMEBODY = 7_111_222_333, 7_999_999_999
PARKING = "parkir mobil pembeli di mana"
DAY = 86_400.0
CALLS = (Call("sendMessage", {"chat_id": IBU, "text": "Di belakang kios."}),)


@dataclass
class House:
    """A database with people who got no answer to something."""

    database: Database
    people: People
    mail: DatabaseMail
    wishes: Wishes
    clock: Clock
    updates: int = 0

    async def ask(self, person: int, text: str = PARKING, language: Language = "id") -> None:
        self.updates += 1
        asked = letter(self.updates, chat=person)
        await self.mail.receive([asked])
        await self.mail.record(asked, [], Asked(person, text, language, "abstain", "", 0.2))
        await self.mail.done(asked)

    async def wish(self, person: int, text: str = PARKING) -> bool:
        return await self.people.wish(person, chat=person, message=9, key=digest(text))

    async def open(self) -> list[Wish]:
        return list(await self.wishes.open(after=0, limit=100))

    async def tell(self, wish: Wish) -> bool:
        told = letter_to(wish.person, number=wish.number, chat=wish.chat, message=wish.message)
        return await self.wishes.tell(wish, told, CALLS)


@pytest.fixture(params=DATABASES)
async def house(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[House]:
    clock, url = Clock(), url_of(request.param, request)
    async with open_database(tmp_path, url=url) as database:
        member: Member = Shared(database) if url else Alone(tmp_path)
        await member.join()
        yield House(
            database,
            People(database, CIPHER, clock=clock),
            DatabaseMail(database, CIPHER, claims=member, envelope=envelope, clock=clock),
            Wishes(database, CIPHER, clock=clock),
            clock,
        )
        await member.leave()


# What is kept of a wish.


async def test_a_wish_is_kept_with_the_question_as_it_was_kept(house: House) -> None:
    await house.ask(IBU, language="zh")

    assert await house.wish(IBU)

    (wish,) = await house.open()
    assert (wish.person, wish.chat, wish.message) == (IBU, IBU, 9)
    assert (wish.text, wish.language) == (PARKING, "zh")
    kept = (await contents(house.database))["wish"]
    assert PARKING not in str(kept)


async def test_nobody_wishes_with_the_question_of_another(house: House) -> None:
    await house.ask(IBU)

    assert not await house.wish(SOMEBODY)
    assert await count(house.database, "wish") == 0


async def test_a_question_that_was_answered_cannot_be_wished_for(house: House) -> None:
    asked = letter(1, chat=IBU)
    await house.mail.receive([asked])
    await house.mail.record(asked, [], Asked(IBU, PARKING, "id", "answer", "a#1", 0.9))

    assert not await house.wish(IBU)


async def test_wishing_again_is_one_wish(house: House) -> None:
    await house.ask(IBU)
    await house.ask(IBU)

    assert [await house.wish(IBU), await house.wish(IBU)] == [True, True]
    assert len(await house.open()) == 1


async def test_an_older_question_is_wished_for_by_its_own_button(house: House) -> None:
    await house.ask(IBU)
    await house.ask(IBU, "wifi ada ga")

    await house.wish(IBU)

    assert [wish.text for wish in await house.open()] == [PARKING]


async def test_a_fulfilled_wish_is_wished_again_only_when_it_is_asked_again(house: House) -> None:
    await house.ask(IBU)
    await house.wish(IBU)
    house.clock.now += 60
    await house.tell((await house.open())[0])
    await house.wish(IBU)
    before = await house.open()
    house.clock.now += 60
    await house.ask(IBU)
    await house.wish(IBU)

    assert before == []
    assert [wish.number for wish in await house.open()] == [2]


async def test_a_person_sees_their_wishes_and_can_have_them_deleted(house: House) -> None:
    for person in (IBU, SOMEBODY):
        await house.ask(person)
        await house.wish(person)
    house.clock.now += 60
    await house.tell((await house.open())[0])

    exported = (await house.people.export(IBU))["wishes"]
    await house.people.forget(IBU)

    assert exported == [
        {
            "at": "2030-03-17T17:46:40+00:00",
            "text": PARKING,
            "language": "id",
            "told": "2030-03-17T17:47:40+00:00",
        }
    ]
    assert [row[1] for row in (await contents(house.database))["wish"]] == [SOMEBODY]


async def test_a_wish_is_kept_as_long_as_texts_are_from_when_it_was_wished(house: House) -> None:
    await house.ask(IBU)
    house.clock.now += 20 * DAY
    await house.wish(IBU)
    house.clock.now += 30 * DAY - 1
    await house.people.expire(days=30)
    on_the_last_day = await house.open()
    house.clock.now += 2
    await house.people.expire(days=30)

    assert len(on_the_last_day) == 1
    assert await count(house.database, "wish") == 0


async def test_a_wish_that_no_key_fits_is_named(house: House) -> None:
    await house.ask(IBU)
    await house.wish(IBU)

    with pytest.raises(StoreError, match="key_wrong"):
        await Wishes(house.database, Cipher.of(OTHER_KEY)).open(after=0, limit=1)


# The letter that tells of an answer.


async def test_the_letter_waits_as_any_other_and_is_a_reply_to_where_it_was_wished(
    house: House,
) -> None:
    await house.ask(IBU)
    await house.wish(IBU)

    told = await house.tell((await house.open())[0])

    (waiting,) = await house.mail.waiting(beside=(), limit=10)
    assert told
    assert (waiting.update, waiting.chat, waiting.person) == (-1, IBU, IBU)
    assert (waiting.message, waiting.calls, waiting.is_aside) == (9, CALLS, False)
    assert await house.open() == []


async def test_two_who_lead_tell_once(house: House) -> None:
    await house.ask(IBU)
    await house.wish(IBU)
    (wish,) = await house.open()

    told = await asyncio.gather(house.tell(wish), house.tell(wish))

    assert sorted(told) == [False, True]
    assert len(await house.mail.waiting(beside=(), limit=10)) == 1


async def test_nothing_is_told_to_somebody_forgotten_meanwhile(house: House) -> None:
    await house.ask(IBU)
    await house.wish(IBU)
    (wish,) = await house.open()
    await house.people.forget(IBU)

    assert not await house.tell(wish)
    assert await house.mail.waiting(beside=(), limit=10) == []


async def test_a_letter_that_cannot_be_kept_leaves_the_wish_open(house: House) -> None:
    await house.ask(IBU)
    await house.wish(IBU)
    (wish,) = await house.open()
    await house.mail.receive([letter(-wish.number, chat=IBU)])  # Its number is taken.

    with pytest.raises(StoreError):
        await house.tell(wish)

    assert await house.open() == [wish]


async def test_numbers_of_letters_are_never_used_twice(house: House) -> None:
    await house.ask(IBU)
    await house.wish(IBU)
    await house.tell((await house.open())[0])
    await house.people.forget(IBU)
    await house.ask(IBU)
    await house.wish(IBU)

    assert [await house.tell(wish) for wish in await house.open()] == [True]
    assert [each.update for each in await house.mail.waiting(beside=(), limit=10)] == [-2, -1]


# A publication is when wishes are looked at.


KNOWN = {"more.md": FRONT + card("parking", "Park behind the stalls.", PARKING)}


class Broken:
    """Vectors that cannot be searched."""

    def similarities(self, question: str) -> dict[str, float]:
        raise KnowledgeError("search_failed", reason="away")


@dataclass
class Desk:
    """A program with a folder, of whose people one wishes to hear where to park."""

    app: App
    folder: Path
    leads: asyncio.Event
    woken: list[str]

    async def publish(self, files: dict[str, str | bytes]) -> None:
        write(self.folder, files)
        await self.app.knowledge.publish()
        await self.app.knowledge.open_whole()

    async def ask(self, person: int, text: str, *, update: int = 0) -> None:
        """Ask, and get no answer."""
        database, cipher = self.app.database, self.app.cipher
        claims = Alone(self.folder)
        mail = DatabaseMail(database, cipher, claims=claims, envelope=envelope)
        asked = letter(update or person, chat=person)
        await mail.receive([asked])
        kept = Asked(person, text, "id", "abstain", "", 0.2, person, 7)
        await mail.record(asked, [], kept)
        await mail.done(asked)

    async def wish(self, person: int, text: str = PARKING) -> None:
        """Ask, get no answer, and wish to hear of one."""
        await self.ask(person, text)
        assert await self.app.people.wish(person, chat=person, message=9, key=digest(text))

    async def degraded(self) -> bool:
        return self.app.knowledge.search.is_degraded

    async def waiting(self) -> list[tuple[int, str]]:
        """Who is told what, once the wishes have been looked at."""
        claims = Alone(self.folder)
        mail = DatabaseMail(self.app.database, self.app.cipher, claims=claims, envelope=envelope)
        letters = await mail.waiting(beside=(), limit=100)
        return [
            (each.chat, call.parameters["text"]) for each in letters for call in each.calls or ()
        ]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `knowledge` and its published `data`: copy it."""
    folder = tmp_path_factory.mktemp("published")
    write(folder / "knowledge")

    async def publish() -> None:
        async with open_app(settings_in(folder)) as app:
            await app.make_live(on_progress=lambda _done, _total: None)

    asyncio.run(publish())
    return folder


def settings_in(folder: Path) -> Settings:
    return Settings(data=folder / "data", knowledge=folder / "knowledge", prompts=ROOT / "prompts")


@pytest.fixture
async def desk(published: Path, tmp_path: Path) -> AsyncIterator[Desk]:
    """A program in which wishes are looked at again and again, by the one who leads."""
    home = Path(shutil.copytree(published, tmp_path / "home"))
    leads, woken = asyncio.Event(), list[str]()
    leads.set()
    async with open_app(settings_in(home)) as app:
        await app.make_live(on_progress=lambda _done, _total: None)
        looking = asyncio.create_task(
            fulfil_wishes(app, leads, on_letter=lambda: woken.append("woken"), every=0.02)
        )
        yield Desk(app, home / "knowledge", leads, woken)
        looking.cancel()


async def test_a_version_that_answers_is_told_of_to_those_who_wished(desk: Desk) -> None:
    await desk.wish(SOMEBODY, "wifi gratis sampai jam berapa")
    await desk.wish(IBU)
    await asyncio.sleep(0.2)
    before = await desk.waiting()

    await desk.publish(dict(KNOWN))
    await until(desk.waiting)
    await asyncio.sleep(0.2)

    ((person, text),) = await desk.waiting()
    assert before == []
    assert person == IBU
    assert text.splitlines()[2:5:2] == [PARKING, "Park behind the stalls."]
    assert "📄 Card parking · Kabar Kota · 28 Agustus 2029" in text
    assert desk.woken == ["woken"]


async def test_only_who_leads_tells(desk: Desk) -> None:
    desk.leads.clear()
    await desk.wish(IBU)
    await desk.publish(dict(KNOWN))
    await asyncio.sleep(0.3)
    before = await desk.waiting()

    desk.leads.set()

    await until(desk.waiting)
    assert before == []


async def test_the_words_alone_tell_nobody(desk: Desk) -> None:
    await desk.publish(dict(KNOWN))
    knowledge = desk.app.knowledge
    live = await knowledge.versions.live()
    assert live is not None
    content = await knowledge.versions.content(live)
    knowledge.search.is_thorough = True
    knowledge.search.serve(Served.of(content, Broken()))
    await desk.wish(IBU)
    await until(desk.degraded)
    await asyncio.sleep(0.2)
    before = await desk.waiting()

    embeddings = knowledge.embeddings(live.embeddings)
    index = VectorIndex(await knowledge.indexes(), live.name, embeddings)
    knowledge.search.serve(Served.of(content, index))

    await until(desk.waiting)
    assert before == []


async def test_what_was_asked_of_late_does_not_answer_a_wish(desk: Desk) -> None:
    await desk.publish(dict(KNOWN))
    await desk.ask(IBU, PARKING, update=1)

    await desk.wish(IBU, "kalau mobil itu berapa")
    await desk.wish(SOMEBODY)  # It is looked at after the first.
    await until(desk.waiting)

    assert [person for person, _ in await desk.waiting()] == [SOMEBODY]


async def test_what_fails_for_now_is_tried_again(desk: Desk) -> None:
    await desk.publish(dict(KNOWN))
    await desk.wish(IBU)
    damaged = update(tables.wish).values(text=b"damaged")
    await desk.app.database.write((damaged, {}))
    await asyncio.sleep(0.2)
    sealed = {"text": desk.app.cipher.encrypt(PARKING.encode())}

    await desk.app.database.write((update(tables.wish).values(sealed), {}))

    await until(desk.waiting)


def test_a_gap_is_seen_filled_and_told_of_once_though_the_bot_is_killed(
    published: Path, tmp_path: Path
) -> None:
    home = Path(shutil.copytree(published, tmp_path / "home"))
    shutil.copy(published / "data.key", home / "data.key")
    label = read_phrases(ROOT / "prompts")["id"]["wish"]
    given = processes.environment(data=home / "data", knowledge=home / "knowledge")
    with (
        simulator(home / "chats.sqlite3") as telegram,
        bot_on(telegram, home / "data", knowledge=home / "knowledge", rate=0) as bot,
    ):
        bot.start()
        bot.say("ibu", PARKING)
        bot.wait("ibu")
        telegram.control("press", person="ibu", label=label)
        processes.until(lambda: bool(bot.rows("SELECT 1 FROM wish")))
        gaps = CliRunner().invoke(commands, ["knowledge", "gaps"], env=given)
        telegram.control("fault", telegram="cut", share=1)
        write(home / "knowledge", KNOWN)
        processes.until(lambda: bool(bot.rows("SELECT 1 FROM inbox WHERE id < 0")))
        bot.kill()
        before = bot.texts("ibu")
        telegram.control("fault", times=0)
        bot.start()
        bot.wait("ibu", wanted=2)
        bot.settle()
        (_, news) = bot.sent("ibu")

    assert gaps.stdout.splitlines()[0].endswith(PARKING)
    assert len(before) == 1
    assert "Park behind the stalls." in news["text"]
