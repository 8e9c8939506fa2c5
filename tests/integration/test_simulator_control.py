"""The control interface, through which tests and the page act as people."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bot.channels.simulator.state.database import Database
from bot.channels.simulator.state.journal import Journal
from bot.channels.simulator.state.queries import Queries
from tests.integration.simulators import IBU, Simulator, running

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[Simulator]:
    with running(tmp_path / "chats.sqlite") as started:
        yield started


def send(simulator: Simulator, text: str, *labels: str) -> None:
    row = [{"text": label, "callback_data": label} for label in labels]
    markup = {"reply_markup": {"inline_keyboard": [row]}} if labels else {}
    simulator.result("sendMessage", chat_id=IBU, text=text, **markup)


def test_says_what_it_is(simulator: Simulator) -> None:
    health = simulator.read("health")

    assert health["simulator"] == "akar"
    assert health["bot_url"] == simulator.base_url
    assert f"{health['bot_url']}/bot{health['token']}" == simulator.api_url


def test_knows_four_people_and_a_group(simulator: Simulator) -> None:
    found = simulator.read("people")

    people = [(person["key"], person["language_code"]) for person in found["people"]]
    assert people == [("ibu", "id"), ("lin", "zh-hans"), ("budi", "id"), ("sam", "en")]
    assert found["group"]["title"] == "Grup UMKM"


def test_makes_people_on_the_fly(simulator: Simulator) -> None:
    simulator.say("wati", "halo", language="en")
    simulator.say("424242", "halo")

    wati, numbered = simulator.read("people")["people"][4:]
    assert (wati["key"], wati["language_code"]) == ("wati", "en")
    assert (numbered["id"], numbered["language_code"]) == (424242, "id")


def test_adds_people_with_a_name_and_a_language(simulator: Simulator) -> None:
    person = simulator.control("people", name="Pak Joko", language="zh")

    assert (person["key"], person["language_code"]) == ("pak-joko", "zh-hans")
    assert simulator.refused("people", name="Joko", key="pak-joko")[0] == 409
    assert simulator.refused("people", name=" ")[0] == 400


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("say", {"person": "ibu", "text": " "}, 400),
        ("say", {"text": "halo"}, 400),
        ("say", {"person": "ibu", "text": "a" * 4097}, 400),
        ("say", {"person": "ibu", "text": "a", "chat": "moon"}, 404),
        ("say", {"person": "ibu", "text": "a", "reply_to": 77}, 404),
        ("say", {"person": "ibu", "text": "a", "reply_to": "x"}, 400),
        ("edit", {"person": "ibu", "text": "a"}, 404),
        ("edit", {"person": "nobody", "text": "a"}, 404),
        ("delete", {"person": "ibu"}, 404),
        ("delete", {"person": "ibu", "message_id": 77}, 404),
        ("delete", {"person": "nobody"}, 404),
        ("press", {"person": "ibu", "label": "Ya"}, 404),
        ("resend", {}, 404),
        ("fault", {"telegram": "flood"}, 400),
    ],
)
def test_refuses_what_nobody_can_do(
    simulator: Simulator, path: str, body: dict[str, object], status: int
) -> None:
    answer = simulator.refused(path, **body)

    assert answer[0] == status
    assert isinstance(answer[1]["error"], str)


def test_a_press_finds_the_newest_button_with_the_label(simulator: Simulator) -> None:
    simulator.say("ibu", "/start")
    send(simulator, "lama", "Ya", "Lihat sumber")
    send(simulator, "baru", "Ya, tentu")

    exact = simulator.control("press", person="ibu", label="Ya")
    part = simulator.control("press", person="ibu", label="TENTU")
    status, missing = simulator.refused("press", person="ibu", label="Batal")

    texts = [
        update["callback_query"]["message"]["text"]
        for update in simulator.result("getUpdates", offset=exact["update_id"])
    ]
    assert texts == ["lama", "baru"]
    assert part["update_id"] == exact["update_id"] + 1
    assert (status, missing["labels"]) == (404, ["Ya, tentu", "Ya", "Lihat sumber"])


def test_a_link_button_is_not_sent_to_the_bot(simulator: Simulator) -> None:
    simulator.say("ibu", "/start")
    button = {"text": "Buka", "url": "https://lazada.co.id"}
    markup = {"inline_keyboard": [[button]]}
    simulator.result("sendMessage", chat_id=IBU, text="a", reply_markup=markup)

    pressed = simulator.control("press", person="ibu", label="Buka")

    assert (pressed["update_id"], pressed["button"]) == (None, button)


def test_sent_lists_what_came_after_a_number(simulator: Simulator) -> None:
    sequence = simulator.say("ibu", "/start")["sequence"]
    send(simulator, "halo", "Ya")
    simulator.call("sendMessage", chat_id=IBU, text="")

    accepted, refused = simulator.sent(sequence)

    assert (accepted["n"], accepted["person"], accepted["text"]) == (1, "ibu", "halo")
    assert (accepted["ok"], accepted["buttons"]) == (True, [["Ya"]])
    assert (refused["ok"], refused["description"]) == (False, "Bad Request: message text is empty")


def test_sent_comes_in_parts_when_it_is_long(tmp_path: Path) -> None:
    journal = Journal(Database(tmp_path / "chats.sqlite"))
    for number in range(10_001):
        journal.add({"text": str(number)})

    first = journal.after(0)
    rest = journal.after(10_000)

    assert (len(first), len(rest)) == (10_000, 1)
    assert [json.loads(entry.text) for entry in (first[-1], *rest)] == [
        {"n": 10_000, "text": "9999"},
        {"n": 10_001, "text": "10000"},
    ]


def test_sent_says_where_the_next_part_begins(simulator: Simulator) -> None:
    simulator.say("ibu", "/start")
    for text in "abc":
        send(simulator, text)

    part = simulator.read("sent?after=0&limit=2")
    rest = simulator.read(f"sent?after={part['last']}&limit=2")

    assert [entry["text"] for entry in part["sent"]] == ["a", "b"]
    assert ([entry["text"] for entry in rest["sent"]], rest["last"]) == (["c"], 3)


def test_only_the_last_entries_are_kept(tmp_path: Path) -> None:
    journal = Journal(Database(tmp_path / "chats.sqlite"), kept=5_000)
    for number in range(12_000):
        journal.add({"text": str(number)})

    entries = journal.after(0)

    assert 5_000 <= len(entries) <= 6_000
    assert (entries[-1].number, journal.last) == (12_000, 12_000)


def test_presses_are_forgotten_after_half_an_hour(tmp_path: Path) -> None:
    times = iter([0.0, 0.0, 1801.0, 1801.0])
    queries = Queries(Database(tmp_path / "chats.sqlite"), lambda: next(times))

    old, new = (queries.ask("ibu", IBU) for _ in range(2))

    assert (queries.find(old), queries.find(new)) == (None, ("ibu", IBU))


def test_sent_waits_for_something_new(simulator: Simulator) -> None:
    simulator.say("ibu", "/start")
    later = threading.Timer(0.3, simulator.call, ("sendMessage",), {"chat_id": IBU, "text": "a"})
    later.start()

    found = httpx.get(
        f"{simulator.base_url}/control/sent?after=0&timeout=10", trust_env=False, timeout=15
    ).json()

    later.join()
    assert [entry["text"] for entry in found["sent"]] == ["a"]
    assert found["last"] == 1


@pytest.mark.parametrize("chat", ["private", "group"])
def test_a_person_deletes_a_message_and_the_bot_is_not_told(
    simulator: Simulator, chat: str
) -> None:
    first, last = (simulator.say("ibu", text, chat=chat) for text in ("/start", "/help"))
    simulator.result("sendMessage", chat_id=last["chat_id"], text="Ya?")
    simulator.result("getUpdates", offset=last["update_id"] + 1)

    deleted = simulator.control("delete", person="ibu", chat=chat)
    simulator.control("delete", person="ibu", chat=chat, message_id=first["message_id"])

    key = "group" if chat == "group" else "ibu"
    left = [message["text"] for message in simulator.read(f"chats/{key}")["messages"]]
    assert deleted == {
        "update_id": None,
        "message_id": last["message_id"],
        "chat_id": last["chat_id"],
        "sequence": 1,
    }
    assert left == ["Ya?"]
    assert simulator.result("getUpdates") == []


def test_in_the_group_a_person_deletes_their_own_messages_only(simulator: Simulator) -> None:
    simulator.say("ibu", "/start")
    said = simulator.say("ibu", "/help", chat="group")
    bots = simulator.result("sendMessage", chat_id=IBU, text="Ya?")["message_id"]

    foreign = simulator.refused("delete", person="sam", chat="group", message_id=said["message_id"])
    simulator.control("delete", person="ibu", message_id=bots)

    left = [message["text"] for message in simulator.read("chats/ibu")["messages"]]
    assert foreign == (404, {"error": "sam has no such message to delete"})
    assert left == ["/start"]


def test_an_answer_to_a_deleted_message_needs_leave_to_stand_alone(simulator: Simulator) -> None:
    said = simulator.say("ibu", "/help syarat?", chat="group")
    simulator.control("delete", person="ibu", chat="group")
    reply = {"message_id": said["message_id"]}
    answer = {"chat_id": said["chat_id"], "text": "KTP"}

    refused = simulator.call("sendMessage", **answer, reply_parameters=reply)
    alone = simulator.result(
        "sendMessage",
        **answer,
        reply_parameters=reply | {"allow_sending_without_reply": True},
    )

    assert refused.status_code == 400
    assert refused.json()["description"] == "Bad Request: message to be replied not found"
    assert "reply_to_message" not in alone


def test_a_reset_makes_someone_new(simulator: Simulator) -> None:
    simulator.say("ibu", "halo")

    kept = simulator.control("reset", person="ibu")
    new = simulator.control("reset", person="ibu", new=True)

    assert kept["id"] == IBU
    assert new["id"] != IBU
    assert simulator.read("chats/ibu")["messages"] == []
    assert simulator.result("getUpdates") == []


def test_someone_who_blocked_the_bot_cannot_write(simulator: Simulator) -> None:
    simulator.say("ibu", "halo")
    simulator.control("block", person="ibu")

    status, body = simulator.refused("say", person="ibu", text="halo")

    assert (status, body) == (409, {"error": "ibu has blocked the bot"})


def test_a_raw_update_is_queued_as_it_is(simulator: Simulator) -> None:
    number = simulator.control("update", message={"nonsense": True})["update_id"]
    empty = simulator.control("update")["update_id"]

    updates = simulator.result("getUpdates")

    assert updates == [
        {"update_id": number, "message": {"nonsense": True}},
        {"update_id": empty},
    ]


def test_faults_are_lifted(simulator: Simulator) -> None:
    simulator.say("ibu", "halo")
    assert simulator.control("fault", telegram=500, times=5) == {"left": 5}
    assert simulator.control("fault", times=0) == {"left": 0}

    assert simulator.call("sendMessage", chat_id=IBU, text="a").status_code == 200


def test_a_fault_spares_the_typing_sign(simulator: Simulator) -> None:
    simulator.say("ibu", "halo")
    simulator.control("fault", telegram=500, times=1)

    action = simulator.call("sendChatAction", chat_id=IBU, action="typing")
    message = simulator.call("sendMessage", chat_id=IBU, text="a")

    assert (action.status_code, message.status_code) == (200, 500)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"host": "evil.example"}, 403),
        ({"content-type": "text/plain"}, 415),
        ({}, 200),
    ],
)
def test_foreign_pages_are_kept_out(
    simulator: Simulator, headers: dict[str, str], status: int
) -> None:
    response = simulator.http.post(
        f"{simulator.base_url}/control/say",
        content=b'{"person": "ibu", "text": "halo"}',
        headers={"content-type": "application/json"} | headers,
    )

    assert response.status_code == status


def test_an_upload_must_be_multipart_and_of_a_known_kind(simulator: Simulator) -> None:
    url = f"{simulator.base_url}/control/upload"
    plain = simulator.http.post(url, json={"person": "ibu", "kind": "photo"})
    unknown = simulator.http.post(url, files={"person": (None, "ibu"), "kind": (None, "song")})
    no_picture = simulator.http.post(
        url,
        files={"person": (None, "ibu"), "kind": (None, "photo"), "file": ("a.png", b"no")},
    )

    assert [answer.status_code for answer in (plain, unknown, no_picture)] == [415, 400, 400]


def test_the_page_is_told_what_happens(simulator: Simulator) -> None:
    with simulator.http.stream("GET", f"{simulator.base_url}/control/events") as stream:
        lines = (line for line in stream.iter_lines() if line.startswith("data: "))
        httpx.post(
            f"{simulator.base_url}/control/say",
            json={"person": "ibu", "text": "halo"},
            trust_env=False,
        ).raise_for_status()
        event = json.loads(next(lines).removeprefix("data: "))

    assert (event["type"], event["message"]["text"]) == ("message", "halo")


def test_the_menu_is_in_the_persons_language(simulator: Simulator) -> None:
    for code, text in (("", "Start"), ("id", "Mulai")):
        commands = [{"command": "start", "description": text}]
        simulator.result("setMyCommands", commands=commands, language_code=code)
        simulator.result("setMyDescription", description=text, language_code=code)

    ibu, lin = simulator.read("menu/ibu"), simulator.read("menu/lin")

    assert (ibu["description"], ibu["commands"][0]["description"]) == ("Mulai", "Mulai")
    assert (lin["description"], lin["commands"][0]["description"]) == ("Start", "Start")


def test_the_page_loads_nothing_from_elsewhere(simulator: Simulator) -> None:
    page = simulator.http.get(simulator.base_url)
    parts = [
        simulator.http.get(f"{simulator.base_url}/page/{name}") for name in ("style.css", "app.js")
    ]

    assert page.headers["content-security-policy"].startswith("default-src 'self'")
    assert [part.status_code for part in parts] == [200, 200]
    assert "://" not in page.text.replace("http://www.w3.org/", "")
    assert simulator.http.get(f"{simulator.base_url}/page/secret").status_code == 404
