"""Telegram's rates are kept, its refusals obeyed, and nobody asks faster than is allowed."""

import asyncio
import itertools
import signal
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

import httpx
import pytest

from bot.backends.prompts import read_phrases
from bot.core.messages import Command, Incoming, Turn
from bot.core.pacing import Limit, MemoryRates
from tests.conftest import ROOT
from tests.integration.processes import SMALL_TALK, answers_in_order, bot_on, until
from tests.integration.simulators import Simulator
from tests.integration.simulators import running as simulator_in_a_thread
from tests.integration.stages import (
    USERNAME,
    Held,
    Json,
    Running,
    Stage,
    answering,
    echo,
    simulator,
    staged,
)

pytestmark = pytest.mark.timeout(300)

TELEGRAMS: Json = {"all": 30, "chat": 1, "group": 20, "burst": 5}
"""What Telegram takes; it does not say how short its "short bursts" are."""

IDLE: Json = {"all": 10_000}
"""No limit, but calls that come before they may are counted."""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, exchanges: Path | None) -> Iterator[Running]:
    with simulator(tmp_path_factory.mktemp("simulator"), exchanges) as started:
        yield started


@pytest.fixture
async def stage(running: Running, tmp_path: Path) -> AsyncIterator[Stage]:
    """A simulator that counts what comes too early."""
    async with staged(running, tmp_path) as found:
        await found.control("limits", **IDLE)
        yield found
        await found.control("fault", times=0)
        await found.control("limits")


@pytest.fixture
def quiet(tmp_path: Path, exchanges: Path | None) -> Iterator[Simulator]:
    """A simulator that nothing in the test's process holds up."""
    with (
        simulator(tmp_path, exchanges) as started,
        httpx.Client(trust_env=False, timeout=15) as http,
    ):
        yield Simulator(started.url, http)


def cycled(count: int) -> list[str]:
    return list(itertools.islice(itertools.cycle(SMALL_TALK), count))


async def counted(stage: Stage) -> Json:
    found: Json = (await stage.http.get("/control/limits")).json()
    return found


async def people(stage: Stage, count: int) -> list[str]:
    return [await stage.someone() for _ in range(count)]


async def arrived(stage: Stage, person: str, *, wanted: int = 1) -> list[Json]:
    """What was carried out of the messages to somebody, once it is as much as is wanted."""
    found: list[Json] = []
    while len(found) < wanted:
        calls = await stage.sent("sendMessage", wanted=wanted, person=person)
        found = [entry for entry in calls if entry["ok"]]
    return found


# The default rate.


def test_a_crowd_and_a_hasty_person_and_a_group_are_never_too_fast(
    quiet: Simulator, data: Path
) -> None:
    crowd = [f"p{number}" for number in range(60)]
    hasty, grouped = cycled(12), cycled(6)
    with bot_on(quiet, data) as bot:
        bot.say("ibu", "halo")
        bot.start()
        bot.wait("ibu")
        quiet.control("limits", **TELEGRAMS)
        for word in hasty:
            bot.say("lin", word)
        for word in grouped:
            bot.say("sam", f"{USERNAME} {word}", chat="group")
        for person in crowd:
            bot.say(person, "halo")
        bot.wait("lin", wanted=len(hasty))
        bot.wait("group", wanted=len(grouped))
        bot.settle()

        assert quiet.read("limits") == {"refused": 0, "early": 0}
        assert all(answers_in_order(bot.texts(person), ["halo"]) for person in crowd)
        assert answers_in_order(bot.texts("lin"), hasty)
        assert answers_in_order(bot.texts("group"), grouped)


class QuickTime:
    """A time that passes several times as fast as it does."""

    def __init__(self, speed: float) -> None:
        self.speed = speed
        self._began = time.time()

    def __call__(self) -> float:
        return self._began + (time.time() - self._began) * self.speed


class QuickRates:
    """The rates of a process in quick time, for one that waits in ours."""

    def __init__(self, clock: QuickTime) -> None:
        self._speed = clock.speed
        self._rates = MemoryRates(clock)

    async def reserve(self, limits: Sequence[Limit]) -> float:
        return await self._rates.reserve(limits) / self._speed

    async def pause(self, limit: Limit, seconds: float) -> None:
        await self._rates.pause(limit, seconds * self._speed)


async def test_a_group_with_25_questions_is_never_too_fast(tmp_path: Path) -> None:
    clock = QuickTime(10)
    with simulator_in_a_thread(tmp_path / "chats.sqlite3", clock=clock) as quick:
        quick.control("limits", **TELEGRAMS)
        for number in range(25):
            quick.say("sam", f"{USERNAME} {number}", chat="group")
        async with httpx.AsyncClient(base_url=quick.base_url, trust_env=False) as http:
            stage = Stage(quick.base_url, tmp_path, http, tmp_path / "data")
            async with answering(stage, echo, rates=QuickRates(clock), per_second=30):
                found = await stage.texts(person="group", wanted=25)
        limits = quick.read("limits")

    assert found == [f"heard: {number}" for number in range(25)]
    assert limits == {"refused": 0, "early": 0}


async def test_what_is_held_up_on_its_way_does_not_arrive_too_fast(
    running: Running, stage: Stage
) -> None:
    crowd = await people(stage, 80)
    await stage.control("limits", **TELEGRAMS)
    async with answering(stage, echo, rates=MemoryRates(time.monotonic), per_second=30):
        for person in crowd:
            await stage.say("halo", person=person)
        running.process.send_signal(signal.SIGSTOP)
        await asyncio.sleep(2)
        running.process.send_signal(signal.SIGCONT)
        for person in crowd:
            await arrived(stage, person)

    assert await counted(stage) == {"refused": 0, "early": 0}


# Refusals.


async def test_a_refused_chat_waits_and_the_others_go_on(stage: Stage) -> None:
    refused, other = await people(stage, 2)
    await stage.control("fault", telegram="429", times=1, retry_after=3)
    async with answering(stage, echo):
        for number in range(3):
            await stage.say(str(number), person=refused)
        (first,) = await stage.sent("sendMessage", wanted=1, person=refused)
        await stage.say("halo", person=other)
        (beside,) = await arrived(stage, other)
        later = await arrived(stage, refused, wanted=3)

    assert [entry["text"] for entry in later] == ["heard: 0", "heard: 1", "heard: 2"]
    assert beside["ts"] < first["ts"] + 3 <= later[0]["ts"] + 0.02
    assert await counted(stage) == {"refused": 0, "early": 0}


async def test_everything_waits_when_two_chats_are_refused(stage: Stage) -> None:
    one, another, third = await people(stage, 3)
    await stage.control("fault", telegram="429", times=2, retry_after=3)
    async with answering(stage, echo):
        for person in (one, another):
            await stage.say("halo", person=person)
        refusals = [
            (await stage.sent("sendMessage", wanted=1, person=person))[0]
            for person in (one, another)
        ]
        await stage.say("halo", person=third)
        (beside,) = await arrived(stage, third)

    until = max(entry["ts"] for entry in refusals) + 3
    assert beside["ts"] >= until - 0.02
    assert await counted(stage) == {"refused": 0, "early": 0}


async def test_those_who_waited_do_not_all_go_at_once(stage: Stage) -> None:
    crowd = await people(stage, 50)
    await stage.control("limits", **TELEGRAMS)
    await stage.control("fault", telegram="429", times=2, retry_after=2)
    rates = MemoryRates(time.monotonic)
    async with answering(stage, echo, rates=rates, per_second=30):
        for person in crowd:
            await stage.say("halo", person=person)
        for person in crowd:
            await arrived(stage, person)

    assert await counted(stage) == {"refused": 0, "early": 0}


# Typing.


async def test_shows_no_typing_while_an_answer_waits_for_a_refused_chat(stage: Stage) -> None:
    held = Held()

    async def turn(incoming: Incoming) -> Turn:
        return await (held if isinstance(incoming, Command) else echo)(incoming)

    await stage.control("fault", telegram="429", times=1, retry_after=3)
    async with answering(stage, turn):
        await stage.say("halo")
        await stage.sent("sendMessage", wanted=1)
        await stage.say("/help")
        await held.begun.wait()
        await asyncio.sleep(1)
        held.go_on.set()
        await arrived(stage, stage.person, wanted=2)
        found = await stage.sent("sendMessage", "sendChatAction", wanted=3)

    assert [entry["method"] for entry in found] == ["sendMessage"] * 3
    assert await counted(stage) == {"refused": 0, "early": 0}


async def test_an_answer_does_not_wait_for_typing(stage: Stage) -> None:
    held = Held()
    await stage.control("fault", telegram="slow 3s", share=1, methods=["sendChatAction"])
    async with answering(stage, held):
        await stage.say("halo")
        await held.begun.wait()
        await asyncio.sleep(0.6)
        held.go_on.set()
        found = await stage.sent("sendMessage", "sendChatAction", wanted=2)

    assert [entry["method"] for entry in found] == ["sendMessage", "sendChatAction"]


async def test_an_answer_waits_when_typing_was_refused(stage: Stage) -> None:
    held = Held()
    await stage.control("fault", telegram="429", times=1, retry_after=2, methods=["sendChatAction"])
    async with answering(stage, held):
        await stage.say("halo")
        (typing,) = await stage.sent("sendChatAction", wanted=1)
        held.go_on.set()
        (answer,) = await arrived(stage, stage.person)

    assert answer["ts"] >= typing["ts"] + 2 - 0.02
    assert await counted(stage) == {"refused": 0, "early": 0}


# People.


def test_who_asks_too_much_is_told_so_once(quiet: Simulator, data: Path) -> None:
    slow_down = read_phrases(ROOT / "prompts")["id"]["slow_down"]
    with bot_on(quiet, data, rate=0, person_rate=3) as bot:
        bot.start()
        for word in cycled(6):
            bot.say("ibu", word)
        bot.say("ibu", "/language")
        bot.say("lin", "halo")
        bot.wait("lin")
        bot.settle()
        until(lambda: len(bot.texts("ibu")) == 5)

        command, *told = sorted(bot.texts("ibu"), key=lambda text: "bahasa" not in text)
        assert answers_in_order(told[:3], cycled(3))
        assert told[3:] == [slow_down]
        assert "bahasa" in command
        assert answers_in_order(bot.texts("lin"), ["halo"])


def test_who_asked_too_much_may_still_press_a_button(quiet: Simulator, data: Path) -> None:
    with bot_on(quiet, data, rate=0, person_rate=1) as bot:
        bot.say("ibu", "/language")
        bot.say("ibu", "makasih")
        bot.say("ibu", "dadah")
        bot.start()
        bot.wait("ibu", wanted=3)
        quiet.control("press", person="ibu", label="English")

        assert bot.wait("ibu", wanted=4)[3] == "Good, I will answer in English."
