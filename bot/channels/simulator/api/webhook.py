"""Delivers updates to the bot's webhook, one after another, until each is taken."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from bot.channels.simulator.api.updates import webhook
from bot.channels.simulator.state.database import Json
from bot.channels.simulator.state.state import State

if TYPE_CHECKING:
    import httpx

_TIMEOUT = 60.0
_LONGEST_PAUSE = 30.0
_FIRST_PAUSE = 0.25

Answer = Callable[[Json], Awaitable[None]]


async def deliver(state: State, answer: Answer) -> None:
    """Runs for as long as the simulator does; `answer` carries out a call in a response."""
    pause = _FIRST_PAUSE
    while not state.stopping.is_set():
        state.webhook_changed.clear()
        hook = webhook(state)
        found = _oldest(state) if hook else None
        if not found:
            await _something(state, hooked=bool(hook))
            continue
        taken = await _post(state, hook, found, answer)
        pause = _FIRST_PAUSE if taken else min(pause * 2, _LONGEST_PAUSE)
        if not taken:
            await _either(state.webhook_changed, state.stopping, seconds=pause)


def _oldest(state: State) -> str | None:
    waiting = state.updates.take_resent() or state.updates.waiting(1)
    return waiting[0] if waiting else None


async def _something(state: State, *, hooked: bool) -> None:
    """Until there is another webhook, or something to deliver to this one."""
    if not hooked:
        await _either(state.webhook_changed, state.stopping, seconds=None)
        return
    waiting = state.updates.watch()
    await _either(waiting, state.webhook_changed, state.stopping, seconds=None)
    state.updates.unwatch(waiting)


async def _either(*events: asyncio.Event, seconds: float | None) -> None:
    tasks = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()


async def _post(state: State, hook: Json, update: str, answer: Answer) -> bool:
    import httpx  # Most simulators have no webhook, and this import takes a while.

    headers = {"content-type": "application/json"}
    if hook["secret"]:
        headers["x-telegram-bot-api-secret-token"] = hook["secret"]
    try:
        async with httpx.AsyncClient(trust_env=False, timeout=_TIMEOUT) as client:
            response = await client.post(hook["url"], content=update, headers=headers)
    except httpx.HTTPError as error:
        return _failed(state, hook, _said(error))
    if not response.is_success:
        reason = f"{response.status_code} {response.reason_phrase}"
        return _failed(state, hook, f"Wrong response from the webhook: {reason}")
    number = int(update.removeprefix('{"update_id":').partition(",")[0].rstrip("}"))
    state.updates.confirm(number + 1)
    with contextlib.suppress(ValueError):
        await answer(_call(response))
    return True


def _call(response: "httpx.Response") -> Json:
    body = response.json()
    return body if isinstance(body, dict) and "method" in body else {}


def _said(error: "httpx.HTTPError") -> str:
    name = type(error).__name__
    if "Timeout" in name:
        return "Read timeout expired"
    return "Connection refused" if name == "ConnectError" else "Connection reset by peer"


def _failed(state: State, hook: Json, message: str) -> bool:
    error = {"error": message, "error_date": int(state.clock())}
    if webhook(state).get("url") == hook["url"]:
        state.database.remember("webhook", hook | error)
    return False
