"""The log: a line an event on standard error, without anybody's text and without secrets."""

import logging
import re
import sys
import threading
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)

_HIDDEN = "…"
_TOKEN = re.compile(r"(\d+(?::|%3[Aa]))[A-Za-z0-9_-]{30,}")
_PASSWORD = re.compile(r"(://[^\s:/@]*:)\S*@")
_DEEPEST = 12  # Places of a traceback that are shown: the innermost.


def set_up_logging() -> None:
    """Log from warnings on; also what Python itself would print of an error nobody caught."""
    handler = logging.StreamHandler()
    handler.setFormatter(Lines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.raiseExceptions = False  # The report of a broken call holds its values.
    threading.excepthook = _log_uncaught
    sys.unraisablehook = _log_uncaught


class Lines(logging.Formatter):
    """`time level logger: message`, and for an exception its type and the lines it came through.

    Of what other libraries log, only the place is shown: what they say may be a message's text, a
    request's address, a body that nobody could read, a statement's values.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return an event as one line."""
        is_ours = record.name.partition(".")[0] == "bot"
        said = record.getMessage() if is_ours else f"{record.filename}:{record.lineno}"
        error = record.exc_info[1] if record.exc_info else None
        came = f" ({came_from(error)})" if error else ""
        line = f"{self.formatTime(record)} {record.levelname} {record.name}: {said}{came}"
        return redacted(" ".join(line.splitlines()))


def redacted(text: str) -> str:
    """Return a text without what looks like a bot's token, or like an address's password."""
    return _PASSWORD.sub(rf"\1{_HIDDEN}@", _TOKEN.sub(rf"\1{_HIDDEN}", text))


def came_from(error: BaseException) -> str:
    """Name an error, its causes and the lines they came through, without what they say."""
    return " from ".join(f"{type(each).__name__} at {_places(each)}" for each in _causes(error))


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error and id(error) not in seen:
        yield error
        seen.add(id(error))
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _places(error: BaseException) -> str:
    passed = [
        f"{Path(frame.f_code.co_filename).name}:{line}"
        for frame, line in traceback.walk_tb(error.__traceback__)
    ]
    return " > ".join(passed[-_DEEPEST:]) or "?"


def _log_uncaught(given: Any) -> None:
    log.error("nobody caught an error", exc_info=given.exc_value)
