"""Telegram's deliveries over HTTP: what is taken, what is refused, and that nothing breaks it."""

import asyncio
import contextlib
import json
import logging
import queue
import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import uvloop
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.types import ASGIApp

from bot.channels.serving import bind, serve
from bot.channels.telegram.incoming import envelope
from bot.channels.telegram.webhook import Webhook, serve_webhook
from bot.core.ports import ChannelError, StoreError

pytestmark = pytest.mark.timeout(300)

Json = dict[str, Any]

PATH = "/telegram/hook"
SECRET = "Kunci-1_rahasia"
HEADER = "X-Telegram-Bot-Api-Secret-Token"
HEADERS = {HEADER: SECRET}
HEAD = f"POST {PATH} HTTP/1.1\r\nHost: bot\r\n{HEADER}: {SECRET}\r\n"


@dataclass
class Keeper:
    """Keeps what it receives, as the channel would; fails while it has an error."""

    updates: list[Json] = field(default_factory=list)
    error: Exception | None = None

    async def __call__(self, updates: list[Json]) -> None:
        if self.error:
            raise self.error
        for update in updates:
            envelope(json.dumps(update))
        self.updates += updates


@dataclass
class Held(Keeper):
    """Keeps nothing until it is let go."""

    begun: asyncio.Event = field(default_factory=asyncio.Event)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, updates: list[Json]) -> None:
        self.begun.set()
        await self.go_on.wait()
        await super().__call__(updates)


async def always() -> bool:
    return True


def webhook(keeper: Callable[[list[Json]], Awaitable[None]], **more: Any) -> ASGIApp:
    values: Json = {"path": PATH, "secret": SECRET, "ready": always} | more
    return Webhook(keeper, **values).app


@dataclass
class Served:
    """An app that is served, and who asks it."""

    http: httpx.AsyncClient
    stop: asyncio.Event
    serving: "asyncio.Task[None]"

    async def post(self, update: object) -> httpx.Response:
        return await self.http.post(PATH, json=update, headers=HEADERS)

    async def open(self, head: str = "") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Open a connection and send the beginning of a request."""
        parts = urlsplit(str(self.http.base_url))
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        writer.write(head.encode("latin-1"))
        await writer.drain()
        return reader, writer

    async def answer(self, head: str, body: bytes = b"") -> bytes:
        """Send a request as it is written; return all that comes until the connection ends."""
        reader, writer = await self.open(head)
        writer.write(body)
        found = await reader.read()
        writer.close()
        return found


@contextlib.asynccontextmanager
async def served(app: ASGIApp, *, patience: float = 10.0) -> AsyncIterator[Served]:
    stop = asyncio.Event()
    url: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(
        serve(app, listen="127.0.0.1:0", stop=stop, on_ready=url.set_result, patience=patience)
    )
    try:
        client = httpx.AsyncClient(base_url=await url, trust_env=False, verify=False, timeout=30)
        async with client as http:
            yield Served(http, stop, serving)
    finally:
        stop.set()
        await serving


@pytest.fixture(scope="module")
def shared() -> Iterator[httpx.Client]:
    """A webhook in a thread with the loop that the bot runs on."""
    urls: queue.Queue[str] = queue.Queue()
    stops: queue.Queue[Callable[[], object]] = queue.Queue()

    async def run() -> None:
        loop, stop = asyncio.get_running_loop(), asyncio.Event()
        stops.put(lambda: loop.call_soon_threadsafe(stop.set))
        await serve(webhook(Keeper()), listen="127.0.0.1:0", stop=stop, on_ready=urls.put)

    def run_in_thread() -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(run())

    thread = threading.Thread(target=run_in_thread)
    thread.start()
    with httpx.Client(base_url=urls.get(timeout=15), trust_env=False, timeout=30) as http:
        yield http
    stops.get()()
    thread.join(timeout=15)
    assert not thread.is_alive()


# What is taken


async def test_keeps_an_update_before_it_says_so() -> None:
    keeper = Keeper()
    async with served(webhook(keeper)) as found:
        response = await found.post({"update_id": 7, "message": {"text": "halo"}})

    assert (response.status_code, response.content) == (200, b"")
    assert keeper.updates == [{"update_id": 7, "message": {"text": "halo"}}]


@pytest.mark.parametrize(
    "text",
    ["a\0b", "\u200f\u202eabc\u202c", "\ud800", "😀" * 2000, "你好", '"\\', "\u2028", "\x7f\x9f"],
    ids=["NUL", "right to left", "half", "emoji", "Chinese", "quotes", "line end", "controls"],
)
async def test_takes_any_text(text: str) -> None:
    keeper = Keeper()
    update = {"update_id": 7, "message": {"text": text}}
    async with served(webhook(keeper)) as found:
        body = json.dumps(update)
        response = await found.http.post(PATH, content=body, headers=HEADERS)

    assert response.status_code == 200
    assert keeper.updates == [update]


@pytest.mark.parametrize(
    "body",
    [
        '{"update_id": 7, "message": {"chat": {"id": 1%s}}}' % ("0" * 60),
        '{"update_id": -9223372036854775808}',
        '{"update_id": 9223372036854775807}',
        '{"update_id": 1, "update_id": 7}',
        '{"update_id": 7, "a": 1e999}',
        '{"update_id": 7, "a": %s}' % ("[" * 62 + "]" * 62),
        ' \n{"update_id": 7, "teks": "é"}\n ',
    ],
    ids=["large chat", "least", "most", "twice", "infinite", "nested", "spaced"],
)
async def test_takes_what_is_odd_but_an_update(body: str) -> None:
    keeper = Keeper()
    async with served(webhook(keeper)) as found:
        response = await found.http.post(PATH, content=body, headers=HEADERS)

    assert response.status_code == 200
    assert keeper.updates == [json.loads(body)]


async def test_takes_two_updates_at_once() -> None:
    together = asyncio.Barrier(2)

    async def receive(updates: list[Json]) -> None:
        await together.wait()

    async with served(webhook(receive)) as found:
        async with asyncio.timeout(10):
            first, second = await asyncio.gather(
                found.post({"update_id": 1}), found.post({"update_id": 2})
            )

    assert (first.status_code, second.status_code) == (200, 200)


async def test_takes_a_body_of_just_the_limit() -> None:
    body = b'{"update_id": 7}'.ljust(100)
    async with served(webhook(Keeper(), max_body=100)) as found:
        response = await found.http.post(PATH, content=body, headers=HEADERS)

    assert response.status_code == 200


async def test_takes_a_body_in_pieces() -> None:
    keeper = Keeper()

    async def pieces() -> AsyncIterator[bytes]:
        for letter in b'{"update_id": 7}':
            yield bytes([letter])

    async with served(webhook(keeper)) as found:
        response = await found.http.post(PATH, content=pieces(), headers=HEADERS)

    assert response.status_code == 200
    assert keeper.updates == [{"update_id": 7}]


# Who is refused


@pytest.mark.parametrize(
    "given_secret",
    [
        "Kunci-1_rahasib",
        SECRET[:-1],
        SECRET + "a",
        SECRET * 400,
        SECRET.lower(),
        "",
        "Kunci-1_r\xe4hasia",
        "\u6f22".encode().decode("latin-1"),
    ],
    ids=["other", "shorter", "longer", "long", "small", "empty", "latin", "Chinese"],
)
async def test_refuses_who_does_not_know_the_secret(given_secret: str) -> None:
    keeper = Keeper()
    headers = {HEADER.encode(): given_secret.encode("latin-1")}
    async with served(webhook(keeper)) as found:
        response = await found.http.post(PATH, json={"update_id": 7}, headers=headers)

    assert (response.status_code, response.content, keeper.updates) == (401, b"", [])


async def test_refuses_who_gives_no_secret() -> None:
    keeper = Keeper()
    async with served(webhook(keeper)) as found:
        response = await found.http.post(PATH, json={"update_id": 7})

    assert (response.status_code, response.content, keeper.updates) == (401, b"", [])


async def test_no_secret_opens_a_webhook_without_one() -> None:
    async with served(webhook(Keeper(), secret="")) as found:
        response = await found.http.post(PATH, json={"update_id": 7})

    assert response.status_code == 401


async def test_does_not_read_the_body_of_who_is_refused() -> None:
    head = f"POST {PATH} HTTP/1.1\r\nHost: bot\r\nContent-Length: 100\r\n\r\n"
    async with served(webhook(Keeper())) as found, asyncio.timeout(10):
        answer = await found.answer(head)

    assert answer.startswith(b"HTTP/1.1 401 ")


@pytest.mark.parametrize(
    "path",
    ["/", "/telegram", f"{PATH}/", f"{PATH}x", f"{PATH}%0A", f"/{PATH}", PATH.upper(), "/docs"],
)
async def test_knows_no_other_path(path: str) -> None:
    keeper = Keeper()
    async with served(webhook(keeper)) as found:
        url = str(found.http.base_url).rstrip("/") + path
        response = await found.http.post(url, json={"update_id": 7}, headers=HEADERS)

    assert (response.status_code, keeper.updates) == (404, [])


async def test_braces_in_the_path_stand_for_themselves() -> None:
    async with served(webhook(Keeper(), path="/{hook}")) as found:
        other = await found.http.post("/hook", json={"update_id": 7}, headers=HEADERS)
        same = await found.http.post("/%7Bhook%7D", json={"update_id": 7}, headers=HEADERS)

    assert (other.status_code, same.status_code) == (404, 200)


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
async def test_takes_only_posts(method: str) -> None:
    async with served(webhook(Keeper())) as found:
        response = await found.http.request(method, PATH, headers=HEADERS)

    assert response.status_code == 405


# Bodies that are refused


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"halo",
        b"null",
        b"7",
        b"[]",
        b'[{"update_id": 7}]',
        b"{}",
        b'{"update_id": null}',
        b'{"update_id": true}',
        b'{"update_id": "7"}',
        b'{"update_id": 7.0}',
        b'{"update_id": 9223372036854775808}',
        b'{"update_id": -9223372036854775809}',
        b'{"update_id": %s}' % (b"9" * 10_000),
        b'{"update_id": NaN}',
        b'{"update_id": 7, "a": NaN}',
        b'{"update_id": 7, "a": -Infinity}',
        b'{"update_id": 7, "a": %s}' % (b"[" * 64 + b"]" * 64),
        b'{"update_id": 7, "a": %s}' % (b"[" * 100_000 + b"]" * 100_000),
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        b'{"update_id": 7',
        b'{"update_id": 7} {}',
        b'{"update_id": 7, "a": "\0"}',
        b'{"update_id": 7, "a": "\xff"}',
        b'{"update_id": 7, "a": "\xed\xa0\x80"}',
        b'\xef\xbb\xbf{"update_id": 7}',
        '{"update_id": 7}'.encode("utf-16"),
        b"\0" * 1000,
    ],
    ids=lambda body: f"{len(body)} {body[:24]!r}",
)
def test_refuses_what_is_no_update(shared: httpx.Client, body: bytes) -> None:
    response = shared.post(PATH, content=body, headers=HEADERS)

    assert response.status_code == 400


async def test_logs_what_is_no_update_by_its_size_alone(caplog: pytest.LogCaptureFixture) -> None:
    async with served(webhook(Keeper())) as found:
        await found.http.post(PATH, content=b'{"teks": "rekening saya"', headers=HEADERS)

    assert "24 bytes" in caplog.text
    assert "rekening" not in caplog.text


async def test_refuses_a_body_that_says_it_is_too_large_unread() -> None:
    async with served(webhook(Keeper(), max_body=100)) as found, asyncio.timeout(10):
        answer = await found.answer(f"{HEAD}Content-Length: 101\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize("length", ["x", "-1", "+1", "1" * 30, "1, 2", "1\r\nContent-Length: 2"])
async def test_refuses_a_length_that_cannot_be(length: str) -> None:
    async with served(webhook(Keeper())) as found, asyncio.timeout(10):
        answer = await found.answer(f"{HEAD}Content-Length: {length}\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 400 ")


async def test_refuses_a_body_that_grows_too_large_and_reads_no_further() -> None:
    head = f"{HEAD}Transfer-Encoding: chunked\r\n\r\n"
    async with served(webhook(Keeper(), max_body=100)) as found, asyncio.timeout(10):
        answer = await found.answer(head, b"50\r\n%s\r\n" % (b" " * 0x50) * 2)

    assert answer.startswith(b"HTTP/1.1 413 ")


# Slow and broken connections


async def test_a_slow_body_holds_up_nobody() -> None:
    keeper = Keeper()
    async with served(webhook(keeper)) as found:
        slow = [await found.open(f'{HEAD}Content-Length: 16\r\n\r\n{{"upd') for _ in range(50)]
        quick = await found.post({"update_id": 1})
        kept = list(keeper.updates)
        for _, writer in slow:
            writer.write(b'ate_id": 7}')
        answers = [await reader.readline() for reader, _ in slow]
        for _, writer in slow:
            writer.close()

    assert (quick.status_code, kept) == (200, [{"update_id": 1}])
    assert set(answers) == {b"HTTP/1.1 200 OK\r\n"}
    assert len(keeper.updates) == 51


async def test_gives_up_a_body_that_does_not_end() -> None:
    app = webhook(Keeper(), patience=0.1)
    async with served(app) as found, asyncio.timeout(10):
        answer = await found.answer(f"{HEAD}Content-Length: 16\r\n\r\n{{")

    assert answer.startswith(b"HTTP/1.1 408 ")


async def test_closes_a_connection_that_brings_no_request() -> None:
    async with served(webhook(Keeper()), patience=0.2) as found, asyncio.timeout(10):
        silent, half = await asyncio.gather(found.answer(""), found.answer(HEAD))

    assert (silent, half) == (b"", b"")


async def test_a_request_in_hand_is_not_taken_for_a_resting_connection() -> None:
    held = Held()
    async with served(webhook(held), patience=0.1) as found:
        posting = asyncio.create_task(found.post({"update_id": 7}))
        await held.begun.wait()
        await asyncio.sleep(0.5)
        held.go_on.set()
        response = await posting

    assert response.status_code == 200


async def test_a_connection_cut_in_a_body_is_no_trouble(caplog: pytest.LogCaptureFixture) -> None:
    keeper = Keeper()
    async with served(webhook(keeper)) as found:
        _, writer = await found.open(f"{HEAD}Content-Length: 16\r\n\r\n{{")
        await asyncio.sleep(0.1)
        writer.transport.abort()
        await asyncio.sleep(0.1)
        response = await found.post({"update_id": 7})

    assert response.status_code == 200
    assert caplog.text == ""


# What fails behind it


async def test_what_cannot_be_kept_is_for_telegram_to_send_again() -> None:
    keeper = Keeper(error=StoreError("state_unusable", reason="full"))
    async with served(webhook(keeper)) as found:
        away = await found.post({"update_id": 7})
        keeper.error = None
        again = await found.post({"update_id": 7})

    assert (away.status_code, again.status_code) == (503, 200)
    assert keeper.updates == [{"update_id": 7}]


async def test_an_outage_is_logged_once_and_once_when_it_is_over(
    caplog: pytest.LogCaptureFixture,
) -> None:
    keeper = Keeper()
    async with served(webhook(keeper)) as found:
        for error in (None, StoreError("state_unusable", reason="full")) * 2:
            keeper.error = error
            await asyncio.gather(*(found.post({"update_id": number}) for number in range(3)))

    logged = [record.levelname for record in caplog.records]
    assert logged == ["ERROR", "WARNING", "ERROR"]


async def test_an_unforeseen_error_is_logged_without_what_was_written(
    caplog: pytest.LogCaptureFixture,
) -> None:
    keeper = Keeper(error=RuntimeError("rekening saya"))
    async with served(webhook(keeper)) as found:
        response = await found.post({"update_id": 7, "teks": "rekening saya"})

    assert response.status_code == 500
    assert [record.getMessage() for record in caplog.records] == [
        f"update 7 was not taken: RuntimeError in test_webhook.py:{line_of('raise self.error')}"
    ]
    assert "rekening" not in caplog.text + response.text


def line_of(code: str) -> int:
    """Return the line of this file that code stands on first."""
    with open(__file__, encoding="utf-8") as file:  # noqa: PTH123 - shorter
        return next(number for number, line in enumerate(file, 1) if code in line)


# Health


async def failing() -> bool:
    raise StoreError("state_unusable", reason="gone")


async def never() -> bool:
    return False


async def test_says_that_it_lives() -> None:
    async with served(webhook(Keeper(), ready=failing)) as found:
        response = await found.http.get("/healthz")

    assert (response.status_code, response.text) == (200, "ok")


@pytest.mark.parametrize(("ready", "status"), [(always, 200), (never, 503), (failing, 503)])
async def test_says_whether_it_is_ready(ready: Callable[[], Awaitable[bool]], status: int) -> None:
    async with served(webhook(Keeper(), ready=ready)) as found:
        response = await found.http.get("/readyz")

    assert response.status_code == status


async def test_names_no_server() -> None:
    async with served(webhook(Keeper())) as found:
        response = await found.http.get("/healthz")

    assert "server" not in response.headers


# Starting and stopping


async def test_finishes_an_open_request_when_told_to_stop() -> None:
    held = Held()
    async with served(webhook(held)) as found:
        posting = asyncio.create_task(found.post({"update_id": 7}))
        await held.begun.wait()
        found.stop.set()
        await asyncio.sleep(0.3)
        is_serving = not found.serving.done()
        held.go_on.set()
        response = await posting
        await found.serving

    assert is_serving
    assert (response.status_code, held.updates) == (200, [{"update_id": 7}])


async def test_takes_nothing_new_once_told_to_stop() -> None:
    held = Held()
    async with served(webhook(held)) as found:
        posting = asyncio.create_task(found.post({"update_id": 7}))
        await held.begun.wait()
        found.stop.set()
        await asyncio.sleep(0.3)
        with pytest.raises(httpx.ConnectError):
            await found.post({"update_id": 8})
        held.go_on.set()
        await posting


@pytest.mark.parametrize("begun", ["", HEAD])
async def test_half_a_request_does_not_hold_up_the_stop(begun: str) -> None:
    async with served(webhook(Keeper())) as found:
        _, writer = await found.open(begun)
        found.stop.set()
        async with asyncio.timeout(3):
            await found.serving
        writer.close()


async def test_half_a_body_does_not_hold_up_the_stop_for_long(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with served(webhook(Keeper())) as found:
        reader, writer = await found.open(f"{HEAD}Content-Length: 16\r\n\r\n{{")
        await asyncio.sleep(0.1)
        found.stop.set()
        async with asyncio.timeout(5):
            await found.serving
        answer = await reader.readline()
        writer.close()

    assert answer.startswith(b"HTTP/1.1 408 ")
    assert caplog.text == ""


async def test_lets_go_of_its_address_when_it_is_cut_off() -> None:
    base: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(
        serve(
            webhook(Keeper()),
            listen="127.0.0.1:0",
            stop=asyncio.Event(),
            on_ready=base.set_result,
        )
    )
    listen = urlsplit(await base).netloc
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)

    bind(listen).close()


async def test_an_address_in_use_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"

        with pytest.raises(ChannelError) as refused:
            await serve(webhook(Keeper()), listen=listen, stop=asyncio.Event())

    assert (refused.value.code, refused.value.values) == ("port_in_use", {"listen": listen})


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("https://bot.example/a/b?x=1", "/a/b"),
        ("https://bot.example", "/"),
        ("https://bot.example/kios%20saya", "/kios%20saya"),
    ],
)
async def test_listens_on_the_path_of_its_address(url: str, path: str) -> None:
    keeper, stop = Keeper(), asyncio.Event()
    base: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(
        serve_webhook(
            keeper,
            url=url,
            secret=SECRET,
            listen="127.0.0.1:0",
            ready=always,
            stop=stop,
            on_ready=base.set_result,
        )
    )
    async with httpx.AsyncClient(base_url=await base, trust_env=False, verify=False) as http:
        response = await http.post(path, json={"update_id": 7}, headers=HEADERS)
    stop.set()
    await serving

    assert (response.status_code, keeper.updates) == (200, [{"update_id": 7}])


# Any body whatsoever


NAMES = ["message", "callback_query", "chat", "from", "id", "text", "entities", "data", "a"]
names = st.sampled_from(NAMES) | st.text(max_size=5)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(names, inner, max_size=5),
    max_leaves=20,
)
updates = st.builds(
    lambda rest, number: {**rest, "update_id": number},
    st.dictionaries(names, values, max_size=5),
    st.integers() | scalars,
)
nested = st.builds(
    lambda depth, opening, closing: (
        b'{"update_id": 1, "a": ' + opening * depth + b"1" + closing * depth + b"}"
    ),
    st.integers(0, 20_000),
    st.sampled_from([b"[", b'{"a":']),
    st.sampled_from([b"]", b"}", b""]),
)
bodies = (
    st.binary(max_size=2_000)
    | st.text().map(lambda text: text.encode("utf-8", "surrogatepass"))
    | (values | updates).map(lambda value: json.dumps(value).encode())
    | updates.map(lambda value: json.dumps(value).encode("utf-16"))
    | st.builds(lambda value, cut: json.dumps(value).encode()[:cut], updates, st.integers(0, 200))
    | nested
)


@given(body=bodies)
@settings(
    max_examples=100,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_no_body_breaks_it(
    shared: httpx.Client, caplog: pytest.LogCaptureFixture, body: bytes
) -> None:
    response = shared.post(PATH, content=body, headers=HEADERS)

    assert response.status_code in (200, 400)
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
