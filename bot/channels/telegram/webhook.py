"""Takes updates in by the webhook that Telegram delivers them to."""

import asyncio
import hmac
import json
import logging
import traceback
from collections.abc import Awaitable, Callable, Iterable
from contextlib import aclosing
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import unquote, urlsplit

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from bot.channels.serving import Ready, health_routes, serve
from bot.core.ports import StoreError

log = logging.getLogger(__name__)

_SECRET = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the name of a header
_CLOSE = {"Connection": "close"}  # What was not read of a request is not waited for.
_LARGEST = 2**63
_DEEPEST = 64  # An update has a dozen levels; what handles it later goes down by recursion.

Receive = Callable[[list[dict[str, Any]]], Awaitable[None]]
"""Keeps updates; returns once they are on disk."""


async def serve_webhook(
    receive: Receive,
    *,
    url: str,
    secret: str,
    listen: str,
    ready: Ready,
    stop: asyncio.Event,
    on_ready: Callable[[str], None] = lambda _: None,
) -> None:
    """Take in what Telegram delivers to `url` until told to stop.

    Raises:
        ChannelError: the address cannot be listened on.
    """
    path = unquote(urlsplit(url).path) or "/"
    webhook = Webhook(receive, path=path, secret=secret, ready=ready)
    await serve(webhook.app, listen=listen, stop=stop, on_ready=on_ready)


class Webhook:
    """An app that takes updates from whoever knows the secret, which is Telegram."""

    def __init__(
        self,
        receive: Receive,
        *,
        path: str,
        secret: str,
        ready: Ready,
        max_body: int = 1_000_000,
        patience: float = 4.0,
    ) -> None:
        self._receive = receive
        self._path = path
        self._secret = secret.encode()
        self._max_body = max_body
        self._patience = patience
        """Seconds that a body may take: fewer than a stop waits for."""
        self._is_away = False
        self.app = Starlette(
            routes=[*health_routes(ready), Route(path, self._take, methods=["POST"])]
        )
        self.app.router.redirect_slashes = False

    async def _take(self, request: Request) -> Response:
        self._check(request)
        body = await self._read(request)
        try:
            update = _update(body)
        except ValueError:
            log.warning("%s bytes that came in are no update", len(body))
            raise HTTPException(400) from None
        await self._keep(update)
        return Response()

    def _check(self, request: Request) -> None:
        """Refuse what is not for the webhook, or not from Telegram."""
        if request.scope["path"] != self._path:  # Braces in a route stand for anything.
            raise HTTPException(404)
        given = request.headers.get(_SECRET, "").encode("latin-1")
        if not given or not hmac.compare_digest(given, self._secret):
            raise HTTPException(401, "", _CLOSE)

    async def _read(self, request: Request) -> bytes:
        """Return the body; refuse one that is too large, or takes too long."""
        if int(request.headers.get("Content-Length", 0)) > self._max_body:  # uvicorn has parsed it.
            raise HTTPException(413, "", _CLOSE)
        try:
            async with asyncio.timeout(self._patience):
                return await self._collect(request)
        except TimeoutError:
            raise HTTPException(408, "", _CLOSE) from None
        except ClientDisconnect:
            raise HTTPException(400) from None

    async def _collect(self, request: Request) -> bytes:
        body = bytearray()
        async with aclosing(request.stream()) as chunks:
            async for chunk in chunks:
                body += chunk
                if len(body) > self._max_body:
                    raise HTTPException(413, "", _CLOSE)
        return bytes(body)

    async def _keep(self, update: dict[str, Any]) -> None:
        """Hand an update over; what could not be kept is for Telegram to send again."""
        try:
            await self._receive([update])
        except StoreError as error:
            self._note_away(error)
            raise HTTPException(503) from None
        except Exception as error:  # noqa: BLE001 - its text may hold the update's
            log.error(  # noqa: TRY400 - a traceback may hold what a person wrote
                "update %s was not taken: %s", update["update_id"], _where(error)
            )
            raise HTTPException(500) from None
        if self._is_away:
            self._is_away = False
            log.warning("updates can be kept again")

    def _note_away(self, error: StoreError) -> None:
        if not self._is_away:
            self._is_away = True
            log.error("updates cannot be kept, Telegram sends them again: %s", error)


def _update(body: bytes) -> dict[str, Any]:
    """Read an update.

    Raises:
        ValueError: it is none.
    """
    try:
        update = json.loads(body.decode(), parse_constant=_refuse)
    except RecursionError as error:
        raise ValueError from error
    if not isinstance(update, dict) or not _is_number(update.get("update_id")) or _is_deep(update):
        raise ValueError
    return update


def _refuse(_: str) -> NoReturn:
    """Refuse NaN and the infinities, which are not JSON."""
    raise ValueError


def _is_number(value: object) -> bool:
    if isinstance(value, bool):
        return False
    return isinstance(value, int) and -_LARGEST <= value < _LARGEST


def _is_deep(value: object) -> bool:
    level = [value]
    for _ in range(_DEEPEST):
        level = [part for each in level for part in _parts(each)]
        if not level:
            return False
    return True


def _parts(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _where(error: Exception) -> str:
    """Name an error and the line it comes from, without its text."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {Path(place.filename).name}:{place.lineno}"
