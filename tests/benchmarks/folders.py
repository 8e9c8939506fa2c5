"""The folders that measurements work in."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.settings import child_environment


@contextmanager
def indexed_folder() -> Iterator[Path]:
    """Yield a folder to write to, with a data folder `data` in it that holds a whole index."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sync = [sys.executable, "-m", "bot", "knowledge", "sync"]
        environment = child_environment(AKAR_DATA=str(folder / "data"))
        subprocess.run(sync, env=environment, check=True, stdout=subprocess.DEVNULL)
        yield folder
