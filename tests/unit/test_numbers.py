"""Numbers as people write them."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.numbers import NumberReader, Quantities, number_of, written
from bot.core.sums import Size
from tests.fakes import PHRASES

READER = NumberReader(PHRASES.values())
MARKS = st.sampled_from([",", "."])


def read(text: str, mark: str = ",") -> Quantities:
    return READER.read(text, mark=mark)


def only(text: str, mark: str = ",") -> tuple[str, Decimal]:
    (quantity,) = read(text, mark).others
    return quantity.kind, quantity.value


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("1,5 kg", "weight", "1.5"),
        ("1.5 kg", "weight", "1.5"),
        ("1.250 kg", "weight", "1.25"),
        ("1.250 gram", "weight", "1.25"),
        ("250g", "weight", "0.25"),
        ("3 ons", "weight", "0.3"),
        ("setengah kilo", "weight", "0.5"),
        ("sekilo", "weight", "1"),
        ("half a kilo", "weight", "0.5"),
        ("dua kilo", "weight", "2"),
        ("2公斤", "weight", "2"),
        ("20 rb", "money", "20000"),
        ("20k", "money", "20000"),
        ("Rp1.250.000", "money", "1250000"),
        ("Rp 1.250", "money", "1250"),
        ("rp. 500", "money", "500"),
        ("1,5 juta", "money", "1500000"),
        ("dua puluh lima ribu", "money", "25000"),
        ("dua belas ribu rupiah", "money", "12000"),
        ("dua ratus lima puluh rupiah", "money", "250"),
        ("12,5%", "percent", "0.125"),
        ("25 percent", "percent", "0.25"),
        ("1.250", "plain", "1250"),
        ("1,250", "plain", "1.25"),
        ("1.250,75", "plain", "1250.75"),
    ],
)
def test_reads_a_number_with_its_unit(text: str, kind: str, value: str) -> None:
    assert only(text) == (kind, Decimal(value))


@pytest.mark.parametrize(
    ("text", "value"), [("1,250", "1250"), ("1.250", "1.25"), ("1,250,000", "1250000")]
)
def test_reads_a_number_by_the_mark_of_the_language(text: str, value: str) -> None:
    assert only(text, ".") == ("plain", Decimal(value))


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("40x30x20", ("40", "30", "20")),
        ("40 x 30 x 20 cm", ("40", "30", "20")),
        ("12,5×10*8cm", ("12.5", "10", "8")),
        ("400x300x200 mm", ("40", "30", "20")),
        ("1m x 50cm x 20cm", ("100", "50", "20")),
        ("p 40 l 30 t 20", ("40", "30", "20")),
        ("length: 40, width: 30, height: 20 cm", ("40", "30", "20")),
    ],
)
def test_reads_the_size_of_a_box(text: str, size: tuple[str, str, str]) -> None:
    found = read(text)

    assert (found.size, found.others) == (Size(*map(Decimal, size)), ())


@pytest.mark.parametrize("text", ["40x30", "40x30x20x10", "x 40", "", "40 30 20"])
def test_reads_no_size_where_there_is_none(text: str) -> None:
    assert read(text).size is None


def test_reads_what_stands_beside_the_size() -> None:
    found = read("box 40x30x20 holds 2 kilo of cotton")

    assert [one.value for one in found.of("weight")] == [2]
    assert list(map(int, found.numbers)) == [40, 30, 20, 2]
    assert found.words == ("box", "holds", "of", "cotton")


def test_says_what_stands_before_and_after_a_number() -> None:
    first, second = read("cost 20k and fee 8% of it").others

    assert (first.before.strip(), first.after.strip()) == ("cost", "and fee")
    assert (second.before.strip(), second.after.strip()) == ("and fee", "of it")


@given(value=st.decimals("0", "1e12", places=2), mark=MARKS)
def test_what_is_written_is_read_again(value: Decimal, mark: str) -> None:
    assert number_of(written(value, mark=mark), mark=mark) == value


@given(value=st.integers(0, 10**12), mark=MARKS)
def test_money_is_read_whatever_the_language_writes(value: int, mark: str) -> None:
    kind, amount = only(f"Rp{written(Decimal(value), mark=mark)}", "," if mark == "." else ".")

    assert (kind, int(amount)) == ("money", value)


@given(value=st.fractions(-(10**6), 10**6))
def test_writes_to_the_nearest_hundredth(value: Fraction) -> None:
    told = written(value, mark=".").replace(",", "")

    assert abs(Fraction(told) - value) <= Fraction(1, 200)


@given(text=st.text())
def test_reads_any_text(text: str) -> None:
    assert all(number >= 0 for number in read(text).numbers)
