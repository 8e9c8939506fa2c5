"""Real servers in folders of their own, for tests and benchmarks: PostgreSQL and Chroma."""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx

from bot.settings import child_environment

FAST: Mapping[str, str] = MappingProxyType(
    {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
)
"""Settings under which PostgreSQL forgets when the machine dies, but not when a client does."""

_LONGEST = 60.0  # Seconds to wait for a start.
_ACCOUNTS = ("postgres", "nobody")  # PostgreSQL refuses to run as root.


def free_port() -> int:
    """Return a port on the loopback that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def postgres_programs() -> Path | None:
    """Return the folder of PostgreSQL's programs, the newest one's; None where there is none."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    installed = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    return max((path.parent for path in installed), key=_version, default=None)


def _version(programs: Path) -> float:
    return float(programs.parent.name)


@dataclass
class PostgresServer:
    """A PostgreSQL server that can be stopped and started again at the same address."""

    programs: Path
    folder: Path
    settings: Mapping[str, str]
    port: int = field(default_factory=free_port)
    _process: "subprocess.Popen[Any] | None" = None

    @property
    def url(self) -> str:
        """Return the address of the database that is always there."""
        return f"postgresql://akar@127.0.0.1:{self.port}/postgres"

    def make(self) -> None:
        """Make the files of an empty server."""
        options = ["--username=akar", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"]
        self._run("initdb", f"--pgdata={self.folder / 'data'}", "--no-sync", *options)

    def start(self) -> None:
        """Start the server and wait until it takes connections."""
        address = ["-h", "127.0.0.1", "-p", str(self.port), "-k", str(self.folder)]
        settings = [f"--{name}={value}" for name, value in self.settings.items()]
        command = [str(self.programs / "postgres"), "-D", str(self.folder / "data")]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*command, *address, *settings], stdout=log, stderr=log, **self._account()
            )
        self._wait()

    def stop(self) -> None:
        """Stop the server; clients are cut off."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """Stop the server without letting it write anything down."""
        self._end(signal.SIGQUIT)

    @contextlib.contextmanager
    def database(self) -> Iterator[str]:
        """Make an empty database, give its address, and drop it."""
        name = f"akar_{uuid.uuid4().hex}"
        at_server = f"--maintenance-db={self.url}"
        self._run("createdb", at_server, "--template=template0", name)
        try:
            yield self.url.removesuffix("postgres") + name
        finally:
            self._run("dropdb", at_server, "--force", name)

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self.programs / program), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, **self._account())
        if done.returncode:
            raise RuntimeError(done.stderr)

    def _account(self) -> dict[str, Any]:
        """Return what makes a process run in the folder, as the one who owns it."""
        owner = self.folder.stat()
        usual = {"cwd": self.folder, "env": child_environment(HOME=str(self.folder))}
        if os.geteuid() == owner.st_uid:
            return usual
        return usual | {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}

    def _wait(self) -> None:
        """Wait for the line that PostgreSQL writes for its own tools."""
        state = self.folder / "data" / "postmaster.pid"
        deadline = time.monotonic() + _LONGEST
        while time.monotonic() < deadline and self._process and self._process.poll() is None:
            with contextlib.suppress(FileNotFoundError):
                words = state.read_text(encoding="utf-8").split()
                if words and (words[0], words[-1]) == (str(self._process.pid), "ready"):
                    return
            time.sleep(0.02)
        self.kill()
        raise RuntimeError((self.folder / "log").read_text(encoding="utf-8"))

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(_LONGEST)
            self._process = None


@contextlib.contextmanager
def postgres_server(
    programs: Path, *, settings: Mapping[str, str] = FAST
) -> Iterator[PostgresServer]:
    """Run a PostgreSQL server of its own; without settings it is as durable as PostgreSQL is."""
    with tempfile.TemporaryDirectory(prefix="akar-postgres-") as name:
        folder = Path(name)
        _give_away(folder)
        server = PostgresServer(programs, folder, settings)
        server.make()
        server.start()
        try:
            yield server
        finally:
            server.kill()


def _give_away(folder: Path) -> None:
    """Give a folder of root's to an account that PostgreSQL may run as."""
    if os.geteuid() != 0:
        return
    names = {account.pw_name for account in pwd.getpwall()}
    account = pwd.getpwnam(next(name for name in _ACCOUNTS if name in names))
    os.chown(folder, account.pw_uid, account.pw_gid)


@dataclass
class ChromaServer:
    """A running `chroma run`."""

    url: str
    process: "subprocess.Popen[bytes]"

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@contextlib.contextmanager
def chroma_server(folder: Path) -> Iterator[ChromaServer]:
    """Run a Chroma server that keeps its files in the folder."""
    port = free_port()
    command = [str(Path(sys.executable).with_name("chroma")), "run", "--path", str(folder)]
    options = ["--host", "127.0.0.1", "--port", str(port)]
    process = subprocess.Popen([*command, *options], stdout=subprocess.DEVNULL)
    server = ChromaServer(f"http://127.0.0.1:{port}", process)
    try:
        _wait_for_chroma(server)
        yield server
    finally:
        server.kill()


def _wait_for_chroma(server: ChromaServer) -> None:
    deadline = time.monotonic() + _LONGEST
    with httpx.Client(trust_env=False) as client:
        while time.monotonic() < deadline:
            with contextlib.suppress(httpx.HTTPError):
                if client.get(f"{server.url}/api/v2/heartbeat").is_success:
                    return
            time.sleep(0.1)
    raise TimeoutError(server.url)
