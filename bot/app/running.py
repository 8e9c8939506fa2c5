"""The bot while it runs: what goes on side by side, from the start to the stop."""

import asyncio
import importlib
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.app.announcing import announce
from bot.app.assembly import App, open_app
from bot.app.clock import Clock
from bot.app.control import Control, control, heard, tell_whole
from bot.app.monitoring import Monitor, open_monitor
from bot.app.notices import tell_staff
from bot.app.publishing import keep_published, publish_first, stop_on_failure
from bot.app.reports import Reports
from bot.app.roster import keep_roster
from bot.app.upkeep import keep_tidy, remind, watch
from bot.app.wishes import fulfil_wishes
from bot.backends.store.mail import DatabaseMail, KeptMail
from bot.backends.store.rates import DatabaseRates
from bot.backends.store.secrets import note_key
from bot.backends.store.sharing import Alone, Member, Shared
from bot.channels.observing import Audience
from bot.core.messages import Received
from bot.core.pacing import MemoryRates
from bot.core.ports import BotError
from bot.settings import Settings

if TYPE_CHECKING:
    from bot.channels.telegram.channel import Telegram

log = logging.getLogger(__name__)

_LOOK_SHARED = 0.3  # Seconds between looks at what waits, where others bring it in too.
_LOOK_ALONE = 2.0
_STOPPING = 9.0  # Seconds for what is in hand when the bot is told to stop; it has ten to end.
_LEAST = 2.0  # Of these for answers, whatever the webhook took.


async def run(
    settings: Settings,
    *,
    token: str,
    url: str | None,
    stop: asyncio.Event,
    reports: Reports,
    server_up: Callable[[], Awaitable[None]] | None = None,
    control_path: Path | None = None,
    make_mail: Callable[[App, Member], KeptMail] | None = None,
    audience: Audience | None = None,
) -> None:
    """Run the bot on Telegram, or on a server that speaks its Bot API, until told to stop.

    `server_up` returns once that server, which was started beside the bot, takes requests.
    `make_mail` makes the inbox; without it, that of the database. `audience` hears each turn.

    Raises:
        MistakesError: nothing is live yet, and the folder has mistakes.
        BotError: the words, the state or the token cannot be used.
    """
    clock, links = Clock(), _Links()
    async with (
        control(control_path, clock) as controlled,
        open_app(settings, clock=clock) as app,
        _membership(app) as member,
        _Background() as background,
    ):
        reports, audience = heard(controlled, app, reports=reports, audience=audience)
        background.start(member.follow(on_lost=links.lost, on_news=links.news))
        background.start(asyncio.to_thread(app.guess.load))
        await note_key(app.database, app.cipher)
        await app.knowledge.open_words()
        app.knowledge.search.expect_vectors()
        app.knowledge.may_load.clear()
        publishing = asyncio.create_task(publish_first(app, member, reports, stop))
        publishing.add_done_callback(lambda task: stop_on_failure(task, stop))
        background.add(publishing)
        background.start(app.knowledge.follow())
        background.start(keep_published(app, member, reports, stop, after=publishing))
        if controlled:
            background.start(_be_played(controlled, app, publishing, stop))
        await _first_words(app, publishing, stop)
        if stop.is_set():
            return
        # Its library takes a second to import, in which the loop goes on.
        await asyncio.to_thread(importlib.import_module, "bot.channels.telegram.channel")
        mail = make_mail or database_mail
        bot = _Running(app, member, stop, reports, mail(app, member), links)
        await bot.serve(token, url, audience=audience, server_up=server_up)
        if publishing.done():
            publishing.result()


async def _be_played(
    controlled: Control, app: App, publishing: asyncio.Task[None], stop: asyncio.Event
) -> None:
    """Report and do what the player says; end with it."""
    await asyncio.gather(tell_whole(app, publishing, controlled), controlled.obey())
    stop.set()


@asynccontextmanager
async def _membership(app: App) -> AsyncIterator[Member]:
    database = app.database
    member: Member = Shared(database) if database.is_shared else Alone(app.settings.data)
    await member.join()
    try:
        yield member
    finally:
        await member.leave()


class _Links:
    """What this process hears of the others, for the channel once it is there."""

    def __init__(self) -> None:
        self.channel: Telegram | None = None

    async def lost(self) -> None:
        """Hear that the others have taken over what was in hand."""
        if self.channel:
            await self.channel.abandon()

    def news(self) -> None:
        """Hear that somebody has brought something in."""
        if self.channel:
            self.channel.inbox.look()


class _Background:
    """Tasks that go on beside the answering, and end with it; what ends one is logged."""

    def __init__(self) -> None:
        self._tasks: list[asyncio.Task[Any]] = []

    async def __aenter__(self) -> "_Background":
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def start(self, work: Coroutine[Any, Any, Any]) -> None:
        """Start what goes on beside."""
        self.add(asyncio.create_task(work))

    def add(self, task: asyncio.Task[Any]) -> None:
        """Look after a task."""
        task.add_done_callback(_log_failure)
        self._tasks.append(task)


def _log_failure(task: asyncio.Task[Any]) -> None:
    """Log what ended a task that should have gone on; its expected errors are told elsewhere."""
    error = None if task.cancelled() else task.exception()
    if error and not isinstance(error, BotError):
        log.error("what runs in the background has ended", exc_info=error)


async def _first_words(app: App, publishing: asyncio.Task[Any], stop: asyncio.Event) -> None:
    """Wait until there is something to answer from, which takes a second at most."""
    await _first_of(publishing, app.knowledge.has_words.wait(), stop.wait())
    if publishing.done() and not app.knowledge.has_words.is_set():
        publishing.result()


async def _first_of(task: asyncio.Task[Any], *waits: Coroutine[Any, Any, Any]) -> None:
    """Wait until a task ends, or one of the waits does."""
    waiting = [asyncio.create_task(wait) for wait in waits]
    await asyncio.wait([task, *waiting], return_when=asyncio.FIRST_COMPLETED)
    for each in waiting:
        each.cancel()


def database_mail(app: App, member: Member) -> DatabaseMail:
    """Make the inbox of a bot's database."""
    incoming = importlib.import_module("bot.channels.telegram.incoming")
    envelope: Callable[[str], Received] = incoming.envelope
    return DatabaseMail(app.database, app.cipher, claims=member, envelope=envelope)


async def _time_of(stop: asyncio.Event) -> float:
    await stop.wait()
    return time.monotonic()


class _Running:
    """The bot once it has something to answer from."""

    def __init__(
        self,
        app: App,
        member: Member,
        stop: asyncio.Event,
        reports: Reports,
        mail: KeptMail,
        links: _Links,
    ) -> None:
        self.app = app
        self.member = member
        self.stop = stop
        self.reports = reports
        self.mail = mail
        self.links = links

    async def serve(
        self,
        token: str,
        url: str | None,
        *,
        audience: Audience,
        server_up: Callable[[], Awaitable[None]] | None,
    ) -> None:
        """Reach Telegram, take messages in and answer them until told to stop."""
        channels = importlib.import_module("bot.channels.telegram.channel")
        async with open_monitor(self.app, self.mail) as monitor:
            channel = self._channel(channels, token, url, monitor, audience)
            try:
                if server_up:
                    await server_up()
                if await self._reached(channel):
                    monitor.is_ready = True
                    await self._answer(channel, monitor)
            finally:
                await channel.close()

    async def _answer(self, channel: "Telegram", monitor: Monitor) -> None:
        """Take messages in and answer them until told to stop, then finish what is in hand."""
        async with _Background() as background:  # It may still talk to Telegram.
            self._begin(channel, background)
            stopped = asyncio.create_task(_time_of(self.stop))
            await self._take_messages(channel, monitor, background)
            left = _STOPPING - (time.monotonic() - await stopped)
            self.reports.left(await channel.finish(within=max(left, _LEAST)))

    def _channel(
        self,
        channels: Any,
        token: str,
        url: str | None,
        monitor: Monitor,
        audience: Audience,
    ) -> "Telegram":
        app = self.app
        rates = (
            DatabaseRates(app.database) if app.database.is_shared else MemoryRates(time.monotonic)
        )
        channel: Telegram = channels.Telegram(
            channels.connect(token, url=url or channels.DEFAULT_URL),
            app.conversation.turn,
            mail=self.mail,
            pace=channels.Pace(rates, app.settings.rate),
            observer=monitor.observer,
            phrases=app.phrases,
            audience=audience,
        )
        return channel

    async def _reached(self, channel: "Telegram") -> bool:
        """Wait until Telegram answers; return False if told to stop first."""

        def on_away(error: BotError) -> None:
            self.app.knowledge.may_load.set()
            self.reports.problem(error)

        connecting = asyncio.create_task(channel.connect(on_away=on_away))
        await _first_of(connecting, self.stop.wait())
        if not connecting.done():
            connecting.cancel()
            return False
        connecting.result()
        self.app.knowledge.may_load.set()
        self.reports.running(channel.bot.username)
        return True

    def _begin(self, channel: "Telegram", background: _Background) -> None:
        app = self.app
        self.links.channel = channel
        app.desk.submissions.fetch = channel.fetch
        app.desk.is_stopping = self.stop.is_set
        every = _LOOK_SHARED if app.database.is_shared else _LOOK_ALONE
        background.start(channel.inbox.follow(every=every))
        background.start(channel.profile.introduce(app.introduction))
        background.start(keep_tidy(app, self.mail))
        background.start(fulfil_wishes(app, self.member.leads, on_letter=channel.inbox.look))
        background.start(
            remind(
                app.people.reminders,
                app.conversation.reminding.text,
                leads=self.member.leads,
                on_letter=channel.inbox.look,
                clock=app.conversation.reminding.clock,
            )
        )
        look, leads = channel.inbox.look, self.member.leads
        background.start(announce(app.announcements, app.phrases, leads, on_letter=look))
        background.start(watch(app, troubles=lambda: self._troubles(channel), say=channel.say))
        background.start(keep_roster(app, channel.profile, self.member.leads))
        background.start(tell_staff(app, channel.say, self.member.leads))

    def _troubles(self, channel: "Telegram") -> set[str]:
        app = self.app
        words_only = {"words_only"} if app.knowledge.search.is_degraded else set()
        return channel.troubles | words_only | ({"folder"} if app.unpublished.refused else set())

    async def _take_messages(
        self, channel: "Telegram", monitor: Monitor, background: _Background
    ) -> None:
        """Take messages in, by the webhook or as the one process that polls, until the stop."""
        settings = self.app.settings
        if settings.webhook_url and settings.webhook_secret:
            webhooks = importlib.import_module("bot.channels.telegram.webhook")
            secret = settings.webhook_secret.get_secret_value()
            background.start(self._announce(channel, settings.webhook_url, secret))
            await webhooks.serve_webhook(
                channel.receive,
                url=settings.webhook_url,
                secret=secret,
                listen=settings.listen,
                ready=monitor.ready,
                stop=self.stop,
            )
            return
        while not self.stop.is_set():
            polling = asyncio.create_task(self.member.leads.wait())
            await _first_of(polling, self.stop.wait())
            polling.cancel()
            if self.member.leads.is_set() and not self.stop.is_set():
                await channel.poll(self.stop, leads=self.member.leads)

    async def _announce(self, channel: "Telegram", url: str, secret: str) -> None:
        """Tell Telegram the address once this process leads."""
        await self.member.leads.wait()
        await channel.set_webhook(url, secret=secret)
