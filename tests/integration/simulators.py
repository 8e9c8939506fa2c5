"""Starts simulators for tests, each on a free port and in a thread of its own."""

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from telegram import Bot
from telegram.request import HTTPXRequest

from bot.channels.simulator import TOKEN
from bot.channels.simulator.server import prepare

Json = dict[str, Any]

IBU = 700000001


@dataclass
class Simulator:
    """A running simulator, as a test talks to it."""

    base_url: str
    http: httpx.Client = field(repr=False)

    @property
    def api_url(self) -> str:
        return f"{self.base_url}/bot{TOKEN}"

    def call(self, method: str, **params: Any) -> httpx.Response:
        """A method of the Bot API, with a JSON body."""
        return self.http.post(f"{self.api_url}/{method}", json=params)

    def result(self, method: str, **params: Any) -> Any:
        response = self.call(method, **params)
        assert response.status_code == 200, response.text
        return response.json()["result"]

    def control(self, path: str, **body: Any) -> Json:
        response = self.http.post(f"{self.base_url}/control/{path}", json=body)
        assert response.status_code == 200, response.text
        answer: Json = response.json()
        return answer

    def refused(self, path: str, **body: Any) -> tuple[int, Json]:
        """The status and the body of a control request that is refused."""
        response = self.http.post(f"{self.base_url}/control/{path}", json=body)
        return response.status_code, response.json()

    def read(self, path: str) -> Json:
        answer: Json = self.http.get(f"{self.base_url}/control/{path}").json()
        return answer

    def say(self, person: str, text: str, **more: Any) -> Json:
        return self.control("say", person=person, text=text, **more)

    def sent(self, after: int = 0, *, timeout: float = 0) -> list[Json]:
        found: list[Json] = self.read(f"sent?after={after}&timeout={timeout}")["sent"]
        return found

    def bot(self) -> Bot:
        """The real client, which the test must enter and leave."""
        plain = {"trust_env": False}
        return Bot(
            TOKEN,
            base_url=f"{self.base_url}/bot",
            base_file_url=f"{self.base_url}/file/bot",
            request=HTTPXRequest(httpx_kwargs=plain),
            get_updates_request=HTTPXRequest(httpx_kwargs=plain),
        )


@contextlib.contextmanager
def running(
    chats: Path, *, exchanges: Path | None = None, clock: Callable[[], float] = time.time
) -> Iterator[Simulator]:
    """A simulator that runs until the end of the block."""
    ready: queue.Queue[str] = queue.Queue()
    server = prepare(
        listen="127.0.0.1:0",
        chats=chats,
        exchanges=exchanges,
        clock=clock,
        on_ready=ready.put_nowait,
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        with httpx.Client(trust_env=False, timeout=15) as http:
            yield Simulator(ready.get(timeout=15), http)
    finally:
        server.should_exit = True
        thread.join(timeout=15)
