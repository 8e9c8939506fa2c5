"""Sends what a turn decided, as often as Telegram asks to wait."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import telegram
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, MessageEntity
from telegram.error import BadRequest, Forbidden, NetworkError, RetryAfter
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception,
    stop_after_attempt,
    wait_exponential_jitter,
)

from bot.channels.formatting import Piece, pieces
from bot.core.messages import Incoming, Keyboard, Press, Question, Reply, Turn

log = logging.getLogger(__name__)

_TRIES = 5
_NO_PREVIEW = telegram.LinkPreviewOptions(is_disabled=True)
_backoff = wait_exponential_jitter(multiplier=0.5, max=10)


class Outgoing:
    """What leaves for Telegram; the durable outbox takes this place."""

    def __init__(self, bot: telegram.Bot) -> None:
        self.bot = bot

    async def deliver(self, incoming: Incoming, turn: Turn) -> None:
        """Send a turn's replies, and answer the press if it was one.

        Raises:
            telegram.error.TelegramError: Telegram refuses, or stays away.
        """
        if isinstance(incoming, Press):
            await self._answer_press(incoming, turn)
        question = incoming.message if isinstance(incoming, Question) else None
        for reply in turn.replies:
            await self._send(incoming.sender.chat, reply, question=question)

    async def _answer_press(self, press: Press, turn: Turn) -> None:
        await self._call(
            lambda: self.bot.answer_callback_query(press.query, text=turn.toast or None)
        )
        if turn.keyboard is not None and turn.keyboard != press.keyboard:
            markup = _markup(turn.keyboard)
            await self._call(
                lambda: self.bot.edit_message_reply_markup(
                    press.sender.chat, press.message, reply_markup=markup
                )
            )

    async def _send(self, chat: int, reply: Reply, *, question: int | None) -> None:
        parts = list(pieces(reply.text))
        for place, piece in enumerate(parts):
            is_last = place == len(parts) - 1
            options: dict[str, Any] = {
                "link_preview_options": _NO_PREVIEW,
                "reply_markup": _markup(reply.keyboard) if is_last and reply.keyboard else None,
            }
            if chat < 0 and question:  # In a group, say which question is answered.
                options["reply_parameters"] = telegram.ReplyParameters(
                    question, allow_sending_without_reply=True
                )
            await self._send_piece(chat, piece, options)

    async def _send_piece(self, chat: int, piece: Piece, options: Mapping[str, Any]) -> None:
        entities = [_entity(entity) for entity in piece.entities]
        try:
            await self._call(
                lambda: self.bot.send_message(chat, piece.text, entities=entities, **options)
            )
        except BadRequest as error:
            if "entit" not in error.message.lower():
                raise
            await self._call(lambda: self.bot.send_message(chat, piece.text, **options))

    async def _call(self, call: Callable[[], Awaitable[Any]]) -> None:
        """Call Telegram; a chat that is gone and a press that is too old are dropped."""
        try:
            async for attempt in AsyncRetrying(
                retry=retry_if_exception(_passes),
                wait=_pause,
                stop=stop_after_attempt(_TRIES),
                reraise=True,
            ):
                with attempt:
                    await call()
        except Forbidden as error:
            log.info("not delivered: %s", error.message)
        except BadRequest as error:
            if "query is too old" not in error.message.lower():
                raise


def _passes(error: BaseException) -> bool:
    """Say whether a refusal may be over on the next try; PTB's BadRequest is a NetworkError."""
    is_refused = isinstance(error, BadRequest)
    return isinstance(error, RetryAfter | NetworkError) and not is_refused


def _pause(state: RetryCallState) -> float:
    """Return the seconds that Telegram asks to wait, else growing, jittered ones."""
    error = state.outcome.exception() if state.outcome else None
    return seconds(error) if isinstance(error, RetryAfter) else _backoff(state)


def _markup(keyboard: Keyboard) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup(
        [
            [InlineKeyboardButton(button.label, callback_data=button.data) for button in row]
            for row in keyboard
        ]
    )


def _entity(entity: Any) -> MessageEntity:
    return MessageEntity(
        entity.type, entity.offset, entity.length, url=entity.url, language=entity.language
    )


def seconds(error: RetryAfter) -> float:
    """Return how long Telegram asks to wait."""
    wait = error.retry_after
    return float(wait if isinstance(wait, int | float) else wait.total_seconds())
