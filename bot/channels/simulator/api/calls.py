"""A call of the Bot API, read out of a request however the client wrote it."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_to_bytes

from starlette.datastructures import UploadFile
from starlette.requests import Request

from bot.channels.simulator.api.refusals import RefusalError, bad_request
from bot.channels.simulator.state.database import Json

_LARGEST_UPLOAD = 50 * 1024 * 1024
_STRUCTURED = {
    "allowed_updates",
    "caption_entities",
    "commands",
    "correct_option_ids",
    "entities",
    "explanation_entities",
    "link_preview_options",
    "menu_button",
    "message_ids",
    "options",
    "question_entities",
    "reply_markup",
    "reply_parameters",
    "scope",
}
_TRUE = {"true", "yes", "1", "t", "y"}


@dataclass(frozen=True)
class Upload:
    """A file that came with a call."""

    name: str
    type: str
    content: bytes


@dataclass(frozen=True)
class Call:
    """A method with its parameters, typed or still as the text of a form."""

    method: str
    values: Json
    files: dict[str, Upload] = field(default_factory=dict)
    gone: Callable[[], Any] | None = None
    opened: Json = field(default_factory=dict)  # Structures that were read already.

    def text(self, name: str) -> str:
        """A text; empty when it was left out."""
        value = self.values.get(name)
        return value if isinstance(value, str) else "" if value is None else json.dumps(value)

    def integer(self, name: str, default: int = 0) -> int:
        """A whole number; the default when it is none."""
        try:
            return int(self.values.get(name, default))
        except (TypeError, ValueError):
            return default

    def truth(self, name: str) -> bool:
        """A yes or no."""
        return str(self.values.get(name, "")).lower() in _TRUE

    def structure(self, name: str, *, refusal: str) -> Any:
        """A list or object, which a form writes as JSON text; None when it was left out."""
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        if name not in self.opened:
            try:
                self.opened[name] = json.loads(value)
            except ValueError:
                raise bad_request(refusal) from None
        return self.opened[name]

    def typed(self) -> Json:
        """The parameters with the structured ones opened, for people to read."""
        rest = {
            name: _opened(name, value)
            for name, value in self.values.items()
            if name not in self.opened
        }
        return rest | self.opened


def _opened(name: str, value: Any) -> Any:
    if name not in _STRUCTURED or not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


async def read_call(request: Request, method: str) -> Call:
    """The call that a request makes."""
    values: Json = dict(request.query_params) if request.scope["query_string"] else {}
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.method != "POST":
        return Call(method, values, gone=request.receive)
    if kind == "multipart/form-data":
        more, files = await _read_multipart(request)
        return Call(method, values | more, files, gone=request.receive)
    body = await request.body()
    read = _READERS.get(kind, _read_form)
    return Call(method, values | read(body), gone=request.receive)


def _read_form(body: bytes) -> Json:
    # A third of the time that urllib's parse_qsl takes.
    pairs = (pair.partition(b"=") for pair in body.replace(b"+", b" ").split(b"&"))
    return {_unquoted(name): _unquoted(value) for name, _, value in pairs if name}


def _unquoted(text: bytes) -> str:
    return unquote_to_bytes(text).decode(errors="replace")


def _read_json(body: bytes) -> Json:
    try:
        values = json.loads(body or b"{}")
    except ValueError:
        values = None
    if not isinstance(values, dict):
        raise bad_request("can't parse JSON object")
    return {name: value for name, value in values.items() if value is not None}


_READERS: dict[str, Callable[[bytes], Json]] = {"application/json": _read_json}


async def _read_multipart(request: Request) -> tuple[Json, dict[str, Upload]]:
    if int(request.headers.get("content-length", 0)) > _LARGEST_UPLOAD:
        raise RefusalError(413, "Request Entity Too Large")
    values: Json = {}
    files: dict[str, Upload] = {}
    async with request.form(max_part_size=_LARGEST_UPLOAD) as form:
        for name, value in form.multi_items():
            if isinstance(value, UploadFile):
                kind = value.content_type or "application/octet-stream"
                files[name] = Upload(value.filename or name, kind, await value.read())
            else:
                values[name] = value
    return values, files
