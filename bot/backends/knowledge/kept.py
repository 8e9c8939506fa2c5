"""The space of the version that answers, kept in a file: a bot starts before Chroma is open."""

import hashlib
import logging
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from bot.backends.arrays import keep_arrays, read_arrays
from bot.backends.knowledge import spaces, texts
from bot.backends.knowledge.spaces import Array, Lens, Scale, Space
from bot.backends.knowledge.texts import NEAREST, EmbedsQuestions, embedded_question

log = logging.getLogger(__name__)

_FOLDER = "spaces"


class KeptSpaces:
    """Keeps a space in the data folder; what cannot be read or written is done without."""

    def __init__(self, data: Path) -> None:
        self._folder = data / _FOLDER
        self._loaded: tuple[str, Space] | None = None  # It is asked for twice at each start.

    def load(self, version: str) -> Space | None:
        """Return the space of the version with this name, if it is kept."""
        if self._loaded is None or self._loaded[0] != version:
            found = self._read(version)
            self._loaded = (version, found) if found else None
        return self._loaded[1] if self._loaded else None

    def keep(self, version: str, space: Space) -> None:
        """Keep the space of a version, and no other: the next start is of this one."""
        try:
            keep_arrays(self._path(version), _arrays(space), instead_of="*")
        except OSError as error:
            log.warning("the next start takes longer, as nothing can be kept: %s", error)

    def _read(self, version: str) -> Space | None:
        arrays = read_arrays(self._path(version))
        return _space(arrays) if arrays else None

    def _path(self, version: str) -> Path:
        """Return a path of its own for each version and each way to make a space."""
        return self._folder / f"{version}-{_WAY}.npz"


_MAKERS = (Path(spaces.__file__), Path(texts.__file__))
_WAY = hashlib.sha256(b"".join(path.read_bytes() for path in _MAKERS)).hexdigest()[:8]


class KeptIndex:
    """The vectors of a version while Chroma is not open yet."""

    def __init__(self, space: Space, embeddings: EmbedsQuestions) -> None:
        self._space = space
        self._embeddings = embeddings

    def similarities(self, question: str) -> Mapping[str, float]:
        """Return how like the question each of the nearest cards is, in the units of `Space`.

        Raises:
            KnowledgeError: the model failed.
        """
        vector = embedded_question(self._embeddings, question)
        return self._space.similarities(vector, self._space.nearest(vector, limit=NEAREST))


def _arrays(space: Space) -> dict[str, Array]:
    numbers = np.zeros(len(space.seen), dtype=np.int32)
    for number, rows in enumerate(space.rows.values()):
        numbers[rows] = number
    return {
        "names": np.array(list(space.rows), dtype=np.str_),
        "numbers": numbers,
        "seen": space.seen,
        "middle": space.lens.middle,
        "turn": space.lens.turn,
        "weights": space.weights,
        "scale": np.array([space.scale.different, space.scale.same]),
    }


def _space(arrays: Mapping[str, Array]) -> Space:
    lens, scale = Lens(arrays["middle"], arrays["turn"]), Scale(*arrays["scale"].tolist())
    rows = spaces.rows_of(arrays["names"].tolist(), arrays["numbers"])
    return Space(rows, lens, arrays["seen"], arrays["weights"], scale)
