"""The socket of whoever started the bot to play conversations: reports out, the time in."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.app.assembly import App
from bot.app.clock import Clock
from bot.app.reports import Reports
from bot.backends.knowledge.publish import Published
from bot.channels.formatting import plain
from bot.channels.objects import cited, described
from bot.channels.observing import Audience, Both, Nobody
from bot.core.messages import Incoming, Passage, Turn
from bot.core.ports import BotError
from bot.core.render import Phrases, spelled


class Control:
    """Reports, a JSON object a line; what comes in is answered with the same line.

    It begins once the player has said what time it is, or that it is the machine's.
    """

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, clock: Clock
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._clock = clock

    async def obey_next(self) -> bool:
        """Do what the player says next; return False if it says nothing any more."""
        line = await self._reader.readline()
        if not line:
            return False
        if at := json.loads(line).get("at"):
            self._clock.set(datetime.fromisoformat(at))
        self._writer.write(line)
        return True

    async def obey(self) -> None:
        """Do what the player says, for as long as it is there."""
        with contextlib.suppress(OSError):  # It may have been killed.
            while await self.obey_next():
                pass

    def report(self, **what: object) -> None:
        """Report what goes on, unless nobody listens any more."""
        if not self._writer.is_closing():
            self._writer.write(json.dumps(what, ensure_ascii=False).encode() + b"\n")


@asynccontextmanager
async def control(path: Path | None, clock: Clock) -> AsyncIterator[Control | None]:
    """Connect to the player, if there is one."""
    if path is None:
        yield None
        return
    reader, writer = await asyncio.open_unix_connection(path)
    controlled = Control(reader, writer, clock)
    await controlled.obey_next()
    try:
        yield controlled
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


@dataclass(frozen=True, slots=True)
class Reporting:
    """An `Audience` that reports on the socket."""

    control: Control
    phrases: Mapping[str, Phrases]

    def decided(self, incoming: Incoming, turn: Turn) -> None:
        """Report a turn with what the cited cards say."""
        phrases = self.phrases[turn.language]
        self.control.report(
            update=incoming.update,
            turn=described(turn),
            grounds=[text for each in cited(turn) for text in grounds(each, phrases)],
            recorded="gap" if any(asked.outcome == "abstain" for asked in turn.asked) else "",
        )

    def done(self, update: int) -> None:
        """Report that everything is sent."""
        self.control.report(done=update)

    def failed(self, update: int) -> None:
        """Report that an update cannot be answered."""
        self.control.report(failed=update)


@dataclass(frozen=True, slots=True)
class Told:
    """`Reports` that the player hears of too."""

    others: Reports
    control: Control

    def progress(self, done: int, total: int) -> None:
        """Pass it on."""
        self.others.progress(done, total)

    def published(self, published: Published) -> None:
        """Report which version is live."""
        self.control.report(published=published.version.number)
        self.others.published(published)

    def problem(self, error: BotError) -> None:
        """Report what fails for now, once it is written where the player looks for it."""
        self.others.problem(error)
        self.control.report(problem=error.code)

    def running(self, username: str) -> None:
        """Pass it on."""
        self.others.running(username)

    def left(self, count: int) -> None:
        """Pass it on."""
        self.others.left(count)


def grounds(passage: Passage, phrases: Phrases) -> list[str]:
    """Return everything a card says, its dates as people read them."""
    dates: list[Any] = [passage.seen, passage.deadline, passage.review_by, passage.valid_until]
    dates += [passage.as_of if passage.as_of != "undated" else ""]
    dates += [source.published for source in passage.sources]
    sources = [text for each in passage.sources for text in (each.publisher, each.title, each.url)]
    said = [spelled(str(date), phrases=phrases) for date in dates if date]
    return [passage.title, passage.text, plain(passage.text), *sources, *said]


def heard(
    control: Control | None, app: App, *, reports: Reports, audience: Audience | None
) -> tuple[Reports, Audience]:
    """Return who hears of what goes on: the player too, if there is one."""
    others = audience or Nobody()
    if control is None:
        return reports, others
    return Told(reports, control), Both(Reporting(control, app.phrases), others)


async def tell_whole(app: App, publishing: asyncio.Task[None], control: Control) -> None:
    """Report once what was live is served with its vectors, then once the folder as it is now is.

    Or report why it is not.
    """
    try:
        version = await app.knowledge.versions.live()
        if version and version.state == "whole":
            await app.search("?", limit=1)  # Waits for the first vectors, which `follow` opens.
            control.report(served=version.number)
        await asyncio.wait({publishing})
        await app.search("?", limit=1)
        await app.knowledge.open_whole()
    except BotError as error:
        control.report(state=error.code)
    else:
        control.report(state="whole")
