"""What the version that answers is searched with, kept in files: a bot starts sooner so."""

import hashlib
import logging
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

import numpy as np
import Stemmer
from bm25s import scoring, stopwords

from bot.backends.arrays import keep_arrays, read_arrays
from bot.backends.knowledge import (
    quantized,
    served,
    spaces,
    spelling,
    terms,
    texts,
    vocabulary,
    words,
)
from bot.backends.knowledge.quantized import Quantized
from bot.backends.knowledge.served import Served
from bot.backends.knowledge.spaces import Array, Lens, Scale, Space
from bot.backends.knowledge.texts import NEAREST, EmbedsQuestions, embedded_question

log = logging.getLogger(__name__)


class KeptSpaces:
    """Keeps the space of one version in the data folder."""

    def __init__(self, data: Path) -> None:
        self._files = KeptFiles(data / "spaces", spaces, quantized, texts)
        self._loaded: tuple[str, Space] | None = None  # It is asked for twice at each start.

    def load(self, version: str) -> Space | None:
        """Return the space of the version with this name, if it is kept."""
        if self._loaded is None or self._loaded[0] != version:
            found = self._files.load(version)
            self._loaded = (version, _space(found)) if found else None
        return self._loaded[1] if self._loaded else None

    def keep(self, version: str, space: Space) -> None:
        """Keep the space of a version, and no other: the next start is of this one."""
        self._files.keep(version, _arrays(space))


class KeptWords:
    """Keeps the index of the words of one version in the data folder."""

    def __init__(self, data: Path) -> None:
        own = (served, words, terms, vocabulary, spelling)
        self._files = KeptFiles(data / "words", *own, scoring, stopwords, Stemmer)

    def load(self, version: str) -> Mapping[str, Array] | None:
        """Return the index of the version with this name, if it is kept."""
        return self._files.load(version)

    def keep(self, version: str, indexed: Served) -> None:
        """Keep the index of a version, and no other, if it is not kept already."""
        if not self._files.holds(version):
            self._files.keep(version, indexed.arrays())


class KeptFiles:
    """One file of arrays, of a version; what cannot be read or written is done without."""

    def __init__(self, folder: Path, *makers: ModuleType) -> None:
        """`makers` are the modules that make what is kept: changed, they make something else."""
        self._folder = folder
        code = b"".join(Path(str(maker.__file__)).read_bytes() for maker in makers)
        self._way = hashlib.sha256(code).hexdigest()[:8]

    def holds(self, version: str) -> bool:
        """Say whether the arrays of a version are kept."""
        return self._path(version).exists()

    def load(self, version: str) -> Mapping[str, Array] | None:
        """Return the arrays of a version, if they are kept, and whole."""
        return read_arrays(self._path(version))

    def keep(self, version: str, arrays: Mapping[str, Array]) -> None:
        """Keep the arrays of a version, and of no other."""
        try:
            keep_arrays(self._path(version), arrays, instead_of="*")
        except OSError as error:
            log.warning("the next start takes longer, as nothing can be kept: %s", error)

    def _path(self, version: str) -> Path:
        """Return a path of its own for each version and each way to make what is kept."""
        return self._folder / f"{version}-{self._way}.npz"


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
        "codes": space.seen.codes,
        "steps": space.seen.steps,
        "middle": space.lens.middle,
        "turn": space.lens.turn,
        "weights": space.weights,
        "scale": np.array([space.scale.different, space.scale.same]),
    }


def _space(arrays: Mapping[str, Array]) -> Space:
    lens, scale = Lens(arrays["middle"], arrays["turn"]), Scale(*arrays["scale"].tolist())
    rows = spaces.rows_of(arrays["names"].tolist(), arrays["numbers"])
    seen = Quantized(arrays["codes"], arrays["steps"])
    return Space(rows, lens, seen, arrays["weights"], scale)
