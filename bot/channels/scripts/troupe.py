"""Plays many cases: most of them side by side on one stage, some on stages of their own."""

import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

from bot.channels.scripts.expectations import Unmet
from bot.channels.scripts.playing import play
from bot.channels.scripts.results import Failure, Result
from bot.channels.scripts.script import Case
from bot.channels.scripts.stage import House, Stage, open_stage
from bot.core.ports import ChannelError

JOBS = 8
"""How many cases go on at the same time, unless somebody says how many: most of them wait."""

_APART = 2  # As many at once as a small machine has processors.


class Troupe:
    """Plays cases in threads; the stage that they share is opened when the first one needs it."""

    def __init__(self, house: House, *, jobs: int = JOBS) -> None:
        self._house = house
        self._jobs = jobs
        self._players = ThreadPoolExecutor(jobs, thread_name_prefix="player")
        self._apart = (
            ThreadPoolExecutor(_APART, thread_name_prefix="apart") if jobs > 1 else self._players
        )
        self._opening = threading.Lock()
        self._stage: Stage | ChannelError | None = None
        self._open = ExitStack()

    def begin(self, case: Case) -> Future[Result]:
        """Begin to play a case, or to wait for a place."""
        if case.is_apart:
            return self._apart.submit(self._play_apart, case)
        return self._players.submit(self._play, case)

    def stage(self) -> Stage:
        """Return the stage that cases share.

        Raises:
            ChannelError: it cannot be opened.
        """
        with self._opening:
            if self._stage is None:
                self._stage = self._opened()
        if isinstance(self._stage, ChannelError):  # It would not open for the next case either.
            raise self._stage
        return self._stage

    def close(self) -> None:
        """Play nothing more, and end what is open."""
        for players in (self._players, self._apart):
            players.shutdown(cancel_futures=True)
        self._open.close()

    def _opened(self) -> Stage | ChannelError:
        try:
            return self._open.enter_context(open_stage(self._house))
        except ChannelError as error:
            return error

    def _play(self, case: Case) -> Result:
        return play(case, self.stage())

    def _play_apart(self, case: Case) -> Result:
        changes = any(step.kind == "change" for step in case.steps)
        try:
            with open_stage(self._house, own_knowledge=changes) as stage:
                return play(case, stage)
        except ChannelError as error:  # The others have a bot that lives.
            return _ended(case, error)


def _ended(case: Case, error: ChannelError) -> Result:
    """Return how a case went whose bot ended."""
    line, log = case.conversation.line, str(error.values.get("log") or error)
    return Result(case, (), Failure("system", line, (Unmet("logged", "", log, line),)))


@contextmanager
def open_troupe(house: House, *, jobs: int = JOBS) -> Iterator[Troupe]:
    """Let cases be played until the end of the block."""
    troupe = Troupe(house, jobs=jobs)
    try:
        yield troupe
    finally:
        troupe.close()


def play_all(cases: Sequence[Case], troupe: Troupe) -> Iterable[Result]:
    """Yield the results in the order of the cases, each as soon as it and those before it are in.

    Raises:
        ChannelError: a bot or a simulator ended.
    """
    begun = [troupe.begin(case) for case in cases]
    for each in begun:
        yield each.result()
