"""What Prometheus reads of a running bot."""

import asyncio
import math
from collections.abc import Awaitable, Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.channels.serving import ANSWER_WITHIN, Ready, health_routes
from bot.core.ports import StoreError

OUTCOMES = ("answer", "abstain", "smalltalk", "refuse", "verdict", "clarify", "none")
REASONS = ("rate", "blocked", "rejected", "away")

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

Backlog = Callable[[], Awaitable[tuple[int, float]]]
"""Returns how many updates wait, and the age of the oldest in seconds."""


class Metrics:
    """Counts what it hears of; an `Observer`."""

    def __init__(self, *, words_only: Callable[[], bool]) -> None:
        self.registry = CollectorRegistry()
        self._received = Counter("akar_updates_received", "Updates", registry=self.registry)
        self._turns = Counter("akar_turns", "Turns", ["outcome"], registry=self.registry)
        self._refused = Counter(
            "akar_sends_refused", "Calls not taken", ["reason"], registry=self.registry
        )
        self._failed = Counter("akar_updates_failed", "Dead letters", registry=self.registry)
        self._seconds = Histogram(
            "akar_answer_seconds", "Receipt to reply", buckets=_SECONDS, registry=self.registry
        )
        self._waiting = Gauge("akar_updates_waiting", "Updates waiting", registry=self.registry)
        self._oldest = Gauge(
            "akar_oldest_waiting_seconds", "Age of the oldest waiting", registry=self.registry
        )
        self._begin()
        degraded = Gauge("akar_words_only", "Search without vectors", registry=self.registry)
        degraded.set_function(words_only)

    def received(self, count: int) -> None:
        """Count updates that came in."""
        self._received.inc(count)

    def turned(self, outcome: str, seconds: float) -> None:
        """Count a reply, and how long after its question it was sent."""
        self._turns.labels(outcome).inc()
        self._seconds.observe(max(seconds, 0.0))  # A clock may be set back.

    def refused(self, reason: str) -> None:
        """Count a call that Telegram did not take."""
        self._refused.labels(reason).inc()

    def failed(self) -> None:
        """Count a dead letter."""
        self._failed.inc()

    def waits(self, count: float, oldest: float) -> None:
        """Note how many updates wait, and the age of the oldest in seconds."""
        self._waiting.set(count)
        self._oldest.set(oldest)

    def _begin(self) -> None:
        """Show what has not happened yet as 0, so that its first time is a rise."""
        for outcome in OUTCOMES:
            self._turns.labels(outcome)
        for reason in REASONS:
            self._refused.labels(reason)


def monitoring_app(metrics: Metrics, *, backlog: Backlog, ready: Ready) -> Starlette:
    """Make the app that shows the metrics, and whether the bot lives and is ready."""

    async def show(_: Request) -> Response:
        metrics.waits(*await _looked(backlog))
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_PLAIN_0_0_4)

    return Starlette(routes=[Route("/metrics", show), *health_routes(ready)])


async def _looked(backlog: Backlog) -> tuple[float, float]:
    """Return the backlog; not a number while it cannot be read."""
    try:
        async with asyncio.timeout(ANSWER_WITHIN):
            return await backlog()
    except (StoreError, TimeoutError):
        return math.nan, math.nan
