"""The pieces that a product's name is recognised by: words, parts of words, neighbours, ends."""

import re
import zlib
from collections.abc import Iterator, Sequence
from itertools import pairwise

from bot.core.messages import Language

PIECE = re.compile(r"[a-z0-9']+|[\u3400-\u9fff]+")
HAN = re.compile(r"[\u3400-\u9fff]")
BUCKETS = 1 << 17  # Pieces share weights where they fall together; twice as many gain nothing.

_SIZES = (3, 4, 5)  # Letters of the pieces of a word; 2 and 6 add nothing (measured).
_ENDS = (3, 4)  # Letters at the end of the last word, which tells most in English.
_HEAD_FIRST = ("id",)  # Languages that name the thing first, and then of what kind it is.
_BEHIND = ("for", "with", "of", "untuk", "dengan", "dari")  # What follows tells the use alone.
_EMPTY = ("and", "to", "in", "on", "by", "the", "a", "dan", "yang")  # Words that are no thing.
_HEAD_WEIGHT = 3  # Times that the word of the thing itself counts; two are righter by less.
_HEAD_ENDS = (3, 4, 5)  # Letters at the end of that word.
_HAN_ENDS = (1, 2, 3)  # Characters at the end of a Chinese name, which tell the thing itself.


def pieces(name: str, language: Language | None = None) -> set[str]:
    """Return what a name is recognised by: words, neighbours, first and last, parts of words.

    Chinese, which sets no words apart, by its characters, pairs of them and its end. In a
    language that is known, the word of the thing itself counts apart from those of its kind:
    a shoe rack and a rack shoe are two things.
    """
    found = PIECE.findall(name.casefold())
    words = [stem(run) for run in found if not HAN.match(run)]
    kept = {f"w:{word}" for word in words}
    kept.update(f"{one}_{other}" for one, other in pairwise(words))
    for run in found:
        kept.update(_of_han(run) if HAN.match(run) else _parts(stem(run), _SIZES))
    if language:
        kept.update(_of_head(words, language))
    if words:
        ends = {f"last{size}:{words[-1][-size:]}" for size in _ENDS} if words[1:] else set()
        kept |= {f"first:{words[0]}", f"last:{words[-1]}", f"begin:{words[0]}", *ends}
        kept.add(f"end:{words[-1]}")  # Twice over, as it tells most.
    return kept


def _of_han(run: str) -> Iterator[str]:
    yield from _parts(run, (1, 2))
    yield f"of:{run[-1]}"
    yield from (f"of{size}:{run[-size:]}" for size in _HAN_ENDS if len(run) > size)
    if len(run) > 2:
        yield f"from:{run[:2]}"


def _of_head(words: Sequence[str], language: Language) -> Iterator[str]:
    """Yield the word of the thing itself, and what stands beside it, each as what it is."""
    behind = (place for place, word in enumerate(words) if place and word in _BEHIND)
    thing = [word for word in words[: next(behind, len(words))] if word not in _EMPTY]
    if not thing:
        return
    head = thing[0] if language in _HEAD_FIRST else thing[-1]
    yield from (f"head{time}:{language}:{head}" for time in range(_HEAD_WEIGHT))
    yield from (f"beside:{word}" for word in words if word != head)
    if language not in _HEAD_FIRST:
        yield from (f"head of{size}:{head[-size:]}" for size in _HEAD_ENDS)


def _parts(word: str, sizes: Sequence[int]) -> Iterator[str]:
    marked = f"^{word}$"
    for size in sizes:
        for start in range(len(marked) - size + 1):
            part = marked[start : start + size]
            if part not in "^$":
                yield part


def stem(word: str) -> str:
    """Return a word without the endings that change nothing: English plurals, Indonesian `-nya`."""
    if len(word) > 6 and word.endswith("nya"):
        return word[:-3]
    if len(word) > 4 and word.endswith(("ches", "shes", "xes", "sses")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and word[-2] != "s":
        word = word[:-1]
    if len(word) > 3 and word.endswith("ie"):  # cookie, cookies
        return word[:-1]
    return word[:-1] + "i" if len(word) > 2 and word[-1] == "y" else word  # berry, berries


def bucket(piece: str) -> int:
    """Return the place of a piece among the weights."""
    return zlib.crc32(piece.encode()) % BUCKETS
