"""What program staff see and do from their chats: frozen values between the desk and its words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

FolderState = Literal["live", "changed", "refused", "kept", "away"]
"""How the knowledge folder stands to what is live: the same; to be published; not to be, as it has
mistakes; live once, and left alone since a rollback; not to be read."""


@dataclass(frozen=True, slots=True)
class Remark:
    """What is to be mended in the folder, in words, with its file and line."""

    place: str
    text: str
    is_mistake: bool = True


@dataclass(frozen=True, slots=True)
class Edition:
    """A published version: when, as people read it, and by whom."""

    number: int
    at: str
    by: str = ""
    """The way it came: `console`, `folder` or `telegram`; nothing where nobody knows."""
    who: str = ""
    """Their name on that way."""
    cards: int = 0


@dataclass(frozen=True, slots=True)
class Folder:
    """The knowledge folder beside what is live."""

    state: FolderState
    key: str = ""
    """Stands for what it holds, so that a button can say which."""
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True)
class DueCard:
    """A card with a day that has passed, or is near: a key of its file such as `review_by`."""

    card: str
    kind: str
    day: date


@dataclass(frozen=True, slots=True)
class Gap:
    """What people asked and did not get: the newest of a group, masked."""

    question: str
    people: int


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits to be answered, and for how long; what failed; what fails now, by its code."""

    waiting: int = 0
    minutes: int = 0
    failed: int = 0
    failing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """Everything that staff should see at a glance."""

    live: Edition | None
    back: Edition | None
    """Who made it live again, and when, where it was rolled back to."""
    folder: Folder
    backlog: Backlog = field(default_factory=Backlog)
    due: tuple[DueCard, ...] = ()
    gaps: tuple[Gap, ...] = ()
    earlier: Edition | None = None
    """What a rollback would make live."""


@dataclass(frozen=True, slots=True)
class Change:
    """A question that would be answered otherwise, with the beginnings of both answers."""

    question: str
    is_pinned: bool
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What publishing would change: the answers, and the cards by what becomes of them."""

    asked: int
    changes: tuple[Change, ...] = ()
    added: tuple[str, ...] = ()
    edited: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Declined:
    """Why a file is not looked at; the reason names the phrase that says so."""

    reason: str
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Faulty:
    """What keeps a file, or the folder where none is named, from being published."""

    path: str
    remarks: tuple[Remark, ...]


@dataclass(frozen=True, slots=True)
class Ready:
    """A file, or the folder where none is named, that can be published."""

    path: str
    key: str
    preview: Preview
    is_new: bool = False
    remarks: tuple[Remark, ...] = ()
    draft: str = ""
    """What a document was made into; nothing where the file came as it is."""


@dataclass(frozen=True, slots=True)
class Done:
    """What is live after a press, and whether it was not before."""

    edition: Edition
    is_new: bool = True


@dataclass(frozen=True, slots=True)
class Stale:
    """The folder is not as it was when the button was made: what publishing would do now."""

    now: "Declined | Faulty | Ready"


@dataclass(frozen=True, slots=True)
class Gone:
    """The button stands for nothing that is there, or for somebody else's."""


Inspection = Declined | Faulty | Ready
Pressed = Done | Faulty | Stale | Gone
