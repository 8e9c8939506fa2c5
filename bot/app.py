"""Puts the bot together; the only module that knows all others."""

import asyncio
import contextlib
import importlib
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from bot.backends.knowledge.publish import Progress, Published
from bot.backends.knowledge.service import KnowledgeService
from bot.backends.language import LanguageGuess
from bot.backends.prompts import read_phrases
from bot.backends.store import Database, SqliteStore, open_database
from bot.channels.objects import described
from bot.core.conversation import Conversation
from bot.core.messages import (
    DEFAULT_LANGUAGE,
    Incoming,
    Language,
    Passage,
    Question,
    Sender,
    Turn,
)
from bot.core.ports import BotError, KnowledgeError
from bot.core.render import said
from bot.settings import Settings

if TYPE_CHECKING:
    from bot.channels.telegram.channel import Telegram

log = logging.getLogger(__name__)

_RETRY_EVERY = 10.0  # Seconds between tries of what runs in the background.

FOLDER_ERRORS = frozenset({"folder_mistakes", "knowledge_missing", "knowledge_unreadable"})
"""What only a change of the folder mends."""

OnTurn = Callable[[Incoming, Turn], Awaitable[None]]
Report = Callable[[Mapping[str, object]], Awaitable[None]]

_NOBODY = Sender(person=0, chat=0)


@dataclass(frozen=True, slots=True)
class App:
    """The parts of one running bot."""

    settings: Settings
    phrases: Mapping[Language, Mapping[str, str]]
    knowledge: KnowledgeService
    conversation: Conversation
    guess: LanguageGuess

    async def ask(self, text: str, *, language: Language | None = None) -> Turn:
        """Answer one question outside any chat; nothing is recorded."""
        return await self.conversation.ask(Question(0, _NOBODY, text, chosen=language))

    async def search(
        self, text: str, *, language: Language | None = None, limit: int
    ) -> Sequence[Passage]:
        """Return the cards nearest to a text, as a question in it would find them."""
        guessed = language or self.guess(text) or DEFAULT_LANGUAGE
        return await self.knowledge.search.search(text, language=guessed, limit=limit)

    def introduction(self, language: Language, phrase: str) -> str:
        """Say what the bot's profile shows in a language."""
        program = self.knowledge.search.program(language)
        return said(phrase, phrases=self.phrases[language], program=program).text

    async def make_live(self, *, on_progress: Progress) -> None:
        """Serve the live version with its vectors; publish the folder first if none is live.

        Raises:
            BotError: there is nothing to serve, or it cannot be opened.
        """
        version = await self.knowledge.open_words()
        if version is None or version.state != "whole":
            await self.knowledge.publish(on_progress=on_progress)
        await self.knowledge.open_whole()


@asynccontextmanager
async def open_app(settings: Settings) -> AsyncIterator[App]:
    """Open the state and put the parts together; what is slow to load is loaded later.

    Raises:
        BotError: the words or the state cannot be read.
    """
    phrases = read_phrases(prompts_folder(settings.prompts))
    async with open_database(settings.data) as database:
        yield _assemble(settings, phrases, database)


def prompts_folder(chosen: Path) -> Path:
    """Return the folder of words: the chosen one, else the one that came with the program."""
    here = Path(__file__).parent
    shipped = (here / "prompts", here.parent / "prompts")
    if chosen.is_dir() or chosen != Path("prompts"):
        return chosen
    return next((folder for folder in shipped if folder.is_dir()), chosen)


def _assemble(
    settings: Settings,
    phrases: Mapping[Language, Mapping[str, str]],
    database: Database,
) -> App:
    knowledge = KnowledgeService(
        database,
        folder=settings.knowledge,
        data=settings.data,
        chroma_url=settings.chroma_url,
        embeddings=settings.embeddings,
        today=_today,
    )
    guess = LanguageGuess(phrases)
    conversation = Conversation(
        knowledge.search,
        SqliteStore(database),
        guess=guess,
        phrases=phrases,
        min_confidence=knowledge.decision.min_confidence,
        today=_today,
    )
    return App(settings, phrases, knowledge, conversation, guess)


def _today() -> date:
    return datetime.now(UTC).astimezone().date()


class Reports(Protocol):
    """Hears of what goes on while the bot runs."""

    def progress(self, done: int, total: int) -> None:
        """Hear how many texts are in the index; may be called from another thread."""

    def published(self, published: Published) -> None:
        """Hear what publishing at the start did."""

    def problem(self, error: BotError) -> None:
        """Hear of what fails for now."""

    def running(self, username: str) -> None:
        """Hear that the bot takes messages from now on."""

    def left(self, count: int) -> None:
        """Hear how many messages were taken in and not answered."""


async def run(
    settings: Settings,
    *,
    token: str,
    url: str | None,
    stop: asyncio.Event,
    reports: Reports,
    server_up: Callable[[], Awaitable[None]] | None = None,
    control: Path | None = None,
) -> None:
    """Run the bot on Telegram, or on a server that speaks its Bot API, until told to stop.

    `server_up` returns once that server, which was started beside the bot, takes requests.

    Raises:
        MistakesError: nothing is live yet, and the folder has mistakes.
        BotError: the words, the state or the token cannot be used.
    """
    async with open_app(settings) as app, _control(control) as report:
        await app.knowledge.open_words()
        app.knowledge.search.expect_vectors()
        app.knowledge.may_load.clear()
        guess_loaded = asyncio.create_task(asyncio.to_thread(app.guess.load))
        publishing = asyncio.create_task(_keep_published(app, reports, stop))
        background: list[asyncio.Task[None]] = [
            guess_loaded,
            publishing,
            asyncio.create_task(app.knowledge.follow()),
        ]
        for task in background:
            task.add_done_callback(_log_failure)
        if report:
            background.append(asyncio.create_task(_tell_whole(app, publishing, report)))
        try:
            await _first_words(app, publishing, stop)
            if not stop.is_set():
                channel = await _channel(app, token, url, on_turn=_reporting(report))
                if server_up:
                    await server_up()
                await _serve(app, channel, stop=stop, reports=reports)
        finally:
            for task in background:
                task.cancel()
            await asyncio.gather(*background, return_exceptions=True)


def _log_failure(task: asyncio.Task[None]) -> None:
    """Log what ended a task that should have gone on; its expected errors are told elsewhere."""
    error = None if task.cancelled() else task.exception()
    if error and not isinstance(error, BotError):
        log.error("what runs in the background has ended", exc_info=error)


def _reporting(report: Report | None) -> OnTurn | None:
    """Return what reports a turn once it is delivered, if anybody listens."""
    if report is None:
        return None

    async def on_turn(incoming: Incoming, turn: Turn) -> None:
        await report({"update": incoming.update, "turn": described(turn)})

    return on_turn


async def _first_words(app: App, publishing: asyncio.Task[None], stop: asyncio.Event) -> None:
    """Wait until there is something to answer from, which takes a second at most."""
    waits = [
        asyncio.create_task(app.knowledge.has_words.wait()),
        asyncio.create_task(stop.wait()),
    ]
    await asyncio.wait([publishing, *waits], return_when=asyncio.FIRST_COMPLETED)
    for task in waits:
        task.cancel()
    if publishing.done() and not app.knowledge.has_words.is_set():
        publishing.result()


async def _keep_published(app: App, reports: Reports, stop: asyncio.Event) -> None:
    """Publish the folder as it is now; while the surroundings fail, again and again."""
    failed = ""
    while failed := await _publish(app, reports, stop, told=failed):
        app.knowledge.search.expect_no_vectors()
        await asyncio.sleep(_RETRY_EVERY)


async def _publish(app: App, reports: Reports, stop: asyncio.Event, *, told: str) -> str:
    """Publish once; return the code of what fails for now, or nothing."""

    def on_progress(done: int, total: int) -> None:
        if stop.is_set():  # The build goes on in a thread, which only this can end.
            raise KnowledgeError("stopped")
        reports.progress(done, total)

    try:
        published = await app.knowledge.publish(on_progress=on_progress)
    except BotError as error:
        is_folder = error.code in FOLDER_ERRORS
        if is_folder and not app.knowledge.has_words.is_set():
            raise
        if error.code != told:
            reports.problem(error)
        return "" if is_folder else error.code
    reports.published(published)
    return ""


async def _channel(app: App, token: str, url: str | None, *, on_turn: OnTurn | None) -> "Telegram":
    """Make the channel; its library takes a second to import, in which the loop goes on."""
    telegram = await asyncio.to_thread(importlib.import_module, "bot.channels.telegram.channel")
    bot = telegram.connect(token, url=url or telegram.DEFAULT_URL)
    channel: Telegram = telegram.Telegram(
        bot, app.conversation.turn, phrases=app.phrases, on_turn=on_turn
    )
    return channel


async def _serve(app: App, channel: "Telegram", *, stop: asyncio.Event, reports: Reports) -> None:
    def on_away(error: BotError) -> None:
        app.knowledge.may_load.set()
        reports.problem(error)

    connecting = asyncio.create_task(channel.connect(on_away=on_away))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({connecting, stopping}, return_when=asyncio.FIRST_COMPLETED)
    if not connecting.done():
        connecting.cancel()
        return
    connecting.result()
    app.knowledge.may_load.set()
    reports.running(channel.bot.username)
    introducing = asyncio.create_task(channel.introduce(app.introduction))
    reports.left(await channel.poll(stop))
    introducing.cancel()
    stopping.cancel()
    await channel.close()


async def _tell_whole(app: App, publishing: asyncio.Task[None], report: Report) -> None:
    """Report once the folder as it is now is served with its vectors, or why it is not."""
    await asyncio.wait({publishing})
    try:
        await app.search("?", limit=1)  # Waits for the first vectors, which `follow` opens.
        await app.knowledge.open_whole()
    except BotError as error:
        await report({"state": error.code})
    else:
        await report({"state": "whole"})


@asynccontextmanager
async def _control(path: Path | None) -> AsyncIterator[Report | None]:
    """Report what goes on, such as each delivered turn, to whoever started the bot."""
    if path is None:
        yield None
        return
    _, writer = await asyncio.open_unix_connection(path)

    async def report(line: Mapping[str, object]) -> None:
        writer.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
        await writer.drain()

    try:
        yield report
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
