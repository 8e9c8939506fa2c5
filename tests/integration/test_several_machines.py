"""The README's commands for several processes, run as they are written."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import ROOT
from tests.integration.processes import environment
from tests.servers import PostgresServer, free_port, postgres_programs

pytestmark = pytest.mark.timeout(600)

HEADING = "## Several processes"


def commands() -> str:
    """The README's commands; only the ports are others, since these may be taken."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    section = readme.partition(HEADING)[2]
    match = re.search(r"```sh\n(.*?)```", section, re.DOTALL)
    assert match
    return match[1]


@contextlib.contextmanager
def set_up(postgres: PostgresServer, folder: Path) -> Iterator[tuple[str, int]]:
    """Run the commands in a folder; yield the simulator's address, and the processes' session."""
    page, chroma = free_port(), free_port()
    script = commands().replace("8000", str(page)).replace("8100", str(chroma))
    uv = folder / "bin" / "uv"  # What `uv run` does, without looking for the project.
    uv.parent.mkdir()
    uv.write_text('#!/bin/sh\nshift\nexec "$@"\n', encoding="utf-8")
    uv.chmod(0o755)
    programs = postgres_programs()
    assert programs
    usual = environment(simulator_listen=f"127.0.0.1:{page}", rate=0)
    path = [uv.parent, Path(sys.executable).parent, programs, usual["PATH"]]
    process = subprocess.Popen(
        ["bash", "-e", "-c", script],
        cwd=folder,
        env=usual
        | {"PATH": ":".join(map(str, path)), "PYTHONPATH": str(ROOT)}
        | {"PGHOST": "127.0.0.1", "PGPORT": str(postgres.port), "PGUSER": "akar"},
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield f"http://127.0.0.1:{page}", process.pid
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def bots(session: int) -> list[int]:
    """The processes of the bot."""
    command = ["pgrep", "--session", str(session), "--full", "akar run$"]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    return [int(line) for line in found.stdout.split()]


class Page:
    """The simulator, as people use it."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client

    def wait(self) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with contextlib.suppress(httpx.HTTPError):
                if self.client.get("/control/health").is_success:
                    return
            time.sleep(0.2)

    def ask(self, person: str, text: str) -> None:
        body = {"person": person, "text": text}
        self.client.post("/control/say", json=body).raise_for_status()

    def answered(self, people: set[str]) -> set[str]:
        """Return which of the people have a message, once all have or time is up."""
        deadline = time.monotonic() + 200
        found: set[str] = set()
        while time.monotonic() < deadline and not people <= found:
            sent: list[dict[str, Any]] = self.client.get("/control/sent").json()["sent"]
            found = {entry["person"] for entry in sent if entry["method"] == "sendMessage"}
            time.sleep(0.3)
        return found & people


def test_goes_on_while_one_process_after_the_other_is_killed(
    _postgres_running: PostgresServer,  # noqa: PT019 - its port is what is needed
    tmp_path: Path,
) -> None:
    with (
        set_up(_postgres_running, tmp_path) as (url, session),
        httpx.Client(base_url=url, timeout=60, trust_env=False) as client,
    ):
        page = Page(client)
        page.wait()
        page.ask("first", "syarat buka toko apa saja")
        assert page.answered({"first"}) == {"first"}
        ours = bots(session)
        everyone: set[str] = set()
        for round_ in range(2):
            people = {f"person-{round_}-{number}" for number in range(20)}
            for person in people:
                page.ask(person, "syarat buka toko apa saja")
            os.kill(ours[round_], signal.SIGKILL)
            everyone |= people

        assert page.answered(everyone) == everyone
