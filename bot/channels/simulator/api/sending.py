"""Messages the bot sends."""

from typing import Any

from bot.channels.simulator.api import html, markdown
from bot.channels.simulator.api.calls import Call, Upload
from bot.channels.simulator.api.entities import (
    MOST_ENTITIES,
    Formatted,
    cleaned,
    given,
    units,
    with_found,
)
from bot.channels.simulator.api.keyboards import read_markup
from bot.channels.simulator.api.refusals import RefusalError, bad_request
from bot.channels.simulator.state.database import Json
from bot.channels.simulator.state.files import File, picture_size
from bot.channels.simulator.state.forum import thread_of
from bot.channels.simulator.state.messages import quoted
from bot.channels.simulator.state.people import GROUP_ID
from bot.channels.simulator.state.state import State

LONGEST_TEXT = 4096
_LONGEST_CAPTION = 1024
_LARGEST_PHOTO = 10 * 1024 * 1024
_ACTIONS = {
    "typing",
    "choose_sticker",
    "find_location",
    "record_audio",
    "record_video",
    "record_video_note",
    "record_voice",
    "upload_audio",
    "upload_document",
    "upload_photo",
    "upload_video",
    "upload_video_note",
    "upload_voice",
}
_PARSERS = {
    "html": html.read_html,
    "markdownv2": markdown.read_markdown_v2,
    "markdown": markdown.read_markdown,
}


def read_formatted(call: Call, name: str = "text", entities: str = "entities") -> Formatted:
    """A text of a call with its formatting, as Telegram keeps it."""
    source, mode = call.text(name), call.text("parse_mode").lower()
    if mode and mode not in _PARSERS:
        raise bad_request("unsupported parse_mode")
    if mode:
        text, found = cleaned(_PARSERS[mode](source))
        return text, with_found(text, found[:MOST_ENTITIES])
    listed = call.structure(entities, refusal="can't parse entities JSON object")
    text, found = cleaned((source, given(source, listed) if listed else []))
    return text, with_found(text, found)


def known_chat(state: State, call: Call) -> Json:
    """The chat a call is about, which must be one the bot has seen."""
    if not call.text("chat_id"):
        raise bad_request("chat_id is empty")
    identifier = call.integer("chat_id")
    chat = state.people.chat(identifier)
    person = state.people.with_id(identifier)
    if not chat or (person and not (person.started or person.met)):
        raise bad_request("chat not found")
    return chat


def reachable_chat(state: State, call: Call) -> Json:
    """The chat a call sends to, if the person in it lets the bot write."""
    chat = known_chat(state, call)
    person = state.people.with_id(chat["id"])
    if person and person.blocked:
        raise RefusalError(403, "Forbidden: bot was blocked by the user")
    if person and not person.started:
        raise RefusalError(403, "Forbidden: bot can't initiate conversation with a user")
    return chat


def send_message(state: State, call: Call) -> Json:
    """A text."""
    if not call.text("text"):
        raise bad_request("message text is empty")
    text, entities = read_formatted(call)
    if not text:
        raise bad_request("text must be non-empty")
    if units(text) > LONGEST_TEXT:
        raise bad_request("message is too long")
    return send(state, call, {"text": text} | ({"entities": entities} if entities else {}))


def send_photo(state: State, call: Call) -> Json:
    """A picture."""
    caption = _caption(call)
    upload = _upload(call, "photo")
    photo = _new_photo(state, upload) if upload else _known_file(state, call, "photo")
    return send(state, call, {"photo": [photo.described()]} | caption)


def _new_photo(state: State, upload: Upload) -> File:
    size = picture_size(upload.content)
    if not size or len(upload.content) > _LARGEST_PHOTO:
        raise bad_request("IMAGE_PROCESS_FAILED")
    shape = {"width": size[0], "height": size[1]}
    return state.files.add(
        upload.content, folder="photos", name=upload.name, kind="photo", shape=shape
    )


def send_document(state: State, call: Call) -> Json:
    """A file."""
    caption = _caption(call)
    upload = _upload(call, "document")
    if upload:
        shape = {"file_name": upload.name, "mime_type": upload.type}
        file = state.files.add(
            upload.content, folder="documents", name=upload.name, kind="document", shape=shape
        )
    else:
        file = _known_file(state, call, "document")
    return send(state, call, {"document": file.described()} | caption)


def _caption(call: Call) -> Json:
    caption, entities = read_formatted(call, "caption", "caption_entities")
    if units(caption) > _LONGEST_CAPTION:
        raise bad_request("message caption is too long")
    return ({"caption": caption} if caption else {}) | (
        {"caption_entities": entities} if entities else {}
    )


def _upload(call: Call, field: str) -> Upload | None:
    named = call.text(field)
    upload = call.files.get(named.removeprefix("attach://")) or call.files.get(field)
    if upload and not upload.content:
        raise bad_request("file must be non-empty")
    return upload


def _known_file(state: State, call: Call, field: str) -> File:
    named = call.text(field)
    if not named:
        raise bad_request(f"there is no {field} in the request")
    if named.startswith(("http://", "https://")):
        raise bad_request("failed to get HTTP URL content")
    found = state.files.get(named)
    if not found or found.kind != field:
        raise bad_request("wrong file identifier/HTTP URL specified")
    return found


def send(state: State, call: Call, content: Json) -> Json:
    """A message with this content."""
    markup = read_markup(call)
    chat = reachable_chat(state, call)
    answered = _answered(state, call, chat)
    more = _place(state, call, answered) | answered | _options(call)
    if markup:
        more["reply_markup"] = markup
    return state.messages.add(chat, state.bot, content | more)


def _place(state: State, call: Call, answered: Json) -> Json:
    """The topic that is named, or else that of the answered message."""
    thread = call.integer("message_thread_id")
    is_known = call.integer("chat_id") == GROUP_ID and state.forum.find(thread)
    if thread and not is_known:
        raise bad_request("message thread not found")
    return state.forum.place(thread or thread_of(answered.get("reply_to_message", {})))


def _answered(state: State, call: Call, chat: Json) -> Json:
    refusal = "can't parse reply parameters JSON object"
    reply = call.structure("reply_parameters", refusal=refusal) or {}
    if reply and "message_id" not in reply:
        raise bad_request('can\'t find field "message_id"')
    number = reply.get("message_id") or call.integer("reply_to_message_id")
    if not number:
        return {}
    message = state.messages.get(chat["id"], int(number))
    if message:
        return {"reply_to_message": quoted(message)}
    if reply.get("allow_sending_without_reply") or call.truth("allow_sending_without_reply"):
        return {}
    raise bad_request("message to be replied not found")


def _options(call: Call) -> Json:
    refusal = "can't parse link preview options JSON object"
    preview: Any = call.structure("link_preview_options", refusal=refusal)
    options: Json = {"has_protected_content": True} if call.truth("protect_content") else {}
    return options | ({"link_preview_options": preview} if preview else {})


def send_chat_action(state: State, call: Call) -> bool:
    """A sign that something is on its way."""
    action = call.text("action")
    if action not in _ACTIONS:
        raise bad_request("wrong parameter action in request")
    chat = reachable_chat(state, call)
    state.events.publish({"type": "action", "chat_id": chat["id"], "action": action})
    return True


def copy_message(state: State, call: Call) -> Json:
    """A message once more, as the bot's own."""
    message = _source(state, call, "copy")
    names = ("text", "entities", "caption", "caption_entities", "photo", "document", "voice")
    content = {name: message[name] for name in names if name in message}
    return {"message_id": send(state, call, content)["message_id"]}


def forward_message(state: State, call: Call) -> Json:
    """A message passed on, with the one who wrote it."""
    message = _source(state, call, "forward")
    author = message["from"]
    origin = {"type": "user", "sender_user": author, "date": message["date"]}
    left_out = {
        "message_id",
        "from",
        "chat",
        "date",
        "edit_date",
        "reply_to_message",
        "reply_markup",
        "message_thread_id",
        "is_topic_message",
    }
    content = {name: value for name, value in message.items() if name not in left_out}
    return send(state, call, content | {"forward_origin": origin})


def _source(state: State, call: Call, verb: str) -> Json:
    chat = call.integer("from_chat_id")
    message = state.messages.get(chat, call.integer("message_id")) if chat else None
    if not message:
        raise bad_request(f"message to {verb} not found")
    return message
