"""Does what a step says: as a person, or around them."""

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bot.channels.scripts.chats import Chat
from bot.channels.scripts.forms import seconds
from bot.channels.scripts.results import content, system
from bot.channels.scripts.script import Step
from bot.channels.scripts.stage import RefusedError, Stage
from bot.channels.scripts.vocabulary import UPLOADS
from bot.channels.simulator.state.people import GROUP_KEY

Json = dict[str, Any]

STAFF = "staf"
"""Who writes in the staff chat."""


class Actor:
    """Takes the steps of one case on a stage."""

    def __init__(self, stage: Stage, folder: Path) -> None:
        self._stage = stage
        self._folder = folder
        """Where the files beside the script are."""
        self._doing: Mapping[str, Callable[[Step, Chat], Json | None]] = {
            "user": self._say,
            "command": self._say,
            "press": self._press,
            "vote": self._vote,
            "edit": self._edit,
            "staff": self._answer,
            "resend": self._resend,
            "new_person": self._begin_anew,
            "restart": self._restart,
            "wait": self._wait,
            "at": self._set_time,
            "fault": self._disturb,
            "change": self._change,
            "hears": self._nothing,
            **dict.fromkeys(UPLOADS, self._upload),
        }

    def do(self, step: Step, chat: Chat) -> Json | None:
        """Take a step; return what the simulator says of it.

        Raises:
            StepFailedError: it cannot be taken.
        """
        try:
            return self._doing[step.kind](step, chat)
        except RefusedError as refused:
            if refused.labels is None:
                raise system(step, "refused", refused.reason) from refused
            raise content(step, "press", step.text, " | ".join(refused.labels)) from refused

    def _say(self, step: Step, chat: Chat) -> Json:
        return self._stage.act("say", person=chat.key, text=step.text)

    def _press(self, step: Step, chat: Chat) -> Json:
        return self._stage.act("press", person=chat.key, label=step.text)

    def _vote(self, step: Step, chat: Chat) -> Json:
        return self._stage.act("vote", person=chat.key, option=step.text)

    def _edit(self, step: Step, chat: Chat) -> Json:
        return self._stage.act("edit", person=chat.key, text=step.text)

    def _answer(self, step: Step, chat: Chat) -> Json:
        """Let someone in the staff chat write in answer to the person's ticket."""
        about = chat.staff_messages()
        if not about:
            raise content(step, "no_ticket")
        message = about[-1]["message_id"]
        given = {"person": STAFF, "chat": GROUP_KEY, "reply_to": message}
        return self._stage.act("say", text=step.text, **given)

    def _resend(self, _: Step, chat: Chat) -> Json:
        return self._stage.act("resend", person=chat.key)

    def _upload(self, step: Step, chat: Chat) -> Json:
        file = None if step.text == "true" else self._folder / step.text
        return self._stage.upload(step.kind, file, person=chat.key)

    def _begin_anew(self, _: Step, chat: Chat) -> None:
        chat.number = self._stage.act("reset", person=chat.key, new=True)["chat_id"]
        chat.last = None

    def _restart(self, _step: Step, _chat: Chat) -> None:
        self._stage.restart()

    def _wait(self, step: Step, _: Chat) -> None:
        time.sleep(seconds(step.text))

    def _set_time(self, step: Step, _: Chat) -> None:
        self._stage.set_time(step.text)

    def _disturb(self, step: Step, _: Chat) -> None:
        wanted = json.loads(step.text)
        numbers = {name: int(wanted[name]) for name in ("times", "retry_after") if name in wanted}
        self._stage.act("fault", telegram=wanted["telegram"], **numbers)

    def _change(self, step: Step, _: Chat) -> Json:
        change = json.loads(step.text)
        before = self._stage.bot.length
        is_live = self._stage.change(change["file"], *change["replace"])
        if is_live is None:
            raise content(step, "change", change["replace"][0])
        return {} if is_live else {"note": self._stage.bot.wrote(after=before)}

    def _nothing(self, _step: Step, _chat: Chat) -> None:
        """Nobody does anything."""
