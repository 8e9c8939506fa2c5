"""What can be checked in a text: its numbers, links and names, and whether they stand elsewhere."""

import re
from collections.abc import Iterator, Sequence

_LINK = re.compile(r"https?://[^\s)\]>]+[^\s)\]>.,;:!?]")
_NUMBER = re.compile(r"\d[\d.,]*\d|\d")
_WORD = re.compile(r"(?<!\w)[^\W\d_][^\W\d_'’-]*(?!\w)")
_HAN_NAME = re.compile(
    r"[《「『“]([^》」』”]+)[》」』”]|(?=([\u3400-\u9fff]{2}(?:部|局|署|厅|省|市|岛|公司|平台|条例)))"
)
"""In Chinese, which has no capitals: what stands in its quotation marks, and what is an office, a
place, a company or a law by its last character, with the two before."""
_ENDS = " .,;:()!?"
_AT_A_BEGIN = re.compile(r"(^|[.!?:;•\n(\"“*-])\W*$")


def ungrounded(body: str, grounds: Sequence[str]) -> list[str]:
    """Return the links, numbers and names of a text that do not stand in any of the grounds."""
    links = {link for ground in grounds for link in _LINK.findall(ground)}
    digits = {_digits(number) for ground in grounds for number in _NUMBER.findall(ground)}
    words = {word.casefold() for ground in grounds for word in _WORD.findall(ground)}
    found = [link for link in _LINK.findall(body) if link not in links]
    text = _LINK.sub(" ", body)
    found += [number for number in _NUMBER.findall(text) if _digits(number) not in digits]
    found += [name for name in names(text) if name.casefold() not in words]
    found += [name for name in _han_names(text) if not any(name in ground for ground in grounds)]
    return list(dict.fromkeys(found))


def names(text: str) -> Iterator[str]:
    """Yield the words with a capital that no beginning of a sentence gave them."""
    for match in _WORD.finditer(text):
        word = match[0]
        is_begin = _AT_A_BEGIN.search(text[max(match.start() - 8, 0) : match.start()])
        is_name = word[0].isupper() and (not is_begin or (len(word) > 1 and word.isupper()))
        if is_name:
            yield word


def _han_names(text: str) -> Iterator[str]:
    for match in _HAN_NAME.finditer(text):
        yield match[1] or match[2]


def key_words(text: str, *, most: int = 3) -> list[str]:
    """Return a few passages by which a text is known again: its numbers, else its first words."""
    lines = [line.strip(" •-*") for line in text.splitlines() if line.strip(" •-*")]
    with_numbers = [_around(line, match) for line in lines if (match := _NUMBER.search(line))]
    first = " ".join(lines[0].split()[:4]).strip(_ENDS) if lines else ""
    return list(dict.fromkeys([*with_numbers[: most - 1], first][:most])) if first else []


def _around(line: str, match: re.Match[str]) -> str:
    """Return a number with the words that stand to its left and right."""
    before, after = line[: match.start()].rsplit(maxsplit=1), line[match.end() :].split(maxsplit=1)
    glued = re.split(r"\s", line[: match.start()])[-1]
    tail = re.split(r"\s", line[match.end() :])[0]
    left = before[-1] + " " if before and not glued else glued
    right = " " + after[0] if after and not tail else tail
    return f"{left}{match[0]}{right}".strip(_ENDS)


def _digits(number: str) -> str:
    return re.sub(r"[.,]", "", number)
