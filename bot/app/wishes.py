"""People who wished to hear once their question has an answer hear of it after a publication."""

import asyncio
import logging
from collections.abc import Callable

from bot.app.assembly import App
from bot.backends.store.wishes import Wishes
from bot.core.messages import Question, Sender, Turn, Wish
from bot.core.ports import BotError
from bot.core.wishes import news

log = logging.getLogger(__name__)

_LOOK_EVERY = 2.0
_AT_ONCE = 10  # Wishes asked between looks, so that people's own questions are not held up.


async def fulfil_wishes(
    app: App, leads: asyncio.Event, *, on_letter: Callable[[], None], every: float = _LOOK_EVERY
) -> None:
    """Ask the open wishes of each version that is served, for as long as this process leads."""
    wishes = Wishes(app.database, app.cipher)
    version, after, failed = "", 0, ""
    while True:
        await asyncio.sleep(every)
        if not leads.is_set() or app.knowledge.served != version:
            version, after = app.knowledge.served, 0
        if not leads.is_set() or not version:
            continue
        try:
            after = await _fulfil_some(app, wishes, after, on_letter)
            failed = ""
        except BotError as error:
            if error.code != failed:
                log.warning("wishes cannot be looked at, trying again: %s", error)
            failed = error.code


async def _fulfil_some(app: App, wishes: Wishes, after: int, on_letter: Callable[[], None]) -> int:
    """Ask the next wishes once more; return the number of the last one that was asked."""
    for wish in await wishes.open(after=after, limit=_AT_ONCE):
        turn = await _asked_again(app, wish)
        if app.knowledge.search.is_degraded:
            return after  # The words alone decided: they are asked again once that is over.
        if turn.replies and await _tell(wishes, wish, turn):
            on_letter()
        after = wish.number
    return after


async def _asked_again(app: App, wish: Wish) -> Turn:
    """Return what to tell whoever wished; a turn that says nothing where there is no answer yet.

    It is asked by itself: what the person has asked of late has nothing to do with it.
    """
    turn = await app.ask(wish.text, language=wish.language)
    told = news(
        wish,
        turn,
        phrases=app.phrases[turn.language],
        min_confidence=app.knowledge.decision.sure,
    )
    return Turn(turn.language, turn.outcome, told)


async def _tell(wishes: Wishes, wish: Wish, turn: Turn) -> bool:
    from bot.channels.telegram.calls import calls_of  # As the channel, it takes its time.
    from bot.channels.telegram.incoming import letter_to

    letter = letter_to(wish.person, number=wish.number, chat=wish.chat, message=wish.message)
    return await wishes.tell(wish, letter, tuple(calls_of(_question(wish), turn)))


def _question(wish: Wish) -> Question:
    sender = Sender(wish.person, wish.chat)
    return Question(0, sender, wish.text, chosen=wish.language)
