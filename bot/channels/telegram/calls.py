"""A turn as the calls of Telegram's Bot API that tell it."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from typing import Any

from bot.channels.formatting import Piece, pieces, plain
from bot.core.messages import (
    Call,
    Incoming,
    Keyboard,
    Press,
    Question,
    Quiz,
    Reply,
    Sender,
    Thread,
    Turn,
)

_NO_PREVIEW = {"is_disabled": True}
_LINK = "reply_parameters"
NOTE = "note"
"""A parameter that is kept with a call and not sent."""
TOPIC = "topic"
"""A parameter that is kept with a call, not sent, and says which ticket it is about."""
PLACE = "message_thread_id"


def calls_of(incoming: Incoming, turn: Turn, *, instead_of: Sequence[int] = ()) -> Iterator[Call]:
    """Yield what is to be sent: the answer to a press first, then the replies.

    Messages that are answered anew are edited, in their order; those that are left over go.
    """
    if isinstance(incoming, Press):
        yield from _press_calls(incoming, turn)
    yield from _elsewhere(incoming.sender, turn)
    question = incoming.message if isinstance(incoming, Question) else None
    sender, old = incoming.sender, list(instead_of) if turn.replies else []
    for reply in turn.replies:
        for call in reply_calls(sender.chat, reply, question=question):
            yield _edited(call, old.pop(0)) if old else _in_topic(call, sender.topic)
    for number in old:
        yield Call("deleteMessage", {"chat_id": sender.chat, "message_id": number})


def _elsewhere(sender: Sender, turn: Turn) -> Iterator[Call]:
    """Yield what closes and opens threads, and what is sent to other chats."""
    if turn.closes:
        yield _about(turn.closes, Call("closeForumTopic", {"chat_id": turn.closes.chat}))
    if turn.opens:
        yield _about(turn.opens, Call("reopenForumTopic", {"chat_id": turn.opens.chat}))
    for other in turn.elsewhere:
        topic = sender.topic if other.back == sender.chat else 0
        otherwise = tuple(_in_topic(call, topic) for call in reply_calls(other.back, other.lost))
        for call in reply_calls(other.chat, other.reply):
            yield _about(other.thread, replace(call, otherwise=otherwise))


def _about(thread: Thread | None, call: Call) -> Call:
    """Return a call with the ticket that it is about."""
    noted = {TOPIC: asdict(thread)} if thread else {}
    return replace(call, parameters={**call.parameters, **noted})


def _in_topic(call: Call, topic: int) -> Call:
    """Return a call that sends to a part of its chat, if it has parts."""
    return replace(call, parameters={**call.parameters, PLACE: topic}) if topic else call


def _edited(call: Call, number: int) -> Call:
    """Return the call that makes an old message say what a new one would."""
    parameters = {name: value for name, value in call.parameters.items() if name != _LINK}
    return Call("editMessageText", {**parameters, "message_id": number})


def _press_calls(press: Press, turn: Turn) -> Iterator[Call]:
    toast = {"text": turn.toast} if turn.toast else {}
    yield Call("answerCallbackQuery", {"callback_query_id": press.query, **toast})
    if turn.keyboard is not None and turn.keyboard != press.keyboard:
        yield Call(
            "editMessageReplyMarkup",
            {
                "chat_id": press.sender.chat,
                "message_id": press.message,
                "reply_markup": _markup(turn.keyboard),
            },
        )


def reply_calls(chat: int, reply: Reply, *, question: int | None = None) -> Iterator[Call]:
    """Yield what sends one reply to a chat."""
    if reply.document:
        document = {"name": reply.document.name, "content": reply.document.content}
        yield Call("sendDocument", {"chat_id": chat, "document": document, "caption": reply.text})
        return
    if reply.picture:
        kind = type(reply.picture).__name__.lower()
        picture = {"kind": kind, **asdict(reply.picture)}
        yield Call("sendPhoto", {"chat_id": chat, "photo": picture, "caption": plain(reply.text)})
        return
    if reply.quiz:
        yield Call("sendPoll", _poll(chat, reply.text, reply.quiz))
        return
    parts = list(pieces(reply.text))
    for place, piece in enumerate(parts):
        keyboard = reply.keyboard if place == len(parts) - 1 else ()
        yield Call("sendMessage", _message(chat, piece, keyboard, question=question))


def _message(
    chat: int, piece: Piece, keyboard: Keyboard, *, question: int | None
) -> dict[str, Any]:
    parameters: dict[str, Any] = {
        "chat_id": chat,
        "text": piece.text,
        "link_preview_options": _NO_PREVIEW,
    }
    if piece.entities:
        parameters["entities"] = [entity.to_dict() for entity in piece.entities]
    if keyboard:
        parameters["reply_markup"] = _markup(keyboard)
    if chat < 0 and question:  # In a group, say which question is answered.
        parameters[_LINK] = {
            "message_id": question,
            "allow_sending_without_reply": True,
        }
    return parameters


def _poll(chat: int, question: str, quiz: Quiz) -> dict[str, Any]:
    explanation = {"explanation": quiz.explanation} if quiz.explanation else {}
    return {
        "chat_id": chat,
        "question": question,
        "options": [{"text": label} for _, label in quiz.options],
        "type": "quiz",
        "is_anonymous": False,
        "correct_option_ids": [quiz.right],
        **explanation,
        NOTE: asdict(quiz),
    }


def quiz_of(call: Call) -> Quiz:
    """Return the quiz that a call asks."""
    note = call.parameters[NOTE]
    options = tuple((name, label) for name, label in note["options"])
    return Quiz(**{**note, "options": options})


def _markup(keyboard: Keyboard) -> dict[str, Any]:
    rows = [
        [{"text": button.label, "callback_data": button.data} for button in row] for row in keyboard
    ]
    return {"inline_keyboard": rows}
