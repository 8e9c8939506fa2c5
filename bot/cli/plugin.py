"""Lets pytest play conversation scripts as tests: `pytest -p bot.cli.plugin`.

Every `*.yaml` in the folders of the setting `akar_conversations` is played with the bot of the
settings; a `conftest.py` may name another one with the hook `pytest_akar_house`.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bot.channels.scripts.reading import read_script
from bot.channels.scripts.results import Result
from bot.channels.scripts.script import Case, cases
from bot.channels.scripts.stage import House, Stage
from bot.channels.scripts.troupe import JOBS, Troupe
from bot.cli.playing import house, mistake_line
from bot.cli.transcripts import lines, shown_form
from bot.settings import load_settings

if TYPE_CHECKING:
    from _pytest._code.code import ExceptionInfo

_FOLDERS = "akar_conversations"
_SECONDS = 300  # A bot may have to be started first.


class Hooks:
    """What a `conftest.py` may answer."""

    @pytest.hookspec(firstresult=True)
    def pytest_akar_house(self, config: pytest.Config) -> House | None:
        """Return what the bot that is played with is made of."""


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Add the hook."""
    pluginmanager.add_hookspecs(Hooks)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the setting."""
    parser.addini(_FOLDERS, "Folders of conversation scripts.", "args", ["tests/conversations"])


def pytest_configure(config: pytest.Config) -> None:
    """Get ready to play, unless a `conftest.py` has."""
    config.stash.setdefault(PLAYING, Playing(config))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """End what was started."""
    session.config.stash[PLAYING].close()


@pytest.hookimpl(trylast=True)
def pytest_akar_house(config: pytest.Config) -> House:  # noqa: ARG001 - the hook's signature
    """Return the house of the settings."""
    return house(load_settings().settings)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> "ScriptFile | None":
    """Collect a script."""
    folders = [parent.config.rootpath / name for name in parent.config.getini(_FOLDERS)]
    is_script = file_path.suffix == ".yaml" and any(map(file_path.is_relative_to, folders))
    return ScriptFile.from_parent(parent, path=file_path) if is_script else None


@pytest.fixture(scope="session")
def akar_stage(pytestconfig: pytest.Config) -> Stage:
    """Return the stage on which this process plays the conversations."""
    return pytestconfig.stash[PLAYING].troupe.stage()


class ScriptFile(pytest.File):
    """A script with its cases."""

    def collect(self) -> Iterator["ConversationItem"]:
        """Yield its cases.

        Raises:
            CollectError: the script has mistakes.
        """
        scripts = read_script(self.path)
        if scripts.mistakes:
            raise self.CollectError("\n".join(map(mistake_line, scripts.mistakes)))
        names: dict[str, int] = {}
        for case in (case for each in scripts.conversations for case in cases(each)):
            name = _name(case)
            names[name] = names.get(name, 0) + 1
            several = f" #{names[name]}" if names[name] > 1 else ""
            item = ConversationItem.from_parent(self, name=f"{name}{several}", case=case)
            item.add_marker(pytest.mark.timeout(_SECONDS))
            yield item


class FailedError(Exception):
    """A conversation did not go as written."""

    def __init__(self, result: Result) -> None:
        super().__init__(result.case.conversation.name)
        self.result = result


class ConversationItem(pytest.Item):
    """A case as a test."""

    def __init__(self, *, case: Case, **named: Any) -> None:
        super().__init__(**named)
        self.case = case

    def runtest(self) -> None:
        """Play it.

        Raises:
            FailedError: it did not go as written.
        """
        result = self.config.stash[PLAYING].result(self)
        if result.is_bad:
            raise FailedError(result)
        if result.status == "known":
            pytest.xfail(self.case.conversation.expected_failure)

    def repr_failure(self, excinfo: "ExceptionInfo[BaseException]", *args: Any) -> Any:
        """Tell what was said, what was expected, and what came."""
        if not isinstance(excinfo.value, FailedError):
            return super().repr_failure(excinfo, *args)
        told = lines(excinfo.value.result)
        return "\n".join(
            "".join(part if isinstance(part, str) else part[0] for part in parts) for parts in told
        )

    def reportinfo(self) -> tuple[Path, int, str]:
        """Say where it stands."""
        return self.path, self.case.conversation.line - 1, self.name


class Playing:
    """Plays the case that a test asks for, and those that will be asked for next."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._troupe: Troupe | None = None
        self._begun: dict[str, Future[Result]] = {}

    @property
    def troupe(self) -> Troupe:
        """What plays, made when it is needed."""
        if self._troupe is None:
            self._troupe = Troupe(self._config.hook.pytest_akar_house(config=self._config))
        return self._troupe

    def result(self, item: ConversationItem) -> Result:
        """Return how a case went."""
        self._begin(item)
        for each in _next(item, item.session.items):
            self._begin(each)
        return self._begun.pop(item.nodeid).result()

    def close(self) -> None:
        """End what plays."""
        if self._troupe:
            self._troupe.close()

    def _begin(self, item: ConversationItem) -> None:
        if item.nodeid not in self._begun:
            self._begun[item.nodeid] = self.troupe.begin(item.case)


PLAYING = pytest.StashKey[Playing]()


def _next(item: ConversationItem, items: Sequence[pytest.Item]) -> Iterator[ConversationItem]:
    """Yield the next cases that share the bot: with several processes, most are for this one."""
    place = items.index(item)
    for each in items[place + 1 : place + JOBS]:
        if isinstance(each, ConversationItem) and not each.case.is_apart:
            yield each


def _name(case: Case) -> str:
    form = shown_form(case)[:40]
    return f"{case.conversation.name} «{form}»" if form else case.conversation.name
