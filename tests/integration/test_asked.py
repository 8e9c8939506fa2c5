"""Asked lines are searched as if each were not indexed."""

from dataclasses import replace

import pytest

from bot.backends.knowledge.cards import Card
from bot.backends.knowledge.findings import Finding
from bot.backends.knowledge.folder import check_folder
from bot.backends.knowledge.leaving_out import WordsLeavingOut
from bot.backends.knowledge.words import Glossary, WordIndex
from tests.conftest import ROOT
from tests.fakes import TODAY
from tests.integration.houses import House
from tests.integration.knowledge_folders import FRONT, card, write

CONTENT = check_folder(ROOT / "knowledge", today=TODAY).content
GLOSSARY = Glossary(CONTENT.glossary)
CARDS = [card for card in CONTENT.cards if card.language == "id"][::4]  # Enough of them.
PLACES = {card.name: place for place, card in enumerate(CARDS)}
SOME = [(place, line) for place in range(0, len(CARDS), 8) for line in (0, -1)]


def without(place: int, line: int) -> list[Card]:
    """The cards, one of them without one of its lines."""
    asked = list(CARDS[place].asked)
    del asked[line]
    return [*CARDS[:place], replace(CARDS[place], asked=tuple(asked)), *CARDS[place + 1 :]]


@pytest.fixture(scope="module")
def leaving_out() -> WordsLeavingOut:
    """The words of the project's own cards."""
    return WordsLeavingOut(CARDS, "id", GLOSSARY, places=PLACES)


@pytest.mark.parametrize(("place", "line"), SOME)
def test_scores_are_those_of_an_index_that_never_had_the_line(
    place: int, line: int, leaving_out: WordsLeavingOut
) -> None:
    question = CARDS[place].asked[line]
    index = WordIndex.of(without(place, line), "id", GLOSSARY, places=PLACES)
    if index.meant(question) != GLOSSARY(question):
        pytest.skip("it holds a word that no other line holds, and is read otherwise without it")
    built = index.match(question)

    found = leaving_out.match([question], of=[CARDS[place]])

    assert found.words[0].tolist() == pytest.approx(built.words.tolist(), rel=5e-4, abs=1e-6)
    assert found.pieces[0].tolist() == pytest.approx(built.pieces.tolist(), rel=5e-4, abs=1e-6)
    assert found.coverage[0].tolist() == pytest.approx(built.coverage.tolist(), rel=0.02)


def test_lines_are_scored_alike_alone_and_together(leaving_out: WordsLeavingOut) -> None:
    cards = [CARDS[place] for place, _ in SOME]
    lines = [CARDS[place].asked[line] for place, line in SOME]

    together = leaving_out.match(lines, of=cards)

    for row, (line, card_) in enumerate(zip(lines, cards, strict=True)):
        alone = leaving_out.match([line], of=[card_])
        assert together.words[row].tolist() == pytest.approx(alone.words[0].tolist())


async def findings(house: House) -> list[Finding]:
    checked = await house.trial().check(
        check_folder(house.folder, today=TODAY), lambda _done, _total: None
    )
    return [each for each in checked.findings if each.code == "UNFOUND_QUESTION"]


def stalls(papers: list[str], cost: list[str]) -> dict[str, str]:
    """A folder of two cards that are asked for in these ways."""
    return {
        "stalls.md": FRONT
        + card("papers", "Bring a permit.", *papers)
        + card("cost", "Ask.", *cost)
    }


async def test_lines_that_find_their_own_card_are_no_finding(house: House) -> None:
    papers = ["surat apa untuk kios", "surat kios apa saja"]
    write(house.folder, stalls(papers, ["berapa sewa tempat", "sewa tempat berapa sebulan"]))

    assert await findings(house) == []


async def test_a_line_that_finds_another_card_names_it(house: House) -> None:
    papers = ["surat kios", "berapa sewa tempat ini"]
    write(house.folder, stalls(papers, ["berapa sewa tempat", "sewa tempat berapa"]))

    found = await findings(house)

    values = {"question": "berapa sewa tempat ini", "card": "stalls#cost"}
    assert (8, values) in [(each.line, each.values) for each in found]


async def test_a_folder_with_other_mistakes_is_searched_too(house: House) -> None:
    files = stalls(["surat kios", "berapa sewa tempat ini"], ["berapa sewa tempat"])
    twice = files["stalls.md"].replace("KABAR", "KABER") + card("cost", "Ask.", "sewa berapa")
    write(house.folder, {"stalls.md": twice})

    found = await findings(house)

    assert "berapa sewa tempat ini" in [each.values["question"] for each in found]


async def test_a_draft_asks_nothing(house: House) -> None:
    draft = card("cost", "Ask.", "surat kios").replace("\n\n", "\ndraft: true\n\n", 1)
    write(house.folder, {"stalls.md": FRONT + card("papers", "Bring.", "surat kios") + draft})

    assert await findings(house) == []


async def test_uses_the_vectors_of_what_is_live_and_says_how_far_it_is_with_others(
    house: House,
) -> None:
    await house.publish()
    house.model.embedded.clear()
    heard: list[tuple[int, int]] = []
    write(house.folder, {"more.md": FRONT + card("parking", "Behind.", "parkir di mana")})

    await house.trial().check(
        check_folder(house.folder, today=TODAY), lambda done, total: heard.append((done, total))
    )

    assert sorted(house.model.embedded) == [
        "card parking",
        "card parking\nbehind.",
        "parkir di mana",
    ]
    assert heard == [(3, 3)]
