"""Pictures, voice notes, documents, stickers and places that people send."""

import struct
import zlib
from pathlib import PurePosixPath

from bot.channels.simulator.api.entities import cleaned, with_found
from bot.channels.simulator.control.acts import ImpossibleError
from bot.channels.simulator.state.database import Json
from bot.channels.simulator.state.files import picture_size
from bot.channels.simulator.state.state import State

KINDS = ("photo", "voice", "document", "sticker", "location")
_JAKARTA = {"latitude": -6.2088, "longitude": 106.8456}
_TYPES = {
    ".pdf": "application/pdf",
    ".txt": "text/plain",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".ogg": "audio/ogg",
}
_FOLDERS = {"photo": "photos", "voice": "voice", "document": "documents", "sticker": "stickers"}


def content_of(state: State, kind: str, upload: tuple[str, bytes] | None, *, caption: str) -> Json:
    """What stands in a message of this kind; without a file a small one is made."""
    if kind not in KINDS:
        raise ImpossibleError(400, f"kind is one of {', '.join(KINDS)}")
    if kind == "location":
        return {"location": dict(_JAKARTA)}
    name, content = upload or _made(kind)
    if not content:
        raise ImpossibleError(400, "the file is empty")
    shape = _shape(kind, name, content)
    file = state.files.add(content, folder=_FOLDERS[kind], name=name, kind=kind, shape=shape)
    described = file.described()
    return {kind: [described] if kind == "photo" else described} | _caption(kind, caption)


def _shape(kind: str, name: str, content: bytes) -> Json:
    kind_of_file = _TYPES.get(PurePosixPath(name).suffix.lower(), "application/octet-stream")
    if kind == "voice":
        return {"duration": 3, "mime_type": "audio/ogg"}
    if kind == "document":
        return {"file_name": name, "mime_type": kind_of_file}
    size = picture_size(content)
    if not size:
        raise ImpossibleError(400, f"{name} is not a picture")
    shape: Json = {"width": size[0], "height": size[1]}
    if kind == "photo":
        return shape
    return shape | {"type": "regular", "is_animated": False, "is_video": False, "emoji": "👋"}


def _caption(kind: str, caption: str) -> Json:
    text, _ = cleaned((caption, []))
    if not text or kind == "sticker":
        return {}
    entities = with_found(text, [])
    return {"caption": text} | ({"caption_entities": entities} if entities else {})


def _made(kind: str) -> tuple[str, bytes]:
    if kind == "voice":
        return "voice.ogg", b"OggS" + bytes(60)
    if kind == "document":
        return "catatan.txt", b"Catatan toko\n"
    return "picture.png", _png(320, 200) if kind == "photo" else _png(256, 256)


def _png(width: int, height: int) -> bytes:
    """A picture with a soft gradient."""
    rows = b"".join(
        b"\0" + b"".join(_colour(x, width, y, height) for x in range(width)) for y in range(height)
    )
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in parts)


def _colour(x: int, width: int, y: int, height: int) -> bytes:
    return bytes((40 + 150 * x // width, 150 + 60 * y // height, 190 - 80 * x // width))


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
