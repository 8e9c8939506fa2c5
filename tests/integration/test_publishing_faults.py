"""Whatever happens to a publication, the live answers never change or stop."""

import asyncio
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from types import SimpleNamespace
from typing import NoReturn

import pytest

from bot.app import publishing
from bot.app.assembly import open_app
from bot.backends.knowledge.findings import WARNINGS
from bot.backends.knowledge.placing import write_new
from bot.backends.knowledge.publish import MistakesError, Published
from bot.backends.knowledge.versions import Version
from bot.core.ports import BotError, KnowledgeError
from bot.settings import Settings
from tests.conftest import ROOT
from tests.integration.disks import fill, small_disk
from tests.integration.knowledge_folders import FRONT, card, write
from tests.integration.processes import Bot, akar, bot_on, environment
from tests.integration.simulators import running as simulator
from tests.integration.test_knowledge_folder import BROKEN_CARDS, BROKEN_YAML, PROGRAM

pytestmark = pytest.mark.timeout(300)

QUESTION = "surat apa untuk kios"
MOMENTS = 10
LONGEST = 4.0  # Seconds; about what a publication takes.

KINDS = [
    *(("stalls.md", text, code) for text, _, code in BROKEN_CARDS.values()),
    *((file, text, code) for file, text, _, code in BROKEN_YAML.values()),
]
BROKEN = [(file, text) for file, text, code in KINDS if code not in WARNINGS]


def saying(text: str) -> dict[str, str]:
    """A folder whose answer is this text, with enough beside it to take time."""
    more = "".join(card(f"more-{number}", f"{text} {number}.") for number in range(40))
    return {"stalls.md": FRONT + card("papers", text, QUESTION) + more}


class Reader(Thread):
    """Asks a running bot all the while, and keeps every answer."""

    def __init__(self, bot: Bot) -> None:
        super().__init__()
        self.bot = bot
        self.answers: list[str] = []
        self.stopping = Event()

    def run(self) -> None:
        while not self.stopping.wait(0.1):
            self.bot.say("reader", QUESTION)
            text = self.bot.wait("reader", wanted=len(self.answers) + 1)[-1]
            self.answers.append(text.partition("\n")[0])

    def wait_for(self, text: str) -> None:
        """Wait until the newest answer is this."""
        deadline = time.monotonic() + 60
        while not self.answers or self.answers[-1] != text:
            assert self.is_alive()
            assert time.monotonic() < deadline
            time.sleep(0.1)


@pytest.fixture(scope="module")
def bot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bot]:
    """A running bot without a folder of its own: what it answers from is published from beside."""
    folder = tmp_path_factory.mktemp("house")
    write(folder / "knowledge", saying("Bring a permit."))
    assert sync(folder / "data", folder / "knowledge").returncode == 0
    settings = {"knowledge": folder / "nowhere", "person_rate": 10000, "rate": 0}
    with (
        simulator(folder / "chats.sqlite3") as url,
        bot_on(url, folder / "data", **settings) as run,
    ):
        run.start()
        yield run


@contextmanager
def reading(bot: Bot) -> Iterator[Reader]:
    """Read while something happens; a person asks, and is answered, until it is over."""
    reader = Reader(bot)
    reader.answers += bot.texts("reader")
    before = len(reader.answers)
    reader.start()
    try:
        yield reader
    finally:
        reader.stopping.set()
        reader.join()
    reader.answers = reader.answers[before:]
    assert reader.answers


def sync(data: Path, knowledge: Path) -> "subprocess.CompletedProcess[str]":
    return akar("knowledge", "sync", cwd=data.parent, knowledge=knowledge, data=data)


async def live_version(data: Path, knowledge: Path) -> Version:
    async with open_app(settings_of(data, knowledge)) as app:
        version = await app.knowledge.versions.live()
    assert version
    return version


def settings_of(data: Path, knowledge: Path) -> Settings:
    return Settings(data=data, knowledge=knowledge, prompts=ROOT / "prompts")


async def test_no_kind_of_broken_file_changes_the_live_answers(bot: Bot, tmp_path: Path) -> None:
    live = await live_version(bot.data, tmp_path)
    published = []
    folder = tmp_path / "knowledge"
    with reading(bot) as reader:
        async with open_app(settings_of(bot.data, folder)) as app:
            for file, text in BROKEN:
                write(folder, {"program.yaml": PROGRAM, file: text})
                try:
                    await app.knowledge.publish()
                except MistakesError:
                    shutil.rmtree(folder)
                else:
                    published.append(text)

    assert len(BROKEN) >= 50
    assert published == []
    assert len(set(reader.answers)) == 1
    assert await live_version(bot.data, tmp_path) == live


async def test_a_kill_at_any_moment_leaves_a_whole_version_live(bot: Bot, tmp_path: Path) -> None:
    moments = random.Random(17)
    expected = bot.texts("reader")[-1:] or ["Bring a permit."]
    allowed = {expected[0].partition("\n")[0]}
    with reading(bot) as reader:
        for number in range(MOMENTS):
            folder = write(tmp_path / "knowledge", saying(f"Bring number {number}."))
            allowed.add(f"Bring number {number}.")
            with start_sync(bot.data, folder) as publishing:
                await asyncio.sleep(moments.uniform(0.2, LONGEST))
                publishing.kill()
            assert (await live_version(bot.data, folder)).state == "whole"
        folder = write(tmp_path / "knowledge", saying("Bring all of them."))
        done = sync(bot.data, folder)
        reader.wait_for("Bring all of them.")

    assert (done.returncode, done.stderr) == (0, "")
    assert set(reader.answers) <= allowed | {"Bring all of them."}


def start_sync(data: Path, knowledge: Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "bot", "knowledge", "sync"],
        cwd=ROOT,
        env=environment(data=data, knowledge=knowledge),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )


async def test_two_at_once_publish_once(bot: Bot, tmp_path: Path) -> None:
    before = await live_version(bot.data, tmp_path)
    folder = write(tmp_path / "knowledge", saying("Bring two."))
    with reading(bot) as reader:
        both = [start_sync(bot.data, folder) for _ in range(2)]
        said = [process.communicate(timeout=100)[0] for process in both]
        reader.wait_for("Bring two.")

    assert [process.returncode for process in both] == [0, 0]
    assert sorted(text.startswith(b"Nothing to publish") for text in said) == [False, True]
    assert len(set(reader.answers)) <= 2
    assert (await live_version(bot.data, folder)).number == before.number + 1


async def test_a_full_disk_is_named_and_leaves_the_old_version_live(tmp_path: Path) -> None:
    first = write(tmp_path / "first", saying("Bring a permit."))
    second = write(tmp_path / "second", saying("Bring a photograph."))
    with small_disk(tmp_path / "data") as data:
        sync(data, first)
        async with open_app(settings_of(data, first)) as beside:
            await beside.make_live(on_progress=lambda _done, _total: None)
            fill(data / "filler")
            refused = sync(data, second)
            during = await beside.search(QUESTION, limit=1)
            (data / "filler").unlink()
            done = sync(data, second)
            await beside.knowledge.open_whole()
            after = await beside.search(QUESTION, limit=1)

    assert refused.returncode == 3
    assert "disk" in refused.stderr
    assert [found.text for found in during] == ["Bring a permit."]
    assert (done.returncode, done.stderr) == (0, "")
    assert [found.text for found in after] == ["Bring a photograph."]


async def test_a_full_disk_leaves_no_part_of_a_draft(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        fill(disk / "filler")

        with pytest.raises(KnowledgeError, match="file_unwritable"):
            write_new(disk / "draft.md", "x" * 100_000)

        assert not (disk / "draft.md").exists()


class Heard:
    """Hears what publishing says."""

    def __init__(self) -> None:
        self.codes: list[str] = []
        self.failed, self.mended = asyncio.Event(), asyncio.Event()

    def progress(self, done: int, total: int) -> None:
        pass

    def published(self, published: Published) -> None:
        self.mended.set()

    def problem(self, error: BotError) -> None:
        self.codes.append(error.code)
        self.failed.set()

    def running(self, username: str) -> None:
        pass

    def left(self, count: int) -> None:
        pass


async def test_what_nobody_foresaw_does_not_end_the_watching(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(**_: object) -> NoReturn:
        raise RuntimeError

    folder, heard = write(tmp_path / "knowledge", saying("Bring a permit.")), Heard()
    leads, stop = asyncio.Event(), asyncio.Event()
    leads.set()
    monkeypatch.setattr(publishing, "_LOOK_EVERY", 0.1)
    monkeypatch.setattr(publishing, "_RETRY_EVERY", 0.1)
    async with open_app(settings_of(tmp_path / "data", folder)) as app:
        await app.make_live(on_progress=lambda _done, _total: None)
        app.knowledge.has_words.set()
        member, done = SimpleNamespace(leads=leads), asyncio.create_task(asyncio.sleep(0))
        watching = asyncio.create_task(
            publishing.keep_published(app, member, heard, stop, after=done)
        )
        async with asyncio.timeout(60):
            with monkeypatch.context() as during:
                during.setattr(app.knowledge, "publish", broken)
                await asyncio.sleep(0.5)
                write(folder, saying("Bring a photograph."))
                await heard.failed.wait()
            await heard.mended.wait()
        watching.cancel()

    assert heard.codes == ["unforeseen"]
