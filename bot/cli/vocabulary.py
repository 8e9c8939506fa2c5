"""Every key of conversation scripts, told from its definition: for editors, and for people."""

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.channels.scripts.forms import Form

_OTHERS: Mapping[str, Mapping[str, str]] = {
    "script": {"people": "{ibu: {language: id}, lin: {language: en}}"},
    "step": {"as": "lin", "bot": "{says: KTP}"},
    "expect": {},
}
"""Keys that are no value of their own."""


def schema_text(words: Mapping[str, str]) -> str:
    """Return the JSON Schema of a script."""
    from bot.channels.scripts.vocabulary import schema

    return json.dumps(schema(words), ensure_ascii=False, indent=2)


def table(words: Mapping[str, str]) -> str:
    """Return every key as Markdown tables, with how its value is written and what it means."""
    from bot.channels.scripts.vocabulary import CONVERSATION, EXPECTATIONS, STEPS

    parts = (("script", CONVERSATION), ("step", STEPS), ("expect", EXPECTATIONS))
    return "\n\n".join("\n".join(_rows(kind, forms, words)) for kind, forms in parts)


def _rows(kind: str, forms: "Mapping[str, Form]", words: Mapping[str, str]) -> Iterator[str]:
    yield f"| {words[f'table_{kind}']} | {words['table_like']} | {words['table_means']} |"
    yield "|---|---|---|"
    for name, example in _OTHERS[kind].items():
        yield f"| `{name}` | `{example}` | {words[f'{kind}_{name}']} |"
    for name, form in forms.items():
        like = form.like.replace("|", "\\|")
        yield f"| `{name}` | `{like}` | {words[f'{kind}_{name}']} |"
