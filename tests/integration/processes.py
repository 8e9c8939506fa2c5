"""Starts the real commands as processes of their own."""

import contextlib
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.backends.store.database import DATABASE_FILE
from bot.channels.simulator import TOKEN
from bot.settings import child_environment
from tests.conftest import ROOT
from tests.integration.simulators import Json, Simulator

SMALL_TALK = {
    "halo": "Halo! Mau tanya apa hari ini?",
    "makasih": "Sama-sama, senang bisa membantu.",
    "dadah": "Sampai jumpa, semoga usahanya lancar!",
    "hello": "Hello! What would you like to know?",
    "thank you": "You are welcome.",
    "goodbye": "Goodbye, and good luck with your business!",
    "你好": "您好！",
    "谢谢": "不客气。",
    "再见": "再见，祝生意兴隆！",
}
"""What people say, and how the answer to it begins: no two are alike."""

_PATIENCE = 90.0  # Seconds, on a machine that has much else to do.


def environment(**settings: object) -> dict[str, str]:
    """The environment of a child, with these settings: `data` is `AKAR_DATA`."""
    usual = {"prompts": ROOT / "prompts", "language": "en", "knowledge": ROOT / "knowledge"}
    names = {f"AKAR_{name.upper()}": str(value) for name, value in (usual | settings).items()}
    return child_environment(NO_COLOR="1", COLUMNS="200", **names)


def akar(
    *arguments: str, cwd: Path, stdin: str | None = None, **settings: Any
) -> "subprocess.CompletedProcess[str]":
    """Run a command to its end; it never shows a traceback."""
    done = subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        cwd=cwd,
        env=environment(**settings) | {"PYTHONPATH": str(ROOT)},
        input=stdin,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=100,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


def until(condition: Callable[[], bool], *, within: float = _PATIENCE) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.02)


@dataclass
class Bot:
    """`akar run`, which a test starts, kills and stops as it likes."""

    simulator: Simulator
    data: Path
    settings: Mapping[str, object]
    planted: list[str] = field(default_factory=lambda: [TOKEN.partition(":")[2]])
    """What must stand in no log."""
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        usual = {"data": self.data, "telegram_url": self.simulator.base_url}
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "bot", "run"],
                cwd=self.data.parent,
                env=environment(**{**usual, **self.settings}) | {"PYTHONPATH": str(ROOT)},
                stdout=subprocess.DEVNULL,
                stderr=log,
            )

    def kill(self) -> None:
        """End it with no warning."""
        self._end(signal.SIGKILL)

    def stop(self) -> tuple[int, float]:
        """Stop it as an operator does; return its exit code and the seconds it took."""
        began = time.monotonic()
        return self._end(signal.SIGTERM), time.monotonic() - began

    def say(self, person: str, text: str, **more: Any) -> Json:
        """Write something that must stand in no log, if it is long enough to be told apart."""
        if len(text) > max(map(len, SMALL_TALK)):
            self.planted.append(text)
        return self.simulator.say(person, text, **more)

    def sent(self, person: str, *methods: str) -> list[Json]:
        """The calls that Telegram carried out."""
        wanted = methods or ("sendMessage",)
        return [
            entry
            for entry in self.simulator.sent()
            if entry["person"] == person and entry["ok"] and entry["method"] in wanted
        ]

    def texts(self, person: str) -> list[str]:
        """The messages that arrived."""
        return [entry["text"] for entry in self.sent(person)]

    def wait(self, person: str, *, wanted: int = 1) -> list[str]:
        """The messages that arrived, once there are as many as wanted."""
        until(lambda: len(self.texts(person)) >= wanted)
        return self.texts(person)

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """What a query finds in the bot's database."""
        url = f"file:{self.data / DATABASE_FILE}?mode=ro"
        with contextlib.closing(sqlite3.connect(url, uri=True, timeout=30)) as database:
            return database.execute(sql, values).fetchall()

    def states(self) -> list[str]:
        """What became of the updates, in their order."""
        return [state for (state,) in self.rows("SELECT state FROM inbox ORDER BY id")]

    def settle(self) -> None:
        """Wait until nothing waits."""
        until(lambda: "waiting" not in self.states())

    @property
    def errors(self) -> str:
        """Everything it said on standard error."""
        return self._log.read_text(encoding="utf-8")

    @property
    def _log(self) -> Path:
        return self.data.parent / "stderr.log"

    def _end(self, how: signal.Signals) -> int:
        assert self.process
        self.process.send_signal(how)
        code = self.process.wait(_PATIENCE)
        self.process = None
        return code


@contextlib.contextmanager
def bot_on(simulator: Simulator, data: Path, **settings: object) -> Iterator[Bot]:
    """A bot that is not started yet; whatever happens, it says nothing that it must not."""
    bot = Bot(simulator, data, settings)
    try:
        yield bot
    finally:
        if bot.process:
            bot.kill()
    assert [text for text in [*bot.planted, "Traceback"] if text in bot.errors] == [], bot.errors


def answers_in_order(texts: Sequence[str], asked: Sequence[str]) -> bool:
    """Say whether each was answered once, in order."""
    beginnings = [SMALL_TALK[text] for text in asked]
    return len(texts) == len(beginnings) and all(
        text.startswith(beginning) for text, beginning in zip(texts, beginnings, strict=True)
    )
