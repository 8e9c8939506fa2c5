"""Conversation scripts as they are read: what is refused, where, and what was probably meant."""

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from bot.backends.prompts import read_command_words
from bot.channels.scripts.expectations import KINDS
from bot.channels.scripts.reading import read_scripts
from bot.channels.scripts.script import cases
from bot.channels.scripts.vocabulary import EXPECTATIONS, SILENT, schema
from bot.cli.vocabulary import schema_text, table
from bot.core.ports import ChannelError
from tests.conftest import ROOT

CONVERSATIONS = ROOT / "tests" / "conversations"
WORDS = read_command_words(ROOT / "prompts", "en")

MISTAKES = [
    ("conversaton: a\nturns: [{user: a}]", (1, "UNKNOWN_KEY", "conversation")),
    ("conversation: a\nas: {lang: id}\nturns: [{user: a}]", (2, "UNKNOWN_KEY", "language")),
    ("conversation: a\nas: {language: ind}\nturns: [{user: a}]", (2, "UNKNOWN_VALUE", "id")),
    ("conversation: a\nturns:\n  - voic: b", (3, "UNKNOWN_STEP", "voice")),
    ("conversation: a\nturns:\n  - pres: b", (3, "UNKNOWN_STEP", "press")),
    ("conversation: a\nturns:\n  - user: b\n    press: c", (3, "NOT_ONE_STEP", "")),
    ("conversation: a\nturns:\n  - bot: {says: a}", (3, "NOT_ONE_STEP", "")),
    ("conversation: a\nturns:\n  - user: []", (3, "WRONG_FORM", "")),
    ("conversation: a\nturns:\n  - user: {id: a}", (3, "WRONG_FORM", "")),
    ("conversation: a\nturns:\n  - command: start", (3, "WRONG_FORM", "")),
    ("conversation: a\nturns:\n  - user: b\n  - user: c\n    user: d", (5, "DUPLICATE_KEY", "")),
    (
        "conversation: a\nturns:\n  - user: b\n    bot:\n      says: c\n      button: d",
        (6, "UNKNOWN_EXPECTATION", "buttons"),
    ),
    (
        "conversation: a\nturns:\n  - user: b\n    bot: {outcome: answers}",
        (4, "UNKNOWN_VALUE", "answer"),
    ),
    ("conversation: a\nturns:\n  - user: b\n    bot: {max_chars: x}", (4, "WRONG_FORM", "")),
    ("conversation: a\nturns:\n  - user: b\n    bot: {grounded: false}", (4, "WRONG_FORM", "")),
    ("conversation: a\nturns:\n  - user: b\n    bot: {matches: '('}", (4, "BAD_PATTERN", "")),
    (
        "conversation: a\nturns:\n  - user: b\n    bot: {verdict: {status: close}}",
        (4, "UNKNOWN_VALUE", "closed"),
    ),
    ("conversation: a\nturns:\n  - user: b\n    bot: quiet", (4, "BAD_YAML", "")),
    ("conversation: a\nturns:\n  - wait: 2 minutes", (3, "WRONG_FORM", "")),
    ("conversation: a\nturns:\n  - at: 2026-12-01T09:00", (3, "WRONG_FORM", "")),
    ("conversation: a\nturns:\n  - at: 2026-13-01T09:00+07:00", (3, "WRONG_FORM", "")),
    ("conversation: a\nturns:\n  - fault: {times: 2}", (3, "MISSING_KEY", "")),
    ("conversation: a\nturns:\n  - fault: {telegram: 404}", (3, "WRONG_FORM", "")),
    ("conversation: a\nturns:\n  - fault: {telegram: 429, time: 2}", (3, "UNKNOWN_KEY", "times")),
    ("conversation: a\nturns:\n  - change: {file: a, replace: b}", (3, "WRONG_FORM", "")),
    ("conversation: a\nturns: []", (2, "WRONG_FORM", "")),
    ("conversation: a", (1, "MISSING_KEY", "")),
    ("- a", (1, "BAD_YAML", "")),
    ("conversation: a\nturns: [a", (2, "BAD_YAML", "")),
    (
        "conversation: a\nturns: [{user: a}]\n---\nconversation: b\nturn: c",
        (5, "UNKNOWN_KEY", "turns"),
    ),
]
"""What the format does not allow."""

IMPOSSIBLE = [
    ("conversation: a\nturns:\n  - press: b", (3, "TOO_EARLY", "")),
    ("conversation: a\nturns:\n  - command: /start\n  - edit: b", (4, "TOO_EARLY", "")),
    ("conversation: a\nturns:\n  - resend: last", (3, "TOO_EARLY", "")),
    (
        "conversation: a\nturns:\n  - user: b\n  - new_person: true\n  - press: c",
        (5, "TOO_EARLY", ""),
    ),
    (
        "conversation: a\npeople: {ibu: {language: id}}\nturns:\n  - user: a\n    as: ib",
        (5, "UNKNOWN_PERSON", "ibu"),
    ),
    (
        "conversation: a\nas: {language: id}\npeople: {ibu: {language: id}}\nturns: [{user: a}]",
        (2, "AS_AND_PEOPLE", ""),
    ),
    (
        "conversation: a\nturns:\n  - at: 2030-01-02T00:00Z\n  - at: 2030-01-01T00:00Z",
        (4, "BACK_IN_TIME", ""),
    ),
    ("conversation: a\nturns:\n  - photo: toko.pngg", (3, "NO_FILE", "toko.png")),
    (
        "conversation: a\nturns:\n  - change: {file: kios.md, replace: [a, b]}",
        (3, "NO_FILE", "kiosk.md"),
    ),
    (
        "conversation: a\nturns:\n  - change: {file: ../script.yaml, replace: [a, b]}",
        (3, "NO_FILE", ""),
    ),
]
"""What the format allows, and nobody could do."""


def written(folder: Path, text: str) -> Path:
    path = folder / "script.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(("text", "mistake"), [*MISTAKES, *IMPOSSIBLE])
def test_names_a_mistake_with_its_line_and_what_is_near(
    tmp_path: Path, text: str, mistake: tuple[int, str, str]
) -> None:
    knowledge = tmp_path / "knowledge"
    knowledge.mkdir()
    for name in ("knowledge/kiosk.md", "toko.png"):
        (tmp_path / name).touch()

    found = read_scripts([written(tmp_path, text)], knowledge=knowledge)

    assert mistake in [
        (each.line, each.code, each.values.get("near", "")) for each in found.mistakes
    ]


def test_finds_every_mistake_of_a_script_at_once(tmp_path: Path) -> None:
    text = "conversation: a\ntag: b\nturns:\n  - usr: a\n  - user: b\n    bot: {say: c}"

    found = read_scripts([written(tmp_path, text)])

    assert [(each.line, each.code) for each in found.mistakes] == [
        (2, "UNKNOWN_KEY"),
        (4, "UNKNOWN_STEP"),
        (6, "UNKNOWN_EXPECTATION"),
    ]


def test_makes_a_case_of_each_form_with_the_other_lists_at_their_first(tmp_path: Path) -> None:
    text = "conversation: a\nturns:\n  - user: [a, b]\n  - press: c\n  - user: [d, e, f]"
    [conversation] = read_scripts([written(tmp_path, text)]).conversations

    forms = ["".join(step.text for step in case.steps) for case in cases(conversation)]

    assert forms == ["acd", "bcd", "ace", "acf"]


def test_knows_where_a_word_stands_whatever_ends_the_lines(tmp_path: Path) -> None:
    text = "conversation: a\r\nturns:\r\n  - user: b\r\n    bot: {says: [satu, dua]}\r\n"
    path = tmp_path / "script.yaml"
    path.write_bytes(text.encode())
    [conversation] = read_scripts([path]).conversations

    [says] = conversation.steps[0].expected or ()

    assert [text[word.begin : word.end] for word in says.values] == ["satu", "dua"]


def test_reads_the_scripts_of_a_folder_and_the_documents_of_a_script(tmp_path: Path) -> None:
    text = "conversation: a\nturns: [{user: a}]\n---\nconversation: b\nturns: [{user: b}]\n---\n"
    written(tmp_path, text)
    (tmp_path / "notes.txt").write_text("conversation: c", encoding="utf-8")

    found = read_scripts([tmp_path, tmp_path / "script.yaml"])

    assert [each.name for each in found.conversations] == ["a", "b"]


def test_refuses_what_is_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / "script.yaml"
    path.write_bytes(b"conversation: \xff")

    assert [each.code for each in read_scripts([path]).mistakes] == ["NOT_UTF8"]


def test_refuses_a_folder_without_scripts(tmp_path: Path) -> None:
    with pytest.raises(ChannelError, match="scripts_none"):
        read_scripts([tmp_path])


# The vocabulary, told to editors and to people


def documents(text: str) -> list[object]:
    """The documents of a script, as an editor sees them."""
    return [json.loads(json.dumps(each, default=str)) for each in yaml.safe_load_all(text)]


def test_the_schema_takes_every_script_of_ours() -> None:
    checker = jsonschema.Draft7Validator(schema(WORDS))
    paths = sorted(CONVERSATIONS.rglob("*.yaml"))

    errors = [
        f"{path.name}: {error.message}"
        for path in paths
        for document in documents(path.read_text(encoding="utf-8"))
        for error in checker.iter_errors(document)
    ]

    assert paths
    assert errors == []


UNSEEN = ("user: c\n    user", "13-01T", "'('", "turns: [a")
"""What no schema can see: a key that stands twice, a month too many, what is no YAML."""


@pytest.mark.parametrize(
    "text", [text for text, _ in MISTAKES if not any(part in text for part in UNSEEN)]
)
def test_the_schema_refuses_what_the_reader_refuses(text: str) -> None:
    checker = jsonschema.Draft7Validator(schema(WORDS))

    assert not all(checker.is_valid(document) for document in documents(text))


def test_the_schema_for_editors_is_current() -> None:
    """Mend: `akar converse --schema > tests/conversations/schema.json`."""
    kept = (CONVERSATIONS / "schema.json").read_text(encoding="utf-8")

    assert kept == schema_text(WORDS) + "\n"


def test_the_guide_for_testers_has_the_whole_vocabulary() -> None:
    """Mend: put what `akar converse --vocabulary` prints between the two marks."""
    guide = (ROOT / "tests" / "README.md").read_text(encoding="utf-8")
    kept = guide.partition("<!-- vocabulary -->\n")[2].partition("<!-- end -->")[0]

    assert kept == table(WORDS) + "\n"


def test_every_expectation_is_judged() -> None:
    assert KINDS.keys() == {*EXPECTATIONS, SILENT}
