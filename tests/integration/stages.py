"""The real channel in the test's process, and the simulator in a process of its own."""

import asyncio
import contextlib
import itertools
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from bot.backends.keys import load_keys
from bot.backends.store.database import open_database
from bot.backends.store.mail import DatabaseMail
from bot.backends.store.sharing import Alone
from bot.channels.observing import Unobserved
from bot.channels.simulator import TOKEN
from bot.channels.telegram.channel import Telegram, connect
from bot.channels.telegram.incoming import envelope
from bot.channels.telegram.sending import Pace
from bot.core.messages import Button, Command, Incoming, Language, Question, Reply, Turn
from bot.core.pacing import MemoryRates
from bot.core.ports import Mail, Rates
from tests.fakes import PHRASES, MemoryMail
from tests.integration.processes import environment

Json = dict[str, Any]
TakeTurn = Callable[[Incoming], Awaitable[Turn]]

USERNAME = "@akar_simulator_bot"
GROUP = -1001700000000

_STOPPING = 9.0
_numbers = itertools.count(1)


@dataclass
class Stage:
    """The simulator, as a test acts on it; `person` is somebody new."""

    url: str
    exchanges: Path
    http: httpx.AsyncClient
    folder: Path
    """The bot's data."""
    person: str = ""
    number: int = 0
    after: int = 0

    async def control(self, path: str, **body: Any) -> Json:
        response = await self.http.post(f"/control/{path}", json=body)
        assert response.status_code == 200, response.text
        answer: Json = response.json()
        return answer

    async def begin(self) -> None:
        """Let somebody new be the person, and look at what is sent from now on."""
        sent = (await self.http.get("/control/sent")).json()
        self.after = sent["last"]
        await self.someone()

    async def someone(self, language: str = "en") -> str:
        name = f"person-{next(_numbers)}"
        made = await self.control("people", name=name, key=name, language=language)
        self.person, self.number = name, made["chat_id"]
        return name

    async def say(self, text: str, **more: Any) -> Json:
        return await self.control("say", **{"person": self.person, "text": text} | more)

    async def edit(self, text: str, **more: Any) -> Json:
        return await self.control("edit", **{"person": self.person, "text": text} | more)

    async def press(self, label: str) -> Json:
        return await self.control("press", person=self.person, label=label)

    async def upload(
        self, kind: str, *, name: str = "", content: bytes = b"", caption: str = ""
    ) -> None:
        fields = {"person": self.person, "kind": kind, "caption": caption}
        files: dict[str, Any] = {field: (None, value) for field, value in fields.items()}
        response = await self.http.post(
            "/control/upload", files=files | ({"file": (name, content)} if name else {})
        )
        assert response.status_code == 200, response.text

    async def sent(self, *methods: str, wanted: int, person: str = "") -> list[Json]:
        """What the bot called, accepted or refused, once there is as much as is wanted."""
        wanted_of = person or self.person
        found: list[Json] = []
        last = self.after
        async with asyncio.timeout(30):
            while len(found) < wanted:
                path = f"/control/sent?after={last}&timeout=5"
                page = (await self.http.get(path)).json()
                last = page["last"]
                found += [
                    entry
                    for entry in page["sent"]
                    if entry["person"] == wanted_of and entry["method"] in methods
                ]
        return found

    async def texts(self, *, wanted: int = 1, person: str = "") -> list[str]:
        """The messages that arrived."""
        found = await self.sent("sendMessage", wanted=wanted, person=person)
        return [entry["text"] for entry in found if entry["ok"]]

    async def group_update(self, text: str, **more: Any) -> Json:
        """A message in the group, delivered though it may not be for the bot."""
        user = {"id": self.number, "is_bot": False, "first_name": "P", "language_code": "en"}
        chat = {"id": GROUP, "type": "supergroup", "title": "Grup"}
        message = {"message_id": 1, "date": 1, "chat": chat, "from": user, "text": text}
        return await self.control("update", message=message | more)


@dataclass
class Running:
    """A simulator in a process of its own."""

    process: "subprocess.Popen[str]"
    url: str
    exchanges: Path


@contextlib.contextmanager
def simulator(folder: Path, exchanges: Path | None, *, listen: str = "") -> Iterator[Running]:
    log = exchanges or folder / "exchanges.jsonl"
    command = [sys.executable, "-m", "bot", "simulator", "--listen", listen or "127.0.0.1:0"]
    process = subprocess.Popen(
        [*command, "--chats", str(folder / "chats.sqlite3"), "--exchanges", str(log)],
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield Running(process, process.stdout.readline().split()[-1], log)
    finally:
        process.terminate()
        process.communicate(timeout=20)


@contextlib.asynccontextmanager
async def staged(running: Running, folder: Path) -> AsyncIterator[Stage]:
    async with httpx.AsyncClient(base_url=running.url, trust_env=False, timeout=30) as http:
        stage = Stage(running.url, running.exchanges, http, folder)
        await stage.begin()
        yield stage


@dataclass
class Bot:
    """A channel that polls until the test is over, or stops."""

    channel: Telegram
    mail: DatabaseMail
    stop: asyncio.Event
    left: int = 0
    """How many messages it had taken in and not answered when it stopped."""


def channel_to(
    url: str,
    turn: TakeTurn | None = None,
    *,
    token: str = TOKEN,
    mail: Mail | None = None,
    rates: Rates | None = None,
    per_second: int = 0,
    phrases: Mapping[Language, Mapping[str, str]] = PHRASES,
    clock: Callable[[], float] = time.time,
) -> Telegram:
    """A channel to a server; without limits, unless they are named."""
    return Telegram(
        connect(token, url=url),
        turn or echo,
        mail=mail or MemoryMail(),
        pace=Pace(rates or MemoryRates(time.monotonic), per_second),
        observer=Unobserved(),
        phrases=phrases,
        clock=clock,
    )


@contextlib.asynccontextmanager
async def answering(
    stage: Stage,
    turn: TakeTurn,
    *,
    rates: Rates | None = None,
    per_second: int = 0,
    phrases: Mapping[Language, Mapping[str, str]] = PHRASES,
    clock: Callable[[], float] = time.time,
) -> AsyncIterator[Bot]:
    """Run a channel; all of one stage have one database, as the same bot started again."""
    cipher = load_keys(None, data=stage.folder, is_shared=False)
    async with open_database(stage.folder) as database:
        claims = Alone(stage.folder)
        mail = DatabaseMail(database, cipher, claims=claims, envelope=envelope, clock=clock)
        channel = channel_to(
            stage.url,
            turn,
            mail=mail,
            rates=rates,
            per_second=per_second,
            phrases=phrases,
            clock=clock,
        )
        bot, leads = Bot(channel, mail, asyncio.Event()), asyncio.Event()
        leads.set()
        await channel.connect(on_away=lambda error: None)
        following = asyncio.create_task(channel.inbox.follow(every=0.5))
        polling = asyncio.create_task(channel.poll(bot.stop, leads=leads))
        try:
            yield bot
        finally:
            bot.stop.set()
            await polling
            bot.left = await channel.finish(within=_STOPPING)
            following.cancel()
            await channel.close()


async def echo(incoming: Incoming) -> Turn:
    """Say what was understood."""
    match incoming:
        case Question(text=text):
            return Turn("en", replies=(Reply(f"heard: {text}"),))
        case Command(name=name):
            return Turn("en", replies=(Reply(f"command: {name}"),))
        case _:
            return Turn("en", replies=(Reply(type(incoming).__name__),))


def saying(*texts: str, keyboard: tuple[tuple[Button, ...], ...] = ()) -> TakeTurn:
    """A turn that says the same whatever comes in."""

    async def turn(incoming: Incoming) -> Turn:
        return Turn("en", replies=tuple(Reply(text, keyboard=keyboard) for text in texts))

    return turn


@dataclass
class Held:
    """A turn that waits until it is let go."""

    begun: asyncio.Event = field(default_factory=asyncio.Event)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, incoming: Incoming) -> Turn:
        self.begun.set()
        await self.go_on.wait()
        return await echo(incoming)
