"""The durable inbox with its outbox: the same promises on every mail, and what databases hide."""

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text, update

from bot.backends.keys import Cipher
from bot.backends.store.database import Database, open_database
from bot.backends.store.mail import Backlog, DatabaseMail, DeadLetter
from bot.backends.store.people import People
from bot.backends.store.secrets import note_key
from bot.backends.store.sharing import Alone, Member, Shared
from bot.backends.store.tables import inbox
from bot.channels.telegram.incoming import envelope
from bot.core.messages import Asked, Call, Language, PersonSettings, Place, Received
from bot.core.ports import Mail, StoreError
from tests.fakes import MemoryMail
from tests.integration.databases import (
    CIPHER,
    DATABASES,
    OTHER_KEY,
    Clock,
    contents,
    count,
    letter,
    url_of,
)
from tests.servers import postgres_programs

pytestmark = pytest.mark.timeout(300)

IBU = 7_111_222_333
GROUP = -1_001_234_567_890
LAST = 2**63 - 1
HOUR = 3600.0

CALLS = (
    Call("sendMessage", {"chat_id": 1, "text": "Bawa KTP — 证件 🙂", "entities": [{"offset": 5}]}),
    Call("sendDocument", {"chat_id": 1, "document": {"name": "a.json", "content": "{}"}}),
)
NOTHING = PersonSettings(has_places=False, has_asked=False)
ASKED = Asked(1, "surat apa", "id", "answer", "a#1", 0.75)


@dataclass
class Post:
    """A mail, and how somebody chooses a language, or comes to a place."""

    mail: Mail
    choose: Callable[[int, Language], Awaitable[None]]
    place: Callable[[int, Place], Awaitable[None]]

    async def waiting(self, *beside: int, limit: int = 1000) -> Sequence[Received]:
        return await self.mail.waiting(beside=set(beside), limit=limit)


@dataclass
class Office:
    """A mail in a database, with all that is around it."""

    database: Database
    mail: DatabaseMail
    people: People
    member: Member
    clock: Clock

    async def waiting(self) -> list[int]:
        return [each.update for each in await self.mail.waiting(beside=(), limit=1000)]


@asynccontextmanager
async def opened(
    folder: Path, url: str | None, clock: Clock, cipher: Cipher = CIPHER
) -> AsyncIterator[Office]:
    """A process with its mail, which ends without tidying up: as after a crash."""
    async with open_database(folder, url=url) as database:
        member: Member = Shared(database) if url else Alone(folder)
        await member.join()
        mail = DatabaseMail(database, cipher, claims=member, envelope=envelope, clock=clock)
        people = People(database, cipher, clock=clock)
        try:
            yield Office(database, mail, people, member, clock)
        finally:
            await member.leave()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest) -> str | None:
    return url_of(request.param, request)


@pytest.fixture
async def office(url: str | None, tmp_path: Path, clock: Clock) -> AsyncIterator[Office]:
    async with opened(tmp_path, url, clock) as found:
        yield found


@pytest.fixture(params=["memory", *DATABASES])
async def post(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> AsyncIterator[Post]:
    if request.param == "memory":
        mail = MemoryMail(clock=clock)

        async def choose(person: int, language: Language) -> None:
            mail.languages[person] = language

        async def put(person: int, _: Place) -> None:
            mail.placed.add(person)

        yield Post(mail, choose, put)
        return
    async with opened(tmp_path, url_of(request.param, request), clock) as office:
        yield Post(office.mail, office.people.choose_language, office.people.put)


def numbers(letters: Sequence[Received]) -> list[int]:
    return [each.update for each in letters]


# Every mail.


async def test_an_empty_batch_brings_nothing(post: Post) -> None:
    assert list(await post.mail.receive([])) == []


async def test_what_is_new_comes_back_as_it_came(post: Post, clock: Clock) -> None:
    came = letter(5, chat=GROUP, person=IBU, said="/start@bot 你好")

    (received,) = await post.mail.receive([came])

    assert received == replace(came, at=clock.now, settings=NOTHING)
    assert (received.chat, received.person, received.is_aside) == (GROUP, IBU, True)


async def test_what_came_twice_is_new_once(post: Post) -> None:
    await post.mail.receive([letter(5), letter(6)])

    again = await post.mail.receive([letter(5), letter(6), letter(7)])

    assert numbers(again) == [7]


async def test_what_stands_twice_in_a_batch_is_new_once(post: Post) -> None:
    received = await post.mail.receive([letter(5), letter(6), letter(5), letter(5, said="lain")])

    assert numbers(received) == [5, 6]


async def test_what_comes_twice_at_the_same_time_is_new_once(post: Post) -> None:
    batches = await asyncio.gather(*(post.mail.receive([letter(5)]) for _ in range(5)))

    assert sorted(map(numbers, batches)) == [[], [], [], [], [5]]


async def test_what_is_done_is_not_new_again(post: Post) -> None:
    await post.mail.receive([letter(5)])
    await post.mail.done(letter(5))

    assert list(await post.mail.receive([letter(5)])) == []


async def test_numbers_beyond_32_bits_and_groups_are_kept(post: Post) -> None:
    letters = [letter(LAST, chat=IBU), letter(2**31, chat=-LAST), letter(2**32, chat=LAST)]

    await post.mail.receive(letters)

    waiting = await post.waiting()
    assert [(each.update, each.chat) for each in waiting] == [
        (2**31, -LAST),
        (2**32, LAST),
        (LAST, IBU),
    ]


async def test_a_large_batch_is_kept_whole(post: Post) -> None:
    received = await post.mail.receive([letter(number, chat=number % 7) for number in range(3000)])

    assert numbers(received) == list(range(3000))


async def test_what_waits_comes_in_the_order_of_its_numbers(post: Post) -> None:
    await post.mail.receive([letter(30, chat=2), letter(10, chat=1)])
    await post.mail.receive([letter(20, chat=3), letter(5, chat=2)])

    assert numbers(await post.waiting()) == [5, 10, 20, 30]


async def test_only_so_much_is_fetched_and_nothing_that_is_in_hand(post: Post) -> None:
    await post.mail.receive([letter(number) for number in range(10)])

    assert numbers(await post.waiting(0, 1, 5, limit=4)) == [2, 3, 4, 6]


async def test_what_is_done_waits_no_longer(post: Post) -> None:
    await post.mail.receive([letter(5), letter(6)])

    await post.mail.done(letter(5))

    assert numbers(await post.waiting()) == [6]


async def test_what_is_to_be_sent_comes_back(post: Post) -> None:
    await post.mail.receive([letter(5)])
    await post.mail.record(letter(5), CALLS, ASKED)
    await post.mail.sent(letter(5), 1)

    (waiting,) = await post.waiting()

    assert (waiting.calls, waiting.sent) == (CALLS, 1)


async def test_nothing_to_send_is_another_thing_than_not_decided(post: Post) -> None:
    await post.mail.receive([letter(5), letter(6)])
    await post.mail.record(letter(5), [])

    assert [each.calls for each in await post.waiting()] == [(), None]


async def test_half_a_character_can_be_sent(post: Post) -> None:
    calls = (Call("sendMessage", {"text": "\ud83d"}),)
    await post.mail.receive([letter(5)])
    await post.mail.record(letter(5), calls, Asked(1, "apa \ud83d", "id", "answer"))

    (waiting,) = await post.waiting()

    assert waiting.calls == calls


async def test_knows_which_messages_answered_one(post: Post) -> None:
    await post.mail.receive([letter(5), letter(6, chat=2)])
    await post.mail.sent(letter(5), 1, [11])
    await post.mail.done(letter(5), [11, 12])
    await post.mail.done(letter(6, chat=2))

    known = [list(await post.mail.replies(each)) for each in (letter(7), letter(8, chat=2))]

    assert known == [[11, 12], []]


async def test_what_is_answered_anew_without_a_message_keeps_those_it_had(post: Post) -> None:
    await post.mail.done(letter(5), [11])
    await post.mail.done(letter(6), [])

    assert list(await post.mail.replies(letter(7))) == [11]


async def test_attempts_are_counted(post: Post) -> None:
    await post.mail.receive([letter(5)])
    await post.mail.fail(letter(5), "TypeError in x.py:1", is_final=False)
    await post.mail.fail(letter(5), "TypeError in x.py:1", is_final=False)

    assert [each.attempts for each in await post.waiting()] == [2]


async def test_a_dead_letter_waits_no_longer_and_is_not_new_again(post: Post) -> None:
    await post.mail.receive([letter(5)])

    await post.mail.fail(letter(5), "TypeError in x.py:1", is_final=True)

    assert list(await post.waiting()) == []
    assert list(await post.mail.receive([letter(5)])) == []


async def test_what_is_done_cannot_fail_afterwards(post: Post) -> None:
    await post.mail.receive([letter(5)])
    await post.mail.done(letter(5))

    await post.mail.fail(letter(5), "TypeError in x.py:1", is_final=False)

    assert list(await post.waiting()) == []


async def test_what_people_chose_comes_with_their_letters(post: Post) -> None:
    await post.choose(1, "zh")
    mine = [letter(5, chat=1), letter(6, chat=GROUP, person=1), letter(7, chat=2)]

    received = await post.mail.receive(mine)
    waiting = await post.waiting()

    chinese = replace(NOTHING, language="zh")
    chosen = [chinese, chinese, NOTHING]
    assert [each.settings for each in received] == chosen
    assert [each.settings for each in waiting] == chosen


async def test_whether_people_are_somewhere_comes_with_their_letters(post: Post) -> None:
    await post.place(1, Place("journey", "stall", "permit"))

    received = await post.mail.receive([letter(5, chat=1), letter(6, chat=2)])

    assert [each.settings for each in received] == [replace(NOTHING, has_places=True), NOTHING]


async def test_whether_people_have_asked_before_comes_with_their_letters(post: Post) -> None:
    await post.mail.receive([letter(5, chat=1)])
    await post.mail.record(letter(5, chat=1), (), ASKED, replace(ASKED, text="dan biayanya"))

    received = await post.mail.receive([letter(6, chat=1), letter(7, chat=2)])

    assert [each.settings for each in received] == [replace(NOTHING, has_asked=True), NOTHING]


async def test_where_people_sell_from_comes_along(
    url: str | None, tmp_path: Path, clock: Clock
) -> None:
    async with opened(tmp_path, url, clock) as office:
        await office.people.choose_seller(1, "overseas")
        received = await office.mail.receive([letter(5, chat=1), letter(6, chat=2)])

    chosen = replace(NOTHING, seller="overseas")
    assert [each.settings for each in received] == [chosen, NOTHING]


async def test_a_chat_can_be_let_go(post: Post) -> None:
    await post.mail.receive([letter(5)])
    await post.mail.done(letter(5))

    await post.mail.release(1)

    assert numbers(await post.mail.receive([letter(6)])) == [6]


# What a database keeps.


async def test_what_was_received_is_there_after_a_crash(
    url: str | None, tmp_path: Path, clock: Clock
) -> None:
    async with opened(tmp_path, url, clock) as before:
        await before.mail.receive([letter(5, chat=IBU, said="surat apa"), letter(6), letter(7)])
        await before.mail.record(letter(6), CALLS)
        await before.mail.sent(letter(6), 1)
        await before.mail.fail(letter(7), "TypeError in x.py:1", is_final=False)
    came = clock.now
    clock.now += HOUR

    async with opened(tmp_path, url, clock) as after:
        waiting = await after.mail.waiting(beside=(), limit=10)

    assert list(waiting) == [
        replace(letter(5, chat=IBU, said="surat apa"), at=came, settings=NOTHING),
        replace(letter(6), at=came, settings=NOTHING, calls=CALLS, sent=1),
        replace(letter(7), at=came, settings=NOTHING, attempts=1),
    ]


async def test_what_was_received_is_not_new_after_a_crash(
    url: str | None, tmp_path: Path, clock: Clock
) -> None:
    async with opened(tmp_path, url, clock) as before:
        await before.mail.receive([letter(5)])

    async with opened(tmp_path, url, clock) as after:
        assert await after.mail.receive([letter(5)]) == []


async def test_of_what_is_done_only_its_number_is_kept(office: Office) -> None:
    await office.mail.receive([letter(5, chat=IBU)])
    await office.mail.record(letter(5, chat=IBU), CALLS)

    await office.mail.done(letter(5, chat=IBU))

    (row,) = await office.database.rows(
        text("SELECT id, chat, person, state, raw, calls FROM inbox")
    )
    assert tuple(row) == (5, 0, 0, "done", None, None)


async def test_the_backlog_tells_what_waits_and_what_failed(office: Office) -> None:
    came = office.clock.now
    await office.mail.receive([letter(5), letter(6), letter(9), letter(8)])
    office.clock.now += HOUR
    await office.mail.receive([letter(7)])
    for number, reason in ((9, "TypeError in x.py:1"), (8, "update_unreadable: reason=KeyError")):
        await office.mail.fail(letter(number), reason, is_final=True)

    assert await office.mail.backlog() == Backlog(
        waiting=3,
        oldest=came,
        dead=(
            DeadLetter(8, "update_unreadable: reason=KeyError", came),
            DeadLetter(9, "TypeError in x.py:1", came),
        ),
    )


async def test_nothing_waits_in_an_empty_backlog(office: Office) -> None:
    assert await office.mail.backlog() == Backlog(waiting=0, oldest=None, dead=())


async def test_dead_letters_are_tried_once_more(office: Office) -> None:
    await office.mail.receive([letter(5), letter(6), letter(7)])
    await office.mail.done(letter(5))
    for number in (6, 7):
        await office.mail.fail(letter(number), "TypeError in x.py:1", is_final=True)

    replayed = await office.mail.replay()

    waiting = await office.mail.waiting(beside=(), limit=10)
    assert replayed == 2
    assert [(each.update, each.attempts) for each in waiting] == [(6, 0), (7, 0)]
    assert (await office.mail.backlog()).dead == ()


async def test_what_is_done_is_deleted_when_it_cannot_come_again(office: Office) -> None:
    await office.mail.receive([letter(number) for number in range(4)])
    await office.mail.fail(letter(1), "TypeError in x.py:1", is_final=True)
    office.clock.now += 40 * HOUR
    await office.mail.done(letter(2))
    office.clock.now += 47 * HOUR
    await office.mail.done(letter(3))

    await office.mail.purge()
    kept = await count(office.database, "inbox")
    office.clock.now += 2 * HOUR
    await office.mail.purge()

    assert (kept, await count(office.database, "inbox")) == (4, 3)
    assert await office.waiting() == [0]
    assert [each.update for each in (await office.mail.backlog()).dead] == [1]


async def test_what_is_done_and_purged_was_kept_as_long_as_telegram_delivers(
    office: Office,
) -> None:
    await office.mail.receive([letter(5)])
    await office.mail.done(letter(5))
    office.clock.now += 24 * HOUR

    await office.mail.purge()

    assert await office.mail.receive([letter(5)]) == []


async def test_a_question_is_kept_together_with_its_answer(office: Office) -> None:
    await office.mail.receive([letter(5)])

    await office.mail.record(letter(5), CALLS, ASKED)

    (question,) = (await office.people.export(1))["questions"]
    assert (question["text"], question["outcome"]) == ("surat apa", "answer")


async def test_of_an_edited_question_the_last_form_is_kept(office: Office) -> None:
    other, edited = replace(ASKED, chat=1, message=6), replace(ASKED, chat=1, message=7)
    await office.mail.receive([letter(5)])
    await office.mail.record(letter(5), CALLS, other, edited, edited)
    again = replace(letter(6), is_edit=True)
    await office.mail.receive([again])

    await office.mail.record(again, CALLS, replace(edited, text="biaya apa"))

    questions = (await office.people.export(1))["questions"]
    assert [question["text"] for question in questions] == ["surat apa", "biaya apa"]


async def test_an_edited_question_is_kept_beside_the_question_of_another_chat(
    office: Office,
) -> None:
    edit = replace(letter(6, chat=2), is_edit=True)
    await office.mail.receive([letter(5), edit])

    await asyncio.gather(
        office.mail.record(letter(5), CALLS, replace(ASKED, chat=1, message=7)),
        office.mail.record(edit, CALLS, replace(ASKED, person=2, chat=2, message=7)),
    )

    assert [len((await office.people.export(each))["questions"]) for each in (1, 2)] == [1, 1]


async def test_which_messages_answered_is_forgotten_with_the_person(office: Office) -> None:
    await office.mail.done(letter(5), [11])
    await office.mail.done(letter(6, chat=2), [12])

    await office.people.forget(1)

    kept = [list(await office.mail.replies(each)) for each in (letter(5), letter(6, chat=2))]
    assert kept == [[], [12]]


@pytest.mark.parametrize(("hours", "kept"), [(47, [11]), (49, [])])
async def test_which_messages_answered_is_kept_for_two_days(
    office: Office, hours: int, kept: list[int]
) -> None:
    await office.mail.done(letter(5), [11])
    office.clock.now += hours * HOUR

    await office.mail.purge()

    assert list(await office.mail.replies(letter(5))) == kept


async def test_a_question_is_not_kept_where_its_answer_could_not_be(office: Office) -> None:
    await office.mail.receive([letter(5)])
    no_language: Any = None
    nameless = replace(ASKED, language=no_language)

    with pytest.raises(StoreError):
        await office.mail.record(letter(5), CALLS, nameless)

    waiting = await office.mail.waiting(beside=(), limit=10)
    assert [each.calls for each in waiting] == [None]


# What nobody can read without the key.

PLANTED = ("Sari Wulandari", "0812-3456-7890", "rekening 4455667788", "证件", "Jalan Melati")


async def plant(office: Office) -> None:
    """Put texts wherever there is a place for one; some wait, some are done, some are dead."""
    await note_key(office.database, CIPHER)
    said = " ".join(PLANTED)
    for number in range(6):
        came = letter(number, chat=IBU + number, said=said)
        await office.mail.receive([came])
        calls = [Call("sendMessage", {"chat_id": IBU, "text": said})]
        await office.mail.record(came, calls, Asked(IBU, said, "id", "answer", "a#1"))
    await office.mail.done(letter(0))
    await office.mail.done(letter(1))
    await office.mail.fail(letter(2), "TypeError in x.py:1", is_final=True)
    await office.people.forget(IBU + 2)


def readable(*contents: bytes) -> list[str]:
    """The planted texts that can be read, however they are written."""
    written = {
        name: {name.encode(), name.encode("utf-16-le"), json.dumps(name)[1:-1].encode()}
        for name in PLANTED
    }
    whole = b"\n".join(contents)
    return [
        name
        for name, forms in written.items()
        if any(form in whole or form.hex().encode() in whole for form in forms)
    ]


def dumped(url: str) -> bytes:
    programs = postgres_programs()
    assert programs
    command = [str(programs / "pg_dump"), "--inserts", url]
    return subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout


def test_a_planted_text_would_be_found() -> None:
    for name in PLANTED:
        assert readable(b"..." + name.encode() + b"...")
        assert readable(json.dumps([name]).encode().hex().encode())


async def test_no_text_is_readable_in_any_file_of_sqlite(tmp_path: Path, clock: Clock) -> None:
    async with opened(tmp_path / "data", None, clock) as office:
        await plant(office)
        running = [path.read_bytes() for path in (tmp_path / "data").iterdir()]
    ended = [path.read_bytes() for path in (tmp_path / "data").iterdir()]

    assert sum(map(len, running)) > 10_000
    assert readable(*running, *ended) == []


async def test_no_text_is_readable_in_a_dump_of_postgresql(
    postgres_url: str, tmp_path: Path, clock: Clock
) -> None:
    async with opened(tmp_path, postgres_url, clock) as office:
        await plant(office)
        rows = await contents(office.database)
        dump = await asyncio.to_thread(dumped, postgres_url)

    assert len(rows["question"]) == 6
    assert b"gAAAA".hex().encode() in dump
    assert readable(dump, repr(rows).encode()) == []


async def test_another_key_reads_nothing(url: str | None, tmp_path: Path, clock: Clock) -> None:
    async with opened(tmp_path, url, clock) as before:
        await plant(before)

    async with opened(tmp_path, url, clock, Cipher.of(OTHER_KEY)) as other:
        with pytest.raises(StoreError) as unread:
            await other.mail.waiting(beside=(), limit=10)
        with pytest.raises(StoreError) as unexported:
            await other.people.export(IBU)

    assert (unread.value.code, unexported.value.code) == ("key_wrong", "key_wrong")


async def damage(office: Office, number: int, column: str, content: bytes) -> None:
    """Put something into a column of a letter's that is no longer what was there."""
    await office.database.write((update(inbox).where(inbox.c.id == number), {column: content}))


@pytest.mark.parametrize(
    ("column", "content", "reason"),
    [
        ("raw", Cipher.of(OTHER_KEY).encrypt(b"{}"), "key_wrong: "),
        ("calls", Cipher.of(OTHER_KEY).encrypt(b"[]"), "key_wrong: "),
        ("calls", CIPHER.encrypt(b'[{"method'), "state_unusable: reason=JSONDecodeError"),
        ("calls", CIPHER.encrypt(b"[{}]"), "state_unusable: reason=KeyError"),
    ],
    ids=["update", "calls", "json", "call"],
)
async def test_a_letter_that_cannot_be_read_is_dead_and_the_others_go_on(
    office: Office, column: str, content: bytes, reason: str
) -> None:
    await office.mail.receive([letter(each, chat=each) for each in (5, 6, 7)])
    await damage(office, 5, column, content)

    assert await office.waiting() == [6, 7]
    assert (await office.mail.backlog()).dead == (DeadLetter(5, reason, office.clock.now),)


async def test_others_come_in_place_of_a_letter_that_cannot_be_read(office: Office) -> None:
    await office.mail.receive([letter(each) for each in (5, 6, 7, 8)])
    for number in (5, 7):
        await damage(office, number, "raw", b"damaged")

    assert numbers(await office.mail.waiting(beside=(), limit=1)) == [6]
    assert numbers(await office.mail.waiting(beside={6}, limit=1)) == [8]


async def test_a_letter_that_waits_alone_and_cannot_be_read_is_dead_once_another_comes(
    office: Office,
) -> None:
    await office.mail.receive([letter(5)])
    await damage(office, 5, "raw", b"damaged")
    with pytest.raises(StoreError, match="key_wrong"):
        await office.waiting()

    office.clock.now += 1
    await office.mail.receive([letter(6, chat=6)])

    assert await office.waiting() == [6]
    assert [each.update for each in (await office.mail.backlog()).dead] == [5]


async def test_the_chat_of_a_letter_that_cannot_be_read_is_let_go(
    postgres_url: str, tmp_path: Path, clock: Clock
) -> None:
    async with opened(tmp_path, postgres_url, clock) as office:
        await office.mail.receive([letter(5, chat=5), letter(6, chat=6)])
        await damage(office, 5, "raw", b"damaged")

        await office.waiting()

        assert [chat for chat, _ in (await contents(office.database))["claim"]] == [6]


async def test_a_mail_that_could_not_be_kept_can_be_kept_later(office: Office) -> None:
    async with AsyncExitStack() as broken:
        _fail_commits(office.database, broken)
        with pytest.raises(StoreError):
            await office.mail.receive([letter(5), letter(6)])

    assert numbers(await office.mail.receive([letter(5), letter(6)])) == [5, 6]


def _fail_commits(database: Database, until: AsyncExitStack) -> None:
    def fail(_connection: object) -> None:
        raise OSError

    event.listen(database.engine, "commit", fail)
    until.callback(event.remove, database.engine, "commit", fail)
