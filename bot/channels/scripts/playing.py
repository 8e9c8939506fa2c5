"""Plays one case of a script, step by step, until something is not as written."""

import time
from collections.abc import Callable, Sequence
from typing import Any, Literal

from bot.channels.scripts.acting import Actor
from bot.channels.scripts.chats import Chat
from bot.channels.scripts.expectations import Report, seen, unmet
from bot.channels.scripts.results import Result, Said, StepFailedError, content, system
from bot.channels.scripts.script import Case, Step
from bot.channels.scripts.stage import Stage
from bot.channels.scripts.vocabulary import UPLOADS

Json = dict[str, Any]

PATIENCE = 60.0
"""Seconds within which the bot must answer, on a machine that has much else to do."""

_SILENCE = 1.0  # Seconds after an update is done in which nothing may come.
_LOOK_EVERY = 0.02
_ANSWERED = ("user", "command", "press", "vote", *UPLOADS)  # Whoever does this gets something back.
_ACTS = (*_ANSWERED, "edit", "staff")


def play(case: Case, stage: Stage, *, patience: float = PATIENCE) -> Result:
    """Play a case in fresh chats, as people whom the bot has never met.

    Raises:
        ChannelError: the bot ended.
    """
    began = time.monotonic()
    play_, failure = _Play(case, stage, patience), None
    try:
        for step in case.steps:
            play_.take(step)
        play_.end()
    except StepFailedError as failed:
        failure = failed.failure
    return Result(case, tuple(play_.transcript), failure, time.monotonic() - began)


class _Play:
    """One case while it is played."""

    def __init__(self, case: Case, stage: Stage, patience: float) -> None:
        self.stage = stage
        self.patience = patience
        self.transcript: list[Said] = []
        self._actor = Actor(stage, case.conversation.path.parent)
        self._chats = {
            name: self._enter(name, language) for name, language in case.conversation.people.items()
        }
        self._written = stage.bot.length

    def take(self, step: Step) -> None:
        """Take one step; what follows it without an expectation is not waited for.

        Raises:
            StepFailedError: something is not as written.
        """
        chat = self._chats[step.person]
        if step.expected is not None or step.kind in ("press", "vote", "edit", "resend", "staff"):
            self._settle(chat)
        if step.expected is not None and step.kind != "hears":
            chat.heard.clear()
        self._tell(step)
        is_timed = any(each.name == "within_ms" for each in step.expected or ())
        with self.stage.quiet.alone() if is_timed else self.stage.quiet.among():
            self._take(step, chat)

    def end(self) -> None:
        """See that whoever wrote got an answer.

        Raises:
            StepFailedError: somebody did not.
        """
        for chat in self._chats.values():
            self._settle(chat)

    def _take(self, step: Step, chat: Chat) -> None:
        if not any(each.open for each in self._chats.values()):
            self._written = self.stage.bot.length
        began, bot = time.monotonic(), self.stage.bot
        done = self._actor.do(step, chat)
        chat.did(step, done)
        if note := (done or {}).get("note"):
            self.transcript.append(Said("around", note))
        if self.stage.bot is not bot:
            self._written = 0  # Another process writes another file.
        if step.expected is not None:
            ended = self._await(step, chat, done)
            self._judge(step, chat, milliseconds=(ended - began) * 1000)

    def _await(self, step: Step, chat: Chat, done: Json | None) -> float:
        """Return when all is there that is to be judged."""
        is_open = bool(chat.open)
        ended = self._finish(chat)
        if step.is_silent:
            self._be_silent(done, is_done=is_open)
        elif step.kind not in _ACTS:
            self._listen(step, chat)
        self._fetch(chat)
        return ended

    def _judge(self, step: Step, chat: Chat, *, milliseconds: float) -> None:
        """Compare what came with what is expected of it, which is at least that it came."""
        self._check_refusals(step, chat)
        report = self.stage.link.report(chat.last) if chat.last else Report()
        staff = chat.new_to_staff()
        came = seen(chat.heard, report, milliseconds=milliseconds, staff_texts=staff)
        chat.heard.clear()
        if came.is_nothing and not step.is_silent and not staff:
            raise content(step, "unanswered")
        if missed := unmet(step.expected or (), came):
            raise StepFailedError("content", step, *missed)

    def _settle(self, chat: Chat) -> None:
        """Wait until everything done in a chat is answered."""
        waiting = list(chat.open)
        self._finish(chat)
        for step, _ in waiting:
            self._check_refusals(step, chat)
            if step.kind in _ANSWERED and seen(chat.heard, Report()).is_nothing:
                raise content(step, "unanswered")

    def _finish(self, chat: Chat) -> float:
        """Wait for what is open in a chat; return when the last of it was answered."""
        waiting, chat.open = chat.open, []
        ended = [self._ended(step, update, chat) for step, update in waiting]
        self._fetch(chat)
        return max(ended, default=time.monotonic())

    def _ended(self, step: Step, update: int, chat: Chat) -> float:
        """Return when an update was answered.

        Raises:
            StepFailedError: it was not.
        """
        until = time.monotonic() + self.patience
        ended, log = None, ""
        while ended is None and not log and (left := until - time.monotonic()) > 0:
            ended = self.stage.ended(update, seconds=min(left, 1.0))
            log = self.stage.bot.failure(after=self._written, update=update)
        if ended is None or log:
            self._fetch(chat)
            raise system(step, "logged" if log else "silent", log or f"{self.patience:g}")
        return ended

    def _be_silent(self, done: Json | None, *, is_done: bool) -> None:
        """Let the bot take what it was sent, and a second pass."""
        update = (done or {}).get("update_id")
        if update and not is_done:
            self._until(lambda: self.stage.is_taken(update))
        time.sleep(_SILENCE)

    def _listen(self, step: Step, chat: Chat) -> None:
        """Wait until something comes by itself, if nothing has."""
        until = time.monotonic() + self.patience
        while seen(chat.heard, Report()).is_nothing:
            left = until - time.monotonic()
            if left <= 0:
                raise content(step, "silent", came=f"{self.patience:g}")
            self._fetch(chat, seconds=min(left, 1.0))

    def _until(self, is_so: Callable[[], bool]) -> None:
        until = time.monotonic() + self.patience
        while not is_so() and time.monotonic() < until:
            time.sleep(_LOOK_EVERY)

    def _fetch(self, chat: Chat, *, seconds: float = 0) -> None:
        """Take down what was sent in a chat since the last time."""
        if chat.mark is not None:
            sent = self.stage.sent(after=chat.mark, seconds=seconds)
            self.transcript += _answers(chat.take_down(sent), chat.name)

    def _check_refusals(self, step: Step, chat: Chat) -> None:
        if refusals := chat.refusals():
            raise system(step, "refused", "\n".join(refusals))

    def _enter(self, name: str, language: str) -> Chat:
        made = self.stage.new_person(language)
        return Chat(name, made["key"], made["chat_id"])

    def _tell(self, step: Step) -> None:
        """Put a step into the transcript."""
        is_persons = step.kind in _ACTS and step.kind != "staff"
        who: Literal["person", "around"] = "person" if is_persons else "around"
        is_plain = step.kind in ("user", "command")
        text = step.text if is_plain else f"{step.kind}: {step.text}"
        if step.kind != "hears":
            self.transcript.append(Said(who, text, person=step.person))


def _answers(sent: Sequence[Json], person: str) -> list[Said]:
    """Return what a person saw, for the transcript."""
    answers = []
    for entry in sent:
        text = entry.get("text") or entry["params"].get("text") or ""
        labels = tuple(label for row in entry.get("buttons", ()) for label in row)
        if entry["ok"] and (text or labels):
            answers.append(Said("bot", text, labels, person))
    return answers
