"""What is remembered of people: the same promises on every store, and what only databases keep."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import event, select

from bot.backends.keys import Cipher
from bot.backends.knowledge.content import Content
from bot.backends.knowledge.versions import Versions
from bot.backends.store.database import Database, open_database
from bot.backends.store.mail import DatabaseMail
from bot.backends.store.people import People
from bot.backends.store.secrets import check_key, note_key, renew
from bot.backends.store.sharing import Alone
from bot.backends.store.tables import place as place_table
from bot.backends.store.told import Told
from bot.backends.store.troubles import Trouble, Troubles
from bot.backends.store.uploads import SentFile, Uploads
from bot.channels.telegram.incoming import envelope, letter_to
from bot.core.messages import Asked, Call, Place, Reminder
from bot.core.ports import Store, StoreError
from tests.fakes import MemoryStore
from tests.integration.databases import (
    CIPHER,
    DATABASES,
    KEY,
    OTHER_KEY,
    Clock,
    contents,
    count,
    letter,
    url_of,
)

pytestmark = pytest.mark.timeout(300)

IBU = 7_111_222_333
SOMEBODY = 7_999_999_999
GROUP = -1_001_234_567_890
DAY = 86_400.0
SENT = SentFile("stalls.md", b"# Stalls", "b", "o", "h")
SHOP = Place("journey", "shop", "papers", {"product": "food"}, 7)
WISH = Reminder(IBU, 8, "stall", 1_900_000_000.0)
PHOTO = Place("lesson", "photo", "light")
NOBODY_KNOWN: dict[str, Any] = {
    "language": None,
    "seller": None,
    "votes": [],
    "questions": [],
    "wishes": [],
    "messages": [],
    "places": [],
    "quizzes": [],
    "tickets": [],
    "announcements": False,
    "reminder": None,
}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=DATABASES)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    async with open_database(tmp_path, url=url_of(request.param, request)) as found:
        yield found


@pytest.fixture(params=["memory", *DATABASES])
async def store(
    request: pytest.FixtureRequest, tmp_path: Path, clock: Clock
) -> AsyncIterator[Store]:
    if request.param == "memory":
        yield MemoryStore(clock=clock)
        return
    async with open_database(tmp_path, url=url_of(request.param, request)) as database:
        yield People(database, CIPHER, clock=clock)


# Every store.


async def test_knows_no_language_before_one_was_chosen(store: Store) -> None:
    assert await store.language(1) is None


async def test_remembers_each_persons_language(store: Store) -> None:
    await store.choose_language(1, "en")
    await store.choose_language(2, "zh")

    assert (await store.language(1), await store.language(2)) == ("en", "zh")


async def test_the_last_language_counts(store: Store) -> None:
    await store.choose_language(1, "en")
    await store.choose_language(1, "id")

    assert await store.language(1) == "id"


async def test_remembers_where_each_person_sells_from(store: Store) -> None:
    await store.choose_seller(IBU, "overseas")
    await store.choose_seller(SOMEBODY, "overseas")
    await store.choose_seller(IBU, "local")

    sellers = [await store.seller(person) for person in (IBU, SOMEBODY, 1)]
    assert sellers == ["local", "overseas", None]
    assert (await store.export(IBU))["seller"] == "local"


async def test_telegram_ids_beyond_32_bits_are_kept(store: Store) -> None:
    await store.choose_language(SOMEBODY, "en")

    assert await store.language(SOMEBODY) == "en"


async def test_a_card_has_no_votes_before_anybody_voted(store: Store) -> None:
    assert await store.votes("a#1") == {}


async def test_counts_the_votes_of_each_card(store: Store) -> None:
    await store.vote(1, chat=1, message=10, card="a#1", vote="up")
    await store.vote(2, chat=2, message=10, card="a#1", vote="up")
    await store.vote(3, chat=3, message=10, card="a#1", vote="down")
    await store.vote(1, chat=1, message=11, card="b#1", vote="down")

    assert await store.votes("a#1") == {"up": 2, "down": 1}


async def test_the_last_vote_on_a_message_counts(store: Store) -> None:
    await store.vote(1, chat=1, message=10, card="a#1", vote="up")
    await store.vote(1, chat=1, message=10, card="a#1", vote="down")

    assert await store.votes("a#1") == {"down": 1}


async def test_everyone_in_a_group_has_a_vote(store: Store) -> None:
    await store.vote(1, chat=GROUP, message=10, card="a#1", vote="up")
    await store.vote(2, chat=GROUP, message=10, card="a#1", vote="up")

    assert await store.votes("a#1") == {"up": 2}


async def test_a_person_votes_on_each_answer(store: Store) -> None:
    await store.vote(1, chat=1, message=10, card="a#1", vote="up")
    await store.vote(1, chat=1, message=11, card="a#1", vote="up")

    assert await store.votes("a#1") == {"up": 2}


async def test_many_at_once_are_all_remembered(store: Store) -> None:
    people = range(1, 301)

    await asyncio.gather(*(store.choose_language(person, "en") for person in people))

    assert [await store.language(person) for person in people] == ["en"] * 300


async def test_remembers_where_each_person_is(store: Store, clock: Clock) -> None:
    await store.put(IBU, SHOP)
    clock.now += 1
    await store.put(IBU, PHOTO)
    await store.put(SOMEBODY, PHOTO)

    assert list(await store.places(IBU)) == [PHOTO, SHOP]
    assert list(await store.places(SOMEBODY)) == [PHOTO]


async def test_the_last_place_in_one_thing_counts(store: Store, clock: Clock) -> None:
    await store.put(IBU, SHOP)
    clock.now += 1
    await store.put(IBU, PHOTO)
    clock.now += 1
    await store.put(IBU, replace(SHOP, step="", kept={}, update=9))

    assert list(await store.places(IBU)) == [Place("journey", "shop", "", {}, 9), PHOTO]


async def test_exports_where_somebody_is(store: Store) -> None:
    await store.put(IBU, SHOP)

    assert (await store.export(IBU))["places"] == [
        {
            "kind": "journey",
            "name": "shop",
            "step": "papers",
            "kept": {"product": "food"},
            "at": "2030-03-17T17:46:40+00:00",
        }
    ]


async def test_remembers_when_to_remind_each_person(store: Store) -> None:
    await store.remind(WISH)
    await store.remind(replace(WISH, journey="shop", at=WISH.at + DAY))

    assert (await store.zone(IBU), await store.zone(SOMEBODY)) == (8, None)
    assert (await store.export(IBU))["reminder"] == {
        "zone": 8,
        "journey": "shop",
        "at": "2030-03-18T17:46:40+00:00",
    }


async def test_exports_nothing_of_somebody_unknown(store: Store) -> None:
    await store.choose_language(IBU, "en")

    assert await store.export(SOMEBODY) == {"person": SOMEBODY} | NOBODY_KNOWN


async def test_exports_the_language_and_the_votes(store: Store) -> None:
    await store.choose_language(IBU, "zh")
    await store.vote(IBU, chat=IBU, message=10, card="a#1", vote="down")
    await store.vote(SOMEBODY, chat=SOMEBODY, message=10, card="b#1", vote="up")

    assert await store.export(IBU) == {"person": IBU} | NOBODY_KNOWN | {
        "language": "zh",
        "votes": [{"card": "a#1", "vote": "down", "at": "2030-03-17 17:46:40+00:00"}],
    }


async def test_a_changed_vote_is_dated_anew(store: Store, clock: Clock) -> None:
    await store.vote(IBU, chat=IBU, message=10, card="a#1", vote="down")
    clock.now += DAY
    await store.vote(IBU, chat=IBU, message=10, card="a#1", vote="up")

    exported = await store.export(IBU)

    assert exported["votes"] == [{"card": "a#1", "vote": "up", "at": "2030-03-18 17:46:40+00:00"}]


async def test_forgets_a_person_and_no_other(store: Store) -> None:
    for person in (IBU, SOMEBODY):
        await store.choose_language(person, "zh")
        await store.choose_seller(person, "overseas")
        await store.vote(person, chat=GROUP, message=10, card="a#1", vote="up")
        await store.put(person, SHOP)
        await store.remind(replace(WISH, person=person))
    kept = await store.export(SOMEBODY)

    await store.forget(IBU)

    assert await store.export(IBU) == {"person": IBU} | NOBODY_KNOWN
    assert await store.export(SOMEBODY) == kept
    assert await store.votes("a#1") == {"up": 1}


async def test_somebody_forgotten_may_come_back(store: Store) -> None:
    await store.choose_language(IBU, "zh")
    await store.forget(IBU)
    await store.choose_language(IBU, "id")

    assert await store.language(IBU) == "id"


async def test_forgetting_somebody_unknown_is_no_mistake(store: Store) -> None:
    await store.forget(IBU)

    assert await store.export(IBU) == {"person": IBU} | NOBODY_KNOWN


# What only databases keep: questions and dead letters.


@dataclass
class House:
    """A database with its people and their mail."""

    database: Database
    people: People
    mail: DatabaseMail

    async def ask(
        self, update: int, person: int, *, chat: int | None = None, message: int | None = None
    ) -> None:
        """Take a question in, answer it, and keep it."""
        where = person if chat is None else chat
        asked = letter(update, chat=where, person=person)
        kept = Asked(person, "surat apa", "id", "answer", "a#1", 0.75, where, message or update)
        await self.mail.receive([asked])
        await self.mail.record(asked, [], kept)
        await self.mail.done(asked)

    async def fail(self, update: int, person: int, *, chat: int) -> None:
        """Take a message in that cannot be answered."""
        failing = letter(update, chat=chat, person=person)
        await self.mail.receive([failing])
        await self.mail.record(failing, [Call("sendMessage", {"chat_id": chat})])
        await self.mail.fail(failing, "TypeError in x.py:1", is_final=True)

    async def publish(self, person: int) -> None:
        """Send a file, publish it, and see the commands of staff."""
        await Uploads(self.database, CIPHER).keep(SENT, person=person)
        versions, by = Versions(self.database), f"telegram:{person}"
        name = f"version of {person}"
        version = await versions.add(name, content=Content(), hash_="h", embeddings="e", by=by)
        await versions.switch(version, by=by)
        await Told(self.database).take(f"member:{person}")


@pytest.fixture
def house(database: Database, tmp_path: Path, clock: Clock) -> House:
    mail = DatabaseMail(database, CIPHER, claims=Alone(tmp_path), envelope=envelope, clock=clock)
    return House(database, People(database, CIPHER, clock=clock), mail)


async def test_knows_what_somebody_asked_in_a_chat_a_moment_ago(house: House, clock: Clock) -> None:
    await house.ask(1, IBU)
    await house.ask(2, IBU, chat=GROUP)
    await house.ask(3, SOMEBODY, chat=GROUP)
    clock.now += 60
    await house.ask(4, IBU, message=44)

    recent = await house.people.recent(IBU, chat=IBU, before=None, within=3600)

    assert recent == [
        Asked(IBU, "surat apa", "id", "answer", "a#1", 0.75, IBU, 44),
        Asked(IBU, "surat apa", "id", "answer", "a#1", 0.75, IBU, 1),
    ]


async def test_what_was_asked_long_ago_or_later_is_not_recent(house: House, clock: Clock) -> None:
    await house.ask(1, IBU)
    clock.now += 60
    await house.ask(2, IBU)
    await house.ask(3, IBU)

    recent = await house.people.recent(IBU, chat=IBU, before=3, within=60)

    assert [asked.message for asked in recent] == [2]


async def test_no_more_than_three_questions_are_recent(house: House) -> None:
    for number in range(1, 6):
        await house.ask(number, IBU)

    recent = await house.people.recent(IBU, chat=IBU, before=None, within=60)

    assert [asked.message for asked in recent] == [5, 4, 3]


async def test_exports_what_was_asked_and_what_failed(house: House, clock: Clock) -> None:
    await house.ask(1, IBU)
    await house.ask(2, SOMEBODY)
    await house.fail(3, IBU, chat=IBU)
    await house.fail(4, IBU, chat=GROUP)
    await house.fail(5, SOMEBODY, chat=GROUP)

    exported = await house.people.export(IBU)

    assert exported["questions"] == [
        {
            "at": "2030-03-17T17:46:40+00:00",
            "text": "surat apa",
            "language": "id",
            "outcome": "answer",
            "card": "a#1",
            "confidence": 0.75,
        }
    ]
    assert exported["messages"] == [{"id": 3, "state": "dead"}, {"id": 4, "state": "dead"}]


async def test_exports_what_a_member_of_staff_sent_and_published(house: House) -> None:
    await house.publish(IBU)

    mine, others = await house.people.export(IBU), await house.people.export(SOMEBODY)

    assert (len(mine["files"]), len(mine["published"])) == (1, 1)
    assert "files" not in others


async def test_finds_the_reminders_whose_time_has_come(house: House) -> None:
    late, never = replace(WISH, person=1, at=WISH.at + 1), replace(WISH, person=2, at=0.0)
    for wish in (late, never, WISH):
        await house.people.remind(wish)
    reminders = house.people.reminders

    assert await reminders.due(WISH.at - 1) == []
    assert await reminders.due(WISH.at + 1) == [WISH, late]


async def test_reminds_once_unless_it_is_wished_for_again(house: House) -> None:
    reminders, again = house.people.reminders, replace(WISH, at=WISH.at + DAY)
    await house.people.remind(WISH)
    await reminders.tell(WISH, (), letter_to=letter_to, at=WISH.at)
    given = await reminders.due(WISH.at)
    await house.people.remind(again)
    await reminders.tell(WISH, (), letter_to=letter_to, at=WISH.at)

    assert (given, await reminders.due(again.at)) == ([], [again])
    assert await house.people.zone(IBU) == 8


async def test_exports_that_a_reminder_was_given(house: House) -> None:
    await house.people.remind(WISH)
    await house.people.reminders.tell(WISH, (), letter_to=letter_to, at=WISH.at)

    assert (await house.people.export(IBU))["reminder"]["at"] is None


async def test_forgets_every_trace_of_a_person_and_no_other(house: House) -> None:
    for number, person in enumerate((IBU, SOMEBODY)):
        await house.people.choose_language(person, "zh")
        await house.people.put(person, SHOP)
        await house.people.remind(replace(WISH, person=person))
        await house.people.vote(person, chat=person, message=9, card="a#1", vote="up")
        await house.people.vote(person, chat=GROUP, message=9, card="a#1", vote="up")
        await house.ask(10 + number, person)
        await house.ask(20 + number, person, chat=GROUP)
        await house.fail(30 + number, person, chat=person)
        await house.fail(40 + number, person, chat=GROUP)
        await house.publish(person)
    before = await contents(house.database)

    await house.people.forget(IBU)

    after = await contents(house.database)
    assert [row for rows in after.values() for row in rows if IBU in row] == []
    assert [row for rows in after.values() for row in rows if f"telegram:{IBU}" in row] == []
    assert _with(SOMEBODY, after) == _with(SOMEBODY, before)
    assert [row.update for row in (await house.mail.backlog()).dead] == [31, 41]


def _with(person: int, kept: dict[str, list[tuple[Any, ...]]]) -> list[tuple[Any, ...]]:
    return [row for rows in kept.values() for row in rows if person in row]


async def test_a_forgotten_dead_letter_is_not_taken_in_again(house: House) -> None:
    await house.fail(3, IBU, chat=IBU)
    await house.people.forget(IBU)

    assert await house.mail.receive([letter(3, chat=IBU)]) == []


async def test_what_still_waits_is_answered_though_its_writer_is_forgotten(house: House) -> None:
    await house.mail.receive([letter(3, chat=IBU)])
    await house.people.forget(IBU)

    waiting = await house.mail.waiting(beside=(), limit=10)

    assert [each.update for each in waiting] == [3]


async def test_what_was_kept_long_enough_is_deleted(house: House, clock: Clock) -> None:
    await house.ask(1, IBU)
    await house.fail(2, IBU, chat=IBU)
    clock.now += 30 * DAY + 1
    await house.ask(3, SOMEBODY)
    await house.fail(4, SOMEBODY, chat=SOMEBODY)

    await house.people.expire(days=30)

    assert (await house.people.export(IBU))["questions"] == []
    assert len((await house.people.export(SOMEBODY))["questions"]) == 1
    assert [each.update for each in (await house.mail.backlog()).dead] == [4]


async def test_what_is_not_old_enough_is_kept(house: House, clock: Clock) -> None:
    await house.ask(1, IBU)
    await house.fail(2, IBU, chat=IBU)
    clock.now += 30 * DAY - 1

    await house.people.expire(days=30)

    exported = await house.people.export(IBU)
    assert (len(exported["questions"]), len(exported["messages"])) == (1, 1)


async def test_what_waits_does_not_expire(house: House, clock: Clock) -> None:
    await house.mail.receive([letter(1, chat=IBU)])
    clock.now += 400 * DAY

    await house.people.expire(days=1)

    assert await count(house.database, "inbox") == 1


# Files, servers and programs.


async def test_state_outlives_the_program(
    request: pytest.FixtureRequest, database: Database, tmp_path: Path
) -> None:
    await People(database, CIPHER).choose_language(1, "en")
    url = url_of(request.node.callspec.params["database"], request)

    async with open_database(tmp_path, url=url) as other:
        assert await People(other, CIPHER).language(1) == "en"


async def test_makes_the_folder(tmp_path: Path) -> None:
    async with open_database(tmp_path / "new" / "folder"):
        pass

    assert (tmp_path / "new" / "folder" / "akar.sqlite3").is_file()


async def test_names_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(StoreError) as refused:
        async with open_database(tmp_path / "file" / "data"):
            pass

    assert refused.value.code == "data_unwritable"
    assert refused.value.values["path"] == tmp_path / "file" / "data"


@pytest.mark.parametrize("content", [b"this is no database " * 100, b"\x00" * 4096])
async def test_names_a_file_that_is_no_database(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "akar.sqlite3").write_bytes(content)

    with pytest.raises(StoreError) as refused:
        async with open_database(tmp_path):
            pass

    assert refused.value.code == "data_unwritable"
    assert refused.value.values["path"] == tmp_path / "akar.sqlite3"


async def test_names_a_folder_where_the_file_should_be(tmp_path: Path) -> None:
    (tmp_path / "akar.sqlite3").mkdir()

    with pytest.raises(StoreError) as refused:
        async with open_database(tmp_path):
            pass

    assert refused.value.code == "data_unwritable"


# The key.


async def test_any_key_opens_a_database_without_texts(database: Database) -> None:
    await check_key(database, CIPHER)

    assert await count(database, "secret") == 0


async def test_the_key_that_was_noted_opens_it(database: Database) -> None:
    await note_key(database, CIPHER)
    await note_key(database, CIPHER)
    await check_key(database, CIPHER)

    assert (await contents(database))["secret"] == [(1, CIPHER.fingerprints[0])]


async def test_another_key_does_not_open_it(database: Database) -> None:
    await note_key(database, CIPHER)

    with pytest.raises(StoreError) as refused:
        await check_key(database, Cipher.of(OTHER_KEY))

    assert refused.value.code == "key_wrong"


async def test_a_new_key_before_the_old_one_opens_it_and_is_noted(database: Database) -> None:
    await note_key(database, CIPHER)
    both = Cipher.of(f"{OTHER_KEY},{KEY}")

    await check_key(database, both)
    await note_key(database, both)
    await check_key(database, Cipher.of(OTHER_KEY))


BOTH, NEW = Cipher.of(f"{OTHER_KEY},{KEY}"), Cipher.of(OTHER_KEY)


async def fill(database: Database) -> None:
    """Put seven people into a journey, and one into a lesson too and an open ticket."""
    people = People(database, CIPHER)
    for person in range(IBU, IBU + 7):
        await people.put(person, SHOP)
    await people.put(IBU, PHOTO)
    await people.open_ticket(IBU, "id", 1)
    for number in range(5):
        await people.note_words(1, number, "person", f"{number}: surat saya hilang")


async def readable(database: Database, cipher: Cipher) -> tuple[int, int]:
    """Count the places that a cipher reads, and the words of the ticket."""
    people = People(database, cipher)
    places = [await people.places(person) for person in range(IBU, IBU + 7)]
    return sum(map(len, places)), len(await people.words_of(1))


async def test_what_is_kept_for_long_is_read_by_a_new_key_without_the_old_one(
    database: Database,
) -> None:
    await fill(database)
    people = People(database, NEW)

    await note_key(database, BOTH)
    once = await database.rows(select(place_table.c.kept))
    await note_key(database, BOTH)

    assert await database.rows(select(place_table.c.kept)) == once
    assert await readable(database, NEW) == (8, 5)
    assert {place.name: place for place in await people.places(IBU)} == {
        "shop": SHOP,
        "photo": PHOTO,
    }
    assert (await people.words_of(1))[4] == ("person", "4: surat saya hilang")


async def test_a_change_of_the_key_that_is_cut_short_goes_on_at_the_next_start(
    database: Database,
) -> None:
    await fill(database)
    commits: list[object] = []

    def cut_short(connection: object) -> None:
        commits.append(connection)
        if len(commits) == 3:
            raise OSError

    event.listen(database.engine, "commit", cut_short)
    with pytest.raises(StoreError):
        await renew(database, BOTH, batch=3)
    assert [len(await People(database, NEW).places(IBU + more)) for more in (0, 6)] == [2, 0]
    assert await readable(database, BOTH) == (8, 5)

    await renew(database, BOTH, batch=3)

    assert await readable(database, NEW) == (8, 5)


async def test_two_processes_may_change_the_key_at_once(
    request: pytest.FixtureRequest, database: Database, tmp_path: Path
) -> None:
    await fill(database)
    moved = Place("journey", "shop", "stall", {"product": "clothes"}, 8)
    url = url_of("postgresql", request) if database.is_shared else None
    async with open_database(tmp_path, url=url) as beside:
        await asyncio.gather(
            renew(database, BOTH, batch=2),
            renew(beside, BOTH, batch=3),
            *(People(beside, BOTH).put(person, moved) for person in range(IBU, IBU + 7)),
        )

    assert await readable(database, NEW) == (8, 5)
    assert moved in await People(database, NEW).places(IBU + 6)


async def test_a_text_that_no_key_reads_does_not_keep_the_others_from_a_new_one(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    await fill(database)
    await People(database, Cipher.of(Fernet.generate_key().decode())).put(IBU + 1, SHOP)

    await note_key(database, BOTH)

    assert "kept texts cannot be read: 1" in caplog.text
    assert await readable(database, NEW) == (7, 5)


async def test_nothing_is_encrypted_anew_where_there_is_one_key(database: Database) -> None:
    await fill(database)
    before = await contents(database)

    await note_key(database, CIPHER)

    assert {**await contents(database), "secret": []} == before


async def test_a_place_that_cannot_be_read_is_as_if_it_were_not_there(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    await People(database, CIPHER).put(IBU, SHOP)
    people = People(database, NEW)
    await people.put(IBU, PHOTO)

    assert await people.places(IBU) == [PHOTO]
    assert [place["name"] for place in (await people.export(IBU))["places"]] == ["photo"]
    assert "places cannot be read, as if they were not there: 1" in caplog.text
    assert str(IBU) not in caplog.text

    await people.put(IBU, SHOP)
    assert SHOP in await people.places(IBU)


# What fails for now.


async def test_notes_since_when_each_thing_fails(database: Database, clock: Clock) -> None:
    troubles = Troubles(database, clock=clock)
    await troubles.note(["state"])
    clock.now += 60
    await troubles.note(["state", "words_only"])

    assert await troubles.all() == [
        Trouble("state", 1_900_000_000.0),
        Trouble("words_only", 1_900_000_060.0),
    ]


async def test_what_fails_no_longer_is_gone(database: Database) -> None:
    troubles = Troubles(database)
    await troubles.note(["state", "words_only"])
    await troubles.note([])

    assert await troubles.all() == []


async def test_several_processes_note_the_same(database: Database) -> None:
    both = (Troubles(database), Troubles(database))

    await asyncio.gather(*(troubles.note(["state", "words_only"]) for troubles in both))

    assert [trouble.code for trouble in await both[0].all()] == ["state", "words_only"]
