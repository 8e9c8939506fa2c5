"""A person's chat while a case is played: what is open in it, and what came."""

import re
from dataclasses import dataclass, field
from typing import Any

from bot.channels.scripts.script import Step
from bot.channels.simulator.state.people import GROUP_ID

Json = dict[str, Any]

_TICKET = re.compile(r"#(\d+)")


@dataclass(slots=True)
class Chat:
    """The chat of somebody who takes part."""

    name: str
    key: str
    number: int
    mark: int | None = None
    """What was sent up to this number has been taken down; None before anything was done."""
    heard: list[Json] = field(default_factory=list)
    """What came and was not judged yet."""
    open: list[tuple[Step, int]] = field(default_factory=list)
    """The steps whose updates are not known to be answered yet."""
    last: int | None = None
    """The last update."""
    ticket: str = ""
    """The number of the ticket that the person was told of last."""
    in_staff_chat: list[Json] = field(default_factory=list)
    """What came in the staff chat."""
    judged: int = 0
    """How much of it was judged."""

    def did(self, step: Step, done: Json | None) -> None:
        """Note what the simulator says of a step."""
        if done is None or "sequence" not in done:
            return
        if self.mark is None:
            self.mark = done["sequence"]
        self.last = done.get("update_id")
        if self.last and step.kind != "resend":  # It is answered already.
            self.open.append((step, self.last))

    def take_down(self, sent: list[Json]) -> list[Json]:
        """Keep what was sent to this chat, and return it."""
        self.mark = max([self.mark or 0, *(entry["n"] for entry in sent)])
        mine = [entry for entry in sent if entry["chat_id"] == self.number]
        self.heard += mine
        self.in_staff_chat += [entry for entry in sent if entry["chat_id"] == GROUP_ID]
        for entry in mine:
            if found := _TICKET.search(entry.get("text") or ""):
                self.ticket = found[1]
        return mine

    def staff_messages(self) -> list[Json]:
        """Return what came in the staff chat about this person's ticket, and can be answered."""
        if not self.ticket:
            return []
        about = re.compile(rf"\W*#{self.ticket}\b")
        return [
            entry
            for entry in self.in_staff_chat
            if entry["ok"] and "message_id" in entry and about.match(entry.get("text") or "")
        ]

    def new_to_staff(self) -> tuple[str, ...]:
        """Return what came there since it was judged last."""
        texts = tuple(entry["text"] for entry in self.staff_messages())
        new, self.judged = texts[self.judged :], len(texts)
        return new

    def refusals(self) -> list[str]:
        """Return why Telegram did not take something, but for faults that were asked for."""
        return [
            entry["description"] for entry in self.heard if not entry["ok"] and "fault" not in entry
        ]
