"""What the core asks of the outside, and the errors the outside raises.

BotError
├── ChannelError    a channel to people
│   └── UpdateError   an update that cannot be read
├── KnowledgeError  the knowledge folder, its index, its search
├── ModelError      a chat or embedding model
└── StoreError      the state
    └── LostError     another process works on this chat now, or the update comes again
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Protocol

from bot.core.clusters import Clusters
from bot.core.counts import Statistics
from bot.core.desk import Edition, Inspection, Pressed, Standing
from bot.core.messages import (
    Asked,
    Call,
    Language,
    Passage,
    Place,
    Poll,
    Program,
    Quiz,
    Received,
    Reminder,
    Seller,
    Source,
    Speaker,
    Ticket,
    TicketState,
    Upload,
    Vote,
)
from bot.core.pacing import Limit
from bot.core.paths import Journey
from bot.core.signs import Signs
from bot.core.subjects import Lesson
from bot.core.sums import Formulas


class BotError(Exception):
    """Something the operator or a person must hear of, named by a code.

    The sentence for it stands in `prompts/commands.<language>.yaml` under the same code, with
    `values` for its placeholders, so that the code holds no sentence.
    """

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code, values)
        self.code = code
        self.values = values

    def __str__(self) -> str:
        return f"{self.code}: {', '.join(f'{name}={value}' for name, value in self.values.items())}"


class ChannelError(BotError):
    """A channel to people cannot be used: a port in use, a refused token, a server away."""


class UpdateError(ChannelError):
    """An update cannot be read, however often it is tried."""


class KnowledgeError(BotError):
    """The knowledge cannot be read, published or searched."""


class ModelError(BotError):
    """A chat or embedding model cannot be used."""


class StoreError(BotError):
    """The state cannot be read or written."""


class LostError(StoreError):
    """An update is no longer this process's: another one answers in its chat, or it comes again."""


class Knowledge(Protocol):
    """The published cards."""

    async def search(self, text: str, *, language: Language, limit: int) -> Sequence[Passage]:
        """Return the cards nearest to the text, best first, each in the language if it has it.

        Raises:
            KnowledgeError: the cards cannot be searched.
        """
        ...

    def card(self, key: str, *, language: Language) -> Passage | None:
        """Return the card with this name, or with this digest of its name."""
        ...

    def program(self, language: Language) -> Program:
        """Return what the program says of itself."""
        ...

    def formulas(self, language: Language) -> Formulas:
        """Return what the program says of sums."""
        ...

    def journeys(self, language: Language) -> Sequence[Journey]:
        """Return the journeys, in the order in which they are offered."""
        ...

    def lessons(self, language: Language) -> Sequence[Lesson]:
        """Return the lessons, in the order in which they are offered."""
        ...

    def sources(self) -> Sequence[Source]:
        """Return every source that a live card cites."""
        ...

    def clusters(self) -> Clusters | None:
        """Return the product clusters; None where there are none, or they are not ready."""
        ...

    def signs(self) -> Signs:
        """Return the signs of fraud and of getting around rules."""
        ...


class Store(Protocol):
    """What is remembered of people."""

    async def language(self, person: int) -> Language | None:
        """Return the language the person chose, if they did."""
        ...

    async def choose_language(self, person: int, language: Language) -> None:
        """Remember the language the person chose."""
        ...

    async def seller(self, person: int) -> Seller | None:
        """Return where the person said that they sell from, if they did."""
        ...

    async def choose_seller(self, person: int, seller: Seller) -> None:
        """Remember where the person sells from."""
        ...

    async def vote(self, person: int, *, chat: int, message: int, card: str, vote: Vote) -> None:
        """Remember what the person thought of an answer; the last vote on a message counts."""
        ...

    async def votes(self, card: str) -> Mapping[Vote, int]:
        """Count the votes that a card's answers got."""
        ...

    async def wish(self, person: int, *, chat: int, message: int, key: str) -> bool:
        """Remember that the person wants to hear once a question of theirs is answered.

        `key` is the digest of a kept question that got no answer; where it is theirs no more, or
        never was, nothing is remembered and False returned. Once is enough for each question.
        """
        ...

    async def recent(
        self, person: int, *, chat: int, before: int | None, within: float
    ) -> Sequence[Asked]:
        """Return what a person asked in a chat within so many seconds, the newest first.

        At most three questions, and none from the message `before` on.
        """
        ...

    async def places(self, person: int) -> Sequence[Place]:
        """Return where the person is, the last changed first."""
        ...

    async def put(self, person: int, where: Place) -> None:
        """Remember where the person is in one thing."""
        ...

    async def poll(self, key: str) -> Poll | None:
        """Return the quiz that was asked as this poll."""
        ...

    async def note_choice(self, key: str, option: int) -> None:
        """Remember what was chosen in a poll, for program staff; the first choice counts."""
        ...

    async def is_subscribed(self, person: int) -> bool:
        """Say whether the person wants announcements."""
        ...

    async def subscribe(self, person: int, language: Language) -> None:
        """Remember that the person wants announcements, and what they read."""
        ...

    async def unsubscribe(self, person: int) -> None:
        """Remember that the person wants none."""
        ...

    async def ticket_of(self, person: int) -> Ticket | None:
        """Return the person's open ticket."""
        ...

    async def ticket(self, number: int) -> Ticket | None:
        """Return the ticket of a number."""
        ...

    async def open_ticket(self, person: int, language: Language, update: int) -> Ticket:
        """Return the person's open ticket; a new one where there is none."""
        ...

    async def move_ticket(self, number: int, state: TicketState, update: int) -> bool:
        """Open or close a ticket; say whether it was not so before, or this update made it so."""
        ...

    async def note_words(self, number: int, update: int, by: Speaker, text: str) -> None:
        """Keep what was said about a ticket; the same update says it once."""
        ...

    async def words_of(self, number: int) -> Sequence[tuple[Speaker, str]]:
        """Return who said what about a ticket, in the order in which it was said."""
        ...

    async def zone(self, person: int) -> int | None:
        """Return the time zone that the person told, if they did."""
        ...

    async def remind(self, reminder: Reminder) -> None:
        """Remember when to remind somebody, in place of what was wished before."""
        ...

    async def export(self, person: int) -> Mapping[str, Any]:
        """Return everything that is kept about a person, as JSON can hold it."""
        ...

    async def forget(self, person: int) -> None:
        """Delete everything about a person."""
        ...


Early = Callable[[Sequence[Received]], None]
"""Hears of updates that are not on disk yet: nothing that is done about them may show."""


class Mail(Protocol):
    """The durable inbox with its outbox: what came in, and what is to be sent in answer.

    Each method returns once it is on disk, and raises StoreError while that cannot be.
    """

    async def receive(
        self, letters: Sequence[Received], *, early: Early = lambda _: None
    ) -> Sequence[Received]:
        """Keep updates; return those that are new, and are for this process to answer.

        `early` may be told them a moment before they are on disk.
        """
        ...

    async def waiting(self, *, beside: Collection[int], limit: int) -> Sequence[Received]:
        """Return what waits for this process, oldest first, beside the updates named."""
        ...

    async def record(self, letter: Received, calls: Sequence[Call], *asked: Asked) -> None:
        """Keep what is to be sent in answer to an update, before it is sent.

        Raises:
            LostError: another process has taken the chat over.
        """
        ...

    async def sent(self, letter: Received, count: int, replies: Sequence[int] = ()) -> None:
        """Note that so many of the calls were made, and which messages answer the update's."""
        ...

    async def done(self, letter: Received, replies: Sequence[int] = ()) -> None:
        """Note that an update is answered, and by which messages; delete what it said."""
        ...

    async def polled(self, letter: Received, key: str, quiz: Quiz) -> None:
        """Note as which poll somebody was asked a quiz."""
        ...

    async def topic(self, number: int) -> int | None:
        """Return where a ticket's messages stand by themselves in the chat of the staff.

        0 where they do not, None where nobody has tried.
        """
        ...

    async def topic_made(self, letter: Received, number: int, topic: int) -> None:
        """Note where a ticket's messages stand by themselves; 0 where they do not."""
        ...

    async def replies(self, letter: Received) -> Sequence[int]:
        """Return the messages that answered the update's message, as far as that is known."""
        ...

    async def fail(self, letter: Received, reason: str, *, is_final: bool) -> None:
        """Note a failed attempt; after the final one the update is a dead letter."""
        ...

    async def release(self, chat: int) -> None:
        """Let any process take the chat's next update."""
        ...


class Rates(Protocol):
    """Places in a row for what is sent, shared by all who send for one bot."""

    async def reserve(self, limits: Sequence[Limit]) -> float:
        """Take the next place in each scope; return the seconds until the latest of them."""
        ...

    async def pause(self, limit: Limit, seconds: float) -> None:
        """Give no place in a scope for so long."""
        ...


class Desk(Protocol):
    """What program staff can look at and do; who may is for the caller to know.

    Each method but `explain` raises BotError while a part that it needs fails.
    """

    async def standing(self, *, language: Language) -> Standing:
        """Return what is live, whether the folder differs, what waits, what is due."""
        ...

    async def inspect(self, upload: Upload, *, language: Language) -> Inspection:
        """Fetch a file, and say what is wrong with the folder with it, or what it would change.

        It is kept for its sender, who may publish it by its key.
        """
        ...

    async def preview(self, *, language: Language) -> Inspection:
        """Say what publishing the folder would change."""
        ...

    async def put(self, key: str, *, person: int, language: Language) -> Pressed:
        """Put a file of this person's into the folder, and publish it."""
        ...

    async def drop(self, key: str, *, person: int) -> None:
        """Forget a file of this person's."""
        ...

    async def publish(self, key: str, *, person: int, language: Language) -> Pressed:
        """Publish the folder, if it is still what this key stands for."""
        ...

    async def statistics(self, *, language: Language) -> Statistics:
        """Count people, questions, journeys, lessons and tickets."""
        ...

    async def editions(self) -> Sequence[Edition]:
        """Return what is live, then what was before it, newest first."""
        ...

    async def roll_back(self, live: int, to: int, *, person: int) -> Pressed:
        """Make a version live again, if this one still is the live one."""
        ...

    async def compose(self, text: str, *, person: int) -> tuple[int, int]:
        """Keep an announcement; return its number, and how many people would get it."""
        ...

    async def announce(self, number: int) -> int | None:
        """Send an announcement; return to how many, None where it was sent or dropped."""
        ...

    async def halt(self, number: int) -> bool:
        """Send an announcement no further; say whether anybody still would have got it."""
        ...

    def explain(self, error: BotError, *, language: Language) -> str:
        """Say what an error means, and the mend."""
        ...


class GuessLanguage(Protocol):
    """Tells which language a text is in."""

    def __call__(self, text: str) -> Language | None:
        """Return the language, or None where the text is too short to tell."""
        ...
