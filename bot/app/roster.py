"""Shows the commands of staff to staff alone, also after the list of them was changed."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Protocol

from bot.app.assembly import App
from bot.backends.store.told import Told
from bot.core.ports import StoreError

log = logging.getLogger(__name__)

_MEMBER = "member:"
_TRY_EVERY = 60.0  # Seconds: Telegram knows only chats of people who have written to the bot.


class StaffProfile(Protocol):
    """Shows and hides the commands of staff in somebody's private chat."""

    async def show_staff_commands(self, person: int) -> bool:
        """Show them; say whether that was possible."""
        ...

    async def hide_staff_commands(self, person: int) -> bool:
        """Hide them; say whether that was possible."""
        ...


async def keep_roster(
    app: App,
    profile: StaffProfile,
    leads: asyncio.Event,
    *,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Show the commands to every member, hide them from who was one, until all is done."""
    await leads.wait()
    roster = _Roster(Told(app.database), profile, members=frozenset(app.settings.staff))
    while True:
        try:
            if await roster.is_shown():
                return
        except StoreError as error:
            log.warning("the commands of staff wait: %s", error)
        await sleep(_TRY_EVERY)


class _Roster:
    """Who sees the commands of staff, and who should."""

    def __init__(self, told: Told, profile: StaffProfile, *, members: frozenset[int]) -> None:
        self._told = told
        self._profile = profile
        self._members = members
        self._unseen = set(members)

    async def is_shown(self) -> bool:
        """Show and hide what can be; say whether nothing is left to do."""
        noted = {int(name.removeprefix(_MEMBER)) for name in await self._told.notes(_MEMBER)}
        former = sorted(noted - self._members)
        hidden = [await self._hide(person) for person in former]
        shown = [await self._show(person) for person in sorted(self._unseen)]
        return all(hidden + shown)

    async def _hide(self, person: int) -> bool:
        is_hidden = await self._profile.hide_staff_commands(person)
        if is_hidden:
            await self._told.clear(f"{_MEMBER}{person}")
        return is_hidden

    async def _show(self, person: int) -> bool:
        is_shown = await self._profile.show_staff_commands(person)
        if is_shown:
            await self._told.take(f"{_MEMBER}{person}")
            self._unseen.discard(person)
        return is_shown
