"""How often the bot may send: Telegram's rates, when somebody asked for them."""

import itertools
import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

_SECOND = 1.0
_MINUTE = 60.0
# Clocks of two processes differ, timers are rounded, and so are sums of seconds.
_TOLERANCE = 0.02


@dataclass(frozen=True)
class Rates:
    """What is taken; None is as much as comes."""

    overall: int | None = None  # A second, in all chats.
    chat: float | None = None  # A second, in a private chat, after a burst.
    group: int | None = None  # A minute, in a group.
    burst: int = 1


@dataclass
class _Chat:
    taken: deque[float] = field(default_factory=deque)
    paid_until: float = 0  # When a private chat will have paid for its burst.
    paused_until: float = 0  # When the wait that was announced is over.

    def rests(self, now: float) -> bool:
        last = self.taken[-1] + _MINUTE if self.taken else 0.0
        return max(last, self.paid_until, self.paused_until) < now


class Limits:
    """Counts what the bot sends; a chat is forgotten once it would take a whole burst again.

    No second has more calls than `overall`, and no minute of a group more than `group`, wherever
    it begins. A call that is refused counts for nothing but `refused` and `early`.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._rates: Rates | None = None
        self._begin()

    def _begin(self) -> None:
        self._taken: deque[float] = deque()
        self._chats: dict[int, _Chat] = {}
        self.refused = 0
        self.early = 0

    def keep(self, rates: Rates) -> None:
        """Refuse what comes faster from now on."""
        self._rates = rates
        self._begin()

    def lift(self) -> None:
        """Take everything again; what was counted stays to be read."""
        self._rates = None

    def announce(self, chat_id: int, seconds: int) -> None:
        """Expect nothing for a chat for a while, as the bot was told to wait."""
        if self._rates:
            now = self._clock()
            chat = self._chat(chat_id, now)
            chat.paused_until = max(chat.paused_until, now + seconds)

    def seconds_to_wait(self, chat_id: int) -> int:
        """How long the bot must wait to send to a chat; 0 when this call is taken."""
        if not self._rates:
            return 0
        now = self._clock()
        chat = self._chat(chat_id, now)
        wait = chat.paused_until - now
        if wait > _TOLERANCE:
            self.early += 1
        else:
            wait = self._wait(self._rates, chat_id, chat, now)
            chat.paused_until = now + math.ceil(wait)
        if wait > 0:
            self.refused += 1
            return math.ceil(wait)
        self._take(self._rates, chat_id, chat, now)
        return 0

    def _chat(self, chat_id: int, now: float) -> _Chat:
        """What is known of a chat, which becomes the last of those in mind."""
        chat = self._chats.pop(chat_id, None) or _Chat()
        for oldest in list(itertools.islice(self._chats, 2)):
            if self._chats[oldest].rests(now):
                del self._chats[oldest]
        self._chats[chat_id] = chat
        return chat

    def _wait(self, rates: Rates, chat_id: int, chat: _Chat, now: float) -> float:
        """How long until every rate takes one more."""
        waits = [_until_room(self._taken, now, most=rates.overall, span=_SECOND)]
        if chat_id < 0:
            waits.append(_until_room(chat.taken, now, most=rates.group, span=_MINUTE))
        elif rates.chat:
            waits.append(chat.paid_until - (rates.burst - 1) / rates.chat - now)
        wait = max(waits)
        return wait if wait > _TOLERANCE else 0

    def _take(self, rates: Rates, chat_id: int, chat: _Chat, now: float) -> None:
        self._taken.append(now)
        if chat_id < 0:
            chat.taken.append(now)
        elif rates.chat:
            chat.paid_until = max(chat.paid_until, now) + 1 / rates.chat


def _until_room(taken: deque[float], now: float, *, most: int | None, span: float) -> float:
    """How long until fewer than `most` were taken within a span of seconds."""
    while taken and taken[0] <= now - span:
        taken.popleft()
    return taken[-most] + span - now if most and len(taken) >= most else 0
