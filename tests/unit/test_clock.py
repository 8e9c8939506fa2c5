"""The time as the bot takes it."""

from datetime import UTC, date, datetime

from bot.app.clock import Clock

MIDNIGHT = datetime.fromisoformat("2030-12-01T00:30+07:00")


def test_it_is_the_machines_time_until_it_is_set() -> None:
    clock = Clock(lambda: 0.0)

    assert clock.now() == datetime(1970, 1, 1, tzinfo=UTC)
    assert clock.time() == 0.0


def test_a_time_that_was_set_goes_on_in_its_zone() -> None:
    seconds = [1000.0]
    clock = Clock(lambda: seconds[0])

    clock.set(MIDNIGHT)
    seconds[0] += 3600

    assert clock.now().isoformat() == "2030-12-01T01:30:00+07:00"
    assert clock.today() == date(2030, 12, 1)
    assert clock.time() == MIDNIGHT.timestamp() + 3600
