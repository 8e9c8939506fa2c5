"""Translates Telegram's updates into what the core understands."""

import re

import telegram
from telegram import Update

from bot.core.messages import (
    Button,
    Command,
    Incoming,
    Keyboard,
    Press,
    Question,
    Sender,
    Unreadable,
)


def incoming_of(update: Update, *, me: telegram.User) -> Incoming | None:
    """Translate an update; None for what the bot does not answer."""
    if update.callback_query:
        return _press(update, update.callback_query)
    message, user = update.message, update.effective_user
    if message is None or user is None or user.is_bot:
        return None
    sender = Sender(user.id, message.chat_id, user.language_code or "")
    is_group = message.chat.type != "private"
    if message.text is None:
        return None if is_group or _is_service(message) else Unreadable(update.update_id, sender)
    if command := _command(message, me):
        name = command if command.isidentifier() else "?"
        return Command(update.update_id, sender, name)
    if message.text.startswith("/") and is_group:
        return None  # A command of another bot.
    if is_group and not _is_addressed(message, me):
        return None
    mention = re.escape(f"@{me.username}")
    text = re.sub(mention, "", message.text, flags=re.IGNORECASE).strip()
    return Question(update.update_id, sender, text, message.message_id)


def _press(update: Update, query: telegram.CallbackQuery) -> Press | None:
    message = query.message
    if message is None or query.data is None:
        return None
    sender = Sender(query.from_user.id, message.chat.id, query.from_user.language_code or "")
    keyboard: Keyboard = ()
    if isinstance(message, telegram.Message) and message.reply_markup:
        keyboard = tuple(
            tuple(Button(button.text, str(button.callback_data)) for button in row)
            for row in message.reply_markup.inline_keyboard
        )
    return Press(update.update_id, sender, query.data, query.id, message.message_id, keyboard)


def _command(message: telegram.Message, me: telegram.User) -> str:
    """Return the name of the command a message gives this bot, or nothing."""
    text = message.text or ""
    if not text.startswith("/"):
        return ""
    name, _, receiver = text.split(maxsplit=1)[0][1:].partition("@")
    is_mine = not receiver or receiver.casefold() == (me.username or "").casefold()
    return name.casefold() if is_mine and name else ""


def _is_addressed(message: telegram.Message, me: telegram.User) -> bool:
    answered = message.reply_to_message
    is_reply = answered is not None and answered.from_user == me
    return is_reply or f"@{me.username}".casefold() in (message.text or "").casefold()


def _is_service(message: telegram.Message) -> bool:
    """Say whether nobody wrote this: somebody joined, a title changed, an empty message."""
    return message.effective_attachment is None
