"""A document is divided at its headings; what no card can hold becomes text, or is left out."""

import pytest

from bot.backends.knowledge.sections import Section, pictures, sections
from bot.backends.knowledge.tables import tables

LONG = "Bungkus barang dengan dua lapis plastik, lalu masukkan ke dalam kardus yang pas"


def titles(markdown: str) -> list[str]:
    return [section.title for section in sections(markdown)]


def text(markdown: str) -> str:
    """The text of a document of one section."""
    (section,) = sections(markdown)
    return section.text


def test_divides_a_document_at_its_headings() -> None:
    assert sections("before\n\n# One\n\nText.\n\n### Two\nMore.") == [
        Section(0, "", "before"),
        Section(1, "One", "Text."),
        Section(3, "Two", "More."),
    ]


def test_a_title_holds_no_marks() -> None:
    assert titles("# **A** [b](https://c.example) {#d}\n\n# e") == ["", "A b #d", "e"]


def test_a_whole_paragraph_is_no_title_though_it_is_marked_as_one() -> None:
    assert sections(f"# {'a' * 121}") == [Section(0, "", "a" * 121)]


def test_bold_lines_are_headings_where_there_are_no_others() -> None:
    assert titles("**One**\n\nText.\n\n**Two:**\nMore.") == ["", "One", "Two:"]
    assert titles("# A\n\n**One**\n\nText.\n\n# B") == ["", "A", "B"]


@pytest.mark.parametrize(
    "plain",
    [
        f"Cara membungkus\n{LONG}.\n\nApa itu kardus?\nKotak.",
        f"Cara membungkus\n\n{LONG}.\n\nApa itu kardus?\n\nKotak",
        "Cara membungkus\n\n- satu\n- dua\n\nApa itu kardus?\n\n1. kotak",
    ],
)
def test_short_lines_above_a_text_are_headings_where_nothing_is_marked(plain: str) -> None:
    assert titles(plain)[-2:] == ["Cara membungkus", "Apa itu kardus?"]


def test_a_short_line_that_begins_a_plain_text_is_its_title() -> None:
    found = sections(f"PANDUAN\n\nSatu\n\n{LONG}.\n\nDua\n\n{LONG}.")

    assert [(section.level, section.title) for section in found[1:]] == [
        (1, "PANDUAN"),
        (2, "Satu"),
        (2, "Dua"),
    ]


@pytest.mark.parametrize("line", ["Syarat:", "- satu", "2.500", "lalu dikirim", "Selesai."])
def test_these_lines_are_no_headings(line: str) -> None:
    assert titles(f"{LONG}.\n\n{line}\n\n{LONG}.\n\nDua\n\n{LONG}.") == [""]


def test_lines_that_were_broken_to_fit_a_page_are_one() -> None:
    assert text(f"{LONG}\nlalu kirim.\nSelesai.") == f"{LONG} lalu kirim.\nSelesai."


def test_items_of_a_list_stay_lines_of_their_own() -> None:
    assert text(f"{LONG}:\n* satu\n• dua\n3. tiga") == f"{LONG}:\n- satu\n- dua\n3. tiga"


def test_nothing_is_left_that_nobody_sees() -> None:
    assert text("so\u00adft\u200b a\u00a0b\x07\ufeff") == "soft a b"


def test_links_that_lead_nowhere_are_text() -> None:
    assert text("[a](#b) [c](mailto:d) [](https://e.example)") == (
        "a c [https://e.example](https://e.example)"
    )


def test_of_a_picture_its_description_is_left() -> None:
    markdown = "![Foto kios](data:image/png) x"

    assert (text(markdown), pictures(markdown)) == ("Foto kios x", 1)


@pytest.mark.parametrize("rule", ["---", "* * *", "```", "___"])
def test_rules_and_fences_are_left_out(rule: str) -> None:
    assert text(f"a\n\n{rule}\n\nb") == "a\n\nb"


def test_underlines_inside_words_are_not_marked() -> None:
    assert text(r"nama\_toko \_x\_") == r"nama_toko \_x\_"


# Tables

WIDE = "| Kota | Ongkir | Lama |\n| --- | --- | --- |\n| Medan | 22000.0 | NaN |\n| | | 2 hari |"


def test_a_table_is_a_list_that_names_its_columns() -> None:
    assert text(WIDE) == "- **Medan** · Ongkir: 22000\n- Lama: 2 hari"


def test_a_table_of_two_columns_is_a_list_of_pairs() -> None:
    assert text("| **Nama** | Budi |\n| Kota | x\\|y |") == "- **Nama**: Budi\n- **Kota**: x|y"


def test_a_table_without_names_is_taken_by_its_first_row() -> None:
    assert (
        text("|  |  |  |\n| - | - | - |\n| A | B | C |\n| 1 | 2 | 3 |") == "- **1** · B: 2 · C: 3"
    )


def test_a_table_of_questions_is_a_heading_each() -> None:
    rows = "| No | Tanya | Jawab |\n| 1 | Bisa COD? | Bisa. |\n| 2 | Lama? | Dua hari. |"

    assert sections(f"# Tanya\n\n{rows}")[2:] == [
        Section(6, "Bisa COD?", "Bisa."),
        Section(6, "Lama?", "Dua hari."),
    ]


def test_questions_need_no_names_of_columns() -> None:
    assert titles("| Bisa? | Ya. |\n| Lama? | Dua hari. |") == ["", "Bisa?", "Lama?"]


def test_a_row_wider_than_the_table_loses_nothing() -> None:
    assert text("| A | B |\n| c | d | e |") == "- **A**: B\n- **c**: d e"


def test_an_empty_table_is_nothing() -> None:
    assert (text("|\n|  |\n\na"), tables("|\n|  |\n\na\n\n| b |")) == ("a", 1)
