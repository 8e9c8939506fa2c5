"""Notices that somebody has saved something in the knowledge folder."""

from pathlib import Path

_File = tuple[str, int, int, int, int]


class FolderWatch:
    """Compares the folder's files by their times and sizes.

    Asking the file system to tell of changes misses them on network drives and in containers, and
    when the whole folder is put in place of another; looking takes a millisecond.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen = self._told = self._files()

    def has_changed(self) -> bool:
        """Say once that the files differ from when it was last said, and stay as they are now.

        They are taken to stay if they are what they were at the look before. While they cannot be
        looked at, as when a network drive is away, nothing is said.
        """
        if (files := self._files()) is None:
            return False
        has_settled, self._seen = files == self._seen, files
        if not has_settled or files == self._told:
            return False
        self._told = files
        return True

    def _files(self) -> frozenset[_File] | None:
        try:
            return frozenset(_files(self._folder))
        except OSError:
            return None


def _files(folder: Path) -> list[_File]:
    found = []
    for path in folder.rglob("*"):
        try:
            status = path.stat()
        except OSError:  # It went away just now, or leads nowhere.
            continue
        times = status.st_mtime_ns, status.st_ctime_ns  # The latter tells of changed rights, too.
        found.append((path.as_posix(), *times, status.st_size, status.st_ino))
    return found
