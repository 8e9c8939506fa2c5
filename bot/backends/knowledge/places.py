"""Where in the knowledge folder a file that somebody sent belongs, and putting it there."""

import contextlib
import hashlib
import os
import re
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Literal

from bot.backends.knowledge.findings import nearest
from bot.backends.knowledge.folder import READ, files_of
from bot.core.ports import KnowledgeError

Reason = Literal["kind", "path", "unread", "link", "folder", "unclear", "nowhere"]
"""`kind`: no file of the folder's format; `path`: no path in the folder; `unread`: nobody reads
files of this name; `link`: a link stands there; `folder`: no such folder in it; `unclear`:
several files have the name; `nowhere`: none has it, and it may be a new one."""

_COPY = re.compile(r" ?\(\d+\)(?=\.[a-z]+$)")  # What a phone adds to the name of a second copy.
_PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_DEEPEST = 6
_NO_LINK = os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class Place:
    """A path in the knowledge folder, with `/`, and whether a file is there already."""

    path: str
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class Misplaced:
    """Why a file has no place, and the paths that were probably meant."""

    reason: Reason
    near: tuple[str, ...] = ()


def place_of(folder: Path, name: str, said: str) -> Place | Misplaced:
    """Return where a file goes: the path that was said with it, else the one file of its name."""
    name = _COPY.sub("", name)
    files = _files(folder)
    path = _said_path(said, name)
    if path and path not in files:
        path = path.removeprefix(f"{folder.absolute().name}/")
    if not path:
        same = [file for file in files if PurePosixPath(file).name == name]
        if len(same) != 1:
            return _unplaced(folder, name, same)
        path = same[0]
    return _place(folder, path, files)


def digest(folder: Path, *, beside: str) -> str:
    """Return a digest of every file in the folder beside one."""
    found = hashlib.sha256()
    for file in _files(folder):
        if file != beside:
            content = hashlib.sha256((folder / file).read_bytes()).hexdigest()
            found.update(os.fsencode(file) + f"\n{content}\n".encode())
    return found.hexdigest()


def content_of(folder: Path, path: str) -> bytes | None:
    """Return what stands at a path; None where there is no file."""
    return (folder / path).read_bytes() if path in _files(folder) else None


@contextmanager
def copy_with(folder: Path, path: str, content: bytes) -> Iterator[Path]:
    """Yield a copy of the folder in which this stands at the path.

    Raises:
        KnowledgeError: the folder cannot be read.
    """
    with TemporaryDirectory(prefix="akar-") as temporary:
        copy = Path(temporary) / (folder.name or "knowledge")
        try:
            for file in _files(folder):
                (copy / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(folder / file, copy / file)
        except OSError as error:
            raise KnowledgeError("knowledge_unreadable", path=folder, reason=error) from error
        (copy / path).parent.mkdir(parents=True, exist_ok=True)
        (copy / path).write_bytes(content)
        yield copy


def put(folder: Path, path: str, content: bytes) -> None:
    """Put a file into the folder, whole or not at all; no link on the way is followed.

    Raises:
        KnowledgeError: a folder on the way is a link or gone, or cannot be written.
    """
    *parents, name = PurePosixPath(path).parts
    try:
        with _opened(folder, parents) as place:
            _replace(place, name, content)
    except OSError as error:
        raise KnowledgeError("knowledge_unwritable", path=folder / path, reason=error) from error


def _said_path(said: str, name: str) -> str:
    """Return the path that a caption begins with, or nothing; a folder stands for the name."""
    line = next(iter(said.strip().splitlines()), "").strip().strip("`").removeprefix("./")
    is_path = "/" in line or _is_read(line)
    if not is_path or " " in line:
        return ""
    return f"{line}{name}" if line.endswith("/") else line


def _unplaced(folder: Path, name: str, same: list[str]) -> Misplaced:
    if not _is_read(name):
        return Misplaced("kind")
    if same:
        return Misplaced("unclear", tuple(same))
    example = PurePosixPath(*_folders(folder)[:1], name)
    return Misplaced("nowhere", (example.as_posix(),))


def _place(folder: Path, path: str, files: list[str]) -> Place | Misplaced:
    if path not in files:
        return _new_place(folder, path)
    if not _is_read(path):
        return Misplaced("kind")
    return Misplaced("link") if (folder / path).is_symlink() else Place(path)


def _new_place(folder: Path, path: str) -> Place | Misplaced:
    parts = path.split("/")
    if not all(map(_PART.fullmatch, parts)) or ".." in path or len(parts) > _DEEPEST:
        return Misplaced("path")
    if not _is_read(path):
        return Misplaced("kind")
    if parts[-1].startswith("README"):
        return Misplaced("unread")
    parent = path.rpartition("/")[0]
    folders = _folders(folder)
    if parent and parent not in folders:
        near = nearest(parent, folders)
        return Misplaced("folder", (near,) if near else tuple(folders))
    return Place(path, is_new=True)


def _is_read(path: str) -> bool:
    return path.endswith(".md") or path in READ


def _files(folder: Path) -> list[str]:
    """Return every file in the folder that a check may read: none that is hidden."""
    return sorted(path.as_posix() for path in files_of(folder) if (folder / path).is_file())


def _folders(folder: Path) -> list[str]:
    found = []
    for parent, folders, _ in os.walk(folder):
        folders[:] = [
            each
            for each in folders
            if not each.startswith(".") and not Path(parent, each).is_symlink()
        ]
        found += [Path(parent, each).relative_to(folder).as_posix() for each in folders]
    return sorted(found)


@contextmanager
def _opened(folder: Path, parents: list[str]) -> Iterator[int]:
    """Open a folder in the folder, step by step, so that nobody can put a link in between."""
    with contextlib.ExitStack() as stack:
        place = os.open(folder, os.O_DIRECTORY | os.O_CLOEXEC)
        stack.callback(os.close, place)
        for part in parents:
            place = os.open(part, os.O_DIRECTORY | _NO_LINK, dir_fd=place)
            stack.callback(os.close, place)
        yield place


def _replace(place: int, name: str, content: bytes) -> None:
    """Put a file in a folder that is open, in place of one of its name; a link is replaced."""
    draft = f".{name}.{secrets.token_hex(4)}"  # Hidden: nobody reads it, whatever happens.
    try:
        _write(place, draft, content, mode=_mode_of(place, name))
        os.replace(draft, name, src_dir_fd=place, dst_dir_fd=place)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(draft, dir_fd=place)
        raise
    os.fsync(place)


def _write(place: int, name: str, content: bytes, *, mode: int | None) -> None:
    descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINK, 0o666, dir_fd=place)
    with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor
        if mode is not None:
            os.fchmod(descriptor, mode)
        file.write(content)
        file.flush()
        os.fsync(descriptor)


def _mode_of(place: int, name: str) -> int | None:
    """Return who may do what with a file; None where there is none."""
    try:
        found = os.stat(name, dir_fd=place, follow_symlinks=False)
    except FileNotFoundError:
        return None
    return stat.S_IMODE(found.st_mode) if stat.S_ISREG(found.st_mode) else None
