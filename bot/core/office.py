"""When program staff are at work, as they say themselves."""

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone


@dataclass(frozen=True, slots=True)
class Office:
    """The days and hours in which staff answer, and how long that takes, in their own words."""

    days: frozenset[int]
    """1 is Monday."""
    opens: str
    """Hours and minutes with a point between, as in `09.00`."""
    closes: str
    zone: int
    """The hours that its time is ahead of Greenwich's."""
    hours: str
    """The days and hours in words."""
    wait: str = ""
    """How long an answer mostly takes, in words."""

    def is_open(self, now: float) -> bool:
        """Say whether staff are at work."""
        local = datetime.fromtimestamp(now, timezone(timedelta(hours=self.zone)))
        is_day = local.isoweekday() in self.days
        return is_day and self.opens <= local.strftime("%H.%M") < self.closes
