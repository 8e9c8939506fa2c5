"""A simulator and a bot of their own, on which scripts are played."""

import contextlib
import itertools
import re
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

import httpx

from bot.channels.scripts.link import Link
from bot.channels.scripts.processes import Child, copy_data
from bot.channels.scripts.quiet import Quiet
from bot.channels.simulator import TOKEN
from bot.channels.simulator.state.people import GROUP_ID
from bot.core.ports import ChannelError

Json = dict[str, Any]

_STARTING = 120.0  # Seconds within which the simulator must answer.
_INDEXING = 900.0  # Seconds within which the bot must serve the whole index.
_PUBLISHING = 180.0  # Seconds within which a changed folder must be looked at.
_LOOK_EVERY = 0.02
_FIRST_PERSON = 4_000_000_000_000_000  # Beyond the ids of Telegram's people and the simulator's.
_KEPT_OPEN = 2.0  # Seconds; the simulator closes a connection that rests for longer.


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


@dataclass(frozen=True, slots=True)
class House:
    """What a stage is made of: settings, the folders, and what its bot must not see of them."""

    environment: Environment
    knowledge: Path
    prepared: Path | None = None
    clean: Callable[[Path], None] = lambda _: None


class Stage:
    """Where conversations are played, many at once."""

    def __init__(
        self,
        http: httpx.Client,
        link: Link,
        *,
        start_bot: Callable[[], Child],
        simulator: Child,
        knowledge: Path,
    ) -> None:
        self.link = link
        self.knowledge = knowledge
        self.quiet = Quiet()
        self._http = http
        self._start_bot = start_bot
        self._simulator = simulator
        self._numbers = itertools.count(_FIRST_PERSON)
        self._bot: Child | None = None

    @property
    def bot(self) -> Child:
        """The bot's process, which was started."""
        assert self._bot  # noqa: S101 - nobody gets a stage before
        return self._bot

    def begin(self) -> None:
        """Start the bot; what fails now would fail in every conversation.

        Raises:
            ChannelError: it does not start.
        """
        self._begin("state", "problem")

    def new_person(self, language: str) -> Json:
        """Return somebody whom the bot has never met."""
        return self.act("people", name=str(next(self._numbers)), language=language)

    def act(self, path: str, **body: object) -> Json:
        """Do something as a person.

        Raises:
            RefusedError: the simulator does not let them.
            ChannelError: the simulator ended.
        """
        return self._taken(self._request("POST", path, json=body))

    def upload(self, kind: str, file: Path | None, **fields: str) -> Json:
        """Send a file as a person; without one, a small one is made.

        Raises:
            RefusedError: the simulator does not take it.
        """
        parts: Json = {name: (None, value) for name, value in {"kind": kind, **fields}.items()}
        if file:
            parts["file"] = (file.name, file.read_bytes())
        return self._taken(self._request("POST", "upload", files=parts))

    def sent(self, *, after: int, seconds: float = 0) -> list[Json]:
        """Return what the bot sent after a number, once there is something or time is up."""
        wanted = {"after": after, "timeout": seconds}
        found: list[Json] = self._request("GET", "sent", params=wanted).json()["sent"]
        return found

    def is_taken(self, update: int) -> bool:
        """Whether the bot has fetched everything there is of an update."""
        return bool(self._request("GET", f"updates/{update}").json()["taken"])

    def ended(self, update: int, *, seconds: float) -> float | None:
        """Return when the bot had answered an update; None if that takes longer.

        Raises:
            ChannelError: the bot ended.
        """
        found = self.link.ended(update, seconds=seconds, lives=self._lives)
        if found is None and not self._lives():
            raise self.bot.ended()
        return found

    def restart(self) -> None:
        """Kill the bot's process, and start it again."""
        self.bot.kill()
        self._begin("served", "state")

    def set_time(self, at: str) -> None:
        """Let the bot believe that it is this moment, and go on from there."""
        before = self.link.count
        self.link.set_time(at)
        self._hear("at", after=before, seconds=_STARTING)

    def change(self, file: str, old: str, new: str) -> bool | None:
        """Change a knowledge file, and wait until the bot has looked at it.

        Return whether that is live now; None where the old words are not in it.
        """
        path = self.knowledge / file
        text = path.read_text(encoding="utf-8")
        if old not in text:
            return None
        before = self.link.count
        path.write_text(text.replace(old, new), encoding="utf-8")
        return "published" in self._hear("published", "problem", after=before, seconds=_PUBLISHING)

    def close(self) -> None:
        """End the bot, and the simulator with it."""
        self._simulator.ask_to_stop()
        if self._bot:
            self._bot.stop()

    def _begin(self, *signs: str) -> None:
        """Start the bot, and wait for a sign that it answers as it will."""
        before = self.link.count
        self._bot = self._start_bot()
        found = self._hear(*signs, after=before, seconds=_INDEXING)
        if "problem" in found or found.get("state", "whole") != "whole":
            raise self.bot.ended()

    def _hear(self, *keys: str, after: int, seconds: float) -> Json:
        found = self.link.hear(*keys, after=after, seconds=seconds, lives=self._lives)
        if found is None and self._lives():
            raise ChannelError("bot_silent", seconds=seconds)
        if found is None:
            raise self.bot.ended()
        return found

    def _lives(self) -> bool:
        return self.bot.status is None

    def _taken(self, answer: httpx.Response) -> Json:
        found: Json = answer.json()
        if answer.is_error:
            raise RefusedError(found)
        return found

    def _request(self, method: str, path: str, **content: Any) -> httpx.Response:
        try:
            return self._http.request(method, f"/control/{path}", **content)
        except httpx.HTTPError as error:
            raise self._simulator.ended() from error


@contextmanager
def open_stage(house: House, *, own_knowledge: bool = False) -> Iterator[Stage]:
    """Start a simulator and a bot on a copy of the prepared data folder; without one, a new one.

    Raises:
        ChannelError: one of the two does not start.
    """
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="akar-")))
        data, knowledge = folder / "data", house.knowledge
        if house.prepared:
            copy_data(house.prepared, data)
            house.clean(data)
        if own_knowledge:
            knowledge = Path(shutil.copytree(house.knowledge, folder / "knowledge"))
        chats = ["--listen", "127.0.0.1:0", "--chats", str(folder / "chats.sqlite3")]
        simulator = Child(
            ["simulator", *chats],
            folder=folder,
            environment=house.environment(data=data),
            name="simulator",
        )
        stack.callback(simulator.stop)
        link = stack.enter_context(contextlib.closing(Link(folder / "control")))
        url = _address(simulator)
        # Without limits: scripts write faster than people.
        settings = house.environment(
            data=data,
            knowledge=knowledge,
            telegram_url=url,
            telegram_token=TOKEN,
            rate=0,
            staff_chat=GROUP_ID,
        )
        runs = itertools.count(1)

        def start_bot() -> Child:
            arguments = ["run", "--control", str(folder / "control")]
            name = f"run-{next(runs)}"
            return Child(arguments, folder=folder, environment=settings, name=name)

        http = stack.enter_context(_client(url))
        opened = Stage(http, link, start_bot=start_bot, simulator=simulator, knowledge=knowledge)
        stack.callback(opened.close)
        opened.begin()
        yield opened


def _client(url: str) -> httpx.Client:
    limits = httpx.Limits(keepalive_expiry=_KEPT_OPEN)
    return httpx.Client(base_url=url, limits=limits, trust_env=False, timeout=90)


def _address(simulator: Child) -> str:
    """Return the address that the simulator says it has."""
    until = time.monotonic() + _STARTING
    while time.monotonic() < until and simulator.status is None:
        if found := re.search(r"http://\S+(?=\s)", simulator.said):
            return found[0]
        time.sleep(_LOOK_EVERY)
    raise simulator.ended()
