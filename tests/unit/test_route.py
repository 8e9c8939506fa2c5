"""What is asked, and which language to answer in."""

import pytest

from bot.core.messages import Language, Route, SmallTalk
from bot.core.ports import GuessLanguage
from bot.core.route import client_language, route
from tests.fakes import PHRASES


def always(language: Language | None) -> GuessLanguage:
    """A guess that is the same for every text."""
    return lambda text: language


@pytest.mark.parametrize("guessed", ["id", "en", "zh"])
def test_answers_in_the_language_of_the_question(guessed: Language) -> None:
    way = route("bagaimana cara membuka kios", chosen=None, guess=always(guessed), phrases=PHRASES)

    assert way == Route(guessed)


def test_a_whole_sentence_overrules_the_chosen_language() -> None:
    way = route("how do I open a stall", chosen="id", guess=always("en"), phrases=PHRASES)

    assert way.language == "en"


def test_a_text_of_two_words_does_not_overrule_the_chosen_language() -> None:
    way = route("open stall", chosen="id", guess=always("en"), phrases=PHRASES)

    assert way.language == "id"


def test_a_short_chinese_text_overrules_the_chosen_language() -> None:
    way = route("开店", chosen="id", guess=always("zh"), phrases=PHRASES)

    assert way.language == "zh"


def test_takes_the_chosen_language_where_the_text_does_not_tell() -> None:
    way = route("12345 67890 11 12", chosen="en", guess=always(None), phrases=PHRASES)

    assert way.language == "en"


def test_takes_indonesian_where_nothing_tells() -> None:
    way = route("???", chosen=None, guess=always(None), phrases=PHRASES)

    assert way.language == "id"


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("hello", "greeting"),
        ("Thanks!!", "thanks"),
        ("  who are you? ", "identity"),
        ("BYE.", "goodbye"),
        ("hellooooo", "greeting"),
        ("👋 hi 😀", "greeting"),
    ],
)
def test_knows_small_talk_however_it_is_typed(text: str, topic: str) -> None:
    way = route(text, chosen=None, guess=always("id"), phrases=PHRASES)

    assert way == Route("en", SmallTalk(topic))


@pytest.mark.parametrize(
    ("text", "language"), [("halo kak", "id"), ("hello", "en"), ("你好", "zh"), ("谢谢！", "zh")]
)
def test_answers_small_talk_in_its_own_language(text: str, language: Language) -> None:
    way = route(text, chosen=None, guess=always(None), phrases=PHRASES)

    assert way.language == language


def test_answers_small_talk_in_the_chosen_language() -> None:
    way = route("ok", chosen="zh", guess=always("en"), phrases=PHRASES)

    assert way == Route("zh", SmallTalk("thanks"))


@pytest.mark.parametrize(
    ("text", "language", "topic"),
    [
        ("ok makasih ya kak", "id", "thanks"),
        ("Kak, halo... makasih!", "id", "thanks"),
        ("halo, siapa kamu? makasih", "id", "identity"),
        ("hi sir bye", "en", "goodbye"),
        ("你好，谢谢", "zh", "thanks"),
    ],
)
def test_small_talk_may_be_several_forms_and_address_somebody(
    text: str, language: Language, topic: str
) -> None:
    way = route(text, chosen=None, guess=always(language), phrases=PHRASES)

    assert way == Route(language, SmallTalk(topic))


@pytest.mark.parametrize("text", ["hello, how do I open a stall", "halo kak mau tanya", "kak", ""])
def test_a_text_that_says_more_is_no_small_talk(text: str) -> None:
    way = route(text, chosen=None, guess=always("en"), phrases=PHRASES)

    assert way.smalltalk is None


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("en", "en"),
        ("en-GB", "en"),
        ("EN", "en"),
        ("zh-hans", "zh"),
        ("zh-TW", "zh"),
        ("id", "id"),
        ("jv", "id"),
        ("fr", "id"),
        ("", "id"),
    ],
)
def test_speaks_the_language_of_the_persons_app_or_indonesian(tag: str, language: str) -> None:
    assert client_language(tag) == language
