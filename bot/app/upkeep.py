"""What is done beside the answering: old texts deleted, troubles told to the staff once."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence

from bot.app.assembly import App
from bot.backends.store.mail import KeptMail
from bot.backends.store.rates import DatabaseRates
from bot.backends.store.reminders import Reminders
from bot.backends.store.troubles import Troubles
from bot.core.messages import DEFAULT_LANGUAGE, Reminder, Reply
from bot.core.ports import BotError, StoreError
from bot.core.quiet import is_quiet

log = logging.getLogger(__name__)

_HOUR = 3600.0
_LOOK_EVERY = 2.0
_NEXT_LOOK = 0.2  # Seconds, while people are to be reminded.
_AT_ONCE = 2  # Reminders: answers, which share what may be sent in a second, go between them.
_WAITING = 25  # Letters of the bot's own after which reminders wait; an announcement takes twenty.

Say = Callable[[int, Reply], Awaitable[None]]
_TOLD_ELSEWHERE = "folder"  # With its findings.


async def keep_tidy(app: App, mail: KeptMail) -> None:
    """Delete for ever what has been kept long enough, once an hour."""
    while True:
        try:
            await app.people.expire(days=app.settings.keep_days)
            await app.uploads.expire()
            await mail.purge()
            if app.database.is_shared:
                await DatabaseRates(app.database).purge()
        except StoreError as error:
            log.warning("old texts could not be deleted, trying again: %s", error)
        await asyncio.sleep(_HOUR)


async def watch(app: App, *, troubles: Callable[[], Collection[str]], say: Say) -> None:
    """Tell staff once when something begins to fail, and once when it is over."""
    known: Mapping[str, None] = {}
    is_first = True  # A process that was killed may have left some noted.
    noted = Troubles(app.database)
    while True:
        await asyncio.sleep(_LOOK_EVERY)
        now = dict.fromkeys(sorted(troubles()))
        for code in now.keys() - known.keys():
            log.error("trouble: %s", code)
            await _tell(app, say, code, f"staff_{code}")
        for code in known.keys() - now.keys():
            log.warning("over: %s", code)
            await _tell(app, say, code, "staff_over")
        if is_first or now != known:
            is_first = False
            try:
                await noted.note(list(now))
            except StoreError as error:
                log.warning("troubles could not be noted: %s", error)
        known = now


async def remind(
    reminders: Reminders,
    text: Callable[[Reminder], Awaitable[str]],
    *,
    leads: asyncio.Event,
    on_letter: Callable[[], None],
    clock: Callable[[], float] = time.time,
    every: float = _LOOK_EVERY,
) -> None:
    """Remind people who wished for it, each once, a few at a time; never at night there."""
    pause = every
    while True:
        await asyncio.sleep(pause)
        await leads.wait()
        pause = every
        try:
            for reminder in await _next(reminders, clock()):
                pause = min(every, _NEXT_LOOK)
                if await _remind(reminders, reminder, await text(reminder), at=clock()):
                    on_letter()
        except BotError as error:
            log.warning("nobody can be reminded, trying again: %s", error)


async def _next(reminders: Reminders, now: float) -> Sequence[Reminder]:
    """Return who is to be reminded next: nobody while much waits to be sent."""
    due = [each for each in await reminders.due(now) if not is_quiet(now, each.zone)]
    if not due or await reminders.waiting() >= _WAITING:
        return ()
    return due[:_AT_ONCE]


async def _remind(reminders: Reminders, reminder: Reminder, text: str, *, at: float) -> bool:
    """Put a reminder into the outbox; say whether there is anything to tell."""
    from bot.channels.telegram.calls import reply_calls  # As the channel, it takes its time.
    from bot.channels.telegram.incoming import letter_to

    calls = tuple(reply_calls(reminder.person, Reply(text))) if text else ()
    return await reminders.tell(reminder, calls, letter_to=letter_to, at=at)


async def _tell(app: App, say: Say, trouble: str, phrase: str) -> None:
    if app.settings.staff_chat is None or trouble == _TOLD_ELSEWHERE:
        return
    phrases = app.phrases[DEFAULT_LANGUAGE]
    text = phrases[phrase].format(trouble=phrases[f"staff_{trouble}"])
    await say(app.settings.staff_chat, Reply(text))
