"""Our own rules: words in every language, no facts in code, a README that shows what there is."""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Formatter

import pytest

from bot.backends.knowledge.findings import WARNINGS
from bot.backends.prompts import LANGUAGES, read_command_words, read_phrases
from bot.core import render
from bot.core.commands import COMMANDS
from bot.core.messages import Language
from bot.core.route import SMALLTALK
from bot.settings import PLANNED, PREFIX, Settings
from tests.conftest import ROOT
from tests.fakes import KIOSK, MARKET, PROGRAM, passage

PROMPTS = ROOT / "prompts"
PHRASES = read_phrases(PROMPTS)
COMMAND_WORDS = {language: read_command_words(PROMPTS, language) for language in ("en", "id")}
CODE = sorted((ROOT / "bot").rglob("*.py"))

SETTINGS = {f"{PREFIX}{field}".upper() for field in Settings.model_fields} | PLANNED
SAID_ALONE = ["start", "abstain", "abstain_ask", "description", "short_description"]
SAID_IN_A_TURN = [
    *("help", "privacy", "unreadable", "wordless", "trouble", "unknown_command", "slow_down"),
    *("private_only", "forgotten"),
]

ERRORS = re.compile(r"(Bot|Channel|Knowledge|Model|Store|Settings)Error")
FINDING = re.compile(r"(find|mend)_[A-Z0-9_]+")
SAID = {"name", "about", "ask", "topics", "example"}
"""What `render.said` fills in."""
NUMBERS = {"days": 30}
"""What a turn fills in besides."""

FACTS = re.compile(
    r"Rp ?\.?\d|\d ?(%|persen|percent)|\b(19\d\d|20[0-3]\d)\b"
    r"|(?i:\b(lazada|shopee|tokopedia|permendag|kominfo)\b)|AKAR Indonesia|\bNIB\b"
)


@dataclass(frozen=True)
class Use:
    """A word used in code: its name, or the form of its name, and the values it is given."""

    form: re.Pattern[str]
    given: frozenset[str]
    place: str


@cache
def nodes(path: Path) -> list[ast.AST]:
    return list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def form_of(node: ast.expr) -> re.Pattern[str] | None:
    """What strings an expression can be: a constant, or an f-string."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return re.compile(re.escape(node.value))
    if isinstance(node, ast.JoinedStr):
        parts = [
            re.escape(str(part.value)) if isinstance(part, ast.Constant) else r"\w+"
            for part in node.values
        ]
        return re.compile("".join(parts))
    return None


def called(node: ast.Call) -> str:
    """The last part of what is called."""
    function = node.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def given(node: ast.Call) -> set[str]:
    """The names of the values that a call gives."""
    return {word.arg for word in node.keywords if word.arg}


def calls(paths: list[Path]) -> Iterator[tuple[str, ast.Call]]:
    for path in paths:
        for node in nodes(path):
            if isinstance(node, ast.Call):
                yield f"{path.relative_to(ROOT)}:{node.lineno}", node


def uses(names: re.Pattern[str], *, skipped: int = 0) -> list[Use]:
    """The calls of functions of these names whose argument after `skipped` ones is a word."""
    found = []
    for place, node in calls(CODE):
        if not names.fullmatch(called(node)) or len(node.args) <= skipped:
            continue
        if form := form_of(node.args[skipped]):
            found.append(Use(form, frozenset(given(node)), place))
    return found


def raised() -> list[Use]:
    """Every error with its code, those of subclasses with a code of their own too."""
    inits = re.compile("__init__")
    subclasses = [use for use in uses(inits) if re.fullmatch(r"[a-z_]+", use.form.pattern)]
    return uses(ERRORS) + subclasses


def indexed(paths: list[Path]) -> Iterator[tuple[str, re.Pattern[str]]]:
    """Every phrase that is looked up, such as `phrases["start"]`."""
    for path in paths:
        for node in nodes(path):
            if isinstance(node, ast.Subscript) and re.search(
                r"phrase|words$", ast.unparse(node.value)
            ):
                form = form_of(node.slice)
                if form and form.pattern not in LANGUAGES:
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", form


def matches(form: re.Pattern[str], words: Mapping[str, str]) -> set[str]:
    return {name for name in words if form.fullmatch(name)}


def strings(path: Path) -> Iterator[re.Pattern[str]]:
    for node in nodes(path):
        if isinstance(node, ast.expr) and (form := form_of(node)):
            yield form


# Phrases: what the bot says.


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_phrases(language: Language) -> None:
    assert sorted(PHRASES[language]) == sorted(PHRASES["id"])


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_phrase_has_the_same_placeholders_in_every_language(language: Language) -> None:
    different = [
        name
        for name, text in PHRASES[language].items()
        if placeholders(text) != placeholders(PHRASES["id"][name])
        and name not in ("date_day", "date_month", "date_year")
    ]

    assert different == []


def test_every_phrase_that_code_looks_up_is_there() -> None:
    paths = [path for path in CODE if {"core", "telegram", "app"} & {*path.parts}]
    missing = [
        f"{place} {form.pattern}"
        for place, form in indexed(paths)
        if not matches(form, PHRASES["id"])
    ]

    assert missing == []


def test_every_phrase_that_code_says_is_there() -> None:
    said = [
        *uses(re.compile("_say|said")),
        *uses(re.compile("introduction|describe"), skipped=1),
        *uses(re.compile("_tell"), skipped=2),
    ]
    missing = [
        f"{use.place} {use.form.pattern}"
        for use in said
        if "channels/simulator" not in use.place and not matches(use.form, PHRASES["id"])
    ]

    assert said
    assert missing == []


def test_every_phrase_is_used() -> None:
    paths = [path for path in CODE if "simulator" not in path.parts]
    forms = {form for path in paths for form in strings(path)}
    named = {
        name for form in forms for name in matches(form, PHRASES["id"]) if form.pattern != r"\w+"
    }

    assert sorted(PHRASES["id"].keys() - named) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_command_and_every_small_talk_has_its_phrases(language: Language) -> None:
    wanted = {f"command_{name}" for name in COMMANDS}
    wanted |= {form for topic in SMALLTALK for form in (topic, f"{topic}_forms")} | {
        "address_forms"
    }

    assert wanted - PHRASES[language].keys() == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_phrase_that_is_looked_up_gets_the_values_it_names(language: Language) -> None:
    wrong = []
    for place, node in calls(CODE):
        function = node.func
        if not (isinstance(function, ast.Attribute) and function.attr == "format"):
            continue
        form = form_of(function.value.slice) if isinstance(function.value, ast.Subscript) else None
        names = matches(form, PHRASES[language]) if form else set()
        wrong += [
            f"{place} {name}"
            for name in names
            if placeholders(PHRASES[language][name]) != given(node)
        ]

    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        *((name, {}) for name in (*SMALLTALK, *SAID_ALONE)),
        *((name, NUMBERS) for name in SAID_IN_A_TURN),
    ],
)
def test_a_phrase_is_said_with_nothing_left_open(
    language: Language, name: str, numbers: dict[str, int]
) -> None:
    reply = render.said(name, phrases=PHRASES[language], program=PROGRAM, **numbers)

    assert placeholders(PHRASES[language][name]) <= SAID | numbers.keys()
    assert reply.text
    assert not re.search(r"[{}]", reply.text)


def test_a_turn_fills_in_the_numbers_that_its_phrases_name() -> None:
    place = ROOT / "bot" / "core" / "telling.py"
    filled = [given(call) for _, call in calls([place]) if called(call) == "said"]

    assert set().union(*filled) - {"phrases", "program"} == NUMBERS.keys()


@pytest.mark.parametrize("language", LANGUAGES)
def test_privacy_tells_how_long_questions_are_kept(language: Language) -> None:
    assert "days" in placeholders(PHRASES[language]["privacy"])


def troubles() -> set[str]:
    """Every code of something that fails for now, which staff are told of."""
    codes = set()
    for path in CODE:
        for node in nodes(path):
            if isinstance(node, ast.FunctionDef) and node.name == "_troubles":
                codes |= {word for part in ast.walk(node) for word in elements(part)}
            elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("troubles.add"):
                codes |= {str(word.value) for word in node.args if isinstance(word, ast.Constant)}
    return codes


def elements(node: ast.AST) -> set[str]:
    words = node.elts if isinstance(node, ast.Set) else []
    return {str(word.value) for word in words if isinstance(word, ast.Constant)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_staff_are_told_of_every_trouble_and_of_its_end(language: Language) -> None:
    told = {name: text for name, text in PHRASES[language].items() if name.startswith("staff_")}

    assert troubles() >= {"words_only", "state"}
    assert sorted(told) == sorted(["staff_over", *(f"staff_{code}" for code in troubles())])
    assert {name: placeholders(text) for name, text in told.items() if placeholders(text)} == {
        "staff_over": {"trouble"}
    }


@pytest.mark.parametrize(
    ("language", "spelled"),
    [
        ("id", ["5 Agustus 2029", "Agustus 2029", "2029"]),
        ("en", ["5 August 2029", "August 2029", "2029"]),
        ("zh", ["2029年8月5日", "2029年8月", "2029年"]),
    ],
)
def test_dates_read_as_people_write_them(language: Language, spelled: list[str]) -> None:
    phrases = PHRASES[language]

    assert [
        render.spelled(iso, phrases=phrases) for iso in ("2029-08-05", "2029-08", "2029")
    ] == spelled


@pytest.mark.parametrize("language", LANGUAGES)
def test_sources_read_as_people_write_them(language: Language) -> None:
    shown = render.passage_with_sources(passage(sources=(KIOSK, MARKET)), phrases=PHRASES[language])

    assert "[Membuka kios](https://kabar.example/kios)" in shown.text
    assert not re.search(r"[{}]", shown.text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_labels_and_descriptions_are_as_short_as_telegram_wants(language: Language) -> None:
    phrases = PHRASES[language]
    toasts = ("voted_up", "voted_down", "old_button", "language_name", "kept", "wish_noted")
    buttons = ("view_source", "forget_yes", "forget_no", "wish", "wished")

    assert [name for name in COMMANDS if not 3 <= len(phrases[f"command_{name}"]) <= 256] == []
    assert [name for name in toasts if len(phrases[name]) > 200] == []
    assert [name for name in buttons if len(phrases[name]) > 40] == []
    assert len(phrases["short_description"]) <= 120


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_form_of_small_talk_stands_under_two_topics(language: Language) -> None:
    forms = [form for topic in SMALLTALK for form in PHRASES[language][f"{topic}_forms"].split("|")]

    assert sorted({form for form in forms if forms.count(form) > 1}) == []


# Sentences: what the commands print.


def test_commands_print_the_same_sentences_in_both_languages() -> None:
    assert sorted(COMMAND_WORDS["id"]) == sorted(COMMAND_WORDS["en"])


def test_every_sentence_has_the_same_placeholders_in_both_languages() -> None:
    different = [
        name
        for name, text in COMMAND_WORDS["id"].items()
        if placeholders(text) != placeholders(COMMAND_WORDS["en"].get(name, text))
    ]

    assert different == []


@pytest.mark.parametrize("language", ["en", "id"])
def test_every_error_has_its_sentence(language: Language) -> None:
    words = COMMAND_WORDS[language]

    assert [f"{u.place} {u.form.pattern}" for u in raised() if not matches(u.form, words)] == []


@pytest.mark.parametrize("language", ["en", "id"])
def test_every_error_gives_its_sentence_the_values_it_names(language: Language) -> None:
    words = COMMAND_WORDS[language]
    lacking = [
        f"{use.place} {name}: {sorted(missing)}"
        for use in raised()
        for name in matches(use.form, words)
        if (missing := placeholders(words[name]) - use.given - {"hint"})
    ]

    assert lacking == []


@pytest.mark.parametrize("language", ["en", "id"])
def test_every_sentence_that_a_command_prints_gets_the_values_it_names(language: Language) -> None:
    words = COMMAND_WORDS[language]
    printed = [use for use in uses(re.compile("sentence")) if not FINDING.match(use.form.pattern)]
    wrong = [
        f"{use.place} {use.form.pattern}"
        for use in printed
        if not any(placeholders(words[name]) <= use.given for name in matches(use.form, words))
        and not use.form.pattern.startswith(("find_", "mend_"))
    ]

    assert printed
    assert wrong == []


def finding_codes() -> set[str]:
    """Every code of a finding that stands in the code."""
    code = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+")
    folders = (ROOT / "bot" / "backends" / "knowledge", ROOT / "bot" / "channels" / "scripts")
    constants = {
        node.value
        for folder in folders
        for path in folder.glob("*.py")
        for node in nodes(path)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return {constant for constant in constants if code.fullmatch(constant)}


@pytest.mark.parametrize("language", ["en", "id"])
def test_every_finding_has_its_sentence_and_its_mend(language: Language) -> None:
    wanted = {f"{kind}_{code}" for code in finding_codes() for kind in ("find", "mend")}
    present = {name for name in COMMAND_WORDS[language] if FINDING.fullmatch(name)}

    assert sorted(wanted ^ present) == []


def test_every_warning_is_a_finding() -> None:
    assert WARNINGS - finding_codes() == set()


@pytest.mark.parametrize("language", ["en", "id"])
def test_every_finding_gives_its_sentences_the_values_they_name(language: Language) -> None:
    words = COMMAND_WORDS[language]
    lacking = []
    for place, node in calls(CODE):
        if called(node) != "Finding" or not isinstance(node.args[2], ast.Constant):
            continue
        code = str(node.args[2].value)
        if len(node.args) > 3 and not isinstance(node.args[3], ast.Dict):
            continue  # Named `values`: the integration tests print these.
        values = {
            str(key.value)
            for argument in node.args[3:]
            if isinstance(argument, ast.Dict)
            for key in argument.keys
            if isinstance(key, ast.Constant)
        }
        for kind in ("find", "mend"):
            if missing := placeholders(words[f"{kind}_{code}"]) - values:
                lacking.append(f"{place} {kind}_{code}: {sorted(missing)}")

    assert lacking == []


def test_every_sentence_is_used() -> None:
    forms = {form for path in CODE for form in strings(path) if form.pattern != r"\w+"}
    used = {name for form in forms for name in matches(form, COMMAND_WORDS["en"])}

    assert sorted(COMMAND_WORDS["en"].keys() - used) == []


# Facts stand in knowledge/ alone.


def facts(path: Path) -> list[str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for number, line in enumerate(lines, 1)
        if FACTS.search(line)
    ]


@pytest.mark.parametrize("path", CODE, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_fact_stands_in_code(path: Path) -> None:
    assert facts(path) == []


@pytest.mark.parametrize("path", sorted(PROMPTS.glob("phrases.*")), ids=lambda path: path.name)
def test_no_fact_stands_in_a_phrase(path: Path) -> None:
    assert facts(path) == []


@pytest.mark.parametrize(
    "line", ["Rp50.000", "Rp 100", "1,5 %", "denda 10%", "since 2021", "at Lazada", "punya NIB"]
)
def test_a_fact_is_recognised(line: str) -> None:
    assert FACTS.search(line)


# The README shows what there is.


@pytest.mark.parametrize("command", ["pip install uv && uv run akar", "uv run pytest"])
def test_the_readme_shows_both_commands(command: str) -> None:
    assert command in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_readme_lists_every_setting() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    table = "\n".join(line for line in readme.splitlines() if line.startswith("|"))

    assert [name for name in sorted(SETTINGS) if f"`{name}`" not in table] == []


def test_the_readme_lists_no_setting_that_is_unknown() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")

    assert set(re.findall(rf"{PREFIX}[A-Z_]+", readme)) - SETTINGS == set()
