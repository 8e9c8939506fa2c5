"""Whoever looks at the status sees which live cards have grown old."""

import pytest

from bot.cli.ageing import live_due, say_due
from tests.integration.houses import House
from tests.integration.knowledge_folders import FRONT, card

MANY = FRONT.replace("---\ntopic", "---\nreview_by: 2020-01-02\ntopic") + "".join(
    card(f"old-{number:02}", "Text.") for number in range(12)
)


async def test_the_status_shows_what_is_due_oldest_first(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    ended = FRONT + card("end", "Text.").replace("\n\nText", "\nvalid_until: 2019-01-01\n\nText")
    await house.publish({"many.md": MANY, "ended.md": ended})

    say_due(await live_due(house.versions))

    count, first, second, *_, last = capsys.readouterr().out.splitlines()
    assert count == "Due to be looked at: 13."
    assert first == "  2019-01-01  ended#end  answers until then, no longer"
    assert second == "  2020-01-02  many#old-00  check by then that it still holds"
    assert last == "… and 3 more."


async def test_nothing_is_due_where_nothing_is_live(house: House) -> None:
    assert await live_due(house.versions) == ()
