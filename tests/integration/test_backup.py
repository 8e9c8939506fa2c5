"""A copy of the data folder made while the bot runs can be restored."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.knowledge_folders import write
from tests.integration.processes import Bot, akar, bot_on
from tests.integration.simulators import running

pytestmark = pytest.mark.timeout(300)

QUESTION = "syarat buka toko apa saja ya"


@pytest.fixture
def bot(data: Path, tmp_path: Path) -> Iterator[Bot]:
    with (
        running(tmp_path / "chats.sqlite3") as simulator,
        bot_on(simulator, data, rate=0, person_rate=100_000) as prepared,
    ):
        prepared.start()
        prepared.say("first", QUESTION)
        prepared.wait("first")
        yield prepared


def copied(data: Path, name: str) -> Path:
    copy = data.with_name(name)
    shutil.copytree(data, copy, ignore=shutil.ignore_patterns("*.lock"))
    return copy


def test_a_copy_made_while_the_bot_answers_can_be_restored(bot: Bot) -> None:
    copies = []
    for name in ("one", "two"):
        for number in range(20):
            bot.say(f"{name}-{number}", QUESTION)
        copies.append(copied(bot.data, name))
        shutil.copy(f"{bot.data}.key", f"{copies[-1]}.key")
    bot.settle()
    bot.stop()

    asked = [akar("ask", QUESTION, cwd=copy.parent, data=copy) for copy in copies]

    assert [done.returncode for done in asked] == [0, 0], asked
    with bot_on(bot.simulator, copies[-1], rate=0) as restored:
        restored.start()
        restored.say("afterwards", QUESTION)
        restored.wait("afterwards")
        restored.settle()
        assert restored.stop()[0] == 0


def test_a_copy_without_its_key_says_so(bot: Bot) -> None:
    copy = copied(bot.data, "copy")

    done = akar("ask", QUESTION, cwd=copy.parent, data=copy)

    assert done.returncode == 2
    assert "key" in done.stderr


def test_vectors_that_did_not_come_along_are_built_again(tmp_path: Path) -> None:
    write(tmp_path / "knowledge")
    settings: dict[str, Any] = {
        "data": tmp_path / "data",
        "knowledge": tmp_path / "knowledge",
    }
    akar("knowledge", "sync", cwd=tmp_path, **settings)
    shutil.rmtree(tmp_path / "data" / "chroma")

    done = akar("knowledge", "sync", cwd=tmp_path, **settings)

    assert done.returncode == 0
    assert "embedded" in done.stdout
    assert akar("ask", "surat apa untuk kios", cwd=tmp_path, **settings).returncode == 0
