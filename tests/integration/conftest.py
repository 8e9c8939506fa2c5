"""What several tests of publishing share."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.houses import House, opened


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """Return a publisher with an empty folder and an empty database."""
    async with opened(tmp_path / "knowledge", tmp_path / "data") as found:
        yield found
