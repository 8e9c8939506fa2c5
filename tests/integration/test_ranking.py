"""Cards are ranked by meaning and by words, and what speaks for each is named."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from bot.backends.knowledge.cards import Card
from bot.backends.knowledge.content import Content, ProgramEntry
from bot.backends.knowledge.decision import Decision
from bot.backends.knowledge.nearness import NearnessIndex
from bot.backends.knowledge.quantized import Quantized
from bot.backends.knowledge.ranking import Ranking
from bot.backends.knowledge.search import rank
from bot.backends.knowledge.served import Served
from bot.backends.knowledge.spaces import WEIGHTS, Lens, Scale, Space, units
from bot.backends.knowledge.texts import card_of, is_sentence, space_of, texts_of
from bot.backends.knowledge.words import Pieces, WordIndex, length
from bot.core.messages import Language

QUESTION = "surat apa untuk kios"


def made(name: str, title: str, text: str, asked: str, language: Language = "id") -> Card:
    values = dict.fromkeys(("topic", "as_of", "seen", "review_by", "valid_until", "deadline"), "")
    return Card(
        name, language, title, text, (asked,), sources=(), facts=(), unknown=False, **values
    )


CARDS = (
    made("a#papers", "Surat kios", "Bawa surat izin.", "surat kios apa"),
    made("a#cost", "Sewa kios", "Sewa sebulan.", "berapa sewa kios"),
    made("b#parking", "Parkir", "Di belakang.", "parkir di mana"),
)


def served(*cards: Card) -> Served:
    return Served.of(Content(cards or CARDS))


def names(ranking: Ranking, limit: int = 10) -> list[str]:
    return [ranking.names[place] for place in ranking.best(limit)]


def test_the_words_alone_find_the_card_that_holds_them() -> None:
    assert names(rank(served(), QUESTION, "id", None)) == ["a#papers", "a#cost"]


def test_a_card_that_meaning_favours_goes_before_one_with_as_many_words() -> None:
    similar = {"a#papers": 0.1, "a#cost": 0.9, "b#parking": 0.0}

    assert names(rank(served(), "kios", "id", similar))[0] == "a#cost"


def test_nothing_is_found_where_nothing_speaks_for_a_card() -> None:
    assert names(rank(served(), "xyzzy", "id", None)) == []


def test_no_more_cards_than_wanted() -> None:
    assert names(rank(served(), QUESTION, "id", None), 1) == ["a#papers"]


def test_nothing_is_ranked_without_cards() -> None:
    assert names(rank(Served.of(Content()), QUESTION, "id", None)) == []


def test_a_card_is_found_by_a_word_typed_otherwise() -> None:
    found = rank(served(), "parkirnya dimanaa", "id", None)

    assert found.fit.pieces.argmax() == 2
    assert found.fit.resemblance.argmax() == 2


def test_a_word_that_no_card_holds_is_unheard() -> None:
    fits = [rank(served(), text, "id", None).fit for text in ("surat kios", "surat gojek")]

    assert fits[0].unheard[0] == pytest.approx(0.0)
    assert 0.4 < fits[1].unheard[0] < 0.7


def test_a_card_may_be_all_there_is() -> None:
    ranking = rank(served(CARDS[0]), QUESTION, "id", {"a#papers": 0.9})

    evidence = ranking.evidence(0)

    assert evidence["similarity_lead"] == pytest.approx(0.9)
    assert all(np.isfinite(value) for value in evidence.values())


@pytest.mark.parametrize("similar", [None, {card.name: 0.5 for card in CARDS}])
def test_the_decision_knows_all_evidence_of_its_state(similar: Any) -> None:
    ranking = rank(served(), QUESTION, "id", similar)

    weights = Decision.read().weights[ranking.state]

    assert {"bias", *ranking.evidence(0)} - {"said", "lacking"} == set(weights)


def test_a_card_is_sure_to_be_found_by_the_words_it_is_asked_for_with() -> None:
    ranking = rank(served(), "di mana parkir", "id", {"a#papers": 0.9, "b#parking": 0.1})

    (best,) = ranking.best(1)

    assert ranking.names[best] == "b#parking"
    decision = Decision.read()
    assert decision.confidence("whole", ranking.evidence(best)) >= decision.said


def test_a_card_that_lacks_what_is_sought_is_not_sure() -> None:
    sure, decision = {"a#papers": 0.9, "b#parking": 0.1}, Decision.read()
    told = []
    for question in (QUESTION, f"{QUESTION} di gedung mana"):
        ranking = rank(served(), question, "id", sure)
        (best,) = ranking.best(1)
        told.append((ranking.names[best], decision.confidence("whole", ranking.evidence(best))))

    (first, before), (second, after) = told
    assert (first, second) == ("a#papers", "a#papers")
    assert after <= decision.lacking < before


def test_whatever_speaks_against_a_card_its_confidence_is_a_probability() -> None:
    ranking = rank(served(), QUESTION, "id", {"a#papers": 0.9, "b#parking": 0.1})
    (best,) = ranking.best(1)
    for lead in (-1e6, 1e6):  # A word that is repeated a thousand times gives as much.
        evidence = {**ranking.evidence(best), "words_lead": lead}

        assert 0 <= Decision.read().confidence("whole", evidence) <= 1


def test_a_line_of_two_cards_is_sure_to_find_neither() -> None:
    twins = made("a#papers", "Izin", "Bawa.", "apa"), made("a#cost", "Sewa", "Bayar.", "apa")

    assert rank(served(*twins), "apa", "id", None).said == ""


def test_the_name_of_another_party_counts_for_a_card_that_knows_nothing_of_it() -> None:
    others = ProgramEntry(others=["gojek"])
    cards = (
        made("a#tax", "Pajak gojek", "Tidak dipungut.", "gojek kena pajak"),
        replace(made("b#others", "Gojek", "Tidak tahu.", "daftar gojek"), unknown=True),
    )

    fit = rank(Served.of(Content(cards, program=others)), "gojek apa", "id", None).fit

    assert fit.words[0] == 0
    assert fit.words[1] > 0


def test_words_are_counted_as_they_stand_there() -> None:
    assert [length(text) for text in ("", "apa itu NIB?", "蜡染属于")] == [0, 3, 3]


def test_pieces_reach_over_spaces_but_not_over_lines() -> None:
    split = Pieces(str.casefold)

    assert split("ya ga") == [" ya ", "ya g", "a ga", " ga "]
    assert split("ya\nga") == [" ya ", " ga "]
    assert split("") == []


def test_a_question_in_another_language_is_compared_with_its_cards() -> None:
    english = made("a#papers", "Permit", "Bring it.", "which permit", "en")
    content = Served.of(Content((*CARDS, english)))

    assert names(rank(content, "which permit", "en", None)) == ["a#papers"]


def test_a_line_with_a_short_form_is_found_by_exactly_its_words() -> None:
    many = [made(f"a#{place}", f"Kios {place}", "Boleh.", "maksimal") for place in range(12)]
    short = made("a#short", "Pasar", "Boleh.", "pasar mksimal")
    content = Served.of(Content((*many, short)))

    assert content.glossary("pasar mksimal") == "pasar maksimal"
    assert content.asked_with("pasar mksimal", "id") == "a#short"


def test_an_index_without_cards_fits_nothing() -> None:
    fit = WordIndex.of([], "en", str, places={"a#papers": 0}).match("which permit")

    assert fit.words.tolist() == [0.0]


# Cards that nobody wrote lines for.


def bare(name: str, text: str, language: Language = "id") -> Card:
    return replace(made(name, "Kios", text, "", language), asked=())


BARE = (
    bare("a#few", "Pasar ikan di Palu punya kios yang disewakan, kata Siti."),
    bare("a#many", "Kios pasar ikan yang disewakan ada 24, dan buka tiap pagi sampai sore."),
)


def test_what_a_question_seeks_counts_where_cards_have_no_lines() -> None:
    found = [
        rank(served(*BARE), question, "id", None)
        for question in ("berapa kios pasar ikan disewakan", "di mana kios pasar ikan disewakan")
    ]

    assert [names(ranking)[0] for ranking in found] == ["a#many", "a#few"]


def test_nobody_looks_for_what_is_sought_where_cards_have_lines() -> None:
    assert rank(served(), QUESTION, "id", None).near is None


@pytest.mark.parametrize("similar", [None, {card.name: 0.5 for card in BARE}])
def test_the_decision_knows_all_evidence_of_cards_without_lines(similar: Any) -> None:
    ranking = rank(served(*BARE), "berapa kios pasar ikan", "id", similar)

    weights = Decision.read().weights[ranking.state]

    assert {"bias", *ranking.evidence(0)} > set(weights) > {"bias"}


def near(question: str, *texts: str) -> list[float]:
    cards = [bare(f"a#{number}", text) for number, text in enumerate(texts)]
    places = {card.name: place for place, card in enumerate(cards)}
    index = NearnessIndex(cards, "id", str.casefold, places=places)
    found: list[float] = index.nearness(question, range(len(cards))).tolist()
    return found


def test_the_nearer_a_thing_stands_to_the_words_the_more_it_counts() -> None:
    texts = ("Ada 24 kios ikan.", "Ada 24 orang di pasar yang punya kios ikan.", "Ada kios ikan.")

    beside, far, none = near("berapa ikan", *texts)

    assert beside > far > none == 0.0


def test_what_the_question_says_itself_is_not_sought() -> None:
    assert near("berapa kios di blok 24", "Ada kios di blok 24 .") == [0.0]


def test_cards_do_not_reach_into_each_other() -> None:
    first, second = near("berapa ikan", "Ikan", "24")

    assert first == 0.0
    assert second < 1e-9


def test_a_card_in_another_language_is_not_looked_at() -> None:
    content = Content((*BARE, bare("b#fish", "The fish market has 24 stalls.", "en")))

    ranking = rank(Served.of(content), "how many stalls has the fish market", "en", None)

    assert names(ranking)[0] == "b#fish"
    assert ranking.near is not None
    assert ranking.near[2] > 0


def test_a_card_without_lines_is_found_by_each_sentence() -> None:
    text = "Kios disewakan sebulan sekali. Ya. Bayar di kantor pasar! Bawa surat izin dan KTP"
    (card,) = (bare("a#rent", text),)

    found = list(texts_of(Content((card,))))

    assert [each.text for each in found] == [
        "kios",
        "kios disewakan sebulan sekali.",
        "ya. bayar di kantor pasar!",
        "bawa surat izin dan ktp",
    ]
    assert [is_sentence(each.id) for each in found] == [False, True, True, True]
    assert {card_of(each.id) for each in found} == {"a#rent"}


def test_the_nearest_sentence_speaks_for_a_card() -> None:
    ids = [f"{card}.id.s{place}" for place, card in enumerate(OF)]

    space = space_of(VECTORS, ids)

    assert space.weights.tolist() == WEIGHTS[:1].tolist()
    assert np.allclose(space.seen.vectors(slice(60)), units(VECTORS), atol=4e-3)


def test_a_cosine_with_quantized_vectors_is_off_by_little() -> None:
    vectors = units(np.random.default_rng(5).normal(size=(500, 384)))

    kept = Quantized.of(vectors)

    assert np.allclose(kept.cosines(vectors[:50]), vectors[:50] @ vectors.T, atol=2e-3)
    assert np.allclose(kept.dots(vectors[0], slice(3, 9)), vectors[3:9] @ vectors[0], atol=2e-3)
    assert kept.codes.nbytes * 8 == vectors.nbytes


# Meaning.

VECTORS = np.random.default_rng(7).normal(size=(60, 8))
OF = [f"a#{place % 7}" for place in range(60)]


def test_a_card_is_as_like_as_its_nearest_texts() -> None:
    space = Space.of(VECTORS, OF)
    (likeness,) = space.likeness(space.cosines(VECTORS[:1]))

    for name, value in zip(space.rows, likeness, strict=True):
        cosines = space.cosines(VECTORS[:1])[0][[card == name for card in OF]]
        nearest = np.sort(cosines)[::-1][: len(WEIGHTS)]
        assert value == pytest.approx(space.scale(WEIGHTS @ nearest), abs=1e-5)


def test_only_cards_that_are_near_are_compared() -> None:
    found = Space.of(VECTORS, OF).similarities(VECTORS[0], {"a#0", "a#3"})

    assert set(found) == {"a#0", "a#3"}


@pytest.mark.parametrize("cards", [OF, sorted(OF)], ids=["scattered", "together"])
def test_one_question_is_compared_as_several_are(cards: list[str]) -> None:
    space = Space.of(VECTORS, cards)
    (likeness,) = space.likeness(space.cosines(VECTORS[:1]))

    found = space.similarities(VECTORS[0], list(space.rows))

    assert found == pytest.approx(dict(zip(space.rows, likeness.tolist(), strict=True)), abs=1e-5)


def test_what_the_texts_of_one_card_differ_in_counts_for_little() -> None:
    chance = np.random.default_rng(1)
    cards = np.repeat(np.arange(10), 30)
    vectors = np.eye(10)[cards] * 0.3
    loud = np.hstack([vectors, chance.normal(size=(300, 2))])
    lens = Lens.of(loud, cards)

    plain, seen = units(loud - loud.mean(axis=0)), lens(loud)

    assert _right_nearest(plain, cards) < _right_nearest(seen, cards)


def _right_nearest(vectors: np.ndarray, cards: np.ndarray) -> float:
    cosines = vectors @ vectors.T - 3 * np.eye(len(vectors))
    return float((cards[cosines.argmax(axis=1)] == cards).mean())


@pytest.mark.parametrize("count", [0, 1, 2])
def test_few_texts_make_a_space_too(count: int) -> None:
    space = Space.of(VECTORS[:count], OF[:count])

    likeness = space.likeness(space.cosines(VECTORS[:3]))

    assert likeness.shape == (3, count)
    assert np.isfinite(likeness).all()
    assert space.scale == Scale() or count > 1
