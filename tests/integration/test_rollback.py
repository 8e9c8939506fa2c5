"""What was live before can be live again, and stays so until the folder is changed."""

import getpass
import json
from pathlib import Path
from typing import Any

import pytest

from bot.app.authors import operator
from bot.backends.knowledge.vectors import Collections
from bot.backends.knowledge.versions import KEPT
from bot.core.ports import KnowledgeError
from tests.integration.houses import House
from tests.integration.knowledge_folders import FRONT, card, write
from tests.integration.processes import akar

pytestmark = pytest.mark.timeout(300)


def numbered(number: int) -> dict[str, str]:
    """A folder that is told from the others by its number."""
    return {"stalls.md": FRONT + card("papers", f"Bring {number}.", "surat apa untuk kios")}


async def test_the_version_before_is_live_again(house: House) -> None:
    first = await house.publish(numbered(1))
    await house.publish(numbered(2))

    version = await house.publisher().roll_back(None)

    assert version == first.version == await house.live()


async def test_twice_back_is_two_versions_back(house: House) -> None:
    first = await house.publish(numbered(1))
    await house.publish(numbered(2))
    await house.publish(numbered(3))

    await house.publisher().roll_back(None)
    await house.publisher().roll_back(None)

    assert await house.live() == first.version


async def test_any_version_that_is_kept_can_be_live_again(house: House) -> None:
    published = [await house.publish(numbered(number)) for number in range(KEPT + 1)]
    kept = published[1:]

    for each in kept:
        await house.publisher().roll_back(each.version.number)

        assert await house.live() == each.version
    assert len(kept) == KEPT


async def test_it_stays_though_the_folder_is_looked_at_again(house: House) -> None:
    first = await house.publish(numbered(1))
    await house.publish(numbered(2))
    await house.publisher().roll_back(None)

    again = await house.again()

    assert (again.is_new, again.version) == (False, first.version)


async def test_a_change_of_the_folder_ends_it(house: House) -> None:
    await house.publish(numbered(1))
    await house.publish(numbered(2))
    await house.publisher().roll_back(None)

    third = await house.publish(numbered(3))

    assert (third.is_new, await house.live()) == (True, third.version)


async def test_a_folder_that_is_put_back_too_is_no_new_version(house: House) -> None:
    first = await house.publish(numbered(1))
    await house.publish(numbered(2))
    await house.publisher().roll_back(None)

    same = await house.publish(numbered(1))
    changed = await house.publish(numbered(2))

    assert (same.is_new, same.version) == (False, first.version)
    assert changed.is_new


async def test_vectors_that_are_gone_are_built_again_and_it_stays(house: House) -> None:
    first = await house.publish(numbered(1))
    await house.publish(numbered(2))
    Collections(house.client).drop(first.version.name)

    version = await house.publisher().roll_back(None)

    assert (version.hash, version.state) == (first.version.hash, "whole")
    assert version.name in house.collections()
    assert not (await house.again()).is_new


async def test_the_oldest_of_all_that_are_kept_is_built_again_as_it_was(house: House) -> None:
    published = [await house.publish(numbered(number)) for number in range(KEPT)]
    Collections(house.client).drop(published[0].version.name)

    version = await house.publisher().roll_back(published[0].version.number)

    assert (version.hash, await house.live()) == (published[0].version.hash, version)


async def test_vectors_that_are_gone_later_are_built_again_and_it_stays(house: House) -> None:
    first = await house.publish(numbered(1))
    await house.publish(numbered(2))
    await house.publisher().roll_back(None)
    Collections(house.client).drop(first.version.name)

    rebuilt = await house.again()

    assert (rebuilt.is_new, rebuilt.version.hash) == (True, first.version.hash)
    assert not (await house.again()).is_new


@pytest.mark.parametrize("number", [None, 7])
async def test_a_version_that_is_not_there_is_named(house: House, number: int | None) -> None:
    first = await house.publish(numbered(1))

    with pytest.raises(KnowledgeError) as refused:
        await house.publisher().roll_back(number)

    assert refused.value.code == "version_unknown"
    assert await house.live() == first.version


def test_commands_show_the_versions_and_go_back(tmp_path: Path) -> None:
    settings: dict[str, Any] = {"cwd": tmp_path, "knowledge": "knowledge", "data": "data"}
    write(tmp_path / "knowledge", numbered(1))
    akar("knowledge", "sync", **settings)
    write(tmp_path / "knowledge", {"stalls.md": numbered(2)["stalls.md"] + card("cost", "Ask.")})
    akar("knowledge", "sync", **settings)

    listed = akar("knowledge", "history", "--json", **settings)
    back = akar("knowledge", "rollback", **settings)
    stays = akar("knowledge", "sync", **settings)
    answered = akar("ask", "surat apa untuk kios", **settings)
    shown = akar("knowledge", "history", **settings)
    unknown = akar("knowledge", "rollback", "9", **settings)

    versions = [json.loads(line) for line in listed.stdout.splitlines()]
    assert [version["version"] for version in versions] == [2, 1]
    assert [version["live"] for version in versions] == [True, False]
    assert {version["by"] for version in versions} == {operator()}
    assert shown.stdout.count(f"the command line ({getpass.getuser()})") == 2
    assert (versions[0]["added"], versions[0]["changed"]) == (["stalls#cost"], ["stalls#papers"])
    assert back.stdout.startswith("Live: version 1 of ")
    assert stays.stdout == "Nothing to publish: 1 cards are live already.\n"
    assert answered.stdout.startswith("Bring 1.")
    assert [line.split()[-1] for line in shown.stdout.splitlines()] == ["whole", "live"]
    assert (unknown.returncode, "Kept: 2, 1." in unknown.stderr) == (2, True)


def test_the_history_of_nothing_leaves_nothing_behind(tmp_path: Path) -> None:
    write(tmp_path / "knowledge")

    done = akar("knowledge", "history", cwd=tmp_path, knowledge="knowledge", data="data")

    assert done.stdout.startswith("Nothing is live yet.")
    assert not (tmp_path / "data").exists()
