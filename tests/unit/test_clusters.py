"""A product's place is decided by how likely it is, and by nothing that anybody says."""

from collections.abc import Mapping, Sequence

import pytest

from bot.core.clusters import NOT_LISTED, UNCLEAR, Heading, Likeness, Limits
from bot.core.messages import Language, Verdict
from tests.fakes import Goods, clusters


class Like:
    """A `Catalogue` in which everything is like the same."""

    def __init__(self, shares: Mapping[str, float], *, heard: float = 1.0, card: str = "") -> None:
        self.found = Likeness(shares, card, heard=heard)

    def likeness(self, name: str, language: Language) -> Likeness:
        return self.found

    def lists(self, name: str) -> bool:
        return False

    def knows(self, word: str) -> bool:
        return False

    def fits(self, words: Sequence[str], name: str) -> bool:
        return False


def test_a_product_of_a_closed_cluster_is_closed() -> None:
    verdict = clusters().verdict("hat", "en")

    assert verdict == Verdict("hat", "closed", "cloth", 0.99, "closed#cloth")


def test_a_product_of_none_is_not_listed() -> None:
    assert clusters().verdict("lamp", "en") == Verdict(
        "lamp", "not_listed", None, 0.99, "closed#others"
    )


def test_a_product_between_them_is_unclear() -> None:
    assert clusters().verdict("mask", "en") == Verdict(
        "mask", "unclear", None, 0.99, "closed#unsure"
    )


def test_what_may_be_in_either_of_two_closed_clusters_is_in_the_likelier() -> None:
    verdict = clusters(Like({"cloth": 0.3, "food": 0.35, NOT_LISTED: 0.35})).verdict(
        "quilted cake", "en"
    )

    assert (verdict.status, verdict.cluster) == ("closed", "food")
    assert verdict.confidence == pytest.approx(0.65)


@pytest.mark.parametrize(
    ("shares", "status"),
    [
        ({"cloth": 0.49, NOT_LISTED: 0.51}, "unclear"),
        ({"cloth": 0.5, NOT_LISTED: 0.5}, "closed"),
        ({"cloth": 0.4, NOT_LISTED: 0.6}, "not_listed"),
        ({UNCLEAR: 0.6, NOT_LISTED: 0.4}, "unclear"),
        ({}, "unclear"),
    ],
)
def test_what_is_not_likely_enough_is_unclear(shares: dict[str, float], status: str) -> None:
    limits = Limits(closed=0.5, not_listed=0.6)

    assert clusters(Like(shares), limits=limits).verdict("thing", "en").status == status


def test_a_name_of_unknown_words_must_be_surer() -> None:
    limits = Limits(closed=0.5, not_listed=0.6, unheard=0.9)
    unheard = Like({"cloth": 0.89}, heard=0.2)

    assert clusters(unheard, limits=limits).verdict("zzyzx", "en").status == "unclear"


def test_the_nearest_family_may_have_a_card_of_its_own() -> None:
    verdict = clusters(Like({UNCLEAR: 0.9}, card="closed#herbs")).verdict("herbs", "en")

    assert verdict.card == "closed#herbs"


@pytest.mark.parametrize(
    ("code", "status", "cluster"),
    [
        ("6204", "closed", "cloth"),
        ("500720", "closed", "cloth"),
        ("6304", "unclear", None),
        ("8517", "not_listed", None),
        ("5", "not_listed", None),
    ],
)
def test_a_heading_leads_to_the_cluster_of_the_longest_that_covers_it(
    code: str, status: str, cluster: str | None
) -> None:
    verdict = clusters().of_heading(code)

    assert (verdict.product, verdict.status, verdict.cluster) == (f"HS {code}", status, cluster)


def test_a_heading_of_two_clusters_is_unclear() -> None:
    both = (Heading("97", "97", "cloth"), Heading("97", "97", "food"))

    assert clusters(headings=both).of_heading("9701").status == "unclear"


def test_a_list_without_clusters_closes_nothing() -> None:
    assert clusters(Goods({"hat": "cloth"}), titles={}).verdict("hat", "en").status == "unclear"
