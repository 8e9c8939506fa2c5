"""Letters as they are kept, those too that the bot writes by itself."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, func, insert, select

from bot.backends.keys import Cipher
from bot.backends.store.tables import inbox
from bot.core.messages import Call, Received

LetterTo = Callable[..., Received]
"""Makes the letter for what the bot sends by itself, of a number, a chat and a message."""

OWN = 10**12
"""Below it, with a minus, are the letters that are no wish's; wishes count from 1."""


def row_of(letter: Received, cipher: Cipher, *, at: float) -> dict[str, Any]:
    """Return a letter that waits, as it is kept."""
    return {
        "id": letter.update,
        "chat": letter.chat,
        "person": letter.person,
        "state": "waiting",
        "raw": cipher.encrypt(letter.raw.encode()),
        "sent": 0,
        "attempts": 0,
        "reason": "",
        "at": at,
    }


def sealed(calls: Sequence[Call], cipher: Cipher) -> bytes:
    """Return calls as they are kept: as JSON, encrypted."""
    return cipher.encrypt(json.dumps([_written(call) for call in calls]).encode())


def unsealed(sealed_: bytes, cipher: Cipher) -> tuple[Call, ...]:
    """Return calls that were kept."""
    return tuple(_read(call) for call in json.loads(cipher.decrypt(sealed_)))


def post(
    connection: Connection,
    calls: Sequence[Call],
    *,
    person: int,
    cipher: Cipher,
    letter_to: LetterTo,
    at: float,
) -> int:
    """Put calls to somebody's private chat into the outbox; return the number of their letter."""
    lowest = connection.execute(_LOWEST).scalar() or 0
    letter = letter_to(person, number=max(-lowest, OWN) + 1, chat=person, message=0)
    row = row_of(letter, cipher, at=at) | {"calls": sealed(calls, cipher)}
    connection.execute(insert(inbox), row)
    return letter.update


_LOWEST = select(func.min(inbox.c.id))
OWN_WAITING = select(func.count()).where(inbox.c.state == "waiting", inbox.c.id < -OWN)
"""Counts the letters that the bot wrote by itself and has not sent."""


def _written(call: Call) -> dict[str, Any]:
    otherwise = [_written(other) for other in call.otherwise]
    more = {"otherwise": otherwise} if otherwise else {}
    return {"method": call.method, "parameters": call.parameters, **more}


def _read(written: Mapping[str, Any]) -> Call:
    otherwise = tuple(_read(other) for other in written.get("otherwise", ()))
    return Call(written["method"], written["parameters"], otherwise)
