"""Every key of a conversation script with how its value is written: the one definition."""

from collections.abc import Mapping
from typing import Any

from bot.channels.scripts.forms import (
    COMMAND,
    MOMENT,
    SECONDS,
    YES,
    Expression,
    Fields,
    Form,
    OneOf,
    OneOrMore,
    Shaped,
    Text,
    Texts,
    whole,
)

Json = dict[str, Any]

LANGUAGES = ("id", "en", "zh")
UPLOADS = ("photo", "voice", "document", "sticker", "location")

_LANGUAGE = Fields("{language: id}", {"language": OneOf(LANGUAGES)})
_UPLOAD = Text("true")

CONVERSATION: Mapping[str, Form] = {
    "conversation": Text("dokumen, lalu sumbernya"),
    "tags": Texts("[onboarding]"),
    "as": _LANGUAGE,
    "expected_failure": Text("the reason"),
}
"""The keys of a conversation, beside its people and its turns."""

STEPS: Mapping[str, Form] = {
    "user": Texts('["Syarat buka toko apa?", syrt buka toko ap kak]'),
    "command": COMMAND,
    "press": Text("Lihat sumber"),
    "vote": Text("Di dekat jendela"),
    "edit": Text("Syarat buka toko perorangan apa?"),
    **dict.fromkeys(UPLOADS, _UPLOAD),
    "resend": OneOf(("last",)),
    "staff": Text("Besok kami cek, ya"),
    "hears": YES,
    "new_person": YES,
    "wait": SECONDS,
    "restart": YES,
    "at": MOMENT,
    "fault": Fields(
        "{telegram: 429, times: 2}",
        {
            "telegram": Shaped("429", r"429|500|cut|slow \d+(\.\d+)?s", ({"enum": [429, 500]},)),
            "times": whole(2),
            "retry_after": whole(1),
        },
        needed=("telegram",),
    ),
    "change": Fields(
        "{file: izin.md, replace: [old, new]}",
        {"file": Text("izin.md"), "replace": Texts("[old, new]", count=2)},
        needed=("file", "replace"),
    ),
}
"""What can happen; a turn holds one of these."""

EXPECTATIONS: Mapping[str, Form] = {
    "outcome": OneOf(("answer", "verdict", "clarify", "abstain", "refuse", "smalltalk")),
    "language": OneOf(LANGUAGES),
    "card": Text("onboarding/buka-toko#dokumen-perorangan"),
    "says": Texts("[KTP, buku tabungan]"),
    "says_any": Texts("[KTP, identitas]"),
    "never": Texts('["%"]'),
    "matches": Expression(r"Rp ?\d+"),
    "cites": Texts("[onboarding/buka-toko#dokumen-perorangan]"),
    "verdict": OneOrMore(
        Fields(
            "{status: closed, cluster: crafts}",
            {
                "product": Text("batik"),
                "status": OneOf(("closed", "not_listed", "unclear")),
                "cluster": Text("crafts"),
            },
        )
    ),
    "buttons": Texts("[Lihat sumber]"),
    "toast": Text("Terima kasih"),
    "picture": YES,
    "max_chars": whole(900),
    "max_messages": whole(1),
    "within_ms": whole(3000),
    "grounded": YES,
    "recorded": OneOf(("gap",)),
    "staff_chat": Texts("[sampai ke penanya]"),
}
"""What can be expected of the bot's answer."""

SILENT = "silent"
"""Written instead of expectations: nothing is to come."""


def schema(describe: Mapping[str, str]) -> Json:
    """Return the JSON Schema of a conversation; `describe` has the words for its keys."""
    steps = {name: _described(name, form, "step", describe) for name, form in STEPS.items()}
    expected = _expectations(describe)
    steps["hears"] = {"anyOf": [steps["hears"], expected]}
    turn = {
        "type": "object",
        "properties": {**steps, "as": {"type": "string"}, "bot": expected},
        "additionalProperties": False,
        "oneOf": [{"required": [name]} for name in STEPS],
    }
    head = {name: _described(name, form, "script", describe) for name, form in CONVERSATION.items()}
    people = {"type": "object", "additionalProperties": _LANGUAGE.schema(), "minProperties": 1}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "properties": {
            **head,
            "people": people | {"description": describe["script_people"]},
            "turns": {"type": "array", "items": turn, "minItems": 1},
        },
        "required": ["conversation", "turns"],
        "not": {"required": ["as", "people"]},
        "additionalProperties": False,
    }


def _expectations(describe: Mapping[str, str]) -> Json:
    found = {
        name: _described(name, form, "expect", describe) for name, form in EXPECTATIONS.items()
    }
    mapping = {"type": "object", "properties": found, "additionalProperties": False}
    return {"anyOf": [mapping, {"enum": [SILENT, None]}]}


def _described(name: str, form: Form, kind: str, describe: Mapping[str, str]) -> Json:
    return form.schema() | {"description": describe[f"{kind}_{name}"]}
