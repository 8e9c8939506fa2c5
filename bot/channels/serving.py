"""Serves an app in the running loop, with the routes that a load balancer asks."""

import asyncio
import contextlib
import errno
import socket
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import uvicorn
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from bot.core.ports import BotError, ChannelError

ANSWER_WITHIN = 5.0
"""Seconds that a question about the bot's state may take."""

_LAST_PORT = 65535
_CONNECTIONS = 512  # More than Telegram opens, fewer than a process may have files open.
_FINISH = 5  # Seconds for what is in hand when told to stop.
_TICKS = 10  # uvicorn's, a second.

Ready = Callable[[], Awaitable[bool]]
"""Says whether messages can be taken in now."""


async def serve(
    app: ASGIApp,
    *,
    listen: str,
    stop: asyncio.Event,
    on_ready: Callable[[str], None] = lambda _: None,
    patience: float = 10.0,
) -> None:
    """Serve until told to stop; `on_ready` gets the base address once requests are taken.

    A connection that has brought no whole head of a request for `patience` seconds is closed.

    Raises:
        ChannelError: the address cannot be listened on.
    """
    listener = await asyncio.to_thread(bind, listen)
    server = _Server(app, listener, stop, on_ready=on_ready, patience=patience)
    try:
        await server.serve(sockets=[listener])
    finally:
        server.close()


def bind(listen: str) -> socket.socket:
    """Return a socket that has the address HOST:PORT; port 0 is any that is free.

    Raises:
        ChannelError: the address is taken, or is none of this machine.
    """
    host, _, port = listen.rpartition(":")
    if not host or not port.isdecimal() or int(port) > _LAST_PORT:
        raise ChannelError("listen_unusable", listen=listen, reason="host:port is wanted")
    try:
        found = socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM)[0]
        return socket.create_server(found[4][:2], family=found[0], backlog=2048)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ChannelError("port_in_use", listen=listen) from error
        raise ChannelError("listen_unusable", listen=listen, reason=str(error)) from error


def base_url(listener: socket.socket) -> str:
    """Return the address at which a socket is reached."""
    host, port = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{port}"


def health_routes(ready: Ready) -> list[Route]:
    """Return the routes that say whether the process lives, and whether it takes messages."""

    async def say_alive(_: Request) -> Response:
        return PlainTextResponse("ok")

    async def say_ready(_: Request) -> Response:
        is_ready = await _is_ready(ready)
        return Response(status_code=200 if is_ready else 503)

    return [Route("/healthz", say_alive), Route("/readyz", say_ready)]


async def _is_ready(ready: Ready) -> bool:
    try:
        async with asyncio.timeout(ANSWER_WITHIN):
            return await ready()
    except (BotError, TimeoutError):
        return False


class _Server(uvicorn.Server):
    """uvicorn, which leaves signals alone and lets nobody keep a connection without a request."""

    def __init__(
        self,
        app: ASGIApp,
        listener: socket.socket,
        stop: asyncio.Event,
        *,
        on_ready: Callable[[str], None],
        patience: float,
    ) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                log_config=None,
                log_level="warning",
                access_log=False,
                lifespan="off",
                ws="none",
                server_header=False,
                proxy_headers=False,
                limit_concurrency=_CONNECTIONS,
                timeout_graceful_shutdown=_FINISH,
            )
        )
        self._listener = listener
        self._stop = stop
        self._on_ready = on_ready
        self._look_every = max(round(patience * _TICKS / 2), 1)
        self._resting: set[tuple[Any, Any]] = set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Say so when requests are taken."""
        await super().startup(sockets)
        self._on_ready(base_url(self._listener))

    async def on_tick(self, counter: int) -> bool:
        """Return whether to stop."""
        if counter % self._look_every == 0:
            self._close_resting()
        return await super().on_tick(counter) or self._stop.is_set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to whoever runs the loop."""
        yield

    def close(self) -> None:
        """Let go of the address, also after a start or an end that was cut off."""
        for server in getattr(self, "servers", []):
            server.close()
        self._listener.close()

    def _close_resting(self) -> None:
        """Close each connection that has begun no request since the last time.

        uvicorn itself waits for ever for the end of a request's head.
        """
        connections: set[Any] = self.server_state.connections
        resting = {
            (each, each.cycle)
            for each in connections
            if each.cycle is None or each.cycle.response_complete
        }
        for connection, _ in resting & self._resting:
            connection.shutdown()
        self._resting = resting
