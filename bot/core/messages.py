"""Frozen values that travel through a turn: what came in, what was found, what goes out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar, Literal

from bot.core.office import Office

Language = str
"""`id` (Indonesian, the default), `en` or `zh` (simplified Chinese)."""

DEFAULT_LANGUAGE: Language = "id"

Vote = Literal["up", "down"]

Seller = Literal["overseas", "local"]
"""Where somebody sells from."""

Status = Literal["closed", "not_listed", "unclear"]
"""Whether a product is in a closed cluster; `unclear` where nobody should guess."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who wrote, and where."""

    person: int
    chat: int
    client_language: str = ""
    """The language their Telegram is set to, as an IETF tag, or nothing."""
    settings: "PersonSettings | None" = None
    """What the person had chosen when this came in; None where nobody has looked."""
    name: str = ""
    """What they are called where they write; it is kept nowhere."""
    topic: int = 0
    """The part of a group that they write in, where it has parts."""


@dataclass(frozen=True, slots=True)
class PersonSettings:
    """What a person chose, and what else their update comes in with."""

    language: Language | None = None
    has_places: bool = True
    """They may be in the middle of what takes several turns."""
    seller: Seller | None = None
    has_asked: bool = True
    """They may have asked something before."""


@dataclass(frozen=True, slots=True)
class Question:
    """Free text that someone wrote."""

    update: int
    sender: Sender
    text: str
    message: int | None = None
    chosen: Language | None = None
    """The language a caller names for this question alone; else the person's stored one counts."""
    replied: str = ""
    """The text of the bot's message that it is a reply to."""
    seller: Seller | None = None
    """Likewise where its asker sells from."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command such as `/start`, without its slash."""

    update: int
    sender: Sender
    name: str
    replied: str = ""
    """The text of the bot's message that it is a reply to."""
    text: str = ""
    """What stands behind it."""


@dataclass(frozen=True, slots=True)
class Press:
    """A pressed button: the data it carries, and the message it stands under."""

    update: int
    sender: Sender
    data: str
    query: str = ""
    """The id by which the press is answered."""
    message: int | None = None
    keyboard: tuple[tuple["Button", ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A message without text: a picture, a voice note, a sticker, a file, a place."""

    update: int
    sender: Sender


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that somebody sent in their private chat: where it can be fetched, not what it is."""

    update: int
    sender: Sender
    file: str
    """The id by which the channel fetches it."""
    name: str = ""
    size: int = 0
    """Its bytes, as the channel says."""
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Picked:
    """What somebody chose in a quiz: the poll it was asked as, and the places of the options."""

    update: int
    sender: Sender
    poll: str
    options: tuple[int, ...]


Incoming = Question | Command | Press | Picked | Upload | Unreadable


@dataclass(frozen=True, slots=True)
class Source:
    """Where a fact was published; `published` is empty where the source shows no date."""

    publisher: str
    title: str
    url: str
    published: str = ""


@dataclass(frozen=True, slots=True)
class Passage:
    """One card of the published knowledge in one language, as a search found it."""

    card: str
    title: str
    text: str
    language: Language
    as_of: str
    """Date of the facts: YYYY-MM-DD, YYYY-MM, YYYY, or `undated`."""
    sources: tuple[Source, ...] = ()
    seen: str = ""
    """The day an undated source was seen."""
    unknown: bool = False
    """The card tells what is not known and where to ask."""
    review_by: date | None = None
    deadline: date | None = None
    valid_until: date | None = None
    score: float = 0.0
    """Rank among the cards of one search: higher is better, no unit."""
    confidence: float = 0.0
    """Probability from 0 to 1 that the card answers the question."""
    evidence: tuple[tuple[str, float], ...] = ()
    """The named numbers that `score` and `confidence` come from."""
    topic: str = ""
    links: tuple[str, ...] = ()
    """The cards that the text refers to."""


@dataclass(frozen=True, slots=True)
class Program:
    """What a program says of itself in one language: `program.yaml`."""

    name: str = "Akar"
    about: str = ""
    ask: str = ""
    """Where people can ask when the materials hold no answer."""
    topics: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    office: Office | None = None
    """When program staff answer, if the program says so."""
    notices: tuple["Notice", ...] = ()


@dataclass(frozen=True, slots=True)
class Notice:
    """What an overseas seller is told with a verdict, and the card that it stands in."""

    text: str
    card: str
    when: tuple[Status, ...] = ()
    """The verdicts it goes with; without any, all of them."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The materials answer the question, in the words of one card."""

    name: ClassVar = "answer"

    passage: Passage
    related: tuple[Passage, ...] = ()

    @property
    def confidence(self) -> float:
        """Return how likely the card answers."""
        return self.passage.confidence


@dataclass(frozen=True, slots=True)
class Abstention:
    """The materials do not answer; `passage` is the card that says what is not known, if any."""

    name: ClassVar = "abstain"

    confidence: float
    passage: Passage | None = None
    related: tuple[Passage, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether one product is in a closed cluster, and the card that tells of it."""

    product: str
    status: Status
    cluster: str | None = None
    confidence: float = 0.0
    card: str = ""
    title: str = ""
    """The name of the cluster, in the language of the reply."""


@dataclass(frozen=True, slots=True)
class SmallTalk:
    """A greeting, thanks, or the question who the bot is; `topic` names the phrase."""

    name: ClassVar = "smalltalk"
    confidence: ClassVar = None

    topic: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Help to get around a rule is asked for; `passage` shows the lawful way, if there is one."""

    name: ClassVar = "refuse"
    confidence: ClassVar = None

    passage: Passage | None = None
    related: tuple[Passage, ...] = ()


@dataclass(frozen=True, slots=True)
class Clarification:
    """Two cards are close, so that the person is asked which of them is meant."""

    name: ClassVar = "clarify"
    passage: ClassVar = None

    confidence: float
    related: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class Verdicts:
    """An overseas seller's products were checked; `passages` are the cards that this rests on."""

    name: ClassVar = "verdict"

    verdicts: tuple[Verdict, ...]
    notices: tuple["Notice", ...] = ()
    passages: tuple[Passage, ...] = ()
    related: tuple[Passage, ...] = ()

    @property
    def passage(self) -> Passage | None:
        """Return the card that tells of the first product."""
        return self.passages[0] if self.passages else None

    @property
    def confidence(self) -> float:
        """Return how likely the least certain verdict is right."""
        return min(verdict.confidence for verdict in self.verdicts)


@dataclass(frozen=True, slots=True)
class WhoSells:
    """It matters where the asker sells from, and nothing tells, so that they are asked."""

    name: ClassVar = "clarify"
    passage: ClassVar = None
    related: ClassVar = ()

    confidence: float


Found = Answer | Clarification | Abstention | Refusal
"""What a search led to."""

Decided = Found | Verdicts | WhoSells
"""What is decided on cards; `passage` is the one that is told, `related` what is offered."""

Outcome = Decided | SmallTalk


@dataclass(frozen=True, slots=True)
class Route:
    """What is asked for, and the language to answer in."""

    language: Language
    smalltalk: SmallTalk | None = None


@dataclass(frozen=True, slots=True)
class Button:
    """A button under a message: its label, and at most 64 bytes of data."""

    label: str
    data: str


Keyboard = tuple[tuple[Button, ...], ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A file to send."""

    name: str
    content: str


@dataclass(frozen=True, slots=True)
class Quiz:
    """A question with options, of which one is right; it is asked as the channel asks such."""

    lesson: str
    question: str
    """Its name in the lesson."""
    options: tuple[tuple[str, str], ...]
    """The name and the words of each."""
    right: int
    explanation: str = ""


@dataclass(frozen=True, slots=True)
class Poll:
    """A quiz as it was asked of somebody, whatever has become of its lesson since."""

    person: int
    lesson: str
    question: str
    options: tuple[str, ...]
    """The names of the options, in their order."""
    right: int


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a picture says that shows what somebody has learned."""

    heading: str
    name: str
    lesson: str
    result: str
    date: str
    program: str


@dataclass(frozen=True, slots=True)
class Chart:
    """What a picture shows in bars: a label and a number each."""

    title: str
    bars: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Reply:
    """One message to send, in Markdown."""

    text: str
    keyboard: Keyboard = ()
    body: str = ""
    """The text without the evidence line."""
    document: Document | None = None
    """A file that goes with it."""
    quiz: Quiz | None = None
    """The options of the question that it asks."""
    picture: Certificate | Chart | None = None
    """A picture that goes with it, drawn as it is sent."""


@dataclass(frozen=True, slots=True)
class Thread:
    """The messages on one ticket, which a chat keeps together where it can."""

    chat: int
    ticket: int
    title: str


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A message to another chat than the one that is answered."""

    chat: int
    reply: Reply
    back: int
    """The chat that hears of it where it cannot arrive,"""
    lost: Reply
    """and what it hears, in place of whatever else was to be sent."""
    thread: Thread | None = None
    """What it belongs to."""


@dataclass(frozen=True, slots=True)
class Turn:
    """Everything the bot does in answer to one incoming."""

    language: Language
    outcome: Outcome | None = None
    replies: tuple[Reply, ...] = ()
    toast: str = ""
    """What a pressed button answers with."""
    keyboard: Keyboard | None = None
    """The new keyboard of the message whose button was pressed."""
    candidates: tuple[Passage, ...] = ()
    """The passages the outcome was decided on, best first."""
    parts: tuple["Turn", ...] = ()
    """The turns of several questions in one message; the outcome is the weakest of theirs."""
    error: Exception | None = None
    """What failed on the way, for the log."""
    heard: str = ""
    """The question it answers, without personal data."""
    asked: tuple["Asked", ...] = ()
    """What is kept of the question."""
    elsewhere: tuple[Elsewhere, ...] = ()
    """What is sent to other chats, before the replies."""
    opens: Thread | None = None
    closes: Thread | None = None
    """The thread that is open or closed from now on."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is kept of a question, for program staff: its text holds no personal data."""

    person: int
    text: str
    language: Language
    outcome: str
    card: str = ""
    confidence: float | None = None
    chat: int = 0
    message: int = 0
    """The message it was asked in; 0 where it was none."""


PlaceKind = Literal["calculator", "check", "journey", "lesson", "ticket"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a person is in something that takes several turns."""

    kind: PlaceKind
    name: str
    step: str = ""
    """The step that is due; empty once it is finished."""
    kept: Mapping[str, str] = field(default_factory=dict)
    """What the steps before have brought."""
    update: int = 0
    """The update that led here: taken in once more, it leads no further."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A question whose asker wants to hear once there is an answer; its text is masked."""

    number: int
    person: int
    chat: int
    message: int
    """Under which it was wished."""
    text: str
    language: Language


@dataclass(frozen=True, slots=True)
class Reminder:
    """Somebody's wish to be reminded of a journey, once."""

    person: int
    zone: int
    """The hours that their time is ahead of Greenwich's."""
    journey: str = ""
    at: float = 0.0
    """When, in seconds since the epoch; 0 where nothing is wished for any more."""


TicketState = Literal["open", "closed"]
Speaker = Literal["person", "staff"]


@dataclass(frozen=True, slots=True)
class Ticket:
    """Somebody's talk with program staff."""

    number: int
    person: int
    language: Language
    state: TicketState = "open"
    update: int = 0
    """The update that opened it."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the channel, such as a message to send, as it is recorded before it is made."""

    method: str
    parameters: Mapping[str, Any]
    otherwise: tuple["Call", ...] = ()
    """Where it cannot arrive, these are made in place of it and of all that follow."""


@dataclass(frozen=True, slots=True)
class Received:
    """An update as it came, committed before anybody is told that it arrived."""

    update: int
    chat: int
    raw: str
    """The update as JSON."""
    is_edit: bool = False
    """A message that says something else now; what it said before was answered already."""
    is_aside: bool = False
    """A command or a press: it does not wait for the chat's questions."""
    person: int = 0
    message: int | None = None
    """The message that a repeated answer is a reply to."""
    at: float = 0.0
    """When it came in, in seconds since the epoch."""
    calls: tuple[Call, ...] | None = None
    """What is to be sent in answer, once that is decided."""
    sent: int = 0
    """How many of the calls were made before the process ended."""
    attempts: int = 0
    settings: PersonSettings | None = None
