"""The simulator as a process of its own: starting, stopping, being killed."""

import contextlib
import http.client
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bot.channels.simulator import TOKEN
from bot.channels.simulator.server import prepare
from bot.core.ports import ChannelError
from tests.integration.simulators import IBU, running

pytestmark = pytest.mark.timeout(300)

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
        poll = http.client.HTTPConnection(base_url.removeprefix("http://"), timeout=40)
        poll.request("GET", f"/bot{TOKEN}/getUpdates?timeout=30")
        with httpx.stream("GET", f"{base_url}/control/events", trust_env=False) as page:
            next(page.iter_lines())
            began = time.monotonic()
            started.send_signal(signal.SIGTERM)
            code = started.wait(timeout=20)
        answer = json.load(poll.getresponse())
        assert started.stdout is not None

        assert (code, started.stdout.read()) == (0, "ended\n")
        assert time.monotonic() - began < 3
        assert answer == {"ok": True, "result": []}


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


def test_a_new_file_does_not_begin_with_the_numbers_of_another(tmp_path: Path) -> None:
    numbers = []
    for name in ("one", "other"):
        with running(tmp_path / name) as simulator:
            numbers.append(simulator.say("ibu", "halo")["update_id"])

    assert abs(numbers[0] - numbers[1]) > 10


def test_goes_on_with_a_file_of_an_earlier_version(tmp_path: Path) -> None:
    chats = tmp_path / "chats.sqlite"
    with contextlib.closing(sqlite3.connect(chats)) as earlier, earlier:
        earlier.execute(
            "CREATE TABLE updates (update_id INTEGER PRIMARY KEY AUTOINCREMENT, person TEXT, "
            "body TEXT NOT NULL, waits INTEGER NOT NULL DEFAULT 1, "
            "again INTEGER NOT NULL DEFAULT 0)"
        )
        earlier.execute("INSERT INTO updates (update_id, body) VALUES (7, '{}')")

    with running(chats) as simulator:
        said = simulator.say("ibu", "halo")
        updates = simulator.result("getUpdates")

    assert [update["update_id"] for update in updates] == [7, said["update_id"]]


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
