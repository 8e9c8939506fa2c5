"""A small folder beside the data in which it is live, as a bot of its own has them."""

from pathlib import Path
from typing import Any

from bot.app.assembly import open_app
from bot.settings import Settings
from tests.conftest import ROOT
from tests.integration.knowledge_folders import FRONT, STALLS, card, write

QUESTION = "surat apa untuk kios"
PINNED = f"{QUESTION}: stalls#papers\nberapa sewa kios: stalls#cost\n"
MENDED = STALLS.replace("a photograph", "two photographs")
BROKEN = MENDED.replace("KABAR", "KABER")
OLD = FRONT.replace("as_of:", "review_by: 2029-09-01\nas_of:") + card("hours", "Open at nine.")


def settings_of(home: Path, **values: Any) -> Settings:
    usual = {"data": home / "data", "knowledge": home / "knowledge", "prompts": ROOT / "prompts"}
    return Settings(**usual | values)


async def furnish(home: Path) -> None:
    """Write a folder and publish it."""
    write(home / "knowledge", {"pinned.yaml": PINNED})
    async with open_app(settings_of(home)) as app:
        await app.knowledge.publish(by="console:sari")
