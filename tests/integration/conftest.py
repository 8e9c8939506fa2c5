"""What several tests of publishing share."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.homes import furnish
from tests.integration.houses import House, opened


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """Return a publisher with an empty folder and an empty database."""
    async with opened(tmp_path / "knowledge", tmp_path / "data") as found:
        yield found


@pytest.fixture(scope="session")
def _furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    asyncio.run(furnish(home))
    return home


@pytest.fixture
def home(_furnished: Path, tmp_path: Path) -> Path:
    """Return a folder `knowledge` beside the `data` in which it is live, for a test to write to."""
    return Path(shutil.copytree(_furnished, tmp_path / "home"))
