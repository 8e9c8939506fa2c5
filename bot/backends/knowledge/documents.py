"""Reads a document that somebody has: Word, PDF, Excel, a web page or plain text, as Markdown."""

import io
import subprocess
import sys
import zipfile
from pathlib import PurePath

from bot.core.ports import KnowledgeError

MAX_BYTES = 20_000_000  # What Telegram lets a bot download.
KINDS = ("docx", "pdf", "xlsx", "html", "txt")

_PACKED = 10  # A document may unpack to so many times the most it may have.
_MAX_TEXT = 500_000  # Characters: some hundreds of cards.
_WITHIN = 90.0  # Seconds.
_SAME = {"htm": "html"}
_PARTS = {"docx": b"word/", "xlsx": b"xl/"}  # What the archive of each kind holds.
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_NO_TEXT = (b"%PDF-", b"PK\x03\x04", b"{\\rtf")
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")  # An office file with a password.


def markdown_of(content: bytes, name: str) -> str:
    """Return the text of a document; its name says of which kind it is.

    It takes seconds: a process of its own reads the document, so that nothing in it can harm.

    Raises:
        KnowledgeError: it is of no kind that is known, too large, encrypted, damaged or empty.
    """
    kind = kind_of(name)
    check_size(len(content), name)
    _check_beginning(content, kind, name)
    text = _converted(content, kind, name)
    if not text.strip():
        raise KnowledgeError("document_empty", name=name)
    if len(text) > _MAX_TEXT:
        raise KnowledgeError("document_large", name=name)
    return text


def kind_of(name: str) -> str:
    """Return of which kind a document is.

    Raises:
        KnowledgeError: of none that is known.
    """
    ending = PurePath(name).suffix.lower().removeprefix(".")
    kind = _SAME.get(ending, ending)
    if kind not in KINDS:
        raise KnowledgeError("document_unknown", name=name, kinds=", ".join(KINDS))
    return kind


def check_size(size: int, name: str) -> None:
    """Refuse what is too much to read.

    Raises:
        KnowledgeError: it is.
    """
    if size > MAX_BYTES:
        raise KnowledgeError("document_large", name=name)


def _check_beginning(content: bytes, kind: str, name: str) -> None:
    """Refuse what is not what its name says, before anything reads it."""
    if not content.strip():
        raise KnowledgeError("document_empty", name=name)
    if kind in _PARTS and content.startswith(_OLD_OFFICE) and _ENCRYPTED in content:
        raise KnowledgeError("document_encrypted", name=name)
    if not _is_a(kind, content):
        raise KnowledgeError("document_other", name=name)
    if kind in _PARTS:
        _check_archive(content, name)


def _is_a(kind: str, content: bytes) -> bool:
    """Say whether a document begins as those of its kind do."""
    match kind:
        case "docx" | "xlsx":
            return content.startswith(b"PK") and _PARTS[kind] in content
        case "pdf":
            return b"%PDF-" in content[:1024]
        case _:
            is_text = b"\0" not in content or content.startswith(_UTF_16)
            return is_text and not content.startswith(_NO_TEXT)


def _check_archive(content: bytes, name: str) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            unpacked = sum(part.file_size for part in archive.infolist())
    except zipfile.BadZipFile as error:
        raise KnowledgeError("document_damaged", name=name) from error
    check_size(unpacked // _PACKED, name)


def _converted(content: bytes, kind: str, name: str) -> str:
    command = [sys.executable, "-m", "bot.backends.knowledge.converting", kind]
    try:
        done = subprocess.run(  # noqa: S603 - this program itself
            command, input=content, capture_output=True, timeout=_WITHIN, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise KnowledgeError("document_large", name=name) from error
    if done.returncode < 0 or b"MemoryError" in done.stderr:  # It took more than it may.
        raise KnowledgeError("document_large", name=name)
    if done.returncode:
        is_locked = kind == "pdf" and b"/Encrypt" in content
        raise KnowledgeError("document_encrypted" if is_locked else "document_damaged", name=name)
    return done.stdout.decode()
