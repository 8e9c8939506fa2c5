"""Program staff on Telegram: the whole bot in the test's process, over HTTP with the simulator."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from bot.app.assembly import App, open_app
from bot.app.roster import keep_roster
from bot.app.running import run
from bot.backends.knowledge.publish import Published
from bot.backends.store.tables import upload
from bot.channels.simulator import TOKEN
from bot.channels.telegram.profile import Profile
from bot.core.commands import COMMANDS
from bot.core.ports import BotError
from bot.core.staff import STAFF_COMMANDS
from tests.integration.documents import docx, heading, paragraph
from tests.integration.homes import BROKEN, MENDED, QUESTION, settings_of
from tests.integration.knowledge_folders import STALLS, write
from tests.integration.simulators import running as simulator
from tests.integration.stages import Json, Stage, answering

pytestmark = pytest.mark.timeout(300)

LEADING = asyncio.Event()
LEADING.set()


@dataclass
class Heard:
    """Reports that a test reads."""

    is_up: asyncio.Event = field(default_factory=asyncio.Event)
    problems: list[BotError] = field(default_factory=list)

    def progress(self, done: int, total: int) -> None:
        """Hear nothing."""

    def published(self, published: Published) -> None:
        """Hear nothing."""

    def problem(self, error: BotError) -> None:
        self.problems.append(error)

    def running(self, username: str) -> None:
        self.is_up.set()

    def left(self, count: int) -> None:
        """Hear nothing."""


@pytest.fixture(scope="module")
def telegram(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The address of a simulator, and where it writes what a bot asks of it."""
    folder = tmp_path_factory.mktemp("telegram")
    exchanges = folder / "exchanges.jsonl"
    with simulator(folder / "chats.sqlite3", exchanges=exchanges) as running:
        yield running.base_url, exchanges


@pytest.fixture
async def stage(telegram: tuple[str, Path], home: Path) -> AsyncIterator[Stage]:
    url, exchanges = telegram
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=30) as http:
        found = Stage(url, exchanges, http, home / "data")
        await found.begin()
        yield found


@contextlib.asynccontextmanager
async def bot(stage: Stage, home: Path, **values: Any) -> AsyncIterator[Heard]:
    """The bot with everything that goes on beside the answering; the stage's person is staff."""
    heard, stop = Heard(), asyncio.Event()
    settings = settings_of(home, **{"staff": (stage.number,)} | values)
    task = asyncio.create_task(run(settings, token=TOKEN, url=stage.url, stop=stop, reports=heard))
    up = asyncio.create_task(heard.is_up.wait())
    await asyncio.wait({task, up}, return_when=asyncio.FIRST_COMPLETED)
    try:
        assert heard.is_up.is_set()
        yield heard
    finally:
        up.cancel()
        stop.set()
        await task


@contextlib.asynccontextmanager
async def desk(stage: Stage, home: Path) -> AsyncIterator[App]:
    """The conversation alone, answering by words; the stage's person is staff."""
    async with open_app(settings_of(home, staff=(stage.number,))) as app:
        await app.knowledge.open_words()
        async with answering(stage, app.conversation.turn, phrases=app.phrases) as answerer:
            app.desk.submissions.fetch = answerer.channel.fetch
            yield app


@contextlib.asynccontextmanager
async def profile(stage: Stage, home: Path, *staff: int) -> AsyncIterator[tuple[App, Profile]]:
    """What the bot shows of itself, with this list of staff."""
    async with (
        open_app(settings_of(home, staff=staff)) as app,
        answering(stage, app.conversation.turn, phrases=app.phrases) as answerer,
    ):
        yield app, answerer.channel.profile


def read(entry: Json) -> tuple[str, Any]:
    """What somebody sees of a message."""
    return entry["text"], entry.get("buttons")


@dataclass
class Chat:
    """What a person reads, message after message."""

    stage: Stage
    person: str
    read: int = 0

    async def next(self) -> Json:
        """The next message that arrives."""
        self.read += 1
        found = await self.stage.sent("sendMessage", wanted=self.read, person=self.person)
        return found[self.read - 1]

    async def press(self, label: str) -> Json:
        await self.stage.control("press", person=self.person, label=label)
        return await self.next()

    async def say(self, text: str) -> Json:
        await self.stage.say(text, person=self.person)
        return await self.next()

    async def send(self, content: str, *, name: str = "stalls.md", caption: str = "") -> Json:
        await self.stage.upload("document", name=name, content=content.encode(), caption=caption)
        return await self.next()


async def test_a_card_is_broken_mended_published_asked_for_and_rolled_back(
    stage: Stage, home: Path
) -> None:
    chat = Chat(stage, stage.person)
    async with bot(stage, home):
        told = await told_by(chat)

    assert "stalls.md:3 `KABER` is not in sources.yaml. Did you mean `KABAR`?" in told["broken"]
    assert "1 changed cards: stalls#papers" in told["preview"]
    assert "then: Bring a permit and two photographs." in told["preview"]
    assert "two" not in told["before"]
    assert told["done"] == "🚀 Version 2 is live now."
    assert "Bring a permit and two photographs." in told["after"]
    assert (home / "knowledge" / "stalls.md").read_text(encoding="utf-8") == MENDED
    assert "version 2 · 2 cards" in told["standing"]
    assert f"on Telegram by {stage.number}" in told["standing"]
    assert "Go back to version 1 · 2 cards" in told["question"]
    assert "by command on the computer (sari)" in told["question"]
    assert told["back"] == "🚀 Version 1 is live now."
    assert "two" not in told["again"]
    assert "↩️ Rolled back to at" in told["kept"]


async def told_by(chat: Chat) -> dict[str, str]:
    """Live the whole story; return what is read at each step of it."""
    told = {}
    for step, act, value in (
        ("broken", chat.send, BROKEN),
        ("preview", chat.send, MENDED),
        ("before", chat.say, QUESTION),
        ("done", chat.press, "Publish"),
        ("after", chat.say, QUESTION),
        ("standing", chat.say, "/staff"),
        ("question", chat.press, "Roll back"),
        ("back", chat.press, "Yes"),
        ("again", chat.say, QUESTION),
        ("kept", chat.say, "/staff"),
    ):
        told[step] = str((await act(value))["text"])
    return told


async def test_with_manual_publishing_a_changed_folder_waits_for_a_press(
    stage: Stage, home: Path
) -> None:
    chat = Chat(stage, stage.person)
    await stage.say("/start")
    write(home / "knowledge", {"stalls.md": MENDED})
    async with bot(stage, home, publish="manual") as heard:
        await chat.next()
        waits = await chat.next()
        before = await chat.say(QUESTION)
        preview = await chat.press("Pratinjau")
        done = await chat.press("Publish")
        after = await chat.say(QUESTION)

    assert [error.code for error in heard.problems] == ["folder_waits"]
    assert read(waits) == (
        "Folder pengetahuan berubah dan menunggu diterbitkan.",
        [["👀 Pratinjau", "✅ Terbitkan"]],
    )
    assert "two" not in before["text"]
    assert "1 changed cards: stalls#papers" in preview["text"]
    assert done["text"] == "🚀 Version 2 is live now."
    assert "two photographs" in after["text"]


async def test_everybody_of_the_staff_is_told_why_a_saved_file_is_not_live(
    stage: Stage, home: Path
) -> None:
    member, number = Chat(stage, stage.person), stage.number
    await stage.say("/start")
    group = Chat(stage, await stage.someone())
    await stage.say("/start")
    async with bot(stage, home, staff=(number,), staff_chat=stage.number):
        await asyncio.gather(member.next(), group.next())
        write(home / "knowledge", {"stalls.md": BROKEN})
        told = [(await chat.next())["text"] for chat in (member, group)]
        write(home / "knowledge", {"stalls.md": MENDED})
        over = [(await chat.next())["text"] for chat in (member, group)]

    assert ["stalls.md:3" in text and "KABER" in text for text in told] == [True, True]
    assert over == ["Folder pengetahuan sudah tidak punya kesalahan."] * 2


async def test_staff_announce_to_whoever_wants_it(stage: Stage, home: Path) -> None:
    member = Chat(stage, stage.person)
    async with bot(stage, home):
        await stage.say("/start")
        await member.next()
        person = await outsider(stage)
        await stage.say("/news")
        asked = await person.next()
        await person.press("🔔 Yes, tell me")
        await stage.say("/announce Kelas foto\n**Sabtu** 09.00", person=member.person)
        preview, question = await member.next(), await member.next()
        going = await member.press("📣 Send")
        got, done = await person.next(), await member.next()
        await stage.control("press", person=person.person, label="🔕 No more")
        (toast,) = [
            each["params"]["text"]
            for each in await stage.sent("answerCallbackQuery", wanted=2, person=person.person)
            if "text" in each["params"]
        ]

    assert "training dates" in asked["text"]
    assert preview["text"] == got["text"] == "📣 Kelas foto\nSabtu 09.00"
    assert question["text"] == "So it looks. Send it to 1 people?"
    assert going["buttons"] == [["⏹ Stop"]]
    assert done["text"] == "✅ Pengumumanmu selesai dikirim: 1 orang."
    assert toast == "Good, no announcements."


# Whoever is not staff, whichever way they try.


async def outsider(stage: Stage) -> Chat:
    """Somebody else, beside the member that the stage began with."""
    return Chat(stage, await stage.someone())


async def answer_to_copied(stage: Stage, data: str, **message: Any) -> Json:
    """Press a button that the stage's person never got, as a program can; return the answer."""
    user = {"id": stage.number, "is_bot": False, "first_name": "P", "language_code": "en"}
    chat = {"id": stage.number, "type": "private", "first_name": "P"}
    shown = {"inline_keyboard": [[{"text": "Publish", "callback_data": data}]]}
    under = {"message_id": 1, "date": 1, "chat": chat, "text": "x", "reply_markup": shown}
    query = {"id": f"copied-{data}", "from": user, "data": data, "chat_instance": "1"}
    await stage.control("update", callback_query=query | {"message": under | message})
    async with asyncio.timeout(20):
        while True:
            found = await stage.http.get(f"/control/sent?after={stage.after}&timeout=5")
            for each in found.json()["sent"]:
                if each["params"].get("callback_query_id") == query["id"]:
                    return dict(each["params"])


async def keys_of(stage: Stage, chat: Chat) -> list[str]:
    """Every button that somebody was sent, as its data."""
    found = await stage.sent("sendMessage", wanted=1, person=chat.person)
    return [
        button["callback_data"]
        for entry in found
        for row in entry["params"].get("reply_markup", {"inline_keyboard": []})["inline_keyboard"]
        for button in row
    ]


@pytest.mark.parametrize(
    "command", ["/staff", "/rollback", "/STAFF", "/staff@akar_simulator_bot", "/staff publish"]
)
async def test_a_typed_command_is_one_that_nobody_knows(
    stage: Stage, home: Path, command: str
) -> None:
    async with desk(stage, home):
        chat = await outsider(stage)

        assert read(await chat.say(command)) == read(await chat.say("/nonsense"))


async def test_a_deep_link_begins_as_any_other(stage: Stage, home: Path) -> None:
    async with desk(stage, home):
        chat = await outsider(stage)

        assert read(await chat.say("/start staff")) == read(await chat.say("/start"))


@pytest.mark.parametrize("name", ["stalls.md", "sources.yaml", "stalls.docx"])
async def test_a_file_is_as_unreadable_as_any_and_is_not_fetched(
    stage: Stage, home: Path, name: str
) -> None:
    before = fetched(stage)
    async with desk(stage, home) as app:
        chat = await outsider(stage)
        await stage.upload("sticker")
        sticker = await chat.next()

        assert read(await chat.send(MENDED, name=name)) == read(sticker)
        assert await app.database.rows(select(upload)) == []
    assert fetched(stage) == before


def fetched(stage: Stage) -> int:
    """How often a bot has asked for a file."""
    return stage.exchanges.read_text(encoding="utf-8").count('"getFile"')


FORWARDED = {"forward_origin": {"type": "hidden_user", "date": 1, "sender_user_name": "Staff"}}


@pytest.mark.parametrize("message", [{}, FORWARDED], ids=["copied", "forwarded"])
async def test_a_button_is_an_old_one(stage: Stage, home: Path, message: Json) -> None:
    member = Chat(stage, stage.person)
    write(home / "knowledge", {"stalls.md": MENDED})
    async with desk(stage, home) as app:
        await member.say("/staff")
        keys = await keys_of(stage, member)
        (home / "knowledge" / "stalls.md").write_text(STALLS, encoding="utf-8")
        await member.send(MENDED)
        keys += (await keys_of(stage, member))[len(keys) :]
        chat = await outsider(stage)
        answers = [await answer_to_copied(stage, key, **message) for key in keys]
        live = await app.knowledge.versions.live()

    assert [key.split(":")[1] for key in keys] == ["see", "go", "stats", "put", "drop"]
    assert {answer["text"] for answer in answers} == {app.phrases["en"]["old_button"]}
    assert live is not None
    assert live.number == 1
    assert (home / "knowledge" / "stalls.md").read_text(encoding="utf-8") == STALLS
    assert await stage.sent("sendMessage", wanted=0, person=chat.person) == []


async def test_the_commands_of_staff_are_shown_to_staff_alone_and_only_while_they_are(
    stage: Stage, home: Path
) -> None:
    member, number = stage.person, stage.number

    async def menus(*staff: int) -> list[list[str]]:
        """What a member and somebody else are shown by a bot with this list of staff."""
        async with profile(stage, home, *staff) as (app, shown):
            await shown.introduce(app.introduction)
            await keep_roster(app, shown, LEADING)
        other = await stage.someone()
        return [await commands(stage, person) for person in (member, other)]

    await stage.say("/start", person=member)
    as_member = await menus(number)
    afterwards = await menus()

    assert as_member == [[*STAFF_COMMANDS, *COMMANDS], [*COMMANDS]]
    assert afterwards == [[*COMMANDS], [*COMMANDS]]


async def commands(stage: Stage, person: str) -> list[str]:
    found = await stage.http.get(f"/control/menu/{person}")
    return [each["command"] for each in found.json()["commands"]]


async def test_who_has_not_written_to_the_bot_is_shown_the_commands_later(
    stage: Stage, home: Path
) -> None:
    waited = []

    async def write_first(_seconds: float) -> None:
        waited.append(await commands(stage, stage.person))
        await stage.say("/start")
        await stage.texts()

    async with profile(stage, home, stage.number) as (app, shown):
        await keep_roster(app, shown, LEADING, sleep=write_first)

    assert "staff" not in waited[0]
    assert "staff" in await commands(stage, stage.person)


async def test_a_file_that_is_too_large_is_not_fetched(stage: Stage, home: Path) -> None:
    before = fetched(stage)
    async with desk(stage, home):
        told = await Chat(stage, stage.person).send("x" * 500_001)

    assert told["text"] == "The file is too large; it may have 500 kB."
    assert fetched(stage) == before


async def test_a_document_becomes_a_draft(stage: Stage, home: Path) -> None:
    content = docx(heading(1, "Kios malam"), paragraph("Buka sampai pukul sepuluh."))
    before = fetched(stage)
    async with desk(stage, home) as app:
        await stage.upload("document", name="Kios malam.docx", content=content)
        (draft,) = await stage.sent("sendDocument", wanted=1)
        chat = Chat(stage, stage.person)
        preview = await chat.next()
        done = await chat.press("Publish")
        live = await app.knowledge.versions.live()

    assert fetched(stage) == before + 1
    assert "draft: true" in draft["params"]["caption"]
    assert preview["text"].startswith("✅ kios-malam.md, a new file: no mistakes.")
    assert done["text"].startswith("Saved. Version 1 is live")
    assert "Buka sampai" in (home / "knowledge" / "kios-malam.md").read_text(encoding="utf-8")
    assert live is not None
    assert live.number == 1
