"""What program staff are told without having asked: once, by one process, across restarts."""

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from bot.app import shown
from bot.app.assembly import App
from bot.backends.knowledge.findings import Finding
from bot.backends.store.told import Told
from bot.core import bulletin
from bot.core.desk import DueCard
from bot.core.messages import DEFAULT_LANGUAGE, Reply
from bot.core.ports import BotError
from bot.core.render import Phrases

log = logging.getLogger(__name__)

_LOOK_EVERY = 2.0  # Seconds.
_DUE_EVERY = 600.0  # Seconds between looks at what is due.
_WEEK = 7 * 86_400.0
_REFUSED, _WAITS, _DIGEST = "refused", "waits", "digest"

Say = Callable[[int, Reply], Awaitable[None]]


async def tell_staff(app: App, say: Say, leads: asyncio.Event) -> None:
    """Tell staff what changes, for as long as this process leads."""
    notices = Notices(app, say)
    while True:
        await asyncio.sleep(_LOOK_EVERY)
        if not leads.is_set():
            continue
        try:
            await notices.look()
        except BotError as error:
            log.warning("the staff was not told: %s", error)


class Notices:
    """Looks at what staff should hear of, and tells it where it has not been told."""

    def __init__(self, app: App, say: Say) -> None:
        self._app = app
        self._say = say
        self._told = Told(app.database, clock=app.clock.time)
        self._noted: dict[str, str] = {}
        self._looked_at_due = -_DUE_EVERY

    async def look(self) -> None:
        """Tell what is new.

        Raises:
            BotError: the database is away.
        """
        unpublished = self._app.unpublished
        if unpublished.refused is None:  # Nobody has looked at the folder yet.
            return
        await self._tell_refused(unpublished.refused)
        await self._tell_waits(unpublished.waits)
        await self.tell_due()

    async def tell_due(self) -> None:
        """Tell once a week which cards are due, if any are: each member, else the staff chat."""
        now = self._app.clock.time()
        if now - self._looked_at_due < _DUE_EVERY:
            return
        self._looked_at_due = now
        cards = await self._due()
        members, chat = self._members(), self._chat()
        if cards and (members or chat) and await self._told.take(_DIGEST, every=_WEEK):
            await self._tell(members or chat, partial(bulletin.digest, cards))

    async def _tell_refused(self, findings: Sequence[Finding]) -> None:
        key = _digest(findings)
        if self._noted.get(_REFUSED) == key:
            return
        everybody = [*self._members(), *self._chat()]
        if findings and await self._told.take(_REFUSED, key):
            await self._tell(everybody, partial(self._refused, findings))
        if not findings and await self._told.clear(_REFUSED):
            await self._tell(everybody, bulletin.mended)
        self._noted[_REFUSED] = key

    async def _tell_waits(self, key: str) -> None:
        """Tell members with buttons, and the staff chat without: anybody may be in it."""
        if self._noted.get(_WAITS) == key:
            return
        if not key:
            await self._told.clear(_WAITS)
        elif await self._told.take(_WAITS, key):
            await self._tell(self._members(), partial(bulletin.waits, key))
            await self._tell(self._chat(), partial(bulletin.waits, ""))
        self._noted[_WAITS] = key

    async def _tell(self, chats: Sequence[int], word: Callable[..., Reply]) -> None:
        """Tell chats something, each in its language."""
        for chat in chats:
            chosen = await self._app.people.language(chat) if chat > 0 else None
            phrases = self._app.phrases[chosen or DEFAULT_LANGUAGE]
            await self._say(chat, word(phrases=phrases))

    def _refused(self, findings: Sequence[Finding], *, phrases: Phrases) -> Reply:
        remarks = self._app.desk.wording.remarks(findings, phrases["language"])
        return bulletin.refused(remarks, phrases=phrases)

    async def _due(self) -> Sequence[DueCard]:
        versions, today = self._app.knowledge.versions, self._app.clock.today()
        live = await versions.live()
        return shown.due_cards(await versions.content(live), today=today) if live else ()

    def _members(self) -> Sequence[int]:
        return self._app.settings.staff

    def _chat(self) -> Sequence[int]:
        """Return the chat of the staff, if there is one that is no member's own."""
        chat = self._app.settings.staff_chat
        return () if chat is None or chat in self._members() else (chat,)


def _digest(findings: Sequence[Finding]) -> str:
    """Return what tells findings from others; nothing where there are none."""
    if not findings:
        return ""
    lines = "\n".join(f"{each.file}:{each.line} {each.code} {each.values}" for each in findings)
    return hashlib.sha256(lines.encode()).hexdigest()[:16]
