"""Announcements are put into the outbox a few at a time, so that people's questions go first."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence

from bot.backends.store.announcements import Announcements, Going
from bot.core.messages import Call, Language
from bot.core.news import announced, finished
from bot.core.ports import StoreError
from bot.core.render import Phrases

log = logging.getLogger(__name__)

_LOOK_EVERY = 0.2  # Seconds; with the next number more than Telegram takes in a second.
_MOST = 20  # Letters that wait at once: an answer waits behind no more than these.
_REST = 2.0  # Seconds between looks while there is nothing to announce.


async def announce(
    announcements: Announcements,
    phrases: Mapping[Language, Phrases],
    leads: asyncio.Event,
    *,
    on_letter: Callable[[], None],
    every: float = _LOOK_EVERY,
    rest: float = _REST,
) -> None:
    """Send what is to be announced, for as long as this process leads."""
    pause = every
    while True:
        await asyncio.sleep(pause)
        await leads.wait()
        try:
            going = await announcements.going()
            pause = every if going else rest
            if going and await _post(announcements, going, phrases):
                on_letter()
        except StoreError as error:
            log.warning("announcements wait: %s", error)


async def _post(
    announcements: Announcements, going: Going, phrases: Mapping[Language, Phrases]
) -> int:
    from bot.channels.telegram.calls import reply_calls  # As the channel, it takes its time.
    from bot.channels.telegram.incoming import letter_to

    def calls_to(person: int, language: Language) -> Sequence[Call]:
        return tuple(reply_calls(person, announced(going.text, phrases=phrases[language])))

    def done(people: int) -> Sequence[Call]:
        default = phrases[next(iter(phrases))]
        return tuple(reply_calls(going.author, finished(people, phrases=default)))

    return await announcements.post_some(going, calls_to, done, letter_to=letter_to, most=_MOST)
