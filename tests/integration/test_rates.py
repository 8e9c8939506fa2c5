"""Places in a row for what is sent: the same promises in memory and in a shared database."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.backends.store.database import Database, open_database
from bot.backends.store.rates import DatabaseRates
from bot.core.pacing import Limit, MemoryRates
from bot.core.ports import Rates
from tests.integration.databases import count

pytestmark = pytest.mark.timeout(300)

SLOW = Limit("slow", every=100.0, burst=1)
BURST = Limit("burst", every=100.0, burst=3)
OTHER = Limit("other", every=1000.0, burst=1)


def about(seconds: float) -> object:
    """Equal to as many seconds, less those that the test took."""
    return pytest.approx(seconds, abs=10.0)


@pytest.fixture(params=["memory", "postgresql"])
async def rates(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Rates]:
    if request.param == "memory":
        yield MemoryRates(time.monotonic)
        return
    url = request.getfixturevalue("postgres_url")
    async with open_database(tmp_path, url=url) as database:
        yield DatabaseRates(database)


@pytest.fixture
async def databases(postgres_url: str, tmp_path: Path) -> AsyncIterator[tuple[Database, Database]]:
    """What two processes have open."""
    async with AsyncExitStack() as stack:
        opened = [open_database(tmp_path, url=postgres_url) for _ in range(2)]
        one, other = [await stack.enter_async_context(each) for each in opened]
        yield one, other


async def test_without_limits_there_is_no_wait(rates: Rates) -> None:
    assert await rates.reserve([]) == 0.0


async def test_the_first_place_is_now(rates: Rates) -> None:
    assert await rates.reserve([SLOW]) == 0.0


async def test_each_next_place_is_later(rates: Rates) -> None:
    places = [await rates.reserve([SLOW]) for _ in range(4)]

    assert places == [about(0), about(100), about(200), about(300)]


async def test_a_burst_goes_at_once(rates: Rates) -> None:
    places = [await rates.reserve([BURST]) for _ in range(5)]

    assert places == [0.0, 0.0, 0.0, about(100), about(200)]


async def test_those_who_ask_at_once_get_places_of_their_own(rates: Rates) -> None:
    places = await asyncio.gather(*(rates.reserve([SLOW]) for _ in range(20)))

    assert sorted(places) == [about(100 * number) for number in range(20)]


async def test_after_the_wait_the_place_is_there(rates: Rates) -> None:
    quick = Limit("quick", every=0.2, burst=1)
    await rates.reserve([quick])

    await asyncio.sleep(await rates.reserve([quick]))

    assert 0.0 <= await rates.reserve([quick]) <= 0.2


async def test_a_scope_that_was_silent_has_its_burst_again_and_no_more(rates: Rates) -> None:
    quick = Limit("quick", every=0.05, burst=2)
    await rates.reserve([quick])
    await rates.reserve([quick])
    await asyncio.sleep(0.5)

    slow = Limit("quick", every=100.0, burst=2)
    places = [await rates.reserve([slow]) for _ in range(3)]

    assert places == [0.0, 0.0, about(100)]


async def test_scopes_do_not_touch_each_other(rates: Rates) -> None:
    await rates.reserve([SLOW])

    assert await rates.reserve([OTHER]) == 0.0


async def test_of_several_scopes_the_latest_place_counts(rates: Rates) -> None:
    await rates.reserve([OTHER])

    assert await rates.reserve([SLOW, OTHER]) == about(1000)


async def test_a_place_is_taken_in_every_scope(rates: Rates) -> None:
    await rates.reserve([SLOW, OTHER])

    assert await rates.reserve([SLOW]) == about(100)
    assert await rates.reserve([OTHER]) == about(1000)


async def test_a_pause_holds_up_its_scope_alone(rates: Rates) -> None:
    await rates.pause(SLOW, 500.0)

    assert await rates.reserve([SLOW]) == about(500)
    assert await rates.reserve([OTHER]) == 0.0


async def test_a_pause_holds_up_a_burst_too(rates: Rates) -> None:
    await rates.pause(BURST, 500.0)

    assert await rates.reserve([BURST]) == about(500)


async def test_after_a_pause_places_follow_as_before(rates: Rates) -> None:
    await rates.pause(SLOW, 500.0)

    assert [await rates.reserve([SLOW]) for _ in range(3)] == [about(500), about(600), about(700)]


async def test_a_shorter_pause_does_not_end_a_longer_one(rates: Rates) -> None:
    await rates.pause(SLOW, 500.0)
    await rates.pause(SLOW, 1.0)

    assert await rates.reserve([SLOW]) == about(500)


async def test_a_pause_within_what_is_reserved_changes_nothing(rates: Rates) -> None:
    for _ in range(5):
        await rates.reserve([SLOW])
    await rates.pause(SLOW, 100.0)

    assert await rates.reserve([SLOW]) == about(500)


async def test_a_pause_passes(rates: Rates) -> None:
    await rates.pause(SLOW, 0.1)

    await asyncio.sleep(0.2)

    assert await rates.reserve([SLOW]) == 0.0


# What processes share.


async def test_processes_share_the_places(databases: tuple[Database, Database]) -> None:
    one, other = map(DatabaseRates, databases)

    places = [await rates.reserve([BURST]) for rates in (one, other, one, other, one)]

    assert places == [0.0, 0.0, 0.0, about(100), about(200)]


async def test_processes_that_ask_at_once_get_different_places(
    databases: tuple[Database, Database],
) -> None:
    both = [DatabaseRates(database) for database in databases] * 20

    places = await asyncio.gather(*(rates.reserve([SLOW, OTHER]) for rates in both))

    assert sorted(places) == [about(1000 * number) for number in range(40)]


async def test_processes_share_a_pause(databases: tuple[Database, Database]) -> None:
    one, other = map(DatabaseRates, databases)

    await one.pause(SLOW, 500.0)

    assert await other.reserve([SLOW]) == about(500)


async def test_what_is_no_longer_needed_is_deleted(databases: tuple[Database, Database]) -> None:
    database, _ = databases
    rates = DatabaseRates(database)
    await rates.reserve([SLOW])
    await rates.reserve([OTHER])
    long_ago = "UPDATE rate SET until = until - 4000 WHERE scope = 'slow'"
    await database.write((text(long_ago), {}))

    await asyncio.gather(rates.purge(), rates.purge())

    assert await count(database, "rate") == 1
    assert await rates.reserve([OTHER]) == about(1000)
