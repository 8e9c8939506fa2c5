"""The durable inbox with its outbox, in the database."""

import asyncio
import json
import logging
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Protocol

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Row,
    Select,
    bindparam,
    delete,
    false,
    func,
    insert,
    null,
    select,
    true,
    union_all,
    update,
)

from bot.backends.keys import Cipher
from bot.backends.store.database import Database, Values, Write
from bot.backends.store.outbox import row_of, sealed, unsealed
from bot.backends.store.polls import row_of_poll
from bot.backends.store.sharing import Claims
from bot.backends.store.tables import (
    inbox,
    person,
    place,
    poll,
    question,
    reply,
    seller,
    ticket,
)
from bot.core.messages import Asked, Call, PersonSettings, Quiz, Received
from bot.core.ports import Early, LostError, Mail, StoreError

log = logging.getLogger(__name__)

_KEEP_DONE = 48 * 3600.0  # Seconds; Telegram keeps what it did not deliver for 24 hours.


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An update that could not be answered, and why."""

    update: int
    reason: str
    at: float


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits: how many updates, and since when the oldest; times are Unix times."""

    waiting: int
    oldest: float | None
    dead: tuple[DeadLetter, ...]


class KeptMail(Mail, Protocol):
    """A `Mail` that can be looked after."""

    async def backlog(self) -> Backlog:
        """Return what waits, and what failed and why."""
        ...

    async def purge(self) -> None:
        """Delete what is done so long ago that it cannot be delivered again."""
        ...


class DatabaseMail:
    """The core's `Mail`; with a shared database each chat is one process's at a time.

    A power cut takes back no update that was received, but maybe the note that it was answered:
    then it is answered once more.

    `envelope` reads off a raw update whose it is. It never fails: what it cannot read is chat 0's.
    """

    def __init__(
        self,
        database: Database,
        cipher: Cipher,
        *,
        claims: Claims,
        envelope: Callable[[str], Received],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._cipher = cipher
        self._claims = claims
        self._envelope = envelope
        self._clock = clock
        noted = database.upsert(reply)
        self._note = noted.on_conflict_do_update(
            index_elements=["chat", "message"],
            set_={"replies": noted.excluded.replies, "at": noted.excluded.at},
        )
        self._polled = database.upsert(poll).on_conflict_do_nothing()
        self._new = database.upsert(inbox).on_conflict_do_nothing().returning(inbox.c.id)

    async def receive(
        self, letters: Sequence[Received], *, early: Early = lambda _: None
    ) -> Sequence[Received]:
        """Keep updates; return those that are new, and are for this process to answer.

        A file's disk takes milliseconds, in which `early` can be at work.
        """
        if not letters:
            return ()
        at = self._clock()
        rows = [row_of(letter, self._cipher, at=at) for letter in letters]
        loop = asyncio.get_running_loop()

        def work(connection: Connection) -> Sequence[Received]:
            new = set((connection.execute(self._new, rows)).scalars())
            once = {letter.update: letter for letter in letters if letter.update in new}
            fresh = [replace(letter, at=at) for letter in once.values()]
            chats = self._claims.take(
                connection, {letter.chat for letter in fresh}, beside=list(once)
            )
            mine = [letter for letter in fresh if letter.chat in chats]
            found = _with_settings(connection, mine)
            if not self._database.is_shared:
                loop.call_soon_threadsafe(early, found)
            return found

        return await self._database.transact(work)

    async def waiting(self, *, beside: Collection[int], limit: int) -> Sequence[Received]:
        """Return what waits for this process, oldest first, beside the updates named.

        What cannot be read becomes a dead letter, and its chat is let go.

        Raises:
            StoreError: the newest of all that waits cannot be read either: the key may be wrong.
        """

        def work(connection: Connection) -> tuple[Sequence[Received], Collection[int]]:
            query = select(inbox).where(_WAITS).order_by(inbox.c.id).limit(limit + len(beside))
            chats = self._claims.take_waiting(connection)
            if chats is not None:
                query = query.where(inbox.c.chat.in_(chats))
            letters, unread = self._read(connection, query, beside=beside)
            return _with_settings(connection, letters[:limit]), unread

        letters, unread = await self._database.transact(work)
        for chat in unread:
            await self._claims.release(chat)
        return letters

    async def record(self, letter: Received, calls: Sequence[Call], *asked: Asked) -> None:
        """Keep what is to be sent in answer to an update, before it is sent.

        Raises:
            LostError: another process has taken the chat over.
        """
        kept: list[Write] = [(_ASKED, self._question(each)) for each in asked]
        if letter.is_edit:  # What the message asked before was a slip.
            before = {"chat_": letter.chat, "message_": letter.message}
            kept.insert(0, (_UNASKED, before))
        values = {"id_": letter.update, "calls_": sealed(calls, self._cipher)}
        if not self._database.is_shared:
            await self._database.write((_RECORD, values), *kept, is_synced=False)
            return

        def work(connection: Connection) -> None:
            if not self._claims.holds(connection, letter.chat):
                raise LostError("chat_taken_over", update=letter.update)
            if not (connection.execute(_RECORD, values)).rowcount:  # It is answered.
                raise LostError("chat_taken_over", update=letter.update)
            for statement, given in kept:
                connection.execute(statement, given)

        await self._database.transact(work)

    async def sent(self, letter: Received, count: int, replies: Sequence[int] = ()) -> None:
        """Note that so many of the calls were made, and which messages answer the update's."""
        sent = {"id_": letter.update, "sent_": count}
        await self._database.write((_SENT, sent), *self._noted(letter, replies), is_synced=False)

    async def polled(self, letter: Received, key: str, quiz: Quiz) -> None:
        """Note as which poll somebody was asked a quiz."""
        row = row_of_poll(key, letter.person, quiz, at=self._clock())
        await self._database.write((self._polled, row))

    async def topic(self, number: int) -> int | None:
        """Return the topic of a ticket, 0 where it has none, None where that is not known."""
        rows = await self._database.rows(_TOPIC, {"ticket_": number})
        return rows[0].topic if rows else 0

    async def topic_made(self, letter: Received, number: int, topic: int) -> None:  # noqa: ARG002 - whoever notes names the letter
        """Note the topic of a ticket; 0 where it is to have none."""
        await self._database.write((_TOPIC_MADE, {"ticket_": number, "topic_": topic}))

    async def done(self, letter: Received, replies: Sequence[int] = ()) -> None:
        """Note that an update is answered, and by which messages; delete what it said."""
        done = {"id_": letter.update, "at_": self._clock()}
        await self._database.write((_DONE, done), *self._noted(letter, replies), is_synced=False)

    async def replies(self, letter: Received) -> Sequence[int]:
        """Return the messages that answered the update's message, as far as that is known."""
        values = {"chat_": letter.chat, "message_": letter.message}
        rows = await self._database.rows(_REPLIES, values)
        return [int(number) for row in rows for number in json.loads(row.replies)]

    async def fail(self, letter: Received, reason: str, *, is_final: bool) -> None:
        """Note a failed attempt; after the final one the update is a dead letter."""
        state = "dead" if is_final else "waiting"
        values = {"id_": letter.update, "reason_": reason, "state_": state}
        await self._database.write((_FAIL, values))

    async def release(self, chat: int) -> None:
        """Let any process take the chat's next update."""
        await self._claims.release(chat)

    async def backlog(self) -> Backlog:
        """Return what waits, and what failed and why."""
        return await backlog_of(self._database)

    async def replay(self) -> int:
        """Let every dead letter be tried once more; return how many there are."""
        return await replay_dead(self._database)

    async def purge(self) -> None:
        """Delete what is done so long ago that Telegram cannot deliver it again."""
        before = {"before": self._clock() - _KEEP_DONE}
        await self._database.write((_PURGE, before), (_PURGE_REPLIES, before))

    def _read(
        self, connection: Connection, query: Select[Any], *, beside: Collection[int]
    ) -> tuple[Sequence[Received], Collection[int]]:
        """Return the letters found, and the chats of those that are dead: others take their place.

        Raises:
            StoreError: neither they nor the newest can be read.
        """
        chats: set[int] = set()
        while True:
            found = connection.execute(query).all()
            letters, unread = self._sorted(row for row in found if row.id not in beside)
            if not unread:
                return letters, chats
            if not letters:  # Where it is the key, all are to wait for the right one.
                self._letter(connection.execute(_NEWEST).one())
            connection.execute(_FAIL, [_failure(row, error) for row, error in unread])
            chats.update(row.chat for row, _ in unread)

    def _sorted(
        self, rows: Iterable[Row[Any]]
    ) -> tuple[Sequence[Received], Sequence[tuple[Row[Any], StoreError]]]:
        """Return the letters that can be read, and those that cannot, with the reason."""
        letters, unread = [], []
        for row in rows:
            try:
                letters.append(self._letter(row))
            except StoreError as error:
                unread.append((row, error))
        return letters, unread

    def _letter(self, row: Row[Any]) -> Received:
        """Return a letter as it was kept.

        Raises:
            StoreError: it cannot be read, because of the key or a damage.
        """
        calls = None
        try:
            if row.calls is not None:
                calls = unsealed(row.calls, self._cipher)
            letter = self._envelope(self._cipher.decrypt(row.raw).decode())
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            raise StoreError("state_unusable", reason=type(error).__name__) from error
        return replace(letter, at=row.at, calls=calls, sent=row.sent, attempts=row.attempts)

    def _noted(self, letter: Received, replies: Sequence[int]) -> Sequence[Write]:
        """Return what notes the answers of a message, if it has any that could be edited."""
        if not replies or letter.message is None:
            return ()
        row = {
            "chat": letter.chat,
            "message": letter.message,
            "person": letter.person,
            "replies": json.dumps(list(replies)),
            "at": self._clock(),
        }
        return [(self._note, row)]

    def _question(self, asked: Asked) -> dict[str, Any]:
        text = self._cipher.encrypt(asked.text.encode(errors="replace"))  # JSON may cut characters.
        return {**asdict(asked), "text": text, "at": self._clock()}


async def backlog_of(database: Database) -> Backlog:
    """Return what waits, and what failed and why, for whoever looks from beside the bot."""
    waiting = (await database.rows(_BACKLOG))[0]
    dead = await database.rows(_DEAD)
    letters = tuple(DeadLetter(row.id, row.reason, row.at) for row in dead)
    return Backlog(int(waiting.count_), waiting.oldest, letters)


async def replay_dead(database: Database) -> int:
    """Let every dead letter be tried once more; return how many there are."""
    return await database.transact(_replay)


def _failure(row: Row[Any], error: StoreError) -> Values:
    """Log that a letter cannot be read, and return what makes it a dead one."""
    log.error("update %s cannot be read: %s", row.id, error)
    return {"id_": row.id, "reason_": str(error), "state_": "dead"}


def _with_settings(connection: Connection, letters: Sequence[Received]) -> Sequence[Received]:
    """Return letters with what their people chose."""
    if not letters:
        return letters
    people = {letter.person for letter in letters}
    settings = dict.fromkeys(people, PersonSettings(has_places=False, has_asked=False))
    for row in connection.execute(_CHOSEN, {"people": list(people)}):
        known = settings[row.person]
        settings[row.person] = PersonSettings(
            row.language or known.language,
            bool(row.has_places) or known.has_places,
            row.seller or known.seller,
            bool(row.has_asked) or known.has_asked,
        )
    return [replace(letter, settings=settings[letter.person]) for letter in letters]


def _chosen() -> CompoundSelect[Any]:
    """Return what finds what is known of people: in each row one thing, beside it nothing."""
    nothing: Mapping[str, ColumnElement[Any]] = {
        "language": null(),
        "has_places": false(),
        "seller": null(),
        "has_asked": false(),
    }
    parts: Mapping[ColumnElement[Any], Mapping[str, ColumnElement[Any]]] = {
        person.c.id: {"language": person.c.language},
        place.c.person: {"has_places": true()},
        seller.c.id: {"seller": seller.c.seller},
        question.c.person: {"has_asked": true()},
    }
    return union_all(
        *(
            select(whose.label("person"), *_named({**nothing, **part}))
            .where(whose.in_(bindparam("people", expanding=True)))
            .distinct()
            for whose, part in parts.items()
        )
    )


def _named(columns: Mapping[str, ColumnElement[Any]]) -> list[ColumnElement[Any]]:
    return [column.label(name) for name, column in columns.items()]


def _replay(connection: Connection) -> int:
    again = update(inbox).where(inbox.c.state == "dead")
    found = connection.execute(again.values(state="waiting", attempts=0))
    return int(found.rowcount)


_CHOSEN = _chosen()
_IS_IT = inbox.c.id == bindparam("id_")
_WAITS = inbox.c.state == "waiting"
_RECORD = update(inbox).where(_IS_IT, _WAITS).values(calls=bindparam("calls_"))
_SENT = update(inbox).where(_IS_IT).values(sent=bindparam("sent_"))
_DONE = (
    update(inbox)
    .where(_IS_IT)
    .values(chat=0, person=0, state="done", raw=None, calls=None, at=bindparam("at_"))
)
_FAIL = (
    update(inbox)
    .where(_IS_IT, _WAITS)
    .values(state=bindparam("state_"), reason=bindparam("reason_"), attempts=inbox.c.attempts + 1)
)
_ASKED = insert(question)
_UNASKED = delete(question).where(
    question.c.chat == bindparam("chat_"), question.c.message == bindparam("message_")
)
_NEWEST = select(inbox).where(_WAITS).order_by(inbox.c.at.desc(), inbox.c.id.desc()).limit(1)
_REPLIES = select(reply.c.replies).where(
    reply.c.chat == bindparam("chat_"), reply.c.message == bindparam("message_")
)
_IS_TICKET = ticket.c.id == bindparam("ticket_")
_TOPIC = select(ticket.c.topic).where(_IS_TICKET)
_TOPIC_MADE = update(ticket).where(_IS_TICKET).values(topic=bindparam("topic_"))
_BACKLOG = select(func.count().label("count_"), func.min(inbox.c.at).label("oldest")).where(
    inbox.c.state == "waiting"
)
_DEAD = (
    select(inbox.c.id, inbox.c.reason, inbox.c.at)
    .where(inbox.c.state == "dead")
    .order_by(inbox.c.id)
)
_PURGE = delete(inbox).where(inbox.c.state == "done", inbox.c.at < bindparam("before"))
_PURGE_REPLIES = delete(reply).where(reply.c.at < bindparam("before"))
