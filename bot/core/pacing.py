"""How often is too often: places in a row for what is sent, and a limit on what one person asks."""

from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

_MINUTE = 60.0
_REMEMBERED = 10_000  # People and scopes.

Verdict = Literal["fine", "warn", "silent"]


@dataclass(frozen=True, slots=True)
class Limit:
    """One send every so many seconds within a scope, after a burst of as many as named.

    The generic cell rate algorithm (ITU-T I.371), which needs one number a scope.
    """

    scope: str
    every: float
    burst: int

    @property
    def slack(self) -> float:
        """Return the seconds by which a burst may be ahead of its time."""
        return self.every * (self.burst - 1)


class MemoryRates:
    """The core's `Rates` of a process that sends alone."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._until: OrderedDict[str, float] = OrderedDict()

    async def reserve(self, limits: Sequence[Limit]) -> float:
        """Take the next place in each scope; return the seconds until the latest of them."""
        return max((self._next(limit) for limit in limits), default=0.0)

    async def pause(self, limit: Limit, seconds: float) -> None:
        """Give no place in a scope for so long."""
        until = self._clock() + seconds + limit.slack
        self._keep(limit.scope, max(self._until.get(limit.scope, 0.0), until))

    def _next(self, limit: Limit) -> float:
        now = self._clock()
        begin = max(self._until.get(limit.scope, 0.0), now)
        self._keep(limit.scope, begin + limit.every)
        return max(begin - limit.slack - now, 0.0)

    def _keep(self, scope: str, until: float) -> None:
        self._until[scope] = until
        self._until.move_to_end(scope)
        if len(self._until) > _REMEMBERED:
            self._until.popitem(last=False)


class Askers:
    """Counts what each person asks within a minute; above the limit, warns once a minute."""

    def __init__(self, per_minute: int, clock: Callable[[], float]) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._asked: OrderedDict[int, deque[float]] = OrderedDict()
        self._warned: dict[int, float] = {}

    def __call__(self, person: int) -> Verdict:
        """Count a question; say whether to answer it, to ask for patience, or to be silent."""
        now = self._clock()
        times = self._asked.setdefault(person, deque())
        self._asked.move_to_end(person)
        if len(self._asked) > _REMEMBERED:
            gone, _ = self._asked.popitem(last=False)
            self._warned.pop(gone, None)
        while times and times[0] <= now - _MINUTE:
            times.popleft()
        if len(times) < self._per_minute:
            times.append(now)
            return "fine"
        if person in self._warned and now - self._warned[person] < _MINUTE:
            return "silent"
        self._warned[person] = now
        return "warn"
