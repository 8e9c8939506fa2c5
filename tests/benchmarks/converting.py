"""Makes a knowledge folder of passages and the questions they answer."""

import json
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

QUESTIONS = "questions.jsonl"
"""The questions of such a folder, as the contract has them."""

_STEM = "passages"
_FRONT = "---\nlanguage: {language}\nsources: [PASSAGES]\nas_of: undated\nseen: {today}\n---\n"
_CARD = "\n## {title} {{#p{number}}}\n\n{text}\n"
_SOURCES = (
    "PASSAGES:\n  publisher: {name}\n  title: {name}\n  url: https://example.org\n  date: {today}\n"
)

Json = Mapping[str, Any]


def main(
    passages: Annotated[Path, typer.Argument(help='JSON Lines: {"passage": 1, "text": "…"}')],
    questions: Annotated[Path, typer.Argument(help='JSON Lines: {"question": "…", "passage": 1}')],
    folder: Annotated[Path, typer.Argument(help="The folder to make.")],
    *,
    language: Annotated[str, typer.Option(help="The language of the passages.")] = "id",
) -> None:
    """Make a knowledge folder of a file of passages, each a card, with its questions."""
    convert(passages, questions, folder, language=language)
    typer.echo(f"{folder}: uv run python -m tests.benchmarks search {folder}")


def convert(passages: Path, questions: Path, folder: Path, *, language: str = "id") -> None:
    """Write the cards, their source and the questions."""
    folder.mkdir(parents=True, exist_ok=True)
    today = date.today()  # noqa: DTZ011 - a date that nothing depends on
    cards = "".join(map(_card, _lines(passages)))
    front = _FRONT.format(language=language, today=today)
    (folder / f"{_STEM}.md").write_text(front + cards, encoding="utf-8")
    source = _SOURCES.format(name=passages.name, today=today)
    (folder / "sources.yaml").write_text(source, encoding="utf-8")
    asked = [_question(number, row) for number, row in enumerate(_lines(questions))]
    written = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in asked)
    (folder / QUESTIONS).write_text(written, encoding="utf-8")


def _lines(path: Path) -> Iterator[Json]:
    return map(json.loads, path.read_text(encoding="utf-8").splitlines())


def _card(row: Json) -> str:
    """Return a passage as a card; without a title of its own it is called by its number."""
    title, text = (" ".join(str(row.get(key, "")).split()) for key in ("title", "text"))
    return _CARD.format(title=title or f"p{row['passage']}", number=row["passage"], text=text)


def _question(number: int, row: Json) -> Json:
    card = f"{_STEM}#p{row['passage']}"
    return {"id": f"q{number}", "text": row["question"], "card": card}
