"""Pictures, voice notes and documents in the chats."""

import json
import secrets
import struct
from dataclasses import dataclass
from pathlib import PurePosixPath

from bot.channels.simulator.state.database import Database, Json, encode

_PNG_HEAD = 24


@dataclass(frozen=True)
class File:
    """A stored file; `shape` is what Telegram's object says beside its ids and size."""

    id: str
    path: str
    kind: str
    shape: Json
    content: bytes

    def described(self) -> Json:
        """The ids and size, with the shape."""
        ids = {"file_id": self.id, "file_unique_id": self.id[-16:]}
        return ids | {"file_size": len(self.content)} | self.shape


class Files:
    """The files of all chats."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, content: bytes, *, folder: str, name: str, kind: str, shape: Json) -> File:
        """Store a file; the bot downloads it under `folder`."""
        identifier = f"AKAR{secrets.token_hex(16)}"
        ending = PurePosixPath(name).suffix[:10]
        path = f"{folder}/file_{identifier[4:16]}{ending}"
        file = File(identifier, path, kind, shape, content)
        self._database.run(
            "INSERT INTO files VALUES (?, ?, ?, ?, ?)", file.id, path, kind, encode(shape), content
        )
        return file

    def get(self, identifier: str) -> File | None:
        """The file with this id."""
        return self._find("id", identifier)

    def at(self, path: str) -> File | None:
        """The file at this path."""
        return self._find("path", path)

    def _find(self, column: str, value: str) -> File | None:
        sql = f"SELECT id, path, kind, shape, content FROM files WHERE {column} = ?"  # noqa: S608 - two fixed names
        row = self._database.row(sql, value)
        return File(row[0], row[1], row[2], json.loads(row[3]), row[4]) if row else None


def picture_size(content: bytes) -> tuple[int, int] | None:
    """Width and height of a PNG, JPEG, GIF or WebP picture; None for anything else."""
    if content.startswith(b"\x89PNG") and len(content) >= _PNG_HEAD:
        width, height = struct.unpack(">II", content[16:24])
        return width, height
    if content[:6] in (b"GIF87a", b"GIF89a"):
        width, height = struct.unpack("<HH", content[6:10])
        return width, height
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return 512, 512
    return _jpeg_size(content) if content.startswith(b"\xff\xd8") else None


def _jpeg_size(content: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 < len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            return width, height
        at += 2 + int(struct.unpack(">H", content[at + 2 : at + 4])[0])
    return None
