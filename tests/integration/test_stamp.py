"""A folder that was considered and had no mistakes is not read again."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.backends.knowledge.folder import check_folder
from bot.backends.knowledge.publish import MistakesError
from bot.backends.knowledge.stamp import Stamp
from tests.fakes import TODAY
from tests.integration.houses import House
from tests.integration.knowledge_folders import FRONT, STALLS, card, write

pytestmark = pytest.mark.timeout(300)

OTHER = {"stalls.md": FRONT + card("other", "Later.")}


def stamp_of(house: House) -> str:
    return Stamp(house.folder.parent).of(house.folder, today=TODAY)


async def test_what_is_as_it_was_is_not_read(house: House) -> None:
    published = await house.publish()
    write(house.folder, OTHER)
    Stamp(house.folder.parent).keep(stamp_of(house), published.version.hash)

    again = await house.publish(OTHER)

    assert (again.is_new, again.version.number) == (False, published.version.number)


async def test_what_was_published_is_remembered(house: House) -> None:
    published = await house.publish()

    assert Stamp(house.folder.parent).hash(stamp_of(house)) == published.version.hash


async def test_what_was_remembered_of_another_content_is_read(house: House) -> None:
    await house.publish()
    Stamp(house.folder.parent).keep(stamp_of(house), "another")

    assert not (await house.publish()).is_new
    assert Stamp(house.folder.parent).hash(stamp_of(house)) != "another"


async def test_a_folder_with_mistakes_is_not_remembered(house: House) -> None:
    await house.publish()
    broken = {"broken.md": STALLS.replace("KABAR", "KABER")}

    for _ in range(2):
        with pytest.raises(MistakesError):
            await house.publish(broken)


async def test_one_whose_index_is_made_again_is_not_remembered_either(house: House) -> None:
    published = await house.publish()
    write(house.folder, {"broken.md": STALLS.replace("KABAR", "KABER")})
    house.client.delete_collection(published.version.name)
    await house.versions.consider(check_folder(house.folder, today=TODAY).content.hash())

    await house.publisher().publish()

    assert Stamp(house.folder.parent).hash(stamp_of(house)) == ""


def test_a_folder_is_told_by_its_files_and_the_day(tmp_path: Path) -> None:
    stamp, folder = Stamp(tmp_path), write(tmp_path / "knowledge")
    same = stamp.of(write(tmp_path / "copy"), today=TODAY)
    found = [stamp.of(folder, today=TODAY), stamp.of(folder, today=TODAY + timedelta(days=1))]
    (folder / "stalls.md").rename(folder / "other.md")
    found.append(stamp.of(folder, today=TODAY))
    (folder / "other.md").write_text(STALLS + "\n", encoding="utf-8")
    found.append(stamp.of(folder, today=TODAY))

    assert len(set(found)) == 4
    assert found[0] == same


def test_what_cannot_be_kept_is_done_without(tmp_path: Path) -> None:
    stamp = Stamp(tmp_path / "missing")

    stamp.keep("a", "b")

    assert stamp.hash("a") == ""
    assert stamp.hash("") == ""
