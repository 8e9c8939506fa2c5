"""The methods by name, and what each call leaves behind."""

import asyncio
from collections.abc import Callable
from typing import Any

from bot.channels.simulator.api import chats, editing, polls, profile, sending, topics, updates
from bot.channels.simulator.api.calls import Call
from bot.channels.simulator.api.keyboards import labels
from bot.channels.simulator.api.refusals import RefusalError, too_many_requests
from bot.channels.simulator.state.database import Json
from bot.channels.simulator.state.people import GROUP_KEY
from bot.channels.simulator.state.state import State

_METHODS: dict[str, Callable[[State, Call], Any]] = {
    "getMe": profile.get_me,
    "getUpdates": updates.get_updates,
    "setWebhook": updates.set_webhook,
    "deleteWebhook": updates.delete_webhook,
    "getWebhookInfo": updates.get_webhook_info,
    "logOut": updates.log_out,
    "close": updates.log_out,
    "sendMessage": sending.send_message,
    "sendPhoto": sending.send_photo,
    "sendDocument": sending.send_document,
    "sendPoll": polls.send_poll,
    "stopPoll": polls.stop_poll,
    "sendChatAction": sending.send_chat_action,
    "copyMessage": sending.copy_message,
    "forwardMessage": sending.forward_message,
    "editMessageText": editing.edit_message_text,
    "editMessageReplyMarkup": editing.edit_message_reply_markup,
    "deleteMessage": editing.delete_message,
    "deleteMessages": editing.delete_messages,
    "answerCallbackQuery": editing.answer_callback_query,
    "setMyCommands": profile.set_my_commands,
    "getMyCommands": profile.get_my_commands,
    "deleteMyCommands": profile.delete_my_commands,
    "setMyName": profile.setter("name"),
    "getMyName": profile.getter("name"),
    "setMyDescription": profile.setter("description"),
    "getMyDescription": profile.getter("description"),
    "setMyShortDescription": profile.setter("short"),
    "getMyShortDescription": profile.getter("short"),
    "setChatMenuButton": profile.set_chat_menu_button,
    "getChatMenuButton": profile.get_chat_menu_button,
    "createForumTopic": topics.create_forum_topic,
    "closeForumTopic": topics.close_forum_topic,
    "reopenForumTopic": topics.reopen_forum_topic,
    "getChat": chats.get_chat,
    "getChatMember": chats.get_chat_member,
    "getChatMemberCount": chats.get_chat_member_count,
    "getChatAdministrators": chats.get_chat_administrators,
    "getFile": chats.get_file,
}
_BY_LOWER_NAME = {name.lower(): (name, method) for name, method in _METHODS.items()}
_WRITTEN_DOWN = (
    *("send", "edit", "stop", "delete", "answer", "copy", "forward"),
    *("createForum", "closeForum", "reopenForum"),
)
_NOT_WRITTEN_DOWN = ("deleteWebhook", "deleteMyCommands")
_LIMITED = ("send", "edit", "copy", "forward")
_NOT_LIMITED = ("sendChatAction",)


def proper_name(name: str) -> str:
    """A method's name as it is documented; Telegram takes any case."""
    return _BY_LOWER_NAME.get(name.lower(), (name, None))[0]


async def carry_out(state: State, call: Call, more: Json | None = None) -> Any:
    """The result of a call; what the bot sends is written down, also when it is refused.

    `more` is written down beside what was accepted.
    """
    _, method = _BY_LOWER_NAME.get(call.method.lower(), ("", None))
    if not method:
        raise RefusalError(404, "Not Found: method not found")
    try:
        _check_rate(state, call)
        result = method(state, call)
        result = await result if asyncio.iscoroutine(result) else result
    except RefusalError as refusal:
        write_down(state, call, {"ok": False, "description": refusal.description})
        raise
    message = result if isinstance(result, dict) and "message_id" in result else {}
    number = {"message_id": message["message_id"]} if message else {}
    write_down(state, call, {"ok": True} | number | (more or {}), message)
    return result


def is_limited(call: Call) -> bool:
    """Whether Telegram counts how often calls like this come."""
    return call.method.startswith(_LIMITED) and call.method not in _NOT_LIMITED


def _check_rate(state: State, call: Call) -> None:
    if is_limited(call):
        seconds = state.limits.seconds_to_wait(call.integer("chat_id"))
        if seconds:
            raise too_many_requests(seconds)


def write_down(state: State, call: Call, outcome: Json, message: Json | None = None) -> None:
    """Note what the bot sent, for tests and other programs to read."""
    if not call.method.startswith(_WRITTEN_DOWN) or call.method in _NOT_WRITTEN_DOWN:
        return
    params = call.typed()
    chat_id, person = _addressee(state, call)
    entry: Json = {"method": call.method, "chat_id": chat_id, "person": person, "params": params}
    written = call.text("text") or call.text("caption") or call.text("question")
    if written:
        entry["text"] = _plain(message or {}) or written
    if outcome["ok"] and (rows := _rows(params, message or {})):
        entry["buttons"] = rows
    state.journal.add(entry | outcome | {"ts": round(state.clock(), 3)})


def _rows(params: Json, message: Json) -> list[list[str]]:
    """What can be pressed, or chosen in a quiz."""
    markup = params.get("reply_markup")
    options = [[option["text"]] for option in message.get("poll", {}).get("options", ())]
    return (labels(markup) if isinstance(markup, dict) else []) + options


def _plain(message: Json) -> str:
    """The text as a person reads it, without markup."""
    return str(message.get("text") or message.get("caption") or "")


def _addressee(state: State, call: Call) -> tuple[int | None, str | None]:
    query = call.text("callback_query_id")
    asked = state.queries.find(query) if query else None
    if asked:
        person = state.people.key_of(asked[1])
        return asked[1], asked[0] if person == GROUP_KEY else person
    chat_id = call.integer("chat_id") or None
    return chat_id, state.people.key_of(chat_id)
