"""An outcome in words."""

import json
from datetime import date, timedelta

import pytest

from bot.core import render
from bot.core.messages import (
    Abstention,
    Answer,
    Button,
    Clarification,
    Found,
    Program,
    Refusal,
    Reply,
    SmallTalk,
    Source,
)
from bot.core.render import digest
from tests.fakes import KIOSK, MARKET, PHRASES, PROGRAM, TODAY, passage

ENGLISH = PHRASES["en"]
YESTERDAY = TODAY - timedelta(days=1)


def rendered(outcome: Found | SmallTalk, *, program: Program = PROGRAM) -> Reply:
    return render.render(outcome, phrases=ENGLISH, program=program, today=TODAY)


def labels(reply: Reply) -> list[list[str]]:
    return [[button.label for button in row] for row in reply.keyboard]


def test_an_answer_is_the_card_word_for_word_with_its_evidence_below() -> None:
    reply = rendered(Answer(passage()))

    assert reply.text == ("Bring a permit.\n\nfrom Papers for a stall, Kabar Kota, 28 Aug 2029")
    assert reply.body == "Bring a permit."


def test_names_each_publisher_once() -> None:
    sources = (KIOSK, MARKET, Source("Kabar Kota", "Another page", url=""))

    assert (
        render.evidence(passage(sources=sources), phrases=ENGLISH, today=TODAY)
        == "from Papers for a stall, Kabar Kota, Pasar Kita, 28 Aug 2029"
    )


def test_has_no_evidence_without_a_source() -> None:
    assert render.evidence(passage(sources=()), phrases=ENGLISH, today=TODAY) == ""


@pytest.mark.parametrize(
    ("as_of", "told"),
    [
        ("2028-06-15", "15 Jun 2028 (2 years)"),
        ("2021-08-28", "28 Aug 2021 (8 years)"),
        ("2028-05", "May 2028 (2 years)"),
        ("2027", "2027 (2 years)"),
        ("2028-06-16", "16 Jun 2028"),
        ("2028-06", "Jun 2028"),
        ("2028", "2028"),
    ],
)
def test_says_how_old_a_fact_is_from_two_years_on(as_of: str, told: str) -> None:
    line = render.evidence(passage(as_of=as_of), phrases=ENGLISH, today=TODAY)

    assert line == f"from Papers for a stall, Kabar Kota, {told}"


def test_says_no_age_of_what_has_no_date() -> None:
    undated = passage(as_of="undated", seen="2020-01-02")

    line = render.evidence(undated, phrases=ENGLISH, today=TODAY)

    assert line == "from Papers for a stall, Kabar Kota, undated, seen 2 Jan 2020"


def test_the_age_of_a_fact_stands_beside_its_evidence_alone() -> None:
    reply = rendered(Answer(passage(as_of="2021")))

    assert (reply.body, "(8 years)" in reply.text) == ("Bring a permit.", True)


@pytest.mark.parametrize(
    ("as_of", "spelled"),
    [("2029-08-01", "1 Aug 2029"), ("2029-12", "Dec 2029"), ("2029", "2029")],
)
def test_spells_a_date_as_far_as_it_is_known(as_of: str, spelled: str) -> None:
    assert render.dated(passage(as_of=as_of), phrases=ENGLISH) == spelled


def test_says_when_an_undated_source_was_seen() -> None:
    undated = passage(as_of="undated", seen="2030-01-02")

    assert render.dated(undated, phrases=ENGLISH) == "undated, seen 2 Jan 2030"


def test_offers_the_source_both_votes_and_related_cards() -> None:
    related = passage("stalls/fees#daily", title="What a day costs")

    reply = rendered(Answer(passage(), (related,)))

    assert reply.keyboard == (
        (
            Button("(en) view_source", f"s:{digest('stalls/open#papers')}:en"),
            Button("(en) vote_up", f"up:{digest('stalls/open#papers')}:en"),
            Button("(en) vote_down", f"down:{digest('stalls/open#papers')}:en"),
        ),
        (Button("What a day costs", f"c:{digest('stalls/fees#daily')}:en"),),
    )


def test_every_button_carries_at_most_64_bytes() -> None:
    long_name = f"a/very/long/folder/{'name' * 40}#anchor"

    reply = rendered(Answer(passage(long_name), (passage(long_name + "-2"),)))

    assert all(len(button.data.encode()) <= 64 for row in reply.keyboard for button in row)


def test_offers_no_source_where_there_is_none() -> None:
    reply = rendered(Answer(passage(sources=())))

    assert labels(reply) == [["(en) vote_up", "(en) vote_down"]]


@pytest.mark.parametrize(
    ("title", "label"),
    [
        ("a" * 40, "a" * 40),
        ("a" * 41, "a" * 39 + "…"),
        ("a" * 38 + " bcd", "a" * 38 + "…"),
    ],
)
def test_shortens_a_title_that_no_button_fits(title: str, label: str) -> None:
    reply = rendered(Answer(passage(), (passage("b#1", title=title),)))

    assert labels(reply)[1] == [label]


def test_says_that_a_deadline_has_passed() -> None:
    reply = rendered(Answer(passage(deadline=YESTERDAY)))

    assert reply.body == "Bring a permit.\n\n14 Jun 2030 has passed"


def test_says_that_a_review_is_due() -> None:
    reply = rendered(Answer(passage(review_by=YESTERDAY)))

    assert reply.body == "Bring a permit.\n\ncheck this of 28 Aug 2029"


def test_says_that_a_review_is_due_of_what_has_no_date() -> None:
    reply = rendered(Answer(passage(review_by=YESTERDAY, as_of="undated", seen="2030-01-05")))

    assert reply.body == "Bring a permit.\n\ncheck this seen on 5 Jan 2030"


@pytest.mark.parametrize("day", [TODAY, TODAY + timedelta(days=1)])
def test_says_nothing_of_dates_that_are_still_to_come(day: date) -> None:
    reply = rendered(Answer(passage(deadline=day, review_by=day)))

    assert reply.body == "Bring a permit."


def test_says_nothing_of_the_review_of_a_card_without_a_date() -> None:
    reply = rendered(Answer(passage(review_by=YESTERDAY, as_of="", sources=())))

    assert reply.body == "Bring a permit."


def test_says_that_a_card_is_there_in_another_language_only() -> None:
    reply = rendered(Answer(passage(language="id")))

    assert reply.body == "Bring a permit.\n\n(en) other_language"


def test_an_abstention_says_so_and_where_to_ask() -> None:
    reply = rendered(Abstention(0.2))

    assert reply == Reply(
        "(en) abstain\n\nask the help desk", body="(en) abstain\n\nask the help desk"
    )


def test_an_abstention_offers_what_is_nearest() -> None:
    near = passage("b#1", title="Near it")

    reply = rendered(Abstention(0.2, related=(near,)))

    assert reply.text == "(en) abstain\n\nask the help desk\n\n(en) abstain_near"
    assert reply.keyboard == ((Button("Near it", f"c:{digest('b#1')}:en"),),)


def test_asks_which_card_is_meant_with_a_button_for_each() -> None:
    reply = rendered(Clarification(0.5, (passage("a#1", title="For one"), passage("b#1"))))

    assert (reply.text, reply.body) == ("(en) clarify", "(en) clarify")
    assert reply.keyboard == (
        (Button("For one", f"c:{digest('a#1')}:en"),),
        (Button("Papers for a stall", f"c:{digest('b#1')}:en"),),
    )


def test_a_refusal_tells_what_is_lawful_with_its_evidence() -> None:
    reply = rendered(Refusal(passage(), (passage("b#1", title="Near it"),)))

    assert reply.body == "(en) refuse\n\n(en) refuse_instead\n\nBring a permit."
    assert reply.text == f"{reply.body}\n\nfrom Papers for a stall, Kabar Kota, 28 Aug 2029"
    assert labels(reply)[1:] == [["Near it"]]


def test_a_refusal_without_a_card_says_no_more() -> None:
    assert rendered(Refusal()) == Reply("(en) refuse", body="(en) refuse")


def test_an_abstention_names_no_place_to_ask_where_there_is_none() -> None:
    reply = rendered(Abstention(0.2), program=Program())

    assert reply.text == "(en) abstain"


def test_an_abstention_tells_the_card_of_what_is_unknown() -> None:
    unknown = passage(unknown=True, sources=(), as_of="", text="Nobody knows yet.")

    reply = rendered(Abstention(0.8, unknown, (passage("b#1", title="Near it"),)))

    assert reply.text == "Nobody knows yet."
    assert labels(reply) == [["(en) vote_up", "(en) vote_down"], ["Near it"]]


@pytest.mark.parametrize("topic", ["greeting", "identity"])
def test_a_greeting_offers_example_questions(topic: str) -> None:
    reply = rendered(SmallTalk(topic))

    assert labels(reply) == [["How do I open a stall?"], ["What does a stall cost?"]]


@pytest.mark.parametrize("topic", ["thanks", "goodbye"])
def test_thanks_and_farewells_offer_nothing(topic: str) -> None:
    assert rendered(SmallTalk(topic)) == Reply(f"(en) {topic}", body=f"(en) {topic}")


def test_fills_in_what_the_program_says_of_itself() -> None:
    reply = render.said("start", phrases=ENGLISH, program=PROGRAM)

    assert reply.text == "hello from Melati: I am Melati. stalls, fees"


def test_gives_the_first_example() -> None:
    assert (
        render.said("help", phrases=ENGLISH, program=PROGRAM).text
        == "write for example: How do I open a stall?"
    )


def test_fills_in_a_number() -> None:
    reply = render.said("privacy", phrases=ENGLISH, program=PROGRAM, days=7)

    assert reply.text == "(en) kept for 7 days"


def test_a_program_that_says_nothing_of_itself_is_no_hindrance() -> None:
    reply = render.said("help", phrases=ENGLISH, program=Program())

    assert reply.text == "write for example:"


def test_braces_in_what_the_program_says_are_left_alone() -> None:
    reply = render.said("identity", phrases=ENGLISH, program=Program(about="{about} {0}"))

    assert reply.text == "{about} {0}"


def test_shows_the_exact_passage_and_every_source() -> None:
    shown = render.passage_with_sources(
        passage(text="Bring:\n\n- a permit", sources=(KIOSK, MARKET)), phrases=ENGLISH
    )

    assert shown.text == (
        "**Papers for a stall**\n"
        "> Bring:\n>\n> - a permit\n"
        "28 Aug 2029\n"
        "Kabar Kota: [Membuka kios](https://kabar.example/kios), 28 Aug 2029\n"
        "Pasar Kita: Tanya jawab, (en) no_date"
    )


def test_shows_a_passage_without_sources() -> None:
    shown = render.passage_with_sources(passage(sources=(), as_of=""), phrases=ENGLISH)

    assert shown.text == "**Papers for a stall**\n> Bring a permit.\n\n(en) no_sources"


def test_lists_every_publisher_once_in_alphabetical_order() -> None:
    sources = [MARKET, Source("antara", "x", url=""), KIOSK, KIOSK]

    reply = render.all_sources(sources, phrases=ENGLISH)

    assert reply.text == "4 sources: antara, Kabar Kota, Pasar Kita"


def test_offers_every_language_by_its_own_name() -> None:
    assert render.languages(PHRASES) == (
        Button("Indonesia", "l:id"),
        Button("English", "l:en"),
        Button("中文", "l:zh"),
    )


def test_marks_the_vote_that_was_pressed() -> None:
    keyboard = ((Button("Source", "s:x"), Button("Yes", "up:x"), Button("No", "down:x")),)

    assert render.voted(keyboard, "up") == (
        (Button("Source", "s:x"), Button("Yes ✓", "up:x"), Button("No", "down:x")),
    )


def test_moves_the_mark_when_the_vote_changes() -> None:
    keyboard = ((Button("Yes ✓", "up:x"), Button("No", "down:x")),)

    assert render.voted(keyboard, "down") == ((Button("Yes", "up:x"), Button("No ✓", "down:x")),)


def test_marks_a_vote_once() -> None:
    keyboard = ((Button("Yes ✓", "up:x"), Button("No", "down:x")),)

    assert render.voted(keyboard, "up") == keyboard


def test_the_buttons_to_be_forgotten_are_each_persons_own_and_tell_nobodys_number() -> None:
    mine, yours = (render.ask_to_forget(person, phrases=ENGLISH) for person in (123456789, 2))

    data = {button.data for reply in (mine, yours) for row in reply.keyboard for button in row}
    assert mine.text == "(en) forget"
    assert labels(mine) == [["(en) forget_yes"], ["(en) forget_no"]]
    assert len(data) == 4
    assert not any("123456789" in each for each in data)


def test_what_is_kept_about_a_person_can_be_read_by_them() -> None:
    document = render.exported({"person": 1, "questions": [{"text": "要什么"}]})

    assert document.name == "akar.json"
    assert json.loads(document.content) == {"person": 1, "questions": [{"text": "要什么"}]}
    assert "要什么" in document.content
