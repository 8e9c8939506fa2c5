"""The channel: what comes in is kept, answered, and what goes out recorded before it goes."""

import asyncio
import json
import logging
import time
import warnings
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import telegram
from telegram import Update
from telegram.error import (
    Conflict,
    InvalidToken,
    RetryAfter,
    TelegramError,
)
from telegram.warnings import PTBDeprecationWarning, PTBUserWarning

from bot.channels.observing import Audience, Nobody, Observer
from bot.channels.telegram.calls import calls_of, quiz_of, reply_calls
from bot.channels.telegram.incoming import envelope, incoming_of
from bot.channels.telegram.profile import Profile
from bot.channels.telegram.request import AiohttpRequest
from bot.channels.telegram.sending import Outgoing, Pace, seconds
from bot.channels.telegram.topics import Topics
from bot.core.inbox import Inbox
from bot.core.messages import (
    Asked,
    Call,
    Incoming,
    Language,
    Question,
    Received,
    Reply,
    Turn,
)
from bot.core.ports import BotError, ChannelError, LostError, Mail, StoreError, UpdateError

log = logging.getLogger(__name__)

DEFAULT_URL = "https://api.telegram.org"

_UPDATES = ["message", "edited_message", "callback_query", "poll_answer"]
_POLL = 25  # Seconds that Telegram holds a request for updates open.
_TYPING_AFTER = 0.3  # Seconds without an answer.
_TYPING_EVERY = 4.0  # Telegram shows it for five.
_AWAY = 2.0  # First pause while Telegram is away; it doubles up to the next.
_AWAY_MOST = 30.0
_LULL = 0.015  # Seconds: what came is answered sooner if nothing else is asked for meanwhile.
_FETCHING = 60.0  # Seconds for a file.
_LAST_WORD = 1.0  # Seconds, when the bot is told to stop.
_CONNECTIONS = 64


def connect(token: str, *, url: str = DEFAULT_URL) -> telegram.Bot:
    """Make the client of a bot; a server on this machine is reached past any proxy."""
    # Raw calls are wanted: an update that PTB cannot parse must not stop the others, and what is
    # sent was recorded as JSON.
    warnings.filterwarnings("ignore", "Please use 'Bot", PTBUserWarning)
    # Both forms of `retry_after`, the present and the coming one, are understood.
    warnings.filterwarnings("ignore", "Deprecated since version v22.2", PTBDeprecationWarning)
    is_local = urlsplit(url).hostname in ("127.0.0.1", "localhost", "::1")
    return telegram.Bot(
        token,
        base_url=f"{url.rstrip('/')}/bot",
        base_file_url=f"{url.rstrip('/')}/file/bot",
        request=AiohttpRequest(_CONNECTIONS, trust_env=not is_local),
        get_updates_request=AiohttpRequest(2, trust_env=not is_local),
    )


def _written(raw: dict[str, Any]) -> str:
    """Return an update as JSON; escaped, as it may hold half a character."""
    try:
        return json.dumps(raw)
    except RecursionError:
        return json.dumps({"update_id": raw["update_id"]})


def _warn(error: ChannelError) -> None:
    log.warning("still trying: %s", error)


def _is_in(chat: int, call: Call) -> bool:
    return bool(call.parameters.get("chat_id") == chat)


def _asked_in(call: Call, letter: Received) -> int | None:
    """Return the question that a call may reply to, which must be in the same chat."""
    return letter.message if _is_in(letter.chat, call) else None


@dataclass(slots=True)
class _Plan:
    """What is to be sent in answer to an update, and how far that has come."""

    calls: tuple[Call, ...]
    sent: int = 0
    is_unsure: bool = False
    """The next call may have been made before the process ended."""
    replies: list[int] = field(default_factory=list)
    """The messages that were sent or changed."""


class Telegram:
    """Keeps what comes in, hands it to the inbox, and sends what the turn decided."""

    def __init__(
        self,
        bot: telegram.Bot,
        turn: Callable[[Incoming], Awaitable[Turn]],
        *,
        mail: Mail,
        pace: Pace,
        observer: Observer,
        phrases: Mapping[Language, Mapping[str, str]],
        audience: Audience | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.bot = bot
        self.turn = turn
        self.mail = mail
        self.observer = observer
        self.outgoing = Outgoing(bot, pace, observer=observer)
        self.topics = Topics(self.outgoing, mail, self._kept)
        self.profile = Profile(bot, phrases)
        self.audience = audience or Nobody()
        self.clock = clock
        self.inbox = Inbox(mail, self.handle, on_failed=self._failed)
        self.troubles: set[str] = set()
        """What fails for now."""
        self._plans: dict[int, _Plan] = {}
        self._offset = 0
        """Telegram may forget the updates below it."""
        self._keeping: asyncio.Task[None] | None = None
        """What puts the last updates that were fetched on disk."""

    async def connect(self, *, on_away: Callable[[ChannelError], None]) -> None:
        """Reach Telegram, however long it takes; `on_away` hears once why it does.

        Raises:
            ChannelError: Telegram refuses the token.
        """
        await self._reach(self.bot.initialize, on_away=on_away)

    async def poll(self, stop: asyncio.Event, *, leads: asyncio.Event) -> None:
        """Fetch updates for as long as this process leads, until told to stop."""
        self._offset = 0
        polling = asyncio.create_task(self._poll(leads))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({polling, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        polling.cancel()  # Whatever it waits for: Telegram, the disk, room for more.
        with suppress(asyncio.CancelledError):
            await polling
        if self._keeping:  # What is being written may already be in hand.
            await asyncio.wait({self._keeping}, timeout=_LAST_WORD)
            self._keeping.cancel()
        await self._confirm()

    async def receive(self, updates: list[dict[str, Any]]) -> None:
        """Keep updates, and begin to answer them; returns once they are on disk.

        Raises:
            StoreError: they could not be kept.
        """
        letters = [envelope(_written(raw)) for raw in updates]
        try:
            await self.inbox.receive(letters)
        except StoreError:
            self.troubles.add("state")
            raise
        self.troubles.discard("state")
        self.observer.received(len(updates))

    async def set_webhook(self, url: str, *, secret: str) -> None:
        """Have Telegram deliver updates to an address, however long it takes to tell it."""
        await self._reach(
            lambda: self.bot.set_webhook(url, allowed_updates=_UPDATES, secret_token=secret)
        )

    async def finish(self, *, within: float) -> int:
        """Finish what is in hand; return how many updates were begun and are left waiting."""
        return await self.inbox.finish(within=within)

    async def abandon(self) -> None:
        """Stop at once what is in hand: other processes have taken it over."""
        await self.inbox.abandon()
        self._plans.clear()

    async def close(self) -> None:
        """Let go of the connections."""
        await self.bot.shutdown()

    async def handle(self, letter: Received) -> None:
        """Answer one update: decide, record what is to be sent, send it, mark it done."""
        plan = self._plans.get(letter.update)
        turned: tuple[Incoming, Turn] | None = None
        if plan is None and letter.calls is not None:
            sent = await self.mail.replies(letter) if letter.sent else ()
            plan = _Plan(letter.calls, letter.sent, is_unsure=True, replies=list(sent))
        if plan is None:
            turned = await self._decided(letter)
            plan = await self._recorded(letter, turned)
        self._plans[letter.update] = plan
        while plan.sent < len(plan.calls):
            await self._make(plan, letter)
            if plan.sent < len(plan.calls):
                await self._kept(self.mail.sent, letter, plan.sent, plan.replies)
        await self._kept(self.mail.done, letter, plan.replies)
        del self._plans[letter.update]
        self.audience.done(letter.update)
        if turned:
            self._observe(letter, turned[1])

    async def _make(self, plan: _Plan, letter: Received) -> None:
        """Make the next call of a plan, and note the message that it made or changed."""
        call = await self.topics.placed(plan.calls[plan.sent], letter)
        if call is None:
            plan.sent += 1
            return
        made = await self.outgoing.make(
            call, question=_asked_in(call, letter), is_unsure=plan.is_unsure
        )
        if made.poll:
            await self._kept(self.mail.polled, letter, made.poll, quiz_of(call))
        plan.sent, plan.is_unsure = plan.sent + 1, False
        if made.message is not None and _is_in(letter.chat, call) and not letter.is_aside:
            plan.replies.append(made.message)
        if made.is_lost and call.otherwise:
            for other in call.otherwise:
                await self.outgoing.make(other, question=_asked_in(other, letter), is_unsure=False)
            plan.sent = len(plan.calls)

    async def say(self, chat: int, reply: Reply) -> None:
        """Send something to a chat of the staff; what fails is logged."""
        try:
            for call in reply_calls(chat, reply):
                await self.outgoing.make(call, question=None, is_unsure=False)
        except (TelegramError, BotError) as error:
            log.warning("the staff chat was not told: %s", error)

    async def fetch(self, file: str, most: int) -> bytes:
        """Fetch a file that somebody sent, if it has no more than so many bytes.

        Raises:
            ChannelError: Telegram does not give it, or it is larger.
        """
        try:
            async with asyncio.timeout(_FETCHING):
                found = await self.bot.get_file(file)
                if (found.file_size or 0) > most:
                    raise ChannelError("file_large", most=most)
                content = await found.download_as_bytearray(read_timeout=_FETCHING)
        except (TelegramError, TimeoutError) as error:
            raise ChannelError("file_unfetched") from error
        if len(content) > most:
            raise ChannelError("file_large", most=most)
        return bytes(content)

    async def _decided(self, letter: Received) -> tuple[Incoming, Turn] | None:
        """Take the turn of an update; None where there is nothing to answer."""
        incoming = self._incoming(letter)
        if incoming is None:
            return None
        if not isinstance(incoming, Question):
            await self.inbox.kept(letter)  # Its turn may change something.
        typing = asyncio.create_task(self._type(incoming.sender.chat))
        try:
            turn = await self.turn(incoming)
        finally:
            typing.cancel()
        self.audience.decided(incoming, turn)
        if turn.error:
            log.error("update %s: %s", letter.update, turn.error)
        return incoming, turn

    def _incoming(self, letter: Received) -> Incoming | None:
        """Translate an update; None for what is not for the bot.

        Raises:
            UpdateError: it cannot be read.
        """
        try:
            update = Update.de_json(json.loads(letter.raw), self.bot)
            return incoming_of(update, me=self.bot.bot, settings=letter.settings)
        except Exception as error:  # Whatever PTB raises on a malformed update.
            raise UpdateError("update_unreadable", reason=type(error).__name__) from error

    async def _recorded(self, letter: Received, turned: tuple[Incoming, Turn] | None) -> _Plan:
        before = await self.mail.replies(letter) if turned and letter.is_edit else ()
        calls = tuple(calls_of(*turned, instead_of=before)) if turned else ()
        await self.inbox.kept(letter)
        asked = turned[1].asked if turned else ()
        if calls or asked:
            await self._kept(self._record, letter, calls, *asked)
        return _Plan(calls)

    async def _record(self, letter: Received, calls: tuple[Call, ...], *asked: Asked) -> None:
        await self.mail.record(letter, calls, *asked)

    async def _kept(self, keep: Callable[..., Awaitable[None]], *values: Any) -> None:
        """Note something in the mail, however long that takes.

        What was sent must not be decided and sent again because it could not be noted.
        """
        pause = 0.1
        while True:
            try:
                await keep(*values)
            except LostError:
                self._plans.pop(values[0].update, None)
                raise
            except StoreError as error:
                self.troubles.add("state")
                log.warning("the state cannot be written, trying again: %s", error)
                await asyncio.sleep(pause)
                pause = min(pause * 2, _AWAY_MOST)
            else:
                self.troubles.discard("state")
                return

    def _failed(self, letter: Received) -> None:
        self._plans.pop(letter.update, None)  # It may be tried once more, from what is recorded.
        self.audience.failed(letter.update)
        self.observer.failed()

    def _observe(self, letter: Received, turn: Turn) -> None:
        outcome = turn.outcome.name if turn.outcome else "none"
        self.observer.turned(outcome, self.clock() - letter.at)

    async def _poll(self, leads: asyncio.Event) -> None:
        await self._reach(self.bot.delete_webhook)
        while leads.is_set():
            if found := await self._fetch():
                self._keeping = asyncio.create_task(self._keep(found))
                await asyncio.shield(self._keeping)
                await self.inbox.room()
                await self.inbox.lull(within=_LULL)

    async def _keep(self, found: list[dict[str, Any]]) -> None:
        """Keep what was fetched, however long that takes."""
        pause = 0.5
        while True:
            try:
                await self.receive(found)
            except StoreError as error:
                log.warning("messages cannot be kept, trying again: %s", error)
                await asyncio.sleep(pause)
                pause = min(pause * 2, _AWAY_MOST)
            else:
                self._offset = max(raw["update_id"] + 1 for raw in found)
                return

    async def _reach(
        self,
        call: Callable[[], Awaitable[Any]],
        *,
        on_away: Callable[[ChannelError], None] = _warn,
    ) -> None:
        """Make a call that must succeed before anything else; wait while Telegram is away."""
        pause = 0.0
        while True:
            try:
                await call()
            except InvalidToken as error:
                raise ChannelError("token_refused") from error
            except TelegramError as error:
                if not pause:
                    on_away(ChannelError("telegram_away", reason=error.message))
                pause = min(pause * 2 or _AWAY, _AWAY_MOST)
                await asyncio.sleep(pause)
            else:
                return

    async def _fetch(self) -> list[dict[str, Any]]:
        """Return the next updates as they came; none after a failure, which is waited out."""
        parameters = {"offset": self._offset, "timeout": _POLL, "allowed_updates": _UPDATES}
        try:
            found: list[dict[str, Any]] = await self.bot.do_api_request(
                "getUpdates", api_kwargs=parameters, read_timeout=_POLL + 5
            )
        except Conflict:
            log.warning("another program fetches this bot's messages; stop one of the two")
            await asyncio.sleep(_AWAY)
        except RetryAfter as error:
            await asyncio.sleep(seconds(error))
        except TelegramError as error:
            log.warning("Telegram is away, trying again: %s", type(error).__name__)
            await asyncio.sleep(_AWAY)
        else:
            return found
        return []

    async def _confirm(self) -> None:
        """Tell Telegram what was taken in; what it sends again is known by its number."""
        if not self._offset:
            return
        parameters = {
            "offset": self._offset,
            "timeout": 0,
            "limit": 1,
            "allowed_updates": _UPDATES,
        }
        with suppress(TelegramError, TimeoutError):
            async with asyncio.timeout(_LAST_WORD):
                await self.bot.do_api_request("getUpdates", api_kwargs=parameters)

    async def _type(self, chat: int) -> None:
        """Show that an answer is being made, from 300 ms on until it is."""
        await asyncio.sleep(_TYPING_AFTER)
        while True:
            with suppress(TelegramError, StoreError):
                await self.outgoing.type_in(chat)
            await asyncio.sleep(_TYPING_EVERY)
