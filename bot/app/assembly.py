"""The parts of one bot, put together."""

import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime

from bot.app.folders import prompts_folder
from bot.backends.keys import Cipher, load_keys
from bot.backends.knowledge.publish import Progress
from bot.backends.knowledge.service import KnowledgeService
from bot.backends.language import LanguageGuess
from bot.backends.prompts import read_phrases
from bot.backends.store.database import Database, open_database
from bot.backends.store.people import People
from bot.backends.store.secrets import check_key
from bot.core.conversation import Conversation
from bot.core.messages import (
    DEFAULT_LANGUAGE,
    Language,
    Passage,
    Question,
    Sender,
    Turn,
)
from bot.core.pacing import Askers
from bot.core.render import said
from bot.settings import Settings

_NOBODY = Sender(person=0, chat=0)


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


@asynccontextmanager
async def open_app(settings: Settings) -> AsyncIterator[App]:
    """Open the state and put the parts together; what is slow to load is loaded later.

    Raises:
        BotError: the words or the state cannot be read.
    """
    phrases = read_phrases(prompts_folder(settings.prompts))
    async with open_state(settings) as (database, cipher):
        app = _assemble(settings, phrases, database, cipher)
        try:
            yield app
        finally:
            app.knowledge.close()


def _assemble(
    settings: Settings,
    phrases: Mapping[Language, Mapping[str, str]],
    database: Database,
    cipher: Cipher,
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
    people = People(database, cipher)
    conversation = Conversation(
        knowledge.search,
        people,
        guess=guess,
        phrases=phrases,
        min_confidence=knowledge.decision.min_confidence,
        today=_today,
        askers=Askers(settings.person_rate, time.monotonic),
        keep_days=settings.keep_days,
    )
    return App(settings, phrases, database, cipher, people, knowledge, conversation, guess)


def _today() -> date:
    return datetime.now(UTC).astimezone().date()
