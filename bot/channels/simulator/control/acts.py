"""What people do: write, edit, press, send files, block."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from bot.channels.simulator.api.entities import cleaned, units, with_found
from bot.channels.simulator.api.profile import bot_as_member
from bot.channels.simulator.state.database import Json
from bot.channels.simulator.state.forum import thread_of
from bot.channels.simulator.state.messages import quoted
from bot.channels.simulator.state.people import (
    BOT_ID,
    BOT_USERNAME,
    GROUP_ID,
    GROUP_KEY,
    OWNER,
    Person,
)
from bot.channels.simulator.state.state import State

_LONGEST_TEXT = 4096


class ImpossibleError(Exception):
    """What a person cannot do, with the status and the words of the answer."""

    def __init__(self, status: int, reason: str, **more: object) -> None:
        super().__init__(reason)
        self.status = status
        self.body = {"error": reason} | more


def chat_of(person: Person, chat: object) -> int:
    """The chat a person acts in: the group, or the one with the bot."""
    if chat in (None, "", "private"):
        return person.id
    if chat in (GROUP_KEY, GROUP_ID):
        return GROUP_ID
    raise ImpossibleError(404, f"there is no chat {chat}: it is group, or left out")


def number_in(body: Json, name: str) -> int | None:
    """A whole number in what was asked; None when it was left out."""
    value = body.get(name)
    if value is None or isinstance(value, int):
        return value
    raise ImpossibleError(400, f"{name} is not a number")


def say(
    state: State,
    person: Person,
    text: str,
    *,
    chat_id: int,
    reply_to: int | None,
    topic: int | None = None,
) -> Json:
    """Write a text."""
    shown, _ = cleaned((text, []))
    if not shown:
        raise ImpossibleError(400, "text is empty")
    if units(shown) > _LONGEST_TEXT:
        raise ImpossibleError(400, f"text is longer than {_LONGEST_TEXT}")
    entities = with_found(shown, [])
    content = {"text": shown} | ({"entities": entities} if entities else {})
    return post(state, person, content, chat_id=chat_id, reply_to=reply_to, topic=topic)


def post(
    state: State,
    person: Person,
    content: Json,
    *,
    chat_id: int,
    reply_to: int | None = None,
    topic: int | None = None,
) -> Json:
    """Put a message into a chat, and deliver it if the bot may see it."""
    if person.blocked and chat_id != GROUP_ID:
        raise ImpossibleError(409, f"{person.key} has blocked the bot")
    sequence = state.journal.last
    answered = state.messages.get(chat_id, reply_to) if reply_to else None
    if reply_to and not answered:
        raise ImpossibleError(404, f"there is no message {reply_to} in this chat")
    quote = {"reply_to_message": quoted(answered)} if answered else {}
    place = _place(state, person, topic or thread_of(answered or {}), chat_id=chat_id)
    chat = state.people.chat(chat_id) or {}
    message = state.messages.add(chat, person.user(), place | quote | content)
    update_id = _deliver(state, person, "message", message)
    return _done(message, update_id, sequence)


def _place(state: State, person: Person, thread: int, *, chat_id: int) -> Json:
    """What a message says of the topic it is written in, if it is in one."""
    if not thread:
        return {}
    topic = state.forum.find(thread) if chat_id == GROUP_ID else None
    if not topic:
        raise ImpossibleError(404, f"there is no topic {thread} in this chat")
    if topic.is_closed and person.key != OWNER:
        raise ImpossibleError(409, f"topic {thread} is closed")
    return state.forum.place(thread)


def move_topic(state: State, person: Person, thread: int, *, closed: bool) -> Json:
    """Close a topic of the group, or open it again."""
    topic = state.forum.find(thread)
    if not topic or topic.is_closed == closed:
        raise ImpossibleError(404, f"there is no topic {thread} to close or open")
    sequence = state.journal.last
    chat = state.people.chat(GROUP_ID) or {}
    message = state.forum.move(topic, chat, person.user(), closed=closed)
    return _done(message, _deliver(state, person, "message", message), sequence)


def _done(message: Json, update_id: int | None, sequence: int) -> Json:
    return {
        "update_id": update_id,
        "message_id": message["message_id"],
        "chat_id": message["chat"]["id"],
        "sequence": sequence,
    }


def _deliver(state: State, person: Person, kind: str, message: Json) -> int | None:
    in_group = message["chat"]["id"] == GROUP_ID
    if in_group and not (state.forum.is_managed or _for_bot(message)):
        return None
    met = replace(person, met=True, started=person.started or not in_group)
    if met != person:
        state.people.keep(met)
    return state.updates.put(kind, message, person=person.key)


def _for_bot(message: Json) -> bool:
    """Whether a bot that is no administrator sees a message of a group."""
    if message.get("reply_to_message", {}).get("from", {}).get("id") == BOT_ID:
        return True
    text = message.get("text") or message.get("caption") or ""
    command = text.split(maxsplit=1)[0] if text.startswith("/") else ""
    if command:
        return command.partition("@")[2].lower() in ("", BOT_USERNAME)
    return f"@{BOT_USERNAME}" in text.lower()


def edit(state: State, person: Person, text: str, *, chat_id: int, message_id: int | None) -> Json:
    """Change one's last message, or the one with this number."""
    own = (message for message in state.messages.newest(chat_id) if _editable(message, person))
    found = next((each for each in own if message_id in (None, each["message_id"])), None)
    if not found:
        raise ImpossibleError(404, f"{person.key} has no such message to edit")
    shown, _ = cleaned((text, []))
    if not shown or units(shown) > _LONGEST_TEXT:
        raise ImpossibleError(400, "text is empty or too long")
    sequence = state.journal.last
    kept = {name: value for name, value in found.items() if name != "entities"}
    entities = with_found(shown, [])
    change = {"text": shown} | ({"entities": entities} if entities else {})
    message = state.messages.edited(kept, change)
    update_id = _deliver(state, person, "edited_message", message)
    return _done(message, update_id, sequence)


def _editable(message: Json, person: Person) -> bool:
    return message["from"]["id"] == person.id and "text" in message


def delete(state: State, person: Person, *, chat_id: int, message_id: int | None) -> Json:
    """Take away one's last message, or the one with this number; the bot is not told.

    In a private chat it may be the bot's, as at Telegram.
    """
    messages = state.messages.newest(chat_id)
    found = next((each for each in messages if _deletable(each, person, message_id)), None)
    if not found:
        raise ImpossibleError(404, f"{person.key} has no such message to delete")
    state.messages.delete(chat_id, found["message_id"])
    return _done(found, None, state.journal.last)


def _deletable(message: Json, person: Person, message_id: int | None) -> bool:
    is_own: bool = message["from"]["id"] == person.id
    if message_id is None:
        return is_own
    is_private = message["chat"]["id"] > 0
    return message["message_id"] == message_id and (is_own or is_private)


def press(state: State, person: Person, wanted: Json, *, chat_id: int) -> Json:
    """Press the newest button with a label; `message_id`, `row` and `column` narrow it down."""
    messages = partial(_with_buttons, state, wanted, chat_id=chat_id)
    message, button = _find_button(messages, wanted)
    if "callback_data" not in button:
        return {"update_id": None, "button": button, "sequence": state.journal.last}
    sequence = state.journal.last
    identifier = state.queries.ask(person.key, chat_id)
    query = {
        "id": identifier,
        "from": person.user(),
        "message": message,
        "chat_instance": str(abs(chat_id) * 31),
        "data": button["callback_data"],
    }
    update_id = state.updates.put("callback_query", query, person=person.key)
    return {"update_id": update_id, "callback_query_id": identifier, "sequence": sequence}


def _with_buttons(state: State, wanted: Json, *, chat_id: int) -> Iterator[Json]:
    for message in state.messages.newest(chat_id):
        is_wanted = wanted.get("message_id") in (None, message["message_id"])
        if is_wanted and "reply_markup" in message:
            yield message


def _find_button(messages: Callable[[], Iterator[Json]], wanted: Json) -> tuple[Json, Json]:
    label = str(wanted.get("label", "")).strip()
    for test in (_is, _contains):
        for message in messages():
            for button in _buttons(message, wanted):
                if test(button["text"].strip(), label):
                    return message, button
    there = [button["text"] for message in messages() for button in _buttons(message, {})]
    raise ImpossibleError(404, f"there is no button {label}", labels=there)


def _is(text: str, label: str) -> bool:
    return text == label


def _contains(text: str, label: str) -> bool:
    return bool(label) and label.casefold() in text.casefold()


def _buttons(message: Json, wanted: Json) -> list[Json]:
    return [
        button
        for row, buttons in enumerate(message["reply_markup"]["inline_keyboard"])
        for column, button in enumerate(buttons)
        if wanted.get("row") in (None, row) and wanted.get("column") in (None, column)
    ]


def block(state: State, person: Person, *, blocked: bool) -> Json:
    """Block the bot, or let it write again."""
    if person.blocked == blocked:
        return {"update_id": None, "blocked": blocked}
    state.people.keep(replace(person, blocked=blocked, started=person.started or not blocked))
    before, after = ("member", "kicked") if blocked else ("kicked", "member")
    change: dict[str, Any] = {
        "chat": person.chat(),
        "from": person.user(),
        "date": int(state.clock()),
        "old_chat_member": bot_as_member(state, before),
        "new_chat_member": bot_as_member(state, after),
    }
    update_id = state.updates.put("my_chat_member", change, person=person.key)
    state.events.publish({"type": "people"})
    return {"update_id": update_id, "blocked": blocked}


def reset(state: State, person: Person, *, as_new: bool) -> Person:
    """Empty a chat; as someone new, the bot does not know the person either."""
    state.messages.clear(person.id)
    state.updates.drop_of(person.key)
    if as_new:
        fresh = state.people.begin_anew(person)
    else:
        fresh = state.people.keep(replace(person, started=False, blocked=False))
    state.events.publish({"type": "reset", "person": person.key, "chat_id": fresh.id})
    return fresh
