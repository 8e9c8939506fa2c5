"""Remembers a folder that had no mistakes, so that a start need not read all of it again."""

import hashlib
import logging
import os
from datetime import date
from pathlib import Path

log = logging.getLogger(__name__)

_FILE = "checked"
_PROGRAM = Path(__file__).parents[2]


class Stamp:
    """One line in the data folder: what a folder was on a day, and the hash of its content.

    What the check makes of the same files depends on the day and on the program alone.
    """

    def __init__(self, data: Path) -> None:
        self._path = data / _FILE

    def of(self, folder: Path, *, today: date) -> str:
        """Return what tells a folder from all others, as this program reads it on a day.

        Nothing of one that cannot be read.
        """
        found = hashlib.sha256(today.isoformat().encode())
        try:
            for root, pattern in ((_PROGRAM, "*.py"), (folder, "*")):
                for path in sorted(filter(Path.is_file, root.rglob(pattern))):
                    content = path.read_bytes()
                    name = os.fsencode(path.relative_to(root))
                    found.update(b"\0" + name + f"\0{len(content)}\0".encode())
                    found.update(content)
        except OSError:
            return ""
        return found.hexdigest()

    def hash(self, stamp: str) -> str:
        """Return the hash of the content that had this stamp, if that is remembered."""
        try:
            kept, _, hash_ = self._path.read_text(encoding="ascii").partition(" ")
        except (OSError, ValueError):
            return ""
        return hash_ if stamp and kept == stamp else ""

    def keep(self, stamp: str, hash_: str) -> None:
        """Remember a folder without mistakes, and no other."""
        if not stamp or self.hash(stamp) == hash_:
            return
        try:
            self._path.write_text(f"{stamp} {hash_}", encoding="ascii")
        except OSError as error:
            log.warning("the next start reads the knowledge folder again: %s", error)
