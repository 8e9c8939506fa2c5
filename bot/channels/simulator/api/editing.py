"""What the bot changes about messages, and how it answers presses."""

from bot.channels.simulator.api.calls import Call
from bot.channels.simulator.api.entities import units
from bot.channels.simulator.api.keyboards import read_markup
from bot.channels.simulator.api.refusals import RefusalError, bad_request
from bot.channels.simulator.api.sending import LONGEST_TEXT, known_chat, read_formatted
from bot.channels.simulator.state.database import Json
from bot.channels.simulator.state.people import BOT_ID
from bot.channels.simulator.state.state import State

_LONGEST_TOAST = 200
_MOST_DELETED = 100
_TOO_OLD = 48 * 3600
_COMPARED = ("text", "entities", "reply_markup")


def edit_message_text(state: State, call: Call) -> Json:
    """Another text, with other buttons or none."""
    if not call.text("text"):
        raise bad_request("message text is empty")
    text, entities = read_formatted(call)
    if not text:
        raise bad_request("text must be non-empty")
    markup = read_markup(call)
    message = own_message(state, call)
    if "text" not in message:
        raise bad_request("there is no text in the message to edit")
    if units(text) > LONGEST_TEXT:
        raise bad_request("MESSAGE_TOO_LONG")
    values = {"text": text, "entities": entities, "reply_markup": markup}
    return _change(state, message, values, marked=True)


def edit_message_reply_markup(state: State, call: Call) -> Json:
    """Other buttons, or none; people see no mark of the edit."""
    markup = read_markup(call)
    message = own_message(state, call)
    kept = {name: message.get(name) for name in ("text", "entities")}
    return _change(state, message, kept | {"reply_markup": markup}, marked=False)


def own_message(state: State, call: Call, *, missing: str = "message to edit not found") -> Json:
    """A message of the bot's that a call is about."""
    if not call.integer("message_id"):
        raise bad_request("message identifier is not specified")
    chat = known_chat(state, call)
    person = state.people.with_id(chat["id"])
    if person and person.blocked:
        raise RefusalError(403, "Forbidden: bot was blocked by the user")
    message = state.messages.get(chat["id"], call.integer("message_id"))
    if not message:
        raise bad_request(missing)
    if message["from"]["id"] != BOT_ID:
        raise bad_request("message can't be edited")
    return message


def _change(state: State, message: Json, values: Json, *, marked: bool) -> Json:
    new = {name: value for name, value in values.items() if value}
    if all(message.get(name) == new.get(name) for name in _COMPARED):
        raise bad_request(
            "message is not modified: specified new message content and reply markup are exactly "
            "the same as a current content and reply markup of the message"
        )
    rest = {name: value for name, value in message.items() if name not in _COMPARED}
    if not marked:
        return state.messages.replace(rest | new)
    return state.messages.edited(rest, new)


def delete_message(state: State, call: Call) -> bool:
    """Take one message away."""
    if not call.integer("message_id"):
        raise bad_request("message identifier is not specified")
    chat = known_chat(state, call)
    message = state.messages.get(chat["id"], call.integer("message_id"))
    if not message:
        raise bad_request("message to delete not found")
    if not _deletable(state, message):
        raise bad_request("message can't be deleted for everyone")
    return state.messages.delete(chat["id"], message["message_id"])


def _deletable(state: State, message: Json) -> bool:
    foreign = message["chat"]["type"] != "private" and message["from"]["id"] != BOT_ID
    return not foreign and state.clock() - message["date"] < _TOO_OLD


def delete_messages(state: State, call: Call) -> bool:
    """Take several messages away; those that are not there are passed over."""
    refusal = "can't parse message identifiers JSON object"
    numbers = call.structure("message_ids", refusal=refusal)
    if not isinstance(numbers, list) or not numbers:
        raise bad_request("message identifiers are not specified")
    if len(numbers) > _MOST_DELETED:
        raise bad_request("too many message identifiers specified")
    chat = known_chat(state, call)
    for number in numbers:
        message = state.messages.get(chat["id"], int(number))
        if message and _deletable(state, message):
            state.messages.delete(chat["id"], int(number))
    return True


def answer_callback_query(state: State, call: Call) -> bool:
    """The answer to a press: nothing, a toast, or a message in a box."""
    identifier, text = call.text("callback_query_id"), call.text("text")
    if units(text) > _LONGEST_TOAST:
        raise bad_request("MESSAGE_TOO_LONG")
    asked = state.queries.find(identifier)
    if not asked or not state.queries.answer(identifier):
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    event = {"type": "toast", "person": asked[0], "chat_id": asked[1], "query": identifier}
    more = {"text": text, "alert": call.truth("show_alert"), "url": call.text("url")}
    state.events.publish(event | more)
    return True
