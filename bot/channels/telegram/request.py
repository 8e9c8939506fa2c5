"""Requests to Telegram through aiohttp, which takes a quarter of the time that httpx takes."""

import json
from typing import Any

import aiohttp
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData

_CONNECT = 5.0  # Seconds, as python-telegram-bot's own request takes.
_READ = 5.0
_REFUSED = 300  # The statuses from here on say that a call was not taken.


class AiohttpRequest(BaseRequest):
    """What python-telegram-bot sends its requests through; for text, files and long polls."""

    def __init__(self, connections: int, *, trust_env: bool = True) -> None:
        self._connections = connections
        self._trust_env = trust_env
        self._session: aiohttp.ClientSession | None = None

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """Return what an answer says; PTB's own would log it whole where it cannot be read.

        Raises:
            NetworkError: it is none of Telegram's, as from a proxy on the way.
        """
        try:
            answer = json.loads(payload.decode("utf-8", "replace"))
        except (ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict) or not answer.keys() & {"result", "description"}:
            raise NetworkError("what came is no answer of Telegram's")
        return answer

    @property
    def read_timeout(self) -> float:
        """Return the seconds an answer may take where a call names none."""
        return _READ

    async def initialize(self) -> None:
        """Make the connections' pool, which belongs to the running loop."""
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=self._connections)
            self._session = aiohttp.ClientSession(
                connector=connector,
                trust_env=self._trust_env,  # Whether a proxy in the environment counts.
                headers={"User-Agent": self.USER_AGENT},
            )

    async def shutdown(self) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        write_timeout: Any = BaseRequest.DEFAULT_NONE,  # noqa: ARG002 - aiohttp has no such limit
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,  # noqa: ARG002 - part of connecting here
    ) -> tuple[int, bytes]:
        """Return the status and the body of an answer.

        Raises:
            TimedOut: it took too long.
            NetworkError: there was none.
        """
        if self._session is None:
            raise RuntimeError("AiohttpRequest is not initialized")
        timeout = aiohttp.ClientTimeout(
            sock_connect=_seconds(connect_timeout, _CONNECT),
            sock_read=_seconds(read_timeout, _READ),
        )
        try:
            async with self._session.request(
                method, url, timeout=timeout, **_body(request_data)
            ) as response:
                status, body = response.status, await response.read()
        except TimeoutError as error:
            raise TimedOut from error
        except aiohttp.ClientError as error:
            raise NetworkError(_said(error)) from error
        if status >= _REFUSED:  # PTB goes by the status alone, which may be a proxy's.
            self.parse_json_payload(body)
        return status, body


def _said(error: aiohttp.ClientError) -> str:
    """Say what went wrong; some errors name the address, which holds the token."""
    name = type(error).__name__
    return f"{name}: {error}" if isinstance(error, aiohttp.ClientConnectionError) else name


def _seconds(given: Any, usual: float) -> float | None:
    return usual if given is BaseRequest.DEFAULT_NONE else given


def _body(data: RequestData | None) -> dict[str, Any]:
    """Return a call's parameters as JSON, or as a form where it uploads files."""
    if data is None:
        return {}
    if not data.contains_files:
        return {"json": data.parameters}
    form = aiohttp.FormData(data.json_parameters)
    for name, (filename, content, kind) in data.multipart_data.items():
        form.add_field(name, content, filename=filename, content_type=kind)
    return {"data": form}
