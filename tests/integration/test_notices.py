"""Staff are told once what they did not ask for, by whichever process, across restarts."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.app.assembly import App, open_app
from bot.app.clock import Clock as BotsClock
from bot.app.notices import Notices
from bot.app.publishing import refused_by
from bot.backends.knowledge.findings import Finding
from bot.backends.knowledge.publish import MistakesError
from bot.core.messages import Reply
from bot.core.ports import KnowledgeError
from tests.fakes import TODAY
from tests.integration.databases import Clock
from tests.integration.homes import OLD, settings_of
from tests.integration.knowledge_folders import write

pytestmark = pytest.mark.timeout(300)

SARI, BUDI, CHAT = 700_000_001, 700_000_002, -1_001_700_000_000
STAFF = {"staff": (SARI, BUDI), "staff_chat": CHAT}
FINDING = Finding("stalls.md", 3, "UNKNOWN_SOURCE", {"source": "KABER", "near": "KABAR"})
WEEK = 7 * 86_400.0
NOON = datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=UTC).timestamp()


@dataclass
class Told:
    """What was sent to whom."""

    replies: list[tuple[int, Reply]] = field(default_factory=list)

    async def __call__(self, chat: int, reply: Reply) -> None:
        self.replies.append((chat, reply))

    @property
    def chats(self) -> list[int]:
        return [chat for chat, _ in self.replies]

    def text(self, chat: int) -> str:
        return next(reply.text for told, reply in self.replies if told == chat)


@contextlib.asynccontextmanager
async def process(
    home: Path, clock: Clock, **settings: Any
) -> AsyncIterator[tuple[App, Notices, Told]]:
    """One process of the bot, which has looked at its folder."""
    told = Told()
    async with open_app(settings_of(home, **settings), clock=BotsClock(clock)) as app:
        app.unpublished.refused = ()
        yield app, Notices(app, told), told


@pytest.fixture
def clock() -> Clock:
    return Clock(NOON)


async def test_mistakes_are_told_to_all_once_and_again_when_they_are_others(
    home: Path, clock: Clock
) -> None:
    async with process(home, clock, **STAFF) as (app, notices, told):
        await app.people.choose_language(BUDI, "en")
        app.unpublished.refused = (FINDING,)
        for _ in range(2):
            await notices.look()
        first = list(told.chats)
        app.unpublished.refused = (FINDING, Finding("stalls.md", 9, "EMPTY_CARD"))
        await notices.look()

    assert first == [SARI, BUDI, CHAT]
    assert told.chats == first * 2
    assert "`stalls.md:3` \\`KABER\\` tidak ada di sources" in told.text(SARI)
    assert "`stalls.md:3` \\`KABER\\` is not in sources" in told.text(BUDI)


async def test_another_process_tells_neither_the_mistakes_nor_their_end_again(
    home: Path, clock: Clock
) -> None:
    async with (
        process(home, clock, **STAFF) as (app, notices, told),
        process(home, clock, **STAFF) as (other, others, more),
    ):
        for each in (app, other):
            each.unpublished.refused = (FINDING,)
        await notices.look()
        await others.look()
        for each in (app, other):
            each.unpublished.refused = ()
        await others.look()
        await notices.look()

    assert (told.chats, more.chats) == ([SARI, BUDI, CHAT], [SARI, BUDI, CHAT])


async def test_nothing_is_told_before_somebody_has_looked_at_the_folder(
    home: Path, clock: Clock
) -> None:
    async with process(home, clock, **STAFF) as (app, notices, told):
        app.unpublished.refused = (FINDING,)
        await notices.look()
    async with process(home, clock, **STAFF) as (app, notices, more):
        app.unpublished.refused = None
        await notices.look()

    assert len(told.chats) == 3
    assert more.chats == []


async def test_a_folder_that_waits_is_told_once_with_buttons_for_members_alone(
    home: Path, clock: Clock
) -> None:
    async with process(home, clock, **STAFF) as (app, notices, told):
        app.unpublished.waits = "hash"
        for _ in range(2):
            await notices.look()
        app.unpublished.waits = ""
        await notices.look()
        app.unpublished.waits = "hash"
        await notices.look()

    assert told.chats == [SARI, BUDI, CHAT] * 2
    assert [len(reply.keyboard) for _, reply in told.replies[:3]] == [1, 1, 0]


async def test_what_else_fails_is_not_taken_for_an_end_of_the_mistakes() -> None:
    mistakes, away = MistakesError((FINDING,), Path()), KnowledgeError("chroma_away", url="")

    assert refused_by(mistakes, before=()) == (FINDING,)
    assert refused_by(away, before=(FINDING,)) == (FINDING,)
    assert refused_by(KnowledgeError("folder_waits", path=""), before=(FINDING,)) == ()


async def grown_old(home: Path) -> None:
    """Publish a card whose review is past."""
    write(home / "knowledge", {"old.md": OLD})
    async with open_app(settings_of(home)) as app:
        await app.knowledge.publish()


async def test_what_is_due_is_told_once_a_week_and_not_again_after_a_restart(
    home: Path, clock: Clock
) -> None:
    await grown_old(home)
    counts, texts = [], []
    for later in (0.0, 3600.0, WEEK - 3601.0, 1.0):
        clock.now += later
        async with process(home, clock, **STAFF) as (_, notices, told):
            await notices.look()
            await notices.look()
            counts.append(told.chats)
            texts += [reply.text for _, reply in told.replies]

    assert counts == [[SARI, BUDI], [], [], [SARI, BUDI]]
    assert "`old#hours`" in texts[0]


async def test_without_members_what_is_due_is_told_in_the_chat_of_the_staff(
    home: Path, clock: Clock
) -> None:
    await grown_old(home)
    async with process(home, clock, staff_chat=CHAT) as (_, notices, told):
        await notices.look()

    assert told.chats == [CHAT]


async def test_where_nothing_is_due_nothing_is_told(home: Path, clock: Clock) -> None:
    async with process(home, clock, **STAFF) as (_, notices, told):
        await notices.look()

    assert told.chats == []
