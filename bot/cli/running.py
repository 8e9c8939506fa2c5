"""`akar run` and `akar simulator`."""

import asyncio
import contextlib
import ctypes
import gc
import importlib
import signal
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.output import load, progress, say, say_error, sentence
from bot.core.ports import BotError, ChannelError

if TYPE_CHECKING:
    from bot.backends.knowledge.publish import Published
    from bot.channels.observing import Audience
    from bot.settings import Settings

CHATS_FILE = "simulator.sqlite3"

_TO_STOP = (signal.SIGINT, signal.SIGTERM)
_STARTING = 15.0  # Seconds within which the simulator must answer.
_TURN_OF_A_THREAD = 0.0005  # Seconds; a tenth of Python's own.
_YOUNG = 50_000  # Objects made between looks for garbage; as many as a start makes in a second.
# The names of the settings in glibc's <malloc.h>.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
_LARGE = 8 * 2**20  # Bytes; more than any question takes at once.
_HEAPS = 2


def run(
    control: Annotated[
        Path | None, typer.Option(hidden=True, help="A socket to report turns on.")
    ] = None,
) -> None:
    """Run the bot: on Telegram when a token is set, else on the built-in simulator.

    Example: `akar run`, or `AKAR_TELEGRAM_TOKEN=… akar run`
    """
    gc.set_threshold(_YOUNG)  # What is imported is no garbage: a start takes a tenth less.
    was_told = _told_to_stop()
    settings = load()
    token = settings.telegram_token.get_secret_value() if settings.telegram_token else ""
    with contextlib.ExitStack() as stack:
        simulator = None
        if not token:
            from bot.channels.simulator import TOKEN

            token = TOKEN
            if not settings.telegram_url:
                simulator = stack.enter_context(_simulator(settings))
        import uvloop

        _spare_memory()
        # An embedded question is not kept waiting while the loop computes.
        sys.setswitchinterval(_TURN_OF_A_THREAD)
        # A tenth more answers a second than with asyncio's own loop.
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            running = _run(settings, token, simulator=simulator, control=control, was_told=was_told)
            runner.run(running)


def _told_to_stop() -> threading.Event:
    """Listen for a signal to stop from now on; the loop, once it runs, hears of it."""
    told = threading.Event()
    for number in _TO_STOP:
        signal.signal(number, lambda *_: told.set())
    return told


def _spare_memory() -> None:
    """Let the threads share their heaps, and large pieces be given back once they are free.

    A heap for each thread keeps 25 MB more, and is no faster; what an index is opened with would
    leave a hole of 60 MB in them.
    """
    with contextlib.suppress(AttributeError):  # Another C library may have no such settings.
        libc = ctypes.CDLL(None)
        libc.mallopt(_M_ARENA_MAX, _HEAPS)
        libc.mallopt(_M_MMAP_THRESHOLD, _LARGE)
        libc.mallopt(_M_TRIM_THRESHOLD, _LARGE)  # Else a question takes pages and gives them back.


def simulator(
    listen: Annotated[str, typer.Option(help="HOST:PORT instead of AKAR_SIMULATOR_LISTEN.")] = "",
    chats: Annotated[Path | None, typer.Option(help="The file that keeps the chats.")] = None,
    exchanges: Annotated[
        Path | None, typer.Option(help="Write every exchange with a bot here.")
    ] = None,
) -> None:
    """Run the simulator alone: a stand-in for Telegram's Bot API, with a chat page.

    Example: `akar simulator --listen 127.0.0.1:8001`
    """
    from bot.channels.simulator import TOKEN
    from bot.channels.simulator.server import serve

    settings = load()
    serve(
        listen=listen or settings.simulator_listen,
        chats=chats or settings.data / CHATS_FILE,
        exchanges=exchanges,
        on_ready=lambda url: say(sentence("simulator_ready", url=url, token=TOKEN)),
    )


async def _run(
    settings: "Settings",
    token: str,
    *,
    simulator: "_Simulator | None" = None,
    control: Path | None,
    was_told: threading.Event,
) -> None:
    from bot.app.running import run as run_bot

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in _TO_STOP:
        loop.add_signal_handler(number, stop.set)
    if was_told.is_set():
        return

    async def server_up() -> None:
        if simulator:
            await asyncio.to_thread(simulator.wait)
            say(sentence("chat_page", url=simulator.url))

    url = simulator.url if simulator else settings.telegram_url
    is_simulated = settings.telegram_token is None
    async with _teller(url if is_simulated else None) as audience:
        with progress() as on_progress:
            await run_bot(
                settings,
                token=token,
                url=url,
                stop=stop,
                reports=_Narrator(on_progress, is_simulated=is_simulated),
                server_up=server_up,
                control_path=control,
                audience=audience,
            )


@contextlib.asynccontextmanager
async def _teller(url: str | None) -> AsyncIterator["Audience | None"]:
    """Tell the simulator of turns, if the bot is on one, so that chats can be recorded."""
    if url is None:
        yield None
        return
    telling = await asyncio.to_thread(importlib.import_module, "bot.channels.simulator.telling")
    async with telling.teller(url) as audience:
        yield audience


class _Narrator:
    """Says on the terminal what goes on while the bot runs."""

    def __init__(self, progress: Callable[[int, int], None], *, is_simulated: bool) -> None:
        self.progress = progress
        self._is_simulated = is_simulated
        self._began = time.perf_counter()
        self._has_published = False

    def published(self, published: "Published") -> None:
        embedded, number = published.embedded, published.version.number
        if published.is_new and self._has_published:
            say(sentence("republished", number=number, embedded=embedded))
        elif published.is_new:
            seconds = round(time.perf_counter() - self._began, 1)
            say(sentence("index_ready", embedded=embedded, seconds=seconds))
        self._has_published = True

    def problem(self, error: BotError) -> None:
        say_error(error)

    def running(self, username: str) -> None:
        if not self._is_simulated:
            say(sentence("on_telegram", username=username))
        say(sentence("stop_hint"))

    def left(self, count: int) -> None:
        if count:
            say(sentence("left_waiting", count=count))


@contextlib.contextmanager
def _simulator(settings: "Settings") -> Iterator["_Simulator"]:
    """Use the simulator that runs already, else start one, in a process of its own.

    It goes on when the bot is killed, and ends when the bot ends by itself.
    """
    url = f"http://{settings.simulator_listen}"
    if _is_simulator(url):
        yield _Simulator(url, settings.simulator_listen, None)
        return
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", "simulator"],
        stdout=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl+C reaches the bot first, which still sends its last words.
    )
    try:
        yield _Simulator(url, settings.simulator_listen, process)
    finally:
        process.terminate()
        process.wait()


@dataclass(frozen=True, slots=True)
class _Simulator:
    """A simulator that is starting, or that ran already."""

    url: str
    listen: str
    process: subprocess.Popen[bytes] | None

    def wait(self) -> None:
        """Return once it takes requests.

        Raises:
            typer.Exit: it ended, and has said why.
            ChannelError: it does not answer.
        """
        deadline = time.monotonic() + _STARTING
        while time.monotonic() < deadline:
            if _is_simulator(self.url):
                return
            if self.process and self.process.poll() is not None:
                raise typer.Exit(self.process.returncode)
            time.sleep(0.05)
        raise ChannelError("simulator_silent", listen=self.listen)


def _is_simulator(url: str) -> bool:
    """Say whether a simulator of ours answers there."""
    import json
    from urllib.error import URLError
    from urllib.request import ProxyHandler, build_opener

    opener = build_opener(ProxyHandler({}))
    try:
        with opener.open(f"{url}/control/health", timeout=2) as response:
            return bool(json.load(response).get("simulator") == "akar")
    except (URLError, OSError, ValueError, AttributeError):
        return False
