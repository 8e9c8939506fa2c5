"""A turn as programs read it, by the contract."""

from bot.channels.objects import described
from bot.core.messages import (
    Abstention,
    Answer,
    Clarification,
    Outcome,
    Refusal,
    Reply,
    SmallTalk,
    Turn,
)
from tests.fakes import passage

PAPERS = passage()
FEES = passage("stalls/fees#daily", title="What a day at the market costs, in all", confidence=0.8)
PAPERS_SOURCE = {
    "card": "stalls/open#papers",
    "title": "Membuka kios",
    "publisher": "Kabar Kota",
    "url": "https://kabar.example/kios",
    "as_of": "2029-08-28",
}


def turn(outcome: Outcome | None, *parts: Turn) -> Turn:
    return Turn("en", outcome, (Reply("**Told** · source", body="**Told**"),), parts=parts)


def test_an_answer_has_its_card_sources_and_confidence() -> None:
    assert described(turn(Answer(PAPERS))) == {
        "outcome": "answer",
        "language": "en",
        "text": "Told · source",
        "body": "Told",
        "confidence": 0.9,
        "card": "stalls/open#papers",
        "sources": [PAPERS_SOURCE],
        "verdicts": None,
        "options": None,
        "parts": None,
    }


def test_a_clarification_names_its_options() -> None:
    told = described(turn(Clarification(0.5, (PAPERS, FEES))))

    assert (told["outcome"], told["confidence"], told["card"]) == ("clarify", 0.5, None)
    assert told["options"] == ["Papers for a stall", "What a day at the market costs, in all"]
    assert told["sources"] == []


def test_a_refusal_has_no_confidence_but_the_card_of_the_lawful_way() -> None:
    told = described(turn(Refusal(PAPERS)))

    assert (told["outcome"], told["confidence"], told["card"]) == ("refuse", None, PAPERS.card)
    assert told["sources"] == [PAPERS_SOURCE]


def test_an_abstention_has_no_card() -> None:
    told = described(turn(Abstention(0.123456, related=(PAPERS,))))

    assert (told["outcome"], told["confidence"], told["card"]) == ("abstain", 0.1235, None)
    assert (told["sources"], told["options"]) == ([], None)


def test_small_talk_has_nothing() -> None:
    told = described(turn(SmallTalk("thanks")))

    assert (told["outcome"], told["confidence"], told["card"]) == ("smalltalk", None, None)


def test_what_answers_nothing_has_no_outcome() -> None:
    assert described(turn(None))["outcome"] is None


def test_two_questions_have_a_part_each_and_everything_they_rest_on() -> None:
    first, second = turn(Answer(PAPERS)), turn(Abstention(0.2))

    told = described(turn(second.outcome, first, second))

    assert told["parts"] == [described(first), described(second)]
    assert (told["outcome"], told["confidence"], told["card"]) == ("abstain", 0.2, None)
    assert told["sources"] == [PAPERS_SOURCE]


def test_two_questions_are_as_certain_as_the_less_certain_one() -> None:
    first, second = turn(Answer(PAPERS)), turn(Answer(FEES))

    assert described(turn(first.outcome, first, second))["confidence"] == 0.8


def test_two_questions_of_which_one_is_refused_have_no_confidence() -> None:
    first, second = turn(Answer(PAPERS)), turn(Refusal())

    assert described(turn(second.outcome, first, second))["confidence"] is None
