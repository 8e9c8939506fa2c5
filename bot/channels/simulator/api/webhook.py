"""Brings updates to the bot's webhook, once there is one."""

from collections.abc import Awaitable, Callable

from bot.channels.simulator.api.updates import webhook
from bot.channels.simulator.state.database import Json
from bot.channels.simulator.state.state import State

Answer = Callable[[Json], Awaitable[None]]


async def deliver(state: State, answer: Answer) -> None:
    """Runs for as long as the simulator does; `answer` carries out a call in a response."""
    while not webhook(state):
        await state.webhook_changed.wait()
        if state.stopping.is_set():
            return
        state.webhook_changed.clear()
    # Most simulators have no webhook, and the client's import takes a while.
    from bot.channels.simulator.api.deliveries import delivering

    async with delivering(state, answer) as deliveries:
        await deliveries.run()
