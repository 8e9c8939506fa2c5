"""What goes wrong at Telegram: faults that are asked for, and calls that come too fast."""

import itertools
import json
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.channels.simulator.state.faults import Fault, Faults
from bot.channels.simulator.state.people import GROUP_ID
from tests.integration.simulators import IBU, Simulator, running

pytestmark = pytest.mark.timeout(300)

LIN = IBU + 1


@dataclass
class Clock:
    """A time that passes only when a test says so."""

    now: float = 1_790_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def simulator(tmp_path: Path, clock: Clock) -> Iterator[Simulator]:
    """A simulator in which Ibu and Lin have started the bot, and the group has called it."""
    with running(tmp_path / "chats.sqlite", clock=clock) as started:
        for person in ("ibu", "lin"):
            started.say(person, "/start")
        started.say("sam", "/help", chat="group")
        yield started


def outcome(simulator: Simulator, method: str = "sendMessage", **params: Any) -> str:
    """The status of a call, or `cut`."""
    given = {"chat_id": IBU, "text": "a"} | params
    try:
        return str(simulator.call(method, **given).status_code)
    except httpx.TransportError:
        return "cut"


def texts(simulator: Simulator, chat: str = "ibu") -> list[str]:
    return [message["text"] for message in simulator.read(f"chats/{chat}")["messages"]]


# Faults.


def test_a_share_of_the_calls_goes_wrong_until_faults_are_lifted(simulator: Simulator) -> None:
    answer = simulator.control("fault", telegram="500", share=0.4, seed=1)
    during = Counter(outcome(simulator) for _ in range(50))
    simulator.control("fault", times=0)
    after = {outcome(simulator) for _ in range(20)}

    assert answer == {"left": 0, "shares": [0.4]}
    assert 10 <= during["500"] <= 30
    assert during["200"] == 50 - during["500"]
    assert after == {"200"}


def test_a_seed_makes_the_same_calls_go_wrong(simulator: Simulator) -> None:
    rounds = []
    for _ in range(2):
        simulator.control("fault", telegram="500", share=0.5, seed=7)
        rounds.append([outcome(simulator) for _ in range(20)])
        simulator.control("fault", times=0)

    assert rounds[0] == rounds[1]


def test_several_faults_share_the_calls(simulator: Simulator) -> None:
    simulator.control("fault", telegram="cut", share=0.3, seed=1)
    simulator.control("fault", telegram="cut", share=0.3, seed=2, after=True)
    simulator.control("fault", telegram="429", share=0.3, seed=3, retry_after=5)

    seen = Counter(outcome(simulator, text=str(number)) for number in range(60))
    sent = simulator.sent()

    cut_before = [entry for entry in sent if entry.get("description") == "cut"]
    cut_after = [entry for entry in sent if entry.get("cut")]
    assert set(seen) == {"200", "429", "cut"}
    assert min(len(cut_before), len(cut_after)) > 0
    assert seen["cut"] == len(cut_before) + len(cut_after)
    assert len(texts(simulator)) == 1 + seen["200"] + len(cut_after)


def test_each_of_several_faults_has_its_share_of_all_calls() -> None:
    chance = random.Random(1)
    faults = Faults()
    for kind, share in (("cut", 0.05), ("500", 0.05), ("429", 0.1)):
        faults.add(Fault(kind, share=share, chance=chance))

    found = (faults.next_for("sendmessage") for _ in range(40_000))
    seen = Counter(fault.kind for fault in found if fault)

    shares = [seen[kind] / 40_000 for kind in ("cut", "500", "429")]
    assert shares == pytest.approx([0.05, 0.05, 0.1], abs=0.01)


def test_a_share_of_one_concerns_every_call(simulator: Simulator) -> None:
    simulator.control("fault", telegram="500", share=1)

    assert {outcome(simulator) for _ in range(20)} == {"500"}


def test_the_next_calls_go_wrong_before_a_share_of_them(simulator: Simulator) -> None:
    simulator.control("fault", telegram="500", share=1)
    simulator.control("fault", telegram="429", times=1)

    assert [outcome(simulator), outcome(simulator)] == ["429", "500"]


@pytest.mark.parametrize("share", [0, -0.1, 1.01, "0.5", True, float("nan")])
def test_a_share_that_is_none_is_refused(simulator: Simulator, share: object) -> None:
    response = simulator.http.post(
        f"{simulator.base_url}/control/fault",
        content=json.dumps({"telegram": "500", "share": share}),
        headers={"content-type": "application/json"},
    )

    assert response.status_code == 400
    assert response.json() == {"error": "share is a number above 0, up to 1"}


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"share": 0.5, "times": 3}, "share and times exclude each other"),
        ({"share": 0.5, "seed": "x"}, "seed is not a number"),
        ({"methods": "getUpdates"}, "methods is not a list"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(
    simulator: Simulator, body: dict[str, Any], error: str
) -> None:
    assert simulator.refused("fault", telegram="500", **body) == (400, {"error": error})


def test_a_cut_after_acceptance_leaves_the_message_in_the_chat(simulator: Simulator) -> None:
    simulator.control("fault", telegram="cut", times=1, after=True)
    number = simulator.say("ibu", "syarat?")["message_id"]

    seen = outcome(simulator, text="KTP", reply_parameters={"message_id": number})
    (entry,) = simulator.sent()

    assert seen == "cut"
    assert texts(simulator)[-1] == "KTP"
    assert (entry["ok"], entry["cut"], entry["text"]) == (True, True, "KTP")
    assert entry["params"]["reply_parameters"] == {"message_id": number}


def test_what_telegram_refuses_is_answered_and_not_cut(simulator: Simulator) -> None:
    simulator.control("fault", telegram="cut", times=1, after=True)

    seen = outcome(simulator, text="")
    (entry,) = simulator.sent()

    assert seen == "400"
    assert "cut" not in entry


@pytest.mark.parametrize(("fault", "seen"), [("500", "500"), ("cut", "cut"), ("429", "429")])
@pytest.mark.parametrize("after", [False, True])
def test_polls_go_wrong_and_lose_nothing(
    simulator: Simulator, fault: str, seen: str, after: bool
) -> None:
    simulator.control("fault", telegram=fault, times=1, after=after, methods=["getUpdates"])

    first = outcome(simulator, "getUpdates")
    updates = simulator.result("getUpdates")

    assert first == seen
    assert len(updates) == 3


def test_a_share_of_the_polls_goes_wrong(simulator: Simulator) -> None:
    simulator.control("fault", telegram="cut", share=0.5, seed=1, methods=["getUpdates"])

    polls = Counter(outcome(simulator, "getUpdates") for _ in range(30))
    sends = {outcome(simulator) for _ in range(10)}

    assert set(polls) == {"200", "cut"}
    assert sends == {"200"}


# Rates.


def limit(simulator: Simulator, **rates: float) -> None:
    assert simulator.control("limits", **rates) == {"refused": 0, "early": 0}


def test_nothing_is_too_fast_until_limits_are_set(simulator: Simulator) -> None:
    assert {outcome(simulator) for _ in range(60)} == {"200"}
    assert simulator.read("limits") == {"refused": 0, "early": 0}


def test_a_private_chat_takes_a_burst_and_then_one_a_second(
    simulator: Simulator, clock: Clock
) -> None:
    limit(simulator, chat=1, burst=3)

    at_once = [outcome(simulator) for _ in range(4)]
    clock.now += 1
    later = [outcome(simulator), outcome(simulator)]
    other = outcome(simulator, chat_id=LIN)

    assert at_once == ["200", "200", "200", "429"]
    assert later == ["200", "429"]
    assert other == "200"
    assert simulator.read("limits") == {"refused": 2, "early": 0}


def test_says_how_long_to_wait_in_telegrams_words(simulator: Simulator) -> None:
    limit(simulator, chat=0.25)
    outcome(simulator)

    response = simulator.call("sendMessage", chat_id=IBU, text="a")

    assert response.status_code == 429
    assert response.json() == {
        "ok": False,
        "error_code": 429,
        "description": "Too Many Requests: retry after 4",
        "parameters": {"retry_after": 4},
    }
    assert simulator.sent()[-1]["description"] == "Too Many Requests: retry after 4"


def test_all_chats_together_take_so_many_a_second(simulator: Simulator, clock: Clock) -> None:
    limit(simulator, all=4)
    chats = itertools.cycle([IBU, LIN])

    at_once = [outcome(simulator, chat_id=next(chats)) for _ in range(5)]
    clock.now += 1.1
    later = outcome(simulator)

    assert at_once == ["200"] * 4 + ["429"]
    assert later == "200"


def test_a_group_takes_so_many_a_minute(simulator: Simulator, clock: Clock) -> None:
    limit(simulator, group=2, chat=1)

    seen = []
    for _ in range(3):
        seen.append(outcome(simulator, chat_id=GROUP_ID))
        clock.now += 10
    refused = simulator.call("sendMessage", chat_id=GROUP_ID, text="a").json()
    clock.now += 30
    seen.append(outcome(simulator, chat_id=GROUP_ID))

    assert seen == ["200", "200", "429", "200"]
    assert refused["parameters"] == {"retry_after": 30}


def test_who_comes_back_too_early_is_refused_again(simulator: Simulator, clock: Clock) -> None:
    limit(simulator, chat=0.1, burst=1)
    outcome(simulator)
    outcome(simulator)

    clock.now += 4
    early = simulator.call("sendMessage", chat_id=IBU, text="a").json()
    other = outcome(simulator, chat_id=LIN)
    clock.now += 6
    in_time = outcome(simulator)

    assert early["parameters"] == {"retry_after": 6}
    assert (other, in_time) == ("200", "200")
    assert simulator.read("limits") == {"refused": 2, "early": 1}


def test_a_pause_that_a_fault_announced_counts_too(simulator: Simulator, clock: Clock) -> None:
    limit(simulator, chat=1, burst=5)
    simulator.control("fault", telegram="429", times=1, retry_after=3)

    seen = [outcome(simulator), outcome(simulator)]
    clock.now += 3
    seen.append(outcome(simulator))

    assert seen == ["429", "429", "200"]
    assert simulator.read("limits") == {"refused": 1, "early": 1}


def test_edits_count_and_answers_and_typing_signs_do_not(simulator: Simulator) -> None:
    row = [{"text": "Ya", "callback_data": "ya"}]
    message = simulator.result(
        "sendMessage", chat_id=IBU, text="a", reply_markup={"inline_keyboard": [row]}
    )
    pressed = simulator.control("press", person="ibu", label="Ya")
    limit(simulator, chat=1, burst=2)

    for _ in range(5):
        simulator.result("sendChatAction", chat_id=IBU, action="typing")
    simulator.result("answerCallbackQuery", callback_query_id=pressed["callback_query_id"])
    seen = [
        outcome(simulator, "editMessageText", message_id=message["message_id"], text=text)
        for text in "bcd"
    ]

    assert seen == ["200", "200", "429"]


def test_an_empty_object_lifts_the_limits(simulator: Simulator) -> None:
    limit(simulator, chat=1, burst=1)
    before = [outcome(simulator), outcome(simulator)]
    simulator.control("limits")

    assert before == ["200", "429"]
    assert outcome(simulator) == "200"
    assert simulator.read("limits") == {"refused": 1, "early": 0}


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"all": 0}, "all is a whole number above 0"),
        ({"group": 1.5}, "group is a whole number above 0"),
        ({"burst": "5"}, "burst is a whole number above 0"),
        ({"chat": -1}, "chat is a number above 0"),
        ({"chat": True}, "chat is a number above 0"),
        ({"person": 1}, "limits are all, chat, group and burst"),
    ],
)
def test_limits_that_make_no_sense_are_refused(
    simulator: Simulator, body: dict[str, Any], error: str
) -> None:
    assert simulator.refused("limits", **body) == (400, {"error": error})
