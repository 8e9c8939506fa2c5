"""What staff sent waits for a press of theirs, and what they were told is not told again."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.backends.keys import Cipher
from bot.backends.store.database import Database, open_database
from bot.backends.store.tables import upload
from bot.backends.store.told import Told
from bot.backends.store.uploads import SentFile, Uploads, Used
from bot.core.ports import StoreError
from tests.integration.databases import (
    CIPHER,
    DATABASES,
    OTHER_KEY,
    Clock,
    contents,
    count,
    url_of,
)

pytestmark = pytest.mark.timeout(300)

MEMBER, OTHER = 7_111_222_333, 7_999_999_999
DAY = 86_400.0
SENT = SentFile("stalls.md", b"# Stalls \xff", "before", "beside", "hash")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=DATABASES)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    async with open_database(tmp_path, url=url_of(request.param, request)) as found:
        yield found


@pytest.fixture
def uploads(database: Database, clock: Clock) -> Uploads:
    return Uploads(database, CIPHER, clock=clock)


@pytest.fixture
def told(database: Database, clock: Clock) -> Told:
    return Told(database, clock=clock)


async def test_a_file_waits_for_its_sender_alone(uploads: Uploads) -> None:
    key = await uploads.keep(SENT, person=MEMBER)

    assert await uploads.find(key, person=MEMBER) == SENT
    assert await uploads.find(key, person=OTHER) is None
    assert await uploads.find("another", person=MEMBER) is None


async def test_each_file_has_a_name_that_nobody_can_guess(uploads: Uploads) -> None:
    keys = {await uploads.keep(SENT, person=MEMBER) for _ in range(3)}

    assert len(keys) == 3
    assert min(map(len, keys)) >= 16


async def test_a_file_is_kept_encrypted(uploads: Uploads, database: Database) -> None:
    await uploads.keep(SENT, person=MEMBER)

    ((_, _, _, content, _),) = (await contents(database))["upload"]
    assert b"Stalls" not in content
    with pytest.raises(StoreError):
        Cipher.of(OTHER_KEY).decrypt(content)


async def test_a_file_that_was_used_is_forgotten_but_for_its_version(
    uploads: Uploads, database: Database
) -> None:
    key = await uploads.keep(SENT, person=MEMBER)

    await uploads.use(key, version=4)

    assert await uploads.find(key, person=MEMBER) == Used(4)
    assert (await contents(database))["upload"][0][3] is None


async def test_only_its_sender_can_drop_a_file(uploads: Uploads) -> None:
    key = await uploads.keep(SENT, person=MEMBER)

    await uploads.drop(key, person=OTHER)
    kept = await uploads.find(key, person=MEMBER)
    await uploads.drop(key, person=MEMBER)

    assert kept == SENT
    assert await uploads.find(key, person=MEMBER) is None


async def test_after_a_day_a_file_cannot_be_published_any_more(
    uploads: Uploads, clock: Clock, database: Database
) -> None:
    key = await uploads.keep(SENT, person=MEMBER)
    clock.now += DAY

    found = await uploads.find(key, person=MEMBER)
    await uploads.expire()

    assert found is None
    assert await count(database, upload.name) == 0


async def test_a_note_is_taken_once(told: Told) -> None:
    assert [await told.take("waits", value) for value in ("a", "a", "b", "a")] == [
        *(True, False, True, True)
    ]


async def test_a_note_that_is_cleared_can_be_taken_again(told: Told) -> None:
    await told.take("waits", "a")

    assert [await told.clear("waits") for _ in range(2)] == [True, False]
    assert await told.take("waits", "a")


async def test_a_note_with_a_time_can_be_taken_again_after_it(told: Told, clock: Clock) -> None:
    first = await told.take("digest", every=7 * DAY)
    clock.now += 7 * DAY - 1
    early = await told.take("digest", every=7 * DAY)
    clock.now += 1

    assert (first, early) == (True, False)
    assert await told.take("digest", every=7 * DAY)


async def test_notes_are_found_by_how_they_begin(told: Told) -> None:
    for name in ("member:1", "member:2", "digest"):
        await told.take(name, "x")

    assert await told.notes("member:") == {"member:1": "x", "member:2": "x"}
