"""When somebody may be written to unasked: by day, in their own time zone."""

from datetime import datetime, timedelta, timezone

_MORNING, _EVENING = 8, 20  # Hours between which nobody minds a message.


def reminder_at(now: float, *, days: int, zone: int) -> float:
    """Return the moment so many days from now, or the next morning where it would be night."""
    then = _local(now, zone) + timedelta(days=days)
    if then.hour >= _EVENING:
        then += timedelta(days=1)
    elif then.hour >= _MORNING:
        return then.timestamp()
    return then.replace(hour=_MORNING, minute=0, second=0, microsecond=0).timestamp()


def is_quiet(now: float, zone: int) -> bool:
    """Say whether it is evening or night somewhere, that many hours east of Greenwich."""
    return not _MORNING <= _local(now, zone).hour < _EVENING


def local_time(moment: float, zone: int) -> tuple[str, str]:
    """Return a moment as ISO date and as hours and minutes."""
    local = _local(moment, zone)
    return local.date().isoformat(), local.strftime("%H.%M")


def _local(moment: float, zone: int) -> datetime:
    return datetime.fromtimestamp(moment, timezone(timedelta(hours=zone)))
