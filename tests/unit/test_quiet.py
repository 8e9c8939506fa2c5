"""When somebody may be written to unasked."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.quiet import is_quiet, local_time, reminder_at

ZONES = st.sampled_from([7, 8, 9])
MOMENTS = st.floats(0, 4e9)


def at(text: str) -> float:
    return datetime.fromisoformat(text).astimezone(UTC).timestamp()


@pytest.mark.parametrize(
    ("now", "zone", "told"),
    [
        ("2030-06-15T12:30+07:00", 7, "2030-06-18T12:30+07:00"),
        ("2030-06-15T08:00+07:00", 7, "2030-06-18T08:00+07:00"),
        ("2030-06-15T07:59+07:00", 7, "2030-06-18T08:00+07:00"),
        ("2030-06-15T20:00+07:00", 7, "2030-06-19T08:00+07:00"),
        ("2030-06-15T19:30+07:00", 8, "2030-06-19T08:00+08:00"),
        ("2030-12-31T23:59+09:00", 9, "2031-01-04T08:00+09:00"),
    ],
)
def test_reminds_by_day(now: str, zone: int, told: str) -> None:
    assert reminder_at(at(now), days=3, zone=zone) == at(told)


@given(now=MOMENTS, days=st.integers(1, 90), zone=ZONES)
def test_never_reminds_at_night_and_never_early(now: float, days: int, zone: int) -> None:
    then = reminder_at(now, days=days, zone=zone)

    assert not is_quiet(then, zone)
    assert -1 < then - now - days * 86_400 <= 12 * 3_600


@pytest.mark.parametrize(
    ("hour", "quiet"), [("07:59", True), ("08:00", False), ("19:59", False), ("20:00", True)]
)
def test_knows_the_night(hour: str, quiet: bool) -> None:
    assert is_quiet(at(f"2030-06-15T{hour}+08:00"), 8) is quiet


def test_tells_a_moment_as_it_is_there() -> None:
    assert local_time(at("2030-06-15T23:30+00:00"), 7) == ("2030-06-16", "06.30")
