"""What is remembered of people: their language, their votes, what they asked and wish."""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import Connection, Row, bindparam, delete, func, insert, or_, select, update

from bot.backends.keys import Cipher
from bot.backends.store.database import Database
from bot.backends.store.places import Places
from bot.backends.store.polls import Polls
from bot.backends.store.reminders import Reminders
from bot.backends.store.tables import (
    announcement,
    delivery,
    inbox,
    live,
    person,
    place,
    poll,
    question,
    reminder,
    reply,
    seller,
    subscriber,
    ticket,
    ticket_words,
    told,
    upload,
    version,
    vote,
    wish,
)
from bot.backends.store.tickets import Tickets
from bot.core.messages import (
    Asked,
    Language,
    Place,
    Poll,
    Reminder,
    Seller,
    Speaker,
    Ticket,
    TicketState,
    Vote,
)
from bot.core.render import digest

_DAY = 86_400.0
_LAST = 2**62  # No message has a higher number.
_TURNS = 3
_REPEATED = 4  # Kept questions that are looked through for each distinct one.


class People:
    """The core's `Store`, and what a person may ask to see or have deleted."""

    def __init__(
        self, database: Database, cipher: Cipher, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._database = database
        self._cipher = cipher
        self._clock = clock
        self._places = Places(database, cipher, clock=clock)
        self._tickets = Tickets(database, cipher, clock=clock)
        self._polls = Polls(database)
        self.reminders = Reminders(database, cipher)
        chosen = database.upsert(person)
        self._choose = chosen.on_conflict_do_update(
            index_elements=["id"], set_={"language": chosen.excluded.language}
        )
        self._subscribe = database.upsert(subscriber).on_conflict_do_nothing()
        sold = database.upsert(seller)
        self._choose_seller = sold.on_conflict_do_update(
            index_elements=["id"], set_={"seller": sold.excluded.seller}
        )
        voted = database.upsert(vote)
        self._vote = voted.on_conflict_do_update(
            index_elements=["chat", "message", "person"],
            set_={"vote": voted.excluded.vote, "at": voted.excluded.at},
        )

    async def language(self, person_: int) -> Language | None:
        """Return the language the person chose, if they did."""
        found = await self._database.rows(_LANGUAGE, {"id": person_})
        return str(found[0].language) if found else None

    async def choose_language(self, person_: int, language: Language) -> None:
        """Remember the language the person chose."""
        await self._database.write((self._choose, {"id": person_, "language": language}))

    async def seller(self, person_: int) -> Seller | None:
        """Return where the person said that they sell from, if they did."""
        found = await self._database.rows(_SELLER, {"id": person_})
        return cast("Seller", found[0].seller) if found else None

    async def choose_seller(self, person_: int, seller_: Seller) -> None:
        """Remember where the person sells from."""
        await self._database.write((self._choose_seller, {"id": person_, "seller": seller_}))

    async def vote(self, person_: int, *, chat: int, message: int, card: str, vote: Vote) -> None:
        """Remember what the person thought of an answer; the last vote on a message counts."""
        values = {"chat": chat, "message": message, "person": person_, "card": card, "vote": vote}
        at = datetime.fromtimestamp(self._clock(), UTC).isoformat(sep=" ", timespec="seconds")
        await self._database.write((self._vote, {**values, "at": at}))

    async def votes(self, card: str) -> Mapping[Vote, int]:
        """Count the votes that a card's answers got."""
        found = await self._database.rows(_VOTES, {"card": card})
        return {cast("Vote", row.vote): int(row.count_) for row in found}

    async def wish(self, person_: int, *, chat: int, message: int, key: str) -> bool:
        """Remember that the person wants to hear once a question of theirs is answered."""
        theirs = {"person": person_}

        def work(connection: Connection) -> bool:
            asked = connection.execute(_UNANSWERED_OF, theirs).all()
            found = [each for each in asked if digest(self._opened(each.text)) == key]
            if not found:
                return False
            text, newest = self._opened(found[0].text), found[0]
            known = connection.execute(_WISHES_OF, theirs).all()
            if not any(
                _covers(each, newest.at) and self._opened(each.text) == text for each in known
            ):
                values = {"chat": chat, "message": message, "language": newest.language}
                sealed = {"text": self._cipher.encrypt(text.encode()), "at": self._clock()}
                connection.execute(insert(wish), theirs | values | sealed)
            return True

        return await self._database.transact(work)

    async def recent(
        self, person_: int, *, chat: int, before: int | None, within: float
    ) -> Sequence[Asked]:
        """Return what a person asked in a chat within so many seconds, the newest first.

        At most three questions, and none from the message `before` on.
        """
        since = self._clock() - within
        values = {"person": person_, "chat": chat, "before": before or _LAST, "since": since}
        rows = await self._database.rows(_RECENT, values)
        return [
            Asked(
                person_,
                self._cipher.decrypt(row.text).decode(),
                *(row.language, row.outcome, row.card, row.confidence, chat, row.message),
            )
            for row in rows
        ]

    async def places(self, person_: int) -> Sequence[Place]:
        """Return where the person is, the last changed first."""
        return await self._places.of(person_)

    async def put(self, person_: int, where: Place) -> None:
        """Remember where the person is in one thing."""
        await self._places.put(person_, where)

    async def poll(self, key: str) -> Poll | None:
        """Return the quiz that was asked as this poll."""
        return await self._polls.find(key)

    async def note_choice(self, key: str, option: int) -> None:
        """Remember what was chosen in a poll; the first choice counts."""
        await self._polls.note_choice(key, option)

    async def is_subscribed(self, person_: int) -> bool:
        """Say whether the person wants announcements."""
        return bool(await self._database.rows(_SUBSCRIBED, {"person_": person_}))

    async def subscribe(self, person_: int, language: Language) -> None:
        """Remember that the person wants announcements, and what they read."""
        row = {"person": person_, "language": language, "at": self._clock()}
        await self._database.write((self._subscribe, row))

    async def unsubscribe(self, person_: int) -> None:
        """Remember that the person wants none."""
        await self._database.write((_UNSUBSCRIBE, {"person_": person_}))

    async def ticket_of(self, person_: int) -> Ticket | None:
        """Return the person's open ticket."""
        return await self._tickets.of(person_)

    async def ticket(self, number: int) -> Ticket | None:
        """Return the ticket of a number."""
        return await self._tickets.find(number)

    async def open_ticket(self, person_: int, language: Language, update_: int) -> Ticket:
        """Return the person's open ticket; a new one where there is none."""
        return await self._tickets.open(person_, language, update_)

    async def move_ticket(self, number: int, state: TicketState, update_: int) -> bool:
        """Open or close a ticket; say whether it was not so before, or this update made it so."""
        return await self._tickets.move(number, state, update_)

    async def note_words(self, number: int, update_: int, by: Speaker, text: str) -> None:
        """Keep what was said about a ticket; the same update says it once."""
        await self._tickets.note(number, update_, by, text)

    async def words_of(self, number: int) -> Sequence[tuple[Speaker, str]]:
        """Return who said what about a ticket, in the order in which it was said."""
        return await self._tickets.words(number)

    async def zone(self, person_: int) -> int | None:
        """Return the time zone that the person told, if they did."""
        return await self.reminders.zone(person_)

    async def remind(self, reminder_: Reminder) -> None:
        """Remember when to remind somebody, in place of what was wished before."""
        await self.reminders.put(reminder_)

    async def export(self, person_: int) -> Mapping[str, Any]:
        """Return everything that is kept about a person, as JSON can hold it."""
        language = await self.language(person_)
        votes = await self._database.rows(_VOTES_OF, {"person": person_})
        asked = await self._database.rows(_ASKED_OF, {"person": person_})
        wished = await self._database.rows(_WISHES_OF, {"person": person_})
        letters = await self._database.rows(_LETTERS_OF, {"person_": person_})
        return {
            "person": person_,
            "language": language,
            "votes": [dict(row._mapping) for row in votes],
            "questions": [self._readable(row) for row in asked],
            "wishes": [
                self._readable(row) | {"told": row.told and _iso(row.told)} for row in wished
            ],
            "messages": [dict(row._mapping) for row in letters],
            "seller": await self.seller(person_),
            **await self._of_staff(person_),
            "places": await self._places.export(person_),
            "quizzes": await self._polls.export(person_),
            "announcements": await self.is_subscribed(person_),
            "tickets": await self._tickets.export(person_),
            "reminder": await self.reminders.export(person_),
        }

    async def _of_staff(self, person_: int) -> Mapping[str, Any]:
        """Return what is kept of a person's work on the knowledge; nothing of others."""
        files = await self._database.rows(_FILES_OF, {"person_": person_})
        versions = await self._database.rows(_VERSIONS_OF, {"by_": _author(person_)})
        kept = {"files": files, "published": versions}
        return {name: [dict(row._mapping) for row in rows] for name, rows in kept.items() if rows}

    async def asked(self, *, limit: int) -> list[str]:
        """Return the newest distinct questions of all people, masked as they are kept."""
        rows = await self._database.rows(_NEWEST_ASKED, {"limit_": limit * _REPEATED})
        texts = (self._opened(row.text) for row in rows)
        return list(dict.fromkeys(texts))[:limit]

    async def forget(self, person_: int) -> None:
        """Delete everything about a person; what still waits is deleted once it is answered."""

        def work(connection: Connection) -> None:
            connection.execute(delete(person).where(person.c.id == person_))
            connection.execute(delete(vote).where(vote.c.person == person_))
            connection.execute(delete(question).where(question.c.person == person_))
            connection.execute(delete(seller).where(seller.c.id == person_))
            connection.execute(delete(wish).where(wish.c.person == person_))
            connection.execute(delete(reply).where(reply.c.person == person_))
            connection.execute(delete(place).where(place.c.person == person_))
            connection.execute(_UNSUBSCRIBE, {"person_": person_})
            connection.execute(delete(delivery).where(delivery.c.person == person_))
            connection.execute(_FORGET_WORDS, {"person_": person_})
            connection.execute(delete(ticket).where(ticket.c.person == person_))
            connection.execute(delete(poll).where(poll.c.person == person_))
            connection.execute(delete(reminder).where(reminder.c.person == person_))
            connection.execute(_FORGET_DEAD, {"person_": person_})
            connection.execute(delete(upload).where(upload.c.person == person_))
            connection.execute(delete(told).where(told.c.name == f"member:{person_}"))
            for table in (version, live):  # What they published stays; that it was they does not.
                theirs = update(table).where(table.c.by == _author(person_))
                connection.execute(theirs.values(by="telegram:"))

        await self._database.transact(work)

    async def expire(self, *, days: int) -> None:
        """Delete the texts that have been kept long enough."""
        before = {"before": self._clock() - days * _DAY}
        expired = (_EXPIRE_QUESTIONS, _EXPIRE_WISHES, _EXPIRE_POLLS, _EXPIRE_WORDS)
        # A ticket goes after what was said about it, an announcement after who got it.
        later = (_EXPIRE_TICKETS, _EXPIRE_DELIVERIES, _EXPIRE_NEWS, _EXPIRE_DEAD)
        await self._database.write(*((each, before) for each in (*expired, *later)))

    def _readable(self, row: Row[Any]) -> dict[str, Any]:
        return {**row._mapping, "at": _iso(row.at), "text": self._opened(row.text)}

    def _opened(self, sealed: bytes) -> str:
        return self._cipher.decrypt(sealed).decode()


class Stranger(People):
    """Who asks when a version is tried: of them nothing is known, nor looked up each time."""

    async def language(self, person_: int) -> Language | None:  # noqa: ARG002
        """Return none: they never chose one."""
        return None

    async def seller(self, person_: int) -> Seller | None:  # noqa: ARG002
        """Return none: they never said."""
        return None

    async def recent(
        self,
        person_: int,  # noqa: ARG002
        *,
        chat: int,  # noqa: ARG002
        before: int | None,  # noqa: ARG002
        within: float,  # noqa: ARG002
    ) -> Sequence[Asked]:
        """Return nothing: they never asked before."""
        return ()


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")


def _covers(wished: Any, asked_at: float) -> bool:
    """Say whether a wish is open, or was fulfilled after the question had been asked."""
    return wished.told is None or wished.told >= asked_at


def _author(person_: int) -> str:
    """Return how a person stands with the versions that they published."""
    return f"telegram:{person_}"


_SELLER = select(seller.c.seller).where(seller.c.id == bindparam("id"))
_LANGUAGE = select(person.c.language).where(person.c.id == bindparam("id"))
_VOTES = (
    select(vote.c.vote, func.count().label("count_"))
    .where(vote.c.card == bindparam("card"))
    .group_by(vote.c.vote)
)
_VOTES_OF = select(vote.c.card, vote.c.vote, vote.c.at).where(vote.c.person == bindparam("person"))
_ASKED_OF = (
    select(
        *(question.c.at, question.c.text, question.c.language),
        *(question.c.outcome, question.c.card, question.c.confidence),
    )
    .where(question.c.person == bindparam("person"))
    .order_by(question.c.id)
)
_UNANSWERED_OF = (
    select(question.c.at, question.c.text, question.c.language)
    .where(question.c.person == bindparam("person"), question.c.outcome == "abstain")
    .order_by(question.c.id.desc())
)
_WISHES_OF = (
    select(wish.c.at, wish.c.text, wish.c.language, wish.c.told)
    .where(wish.c.person == bindparam("person"))
    .order_by(wish.c.id)
)
_RECENT = (
    select(question)
    .where(
        question.c.person == bindparam("person"),
        question.c.chat == bindparam("chat"),
        question.c.message < bindparam("before"),
        question.c.at > bindparam("since"),
    )
    .order_by(question.c.id.desc())
    .limit(_TURNS)
)
_NEWEST_ASKED = select(question.c.text).order_by(question.c.id.desc()).limit(bindparam("limit_"))
_IS_THEIRS = or_(  # In a group the chat is not theirs; of a damaged update only the chat is known.
    inbox.c.person == bindparam("person_"), inbox.c.chat == bindparam("person_")
)
_LETTERS_OF = (
    select(inbox.c.id, inbox.c.state)
    .where(_IS_THEIRS, inbox.c.state != "done")
    .order_by(inbox.c.id)
)
_FILES_OF = select(upload.c.at, upload.c.version).where(upload.c.person == bindparam("person_"))
_VERSIONS_OF = select(version.c.id, version.c.at).where(version.c.by == bindparam("by_"))
_FORGET_DEAD = (
    update(inbox)
    .where(_IS_THEIRS, inbox.c.state == "dead")
    .values(chat=0, person=0, raw=None, calls=None, state="done")
)
_EXPIRE_QUESTIONS = delete(question).where(question.c.at < bindparam("before"))
_EXPIRE_WISHES = delete(wish).where(wish.c.at < bindparam("before"))
_EXPIRE_POLLS = delete(poll).where(poll.c.chosen.is_(None), poll.c.at < bindparam("before"))
_SUBSCRIBED = select(subscriber.c.at).where(subscriber.c.person == bindparam("person_"))
_UNSUBSCRIBE = delete(subscriber).where(subscriber.c.person == bindparam("person_"))
_OVER = announcement.c.state.in_(["draft", "stopped", "done"])
_OLD_NEWS = select(announcement.c.id).where(_OVER, announcement.c.at < bindparam("before"))
_EXPIRE_DELIVERIES = delete(delivery).where(delivery.c.announcement.in_(_OLD_NEWS))
_EXPIRE_NEWS = delete(announcement).where(announcement.c.id.in_(_OLD_NEWS))
_THEIR_TICKETS = select(ticket.c.id).where(ticket.c.person == bindparam("person_"))
_FORGET_WORDS = delete(ticket_words).where(ticket_words.c.ticket.in_(_THEIR_TICKETS))
_OLD_TICKETS = ticket.c.closed < bindparam("before")
_EXPIRE_WORDS = delete(ticket_words).where(
    ticket_words.c.ticket.in_(select(ticket.c.id).where(_OLD_TICKETS))
)
_EXPIRE_TICKETS = delete(ticket).where(_OLD_TICKETS)
_EXPIRE_DEAD = delete(inbox).where(inbox.c.state == "dead", inbox.c.at < bindparam("before"))
