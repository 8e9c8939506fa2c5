"""The log of really run bots: what goes wrong is told, without texts, tokens and passwords."""

import contextlib
import json
import logging
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.cli.logs import Lines, redacted
from bot.core.ports import StoreError
from tests.conftest import ROOT
from tests.integration.knowledge_folders import write
from tests.integration.processes import bot_on, environment, until
from tests.integration.simulators import Simulator
from tests.integration.simulators import running as simulator

pytestmark = pytest.mark.timeout(300)

Json = dict[str, Any]

SECRET = "nomor rekening saya 0123456789"
PASSWORD = "geheim-sandi"
TOKEN = "123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"
PERSON = 700_000_001


def message(*, date: object = 1, chat: object = None) -> Json:
    """A private message; with a date that is no number, it cannot be read."""
    return {
        "message_id": 1,
        "date": date,
        "chat": chat or {"id": PERSON, "type": "private", "first_name": SECRET},
        "from": {"id": PERSON, "is_bot": False, "first_name": SECRET},
        "text": SECRET,
    }


@dataclass
class BrokenTelegram:
    """Knows the bot and brings it one message; then answers with what nobody can read."""

    answers: tuple[tuple[int, bytes], ...]
    called: list[str] = field(default_factory=list)

    def answer(self, method: str) -> tuple[int, bytes]:
        self.called.append(method)
        count = self.called.count(method)
        if method == "getMe":
            me = {"id": 123456789, "is_bot": True, "first_name": "Akar", "username": "akar_bot"}
            return 200, json.dumps({"ok": True, "result": me}).encode()
        if method == "deleteWebhook":
            return 200, b'{"ok": true, "result": true}'
        if method == "getUpdates" and count == 1:
            updates = [{"update_id": 1, "message": message()}]
            return 200, json.dumps({"ok": True, "result": updates}).encode()
        return self.answers[count % len(self.answers)]


@contextlib.contextmanager
def served(telegram: BrokenTelegram) -> Iterator[Simulator]:
    """Serve what speaks like a Bot API."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, body = telegram.answer(self.path.rpartition("/")[2])
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        with httpx.Client() as http:
            yield Simulator(f"http://127.0.0.1:{server.server_port}", http)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


# Real bots


def test_an_update_that_cannot_be_read_is_logged_by_its_number_alone(tmp_path: Path) -> None:
    knowledge = write(tmp_path / "knowledge")
    with (
        simulator(tmp_path / "chats.sqlite3") as telegram,
        bot_on(telegram, tmp_path / "data", knowledge=knowledge) as bot,
    ):
        bot.planted += ["rekening"]
        bad = [{"message": message(date=SECRET)}, {"message": message(chat=SECRET)}]
        sent = [telegram.control("update", **each)["update_id"] for each in bad]
        bot.start()
        until(lambda: all(f"update {number}" in bot.errors for number in sent))

        assert f" ERROR bot.core.inbox: update {sent[0]}: update_unreadable: reason=" in bot.errors


def test_a_telegram_that_answers_garbage_is_logged_without_the_garbage(tmp_path: Path) -> None:
    echo = {"ok": False, "error_code": 400, "description": f"no https://x/bot{TOKEN}/sendMessage"}
    broken = BrokenTelegram(
        (
            (502, f"<html>{SECRET} {TOKEN}</html>".encode()),
            (200, json.dumps([SECRET, TOKEN]).encode()),
            (200, f'{{"ok": true, "result": "{SECRET} {TOKEN}"'.encode()),
            (400, json.dumps(echo).encode()),
            (200, b"\xff\xfe" + SECRET.encode()),
        )
    )
    settings = {"knowledge": write(tmp_path / "knowledge"), "telegram_token": TOKEN}
    with (
        served(broken) as telegram,
        bot_on(telegram, tmp_path / "data", **settings) as bot,
    ):
        bot.planted += ["rekening", TOKEN.partition(":")[2]]
        bot.start()
        until(lambda: " ERROR bot.core.inbox: update 1: " in bot.errors)
        until(lambda: broken.called.count("getUpdates") > 4)
        bot.stop()

        assert broken.called.count("sendMessage") > 1
        assert "Telegram is away, trying again" in bot.errors


@pytest.mark.parametrize(
    "setting",
    [
        {"database_url": f"postgresql://akar:{PASSWORD}@127.0.0.1:1/akar", "key": "x" * 43 + "="},
        {
            "database_url": f"postgresql://akar:{PASSWORD}@127.0.0.1:none/akar",
            "key": "x" * 43 + "=",
        },
        {"database_url": f"mysql://akar:{PASSWORD}@127.0.0.1:1/akar"},
        {"chroma_url": f"http://akar:{PASSWORD}@127.0.0.1:1"},
    ],
    ids=["away", "malformed", "another database", "chroma"],
)
@pytest.mark.parametrize("options", [(), ("--debug",)], ids=["usual", "debug"])
def test_no_error_shows_a_password(
    tmp_path: Path, setting: dict[str, str], options: tuple[str, ...]
) -> None:
    settings = {"data": "data", "knowledge": write(tmp_path / "knowledge"), **setting}

    done = subprocess.run(
        [sys.executable, "-m", "bot", *options, "knowledge", "sync"],
        cwd=tmp_path,
        env=environment(**settings) | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode in (2, 3)
    assert done.stderr.splitlines()[-1].startswith("akar: ")
    assert PASSWORD not in done.stderr
    assert ("Traceback" in done.stderr) == bool(options)


# The lines


def line(name: str, text: str, *values: object, error: Exception | None = None) -> str:
    """What is written of an event, after its time."""
    raised = (type(error), error, error.__traceback__) if error else None
    made = logging.LogRecord(name, logging.ERROR, "lib/place.py", 7, text, values, raised)
    return Lines().format(made).partition(" ERROR ")[2]


def fail() -> None:
    try:
        int(SECRET)
    except ValueError as error:
        raise StoreError("state_unusable", reason=SECRET) from error


def failure() -> Exception:
    """An error of ours that came from another one."""
    with pytest.raises(StoreError) as raised:
        fail()
    return raised.value


def test_ours_say_what_happened_on_one_line() -> None:
    written = line("bot.core.inbox", "update %s:\n%s", 7, "gone")

    assert written == "bot.core.inbox: update 7: gone"


def test_an_error_is_told_by_its_kind_and_its_places() -> None:
    written = line("bot.app.running", "it ended", error=failure())

    assert re.sub(r"\d+", "N", written) == (
        "bot.app.running: it ended (StoreError at test_logs.py:N > test_logs.py:N"
        " from ValueError at test_logs.py:N)"
    )


@pytest.mark.parametrize("name", ["telegram.request", "asyncio", "uvicorn.error", "botany"])
def test_others_are_told_by_their_place(name: str) -> None:
    assert line(name, SECRET) == f"{name}: place.py:7"
    assert line(name, "%d %s", SECRET) == f"{name}: place.py:7"
    assert "rekening" not in line(name, SECRET, error=failure())


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"http://x/bot{TOKEN}/getMe", "http://x/bot123456789:…/getMe"),
        (f"bot{TOKEN.replace(':', '%3A')}/", "bot123456789%3A…/"),
        ("postgresql://akar:p@ss/w:rd@host:5432/akar", "postgresql://akar:…@host:5432/akar"),
        ("https://:geheim@host", "https://:…@host"),
        ("http://127.0.0.1:8000/x at 2026-11-23 10:11:12", None),
        ("https://user@host/path, mail a@b.example", None),
    ],
)
def test_tokens_and_passwords_are_hidden(text: str, shown: str | None) -> None:
    assert redacted(text) == (shown or text)
    assert line("bot.x", "%s", text) == f"bot.x: {shown or text}"


def test_a_thread_that_ends_and_a_broken_call_are_told_without_what_they_hold() -> None:
    code = (
        "import logging, threading\n"
        "from bot.cli.logs import set_up_logging\n"
        "set_up_logging()\n"
        f"thread = threading.Thread(target=int, args=({SECRET!r},))\n"
        "thread.start(); thread.join()\n"
        f"logging.getLogger('bot.x').error('%d', {SECRET!r})\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert re.search(r"ERROR bot\.cli\.logs: .* \(ValueError at threading\.py:\d+", done.stderr)
    assert "rekening" not in done.stderr
