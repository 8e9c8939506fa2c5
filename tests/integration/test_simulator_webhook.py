"""The simulator delivers updates to a bot's webhook."""

import contextlib
import http.server
import json
import queue
import socket
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.integration.simulators import IBU, Simulator, running

pytestmark = pytest.mark.timeout(300)


class Receiver(http.server.BaseHTTPRequestHandler):
    """A bot's webhook: answers with the statuses it is given, then with 200."""

    statuses: queue.Queue[int]
    got: queue.Queue[tuple[str | None, dict[str, Any]]]
    answer: bytes

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        secret = self.headers.get("x-telegram-bot-api-secret-token")
        with contextlib.suppress(queue.Empty):
            self.send_response(self.statuses.get_nowait())
            self.end_headers()
            return
        self.got.put((secret, json.loads(body)))
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(self.answer)))
        self.end_headers()
        self.wfile.write(self.answer)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def webhook(*statuses: int, answer: bytes = b"") -> Iterator[tuple[str, type[Receiver]]]:
    """A webhook's address, and what arrived there."""

    class Handler(Receiver):
        pass

    Handler.statuses, Handler.got, Handler.answer = queue.Queue(), queue.Queue(), answer
    for status in statuses:
        Handler.statuses.put(status)
    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/hook", Handler
        finally:
            server.shutdown()
            thread.join()


def wait_until_none_waits(simulator: Simulator) -> None:
    """The simulator takes an update off the queue just after the webhook has answered."""
    ends = time.monotonic() + 10
    while simulator.result("getWebhookInfo")["pending_update_count"]:
        assert time.monotonic() < ends
        time.sleep(0.02)


def test_a_webhook_gets_updates_in_order_and_with_the_secret(tmp_path: Path) -> None:
    with running(tmp_path / "chats.sqlite") as simulator, webhook() as (url, receiver):
        simulator.result("setWebhook", url=url, secret_token="s3cret")
        said = [simulator.say("ibu", text)["update_id"] for text in ("a", "b", "c")]

        got = [receiver.got.get(timeout=10) for _ in said]
        refused = simulator.call("getUpdates")
        wait_until_none_waits(simulator)
        simulator.result("deleteWebhook")

        assert [(secret, update["update_id"]) for secret, update in got] == [
            ("s3cret", number) for number in said
        ]
        assert refused.status_code == 409
        assert "can't use getUpdates method while webhook is active" in refused.text
        assert simulator.result("getUpdates") == []


def test_a_webhook_that_fails_is_tried_again(tmp_path: Path) -> None:
    with running(tmp_path / "chats.sqlite") as simulator, webhook(503, 500) as (url, receiver):
        simulator.result("setWebhook", url=url)
        said = simulator.say("ibu", "a")

        _, update = receiver.got.get(timeout=10)
        info = simulator.result("getWebhookInfo")

        assert update["update_id"] == said["update_id"]
        assert info["last_error_message"].startswith("Wrong response from the webhook: 500")


def test_a_webhook_that_is_away_leaves_updates_waiting(tmp_path: Path) -> None:
    with running(tmp_path / "chats.sqlite") as simulator:
        with socket.create_server(("127.0.0.1", 0)) as closed:
            url = f"http://127.0.0.1:{closed.getsockname()[1]}/"
        simulator.result("setWebhook", url=url, allowed_updates=["message"])
        simulator.say("ibu", "a")
        time.sleep(0.5)

        info = simulator.result("getWebhookInfo")
        simulator.result("setWebhook", url="", drop_pending_updates=True)

        assert (info["pending_update_count"], info["url"]) == (1, url)
        assert info["last_error_message"] == "Connection refused"
        assert info["allowed_updates"] == ["message"]
        assert simulator.result("getUpdates") == []


def test_a_webhook_may_answer_with_a_call(tmp_path: Path) -> None:
    answer = json.dumps({"method": "sendMessage", "chat_id": IBU, "text": "langsung"}).encode()
    with running(tmp_path / "chats.sqlite") as simulator, webhook(answer=answer) as (url, _):
        simulator.result("setWebhook", url=url)
        simulator.say("ibu", "a")

        (entry,) = simulator.sent(timeout=10)

    assert entry["text"] == "langsung"


def test_an_update_is_posted_twice_when_asked(tmp_path: Path) -> None:
    with running(tmp_path / "chats.sqlite") as simulator, webhook() as (url, receiver):
        simulator.result("setWebhook", url=url)
        simulator.say("ibu", "a")
        first = receiver.got.get(timeout=10)
        time.sleep(0.2)
        simulator.control("resend")

        assert receiver.got.get(timeout=10) == first


@dataclass
class Desk:
    """A bot's webhook that takes many deliveries at once, and answers each when it may."""

    url: str = ""
    arrived: "queue.Queue[str]" = field(default_factory=queue.Queue)
    held: dict[str, threading.Event] = field(default_factory=dict)
    statuses: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    open: int = 0
    most_open: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def hold(self, text: str) -> threading.Event:
        """Keep the delivery of this text open until the event is set."""
        return self.held.setdefault(text, threading.Event())

    def take(self, text: str) -> int:
        """Have a delivery; returns the status to answer with."""
        self._count(1)
        self.arrived.put(text)
        if text in self.held:
            self.held[text].wait(timeout=30)
        self._count(-1)
        return self.statuses[text].pop(0) if self.statuses[text] else 200

    def _count(self, change: int) -> None:
        with self.lock:
            self.open += change
            self.most_open = max(self.open, self.most_open)

    def next(self, count: int = 1) -> list[str]:
        """The texts that arrive next."""
        return [self.arrived.get(timeout=10) for _ in range(count)]

    def is_quiet(self) -> bool:
        """Whether nothing arrives for a while."""
        time.sleep(0.4)
        return self.arrived.empty()


@contextlib.contextmanager
def desk() -> Iterator[Desk]:
    """A desk that serves until the end of the block."""
    made = Desk()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            update = json.loads(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(made.take(update["message"]["text"]))
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        made.url = f"http://127.0.0.1:{server.server_port}/hook"
        try:
            yield made
        finally:
            for event in made.held.values():
                event.set()
            server.shutdown()
            thread.join()


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[Simulator]:
    with running(tmp_path / "chats.sqlite") as started:
        yield started


def test_chats_do_not_wait_for_each_other(simulator: Simulator) -> None:
    with desk() as bot:
        bot.hold("satu")
        simulator.result("setWebhook", url=bot.url)
        simulator.say("ibu", "satu")
        bot.next()
        simulator.say("lin", "two")
        simulator.say("ibu", "/three", chat="group")

        assert sorted(bot.next(2)) == ["/three", "two"]


def test_the_updates_of_a_chat_wait_for_each_other(simulator: Simulator) -> None:
    with desk() as bot:
        held = bot.hold("satu")
        simulator.result("setWebhook", url=bot.url)
        for text in ("satu", "dua", "tiga"):
            simulator.say("ibu", text)

        first, quiet = bot.next(), bot.is_quiet()
        waiting = simulator.result("getWebhookInfo")["pending_update_count"]
        held.set()

        assert (first, quiet, waiting) == (["satu"], True, 3)
        assert bot.next(2) == ["dua", "tiga"]


def test_no_more_deliveries_are_open_than_the_bot_takes(simulator: Simulator) -> None:
    with desk() as bot:
        held = [bot.hold(text) for text in ("satu", "two")]
        simulator.result("setWebhook", url=bot.url, max_connections=2)
        for person, text in (("ibu", "satu"), ("lin", "two"), ("sam", "three")):
            simulator.say(person, text)

        first, quiet = bot.next(2), bot.is_quiet()
        held[0].set()

        assert (sorted(first), quiet) == (["satu", "two"], True)
        assert bot.next() == ["three"]
        assert simulator.result("getWebhookInfo")["max_connections"] == 2


def test_a_chat_whose_delivery_fails_keeps_its_order(simulator: Simulator) -> None:
    with desk() as bot:
        bot.statuses["satu"] = [500, 503]
        simulator.result("setWebhook", url=bot.url)
        for text in ("satu", "dua"):
            simulator.say("ibu", text)
        simulator.say("lin", "two")

        arrived = bot.next(5)
        wait_until_none_waits(simulator)
        info = simulator.result("getWebhookInfo")

        own = [text for text in arrived if text != "two"]
        assert own == ["satu", "satu", "satu", "dua"]
        assert arrived.index("two") < arrived.index("dua")
        assert info["last_error_message"].startswith("Wrong response from the webhook: 503")


def test_many_chats_are_delivered_at_once_and_each_in_order(simulator: Simulator) -> None:
    people = [f"p{number}" for number in range(20)]
    with desk() as bot:
        for person in people:
            for number in range(5):
                simulator.say(person, f"{person} {number}")
        bot.statuses["p3 1"] = [500]
        bot.hold("p0 0")
        simulator.result("setWebhook", url=bot.url, max_connections=5)
        most = bot.next(96)
        bot.hold("p0 0").set()
        arrived = most + bot.next(5)
        wait_until_none_waits(simulator)

    for person in people:
        own = [text for text in arrived if text.startswith(f"{person} ")]
        assert list(dict.fromkeys(own)) == [f"{person} {number}" for number in range(5)]
    assert 1 < bot.most_open <= 5


def test_what_a_webhook_did_not_take_can_be_asked_for(simulator: Simulator) -> None:
    with desk() as bot:
        bot.statuses["satu"] = [500] * 100
        simulator.result("setWebhook", url=bot.url)
        simulator.say("ibu", "satu")
        bot.next()
        simulator.result("deleteWebhook")
        (update,) = simulator.result("getUpdates")

        assert update["message"]["text"] == "satu"


def test_another_address_gets_what_the_first_did_not_take(simulator: Simulator) -> None:
    with desk() as first, desk() as second:
        first.statuses["satu"] = [500] * 100
        simulator.result("setWebhook", url=first.url)
        simulator.say("ibu", "satu")
        first.next(3)
        simulator.result("setWebhook", url=second.url)

        assert second.next() == ["satu"]


def test_an_update_without_a_chat_is_delivered(simulator: Simulator) -> None:
    with webhook() as (url, receiver):
        simulator.result("setWebhook", url=url)
        number = simulator.control("update", message={"nonsense": True})["update_id"]

        assert receiver.got.get(timeout=10)[1]["update_id"] == number


def test_a_webhook_goes_on_where_the_simulator_ended(tmp_path: Path) -> None:
    with desk() as bot:
        bot.statuses["satu"] = [500] * 3
        with running(tmp_path / "chats.sqlite") as simulator:
            simulator.result("setWebhook", url=bot.url)
            simulator.say("ibu", "satu")
            bot.next()
        bot.statuses["satu"] = []
        with running(tmp_path / "chats.sqlite") as simulator:
            wait_until_none_waits(simulator)

        assert set(bot.next(bot.arrived.qsize())) == {"satu"}
