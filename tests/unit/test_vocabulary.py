"""Terms are numbered as they come, and numbered the same when they are read again."""

from hypothesis import given
from hypothesis import strategies as st

from bot.backends.knowledge.vocabulary import Labelled, Vocabulary

TERM = st.text(st.characters(exclude_characters="\0", codec="utf-8"))
TERMS = st.lists(TERM, unique=True)


@given(TERMS)
def test_each_term_has_the_number_of_its_place(terms: list[str]) -> None:
    vocabulary = Vocabulary.of(terms)

    assert [vocabulary.get(term) for term in terms] == list(range(len(terms)))


@given(TERMS, TERM)
def test_a_term_that_is_not_there_has_no_number(terms: list[str], other: str) -> None:
    expected = terms.index(other) if other in terms else None

    assert Vocabulary.of(terms).get(other) == expected


@given(TERMS)
def test_what_is_read_again_numbers_the_same(terms: list[str]) -> None:
    read = Vocabulary.read(Vocabulary.of(terms).arrays())

    assert [read.get(term) for term in terms] == list(range(len(terms)))


def test_a_term_with_a_zero_character_is_left_out() -> None:
    vocabulary = Vocabulary.of(["a", "a\0b", "c"])

    assert [vocabulary.get(term) for term in ("a", "a\0b", "c")] == [0, None, 2]


def test_each_term_has_its_label_after_it_is_read_again() -> None:
    labels = ["fruit", "root"]
    kept = Labelled.of({"apple": "fruit", "carrot": "root", "pear": "fruit"}, labels).arrays()
    read = Labelled.read(kept, labels)

    found = [read.get(term) for term in ("apple", "carrot", "pear", "stone")]
    assert found == ["fruit", "root", "fruit", ""]
