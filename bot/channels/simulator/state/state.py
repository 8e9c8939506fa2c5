"""Everything a running simulator holds, in one place."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

from bot.channels.simulator.state.database import Database, Json
from bot.channels.simulator.state.events import Events
from bot.channels.simulator.state.faults import Faults
from bot.channels.simulator.state.files import Files
from bot.channels.simulator.state.forum import Forum
from bot.channels.simulator.state.journal import Exchanges, Journal
from bot.channels.simulator.state.limits import Limits
from bot.channels.simulator.state.messages import Messages
from bot.channels.simulator.state.people import BOT_ID, BOT_USERNAME, People
from bot.channels.simulator.state.polls import Polls
from bot.channels.simulator.state.queries import Queries
from bot.channels.simulator.state.turns import Turns
from bot.channels.simulator.state.updates import Updates, Watch


class State:
    """One bot with its people, chats and waiting updates."""

    def __init__(
        self,
        chats: Path,
        *,
        exchanges: Path | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.clock = clock
        self.exchanges = Exchanges(exchanges, clock)
        self.database = Database(chats)
        self.events = Events()
        self.people = People(self.database)
        self.messages = Messages(self.database, self.events, clock)
        self.forum = Forum(self.database, self.messages)
        self.updates = Updates(self.database)
        self.turns = Turns(self.database)
        self.polls = Polls(self.database)
        self.queries = Queries(self.database, clock)
        self.files = Files(self.database)
        self.journal = Journal(self.database)
        self.faults = Faults()
        self.limits = Limits(clock)
        self.stopping = asyncio.Event()
        self.poll = Watch()
        self.deliveries = Watch()
        self.webhook_changed = asyncio.Event()
        self.database.commit()

    @property
    def bot(self) -> Json:
        """The bot as Telegram's User."""
        name = self.database.setting("name:", "Akar")
        return {"id": BOT_ID, "is_bot": True, "first_name": name, "username": BOT_USERNAME}

    def change_webhook(self) -> None:
        """Let deliveries look again where to go."""
        self.webhook_changed.set()
        self.deliveries.tell()

    def stop(self) -> None:
        """Let go everyone who waits, so that the server can end."""
        self.stopping.set()
        self.poll.end()
        self.change_webhook()
        self.events.end()
        self.journal.wake()

    def close(self) -> None:
        """Close the files."""
        self.exchanges.close()
        self.database.close()
