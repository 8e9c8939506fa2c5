"""A simulator and a bot of their own, on which scripts are played."""

import contextlib
import json
import re
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

import httpx

from bot.channels.scripts.processes import Child, child, copy_data
from bot.channels.simulator import TOKEN

Json = dict[str, Any]

_STARTING = 30.0  # Seconds within which the simulator must answer.
_INDEXING = 900.0  # Seconds within which the bot must serve the whole index.
_LOOK_EVERY = 0.05
_FIRST_PERSON = 4_000_000_000_000_000  # Beyond the ids of Telegram's people and the simulator's.


class Environment(Protocol):
    """Makes the environment of a process: the settings that were chosen, and these."""

    def __call__(self, **settings: object) -> Mapping[str, str]:
        """Return the environment."""
        ...


class RefusedError(Exception):
    """What a person cannot do: the simulator's reason, and the labels that are there."""

    def __init__(self, body: Json) -> None:
        super().__init__(body.get("error", ""))
        self.reason = str(body.get("error", ""))
        self.labels: list[str] | None = body.get("labels")


class Reports:
    """What the bot reports on its control socket: a JSON object a line."""

    def __init__(self, listener: socket.socket, bot: Child) -> None:
        self._listener = listener
        self._bot = bot
        self._connection: socket.socket | None = None
        self._received = b""

    def next(self, *, until: float, written: int = 0) -> Json | None:
        """Return the next report; None when time is up, or the bot has `written` of an error."""
        while b"\n" not in self._received:
            if self._bot.status is not None:
                raise self._bot.ended()
            if time.monotonic() > until or self._bot.failure(after=written):
                return None
            self._receive()
        line, _, self._received = self._received.partition(b"\n")
        report: Json = json.loads(line)
        return report

    def close(self) -> None:
        """Hang up."""
        self._listener.close()
        if self._connection:
            self._connection.close()

    def _receive(self) -> None:
        try:
            if self._connection is None:
                self._connection, _ = self._listener.accept()
                self._connection.settimeout(_LOOK_EVERY)
            self._received += self._connection.recv(1 << 16)
        except TimeoutError:
            return


class Stage:
    """Where conversations are played, one after the other."""

    def __init__(
        self, http: httpx.Client, reports: Reports, *, bot: Child, simulator: Child
    ) -> None:
        self._http = http
        self._reports = reports
        self.bot = bot
        self._simulator = simulator
        self._last_person = _FIRST_PERSON

    def new_person(self, language: str) -> Json:
        """Return somebody whom the bot has never met."""
        self._last_person += 1
        return self.act("people", name=str(self._last_person), language=language)

    def act(self, path: str, **body: object) -> Json:
        """Do something as a person.

        Raises:
            RefusedError: the simulator does not let them.
            ChannelError: the simulator ended.
        """
        answer = self._request("POST", path, json=body)
        found: Json = answer.json()
        if answer.is_error:
            raise RefusedError(found)
        return found

    def sent(self, chat: int, *, after: int) -> list[Json]:
        """Return what the bot sent to a chat after a number."""
        found = self._request("GET", "sent", params={"after": after}).json()
        return [entry for entry in found["sent"] if entry["chat_id"] == chat]

    def turn(self, update: int, *, seconds: float, written: int) -> Json | None:
        """Return the bot's report of the turn for an update; None if none comes."""
        until = time.monotonic() + seconds
        while report := self._reports.next(until=until, written=written):
            if report.get("update") == update:
                turn: Json = report["turn"]
                return turn
        return None

    def _request(self, method: str, path: str, **content: Any) -> httpx.Response:
        try:
            return self._http.request(method, f"/control/{path}", **content)
        except httpx.HTTPError as error:
            raise self._simulator.ended() from error


@contextmanager
def open_stage(
    environment: Environment,
    *,
    prepared: Path | None = None,
    clean: Callable[[Path], None] = lambda _: None,
) -> Iterator[Stage]:
    """Start a simulator and a bot on a copy of a prepared data folder; without one, on a new one.

    `clean` takes out of the copy what its bot must not see.

    Raises:
        ChannelError: one of the two does not start.
    """
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="akar-")))
        data = folder / "data"
        if prepared:
            copy_data(prepared, data)
            clean(data)
        chats = ["--listen", "127.0.0.1:0", "--chats", str(folder / "chats.sqlite3")]
        simulator = stack.enter_context(
            child(["simulator", *chats], folder=folder, environment=environment(data=data))
        )
        url = _address(simulator)
        listener = stack.enter_context(_listen(folder / "control"))
        # Without limits: scripts write faster than people.
        settings = environment(data=data, telegram_url=url, telegram_token=TOKEN, rate=0)
        bot = stack.enter_context(
            child(
                ["run", "--control", str(folder / "control")], folder=folder, environment=settings
            )
        )
        reports = stack.enter_context(contextlib.closing(Reports(listener, bot)))
        _wait_until_whole(reports, bot)
        http = stack.enter_context(_client(url))
        yield Stage(http, reports, bot=bot, simulator=simulator)


def _client(url: str) -> httpx.Client:
    """Return a client with no connections kept: the simulator closes those that rest."""
    limits = httpx.Limits(max_keepalive_connections=0)
    return httpx.Client(base_url=url, limits=limits, trust_env=False, timeout=30)


@contextmanager
def _listen(path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(path))
        listener.listen(1)
        listener.settimeout(_LOOK_EVERY)
        yield listener


def _address(simulator: Child) -> str:
    """Return the address that the simulator says it has."""
    until = time.monotonic() + _STARTING
    while time.monotonic() < until and simulator.status is None:
        if found := re.search(r"http://\S+(?=\s)", simulator.said):
            return found[0]
        time.sleep(_LOOK_EVERY)
    raise simulator.ended()


def _wait_until_whole(reports: Reports, bot: Child) -> None:
    until = time.monotonic() + _INDEXING
    report = reports.next(until=until)
    if report != {"state": "whole"}:
        raise bot.ended()
