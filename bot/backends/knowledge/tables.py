"""Turns the tables of a document into what a chat can show: lists, or questions with answers."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

Row = list[str]

_RULE = re.compile(r"[\s|:-]+")
_BORDER = re.compile(r"(?<!\\)\|")
_NOTHING = re.compile(r"NaN|NaT|Unnamed: \d+")  # How an empty cell of a spreadsheet arrives.
_WHOLE = re.compile(r"(-?\d+)\.0")  # How a whole number in a column with empty cells arrives.


def without_tables(lines: Iterable[str]) -> Iterator[str]:
    """Yield the lines of a text, its tables as lists."""
    for is_table, group in groupby(lines, key=_is_of_table):
        if is_table:
            yield ""
            yield from _as_text(_rows(group))
            yield ""
        else:
            yield from group


def tables(markdown: str) -> int:
    """Count the tables of a text."""
    groups = groupby(markdown.split("\n"), key=_is_of_table)
    return sum(bool(is_table and _rows(group)) for is_table, group in groups)


def _is_of_table(line: str) -> bool:
    return line.lstrip().startswith("|")


def _rows(lines: Iterable[str]) -> list[Row]:
    """Return the rows of a table as wide as its first, without rules, empty rows and numbering."""
    rows: list[Row] = []
    for line in lines:
        if _RULE.fullmatch(line):
            continue
        cells = [_cell(cell) for cell in _BORDER.split(line.strip().strip("|"))]
        width = len(rows[0]) if rows else len(cells)
        rows.append([*cells[: width - 1], " ".join(cells[width - 1 :])])
    return [row for row in _without_numbering([row for row in rows if any(row)]) if any(row)]


def _cell(text: str) -> str:
    text = text.strip().replace("\\|", "|")
    whole = _WHOLE.fullmatch(text)
    return "" if _NOTHING.fullmatch(text) else whole[1] if whole else text


def _without_numbering(rows: list[Row]) -> list[Row]:
    """Leave out a first column that only counts the rows."""
    counts = [row[0].rstrip(".") for row in rows[1:]]
    is_counted = counts == [str(number) for number in range(1, len(counts) + 1)]
    return [row[1:] for row in rows] if len(counts) > 1 and is_counted else rows


def _as_text(rows: Sequence[Row]) -> Iterator[str]:
    width = max((len(row) for row in rows), default=0)
    if width == 2 and _holds_questions(rows):
        is_headed = not rows[0][0].endswith("?")
        for question, answer in rows[1:] if is_headed else rows:
            yield from ("", f"###### {question}" if question else "", "", answer)
    elif width < 3:
        for row in rows:
            yield f"- {_paired(row)}"
    else:
        for row in rows[1:] or rows:
            yield f"- {_named(row, rows[0] if len(rows) > 1 else [''] * width)}"


def _holds_questions(rows: Sequence[Row]) -> bool:
    asked = [row for row in rows if row[0].endswith("?")]
    return 2 * len(asked) >= len(rows) - 1 > 0


def _paired(row: Row) -> str:
    first, *others = (cell for cell in row if cell)
    return f"{_bold(first)}: {others[0]}" if others else first


def _named(row: Row, names: Row) -> str:
    """Return a row as one line, each cell but the first with the name of its column."""
    named = [
        f"{name}: {cell}" if name else cell
        for name, cell in zip(names[1:], row[1:], strict=False)
        if cell
    ]
    return " · ".join([_bold(row[0]), *named] if row[0] else named)


def _bold(text: str) -> str:
    plain = text.replace("**", "")
    return f"**{plain}**"
