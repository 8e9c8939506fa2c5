"""What the bot asks about chats, and the files in them."""

from bot.channels.simulator.api.calls import Call
from bot.channels.simulator.api.profile import bot_as_member
from bot.channels.simulator.api.refusals import bad_request
from bot.channels.simulator.api.sending import known_chat
from bot.channels.simulator.state.database import Json
from bot.channels.simulator.state.people import BOT_ID, OWNER
from bot.channels.simulator.state.state import State

_LARGEST_DOWNLOAD = 20 * 1024 * 1024
_GIFTS = (
    "unlimited_gifts",
    "limited_gifts",
    "unique_gifts",
    "premium_subscription",
    "gifts_from_channels",
)
_RIGHTS = (
    "can_be_edited",
    "is_anonymous",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
)


def get_chat(state: State, call: Call) -> Json:
    """A chat in full."""
    chat = known_chat(state, call)
    fixed = {"accent_color_id": chat["id"] % 7, "max_reaction_count": 11}
    return chat | fixed | {"accepted_gift_types": dict.fromkeys(_GIFTS, False)}


def get_chat_member(state: State, call: Call) -> Json:
    """Somebody in a chat."""
    chat, wanted = known_chat(state, call), call.integer("user_id")
    person = state.people.with_id(wanted)
    if wanted == BOT_ID:
        is_run = chat["type"] != "private" and state.forum.is_managed
        return _bot_as_administrator(state) if is_run else bot_as_member(state, "member")
    if not person or (chat["type"] == "private" and person.id != chat["id"]):
        raise bad_request("PARTICIPANT_ID_INVALID")
    if chat["type"] != "private" and person.key == OWNER:
        return {"status": "creator", "user": person.user(), "is_anonymous": False}
    return {"status": "member", "user": person.user()}


def get_chat_member_count(state: State, call: Call) -> int:
    """How many are in a chat, the bot included."""
    chat = known_chat(state, call)
    return 2 if chat["type"] == "private" else len(list(state.people)) + 1


def get_chat_administrators(state: State, call: Call) -> list[Json]:
    """Who runs the group."""
    if known_chat(state, call)["type"] == "private":
        raise bad_request("there are no administrators in the private chat")
    owner = state.people.named(OWNER)
    owners = [{"status": "creator", "user": owner.user(), "is_anonymous": False}] if owner else []
    return owners + ([_bot_as_administrator(state)] if state.forum.is_managed else [])


def _bot_as_administrator(state: State) -> Json:
    """The bot with the rights that it needs for topics, and no other."""
    member = bot_as_member(state, "administrator") | dict.fromkeys(_RIGHTS, False)
    return member | {"can_manage_chat": True, "can_manage_topics": True}


def get_file(state: State, call: Call) -> Json:
    """Where a file can be downloaded."""
    file = state.files.get(call.text("file_id"))
    if not file:
        raise bad_request("invalid file_id")
    if len(file.content) > _LARGEST_DOWNLOAD:
        raise bad_request("file is too big")
    names = ("file_id", "file_unique_id", "file_size")
    described = file.described()
    return {name: described[name] for name in names} | {"file_path": file.path}
