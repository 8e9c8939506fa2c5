"""Small twins of the long runs in `tests/benchmarks`."""

from pathlib import Path

import pytest

from bot.app.assembly import open_app
from bot.settings import load_settings
from tests.benchmarks.chaos import Report, chaos
from tests.benchmarks.restart import restart
from tests.benchmarks.soak import soak
from tests.integration.homes import settings_of
from tests.integration.knowledge_folders import FRONT, card, write

STALLS = (
    *("kios", "jeruk", "pasar", "lampu", "sepeda", "jahit", "roti", "kopi", "kunci", "sumur"),
    *("pagar", "kapal", "layar", "cermin", "topi", "sabun", "gitar", "payung", "ember", "kaca"),
)

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


@pytest.fixture
async def market(tmp_path: Path) -> Path:
    """A small folder, live in the data beside it, with questions enough to tell apart."""
    cards = (card(name, f"Ask at the {name}.", f"{name} di mana ya {name}") for name in STALLS)
    write(tmp_path / "knowledge", {"stalls.md": f"{FRONT}# Stalls\n\n{''.join(cards)}"})
    async with open_app(settings_of(tmp_path)) as app:
        await app.knowledge.publish()
    return tmp_path


async def test_nothing_is_lost_when_the_bot_is_killed(market: Path) -> None:
    report = await chaos(
        "sqlite",
        data=market / "data",
        folder=market,
        knowledge=market / "knowledge",
        questions=150,
        people=30,
        seed=7,
        every=(2.0, 5.0),
    )

    check(report, asked=150)


@pytest.mark.usefixtures("postgres")
async def test_nothing_is_lost_when_one_of_three_is_killed(market: Path) -> None:
    report = await chaos(
        "postgresql",
        data=market / "data",
        folder=market,
        knowledge=market / "knowledge",
        questions=100,
        people=20,
        seed=8,
        every=(1.5, 4.0),  # Asking takes five seconds.
    )

    check(report, asked=100)


async def test_what_waited_at_a_kill_is_answered_after_the_restart(
    data: Path, tmp_path: Path
) -> None:
    restarted = await restart(100, data=data, folder=tmp_path)

    assert restarted.waiting >= 100
    assert 0 < restarted.first <= restarted.last


async def test_the_memory_stays_as_it_was(data: Path, tmp_path: Path) -> None:
    soaked = await soak(20, 40, data=data, folder=tmp_path)

    assert soaked.unanswered == 0
    assert soaked.end < soaked.warm * 1.15
