"""Runs the simulator: one process, one address, one file of chats."""

import asyncio
import contextlib
import signal
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route

from bot.channels.serving import base_url, bind
from bot.channels.simulator import page
from bot.channels.simulator.api.endpoint import answering, call_method, download
from bot.channels.simulator.api.webhook import deliver
from bot.channels.simulator.control import routes
from bot.channels.simulator.state.state import State
from bot.core.ports import ChannelError

_BOT_API = [
    Route("/bot{token}/{method}", call_method, methods=["GET", "POST"]),
    Route("/file/bot{token}/{path:path}", download, methods=["GET"]),
]


def serve(
    *,
    listen: str,
    chats: Path,
    exchanges: Path | None = None,
    on_ready: Callable[[str], None] | None = None,
) -> None:
    """Run until a signal to stop; `on_ready` gets the base address once requests are taken."""
    server = prepare(listen=listen, chats=chats, exchanges=exchanges, on_ready=on_ready)
    server.run()


def prepare(
    *,
    listen: str,
    chats: Path,
    exchanges: Path | None = None,
    clock: Callable[[], float] = time.time,
    on_ready: Callable[[str], None] | None = None,
) -> "Server":
    """A server that has its address and its file, and does not run yet."""
    listener = bind(listen)
    try:
        state = State(chats, exchanges=exchanges, clock=clock)
    except ChannelError:
        listener.close()
        raise
    return Server(state, listener, on_ready or (lambda _: None))


def create_app(state: State, *, listen_host: str = "127.0.0.1") -> Starlette:
    """The application; a server that wants to end calls `state.stop()` first."""

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        delivery = asyncio.create_task(deliver(state, answering(state)))
        yield
        state.stop()
        delivery.cancel()
        await asyncio.gather(delivery, return_exceptions=True)
        state.close()

    app = Starlette(routes=_BOT_API + routes.ROUTES + page.ROUTES, lifespan=lifespan)
    app.state.simulator = state
    app.state.listen_host = listen_host
    return app


class Server(uvicorn.Server):
    """uvicorn, which says when it is ready and lets go of waiting requests when it stops."""

    def __init__(
        self, state: State, listener: socket.socket, on_ready: Callable[[str], None]
    ) -> None:
        self.base_url = base_url(listener)
        self._state = state
        self._listener = listener
        self._on_ready = on_ready
        app = create_app(state, listen_host=listener.getsockname()[0])
        super().__init__(
            uvicorn.Config(
                app,
                log_level="warning",
                access_log=False,
                proxy_headers=False,
                server_header=False,
                date_header=False,
                ws="none",
                timeout_graceful_shutdown=2,
            )
        )

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve on the socket that is bound already."""
        super().run(sockets or [self._listener])

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Say so when requests are taken."""
        await super().startup(sockets)
        if self.started:
            self._on_ready(self.base_url)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End long polls and event streams first, or uvicorn would wait for them."""
        self._state.stop()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on a signal, and leave it at that: uvicorn would raise it once more at the end."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        numbers = (signal.SIGINT, signal.SIGTERM)
        before = {number: signal.signal(number, self.handle_exit) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
