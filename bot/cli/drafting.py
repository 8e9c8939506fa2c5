"""`akar knowledge import` and `akar knowledge new`."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.output import load, say, sentence
from bot.core.ports import KnowledgeError

if TYPE_CHECKING:
    from bot.backends.knowledge.drafts import Draft, Head


def import_document(
    file: Annotated[Path, typer.Argument(help="A .docx, .pdf, .xlsx, .html or .txt file.")],
    to: Annotated[
        Path | None,
        typer.Option(help="A folder in the knowledge folder, or the new file's name (.md)."),
    ] = None,
) -> None:
    """Make a draft knowledge file of a document: its headings become cards, for you to edit.

    Nothing of it is live before you delete its line `draft: true`.

    Example: `akar knowledge import panduan.docx --to onboarding`
    """
    folder = load().knowledge
    from bot.backends.knowledge.documents import kind_of
    from bot.backends.knowledge.drafts import drafted, slug
    from bot.backends.knowledge.placing import place, write_new

    content = _content(file)
    kind_of(file.name)
    target = place(folder, to, slug(file.stem))
    draft = drafted(content, file.name, _head(folder, target.as_posix(), file.name))
    write_new(folder / target, draft.text)
    _say_made(draft, folder / target, file.name)


def new(folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder.")]) -> None:
    """Make a knowledge folder for another program, with examples that explain themselves.

    Example: `akar knowledge new my-program`
    """
    from bot.app.folders import template_folder
    from bot.backends.knowledge.placing import begin_folder

    for name in begin_folder(template_folder(), folder):
        say((folder / name).as_posix())
    say(sentence("begun", path=folder))


def _say_made(draft: "Draft", path: Path, name: str) -> None:
    """Print what the draft holds, and what is left for a person to do."""
    say(
        sentence(
            "imported",
            path=path,
            name=name,
            cards=draft.cards,
            tables=draft.tables,
            pictures=draft.pictures,
        )
    )
    say(sentence("imported_next", path=path))


def _content(file: Path) -> bytes:
    """Return what is in a document.

    Raises:
        KnowledgeError: it is not there, no ordinary file, too large, or cannot be read.
    """
    from bot.backends.knowledge.documents import check_size

    try:
        if not file.exists() and not file.is_symlink():
            raise KnowledgeError("document_missing", path=file)
        if file.is_symlink() or not file.is_file():
            raise KnowledgeError("document_no_file", path=file)
        check_size(file.stat().st_size, file.name)
        return file.read_bytes()
    except OSError as error:
        raise KnowledgeError("document_unreadable", path=file, reason=error.strerror) from error


def _head(folder: Path, target: str, name: str) -> "Head":
    """Return what stands above the cards: the topic and the language are where the file goes."""
    from bot.backends.knowledge.drafts import Head
    from bot.backends.knowledge.folder import check_folder, split_language

    today = datetime.now(UTC).astimezone().date()
    topics = check_folder(folder, today=today).content.program.topics
    topic = target.partition("/")[0] if "/" in target else ""
    note = sentence("draft_note", name=" ".join(name.split()), day=today.isoformat())
    _, language = split_language(target)
    return Head(topic if topic in topics or not topics else "", language, today, note)
