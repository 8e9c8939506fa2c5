"""Translates Telegram's updates into what the core understands."""

import json
import re
from collections.abc import Mapping
from typing import Any

import telegram
from telegram import Update

from bot.core.messages import (
    Button,
    Command,
    Incoming,
    Keyboard,
    PersonSettings,
    Picked,
    Press,
    Question,
    Received,
    Sender,
    Unreadable,
    Upload,
)

_LARGEST = 2**63


def envelope(raw: str) -> Received:
    """Read off a raw update whose it is, whatever is wrong with the rest of it."""
    try:
        update = json.loads(raw)
    except (ValueError, RecursionError):
        update = {}
    body, is_press = _body(update)
    is_edit = bool(_part(update, "edited_message"))
    chat = _number(_part(body, "chat"), "id")
    text = body.get("text")
    is_vote = bool(_part(update, "poll_answer"))
    is_command = isinstance(text, str) and text.startswith("/")
    person = _part(_part(update, "callback_query") if is_press else body, "from")
    return Received(
        _number(update, "update_id"),
        chat,
        raw,
        is_edit=is_edit,
        is_aside=is_press or is_vote or is_command,
        person=_number(person, "id"),
        message=_number(body, "message_id") or None,
    )


def letter_to(person: int, *, number: int, chat: int, message: int) -> Received:
    """Return the letter for what the bot sends by itself, such that `envelope` reads it again.

    It is numbered below 0, where Telegram numbers nothing; what it brings is told in reply to a
    message.
    """
    body = {"message_id": message, "chat": {"id": chat}, "from": {"id": person}}
    return envelope(json.dumps({"update_id": -number, "message": body}))


def _body(update: Any) -> tuple[Mapping[str, Any], bool]:
    """Return the message of an update, and whether it is the one under a pressed button."""
    query = _part(update, "callback_query")
    if query:
        return _part(query, "message"), True
    if vote := _part(update, "poll_answer"):  # It says only whose it is.
        user = _part(vote, "user")
        return {"chat": user, "from": user}, False
    return _part(update, "message") or _part(update, "edited_message"), False


def _part(of: Any, name: str) -> Mapping[str, Any]:
    part = of.get(name) if isinstance(of, dict) else None
    return part if isinstance(part, dict) else {}


def _number(of: Any, name: str) -> int:
    number = of.get(name) if isinstance(of, dict) else None
    if isinstance(number, int) and not isinstance(number, bool) and abs(number) < _LARGEST:
        return number
    return 0


def incoming_of(
    update: Update, *, me: telegram.User, settings: PersonSettings | None = None
) -> Incoming | None:
    """Translate an update; None for what the bot does not answer.

    `settings` are what the person who wrote has chosen, if somebody has looked.
    """
    if update.callback_query:
        return _press(update, update.callback_query, settings)
    if update.poll_answer:
        return _picked(update.update_id, update.poll_answer, settings)
    if update.edited_message:  # Only a question is answered anew.
        edited = _written(update, update.edited_message, me, settings)
        return edited if isinstance(edited, Question) else None
    return _written(update, update.message, me, settings) if update.message else None


def _written(
    update: Update,
    message: telegram.Message,
    me: telegram.User,
    settings: PersonSettings | None,
) -> Incoming | None:
    user = update.effective_user
    if user is None or user.is_bot:
        return None
    topic = _topic(message)
    sender = Sender(user.id, message.chat_id, user.language_code or "", settings, topic=topic)
    is_group = message.chat.type != "private"
    replied = _replied(message, me)
    if message.text is None:
        if is_group and _is_service(message):
            return _moved(update.update_id, sender, message, replied)
        if is_group:
            return Unreadable(update.update_id, sender) if replied else None
        return _without_text(update.update_id, sender, message)
    if command := _command(message, me):
        name = command if command.isidentifier() else "?"
        _, _, rest = message.text.partition(message.text.split(maxsplit=1)[0])
        return Command(update.update_id, sender, name, replied, rest.strip())
    if message.text.startswith("/") and is_group:
        return None  # A command of another bot.
    if is_group and not _is_addressed(message, me):
        return None
    mention = re.escape(f"@{me.username}")
    text = re.sub(mention, "", message.text, flags=re.IGNORECASE).strip()
    whole = text.encode("utf-8", "replace").decode()  # JSON may hold half a character.
    return Question(update.update_id, sender, whole, message.message_id, replied=replied)


def _moved(update: int, sender: Sender, message: telegram.Message, replied: str) -> Command | None:
    """Return what it means to close or open a topic of the bot's by hand."""
    if message.forum_topic_closed and replied:
        return Command(update, sender, "close", replied)
    if message.forum_topic_reopened and replied:
        return Command(update, sender, "reopen", replied)
    return None


def _topic(message: telegram.Message) -> int:
    """Return the topic that a message stands in; other threads are none to write to."""
    return (message.message_thread_id or 0) if message.is_topic_message else 0


def _without_text(
    update: int, sender: Sender, message: telegram.Message
) -> Upload | Unreadable | None:
    document = message.document
    if document is None:
        return None if _is_service(message) else Unreadable(update, sender)
    return Upload(
        update,
        sender,
        document.file_id,
        document.file_name or "",
        document.file_size or 0,
        message.caption or "",
    )


def _picked(
    update: int, answer: telegram.PollAnswer, settings: PersonSettings | None
) -> Picked | None:
    user = answer.user
    if user is None:
        return None
    sender = Sender(user.id, user.id, user.language_code or "", settings, user.full_name)
    return Picked(update, sender, answer.poll_id, tuple(answer.option_ids))


def _press(
    update: Update, query: telegram.CallbackQuery, settings: PersonSettings | None
) -> Press | None:
    message = query.message
    if message is None or query.data is None:
        return None
    user = query.from_user
    language = user.language_code or ""
    topic = _topic(message) if isinstance(message, telegram.Message) else 0
    sender = Sender(user.id, message.chat.id, language, settings, user.full_name, topic)
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


def _replied(message: telegram.Message, me: telegram.User) -> str:
    """Return the text of the bot's message that a message is a reply to, or its topic's name."""
    answered = message.reply_to_message
    is_mine = answered is not None and answered.from_user == me
    if not answered or not is_mine:
        return ""
    begun = answered.forum_topic_created  # What answers nothing else in a topic answers this.
    return answered.text or answered.caption or (begun.name if begun else "")


def _is_addressed(message: telegram.Message, me: telegram.User) -> bool:
    answered = message.reply_to_message
    is_reply = answered is not None and answered.from_user == me
    return is_reply or f"@{me.username}".casefold() in (message.text or "").casefold()


def _is_service(message: telegram.Message) -> bool:
    """Say whether nobody wrote this: somebody joined, a title changed, an empty message."""
    return message.effective_attachment is None
