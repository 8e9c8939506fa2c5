"""A bot that starts answers by meaning before Chroma is open."""

import asyncio
import itertools
import logging
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bot.backends.knowledge import spaces, texts, words
from bot.backends.knowledge.folder import check_folder
from bot.backends.knowledge.kept import KeptFiles, KeptIndex, KeptSpaces, KeptWords
from bot.backends.knowledge.served import Served
from bot.backends.knowledge.service import KnowledgeService
from bot.backends.knowledge.spaces import Space, units
from bot.backends.knowledge.vectors import Collections, connect
from bot.core.ports import KnowledgeError
from tests.fakes import TODAY
from tests.integration.knowledge_folders import FRONT, STALLS, write
from tests.integration.test_publishing import service

QUESTION = "dokumen apa yang perlu"


@pytest.fixture
async def data(tmp_path: Path) -> AsyncIterator[Path]:
    """A data folder whose knowledge was served once."""
    async with service(write(tmp_path / "knowledge"), tmp_path / "data") as knowledge:
        await knowledge.publish()
        await knowledge.open_whole()
        yield tmp_path / "data"


def restarted(data: Path) -> Any:
    return service(data.parent / "knowledge", data)


async def evidence(knowledge: KnowledgeService) -> dict[str, float]:
    found = await knowledge.search.search(QUESTION, language="id", limit=5)
    return dict(found[0].evidence)


def space(texts: int = 60, cards: int = 9) -> Space:
    vectors = np.random.default_rng(1).normal(size=(texts, 16)).astype(np.float32)
    return Space.of(units(vectors), [f"card {number % cards}" for number in range(texts)])


async def test_the_next_start_answers_by_meaning_without_chroma(data: Path) -> None:
    async with restarted(data) as knowledge:
        await knowledge.open_words()
        knowledge.may_load.clear()  # So that Chroma cannot be opened.

        await knowledge.open_kept()
        early = await evidence(knowledge)
        knowledge.may_load.set()
        await knowledge.open_whole()
        late = await evidence(knowledge)

    assert early["similarity"] == pytest.approx(late["similarity"], abs=1e-4)


async def test_what_is_published_is_kept_for_the_first_start(tmp_path: Path) -> None:
    data = tmp_path / "data"
    async with service(write(tmp_path / "knowledge"), data) as knowledge:
        await knowledge.publish()

    assert len(list((data / "words").iterdir())) == 1
    async with restarted(data) as knowledge:
        await knowledge.open_words()
        knowledge.may_load.clear()
        await knowledge.open_kept()

        assert "similarity" in await evidence(knowledge)


async def test_a_collection_that_is_gone_is_not_hidden_by_what_is_kept(data: Path) -> None:
    async with restarted(data) as knowledge:
        version = await knowledge.open_words()
        assert version
        Collections(connect(data, None)).drop(version.name)
        following = asyncio.create_task(knowledge.follow())

        await asyncio.wait_for(knowledge.has_opened.wait(), 60)
        found = await evidence(knowledge)

        following.cancel()
        with suppress(asyncio.CancelledError):
            await following
        assert "similarity" not in found
        assert knowledge.search.is_degraded
        with pytest.raises(KnowledgeError, match="index_missing"):
            await knowledge.open_whole()


def test_a_space_is_read_as_it_was_kept(tmp_path: Path) -> None:
    made = space()
    KeptSpaces(tmp_path).keep("akar-1", made)

    found = KeptSpaces(tmp_path).load("akar-1")

    assert found
    vector = units(np.ones(16, dtype=np.float32))
    near = made.nearest(vector, limit=20)
    assert found.nearest(vector, limit=20) == near
    assert found.similarities(vector, near) == made.similarities(vector, near)
    assert np.allclose(
        found.likeness(found.cosines(vector[None])), made.likeness(made.cosines(vector[None]))
    )


@pytest.mark.parametrize(("texts", "limit"), [(60, 3), (60, 500), (1, 5), (0, 5)])
def test_the_nearest_are_at_most_so_many(texts: int, limit: int) -> None:
    made = space(texts)
    vector = units(np.ones(16, dtype=np.float32))

    near = made.nearest(vector, limit=limit)

    order = np.argsort(-made.cosines(vector[None])[0])[:limit]
    assert set(near) == {f"card {place % 9}" for place in order}


def test_only_one_version_is_kept(tmp_path: Path) -> None:
    keeper = KeptSpaces(tmp_path)

    keeper.keep("akar-1", space())
    keeper.keep("akar-2", space())

    assert keeper.load("akar-1") is None
    assert (found := keeper.load("akar-2")) is not None
    assert keeper.load("akar-2") is found
    assert len(list((tmp_path / "spaces").iterdir())) == 1


def test_what_another_program_made_otherwise_is_not_read(tmp_path: Path) -> None:
    made = {"numbers": np.arange(3)}
    KeptFiles(tmp_path / "kept", spaces, texts).keep("akar-1", made)

    assert KeptFiles(tmp_path / "kept", spaces, texts).load("akar-1")
    assert KeptFiles(tmp_path / "kept", spaces, words).load("akar-1") is None


LANGUAGES = {
    "stalls.en.md": STALLS.replace("surat apa untuk kios", "which papers for a stall"),
    "stalls.zh.md": STALLS.replace("surat apa untuk kios", "摆摊需要什么证件"),
    "empty.md": FRONT + "# Empty\n\n## Without lines {#without}\n\nNothing is asked.\n",
    "glossary.yaml": "srt: surat\n",
}
TYPED = ["srt apa utk kios", "which permit", "摆摊证件", "", "kuda nil", "brp sewa kios, kak"]


@pytest.mark.parametrize("files", [{}, LANGUAGES], ids=["one language", "three"])
def test_words_are_compared_by_what_is_kept_as_by_what_was_made(
    tmp_path: Path, files: dict[str, str]
) -> None:
    folder = write(tmp_path / "knowledge", files)
    content = check_folder(folder, today=TODAY).content
    made = Served.of(content)
    KeptWords(tmp_path).keep("akar-1", made)

    found = Served.of(content, kept=KeptWords(tmp_path).load("akar-1"))

    assert found.asked_with("surat apa untuk kios", "id") == "stalls#papers"
    for language, typed in itertools.product(made.words, TYPED):
        pairs = zip(
            found.words[language].match(typed), made.words[language].match(typed), strict=True
        )
        assert all(np.array_equal(*pair) for pair in pairs)
        assert found.words[language].meant(typed) == made.words[language].meant(typed)
        assert found.asked_with(typed, language) == made.asked_with(typed, language)


async def test_words_are_kept_of_what_was_served(data: Path) -> None:
    [kept] = (data / "words").iterdir()
    before = kept.stat().st_mtime_ns

    async with restarted(data) as knowledge:
        await knowledge.open_words()
        found = await knowledge.search.search(QUESTION, language="id", limit=1)
        await knowledge.open_whole()

    assert found[0].card == "stalls#papers"
    assert [path.stat().st_mtime_ns for path in (data / "words").iterdir()] == [before]


@pytest.mark.parametrize("left", [0, 100, -1])
def test_what_is_damaged_is_not_read(tmp_path: Path, left: int) -> None:
    KeptSpaces(tmp_path).keep("akar-1", space())
    [path] = (tmp_path / "spaces").iterdir()
    path.write_bytes(path.read_bytes()[:left])

    assert KeptSpaces(tmp_path).load("akar-1") is None


def test_what_cannot_be_kept_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "spaces").write_text("a file in its place", encoding="utf-8")

    with caplog.at_level(logging.WARNING):
        KeptSpaces(tmp_path).keep("akar-1", space())

    assert "the next start takes longer" in caplog.text


def test_a_model_that_fails_is_named() -> None:
    class Failing:
        def embed_query(self, _text: str) -> list[float]:
            raise ConnectionError

    with pytest.raises(KnowledgeError, match="search_failed"):
        KeptIndex(space(), Failing()).similarities("apa")
