"""Metrics, health and readiness of a running bot, on an address of their own."""

import asyncio
import importlib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bot.app.assembly import App
from bot.backends.store.mail import KeptMail
from bot.channels.observing import Observer, Unobserved
from bot.core.ports import StoreError


@dataclass(slots=True)
class Monitor:
    """What is known of the bot's health; `is_ready` once Telegram has been reached."""

    mail: KeptMail
    observer: Observer = field(default_factory=Unobserved)
    is_ready: bool = False

    async def ready(self) -> bool:
        """Say whether messages can be taken in now."""
        try:
            await self.mail.backlog()
        except StoreError:
            return False
        return self.is_ready

    async def backlog(self) -> tuple[int, float]:
        """Return how many updates wait, and the age of the oldest in seconds."""
        found = await self.mail.backlog()
        return found.waiting, time.time() - found.oldest if found.oldest else 0.0


@asynccontextmanager
async def open_monitor(app: App, mail: KeptMail) -> AsyncIterator[Monitor]:
    """Serve the metrics where a setting names an address for them."""
    monitor = Monitor(mail)
    if not app.settings.metrics:
        yield monitor
        return
    monitoring = importlib.import_module("bot.channels.monitoring")
    serving = importlib.import_module("bot.channels.serving")
    metrics = monitoring.Metrics(words_only=lambda: app.knowledge.search.is_degraded)
    monitor.observer = metrics
    page = monitoring.monitoring_app(metrics, backlog=monitor.backlog, ready=monitor.ready)
    stop, is_up = asyncio.Event(), asyncio.Event()
    serving_ = serving.serve(
        page, listen=app.settings.metrics, stop=stop, on_ready=lambda _: is_up.set()
    )
    task, waiting = asyncio.create_task(serving_), asyncio.create_task(is_up.wait())
    try:
        await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            task.result()  # Raises what kept the address from being listened on.
        yield monitor
    finally:
        waiting.cancel()
        stop.set()
        await asyncio.gather(task, return_exceptions=True)
