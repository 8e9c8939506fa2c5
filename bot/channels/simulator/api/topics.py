"""Topics that the bot makes, closes and opens again in a group that is a forum."""

from bot.channels.simulator.api.calls import Call
from bot.channels.simulator.api.refusals import bad_request
from bot.channels.simulator.api.sending import known_chat
from bot.channels.simulator.state.database import Json
from bot.channels.simulator.state.state import State

_LONGEST_NAME = 128
_COLOUR = 0x6FB9F0


def create_forum_topic(state: State, call: Call) -> Json:
    """A new topic; a name that is too long is cut."""
    chat = _forum(state, call)
    name = call.text("name").strip()[:_LONGEST_NAME]
    if not name:
        raise bad_request("title must be non-empty")
    if not state.forum.is_managed:
        raise bad_request("not enough rights to create a topic")
    created = {"name": name, "icon_color": call.integer("icon_color") or _COLOUR}
    return created | {"message_thread_id": state.forum.begin(chat, state.bot, created)}


def close_forum_topic(state: State, call: Call) -> bool:
    """A topic in which people cannot write any more."""
    return _move(state, call, closed=True)


def reopen_forum_topic(state: State, call: Call) -> bool:
    """A topic in which they can again."""
    return _move(state, call, closed=False)


def _move(state: State, call: Call, *, closed: bool) -> bool:
    """Close or open a topic; the bot has begun all there are, and needs no right for it."""
    chat = _forum(state, call)
    topic = state.forum.find(call.integer("message_thread_id"))
    if not topic:
        raise bad_request("TOPIC_ID_INVALID")
    if topic.is_closed == closed:
        raise bad_request("TOPIC_NOT_MODIFIED")
    state.forum.move(topic, chat, state.bot, closed=closed)
    return True


def _forum(state: State, call: Call) -> Json:
    chat = known_chat(state, call)
    if not chat.get("is_forum"):
        raise bad_request("the chat is not a forum")
    return chat
