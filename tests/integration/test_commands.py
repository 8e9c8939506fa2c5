"""The commands as people run them: what they print, and how they end."""

import contextlib
import json
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from bot.channels.simulator import TOKEN
from bot.cli import app
from tests.conftest import ROOT
from tests.integration.knowledge_folders import STALLS, write
from tests.integration.processes import akar, environment, until

pytestmark = pytest.mark.timeout(300)

Json = dict[str, Any]


def objects(output: str) -> list[Json]:
    return [json.loads(line) for line in output.splitlines()]


def lines(*texts: object) -> str:
    return "".join(f"{json.dumps(text)}\n" for text in texts)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `knowledge` and its published `data`: copy nothing, change nothing."""
    folder = tmp_path_factory.mktemp("small")
    write(folder / "knowledge")
    done = akar("knowledge", "sync", cwd=folder, data="data", knowledge="knowledge")
    assert done.returncode == 0, done.stderr
    return folder


def ask(*arguments: str, small: Path, stdin: str | None = None, **more: Any) -> Any:
    """Run a command on the small folder."""
    settings: Json = {"data": small / "data", "knowledge": small / "knowledge"} | more
    return akar(*arguments, cwd=small, stdin=stdin, **settings)


QUESTIONS: list[Json] = [
    {"id": "answer", "text": "surat apa untuk kios"},
    {"id": "english", "text": "surat kios", "language": "en"},
    {"id": "abstain", "text": "xyzzy plugh foo bar"},
    {"id": "smalltalk", "text": "halo"},
]
BAD_LINES = [
    "no json",
    "[1]",
    '{"id": "x"}',
    '{"id": "x", "text": 5}',
    '{"id": "x", "text": "a", "language": "fr"}',
    '{"id": "x", "text": "a", "language": ["id"]}',
    '{"id": "x", "text": "a", "seller": "somebody"}',
    "[" * 100_000,
]


@dataclass
class Answered:
    """What `ask --jsonl --explain` printed on good lines, bad ones and an empty one."""

    code: int
    good: list[Json]
    bad: list[Json]

    @property
    def objects(self) -> dict[str, Json]:
        return {found["id"]: found for found in self.good}


@pytest.fixture(scope="module")
def answered(small: Path) -> Answered:
    bad = "\n".join(BAD_LINES)
    asked = f"{lines(QUESTIONS[0])}{bad}\n\n{lines(*QUESTIONS[1:])}"
    done = ask("ask", "--jsonl", "--explain", small=small, stdin=asked)
    assert done.stderr == ""
    found = objects(done.stdout)
    good = [each for each in found if "error" not in each]
    return Answered(done.returncode, good, [each for each in found if "error" in each])


# ask


def test_answers_as_a_person_would_read_it_and_explains_below(small: Path) -> None:
    done = ask("ask", "--explain", "surat apa untuk kios", small=small)

    answer = (
        "Bring a permit and a photograph.\n\n📄 Papers for a stall · Kabar Kota · 28 Agustus 2029\n"
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(answer)
    assert "abstains below" in done.stdout.removeprefix(answer)
    assert "stalls#papers" in done.stdout.removeprefix(answer)


def test_gives_one_object_with_the_contracts_fields(data: Path, tmp_path: Path) -> None:
    done = akar("ask", "--json", "npwp wajib ga buat daftar seller", cwd=tmp_path, data=data)

    (found,) = objects(done.stdout)
    assert list(found) == [
        *("id", "outcome", "language", "text", "body", "confidence", "card", "sources"),
        *("verdicts", "options", "parts", "milliseconds"),
    ]
    assert list(found["sources"][0]) == ["card", "title", "publisher", "url", "as_of"]
    assert (found["outcome"], found["language"]) == ("answer", "id")
    assert found["card"] == "onboarding/buka-toko#dokumen-perorangan"
    assert found["text"].startswith(found["body"])
    assert 0 < found["confidence"] <= 1
    assert (found["id"], found["verdicts"], found["options"], found["parts"]) == (None,) * 4


def test_an_abstention_is_no_failure(answered: Answered) -> None:
    found = answered.objects["abstain"]

    assert (found["outcome"], found["card"], found["sources"]) == ("abstain", None, [])


def test_small_talk_has_no_confidence(answered: Answered) -> None:
    found = answered.objects["smalltalk"]

    assert (found["outcome"], found["confidence"]) == ("smalltalk", None)


def test_answers_a_line_for_each_line_in_the_same_order(answered: Answered) -> None:
    assert [each["id"] for each in answered.good] == [line["id"] for line in QUESTIONS]


def test_answers_in_the_language_that_a_line_names(answered: Answered) -> None:
    assert answered.objects["english"]["language"] == "en"


def test_a_bad_line_gives_an_error_and_the_rest_goes_on(answered: Answered) -> None:
    assert [list(each) for each in answered.bad] == [["id", "error"]] * len(BAD_LINES)
    assert [each["id"] for each in answered.bad] == [None] * len(BAD_LINES)
    assert answered.code == 1


def test_explains_with_candidates_scores_and_the_threshold(answered: Answered) -> None:
    found = answered.objects["answer"]

    assert found["candidates"][0]["card"] == "stalls#papers"
    assert set(found["candidates"][0]) == {"card", "score", "confidence", "evidence"}
    assert 0 < found["threshold"] < 1


def test_nothing_is_recorded(small: Path) -> None:
    before = recorded(small)

    done = ask("ask", "--jsonl", small=small, stdin=lines(QUESTIONS[0]))

    assert (done.returncode, recorded(small)) == (0, before)


def recorded(small: Path) -> list[int]:
    """How many rows there are of people, and of what they wrote."""
    with contextlib.closing(sqlite3.connect(small / "data" / "akar.sqlite3")) as database:
        return [
            database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in ("person", "vote", "question", "inbox")
        ]


@pytest.mark.parametrize("arguments", [("ask",), ("search", " ")])
def test_a_missing_text_is_a_wrong_call(small: Path, arguments: tuple[str, ...]) -> None:
    done = ask(*arguments, small=small)

    assert (done.returncode, done.stdout) == (2, "")
    assert "--jsonl" in done.stderr


# search


def test_lists_the_nearest_cards_with_their_scores_up_to_the_limit(small: Path) -> None:
    done = ask("search", "surat untuk kios", "--limit", "1", small=small)

    (line,) = done.stdout.splitlines()
    score, card = line.split()
    assert (float(score) > 0, card) == (True, "stalls#papers")


def test_an_impossible_limit_is_a_wrong_call(small: Path) -> None:
    assert ask("search", "kios", "--limit", "0", small=small).returncode == 2


def test_searches_line_by_line(small: Path) -> None:
    asked = lines({"id": "a", "text": "surat kios"}, {"id": "b", "text": "sewa", "language": "id"})

    done = ask("search", "--jsonl", "--limit", "2", small=small, stdin=asked)

    found = objects(done.stdout)
    assert [each["id"] for each in found] == ["a", "b"]
    assert found[0]["cards"][0]["card"] == "stalls#papers"
    assert all(list(card) == ["card", "score"] for card in found[0]["cards"])


def test_half_a_character_is_no_trouble(small: Path) -> None:
    asked = '{"id": "a", "text": "surat \\ud83d kios"}\n'

    found = [
        objects(ask(command, "--jsonl", small=small, stdin=asked).stdout)[0]
        for command in ("ask", "search")
    ]

    assert [each["id"] for each in found] == ["a", "a"]


# knowledge


def test_checking_a_good_folder_says_what_it_holds(tmp_path: Path) -> None:
    write(tmp_path / "knowledge")

    done = akar("knowledge", "check", cwd=tmp_path, knowledge="knowledge")

    *warnings, last = done.stdout.splitlines()
    total = f"knowledge: 2 cards, 0 mistakes, {len(warnings)} warnings."
    assert (done.returncode, last) == (0, total)
    assert all("warning UNFOUND_QUESTION: Whoever asks `" in warning for warning in warnings)
    assert not (tmp_path / ".akar").exists()


def test_checking_names_each_finding_by_its_place(tmp_path: Path) -> None:
    write(tmp_path / "knowledge", {"stalls.md": STALLS.replace("KABAR", "KABER")})

    done = akar("knowledge", "check", cwd=tmp_path, knowledge="knowledge")

    assert done.returncode == 1
    assert done.stdout.startswith(
        "knowledge/stalls.md:3: mistake UNKNOWN_SOURCE: `KABER` is not in sources.yaml."
    )


def test_checking_gives_objects_to_programs(tmp_path: Path) -> None:
    write(tmp_path / "knowledge", {"stalls.md": STALLS.replace("KABAR", "KABER")})

    done = akar("knowledge", "check", "--json", cwd=tmp_path, knowledge="knowledge")

    found = objects(done.stdout)
    assert done.returncode == 1
    assert list(found[0]) == ["file", "line", "level", "code", "message", "mend"]
    assert (found[0]["file"], found[0]["line"]) == ("knowledge/stalls.md", 3)
    assert found[0]["mend"].startswith("Did you mean `KABAR`?")


def test_warnings_alone_are_no_failure(tmp_path: Path) -> None:
    write(tmp_path / "knowledge", {"notes.txt": "x"})

    done = akar("knowledge", "check", cwd=tmp_path, knowledge="knowledge")

    assert (done.returncode, "warning UNREAD_FILE" in done.stdout) == (0, True)


@pytest.mark.parametrize("language", ["en", "id"])
def test_every_finding_can_be_said(tmp_path: Path, language: str) -> None:
    files: dict[str, str | bytes] = {
        "a.md": "",
        "b.md": "---\nlanguage: en\nx: 1\n---\ntext\n## A\n## B {#B}\nsources: x\n"
        "seen: 1\nseen: 1\n",
        "c.md": "---\nas_of: undated\nreview_by: 2020-01-01\n---\n"
        f"## C {{#c}}\n\n{'a' * 901}[x](y)\n### h\nDitanyakan: z\n## C {{#c}}\n",
        "d.md": "---\ntopic: y\n---\n## D {#d}\nunknown: true\n\n5\n## E {#e}\n\nx\n",
        "d.en.md": "---\nas_of: 2020\n---\n## D {#d}\n\nx\n",
        "e.md": "---\n---\n",
        "f.md": b"\xff",
        "sources.yaml": "A: {title: x, date: 2020-13, y: z}\n",
        "program.yaml": "topics: {x: {id: X}}\n",
        "glossary.yaml": "a: []\n",
        "g.txt": "",
        "h.md": "---\nchanged: 2020-01-01\nsources: [B]\n---\n## H {#h}\n\nx\n",
        "h.en.md": "---\nsources: [B]\n---\n## H {#h}\n\nx\n",
    }
    write(tmp_path / "knowledge", files)

    done = akar("knowledge", "check", cwd=tmp_path, knowledge="knowledge", language=language)

    codes = {line.split(": ")[1].split()[1] for line in done.stdout.splitlines()[:-1]}
    assert done.stderr == ""
    assert len(codes) >= 28


def test_syncing_publishes_and_says_so_once(tmp_path: Path) -> None:
    write(tmp_path / "knowledge")
    settings: Json = {"cwd": tmp_path, "knowledge": "knowledge", "data": "data"}

    before = akar("knowledge", "status", **settings)
    first = akar("knowledge", "sync", **settings)
    second = akar("knowledge", "sync", **settings)
    after = akar("knowledge", "status", **settings)

    assert before.stdout.startswith("Nothing is live yet.")
    assert first.stdout.startswith("2 cards are live; 8 texts were embedded in ")
    assert second.stdout == "Nothing to publish: 2 cards are live already.\n"
    assert after.stdout.startswith("Live: version 1 of ")
    assert "\nknowledge is what is live.\n" in after.stdout
    assert after.stdout.endswith("\nNo card is due to be looked at within two weeks.\n")
    assert [done.returncode for done in (before, first, second, after)] == [0] * 4
    assert [done.stderr for done in (before, first, second, after)] == [""] * 4


def test_status_says_that_the_folder_differs(small: Path, tmp_path: Path) -> None:
    changed = write(tmp_path / "knowledge", {"stalls.md": STALLS.replace("Bring", "Take")})

    done = ask("knowledge", "status", small=small, knowledge=changed)

    assert "differs from what is live" in done.stdout


def test_syncing_a_folder_with_mistakes_lists_them_and_publishes_nothing(small: Path) -> None:
    broken = write(small / "broken", {"stalls.md": STALLS.replace("KABAR", "KABER")})

    done = ask("knowledge", "sync", small=small, knowledge=broken)

    assert (done.returncode, done.stdout) == (1, "")
    assert f"{broken}/stalls.md:3: mistake UNKNOWN_SOURCE" in done.stderr
    assert "has 1 mistakes and is not published" in done.stderr


def test_two_first_starts_at_once_both_answer(tmp_path: Path) -> None:
    write(tmp_path / "knowledge")
    env = environment(data=tmp_path / "data", knowledge=tmp_path / "knowledge")
    command = [sys.executable, "-m", "bot", "ask", "--json", "surat apa untuk kios"]
    both = [
        subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    said = [process.communicate(timeout=90) for process in both]

    assert [json.loads(out)["card"] for out, _ in said] == ["stalls#papers"] * 2
    assert [error for _, error in said] == [b""] * 2


# When things go wrong


def test_an_unknown_setting_in_the_environment_names_the_near_one(tmp_path: Path) -> None:
    done = akar("ask", "x", cwd=tmp_path, telegram_tokn="1:x")

    assert done.returncode == 2
    assert done.stderr == (
        "akar: There is no setting AKAR_TELEGRAM_TOKN. Did you mean AKAR_TELEGRAM_TOKEN?"
        " The README lists them all.\n"
    )


def test_an_unknown_setting_in_the_env_file_names_the_near_one(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("AKAR_EMBEDINGS=x\n")

    done = akar("knowledge", "status", cwd=tmp_path)

    assert done.returncode == 2
    assert "AKAR_EMBEDINGS. Did you mean AKAR_EMBEDDINGS?" in done.stderr


def test_an_impossible_setting_is_named(tmp_path: Path) -> None:
    done = akar("ask", "x", cwd=tmp_path, chroma_url="localhost")

    assert (done.returncode, "AKAR_CHROMA_URL cannot be used" in done.stderr) == (2, True)


def test_a_planned_setting_gives_a_warning(small: Path) -> None:
    done = ask("knowledge", "status", small=small, model="any:model")

    assert done.returncode == 0
    assert done.stderr == (
        "akar: AKAR_MODEL is set, but its part is not built yet; it has no effect.\n"
    )


def test_an_env_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"\xff\xfe")

    done = akar("ask", "x", cwd=tmp_path)

    assert (done.returncode, done.stderr.startswith("akar: .env cannot be read")) == (2, True)


def test_other_names_in_the_env_file_join_the_environment(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        host = f"http://127.0.0.1:{free.getsockname()[1]}"
    write(tmp_path / "knowledge")
    (tmp_path / ".env").write_text(f"OLLAMA_HOST={host}\nAKAR_EMBEDDINGS=ollama:small\n")

    done = akar("knowledge", "sync", cwd=tmp_path, knowledge="knowledge", data="data")

    assert done.returncode == 3
    assert "onnect" in done.stderr


def test_commands_speak_indonesian_where_it_is_chosen(tmp_path: Path) -> None:
    done = akar("knowledge", "status", cwd=tmp_path, data=tmp_path / "data", language="id")

    assert done.stdout.startswith("Belum ada yang tayang.")


@pytest.mark.parametrize("command", [("ask", "x"), ("knowledge", "check"), ("run",)])
def test_a_missing_knowledge_folder_is_named(tmp_path: Path, command: tuple[str, ...]) -> None:
    settings: Json = {"data": tmp_path / "data", "simulator_listen": free_address()}

    done = akar(*command, cwd=tmp_path, knowledge="gone", **settings)

    assert done.returncode == 2
    assert "There is no knowledge folder at gone." in done.stderr
    assert "AKAR_KNOWLEDGE" in done.stderr


@pytest.mark.parametrize("command", [("knowledge", "sync"), ("run",)])
def test_an_empty_knowledge_folder_is_named(tmp_path: Path, command: tuple[str, ...]) -> None:
    (tmp_path / "knowledge").mkdir()
    settings: Json = {"data": tmp_path / "data", "simulator_listen": free_address()}

    done = akar(*command, cwd=tmp_path, knowledge="knowledge", **settings)

    assert done.returncode == 1
    assert "NO_CARDS: The folder holds no card." in done.stderr


@pytest.mark.parametrize("command", [("ask", "x"), ("run",)])
def test_a_data_folder_that_cannot_be_written_is_named(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    (tmp_path / "file").write_text("")

    done = akar(*command, cwd=tmp_path, data=tmp_path / "file", simulator_listen=free_address())

    assert done.returncode == 3
    assert f"{tmp_path / 'file'}" in done.stderr
    assert "cannot be written" in done.stderr


def test_a_database_of_a_newer_program_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    with sqlite3.connect(tmp_path / "data" / "akar.sqlite3") as database:
        database.execute("CREATE TABLE alembic_version (version_num TEXT)")
        database.execute("INSERT INTO alembic_version VALUES ('of later')")
    database.close()

    done = akar("knowledge", "status", cwd=tmp_path, data="data")

    assert (done.returncode, "was written by a newer program" in done.stderr) == (3, True)


def test_a_chroma_server_that_is_away_is_named(tmp_path: Path) -> None:
    url = f"http://{free_address()}"
    write(tmp_path / "knowledge")
    settings: Json = {"knowledge": "knowledge", "data": "data", "chroma_url": url}

    done = akar("knowledge", "sync", cwd=tmp_path, **settings)

    assert done.returncode == 3
    assert done.stderr.startswith(f"akar: The Chroma server at {url} does not answer.")


@pytest.mark.parametrize("command", [("knowledge", "sync"), ("run",)])
def test_embeddings_that_cannot_be_had_are_named(tmp_path: Path, command: tuple[str, ...]) -> None:
    write(tmp_path / "knowledge")
    settings: Json = {"knowledge": "knowledge", "data": "data", "embeddings": "cohere:embed"}

    done = akar(*command, cwd=tmp_path, simulator_listen=free_address(), **settings)

    assert done.returncode == 2
    assert "AKAR_EMBEDDINGS=cohere:embed needs a package" in done.stderr


def test_words_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    done = akar("ask", "x", cwd=tmp_path, prompts="gone", data="data")

    assert done.returncode == 2
    assert "gone/phrases.id.yaml cannot be read" in done.stderr


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"

        done = akar("simulator", "--listen", listen, cwd=tmp_path, data="data")

    assert done.returncode == 3
    assert done.stderr.startswith(f"akar: {listen} is taken by another program.")


def test_a_port_in_use_is_named_by_run_too(small: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"

        done = ask("run", small=small, simulator_listen=listen)

    assert done.returncode == 3
    assert f"akar: {listen} is taken by another program." in done.stderr


def test_an_address_that_cannot_be_is_named(tmp_path: Path) -> None:
    done = akar("simulator", "--listen", "nonsense", cwd=tmp_path, data="data")

    assert done.returncode in (2, 3)
    assert done.stderr.startswith("akar: nonsense cannot be listened on")


def test_a_refused_token_is_named(small: Path, tmp_path: Path) -> None:
    process, url = start_simulator(tmp_path)
    try:
        done = ask("run", small=small, telegram_url=url, telegram_token="123456:" + "x" * 35)
    finally:
        process.terminate()
        process.communicate()

    assert done.returncode == 2
    assert done.stderr.startswith("akar: Telegram does not know this bot token.")
    assert "xxx" not in done.stderr


@pytest.mark.parametrize("arguments", [("nonsense",), ("ask", "--nonsense"), ("knowledge", "x")])
def test_an_unknown_command_is_a_wrong_call(arguments: tuple[str, ...]) -> None:
    assert CliRunner().invoke(app, arguments).exit_code == 2


@pytest.mark.parametrize(
    "command",
    [
        *("run", "simulator", "ask", "search", "knowledge check", "knowledge sync"),
        *("knowledge status", "knowledge import", "knowledge new"),
    ],
)
def test_every_command_has_help_with_an_example(command: str) -> None:
    done = CliRunner().invoke(app, [*command.split(), "--help"])

    assert (done.exit_code, "Example:" in done.stdout) == (0, True)


def test_debugging_shows_the_traceback(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bot", "--debug", "knowledge", "check"],
        cwd=tmp_path,
        env=environment(knowledge="gone") | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert "Traceback" in done.stderr


# run


def free_address() -> str:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return f"127.0.0.1:{free.getsockname()[1]}"


def start(*arguments: str, cwd: Path, **settings: object) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "bot", *arguments],
        cwd=cwd,
        env=environment(**settings) | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def start_simulator(folder: Path) -> tuple["subprocess.Popen[str]", str]:
    """Start a simulator on a free port; return its address too."""
    arguments = ["simulator", "--listen", "127.0.0.1:0", "--chats", str(folder / "chats.sqlite3")]
    process = start(*arguments, cwd=folder)
    assert process.stdout is not None
    return process, process.stdout.readline().split()[-1]


def test_runs_on_the_simulator_until_a_signal(small: Path) -> None:
    listen = free_address()
    settings = {"data": small / "data", "knowledge": small / "knowledge"}
    process = start("run", cwd=small, simulator_listen=listen, **settings)
    assert process.stdout is not None
    page, hint = process.stdout.readline(), process.stdout.readline()
    with httpx.Client(trust_env=False, base_url=f"http://{listen}/control", timeout=30) as http:
        said = http.post("/say", json={"person": "ibu", "text": "surat apa untuk kios"}).json()
        after = said["sequence"]
        while not (
            texts := [
                entry["text"]
                for entry in http.get(f"/sent?after={after}&timeout=20").json()["sent"]
                if entry["method"] == "sendMessage"
            ]
        ):
            pass
    process.send_signal(signal.SIGTERM)
    output, errors = process.communicate(timeout=30)

    assert page == f"Chat page: http://{listen}\n"
    assert hint == "Ctrl+C stops the bot.\n"
    assert texts[0].startswith("Bring a permit and a photograph.")
    assert (process.returncode, output, errors) == (0, "", "")


def test_stops_when_told_so_before_it_answers(small: Path) -> None:
    listen = free_address()
    settings = {"data": small / "data", "knowledge": small / "knowledge"}
    process = start("run", cwd=small, simulator_listen=listen, **settings)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    until(lambda: children.read_text() != "")  # The simulator, which it starts first.
    simulator = Path("/proc", children.read_text().split()[0])

    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=30)

    assert (process.returncode, errors, simulator.exists()) == (0, "", False)


def test_stops_quietly_while_it_registers_its_commands(small: Path) -> None:
    simulator, url = start_simulator(small)
    settings = {"data": small / "data", "knowledge": small / "knowledge"}
    with httpx.Client(trust_env=False, base_url=f"{url}/control") as http:
        slow = {"telegram": "slow 20s", "times": 1, "methods": ["getMyCommands"]}
        http.post("/fault", json=slow).raise_for_status()
        bot = start("run", cwd=small, telegram_url=url, telegram_token=TOKEN, **settings)
        assert bot.stdout is not None
        bot.stdout.readline()  # It runs, and begins to register them.
        time.sleep(1)
        bot.send_signal(signal.SIGTERM)
        _, errors = bot.communicate(timeout=30)
    simulator.terminate()
    simulator.communicate(timeout=30)

    assert (bot.returncode, errors) == (0, "")
