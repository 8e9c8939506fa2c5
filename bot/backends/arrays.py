"""Arrays kept in a file, so that the next start need not make them again."""

import uuid
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

Array = np.ndarray[Any, Any]


def read_arrays(path: Path) -> Mapping[str, Array] | None:
    """Return the arrays that are kept in a file, if it is there and whole."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}
    except (OSError, EOFError, ValueError, BadZipFile):
        return None


def keep_arrays(path: Path, arrays: Mapping[str, Array], *, instead_of: str) -> None:
    """Keep arrays in a file, and delete the others that a pattern fits, half written ones too.

    Raises:
        OSError: they cannot be kept; what was there is there.
    """
    beside = path.with_suffix(f".{uuid.uuid4().hex}")
    try:
        path.parent.mkdir(exist_ok=True)
        with beside.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)
        beside.replace(path)
        for other in path.parent.glob(instead_of):
            if other != path:
                other.unlink(missing_ok=True)
    except OSError:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise
