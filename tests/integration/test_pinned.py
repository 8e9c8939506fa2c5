"""A version that answers a pinned question otherwise than is pinned does not go live."""

from pathlib import Path
from typing import Any

import pytest

from bot.backends.knowledge.findings import Finding
from bot.backends.knowledge.pinned import Tried
from bot.backends.knowledge.publish import MistakesError, Wishes
from tests.integration.houses import WORDS_FIRST, House
from tests.integration.knowledge_folders import STALLS, write
from tests.integration.processes import akar

pytestmark = pytest.mark.timeout(300)

PINNED = "surat apa: stalls#papers\ncuaca besok: abstain\n"
HOLDING = {"surat apa": Tried("answer", "stalls#papers", "")}
CHANGED = {"stalls.md": STALLS.replace("Bring", "Take")}


async def test_a_version_that_answers_as_pinned_goes_live(house: House) -> None:
    house.answers = HOLDING

    published = await house.publish({"pinned.yaml": PINNED})

    assert await house.live() == published.version


async def test_a_version_that_breaks_one_does_not_go_live(house: House) -> None:
    house.answers = HOLDING
    first = await house.publish({"pinned.yaml": PINNED})
    house.answers = {"surat apa": Tried("answer", "stalls#cost", "")}

    with pytest.raises(MistakesError) as refused:
        await house.publish(CHANGED)

    values = {"question": "surat apa", "expected": "stalls#papers", "came": "stalls#cost"}
    assert refused.value.findings == (Finding("pinned.yaml", 1, "PINNED_BROKEN", values),)
    assert await house.live() == first.version
    assert house.collections() == {first.version.name, f"{first.version.name}-pinned"}


async def test_an_answer_where_none_is_pinned_breaks_it(house: House) -> None:
    house.answers = HOLDING | {"cuaca besok": Tried("answer", "stalls#cost", "")}

    with pytest.raises(MistakesError) as refused:
        await house.publish({"pinned.yaml": PINNED}, wishes=Wishes())

    assert [finding.line for finding in refused.value.findings] == [2]


async def test_a_card_of_what_is_unknown_is_pinned_by_its_name_or_as_an_abstention(
    house: House,
) -> None:
    house.answers = {
        "surat apa": Tried("abstain", "stalls#papers", ""),
        "cuaca besok": Tried("abstain", "stalls#cost", ""),
    }

    published = await house.publish({"pinned.yaml": PINNED})

    assert published.is_new


async def test_a_broken_one_can_be_accepted(house: House) -> None:
    house.answers = HOLDING
    await house.publish({"pinned.yaml": PINNED})
    house.answers = {}

    published = await house.publish(CHANGED, wishes=Wishes(accept=True))

    assert await house.live() == published.version
    assert not (await house.again()).is_new


async def test_a_first_version_that_breaks_one_is_withdrawn(house: House) -> None:
    for _ in range(2):
        with pytest.raises(MistakesError):
            await house.publish({"pinned.yaml": PINNED}, wishes=WORDS_FIRST)

        assert await house.versions.live() is None
    assert house.collections() == set()


async def test_a_first_version_whose_build_was_killed_is_tried_too(house: House) -> None:
    house.answers = HOLDING
    await house.publish_killed({"pinned.yaml": PINNED})
    house.answers = {}

    with pytest.raises(MistakesError):
        await house.again()

    assert await house.versions.live() is None


async def test_what_was_embedded_for_one_is_kept_with_the_version(house: House) -> None:
    house.answers = HOLDING
    published = await house.publish({"pinned.yaml": PINNED})
    collections = await house.indexes()

    assert set(collections.questions(published.version.name)) == {"surat apa", "cuaca besok"}
    pins = await house.trial().pins()
    house.model.asked.clear()
    pins.embed_query("surat apa")
    assert house.model.asked == []


async def test_its_vectors_go_with_the_version(house: House) -> None:
    house.answers = HOLDING
    published = await house.publish({"pinned.yaml": PINNED})
    collections = await house.indexes()

    collections.drop(published.version.name)

    assert collections.questions(published.version.name) == {}


async def test_a_changed_pin_is_a_change_of_the_folder(house: House) -> None:
    house.answers = HOLDING
    await house.publish({"pinned.yaml": PINNED})

    with pytest.raises(MistakesError):
        await house.publish({"pinned.yaml": PINNED.replace("papers", "cost")})


async def test_a_pinned_card_that_is_not_there_is_named_with_the_near_one(house: House) -> None:
    with pytest.raises(MistakesError) as refused:
        await house.publish({"pinned.yaml": "surat apa: stalls#paper\n"})

    values = {"card": "stalls#paper", "near": "stalls#papers"}
    assert refused.value.findings == (Finding("pinned.yaml", 1, "UNKNOWN_CARD", values),)


def test_commands_name_a_broken_one_and_publish_it_only_where_accepted(tmp_path: Path) -> None:
    write(tmp_path / "knowledge", {"pinned.yaml": "berapa sewa kios: stalls#papers\n"})
    settings: dict[str, Any] = {"cwd": tmp_path, "knowledge": "knowledge", "data": "data"}

    checked = akar("knowledge", "check", **settings)
    refused = akar("knowledge", "sync", **settings)
    accepted = akar("knowledge", "sync", "--accept", **settings)

    finding = (
        "knowledge/pinned.yaml:1: mistake PINNED_BROKEN: `berapa sewa kios` must be answered with "
        "`stalls#papers`, and would get `stalls#cost`."
    )
    assert (checked.returncode, checked.stdout.startswith(finding)) == (1, True)
    assert (refused.returncode, refused.stdout, refused.stderr.startswith(finding)) == (1, "", True)
    assert (accepted.returncode, accepted.stderr) == (0, "")
    assert akar("knowledge", "check", **settings).stdout.startswith(finding)
