"""The parts of one bot, put together."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.app.authors import operator
from bot.app.clock import Clock
from bot.app.desk import StaffDesk
from bot.app.documents import Drafts
from bot.app.folders import prompts_folder
from bot.app.overview import Overview
from bot.app.statistics import counted
from bot.app.submissions import Submissions
from bot.app.unpublished import Unpublished
from bot.app.wording import Wording
from bot.backends.keys import Cipher, load_keys
from bot.backends.knowledge.decision import Decision
from bot.backends.knowledge.pinned import Tried
from bot.backends.knowledge.service import KnowledgeService
from bot.backends.knowledge.texts import Progress
from bot.backends.language import LanguageGuess
from bot.backends.prompts import read_all_command_words, read_phrases
from bot.backends.store.announcements import Announcements
from bot.backends.store.database import DATABASE_FILE, Database, open_database
from bot.backends.store.people import People, Stranger
from bot.backends.store.secrets import check_key
from bot.backends.store.statistics import Counts
from bot.backends.store.uploads import Uploads
from bot.channels.objects import described
from bot.core.conversation import Conversation
from bot.core.counts import Statistics
from bot.core.desk import Gap
from bot.core.messages import (
    DEFAULT_LANGUAGE,
    Language,
    Passage,
    Question,
    Seller,
    Sender,
    Turn,
)
from bot.core.pacing import Askers
from bot.core.ports import Knowledge
from bot.core.render import said
from bot.core.staff import Staff
from bot.settings import Settings

_NOBODY = Sender(person=0, chat=0)
_GAPS = 50  # Questions that are asked again for a glance at the gaps: two seconds.


@dataclass(frozen=True, slots=True)
class App:
    """The parts of one running bot."""

    settings: Settings
    phrases: Mapping[Language, Mapping[str, str]]
    database: Database
    cipher: Cipher
    people: People
    knowledge: KnowledgeService
    conversation: Conversation
    guess: LanguageGuess
    clock: Clock
    uploads: Uploads
    desk: StaffDesk
    unpublished: Unpublished
    announcements: Announcements

    async def ask(
        self, text: str, *, language: Language | None = None, seller: Seller | None = None
    ) -> Turn:
        """Answer one question outside any chat; nothing is recorded."""
        question = Question(0, _NOBODY, text, chosen=language, seller=seller)
        return await self.conversation.ask(question)

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

    async def statistics(self, language: Language) -> Statistics:
        """Count everything, for program staff.

        Raises:
            StoreError: the database is away.
        """
        counts, days = Counts(self.database, self.cipher), self.settings.keep_days
        knowledge, clock = self.knowledge.search, self.clock.time
        return await counted(counts, knowledge, language=language, days=days, clock=clock)

    async def make_live(self, *, on_progress: Progress) -> None:
        """Serve the live version with its vectors; publish the folder first if none is live.

        Raises:
            BotError: there is nothing to serve, or it cannot be opened.
        """
        version = await self.knowledge.open_words()
        if version is None or version.state != "whole":
            await self.knowledge.publish(on_progress=on_progress, by=operator())
        await self.knowledge.open_whole()


@asynccontextmanager
async def open_state(settings: Settings) -> AsyncIterator[tuple[Database, Cipher]]:
    """Open the database and the key that people's texts are kept with.

    Raises:
        StoreError: the database cannot be used, or the key is not the one it was written with.
    """
    url = settings.database_url.get_secret_value() if settings.database_url else None
    key = settings.key.get_secret_value() if settings.key else None
    cipher = load_keys(key, data=settings.data, is_shared=url is not None)
    async with open_database(settings.data, url=url) as database:
        await check_key(database, cipher)
        yield database, cipher


def is_begun(settings: Settings) -> bool:
    """Say whether there is a state to look into: opening would make one."""
    if settings.database_url:
        return True
    try:
        (settings.data / DATABASE_FILE).stat()
    except OSError as error:
        return not isinstance(error, FileNotFoundError)  # Opening it says what is wrong.
    return True


@asynccontextmanager
async def open_beside(settings: Settings) -> AsyncIterator["App"]:
    """Open the parts to look and try; where there is no state yet, none is left behind."""
    with TemporaryDirectory(prefix="akar-") as folder:
        begun = is_begun(settings)
        data = settings.data if begun else Path(folder) / "data"
        async with open_app(settings.model_copy(update={"data": data})) as app:
            yield app


@asynccontextmanager
async def open_app(settings: Settings, *, clock: Clock | None = None) -> AsyncIterator[App]:
    """Open the state and put the parts together; what is slow to load is loaded later.

    `clock` tells which day it is; without it, the machine does.

    Raises:
        BotError: the words or the state cannot be read.
    """
    phrases = read_phrases(prompts_folder(settings.prompts))
    async with open_state(settings) as (database, cipher):
        app = _assemble(settings, phrases, database, cipher, clock or Clock())
        try:
            yield app
        finally:
            app.knowledge.close()


def _assemble(
    settings: Settings,
    phrases: Mapping[Language, Mapping[str, str]],
    database: Database,
    cipher: Cipher,
    clock: Clock,
) -> App:
    guess = LanguageGuess(phrases, kept=settings.data)
    people, stranger = People(database, cipher), Stranger(database, cipher)
    decision = Decision.read()

    def talk(knowledge: Knowledge, store: People, staff: Staff | None = None) -> Conversation:
        return Conversation(
            knowledge,
            store,
            guess=guess,
            phrases=phrases,
            min_confidence=decision.min_confidence,
            today=clock.today,
            clock=clock.time,
            askers=Askers(settings.person_rate, time.monotonic),
            keep_days=settings.keep_days,
            staff=staff,
            staff_chat=settings.staff_chat,
        )

    def asker(knowledge: Knowledge) -> Callable[[str], Awaitable[Tried]]:
        conversation = talk(knowledge, stranger)

        async def ask(text: str) -> Tried:
            turn = described(await conversation.ask(Question(0, _NOBODY, text)))
            return Tried(turn["outcome"] or "", turn["card"] or "", turn["text"])

        return ask

    knowledge = KnowledgeService(
        database,
        folder=settings.knowledge,
        data=settings.data,
        chroma_url=settings.chroma_url,
        embeddings=settings.embeddings,
        decision=decision,
        asker=asker,
        today=clock.today,
    )

    async def top_gaps() -> Sequence[Gap]:
        from bot.app.gaps import find_gaps  # It is about the whole app.

        found = await find_gaps(app, most=_GAPS)
        return [Gap(each.newest.text, each.people) for each in found.found]

    uploads, unpublished = Uploads(database, cipher, clock=clock.time), Unpublished()
    wording = Wording(read_all_command_words(prompts_folder(settings.prompts)))
    overview = Overview(
        knowledge,
        folder=settings.knowledge,
        database=database,
        wording=wording,
        today=clock.today,
        find_gaps=top_gaps,
        unpublished=unpublished,
    )
    submissions = _submissions(settings, uploads, clock)
    announcements = Announcements(database, cipher, clock=clock.time)
    desk = StaffDesk(
        knowledge,
        overview=overview,
        people=people,
        submissions=submissions,
        wording=wording,
        announcements=announcements,
        count=lambda language: app.statistics(language),
    )
    staff = Staff(desk, members=settings.staff, phrases=phrases)
    conversation = talk(knowledge.search, people, staff)
    app = App(
        *(settings, phrases, database, cipher, people, knowledge, conversation, guess),
        *(clock, uploads, desk, unpublished, announcements),
    )
    return app


def _submissions(settings: Settings, uploads: Uploads, clock: Clock) -> Submissions:
    drafts = Drafts(settings.knowledge, today=clock.today)
    return Submissions(settings.knowledge, uploads, documents=drafts)
