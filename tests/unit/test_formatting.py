"""Markdown as a Telegram chat shows it."""

import pytest

from bot.channels.formatting import MAX_ENTITIES, MAX_TEXT, Piece, pieces, plain


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def formatted(piece: Piece) -> set[tuple[str, str]]:
    """Each kind of formatting with the text it is on."""
    text = piece.text.encode("utf-16-le")
    return {
        (
            entity.type,
            text[2 * entity.offset : 2 * (entity.offset + entity.length)].decode("utf-16-le"),
        )
        for entity in piece.entities
    }


def test_turns_markdown_into_text_and_entities() -> None:
    (piece,) = pieces("**KTP** dan *buku* di [sini](https://kios.example)")

    assert piece.text == "KTP dan buku di sini"
    assert formatted(piece) == {("bold", "KTP"), ("italic", "buku"), ("text_link", "sini")}


def test_counts_as_telegram_does_behind_an_emoji() -> None:
    (piece,) = pieces("👋🏽 **halo**")

    assert formatted(piece) == {("bold", "halo")}


def test_reads_as_plain_text() -> None:
    assert plain("**KTP**\n\n- satu\n- dua\n") == "KTP\n\n• satu\n• dua"


@pytest.mark.parametrize(
    "text", ["Rp50.000_per_hari", "2 * 3 * 4", "a < b & c > d", "$100 dan $200", "[", "`", "||"]
)
def test_leaves_text_alone_that_only_looks_like_markdown(text: str) -> None:
    assert plain(text) == text


def test_a_text_that_fits_is_one_message() -> None:
    assert list(pieces("a" * MAX_TEXT)) == [Piece("a" * MAX_TEXT)]


def test_splits_a_long_text_between_paragraphs() -> None:
    paragraphs = [f"{number} " + "kata " * 300 for number in range(6)]

    parts = [piece.text.strip() for piece in pieces("\n\n".join(paragraphs))]

    assert len(parts) > 1
    assert "\n\n".join(parts) == "\n\n".join(part.strip() for part in paragraphs)


@pytest.mark.parametrize("text", ["a" * 20_000, "😀" * 5_000, "kata " * 4_000, "字" * 9_000])
def test_no_message_is_longer_than_telegram_takes(text: str) -> None:
    parts = list(pieces(text))

    assert max(units(part.text) for part in parts) <= MAX_TEXT
    assert "".join(part.text for part in parts).replace(" ", "") == text.replace(" ", "")


def test_no_message_has_more_entities_than_telegram_shows() -> None:
    text = "\n\n".join(f"**a{number}** b" for number in range(350))

    parts = list(pieces(text))

    assert max(len(part.entities) for part in parts) <= MAX_ENTITIES
    assert sum(len(part.entities) for part in parts) == 350


@pytest.mark.parametrize("text", ["", "   ", "\n\n"])
def test_nothing_to_say_is_no_message(text: str) -> None:
    assert list(pieces(text)) == []
