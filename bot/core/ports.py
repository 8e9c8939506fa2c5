"""What the core asks of the outside, and the errors the outside raises.

BotError
├── ChannelError    a channel to people
├── KnowledgeError  the knowledge folder, its index, its search
├── ModelError      a chat or embedding model
└── StoreError      the state
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

from bot.core.messages import Language, Passage, Program, Source, Vote


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


class KnowledgeError(BotError):
    """The knowledge cannot be read, published or searched."""


class ModelError(BotError):
    """A chat or embedding model cannot be used."""


class StoreError(BotError):
    """The state cannot be read or written."""


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

    def sources(self) -> Sequence[Source]:
        """Return every source that a live card cites."""
        ...


class Store(Protocol):
    """What is remembered of people."""

    async def language(self, person: int) -> Language | None:
        """Return the language the person chose, if they did."""
        ...

    async def choose_language(self, person: int, language: Language) -> None:
        """Remember the language the person chose."""
        ...

    async def vote(self, person: int, *, chat: int, message: int, card: str, vote: Vote) -> None:
        """Remember what the person thought of an answer; the last vote on a message counts."""
        ...

    async def votes(self, card: str) -> Mapping[Vote, int]:
        """Count the votes that a card's answers got."""
        ...


class GuessLanguage(Protocol):
    """Tells which language a text is in."""

    def __call__(self, text: str) -> Language | None:
        """Return the language, or None where the text is too short to tell."""
        ...
