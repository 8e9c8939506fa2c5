"""Keyboards below messages, and what Telegram does not take in them."""

import re
from typing import Any
from urllib.parse import urlsplit

from bot.channels.simulator.api.calls import Call
from bot.channels.simulator.api.refusals import RefusalError, bad_request
from bot.channels.simulator.state.database import Json, encode

_MOST_BUTTONS = 100
_LARGEST = 10_000
_LONGEST_DATA = 64
_LONGEST_COPY = 256
_ACTIONS = (
    "url",
    "callback_data",
    "web_app",
    "login_url",
    "switch_inline_query",
    "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat",
    "copy_text",
    "callback_game",
    "pay",
)
_KEPT = ("text", *_ACTIONS, "icon_custom_emoji_id", "style")
_OTHERS = ("keyboard", "remove_keyboard", "force_reply")
_BOOLEANS = (
    "force_reply",
    "remove_keyboard",
    "selective",
    "one_time_keyboard",
    "is_persistent",
    "resize_keyboard",
)


def read_markup(call: Call) -> Json | None:
    """The inline keyboard of a call; other keyboards are taken, but stand in no message."""
    wanted = "can't parse reply keyboard markup JSON object"
    markup = call.structure("reply_markup", refusal=wanted)
    if markup is None or markup == {}:
        return None
    if not isinstance(markup, dict):
        raise bad_request("object expected as reply markup")
    if "inline_keyboard" in markup:
        return _inline(markup["inline_keyboard"])
    if not any(name in markup for name in _OTHERS):
        raise bad_request("object expected as reply markup")
    _check_other(markup)
    return None


def _check_other(markup: Json) -> None:
    if "keyboard" in markup and not isinstance(markup["keyboard"], list):
        raise bad_request('field "keyboard" must be of type Array')
    for name in _BOOLEANS:
        if name in markup and not isinstance(markup[name], bool):
            raise bad_request(f'field "{name}" must be of type Boolean')


def _inline(rows: Any) -> Json | None:
    if not isinstance(rows, list):
        raise bad_request('field "inline_keyboard" must be of type Array')
    if not all(isinstance(row, list) for row in rows):
        raise bad_request('field "inline_keyboard" must be an Array of Arrays')
    for button in (button for row in rows for button in row):
        _check(button)
    kept = [[_kept(button) for button in row] for row in rows if row]
    if sum(map(len, kept)) > _MOST_BUTTONS or len(encode(kept)) > _LARGEST:
        raise bad_request("reply markup is too long")
    return {"inline_keyboard": kept} if kept else None


def _kept(button: Json) -> Json:
    return {name: button[name] for name in _KEPT if button.get(name) is not None}


def _check(button: Any) -> None:
    if not isinstance(button, dict):
        raise _unread("Expected an Object")
    if not isinstance(button.get("text"), str):
        wrong = 'Field "text" must be of type String'
        raise _unread(wrong if "text" in button else 'Can\'t find field "text"')
    if not any(button.get(name) not in (None, "") for name in _ACTIONS):
        raise _unread("Text buttons are unallowed in the inline keyboard")
    if not button["text"].strip():
        raise bad_request("BUTTON_TEXT_INVALID")
    if "callback_game" in button or "pay" in button:
        raise bad_request("BUTTON_TYPE_INVALID")
    _check_action(button)


def _unread(why: str) -> RefusalError:
    return bad_request(f"can't parse inline keyboard button: {why}")


def _check_action(button: Json) -> None:
    if "callback_data" in button and len(_data(button)) > _LONGEST_DATA:
        raise bad_request("BUTTON_DATA_INVALID")
    if "url" in button:
        _check_url(str(button["url"]))
    if "copy_text" in button and not 1 <= len(button["copy_text"].get("text", "")) <= _LONGEST_COPY:
        raise bad_request("BUTTON_COPY_TEXT_INVALID")
    app = str(button.get("web_app", {}).get("url", "https://"))
    if not app.startswith("https://"):
        wrong = "Only HTTPS links are allowed"
        raise bad_request(f"inline keyboard button Web App URL '{app}' is invalid: {wrong}")


def _data(button: Json) -> bytes:
    return str(button["callback_data"]).encode()


def _check_url(url: str) -> None:
    parts = urlsplit(url if "://" in url else f"http://{url}")
    if parts.scheme == "tg":
        return
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not re.search(r"\w\.\w", host):
        reason = (
            "Wrong HTTP URL" if parts.scheme in ("http", "https") else "Unsupported URL protocol"
        )
        raise bad_request(f"inline keyboard button URL '{url}' is invalid: {reason}")
    if host.startswith("127.") or host == "localhost":
        raise bad_request("BUTTON_URL_INVALID")


def labels(markup: Json | None) -> list[list[str]]:
    """What the buttons say."""
    return [[button["text"] for button in row] for row in (markup or {}).get("inline_keyboard", [])]
