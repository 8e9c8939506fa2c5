"""Texts are formatted as Telegram formats them; places are counted in UTF-16 units."""

from collections.abc import Callable

import pytest

from bot.channels.simulator.api.entities import Formatted, cleaned, with_found
from bot.channels.simulator.api.html import read_html
from bot.channels.simulator.api.markdown import read_markdown, read_markdown_v2
from bot.channels.simulator.api.refusals import RefusalError

Places = list[tuple[str, int, int]]

READ: list[tuple[Callable[[str], Formatted], str, str, Places]] = [
    (read_html, "👋 <b>a</b>", "👋 a", [("bold", 3, 1)]),
    (read_html, "<b>a<i>b</i></b>", "ab", [("bold", 0, 2), ("italic", 1, 1)]),
    (read_html, "&lt;b&gt; &amp; &quot;&#33;&nbsp;", '<b> & "!&nbsp;', []),
    (read_html, "<b></b>a", "a", []),
    (read_html, '<pre><code class="language-py">a</code></pre>', "a", [("pre", 0, 1)]),
    (read_html, '<span class="tg-spoiler">a</span>', "a", [("spoiler", 0, 1)]),
    (read_html, "<blockquote expandable>a</blockquote>", "a", [("expandable_blockquote", 0, 1)]),
    (read_html, '<tg-emoji emoji-id="5">👋</tg-emoji>', "👋", [("custom_emoji", 0, 2)]),
    (read_html, "<a>a</a>", "a", []),
    (read_markdown_v2, "*a _b_*", "a b", [("bold", 0, 3), ("italic", 2, 1)]),
    (
        read_markdown_v2,
        "__a__ ~b~ ||c||",
        "a b c",
        [("underline", 0, 1), ("strikethrough", 2, 1), ("spoiler", 4, 1)],
    ),
    (read_markdown_v2, "`a_b` [c](https://d\\)e)", "a_b c", [("code", 0, 3), ("text_link", 4, 1)]),
    (read_markdown_v2, "```py\na*b\n```", "a*b\n", [("pre", 0, 4)]),
    (read_markdown_v2, ">a\n>b\nc", "a\nb\nc", [("blockquote", 0, 3)]),
    (read_markdown_v2, ">a\n>b||", "a\nb", [("expandable_blockquote", 0, 3)]),
    (read_markdown_v2, "![👋](tg://emoji?id=5)", "👋", [("custom_emoji", 0, 2)]),
    (read_markdown_v2, "1\\. a\\!", "1. a!", []),
    (read_markdown_v2, "[a]", "a", []),
    (
        read_markdown,
        "*a* _b_ `c` [d](https://e.id) \\*",
        "a b c d *",
        [("bold", 0, 1), ("italic", 2, 1), ("code", 4, 1), ("text_link", 6, 1)],
    ),
    (read_markdown, "```py\na```", "a", [("pre", 0, 1)]),
]


@pytest.mark.parametrize(("read", "source", "text", "places"), READ)
def test_reads(read: Callable[[str], Formatted], source: str, text: str, places: Places) -> None:
    shown, entities = read(source)

    assert shown == text
    assert [(found["type"], found["offset"], found["length"]) for found in entities] == places


def test_keeps_links_and_languages() -> None:
    _, (link,) = read_html("<a href='https://a.id?b=1&amp;c=2'>a</a>")
    _, (code,) = read_markdown_v2("```py\na```")

    assert link["url"] == "https://a.id?b=1&c=2"
    assert code["language"] == "py"


@pytest.mark.parametrize(
    ("read", "source", "reason"),
    [
        (read_html, "<span>a</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
        (read_html, "a</b", "Unclosed end tag at byte offset 1"),
        (read_markdown_v2, "[a](b", "Can't find end of a URL at byte offset 3"),
        (read_markdown_v2, "![a](b)", "Custom emoji entity must contain a tg://emoji URL"),
        (read_markdown_v2, ">*a\nb", "Can't find end of Bold entity at byte offset 1"),
    ],
)
def test_refuses(read: Callable[[str], Formatted], source: str, reason: str) -> None:
    with pytest.raises(RefusalError) as refused:
        read(source)

    assert refused.value.description == f"Bad Request: can't parse entities: {reason}"


def test_trims_the_text_and_moves_what_stands_in_it() -> None:
    bold = {"type": "bold", "offset": 0, "length": 6}

    text, entities = cleaned((" \n👋 a\t\r\n ", [bold]))

    assert text == "👋 a"
    assert entities == [{"type": "bold", "offset": 0, "length": 4}]


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("/start@akar_bot ya", [("bot_command", 0, 15)]),
        ("👋 /help", [("bot_command", 3, 5)]),
        ("a/b 1/2", []),
        ("tulis ke a.b@c.id, @bu_sari", [("email", 9, 8), ("mention", 19, 8)]),
        ("lihat lazada.co.id/jual.", [("url", 6, 17)]),
        ("(https://a.id/b?c=1)", [("url", 1, 18)]),
        ("#umkm #1 +62 812-3456-7890", [("hashtag", 0, 5), ("phone_number", 9, 17)]),
    ],
)
def test_finds_commands_links_and_mentions(text: str, places: Places) -> None:
    entities = with_found(text, [])

    assert [(found["type"], found["offset"], found["length"]) for found in entities] == places


def test_finds_nothing_in_code() -> None:
    code = {"type": "code", "offset": 0, "length": 5}

    assert with_found("/help", [code]) == [code]
