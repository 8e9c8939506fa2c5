"""Stand-ins for what the core asks of the outside, and short ways to make its values."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from bot.core.messages import Incoming, Language, Passage, Program, Sender, Source, Vote
from bot.core.ports import BotError
from bot.core.render import digest

TODAY = date(2030, 6, 15)

KIOSK = Source("Kabar Kota", "Membuka kios", "https://kabar.example/kios", "2029-08-28")
MARKET = Source("Pasar Kita", "Tanya jawab", url="")

PROGRAM = Program(
    name="Melati",
    about="I am Melati.",
    ask="the help desk",
    topics=("stalls", "fees"),
    examples=("How do I open a stall?", "What does a stall cost?"),
)

_SAID_AS_THEY_ARE = (
    "privacy language_question language_chosen abstain unreadable wordless trouble unknown_command"
    " greeting thanks goodbye other_language no_sources no_date view_source vote_up vote_down"
    " voted_up voted_down old_button"
)
_FILLED = {
    "start": "hello from {name}: {about} {topics}",
    "help": "write for example: {example}",
    "identity": "{about}",
    "abstain_ask": "ask {ask}",
    "sources": "{count} sources: {publishers}",
    "evidence": "from {title}, {publishers}, {date}",
    "undated": "undated, seen {seen}",
    "deadline_passed": "{date} has passed",
    "review_due": "check this of {date}",
    "source_view": "**{title}**\n{text}\n{date}\n{sources}",
    "source_line": "{publisher}: [{title}]({url}), {date}",
    "source_line_unlinked": "{publisher}: {title}, {date}",
    "date_day": "{day} {month} {year}",
    "date_month": "{month} {year}",
    "date_year": "{year}",
    "months": "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
}


def _words(language: Language, name: str, **forms: str) -> Mapping[str, str]:
    told = {phrase: f"({language}) {phrase}" for phrase in _SAID_AS_THEY_ARE.split()}
    return told | _FILLED | {"language": language, "language_name": name} | forms


PHRASES: Mapping[Language, Mapping[str, str]] = {
    "id": _words(
        "id",
        "Indonesia",
        greeting_forms="halo|halo kak",
        thanks_forms="makasih|ok",
        identity_forms="siapa kamu",
        goodbye_forms="dadah",
    ),
    "en": _words(
        "en",
        "English",
        greeting_forms="hello|hi",
        thanks_forms="thanks|ok",
        identity_forms="who are you",
        goodbye_forms="bye",
    ),
    "zh": _words(
        "zh",
        "中文",
        greeting_forms="你好",
        thanks_forms="谢谢",
        identity_forms="你是谁",
        goodbye_forms="再见",
    ),
}


def passage(card: str = "stalls/open#papers", **values: Any) -> Passage:
    """A card as a search finds it: sure of itself, in English, with one dated source."""
    usual: dict[str, Any] = {
        "title": "Papers for a stall",
        "text": "Bring a permit.",
        "language": "en",
        "as_of": "2029-08-28",
        "sources": (KIOSK,),
        "confidence": 0.9,
        "topic": "stalls",
    }
    return Passage(card=card, **usual | values)


def sender(person: int = 1, *, chat: int | None = None, client_language: str = "en") -> Sender:
    """Someone in their private chat, whose Telegram is in English."""
    return Sender(person, person if chat is None else chat, client_language)


class ListedKnowledge:
    """A `Knowledge` that finds the passages it was given, whatever is asked."""

    def __init__(
        self,
        *found: Passage,
        others: Sequence[Passage] = (),
        program: Program = PROGRAM,
        error: BotError | None = None,
    ) -> None:
        self.found = found
        self.cards = {passage.card: passage for passage in (*others, *found)}
        self.about = program
        self.error = error
        self.asked: list[tuple[str, Language]] = []

    async def search(self, text: str, *, language: Language, limit: int) -> Sequence[Passage]:
        self.asked.append((text, language))
        if self.error:
            raise self.error
        return self.found[:limit]

    def card(self, key: str, *, language: Language) -> Passage | None:
        by_digest = {digest(name): passage for name, passage in self.cards.items()}
        return self.cards.get(key) or by_digest.get(key)

    def program(self, language: Language) -> Program:
        return self.about

    def sources(self) -> Sequence[Source]:
        cited = (source for passage in self.cards.values() for source in passage.sources)
        return tuple(dict.fromkeys(cited))


class MemoryStore:
    """A `Store` that forgets when it is gone."""

    def __init__(self) -> None:
        self._languages: dict[int, Language] = {}
        self._votes: dict[tuple[int, int, int], tuple[str, Vote]] = {}

    async def language(self, person: int) -> Language | None:
        return self._languages.get(person)

    async def choose_language(self, person: int, language: Language) -> None:
        self._languages[person] = language

    async def vote(self, person: int, *, chat: int, message: int, card: str, vote: Vote) -> None:
        first, _ = self._votes.get((chat, message, person), (card, vote))
        self._votes[chat, message, person] = (first, vote)

    async def votes(self, card: str) -> Mapping[Vote, int]:
        counts: dict[Vote, int] = {}
        for voted, vote in self._votes.values():
            if voted == card:
                counts[vote] = counts.get(vote, 0) + 1
        return counts


@dataclass
class Handled:
    """Records what an inbox hands over; chats named in `held` wait until they are let go."""

    held: set[int] = field(default_factory=set)
    failing: set[int] = field(default_factory=set)
    updates: list[int] = field(default_factory=list)
    begun: list[int] = field(default_factory=list)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, incoming: Incoming) -> None:
        self.begun.append(incoming.update)
        if incoming.update in self.held:
            await self.go_on.wait()
        await asyncio.sleep(0)
        if incoming.update in self.failing:
            raise RuntimeError
        self.updates.append(incoming.update)
