"""How often is too often."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.pacing import Askers, Limit, MemoryRates

MANY = 10_001  # More people, or scopes, than are remembered.
CHAT = Limit("chat 1", every=1.0, burst=4)


@dataclass
class Clock:
    now: float = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


async def places(rates: MemoryRates, limit: Limit, *, count: int) -> list[float]:
    """Take so many places at once."""
    return [await rates.reserve([limit]) for _ in range(count)]


# Places in a row.


async def test_a_burst_goes_at_once_and_the_rest_one_after_another(clock: Clock) -> None:
    rates = MemoryRates(clock)

    assert await places(rates, CHAT, count=7) == [0, 0, 0, 0, 1, 2, 3]


async def test_without_a_burst_each_waits_for_the_one_before(clock: Clock) -> None:
    rates = MemoryRates(clock)

    assert await places(rates, Limit("all", every=0.5, burst=1), count=4) == [0, 0.5, 1, 1.5]


async def test_a_place_comes_free_with_time(clock: Clock) -> None:
    rates = MemoryRates(clock)
    await places(rates, CHAT, count=4)

    clock.now += 2

    assert await places(rates, CHAT, count=3) == [0, 0, 1]


async def test_a_long_silence_earns_no_more_than_a_burst(clock: Clock) -> None:
    rates = MemoryRates(clock)
    await places(rates, CHAT, count=1)

    clock.now += 1_000

    assert await places(rates, CHAT, count=5) == [0, 0, 0, 0, 1]


async def test_scopes_do_not_wait_for_each_other(clock: Clock) -> None:
    rates = MemoryRates(clock)
    await places(rates, CHAT, count=9)

    assert await rates.reserve([Limit("chat 2", every=1.0, burst=4)]) == 0


async def test_waits_for_the_latest_of_several_limits(clock: Clock) -> None:
    rates = MemoryRates(clock)
    everywhere = Limit("all", every=0.25, burst=1)

    assert [await rates.reserve([everywhere, CHAT]) for _ in range(6)] == [
        *(0, 0.25, 0.5, 0.75, 1.0),
        2.0,
    ]


async def test_without_a_limit_nothing_waits(clock: Clock) -> None:
    assert await MemoryRates(clock).reserve([]) == 0


async def test_a_pause_is_kept_and_followed_by_no_burst(clock: Clock) -> None:
    rates = MemoryRates(clock)

    await rates.pause(CHAT, 30)

    assert await places(rates, CHAT, count=3) == [30, 31, 32]


async def test_a_short_pause_does_not_end_a_longer_one(clock: Clock) -> None:
    rates = MemoryRates(clock)

    await rates.pause(CHAT, 30)
    await rates.pause(CHAT, 5)

    assert await rates.reserve([CHAT]) == 30


async def test_a_pause_takes_no_place_back(clock: Clock) -> None:
    rates = MemoryRates(clock)
    await places(rates, CHAT, count=40)

    await rates.pause(CHAT, 5)

    assert await rates.reserve([CHAT]) == 37


async def test_after_a_pause_there_is_a_burst_again_in_time(clock: Clock) -> None:
    rates = MemoryRates(clock)
    await rates.pause(CHAT, 30)

    clock.now += 33

    assert await places(rates, CHAT, count=5) == [0, 0, 0, 0, 1]


async def test_forgets_the_scopes_used_longest_ago_so_that_memory_stays_bounded(
    clock: Clock,
) -> None:
    rates = MemoryRates(clock)
    first, second = Limit("first", every=9.0, burst=1), Limit("second", every=9.0, burst=1)
    await rates.reserve([first, second])

    for number in range(MANY - 3):
        await rates.reserve([Limit(str(number), every=1.0, burst=1)])
    await rates.reserve([first])
    await rates.reserve([Limit("one more", every=1.0, burst=1)])

    assert await rates.reserve([second]) == 0
    assert await rates.reserve([first]) == 18


async def taken(limit: Limit, waits: Sequence[float]) -> list[float]:
    """The times of the places taken by who comes after each of these waits."""
    clock = Clock(0.0)
    rates = MemoryRates(clock)
    times = []
    for wait in waits:
        clock.now += wait
        times.append(clock.now + await rates.reserve([limit]))
    return times


EIGHTHS = st.integers(0, 40).map(lambda count: count / 8)  # Sums of them are exact.


@settings(derandomize=True, deadline=None, database=None)
@given(
    every=st.sampled_from([0.125, 0.5, 1.0, 3.75]),
    burst=st.integers(1, 5),
    waits=st.lists(EIGHTHS, min_size=1, max_size=40),
)
def test_no_window_ever_holds_more_than_a_burst_and_its_share_of_time(
    every: float, burst: int, waits: list[float]
) -> None:
    times = asyncio.run(taken(Limit("any", every=every, burst=burst), waits))

    assert times == sorted(times)
    assert [
        (times[first], times[last])
        for first in range(len(times))
        for last in range(first, len(times))
        if last - first + 1 > burst + (times[last] - times[first]) / every
    ] == []


@settings(derandomize=True, deadline=None, database=None)
@given(
    every=st.sampled_from([0.125, 0.5, 1.0]),
    burst=st.integers(1, 5),
    waits=st.lists(EIGHTHS, min_size=1, max_size=40),
)
def test_who_keeps_to_the_pace_never_waits(every: float, burst: int, waits: list[float]) -> None:
    slow = [every + wait for wait in waits]

    times = asyncio.run(taken(Limit("any", every=every, burst=burst), slow))

    assert times == [sum(slow[: count + 1]) for count in range(len(slow))]


# Questions of one person.


def test_answers_so_many_questions_a_minute_then_warns_once(clock: Clock) -> None:
    askers = Askers(3, clock)

    assert [askers(1) for _ in range(6)] == ["fine", "fine", "fine", "warn", "silent", "silent"]


def test_counts_each_person_alone(clock: Clock) -> None:
    askers = Askers(1, clock)

    assert [askers(1), askers(1), askers(2), askers(1)] == ["fine", "warn", "fine", "silent"]


def test_answers_again_after_a_minute(clock: Clock) -> None:
    askers = Askers(2, clock)
    for _ in range(4):
        askers(1)

    clock.now += 60

    assert [askers(1), askers(1), askers(1)] == ["fine", "fine", "warn"]


def test_the_minute_is_a_sliding_one(clock: Clock) -> None:
    askers = Askers(2, clock)
    askers(1)
    clock.now += 40
    askers(1)

    clock.now += 20

    assert [askers(1), askers(1)] == ["fine", "warn"]


def test_warns_no_more_than_once_a_minute(clock: Clock) -> None:
    askers = Askers(3, clock)

    verdicts = []
    for _ in range(180):  # One question a second, for three minutes.
        verdicts.append(askers(1))
        clock.now += 1

    assert verdicts.count("fine") == 9
    assert verdicts.count("warn") == 3


def test_forgets_who_asked_longest_ago_so_that_memory_stays_bounded(clock: Clock) -> None:
    askers = Askers(1, clock)
    for person in (0, 1, 1, 0):
        askers(person)

    for person in range(2, MANY):
        askers(person)

    assert [askers(0), askers(1), askers(1)] == ["silent", "fine", "warn"]
