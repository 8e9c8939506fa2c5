"""Writes a conversation script as a person would."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bot.channels.scripts.grounds import key_words
from bot.channels.scripts.vocabulary import LANGUAGES, UPLOADS

Json = dict[str, Any]

_PLAIN = re.compile(r"[^\W\d_][\w ./-]*[\w.]|/\w+")  # What YAML takes for a text without quotes.
_OTHER = ("true", "false", "null", "yes", "no", "on", "off")
_LONGEST_NAME = 60


def script_of(done: Sequence[tuple[Json, Json | None]], *, language: str) -> str:
    """Return what a person did as a script that expects what was answered.

    Each is an update, as Telegram delivers it, with the bot's own report of its turn if there
    is one.
    """
    steps = [line for update, turn in done for line in _step(update, turn)]
    texts = [text for update, _ in done if (text := _text(update))]
    first = next((text for text in texts if not text.startswith("/")), *texts[:1] or ["?"])
    spoken = language[:2] if language[:2] in LANGUAGES else LANGUAGES[0]
    head = [
        f"conversation: {written(' '.join(first.split())[:_LONGEST_NAME])}",
        "tags: [recorded]",
        f"as: {{language: {spoken}}}",
        "turns:",
    ]
    return "\n".join([*head, *steps]) + "\n"


def written(text: str) -> str:
    """Return a text as YAML takes it, in a list too."""
    is_plain = _PLAIN.fullmatch(text) and text.casefold() not in _OTHER
    return text if is_plain else json.dumps(text, ensure_ascii=False)


def _step(update: Json, turn: Json | None) -> Iterator[str]:
    kind, value = _act(update)
    if not kind:
        return
    yield f"  - {kind}: {value}"
    expected = dict(_expected(turn)) if turn else {}
    if expected:
        yield "    bot:"
        yield from (f"      {name}: {value}" for name, value in expected.items())


def _act(update: Json) -> tuple[str, str]:
    """Return the step that an update is, and its value; nothing for what no step can say."""
    if query := update.get("callback_query"):
        return "press", written(_label(query))
    vote = update.get("poll_answer", {})
    if "label" in vote:
        return "vote", written(str(vote["label"]))
    if edited := update.get("edited_message"):
        return "edit", written(str(edited.get("text", "")))
    message = update.get("message", {})
    if text := message.get("text"):
        return ("command" if text.startswith("/") else "user"), written(text)
    kind = next((kind for kind in UPLOADS if kind in message), "")
    return kind, "true"


def _label(query: Mapping[str, Any]) -> str:
    """Return the label of the button that was pressed."""
    rows = query["message"].get("reply_markup", {}).get("inline_keyboard", [])
    labels = [
        button["text"]
        for row in rows
        for button in row
        if button.get("callback_data") == query["data"]
    ]
    return str(labels[0]) if labels else str(query["data"])


def _expected(turn: Json) -> Iterator[tuple[str, str]]:
    if outcome := turn.get("outcome"):
        yield "outcome", str(outcome)
    if cards := dict.fromkeys(source["card"] for source in turn.get("sources", ())):
        yield "cites", f"[{', '.join(map(written, cards))}]"
    if words := key_words(str(turn.get("body", ""))):
        yield "says", f"[{', '.join(map(written, words))}]"


def _text(update: Json) -> str:
    return str((update.get("message") or {}).get("text", ""))
