"""The channel: polling, typing, and how the bot introduces itself."""

import asyncio
import logging
import warnings
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import telegram
from telegram import BotCommand, Update
from telegram.error import (
    Conflict,
    InvalidToken,
    RetryAfter,
    TelegramError,
)
from telegram.warnings import PTBDeprecationWarning, PTBUserWarning

from bot.channels.telegram.incoming import incoming_of
from bot.channels.telegram.request import AiohttpRequest
from bot.channels.telegram.sending import Outgoing, seconds
from bot.core.conversation import COMMANDS
from bot.core.inbox import Inbox
from bot.core.messages import (
    Incoming,
    Language,
    Turn,
)
from bot.core.ports import ChannelError

log = logging.getLogger(__name__)

DEFAULT_URL = "https://api.telegram.org"

_UPDATES = ["message", "callback_query"]
_POLL = 25  # Seconds that Telegram holds a request for updates open.
_TYPING_AFTER = 0.3  # Seconds without an answer.
_TYPING_EVERY = 4.0  # Telegram shows it for five.
_FINISH = 10.0  # Seconds for what is in hand when the bot is told to stop.
_AWAY = 2.0  # First pause while Telegram is away; it doubles up to the next.
_AWAY_MOST = 30.0
_CONNECTIONS = 64


def connect(token: str, *, url: str = DEFAULT_URL) -> telegram.Bot:
    """Make the client of a bot; a server on this machine is reached past any proxy."""
    # Raw updates are wanted: one that PTB cannot parse must not stop the others.
    warnings.filterwarnings("ignore", "Please use 'Bot.getUpdates'", PTBUserWarning)
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


class Telegram:
    """Fetches updates, hands them to the inbox, and sends what the turn decided."""

    def __init__(
        self,
        bot: telegram.Bot,
        turn: Callable[[Incoming], Awaitable[Turn]],
        *,
        phrases: Mapping[Language, Mapping[str, str]],
        on_turn: Callable[[Incoming, Turn], Awaitable[None]] | None = None,
    ) -> None:
        self.bot = bot
        self.turn = turn
        self.outgoing = Outgoing(bot)
        self.phrases = phrases
        self.on_turn = on_turn
        self.inbox = Inbox(self.handle)

    async def connect(self, *, on_away: Callable[[ChannelError], None]) -> None:
        """Reach Telegram, however long it takes; `on_away` hears once why it does.

        Raises:
            ChannelError: Telegram refuses the token.
        """
        pause = 0.0
        while True:
            try:
                await self.bot.initialize()
                await self.bot.delete_webhook()
            except InvalidToken as error:
                raise ChannelError("token_refused") from error
            except TelegramError as error:
                if not pause:
                    on_away(ChannelError("telegram_away", reason=error.message))
                pause = min(pause * 2 or _AWAY, _AWAY_MOST)
                await asyncio.sleep(pause)
            else:
                return

    async def poll(self, stop: asyncio.Event) -> int:
        """Fetch and handle updates until told to stop; then finish what is in hand.

        Returns how many were taken in and not finished.
        """
        stopping = asyncio.create_task(stop.wait())
        offset = 0
        while not stop.is_set():
            fetching = asyncio.create_task(self._fetch(offset))
            await asyncio.wait({fetching, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not fetching.done():
                fetching.cancel()
                break
            for raw in fetching.result():
                if incoming := self._incoming(raw):
                    await self.inbox.receive(incoming)
                offset = raw["update_id"] + 1
        await self._confirm(offset)
        return await self.inbox.finish(within=_FINISH)

    async def close(self) -> None:
        """Let go of the connections."""
        await self.bot.shutdown()

    async def handle(self, incoming: Incoming) -> None:
        """Decide and deliver one incoming, with a sign of typing if that takes a while."""
        typing = asyncio.create_task(self._type(incoming.sender.chat))
        try:
            turn = await self.turn(incoming)
            if turn.error:
                log.error("update %s: %s", incoming.update, turn.error)
            await self.outgoing.deliver(incoming, turn)
        finally:
            typing.cancel()
        if self.on_turn:
            await self.on_turn(incoming, turn)

    async def introduce(self, describe: Callable[[Language, str], str]) -> None:
        """Register commands and descriptions in every language, where they changed.

        `describe` says the phrase of a name in a language.
        """
        codes: dict[Language, str | None] = {language: language for language in self.phrases}
        try:
            for language, code in [*codes.items(), ("id", None)]:
                await self._introduce(language, code, describe)
        except TelegramError as error:
            log.warning("commands and descriptions were not registered: %s", error.message)

    async def _introduce(
        self, language: Language, code: str | None, describe: Callable[[Language, str], str]
    ) -> None:
        commands = [
            BotCommand(name, self.phrases[language][f"command_{name}"]) for name in COMMANDS
        ]
        if list(await self.bot.get_my_commands(language_code=code)) != commands:
            await self.bot.set_my_commands(commands, language_code=code)
        description = describe(language, "description")
        if (await self.bot.get_my_description(code)).description != description:
            await self.bot.set_my_description(description, code)
        short = describe(language, "short_description")
        if (await self.bot.get_my_short_description(code)).short_description != short:
            await self.bot.set_my_short_description(short, code)

    async def _fetch(self, offset: int) -> list[dict[str, Any]]:
        """Return the next updates as they came; none after a failure, which is waited out."""
        parameters = {"offset": offset, "timeout": _POLL, "allowed_updates": _UPDATES}
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
            log.warning("Telegram is away, trying again: %s", error.message)
            await asyncio.sleep(_AWAY)
        else:
            return found
        return []

    async def _confirm(self, offset: int) -> None:
        """Tell Telegram what was taken in, so that it is not sent again."""
        if not offset:
            return
        parameters = {"offset": offset, "timeout": 0, "limit": 1, "allowed_updates": _UPDATES}
        with suppress(TelegramError):
            await self.bot.do_api_request("getUpdates", api_kwargs=parameters)

    def _incoming(self, raw: dict[str, Any]) -> Incoming | None:
        """Translate a raw update; None for one that is not for the bot or cannot be read."""
        try:
            return incoming_of(Update.de_json(raw, self.bot), me=self.bot.bot)
        except Exception:  # Whatever PTB raises on a malformed update must not stop the others.
            log.exception("update %s cannot be read", raw.get("update_id"))
            return None

    async def _type(self, chat: int) -> None:
        """Show that an answer is being made, from 300 ms on until it went out."""
        await asyncio.sleep(_TYPING_AFTER)
        while True:
            with suppress(TelegramError):
                await self.bot.send_chat_action(chat, "typing")
            await asyncio.sleep(_TYPING_EVERY)
