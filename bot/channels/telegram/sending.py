"""Makes the calls that a turn decided on: in the limits, and again until their fate is known."""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import telegram
from telegram import InputFile
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    RetryAfter,
    TelegramError,
)
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, wait_exponential_jitter

from bot.channels.drawing import drawn
from bot.channels.observing import Observer
from bot.channels.telegram.calls import NOTE, TOPIC
from bot.core.messages import Call
from bot.core.pacing import Limit
from bot.core.ports import Rates, UpdateError

log = logging.getLogger(__name__)

_MINUTE = 60.0
_PRIVATE = {"every": 1.0, "burst": 4}  # A message a second; short bursts pass.
_GROUP = {"every": _MINUTE / 16, "burst": 4}  # At most 20 within any minute.
_SLACK = 1.1  # Calls bunch on their way, and Telegram counts them where they arrive.
_SECOND = 1.0
_ON_THE_WAY = 5.0  # Seconds; what takes longer has arrived long ago, or never will.
_EDIT = "editMessageText"
_NOT_THERE = ("message to edit not found", "message can't be edited")
_UNCOUNTED = ("answerCallbackQuery",)
_UNCHANGED = "message is not modified"
_GONE = (  # Telegram's words for what no repetition mends.
    "chat not found",
    "user is deactivated",
    "bot was kicked",
    "query is too old",
    "query id is invalid",
    _UNCHANGED,
    "message to edit not found",
    "message can't be edited",
    "message to delete not found",
    "message can't be deleted",
    "not enough rights",
    "have no rights to send",
    "group chat was upgraded",
    "topic_closed",
    "chat_write_forbidden",
    "peer_id_invalid",
)
_SPARED = {
    "entit": "entities",
    "markup": "reply_markup",
    "button": "reply_markup",
    "message thread not found": "message_thread_id",
    "topic_": "message_thread_id",  # It is closed, or deleted: then its message goes beside it.
}
"""Parts of a message that are left out rather than the message, by Telegram's words."""
_growing = wait_exponential_jitter(multiplier=0.5, max=30)


@dataclass(frozen=True, slots=True)
class Made:
    """What a call made or changed: the number of a message, the id of a poll in it, a topic."""

    message: int | None = None
    poll: str = ""
    topic: int = 0
    is_lost: bool = False
    """There is nobody to get it."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast may be sent: messages a second in all, and who else sends; 0 lifts all limits."""

    rates: Rates
    per_second: int

    def limits(self, chat: int) -> list[Limit]:
        """Return the limits that a message to a chat falls under, the widest first."""
        if not self.per_second:
            return []
        return [self.everywhere, self.chat(chat)]

    @property
    def everywhere(self) -> Limit:
        """Return the limit of all messages together."""
        return Limit("all", _SLACK / (self.per_second or 1), 1)

    def chat(self, chat: int) -> Limit:
        """Return the limit of one chat."""
        numbers = _GROUP if chat < 0 else _PRIVATE
        return Limit(f"chat {chat}", numbers["every"], int(numbers["burst"]))


class Window:
    """Lets so few calls begin that no second sees more of them arrive, wherever it begins.

    A call arrives some time between its begin and its end, and where this process, the network or
    the other side stalls, many arrive together: each counts until a second after its end.
    """

    def __init__(self, most: int) -> None:
        self._room = asyncio.Semaphore(most)

    @contextlib.asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """Wait for room, and take it for a call that is made inside."""
        await self._room.acquire()
        loop = asyncio.get_running_loop()
        latest = loop.call_later(_ON_THE_WAY + _SECOND, self._room.release)
        try:
            yield
        finally:
            if latest.when() > loop.time() + _SECOND:
                latest.cancel()
                loop.call_later(_SECOND, self._room.release)


class Outgoing:
    """What leaves for Telegram."""

    def __init__(
        self,
        bot: telegram.Bot,
        pace: Pace,
        *,
        observer: Observer,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.bot = bot
        self.pace = pace
        self.observer = observer
        self._sleep = sleep
        self._clock = clock
        self._paused: dict[int, float] = {}
        self._all_paused = 0.0
        self._window = Window(max(pace.per_second, 1))

    async def make(self, call: Call, *, question: int | None, is_unsure: bool) -> Made:
        """Make a call, however often it takes; what cannot arrive is noted and dropped.

        A message that may have arrived already (`is_unsure`, or after a cut) is repeated as a
        reply to the question, so that the two are seen to belong together. What is to be edited
        and is gone is sent anew. Returns the message that is there now, if it is.

        Raises:
            UpdateError: Telegram does not take the message as it is.
        """
        method, parameters = call.method, dict(call.parameters)
        if is_unsure:
            _link(method, parameters, question)
        while True:
            chat = int(parameters.get("chat_id", 0))
            try:
                return await self._try(method, chat, parameters, question=question)
            except RetryAfter as error:
                await self._refused(chat, seconds(error))
            except ChatMigrated as error:
                parameters["chat_id"] = error.new_chat_id
            except (Forbidden, BadRequest) as error:
                if parameters.pop(_wrong_part(method, error), None):
                    continue
                if not _is_to_be_sent_anew(method, error):
                    self._give_up(method, error)
                    return (
                        Made(parameters.get("message_id"))
                        if method == _EDIT
                        else Made(is_lost=True)
                    )
                method = "sendMessage"
                del parameters["message_id"]
                _link(method, parameters, question)

    async def type_in(self, chat: int) -> None:
        """Show in a chat that an answer is being made, unless messages have to wait."""
        if self._pause_left(chat) > 0:
            return
        try:
            await self.bot.send_chat_action(chat, "typing")
        except RetryAfter as error:
            await self._refused(chat, seconds(error))

    async def _try(
        self, method: str, chat: int, parameters: dict[str, Any], *, question: int | None
    ) -> Made:
        """Make a call, again while Telegram is away; then nobody knows whether it arrived."""

        def on_away(_state: RetryCallState) -> None:
            _link(method, parameters, question)
            self.observer.refused("away")
            log.warning("Telegram is away, trying %s again", method)

        async for attempt in AsyncRetrying(
            retry=retry_if_exception(_is_away),
            wait=_growing,
            before_sleep=on_away,
            sleep=self._sleep,
        ):
            with attempt:
                async with self._turn_to_send(method, chat):
                    return await self._call(method, parameters)
        return Made()

    def _give_up(self, method: str, error: Forbidden | BadRequest) -> None:
        """Note what cannot arrive.

        Raises:
            UpdateError: a message is not what Telegram takes, however often it is sent.
        """
        is_rejected = not is_gone(error)
        self.observer.refused("rejected" if is_rejected else "blocked")
        if is_rejected and method.startswith("send"):
            raise UpdateError("call_rejected", method=method, reason=error.message) from error
        log.info("a call of %s is dropped: %s", method, type(error).__name__)

    @contextlib.asynccontextmanager
    async def _turn_to_send(self, method: str, chat: int) -> AsyncIterator[None]:
        """Wait for a place in the limits, and until no refusal is in force."""
        is_free = method in _UNCOUNTED or not chat
        limits = [] if is_free else self.pace.limits(chat)
        while True:
            if limits and (wait := await self.pace.rates.reserve(limits)) > 0:
                await self._sleep(wait)
            async with self._window.one() if limits else contextlib.nullcontext():
                if (left := self._pause_left(chat)) <= 0:
                    yield
                    return
            await self._sleep(left)  # Those who waited as well must not all go at once.

    def _pause_left(self, chat: int) -> float:
        return max(self._paused.get(chat, 0.0), self._all_paused) - self._clock()

    async def _refused(self, chat: int, wait: float) -> None:
        """Send nothing to a chat for so long; nothing anywhere where other chats are refused too.

        Telegram does not say which of its limits was passed.
        """
        self.observer.refused("rate")
        now = self._clock()
        self._paused = {other: until for other, until in self._paused.items() if until > now}
        is_everywhere = any(other != chat for other in self._paused)
        self._paused[chat] = max(self._paused.get(chat, 0.0), now + wait)
        await self.pace.rates.pause(self.pace.chat(chat), wait)
        if is_everywhere:
            self._all_paused = max(self._all_paused, now + wait)
            await self.pace.rates.pause(self.pace.everywhere, wait)
        log.warning("Telegram asks to wait %s seconds", wait)

    async def _call(self, method: str, parameters: Mapping[str, Any]) -> Made:
        """Make a call once; return the message that it made or changed."""
        given = {name: value for name, value in parameters.items() if name not in (NOTE, TOPIC)}
        if document := given.get("document"):
            content = document["content"].encode("utf-8", "replace")
            given["document"] = InputFile(content, document["name"])
        if picture := given.get("photo"):
            given["photo"] = InputFile(await asyncio.to_thread(drawn, picture), "akar.png")
        made = await self.bot.do_api_request(method, api_kwargs=given)
        if not isinstance(made, dict):
            return Made()
        topic = 0 if "message_id" in made else made.get("message_thread_id", 0)
        return Made(made.get("message_id"), made.get("poll", {}).get("id", ""), topic)


def _link(method: str, parameters: dict[str, Any], question: int | None) -> None:
    """Make a message a reply to its question."""
    if question and method.startswith("send"):
        reply = {"message_id": question, "allow_sending_without_reply": True}
        parameters.setdefault("reply_parameters", reply)


def _is_away(error: BaseException) -> bool:
    """Say whether the call was neither taken nor refused for what it is; a token may be mended."""
    is_refusal = isinstance(error, RetryAfter | ChatMigrated | Forbidden | BadRequest)
    return isinstance(error, TelegramError) and not is_refusal


def _is_to_be_sent_anew(method: str, error: Exception) -> bool:
    """Say whether the message that is to be edited is not there any more."""
    words = str(error).lower()
    return method == _EDIT and any(known in words for known in _NOT_THERE)


def is_gone(error: Exception) -> bool:
    """Say whether a chat is not there, or not for this bot."""
    words = str(error).lower()
    return isinstance(error, Forbidden) or any(known in words for known in _GONE)


def _wrong_part(method: str, error: Exception) -> str:
    """Return which part of a message is refused that people can do without, or nothing."""
    words = str(error).lower() if method.startswith("send") or method == _EDIT else ""
    if _UNCHANGED in words:  # It goes on to name all parts, of which none is wrong.
        return ""
    return next((part for known, part in _SPARED.items() if known in words), "")


def seconds(error: RetryAfter) -> float:
    """Return how long Telegram asks to wait."""
    wait = error.retry_after
    return float(wait if isinstance(wait, int | float) else wait.total_seconds())
