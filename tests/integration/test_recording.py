"""Chats as scripts: what a person did, and what the bot said of its turns."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.channels.scripts.reading import read_scripts
from bot.channels.scripts.writing import script_of
from bot.channels.simulator.telling import teller
from bot.core.messages import Answer, Question, Turn
from tests.fakes import passage, sender
from tests.integration.processes import until
from tests.integration.simulators import Simulator, running

BUTTON = {"text": "Lihat sumber", "callback_data": "s:1"}
PRESSED = {
    "data": "s:1",
    "message": {"reply_markup": {"inline_keyboard": [[BUTTON]]}},
}
ANSWERED = {
    "outcome": "answer",
    "sources": [{"card": "kios#surat"}, {"card": "kios#surat"}],
    "body": "Bawa KTP ke loket.\n\nBiayanya Rp5.000 sekali.",
}

DONE: list[tuple[dict[str, Any], dict[str, Any] | None]] = [
    ({"message": {"text": "/start"}}, {"outcome": None, "body": "Halo!"}),
    ({"message": {"text": "surat apa?\nbuat kios"}}, ANSWERED),
    ({"callback_query": PRESSED}, {"outcome": None, "body": ""}),
    ({"edited_message": {"text": "yes"}}, None),
    ({"message": {"photo": []}}, None),
    ({"my_chat_member": {}}, None),
]

SCRIPT = """\
conversation: "surat apa? buat kios"
tags: [recorded]
as: {language: zh}
turns:
  - command: /start
    bot:
      says: [Halo]
  - user: "surat apa?\\nbuat kios"
    bot:
      outcome: answer
      cites: ["kios#surat"]
      says: [Rp5.000 sekali, Bawa KTP ke loket]
  - press: Lihat sumber
  - edit: "yes"
  - photo: true
"""


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[Simulator]:
    with running(tmp_path / "chats.sqlite3") as started:
        yield started


def test_a_chat_becomes_a_script_with_what_is_worth_expecting() -> None:
    assert script_of(DONE, language="zh-hans") == SCRIPT


def test_what_was_written_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(SCRIPT, encoding="utf-8")

    scripts = read_scripts([path])

    assert scripts.mistakes == ()
    steps = scripts.conversations[0].steps
    assert [(step.kind, step.text) for step in steps[1:4]] == [
        ("user", "surat apa?\nbuat kios"),
        ("press", "Lihat sumber"),
        ("edit", "yes"),
    ]


async def test_the_simulator_hears_of_turns_and_gives_the_last_chat_as_a_script(
    simulator: Simulator,
) -> None:
    simulator.say("lin", "halo")
    update = simulator.say("ibu", "surat apa")["update_id"]
    card = passage("kios#surat")

    async with teller(simulator.base_url) as audience:
        turn = Turn("id", Answer(card))
        audience.decided(Question(update, sender(), "surat apa"), turn)
        await asyncio.to_thread(until, lambda: "outcome" in script(simulator))

    assert "  - user: surat apa\n    bot:\n      outcome: answer\n" in script(simulator)
    assert "halo" in script(simulator, person="lin")


def script(simulator: Simulator, **person: str) -> str:
    return simulator.http.get(f"{simulator.base_url}/control/script", params=person).text


async def test_a_simulator_that_is_away_is_not_told(simulator: Simulator) -> None:
    async with teller("http://127.0.0.1:1") as audience:
        audience.decided(Question(1, sender(), "a"), Turn("id"))
        audience.done(1)
        audience.failed(1)
        await asyncio.sleep(0.1)


@pytest.mark.parametrize("person", ["", "nobody", "budi"])
def test_there_is_no_script_of_who_wrote_nothing(simulator: Simulator, person: str) -> None:
    params = {"person": person} if person else {}

    answer = simulator.http.get(f"{simulator.base_url}/control/script", params=params)

    assert answer.status_code == 404


def test_starting_over_begins_a_new_script(simulator: Simulator) -> None:
    simulator.say("ibu", "lama")
    simulator.control("reset", person="ibu", new=True)
    simulator.say("ibu", "baru")

    assert "lama" not in script(simulator)
    assert "baru" in script(simulator)


def test_a_turn_without_its_update_is_refused(simulator: Simulator) -> None:
    assert simulator.refused("turns", turns=[{"update_id": "a", "turn": {}}])[0] == 400
    assert simulator.refused("turns", turns=[{"update_id": 1}])[0] == 400
    assert simulator.refused("turns", turns=[1])[0] == 400
    assert simulator.refused("turns")[0] == 400


def test_an_update_is_taken_once_nothing_of_it_waits(simulator: Simulator) -> None:
    update = simulator.say("ibu", "halo")["update_id"]
    path = f"updates/{update}"

    taken = [simulator.read(path)]
    simulator.result("getUpdates", offset=update + 1)
    taken.append(simulator.read(path))
    simulator.control("resend", person="ibu")
    taken.append(simulator.read(path))
    simulator.result("getUpdates", offset=update + 1)
    taken.append(simulator.read(path))

    assert [each["taken"] for each in taken] == [False, True, False, True]
