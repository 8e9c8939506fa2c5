"""The processes that scripts are played on, each with what it wrote; and a data folder's copy."""

import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path

from bot.core.ports import ChannelError

_ENDING = 15.0  # Seconds to end by itself.
_LAST_WORDS = 3.0  # Seconds between them and the end.
_LEFT_OUT = re.compile(r"simulator\.sqlite3|.*\.lock|.*\.sqlite3-(wal|shm|journal)")
_FAILED = re.compile(
    r"^akar: .*|^[-\d]+ [\d:,]+ ERROR (?!bot\.app\.upkeep: ).*",  # That one tells staff only.
    re.MULTILINE,
)
_OF_AN_UPDATE = re.compile(r"\bupdate (\d+)\b")


class Child:
    """A process of this program, which writes into two files of a folder, where no `.env` is."""

    def __init__(
        self, arguments: Sequence[str], *, folder: Path, environment: Mapping[str, str], name: str
    ) -> None:
        self._output, self._errors = (folder / f"{name}.{kind}" for kind in ("out", "err"))
        with self._output.open("wb") as stdout, self._errors.open("wb") as stderr:
            self._process = subprocess.Popen(  # noqa: S603 - this program itself
                [sys.executable, "-m", "bot", *arguments],
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
            )

    @property
    def status(self) -> int | None:
        """The exit code; None while it runs."""
        return self._process.poll()

    @property
    def said(self) -> str:
        """What it wrote on standard output so far."""
        return self._output.read_text(encoding="utf-8", errors="replace")

    @property
    def written(self) -> str:
        """What it wrote on standard error so far."""
        return self._errors.read_text(encoding="utf-8", errors="replace")

    @property
    def length(self) -> int:
        """How many bytes it wrote on standard error so far."""
        return self._errors.stat().st_size

    def wrote(self, *, after: int) -> str:
        """Return what it wrote on standard error after so many bytes."""
        return self._errors.read_bytes()[after:].decode("utf-8", "replace").strip()

    def failure(self, *, after: int, update: int | None = None) -> str:
        """Return the first error it wrote after so many bytes, unless it is of another update."""
        if self.length <= after:
            return ""
        for found in _FAILED.finditer(self.wrote(after=after)):
            of = _OF_AN_UPDATE.search(found[0])
            if of is None or int(of[1]) == update:
                return found[0].strip()
        return ""

    def ended(self) -> ChannelError:
        """Return the error that it ends, with its exit code and its last words."""
        with suppress(subprocess.TimeoutExpired):  # It may have said why, and not be gone yet.
            self._process.wait(_LAST_WORDS)
        return ChannelError("bot_ended", status=self.status, log=self.written.strip())

    def kill(self) -> None:
        """End it with no warning."""
        self._process.kill()
        self._process.wait()

    def ask_to_stop(self) -> None:
        """Let it end, without waiting for that."""
        self._process.terminate()

    def stop(self) -> None:
        """End it."""
        self.ask_to_stop()
        try:
            self._process.wait(_ENDING)
        except subprocess.TimeoutExpired:
            self.kill()


def copy_data(source: Path, target: Path) -> None:
    """Copy a data folder that a bot may be using, without the simulator's chats."""
    for path in source.rglob("*"):
        copied = target / path.relative_to(source)
        if path.is_dir():
            copied.mkdir(parents=True, exist_ok=True)
        elif not _LEFT_OUT.fullmatch(path.name):
            copied.parent.mkdir(parents=True, exist_ok=True)
            _copy(path, copied)


def _copy(source: Path, target: Path) -> None:
    if source.suffix != ".sqlite3":
        shutil.copyfile(source, target)
        return
    address = f"{source.absolute().as_uri()}?mode=ro"
    with (
        closing(sqlite3.connect(address, uri=True)) as live,
        closing(sqlite3.connect(target)) as to,
    ):
        live.backup(to)
