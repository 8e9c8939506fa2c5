"""When staff are at work."""

from datetime import datetime

import pytest

from bot.core.office import Office

OFFICE = Office(frozenset({1, 2, 3, 4, 5}), "09.00", "16.30", 7, "Mon-Fri 9.00-16.30")


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2030-06-14T09:00+07:00", True),
        ("2030-06-14T08:59+07:00", False),
        ("2030-06-14T16:29+07:00", True),
        ("2030-06-14T16:30+07:00", False),
        ("2030-06-15T10:00+07:00", False),
        ("2030-06-14T02:30+00:00", True),
    ],
)
def test_staff_are_there_in_their_own_hours(moment: str, is_open: bool) -> None:
    assert OFFICE.is_open(datetime.fromisoformat(moment).timestamp()) == is_open
