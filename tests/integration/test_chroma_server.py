"""The vectors may stand on a Chroma server."""

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.app.assembly import open_app
from bot.core.messages import Answer
from bot.core.ports import KnowledgeError
from bot.settings import Settings
from tests.conftest import ROOT
from tests.integration.knowledge_folders import STALLS, write
from tests.servers import ChromaServer, chroma_server

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ChromaServer]:
    with chroma_server(tmp_path / "server") as running:
        yield running


def settings_of(folder: Path, url: str) -> Settings:
    return Settings(
        data=folder / "data",
        knowledge=write(folder / "knowledge"),
        prompts=ROOT / "prompts",
        chroma_url=url,
    )


def silent(_done: int, _total: int) -> None:
    """Hear of progress."""


async def test_publishes_to_a_server_and_searches_it(server: ChromaServer, tmp_path: Path) -> None:
    async with open_app(settings_of(tmp_path, server.url)) as app:
        await app.make_live(on_progress=silent)
        found = await app.search("dokumen untuk kios", language="id", limit=1)

    assert found[0].card == "stalls#papers"
    assert "similarity" in dict(found[0].evidence)
    assert not (tmp_path / "data" / "chroma").exists()


async def test_publishes_a_change_to_a_server(server: ChromaServer, tmp_path: Path) -> None:
    async with open_app(settings_of(tmp_path, server.url)) as app:
        await app.make_live(on_progress=silent)
        write(tmp_path / "knowledge", {"stalls.md": STALLS.replace("a photograph", "money")})

        published = await app.knowledge.publish()

    assert (published.is_new, published.embedded) == (True, 1)


async def test_answers_from_the_words_when_the_server_dies(
    server: ChromaServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_app(settings_of(tmp_path, server.url)) as app:
        await app.make_live(on_progress=silent)
        app.knowledge.search.is_thorough = True
        server.kill()

        found = [await app.search("surat apa untuk kios", limit=3) for _ in range(2)]

    assert found[0][0].card == found[1][0].card == "stalls#papers"
    assert "similarity" not in dict(found[0][0].evidence)
    assert caplog.text.count("answering from the words alone") == 1


async def test_an_index_on_a_server_that_is_gone_is_named(
    server: ChromaServer, tmp_path: Path
) -> None:
    async with open_app(settings_of(tmp_path, server.url)) as app:
        await app.knowledge.publish()
        server.kill()

        with pytest.raises(KnowledgeError) as refused:
            await app.knowledge.open_whole()

    assert refused.value.code == "search_failed"


async def test_a_server_that_is_away_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    async with open_app(settings_of(tmp_path, url)) as app:
        with pytest.raises(KnowledgeError) as refused:
            await app.knowledge.publish()

    assert (refused.value.code, refused.value.values) == ("chroma_away", {"url": url})


async def test_answers_from_the_words_while_the_server_is_away(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    async with open_app(settings_of(tmp_path, url)) as app:
        app.knowledge.search.expect_vectors()
        with pytest.raises(KnowledgeError):
            await app.knowledge.publish(words_first=True)
        follower = asyncio.create_task(app.knowledge.follow())
        app.knowledge.search.expect_no_vectors()

        turn = await app.ask("surat apa untuk kios")
        follower.cancel()

    assert isinstance(turn.outcome, Answer)
    assert turn.outcome.passage.card == "stalls#papers"
