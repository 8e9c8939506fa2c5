"""Where new files go in a knowledge folder; nothing that is there is ever overwritten."""

import shutil
from pathlib import Path, PurePosixPath
from typing import TextIO

from bot.core.ports import KnowledgeError

_UNREAD = ("_", "README")


def place(folder: Path, to: Path | None, stem: str) -> PurePosixPath:
    """Return where in the folder a new file goes: `to` is a file ending in .md, or a folder.

    Raises:
        KnowledgeError: there is no such folder, it is outside, the bot would not read the file
            there, or there is one.
    """
    if not folder.is_dir():
        raise KnowledgeError("knowledge_missing", path=folder)
    wanted = _inside(folder, to) if to else Path()
    target = wanted if wanted.suffix == ".md" else wanted / f"{stem}.md"
    if not (folder / target).parent.resolve().is_relative_to(folder.resolve()):
        raise KnowledgeError("draft_outside", path=to, folder=folder)
    is_hidden = any(part.startswith(".") for part in target.parts)
    if is_hidden or target.name.startswith(_UNREAD) or wanted.suffix not in ("", ".md"):
        raise KnowledgeError("draft_unread", path=folder / target)
    if (folder / target).exists() or (folder / target).is_symlink():
        raise KnowledgeError("draft_exists", path=folder / target)
    return PurePosixPath(target)


def write_new(path: Path, text: str) -> None:
    """Write a file that is not there yet.

    Raises:
        KnowledgeError: it is there, or cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            _write_whole(file, text, path)
    except FileExistsError as error:
        raise KnowledgeError("draft_exists", path=path) from error
    except OSError as error:
        raise KnowledgeError("file_unwritable", path=path, reason=error.strerror) from error


def _write_whole(file: TextIO, text: str, path: Path) -> None:
    """Write a text, or leave no file behind, which would be read and be in the way."""
    try:
        file.write(text)
        file.flush()
    except OSError:
        path.unlink(missing_ok=True)
        raise


def begin_folder(template: Path, folder: Path) -> list[str]:
    """Copy the start of a knowledge folder; return the names of its files.

    Raises:
        KnowledgeError: the folder holds something, or cannot be written.
    """
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise KnowledgeError("folder_taken", path=folder)
        shutil.copytree(template, folder, dirs_exist_ok=True, copy_function=shutil.copyfile)
    except OSError as error:
        reason = error.strerror or error
        raise KnowledgeError("file_unwritable", path=folder, reason=reason) from error
    return sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    )


def _inside(folder: Path, to: Path) -> Path:
    """Return a path as seen from the folder, though it may have been given from elsewhere."""
    if to.absolute().is_relative_to(folder.absolute()):
        return to.absolute().relative_to(folder.absolute())
    return to
