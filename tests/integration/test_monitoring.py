"""What Prometheus and a load balancer read of the bot, over HTTP."""

import asyncio
import contextlib
import math
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.channels.monitoring import OUTCOMES, REASONS, Metrics, monitoring_app
from bot.channels.observing import Observer
from bot.channels.serving import serve
from bot.core.ports import StoreError

pytestmark = pytest.mark.timeout(300)

Samples = dict[str, float]


async def nothing_waits() -> tuple[int, float]:
    return 0, 0.0


async def always() -> bool:
    return True


async def never() -> bool:
    return False


async def away() -> Any:
    raise StoreError("state_unusable", reason="gone")


def metrics_of(*, words_only: Callable[[], bool] = lambda: False) -> Metrics:
    return Metrics(words_only=words_only)


@contextlib.asynccontextmanager
async def served(metrics: Metrics, **more: Any) -> AsyncIterator[httpx.AsyncClient]:
    app = monitoring_app(metrics, **{"backlog": nothing_waits, "ready": always} | more)
    stop = asyncio.Event()
    url: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(
        serve(app, listen="127.0.0.1:0", stop=stop, on_ready=url.set_result)
    )
    try:
        async with httpx.AsyncClient(base_url=await url, trust_env=False, verify=False) as http:
            yield http
    finally:
        stop.set()
        await serving


async def read(http: httpx.AsyncClient) -> Samples:
    """Return the samples as they are written, such as `akar_turns_total answer`."""
    response = await http.get("/metrics")
    assert response.status_code == 200
    return {
        " ".join([sample.name, *sample.labels.values()]): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }


async def test_counts_what_it_hears_of() -> None:
    metrics = metrics_of()
    observer: Observer = metrics
    observer.received(3)
    observer.received(1)
    observer.turned("answer", 0.02)
    observer.turned("abstain", 0.2)
    observer.turned("answer", 40.0)
    observer.refused("rate")
    observer.failed()
    async with served(metrics) as http:
        found = await read(http)

    assert found["akar_updates_received_total"] == 4
    assert found["akar_turns_total answer"] == 2
    assert found["akar_turns_total abstain"] == 1
    assert found["akar_sends_refused_total rate"] == 1
    assert found["akar_updates_failed_total"] == 1


async def test_tells_how_long_answers_took() -> None:
    metrics = metrics_of()
    for seconds in (-0.5, 0.02, 0.2, 40.0):
        metrics.turned("answer", seconds)
    async with served(metrics) as http:
        found = await read(http)

    assert found["akar_answer_seconds_count"] == 4
    assert found["akar_answer_seconds_sum"] == pytest.approx(40.22)
    assert [found[f"akar_answer_seconds_bucket {most}"] for most in ("0.01", "0.025", "30.0")] == [
        1,
        2,
        3,
    ]


async def test_shows_what_has_not_happened_yet_as_none() -> None:
    async with served(metrics_of()) as http:
        found = await read(http)

    names = [f"akar_turns_total {outcome}" for outcome in OUTCOMES]
    names += [f"akar_sends_refused_total {reason}" for reason in REASONS]
    names += ["akar_updates_received_total", "akar_updates_failed_total", "akar_words_only"]
    assert [found[name] for name in names] == [0.0] * len(names)


async def test_looks_at_what_waits_when_it_is_asked() -> None:
    backlogs = iter([(3, 12.5), (0, 0.0)])

    async def backlog() -> tuple[int, float]:
        return next(backlogs)

    async with served(metrics_of(), backlog=backlog) as http:
        pages = [await read(http), await read(http)]

    waits = [(page["akar_updates_waiting"], page["akar_oldest_waiting_seconds"]) for page in pages]
    assert waits == [(3, 12.5), (0, 0.0)]


async def test_still_answers_while_the_state_is_away() -> None:
    metrics = metrics_of()
    metrics.received(2)
    async with served(metrics, backlog=away) as http:
        found = await read(http)

    assert found["akar_updates_received_total"] == 2
    assert math.isnan(found["akar_updates_waiting"])
    assert math.isnan(found["akar_oldest_waiting_seconds"])


async def test_tells_while_the_search_runs_without_vectors() -> None:
    states = iter([True, False])
    async with served(metrics_of(words_only=lambda: next(states))) as http:
        pages = [await read(http), await read(http)]

    assert [page["akar_words_only"] for page in pages] == [1.0, 0.0]


async def test_two_bots_in_one_process_count_apart() -> None:
    first, second = metrics_of(), metrics_of()
    first.received(5)
    async with served(second) as http:
        found = await read(http)

    assert found["akar_updates_received_total"] == 0


async def test_is_written_in_the_format_that_prometheus_reads() -> None:
    async with served(metrics_of()) as http:
        response = await http.get("/metrics", headers={"Accept": "text/plain; version=x"})

    assert response.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"


async def test_says_that_it_lives() -> None:
    async with served(metrics_of(), backlog=away, ready=away) as http:
        response = await http.get("/healthz")

    assert (response.status_code, response.text) == (200, "ok")


@pytest.mark.parametrize(("ready", "status"), [(always, 200), (never, 503), (away, 503)])
async def test_says_whether_it_is_ready(ready: Callable[[], Awaitable[bool]], status: int) -> None:
    async with served(metrics_of(), ready=ready) as http:
        response = await http.get("/readyz")

    assert response.status_code == status


@pytest.mark.parametrize("path", ["/", "/docs", "/metrics/x"])
async def test_shows_nothing_else(path: str) -> None:
    async with served(metrics_of()) as http:
        response = await http.get(path)

    assert response.status_code == 404
