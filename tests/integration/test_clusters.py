"""`clusters.yaml`: what is wrong in it is named with its line, and what it says counts."""

from pathlib import Path

import pytest
from sqlalchemy import select

from bot.backends.knowledge.clusters import ClustersEntry
from bot.backends.knowledge.content import Content
from bot.backends.knowledge.folder import check_folder
from bot.backends.knowledge.pieces import pieces
from bot.backends.knowledge.product_models import ProductModels
from bot.backends.knowledge.products import ProductModel, ProductSorter
from bot.backends.store.tables import product_model
from tests.fakes import TODAY
from tests.integration.houses import House
from tests.integration.knowledge_folders import write

pytestmark = pytest.mark.timeout(120)

CLUSTERS = """\
clusters:
  cloth:
    name: {id: Kain, en: Cloth}
    card: stalls#papers
cards: {none: stalls#cost}
families:
  shirts:
    cluster: cloth
    hs: 61, 6201-6203
    en: shirt, silk shirt, blouse, cotton blouse
    zh: 衬衫, 丝绸衬衫
  machines:
    cluster: none
    en: washing machine, sewing machine, shirt press machine
    zh: 洗衣机, 缝纫机
  hats:
    cluster: unclear
    en: hat, straw hat, cap
brands: {en: Acme}
"""


def found(folder: Path) -> list[str]:
    """What is wrong in the file, but for the cards that nobody asks for."""
    findings = check_folder(folder, today=TODAY).findings
    return [
        f"{each.line} {each.code}"
        for each in sorted(findings, key=lambda each: each.line)
        if each.file == "clusters.yaml"
    ]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path / "knowledge", {"clusters.yaml": CLUSTERS})


@pytest.fixture(scope="module")
def small() -> ProductSorter:
    entry = ClustersEntry.model_validate(
        {
            "families": {
                "shirts": {"cluster": "cloth", "en": "shirt, silk shirt, blouse, cotton blouse"},
                "machines": {
                    "cluster": "none",
                    "en": "washing machine, sewing machine, cement mixer",
                    "zh": "洗衣机",
                    "card": "stalls#machines",
                },
            },
            "brands": {"en": "Acme", "zh": "华为"},
        }
    )
    return ProductSorter(entry, ProductModel.fit(entry).to_bytes())


def test_a_file_without_mistakes_has_none(folder: Path) -> None:
    assert found(folder) == []


@pytest.mark.parametrize(
    ("right", "wrong", "finding"),
    [
        ("cluster: unclear", "cluster: clohs", "17 UNKNOWN_CLUSTER"),
        ("hs: 61, 6201-6203", "hs: chapter 61", "9 BAD_VALUE"),
        ("en: hat, straw hat, cap", "en: hat, shirt", "18 SAME_PRODUCT"),
        ("en: hat, straw hat, cap", "hs: 65", "16 EMPTY_FAMILY"),
        ("card: stalls#papers", "card: stalls#paper", "4 DEAD_LINK"),
        ("{none: stalls#cost}", "{none: stalls#costs}", "5 DEAD_LINK"),
        ("cluster: unclear", "claster: unclear", "17 UNKNOWN_KEY"),
        ("  cloth:\n    name", "  none:\n    name", "2 BAD_VALUE"),
    ],
)
def test_a_mistake_is_named_with_its_line(
    folder: Path, right: str, wrong: str, finding: str
) -> None:
    write(folder, {"clusters.yaml": CLUSTERS.replace(right, wrong)})

    assert finding in found(folder)


def test_the_line_of_a_name_in_a_block_is_its_own(folder: Path) -> None:
    block = "en: |\n      hat,\n      straw hat, blouse\n"
    write(folder, {"clusters.yaml": CLUSTERS.replace("en: hat, straw hat, cap\n", block)})

    assert found(folder) == ["20 SAME_PRODUCT"]


@pytest.mark.parametrize(
    ("name", "cluster", "is_known"),
    [
        ("Silk Shirts", "cloth", True),
        ("Acme blouse", "cloth", True),
        ("linen shirt", "cloth", False),
        ("knitting machine", "none", False),
        ("wsahing machines", "none", False),
        ("洗衣机", "none", True),
    ],
)
def test_sorts_what_stands_in_the_file_and_what_is_like_it(
    small: ProductSorter, name: str, cluster: str, *, is_known: bool
) -> None:
    like = small.likeness(name, "en")

    assert max(like.shares, key=lambda place: like.shares[place]) == cluster
    assert like.is_known is is_known


def test_the_name_of_a_maker_tells_nothing(small: ProductSorter) -> None:
    assert dict(small.likeness("ACME", "en").shares) == {"unclear": 0.99}
    assert small.lists("华为")


def test_knows_the_words_of_the_list(small: ProductSorter) -> None:
    assert [small.knows(word) for word in ("mixers", "华", "tapir")] == [True, False, False]
    assert small.likeness("tapir", "en").heard == 0.0
    assert small.likeness("cement mixer 3000", "en").card == "stalls#machines"


def test_a_kept_model_sorts_as_the_fitted_one(small: ProductSorter) -> None:
    again = ProductModel.from_bytes(small.to_bytes())

    assert again.to_bytes() == small.to_bytes()
    shares = again.shares("shirt")
    assert [sum(each.values()) for each in shares] == pytest.approx([1.0, 1.0], abs=0.01)


@pytest.mark.parametrize(
    ("one", "other"),
    [("shirts", "shirt"), ("dresses", "dress"), ("boxes", "box"), ("bajunya", "baju")],
)
def test_the_endings_of_several_change_nothing(one: str, other: str) -> None:
    assert pieces(one) == pieces(other)


@pytest.mark.parametrize(
    ("name", "language", "cluster"),
    [
        ("rak topi", "id", "none"),
        ("topi rak", "id", "cloth"),
        ("hat racks for shoes", "en", "none"),
        ("帽架", "zh", "none"),
        ("the", "en", "none"),
    ],
)
def test_the_thing_itself_tells_more_than_what_it_is_for(
    name: str, language: str, cluster: str
) -> None:
    cloth = {"id": "topi anak, topi rajut", "en": "sun hat, wool hat", "zh": "帽子"}
    racks = {"id": "rak sepatu, rak buku", "en": "shoe rack, the rack", "zh": "书架, 鞋架"}
    entry = ClustersEntry.model_validate(
        {"families": {"hats": {"cluster": "cloth"} | cloth, "racks": {"cluster": "none"} | racks}}
    )

    like = ProductSorter(entry, ProductModel.fit(entry).to_bytes()).likeness(name, language)

    assert max(like.shares, key=lambda place: like.shares[place]) == cluster


async def test_a_sync_fits_once_and_the_next_reads_it(house: House) -> None:
    write(house.folder, {"clusters.yaml": CLUSTERS})
    published = await house.publish()
    content = await house.versions.content(published.version)

    kept = await ProductModels(house.database).kept(content)

    assert kept
    assert kept.lists("silk shirts")
    assert await ProductModels(house.database).kept(Content((), {}, {})) is None


async def test_a_name_that_staff_add_counts_after_the_next_sync(house: House) -> None:
    write(house.folder, {"clusters.yaml": CLUSTERS})
    first = await house.publish()
    write(house.folder, {"clusters.yaml": CLUSTERS.replace("en: shirt,", "en: zyxwv, shirt,")})

    second = await house.publish()

    models = ProductModels(house.database)
    before = await models.kept(await house.versions.content(first.version))
    after = await models.kept(await house.versions.content(second.version))
    assert before
    assert not before.lists("zyxwv")
    assert after
    assert dict(after.likeness("Zyxwv", "en").shares) == {"cloth": 0.99}
    assert second.embedded == 0


async def test_old_models_are_deleted(house: House) -> None:
    for number in range(5):
        write(house.folder, {"clusters.yaml": CLUSTERS.replace("cap\n", f"cap, cap {number}\n")})
        await house.publish()

    rows = await house.database.rows(select(product_model.c.id))

    assert len(rows) == 3
