"""Posts updates to the bot's webhook: those of a chat in order, different chats at once."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress

import aiohttp

from bot.channels.simulator.api.updates import webhook
from bot.channels.simulator.api.webhook import Answer
from bot.channels.simulator.state.database import Json
from bot.channels.simulator.state.state import State

_TIMEOUT = 60.0
_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 5.0
_KEPT_OPEN = 2.0  # Seconds; servers keep a connection that rests for longer.


class Deliveries:
    """The chats whose updates are on their way, each with a task of its own."""

    def __init__(self, state: State, client: aiohttp.ClientSession, answer: Answer) -> None:
        self._state = state
        self._client = client
        self._answer = answer
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._free = asyncio.Semaphore(1)

    async def run(self) -> None:
        """Deliver whatever comes, until the simulator stops."""
        state = self._state
        state.updates.watch(state.deliveries)
        self._start(self._begin())
        while not state.stopping.is_set():
            await state.deliveries.wait()
            chats = state.deliveries.take()
            if state.webhook_changed.is_set():
                state.webhook_changed.clear()
                chats = self._begin()
            self._start(chats)

    async def end(self) -> None:
        """Stop; what was not taken stays waiting."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begin(self) -> set[str]:
        """Get ready for another webhook; returns the chats in which something waits for it."""
        self._free = asyncio.Semaphore(webhook(self._state).get("connections", 1))
        return self._state.updates.chats_waiting()

    def _start(self, chats: Iterable[str]) -> None:
        for chat in chats:
            if chat not in self._tasks:
                self._tasks[chat] = asyncio.create_task(self._deliver(chat))

    async def _deliver(self, chat: str) -> None:
        """One update after another, until none waits in the chat."""
        pause = _FIRST_PAUSE
        try:
            while True:
                async with self._free:
                    hook, update = webhook(self._state), self._state.updates.next_of(chat)
                    if not hook or not update:
                        return
                    is_taken = await self._post(hook, *update)
                if is_taken:
                    pause = _FIRST_PAUSE
                else:
                    await self._pause(pause)
                    pause = min(pause * 2, _LONGEST_PAUSE)
        finally:
            del self._tasks[chat]

    async def _pause(self, seconds: float) -> None:
        """Wait before the next try; another webhook gets it at once."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._state.webhook_changed.wait()

    async def _post(self, hook: Json, number: int, update: str) -> bool:
        """Whether the bot takes the update."""
        try:
            async with self._client.post(
                hook["url"], data=update.encode(), headers=_headers(hook), allow_redirects=False
            ) as response:
                body = await response.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            return self._failed(hook, _said(error))
        if response.status // 100 != 2:
            reason = f"{response.status} {response.reason}"
            return self._failed(hook, f"Wrong response from the webhook: {reason}")
        self._state.updates.delivered(number)
        self._state.database.commit()
        await self._answer(_call(body))
        return True

    def _failed(self, hook: Json, message: str) -> bool:
        error = {"error": message, "error_date": int(self._state.clock())}
        current = webhook(self._state)
        if current.get("url") == hook["url"]:
            self._state.database.remember("webhook", current | error)
            self._state.database.commit()
        return False


@asynccontextmanager
async def delivering(state: State, answer: Answer) -> AsyncIterator[Deliveries]:
    """Deliveries, and the connections they need."""
    connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=_KEPT_OPEN)
    timeout = aiohttp.ClientTimeout(total=_TIMEOUT)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as client:
        deliveries = Deliveries(state, client, answer)
        try:
            yield deliveries
        finally:
            await deliveries.end()


def _headers(hook: Json) -> dict[str, str]:
    headers = {"content-type": "application/json"}
    if hook["secret"]:
        headers["x-telegram-bot-api-secret-token"] = hook["secret"]
    return headers


def _call(body: bytes) -> Json:
    """The call that the bot answers with; empty when it is none."""
    try:
        call = json.loads(body)
    except ValueError:
        return {}
    return call if isinstance(call, dict) and "method" in call else {}


def _said(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "Read timeout expired"
    refused = isinstance(error, aiohttp.ClientConnectorError)
    return "Connection refused" if refused else "Connection reset by peer"
