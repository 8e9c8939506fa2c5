"""Small twins of the long runs in `tests/benchmarks`."""

from pathlib import Path

import pytest

from bot.settings import load_settings
from tests.benchmarks.chaos import Report, chaos
from tests.benchmarks.restart import restart
from tests.benchmarks.soak import soak

pytestmark = pytest.mark.timeout(600)


def check(report: Report, *, asked: int) -> None:
    assert report.asked == asked
    assert report.lost == 0
    assert report.out_of_order == 0
    assert report.unknown == 0
    assert report.unlinked == 0
    assert report.repeated_after_cut <= report.cuts
    assert report.kills > 0


@pytest.fixture(autouse=True)
def _spinning_as_the_bot_has_it() -> None:
    load_settings()


async def test_nothing_is_lost_when_the_bot_is_killed(data: Path, tmp_path: Path) -> None:
    report = await chaos(
        "sqlite", data=data, folder=tmp_path, questions=150, people=30, seed=7, every=(2.0, 5.0)
    )

    check(report, asked=150)


@pytest.mark.usefixtures("postgres")
async def test_nothing_is_lost_when_one_of_three_is_killed(data: Path, tmp_path: Path) -> None:
    report = await chaos(
        "postgresql", data=data, folder=tmp_path, questions=100, people=20, seed=8, every=(3.0, 6.0)
    )

    check(report, asked=100)


async def test_what_waited_at_a_kill_is_answered_after_the_restart(
    data: Path, tmp_path: Path
) -> None:
    restarted = await restart(100, data=data, folder=tmp_path)

    assert restarted.waiting >= 100
    assert 0 < restarted.first <= restarted.last


async def test_the_memory_stays_as_it_was(data: Path, tmp_path: Path) -> None:
    soaked = await soak(60, data=data, folder=tmp_path)

    assert soaked.unanswered == 0
    assert soaked.end < soaked.warm * 1.15
