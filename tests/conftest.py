"""What several folders of tests share: one prepared index, real servers, a free home."""

import asyncio
import contextlib
import os
import shutil
from collections.abc import Iterator
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import NoReturn

import coverage
import pytest
from filelock import FileLock

from bot.app.assembly import open_app
from bot.channels.scripts.stage import House
from bot.settings import Settings, settings_environment
from tests.servers import PostgresServer, postgres_programs, postgres_server

ROOT = Path(__file__).parent.parent
_UNIT = ROOT / "tests" / "unit"

_PREPARING = 900  # Seconds for a test that waits until the index is made, on a slow machine.


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--exchanges",
        type=Path,
        help="Write every exchange between a bot and the simulator to this file.",
    )
    parser.addoption(
        "--prepare",
        action="store_true",
        help="Make the index that tests share, however long it takes, and end; with -n0.",
    )


def pytest_sessionstart(session: pytest.Session) -> None:
    if session.config.getoption("--prepare"):
        prepare(session.config)
        pytest.exit("The index is there.", returncode=0)


@pytest.fixture(scope="session", autouse=True)
def _no_settings_of_the_developer() -> Iterator[None]:
    """Keep the developer's settings out of the tests and of the processes they start.

    Nor is what these cover measured: a fifth of the time of hundreds of processes.
    """
    with _without("AKAR_", "COVERAGE_PROCESS_"):
        os.environ["AKAR_LANGUAGE"] = "en"
        yield
        del os.environ["AKAR_LANGUAGE"]


@contextlib.contextmanager
def _without(*prefixes: str) -> Iterator[None]:
    """Take what begins so out of the environment for a while."""
    names = [name for name in os.environ if name.startswith(prefixes)]
    kept = {name: os.environ.pop(name) for name in names}
    yield
    os.environ.update(kept)


@pytest.fixture(scope="session")
def exchanges(request: pytest.FixtureRequest) -> Path | None:
    """Return the file that exchanges are written to, if one was asked for."""
    path: Path | None = request.config.getoption("--exchanges")
    return path.absolute() if path else None


def pytest_akar_house(config: pytest.Config) -> House:
    """Play conversations with the project's own bot on the prepared index."""
    folders = {"knowledge": ROOT / "knowledge", "prompts": ROOT / "prompts"}
    environment = partial(settings_environment, language="en", **folders)
    return House(environment, ROOT / "knowledge", prepare(config))


@pytest.fixture(scope="session")
def prepared_data(pytestconfig: pytest.Config) -> Path:
    """Return a data folder with a whole index of the project's knowledge: copy it, never write."""
    return prepare(pytestconfig)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where the index is not there yet, let tests that need it come last, and wait for it.

    Those that may take long come first, so that no worker is left alone with them at the end.
    """
    if (_prepared(config) / "whole").exists():
        return
    items.sort(key=lambda item: (_needs_index(item), -_limit(item)))
    for item in filter(_needs_index, items):
        item.add_marker(pytest.mark.timeout(_PREPARING), append=False)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> None:
    """Note, where coverage is measured, what unit tests cover apart from the rest."""
    running = coverage.Coverage.current()
    if running:
        running.switch_context("unit" if item.path.is_relative_to(_UNIT) else "other")


def _needs_index(item: pytest.Item) -> bool:
    is_played = item.path.suffix == ".yaml"
    return is_played or bool({"prepared_data", "akar_stage"}.intersection(_fixtures(item)))


def _limit(item: pytest.Item) -> float:
    """Return the seconds that a test may take, as it says."""
    marker = item.get_closest_marker("timeout")
    return float(marker.args[0]) if marker else 0.0


def _fixtures(item: pytest.Item) -> list[str]:
    return getattr(item, "fixturenames", [])


def _prepared(config: pytest.Config) -> Path:
    kept: Path = config.cache.mkdir("prepared")
    return kept / _digest(ROOT / "knowledge", ROOT / "prompts", ROOT / "bot" / "backends")


def prepare(config: pytest.Config) -> Path:
    """Make that folder, which takes minutes, so it is kept until the knowledge changes."""
    folder = _prepared(config)
    kept = folder.parent
    with _without("AKAR_"):  # The developer's database is not for the tests' index.
        settings = Settings(
            _env_file=None,
            data=folder,
            knowledge=ROOT / "knowledge",
            prompts=ROOT / "prompts",
        )

    async def make() -> None:
        async with open_app(settings) as app:
            await app.make_live(on_progress=lambda _done, _total: None)

    with FileLock(kept.with_name("prepared.lock")):  # The workers share it.
        if not (folder / "whole").exists():
            shutil.rmtree(kept, ignore_errors=True)
            asyncio.run(make())
            (folder / "whole").touch()
    return folder


def _digest(*folders: Path) -> str:
    found = sha256()
    for path in sorted(path for folder in folders for path in folder.rglob("*.*")):
        if path.is_file() and path.suffix != ".pyc":
            found.update(path.relative_to(ROOT).as_posix().encode())
            found.update(path.read_bytes())
    return found.hexdigest()[:16]


@pytest.fixture
def data(prepared_data: Path, tmp_path: Path) -> Path:
    """Return a copy of the prepared data folder that a test may write to."""
    return Path(shutil.copytree(prepared_data, tmp_path / "data"))


@pytest.fixture(scope="session")
def _postgres_running() -> Iterator[PostgresServer]:
    programs = postgres_programs()
    if programs is None:
        _lacks("initdb")
    with postgres_server(programs) as running:
        yield running


@pytest.fixture(scope="session")
def postgres(_postgres_running: PostgresServer) -> str:
    """Return the address of a PostgreSQL server; the test is skipped where there is none."""
    return _postgres_running.url


@pytest.fixture
def postgres_url(_postgres_running: PostgresServer) -> Iterator[str]:
    """Return the address of an empty PostgreSQL database."""
    with _postgres_running.database() as url:
        yield url


@pytest.fixture(scope="session")
def chromium() -> str:
    """Return the browser's path; the test is skipped where there is none."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        _lacks("chromium")
    return path


def _lacks(program: str) -> NoReturn:
    """Skip the test, or fail it where everything must be there."""
    if os.environ.get("CI"):
        pytest.fail(f"{program} is not installed")
    pytest.skip(f"needs {program}")
