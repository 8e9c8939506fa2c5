"""The player's end of the bot's control socket: the reports it gets, the time it sets."""

import json
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bot.channels.scripts.expectations import Report

Json = dict[str, Any]

_LOOK_EVERY = 0.2  # Seconds between looks whether the bot still runs.


class Link:
    """Hears one bot after the other; may be asked by several threads."""

    def __init__(self, path: Path) -> None:
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(path))
        self._listener.listen(1)
        self._changed = threading.Condition()
        self._at = ""
        self._connection: socket.socket | None = None
        self._heard: list[Json] = []
        """What was reported that is about no update."""
        self._reports: dict[int, Report] = {}
        self._ended: dict[int, float] = {}
        self._failed: set[int] = set()
        threading.Thread(target=self._listen, daemon=True).start()

    def close(self) -> None:
        """Hang up."""
        self._listener.close()
        if self._connection:
            self._connection.close()

    @property
    def count(self) -> int:
        """How many reports there were that are about no update."""
        return len(self._heard)

    def hear(
        self, *keys: str, after: int, seconds: float, lives: Callable[[], bool]
    ) -> Json | None:
        """Return the first report after so many that has one of these keys; None if none comes."""

        def found() -> Json | None:
            reports = self._heard[after:]
            return next((each for each in reports if each.keys() & set(keys)), None)

        self._wait(lambda: found() is not None, seconds=seconds, lives=lives)
        return found()

    def ended(self, update: int, *, seconds: float, lives: Callable[[], bool]) -> float | None:
        """Return when an update was answered, or given up; None if that takes longer."""
        self._wait(lambda: update in self._ended, seconds=seconds, lives=lives)
        return self._ended.get(update)

    def has_failed(self, update: int) -> bool:
        """Whether the bot gave an update up."""
        return update in self._failed

    def report(self, update: int) -> Report:
        """Return what the bot reported of an update."""
        return self._reports.get(update, Report())

    def set_time(self, at: str) -> None:
        """Let it be this moment, also for a bot that is started later."""
        self._at = at
        if self._connection:
            self._connection.sendall(_line({"at": at}))

    def _wait(
        self, is_so: Callable[[], bool], *, seconds: float, lives: Callable[[], bool]
    ) -> None:
        until = time.monotonic() + seconds
        with self._changed:
            while not is_so() and lives() and (left := until - time.monotonic()) > 0:
                self._changed.wait(min(left, _LOOK_EVERY))

    def _listen(self) -> None:
        """Take one bot after the other, and tell each what time it is."""
        while True:
            try:
                self._connection, _ = self._listener.accept()
                with self._connection as connection, connection.makefile("rb") as lines:
                    connection.sendall(_line({"at": self._at} if self._at else {}))
                    for line in lines:
                        self._take(json.loads(line))
            except OSError:
                if self._listener.fileno() < 0:
                    return
            except ValueError:  # A bot that is killed leaves half a line.
                continue

    def _take(self, report: Json) -> None:
        with self._changed:
            if "update" in report:
                self._reports[report["update"]] = Report(
                    report["turn"], tuple(report["grounds"]), report["recorded"]
                )
            elif update := report.get("done") or report.get("failed"):
                self._ended[update] = time.monotonic()
                self._failed |= {update} if "failed" in report else set()
            else:
                self._heard.append(report)
            self._changed.notify_all()


def _line(value: Json) -> bytes:
    return json.dumps(value).encode() + b"\n"
