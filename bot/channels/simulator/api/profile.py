"""How the bot presents itself: its name, its commands, its descriptions."""

import re
from collections.abc import Callable
from typing import Any

from bot.channels.simulator.api.calls import Call
from bot.channels.simulator.api.refusals import bad_request
from bot.channels.simulator.api.sending import known_chat
from bot.channels.simulator.state.database import Json
from bot.channels.simulator.state.people import GROUP_ID
from bot.channels.simulator.state.state import State

_MOST_COMMANDS = 100
_LONGEST_DESCRIPTION = 256
_SCOPES = {
    "default": (),
    "all_private_chats": (),
    "all_group_chats": (),
    "all_chat_administrators": (),
    "chat": ("chat_id",),
    "chat_administrators": ("chat_id",),
    "chat_member": ("chat_id", "user_id"),
}
# The setting, the field of the result, the longest value, and how Telegram says that it is longer.
_TEXTS = {
    "name": ("name", 64, "BOT_TITLE_INVALID"),
    "description": ("description", 512, "BOT_DESCRIPTION_INVALID"),
    "short": ("short_description", 120, "BOT_SHORT_DESCRIPTION_INVALID"),
}


def get_me(state: State, _: Call) -> Json:
    """The bot itself."""
    return state.bot | {
        "can_join_groups": True,
        "can_read_all_group_messages": False,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
        "has_topics_enabled": False,
    }


def set_my_commands(state: State, call: Call) -> bool:
    """The menu of commands for a scope and a language."""
    refusal = "can't parse commands JSON object"
    commands = call.structure("commands", refusal=refusal)
    if not isinstance(commands, list):
        raise bad_request("commands are not specified")
    if len(commands) > _MOST_COMMANDS:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    name = _commands_name(state, call)
    state.database.remember(name, [_command(command) for command in commands])
    state.events.publish({"type": "profile"})
    return True


def _command(given: Any) -> Json:
    if not isinstance(given, dict):
        raise bad_request("expected an Object")
    command = str(given.get("command", "")).removeprefix("/")
    description = str(given.get("description", "")).strip()
    if not command:
        raise bad_request("command must be non-empty")
    if not description:
        raise bad_request("command description must be non-empty")
    if not re.fullmatch("[a-z0-9_]{1,32}", command):
        raise bad_request("BOT_COMMAND_INVALID")
    if len(description) > _LONGEST_DESCRIPTION:
        raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    return {"command": command, "description": description}


def get_my_commands(state: State, call: Call) -> list[Json]:
    """The menu that was set for exactly this scope and language."""
    found: list[Json] = state.database.setting(_commands_name(state, call), [])
    return found


def delete_my_commands(state: State, call: Call) -> bool:
    """No menu of its own for this scope and language."""
    state.database.forget(_commands_name(state, call))
    state.events.publish({"type": "profile"})
    return True


def _commands_name(state: State, call: Call) -> str:
    scope = call.structure("scope", refusal="can't parse BotCommandScope JSON object") or {}
    kind = scope.get("type", "default") if isinstance(scope, dict) else None
    if kind not in _SCOPES:
        raise bad_request("can't parse BotCommandScope: Unsupported type specified")
    where = "".join(f":{scope.get(name)}" for name in _SCOPES[kind])
    if "chat_id" in _SCOPES[kind]:
        known_chat(state, Call(call.method, {"chat_id": str(scope.get("chat_id"))}))
    return f"commands:{kind}{where}:{_language(call)}"


def _language(call: Call) -> str:
    code = call.text("language_code")
    if not re.fullmatch("([a-z]{2})?", code):
        raise bad_request("invalid language code specified")
    return code


def commands_for(state: State, chat_id: int, language: str | None) -> list[Json]:
    """The menu that someone sees in a chat: the narrowest scope, their language before any."""
    two = (language or "")[:2]
    kinds = ("all_group_chats",) if chat_id == GROUP_ID else ("all_private_chats",)
    for scope in (f"chat:{chat_id}", *kinds, "default"):
        for code in (two, ""):
            found: list[Json] | None = state.database.setting(f"commands:{scope}:{code}")
            if found:
                return found
    return []


def text_for(state: State, kind: str, language: str | None) -> str:
    """The name or a description, as someone sees it."""
    own = state.database.setting(f"{kind}:{(language or '')[:2]}", "")
    return str(own or state.database.setting(f"{kind}:", "Akar" if kind == "name" else ""))


def setter(kind: str) -> Callable[[State, Call], bool]:
    """The method that sets one of the texts."""
    field, longest, too_long = _TEXTS[kind]

    def set_text(state: State, call: Call) -> bool:
        language, text = _language(call), call.text(field)
        if len(text) > longest:
            raise bad_request(too_long)
        state.database.remember(f"{kind}:{language}", text)
        if kind == "name" and not language and not text:
            state.database.forget("name:")
        state.events.publish({"type": "profile"})
        return True

    return set_text


def getter(kind: str) -> Callable[[State, Call], Json]:
    """The method that reads one of the texts."""
    field = _TEXTS[kind][0]

    def get_text(state: State, call: Call) -> Json:
        return {field: text_for(state, kind, _language(call))}

    return get_text


def set_chat_menu_button(state: State, call: Call) -> bool:
    """The button beside the input."""
    refusal = "can't parse MenuButton JSON object"
    button = call.structure("menu_button", refusal=refusal) or {"type": "default"}
    if not isinstance(button, dict) or button.get("type") not in ("default", "commands", "web_app"):
        raise bad_request("can't parse MenuButton: Unsupported type specified")
    state.database.remember(f"menu:{call.integer('chat_id') or ''}", button)
    return True


def get_chat_menu_button(state: State, call: Call) -> Json:
    """The button beside the input, as it was set."""
    default: Json = {"type": "commands"}
    own = state.database.setting(f"menu:{call.integer('chat_id') or ''}", default)
    return default if own == {"type": "default"} else dict(own)


def bot_as_member(state: State, status: str) -> Json:
    """The bot in a chat."""
    until = {"until_date": 0} if status == "kicked" else {}
    return {"status": status, "user": state.bot} | until
