"""The simulator's polls and quizzes: what Telegram takes, refuses, and tells of votes."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.simulators import IBU, Simulator, running

pytestmark = pytest.mark.timeout(300)

OPTIONS = [{"text": "a"}, {"text": "b"}]
QUIZ = {"type": "quiz", "correct_option_ids": [1], "explanation": "b it is"}


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    with running(tmp_path_factory.mktemp("polls") / "chats.sqlite") as started:
        started.say("ibu", "/start")
        yield started


def poll(**fields: Any) -> dict[str, Any]:
    return {"chat_id": IBU, "question": "which?", "options": OPTIONS, **fields}


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"question": ""}, "poll question must be non-empty"),
    ({"question": "a" * 301}, "poll question length must not exceed 300"),
    ({"options": []}, "poll must have at least 1 option"),
    ({"options": OPTIONS * 7}, "poll can't have more than 12 options"),
    ({"options": {"text": "a"}}, "options must be of type Array"),
    ({"options": "["}, "can't parse options JSON object"),
    ({"options": [{}]}, "can't parse poll option: Can't find field \"text\""),
    ({"options": [{"text": " "}]}, "poll options must be non-empty"),
    ({"options": [{"text": "a" * 101}]}, "poll options length must not exceed 100"),
    ({"type": "race"}, "unsupported poll type specified"),
    ({"type": "quiz"}, "wrong correct option ID specified"),
    ({"type": "quiz", "correct_option_ids": [2]}, "wrong correct option ID specified"),
    ({"type": "quiz", "correct_option_ids": [0, 1]}, "wrong correct option ID specified"),
    ({"type": "quiz", "correct_option_id": 5}, "wrong correct option ID specified"),
    ({**QUIZ, "explanation": "a" * 201}, "quiz explanation is too long"),
    ({**QUIZ, "explanation": "a\nb\nc\nd"}, "quiz explanation is too long"),
]


@pytest.mark.parametrize(("fields", "reason"), REFUSED)
def test_refuses_what_is_no_poll(simulator: Simulator, fields: dict[str, Any], reason: str) -> None:
    answer = simulator.call("sendPoll", **poll(**fields)).json()

    assert answer["description"] == f"Bad Request: {reason}"


def test_a_vote_in_a_quiz_is_told_once(simulator: Simulator) -> None:
    sent = simulator.result("sendPoll", **poll(is_anonymous=False, **QUIZ))

    voted = simulator.control("vote", person="ibu", option="B", message_id=sent["message_id"])
    status, body = simulator.refused("vote", person="ibu", option="a")
    (update,) = [
        each
        for each in simulator.result("getUpdates", timeout=0)
        if each["update_id"] == voted["update_id"]
    ]

    assert sent["poll"]["options"][0] == {"persistent_id": "0", "text": "a", "voter_count": 0}
    assert update["poll_answer"]["option_ids"] == [1]
    assert update["poll_answer"]["user"]["id"] == IBU
    assert (status, body["error"]) == (409, "ibu has voted")


def test_an_anonymous_poll_tells_counts_alone(simulator: Simulator) -> None:
    sent = simulator.result("sendPoll", **poll(options=["c", "d"]))

    voted = simulator.control("vote", person="ibu", option="c")
    simulator.control("vote", person="ibu", option="d")
    chat = simulator.read("chats/ibu")
    message = chat["messages"][-1]["poll"]

    assert voted["update_id"] is None
    assert (message["total_voter_count"], message["options"][1]["voter_count"]) == (1, 1)
    assert chat["votes"][sent["poll"]["id"]] == {str(IBU): [1]}


def test_nobody_votes_with_what_is_no_option(simulator: Simulator) -> None:
    simulator.call("sendPoll", **poll())

    status, body = simulator.refused("vote", person="ibu", option="z")

    assert status == 404
    assert body == {"error": "there is no option z", "labels": ["a", "b"]}


def test_a_stopped_poll_takes_no_votes(simulator: Simulator) -> None:
    number = simulator.result("sendPoll", **poll(options=["e", "f"]))["message_id"]
    stopped = simulator.result("stopPoll", chat_id=IBU, message_id=number)
    again = simulator.call("stopPoll", chat_id=IBU, message_id=number)
    text = simulator.result("sendMessage", chat_id=IBU, text="a")["message_id"]
    other = simulator.call("stopPoll", chat_id=IBU, message_id=text)
    missing = simulator.call("stopPoll", chat_id=IBU, message_id=99_999)
    status, body = simulator.refused("vote", person="ibu", option="e")

    assert stopped["is_closed"]
    assert [each.json()["description"] for each in (again, other, missing)] == [
        "Bad Request: poll has already been closed",
        "Bad Request: message is not a poll",
        "Bad Request: message with poll to stop not found",
    ]
    assert (status, body["error"]) == (409, "the poll is closed")
