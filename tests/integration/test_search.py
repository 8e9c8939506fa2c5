"""The project's own cards are found by the questions people ask."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import text

from bot.app.assembly import App, open_app
from bot.backends.knowledge.served import Served
from bot.core.messages import Abstention, Answer, Turn
from bot.core.render import digest
from bot.settings import Settings
from tests.conftest import ROOT

pytestmark = [pytest.mark.timeout(300), pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def app(prepared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[App]:
    """The bot without a channel, with vectors."""
    data = shutil.copytree(prepared_data, tmp_path_factory.mktemp("search") / "data")
    settings = Settings(data=data, knowledge=ROOT / "knowledge", prompts=ROOT / "prompts")
    async with open_app(settings) as opened:
        await opened.make_live(on_progress=lambda _done, _total: None)
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def words_only(
    prepared_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[App]:
    """The bot without a channel, while its vectors are not there."""
    data = shutil.copytree(prepared_data, tmp_path_factory.mktemp("words") / "data")
    settings = Settings(data=data, knowledge=ROOT / "knowledge", prompts=ROOT / "prompts")
    async with open_app(settings) as opened:
        await opened.knowledge.open_words()
        yield opened


def card_of(turn: Turn) -> str | None:
    outcome = turn.outcome
    return outcome.passage.card if isinstance(outcome, Answer) else None


@pytest.mark.parametrize(
    ("question", "card"),
    [
        ("npwp wajib ga buat daftar seller", "onboarding/buka-toko#dokumen-perorangan"),
        ("Bagaimana cara mendaftar jadi penjual?", "onboarding/buka-toko#langkah-daftar"),
        ("ongkir dihitung gimana", "logistics/ongkir#berat-volume"),
        ("apa itu program akar", "program/akar#apa-itu-akar"),
        ("which product groups are closed", "cross-border/klaster#tiga-klaster"),
        ("is usd 100 per item or per order", "cross-border/aturan#harga-minimum"),
        ("哪些类目对海外卖家关闭", "cross-border/klaster#tiga-klaster"),
    ],
)
async def test_answers_a_plain_question_with_the_right_card(
    app: App, question: str, card: str
) -> None:
    turn = await app.ask(question)

    assert card_of(turn) == card


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("resep rendang", "id"),
        ("cara klaim garansi motor", "id"),
        ("what is the weather in jakarta tomorrow", "en"),
        ("怎么做红烧肉", "zh"),
    ],
)
async def test_abstains_on_what_the_cards_do_not_hold(
    app: App, question: str, language: str
) -> None:
    turn = await app.ask(question)

    assert isinstance(turn.outcome, Abstention)
    assert turn.language == language


@pytest.mark.parametrize(
    ("question", "language"), [("which product groups are closed", "en"), ("哪些类目关闭", "zh")]
)
async def test_gives_a_card_in_the_language_of_the_question(
    app: App, question: str, language: str
) -> None:
    (best,) = await app.search(question, limit=1)

    assert best.language == language


async def test_gives_a_card_in_indonesian_where_it_is_not_translated(app: App) -> None:
    card = app.knowledge.search.card("onboarding/buka-toko#langkah-daftar", language="zh")

    assert card is not None
    assert card.language == "id"


async def test_gives_each_card_once_best_first(app: App) -> None:
    found = await app.search("syarat buka toko", limit=10)

    scores = [passage.score for passage in found]
    assert len({passage.card for passage in found}) == 10
    assert scores == sorted(scores, reverse=True)


async def test_gives_no_more_cards_than_asked_for(app: App) -> None:
    assert len(await app.search("ongkir", limit=3)) == 3


async def test_confidence_is_a_probability(app: App) -> None:
    found = await app.search("syarat buka toko", limit=50)

    assert all(0.0 <= passage.confidence <= 1.0 for passage in found)


async def test_links_to_cards_read_as_their_text(app: App) -> None:
    card = app.knowledge.search.card("onboarding/buka-toko#langkah-daftar", language="id")

    assert card is not None
    assert "dokumen perorangan" in card.text
    assert "](onboarding/" not in card.text
    assert "onboarding/buka-toko#dokumen-perorangan" in card.links


async def test_finds_a_card_by_its_name_and_by_the_digest_of_it(app: App) -> None:
    name = "onboarding/buka-toko#langkah-daftar"

    by_name = app.knowledge.search.card(name, language="id")
    by_digest = app.knowledge.search.card(digest(name), language="id")

    assert by_name is not None
    assert by_name == by_digest


@pytest.mark.parametrize("key", ["", "gone#gone", "0000000000"])
async def test_finds_no_card_by_another_key(app: App, key: str) -> None:
    assert app.knowledge.search.card(key, language="id") is None


async def test_no_two_cards_share_a_digest(app: App) -> None:
    live = await app.knowledge.versions.live()
    assert live is not None
    served = Served.of(await app.knowledge.versions.content(live))

    assert len(served.names) == len(served.cards)


@pytest.mark.parametrize("language", ["id", "en", "zh"])
async def test_every_example_question_is_answered(app: App, language: str) -> None:
    examples = app.knowledge.search.program(language).examples

    turns = [await app.ask(example, language=language) for example in examples]

    assert len(turns) == 3
    assert [card_of(turn) is not None for turn in turns] == [True] * 3


@pytest.mark.parametrize(
    "text",
    [
        "\x00\x07",
        "\u200f\u202eabc",
        "a" * 4_000,
        "apa syarat buka toko " * 190,
        "' OR 1=1 --",
        "{}",
    ],
    ids=["control", "right to left", "one long word", "4,000 letters", "SQL", "braces"],
)
async def test_odd_texts_are_no_hindrance(app: App, text: str) -> None:
    turn = await app.ask(text)

    assert turn.error is None
    assert turn.replies


async def test_the_words_alone_answer_a_plain_question(words_only: App) -> None:
    turn = await words_only.ask("apa saja dokumen yang harus disiapkan penjual perorangan?")

    assert card_of(turn) == "onboarding/buka-toko#dokumen-perorangan"


async def test_the_words_alone_abstain_on_what_the_cards_do_not_hold(words_only: App) -> None:
    turn = await words_only.ask("resep rendang")

    assert isinstance(turn.outcome, Abstention)


async def test_nothing_is_found_by_words_that_no_card_holds(words_only: App) -> None:
    assert await words_only.search("xyzzy plugh", limit=5) == []


async def test_nothing_is_recorded_by_asking(app: App) -> None:
    await app.ask("apa itu program akar")

    kept = text(
        "SELECT 1 FROM person UNION ALL SELECT 1 FROM vote UNION ALL SELECT 1 FROM question"
    )
    assert await app.database.rows(kept) == []
