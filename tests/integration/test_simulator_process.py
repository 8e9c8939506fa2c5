"""The simulator as a process of its own: starting, stopping, being killed; and webhooks."""

import contextlib
import http.server
import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.channels.simulator import TOKEN
from bot.channels.simulator.server import prepare
from bot.core.ports import ChannelError
from tests.integration.simulators import IBU, Simulator, running

pytestmark = pytest.mark.timeout(120)

SCRIPT = """
import sys
from functools import partial
from pathlib import Path
from bot.channels.simulator.server import serve
serve(listen=sys.argv[1], chats=Path(sys.argv[2]), on_ready=partial(print, flush=True))
print("ended")
"""


@contextlib.contextmanager
def process(chats: Path) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """A simulator process and its address."""
    command = [sys.executable, "-c", SCRIPT, "127.0.0.1:0", str(chats)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as started:
        try:
            assert started.stdout is not None
            yield started, started.stdout.readline().strip()
        finally:
            started.kill()


def test_a_signal_ends_it_cleanly_while_a_poll_and_a_page_are_open(tmp_path: Path) -> None:
    with process(tmp_path / "chats.sqlite") as (started, base_url):
        poll: queue.Queue[Any] = queue.Queue()
        url = f"{base_url}/bot{TOKEN}/getUpdates?timeout=30"
        thread = threading.Thread(
            target=lambda: poll.put(httpx.get(url, trust_env=False, timeout=40).json())
        )
        thread.start()
        with httpx.stream("GET", f"{base_url}/control/events", trust_env=False) as page:
            next(page.iter_lines())
            began = time.monotonic()
            started.send_signal(signal.SIGTERM)
            code = started.wait(timeout=20)
        thread.join()
        assert started.stdout is not None

        assert (code, started.stdout.read()) == (0, "ended\n")
        assert time.monotonic() - began < 3
        assert poll.get() == {"ok": True, "result": []}


def test_nothing_is_lost_when_it_is_killed(tmp_path: Path) -> None:
    with process(tmp_path / "chats.sqlite") as (started, base_url):
        said = httpx.post(
            f"{base_url}/control/say", json={"person": "ibu", "text": "halo"}, trust_env=False
        ).json()
        os.kill(started.pid, signal.SIGKILL)
        started.wait()

    with running(tmp_path / "chats.sqlite") as simulator:
        (update,) = simulator.result("getUpdates")

    assert update["update_id"] == said["update_id"]


def test_an_address_in_use_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"

        with pytest.raises(ChannelError) as refused:
            prepare(listen=listen, chats=Path("unused"))

    assert (refused.value.code, refused.value.values) == ("port_in_use", {"listen": listen})


@pytest.mark.parametrize("listen", ["8000", "127.0.0.1:x", "127.0.0.1:99999", "203.0.113.1:80"])
def test_an_address_that_cannot_be_is_named(listen: str) -> None:
    with pytest.raises(ChannelError) as refused:
        prepare(listen=listen, chats=Path("unused"))

    assert refused.value.code == "listen_unusable"


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    chats = tmp_path / "file" / "chats.sqlite"

    with pytest.raises(ChannelError) as refused:
        prepare(listen="127.0.0.1:0", chats=chats)

    assert (refused.value.code, refused.value.values["path"]) == ("file_unwritable", str(chats))


def test_two_simulators_do_not_share_a_file(tmp_path: Path) -> None:
    with running(tmp_path / "chats.sqlite"), pytest.raises(ChannelError) as refused:
        prepare(listen="127.0.0.1:0", chats=tmp_path / "chats.sqlite")

    assert refused.value.code == "file_unwritable"


def test_listens_on_ipv6(tmp_path: Path) -> None:
    try:
        server = prepare(listen="[::1]:0", chats=tmp_path / "chats.sqlite")
    except ChannelError as error:
        pytest.skip(str(error))
    thread = threading.Thread(target=server.run)
    thread.start()
    health = httpx.get(f"{server.base_url}/control/health", trust_env=False).json()
    server.should_exit = True
    thread.join()

    assert health["bot_url"] == server.base_url
    assert server.base_url.startswith("http://[::1]:")


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


def test_every_exchange_is_written_to_a_file(tmp_path: Path) -> None:
    log = tmp_path / "exchanges.jsonl"
    with running(tmp_path / "chats.sqlite", exchanges=log) as simulator:
        simulator.say("ibu", "a")
        simulator.result("sendMessage", chat_id=IBU, text="b")
        simulator.call("sendMessage", chat_id=IBU, text="")
        simulator.http.post(
            f"{simulator.api_url}/sendDocument",
            data={"chat_id": str(IBU)},
            files={"document": ("a.txt", b"c")},
        )

    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [(line["method"], line["status"]) for line in lines] == [
        ("sendMessage", 200),
        ("sendMessage", 400),
        ("sendDocument", 200),
    ]
    assert lines[0]["response"]["result"]["text"] == "b"
    assert lines[2]["files"] == ["document"]


def test_a_bot_that_hangs_up_in_the_middle_of_a_call_leaves_no_trace(tmp_path: Path) -> None:
    command = [sys.executable, "-c", SCRIPT, "127.0.0.1:0", str(tmp_path / "chats.sqlite")]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True) as started:
        assert started.stdout is not None
        base_url = started.stdout.readline().strip()
        host, _, port = base_url.rpartition("/")[2].partition(":")
        lines = (f"POST /bot{TOKEN}/getUpdates HTTP/1.1", f"Host: {host}", "Content-Length: 100")

        with socket.create_connection((host, int(port))) as connection:
            connection.sendall("\r\n".join([*lines, "", "offset"]).encode())
        health = httpx.get(f"{base_url}/control/health", trust_env=False)
        started.terminate()
        _, said = started.communicate()

    assert (health.status_code, said) == (200, "")
