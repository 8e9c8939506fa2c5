"""The processes that scripts are played on, each with what it wrote; and a data folder's copy."""

import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from bot.core.ports import ChannelError

_ENDING = 15.0  # Seconds to end by itself.
_LAST_WORDS = 3.0  # Seconds between them and the end.
_LEFT_OUT = re.compile(r"simulator\.sqlite3|.*\.lock|.*\.sqlite3-(wal|shm|journal)")
_FAILED = re.compile(r"^akar: .*|^[-\d]+ [\d:,]+ ERROR .*", re.MULTILINE | re.DOTALL)


class Child:
    """A process of this program, which writes into two files."""

    def __init__(self, process: subprocess.Popen[bytes], *, output: Path, errors: Path) -> None:
        self._process = process
        self._output = output
        self._errors = errors

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

    def failure(self, *, after: int = 0) -> str:
        """Return what it wrote of an error, from a place in its writing on; or nothing."""
        found = _FAILED.search(self.written[after:])
        return found[0].strip() if found else ""

    def ended(self) -> ChannelError:
        """Return the error that it ends, with its exit code and its last words."""
        with suppress(subprocess.TimeoutExpired):  # It may have said why, and not be gone yet.
            self._process.wait(_LAST_WORDS)
        return ChannelError("bot_ended", status=self.status, log=self.written.strip())

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        try:
            self._process.wait(_ENDING)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@contextmanager
def child(
    arguments: Sequence[str], *, folder: Path, environment: Mapping[str, str]
) -> Iterator[Child]:
    """Run a command of this program in a folder, where it finds no `.env`."""
    output, errors = (folder / f"{arguments[0]}.{name}" for name in ("out", "err"))
    with output.open("wb") as stdout, errors.open("wb") as stderr:
        process = subprocess.Popen(  # noqa: S603 - this program itself
            [sys.executable, "-m", "bot", *arguments],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
        )
    running = Child(process, output=output, errors=errors)
    try:
        yield running
    finally:
        running.stop()


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
