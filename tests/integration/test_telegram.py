"""The real channel over HTTP, against the simulator in a process of its own."""

import asyncio
import json
import logging
import socket
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bot.channels.simulator import TOKEN
from bot.core.commands import COMMANDS
from bot.core.conversation import Conversation
from bot.core.messages import Button, Incoming, Question, Reply, Turn
from bot.core.ports import ChannelError, KnowledgeError
from bot.core.render import digest
from tests.fakes import PHRASES, TODAY, ListedKnowledge, MemoryStore, passage
from tests.integration.databases import until
from tests.integration.stages import (
    USERNAME,
    Held,
    Json,
    Running,
    Stage,
    TakeTurn,
    answering,
    channel_to,
    echo,
    saying,
    simulator,
    staged,
)

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, exchanges: Path | None) -> Iterator[Running]:
    with simulator(tmp_path_factory.mktemp("simulator"), exchanges) as started:
        yield started


@pytest.fixture
async def stage(running: Running, tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(running, tmp_path) as found:
        yield found


@pytest.fixture
async def unlogged_stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """A simulator whose exchanges nobody checks: it may say what Telegram never would."""
    with simulator(tmp_path, None) as started:
        async with staged(started, tmp_path) as found:
            yield found


def conversing(store: MemoryStore, *cards: str) -> TakeTurn:
    """The real conversation, over listed cards."""
    found = [passage(card) for card in cards or ("stalls/open#papers",)]
    conversation = Conversation(
        ListedKnowledge(*found),
        store,
        guess=lambda text: "en",
        phrases=PHRASES,
        min_confidence=0.5,
        today=lambda: TODAY,
    )
    return conversation.turn


# Answers


async def test_answers_what_a_person_writes(stage: Stage) -> None:
    async with answering(stage, echo):
        await stage.say("syarat buka kios?")

        assert await stage.texts() == ["heard: syarat buka kios?"]


async def test_a_quick_answer_shows_no_typing(stage: Stage) -> None:
    async with answering(stage, echo):
        await stage.say("halo")

        found = await stage.sent("sendMessage", "sendChatAction", wanted=1)

    assert [entry["method"] for entry in found] == ["sendMessage"]


async def test_a_slow_answer_shows_typing_first(stage: Stage) -> None:
    held = Held()
    async with answering(stage, held):
        await stage.say("halo")
        await held.begun.wait()
        began = time.time()
        (typing,) = await stage.sent("sendMessage", "sendChatAction", wanted=1)
        held.go_on.set()
        found = await stage.sent("sendMessage", "sendChatAction", wanted=2)

    assert typing["method"] == "sendChatAction"
    assert 0.2 < typing["ts"] - began < 2
    assert [entry["method"] for entry in found] == ["sendChatAction", "sendMessage"]


async def test_shows_the_formatting(stage: Stage) -> None:
    async with answering(stage, saying("**bold** and *slanted*")):
        await stage.say("halo")

        (entry,) = await stage.sent("sendMessage", wanted=1)

    entities = entry["params"]["entities"]
    assert entry["text"] == "bold and slanted"
    assert [entity["type"] for entity in entities] == ["bold", "italic"]


async def test_shows_no_preview_of_links(stage: Stage) -> None:
    async with answering(stage, saying("[here](https://kabar.example)")):
        await stage.say("halo")

        (entry,) = await stage.sent("sendMessage", wanted=1)

    assert entry["params"]["link_preview_options"] == {"is_disabled": True}


async def test_splits_a_long_answer_between_paragraphs(stage: Stage) -> None:
    paragraphs = [f"{number}: " + "kata " * 250 for number in range(8)]
    keyboard = ((Button("more", "q:1"),),)
    async with answering(stage, saying("\n\n".join(paragraphs), keyboard=keyboard)):
        await stage.say("halo")

        found = await stage.sent("sendMessage", wanted=3)

    assert [entry["ok"] for entry in found] == [True] * 3
    assert "\n\n".join(entry["text"].strip() for entry in found) == "\n\n".join(
        text.strip() for text in paragraphs
    )
    assert [entry.get("buttons") for entry in found[-1:]] == [[["more"]]]
    assert not any(entry.get("buttons") for entry in found[:-1])


async def test_says_it_plainly_when_the_formatting_is_refused(stage: Stage) -> None:
    async with answering(stage, saying("**see** [this](javascript:x)")):
        await stage.say("halo")

        refused, accepted = await stage.sent("sendMessage", wanted=2)

    assert (refused["ok"], "entity" in refused["description"]) == (False, True)
    assert (accepted["ok"], accepted["text"]) == (True, "see this")
    assert "entities" not in accepted["params"]


# Telegram in trouble


async def test_waits_as_long_as_telegram_asks(stage: Stage) -> None:
    await stage.control("fault", telegram="429", times=1, retry_after=2)
    async with answering(stage, echo):
        await stage.say("halo")

        refused, accepted = await stage.sent("sendMessage", wanted=2)

    assert (refused["ok"], accepted["ok"]) == (False, True)
    assert accepted["ts"] - refused["ts"] >= 2


@pytest.mark.parametrize("fault", ["500", "cut"])
async def test_tries_again_after_a_failure(stage: Stage, fault: str) -> None:
    await stage.control("fault", telegram=fault, times=2)
    async with answering(stage, echo):
        await stage.say("halo")

        found = await stage.sent("sendMessage", wanted=3)

    assert [entry["ok"] for entry in found] == [False, False, True]
    assert found[-1]["text"] == "heard: halo"


async def test_a_slow_telegram_gets_the_answer_once(stage: Stage) -> None:
    await stage.control("fault", telegram="slow 1s", times=1)
    async with answering(stage, echo):
        await stage.say("halo")
        await stage.texts()
        await stage.say("lagi")

        assert await stage.texts(wanted=2) == ["heard: halo", "heard: lagi"]


async def test_goes_on_after_polls_that_failed(stage: Stage) -> None:
    await stage.control("fault", telegram="500", times=1, methods=["getUpdates"])
    async with answering(stage, echo):
        await stage.say("halo")

        assert await stage.texts() == ["heard: halo"]


async def test_drops_the_answer_to_someone_who_blocked_the_bot(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    held = Held()
    async with answering(stage, held):
        blocking = stage.person
        await stage.say("halo")
        await held.begun.wait()
        await stage.control("block", person=blocking, blocked=True)
        held.go_on.set()
        (refused,) = await stage.sent("sendMessage", wanted=1)
        await stage.someone()
        await stage.say("halo juga")

        assert await stage.texts() == ["heard: halo juga"]

    assert refused["description"] == "Forbidden: bot was blocked by the user"
    assert "could not be handled" not in caplog.text


async def test_waits_for_telegram_to_come_up(tmp_path: Path, exchanges: Path | None) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        listen = f"127.0.0.1:{free.getsockname()[1]}"
    away: asyncio.Queue[ChannelError] = asyncio.Queue()
    channel = channel_to(f"http://{listen}")
    connecting = asyncio.create_task(channel.connect(on_away=away.put_nowait))
    error = await away.get()
    with simulator(tmp_path, exchanges, listen=listen):
        await connecting
        username = channel.bot.username
        await channel.close()

    assert (error.code, away.empty()) == ("telegram_away", True)
    assert f"@{username}" == USERNAME


@pytest.mark.parametrize("token", ["1:x", "123456:" + "x" * 35])
async def test_a_refused_token_is_named(stage: Stage, token: str) -> None:
    channel = channel_to(stage.url, token=token)

    with pytest.raises(ChannelError) as refused:
        await channel.connect(on_away=lambda error: None)
    await channel.close()

    assert refused.value.code == "token_refused"


# Odd updates


POISON: list[Json] = [
    {},
    {"message": {}},
    {"message": 7},
    {"message": {"message_id": "x", "date": "y", "chat": 5}},
    {"callback_query": {"id": 5}},
    {"message": {"message_id": 1, "date": 1, "chat": {"id": 1, "type": "private"}, "text": None}},
    {"unheard_of": {"a": 1}},
]


async def test_an_update_that_cannot_be_read_does_not_stop_the_others(
    unlogged_stage: Stage,
) -> None:
    async with answering(unlogged_stage, echo):
        for update in POISON:
            await unlogged_stage.control("update", **update)
        await unlogged_stage.say("halo")

        assert await unlogged_stage.texts() == ["heard: halo"]


async def test_an_empty_message_gets_no_answer(stage: Stage) -> None:
    user = {"id": stage.number, "is_bot": False, "first_name": "P"}
    chat = {"id": stage.number, "type": "private", "first_name": "P"}
    async with answering(stage, echo):
        await stage.control(
            "update", message={"message_id": 1, "date": 1, "chat": chat, "from": user}
        )
        await stage.say("halo")

        assert await stage.texts() == ["heard: halo"]


@pytest.mark.parametrize(
    "text",
    ["a\x00b\x07c", "\u200f\u202eabc\u202c", "kata " * 800, "😀" * 2000, "/", "//", "@", "*_`["],
    ids=["control", "right to left", "4,000 letters", "emoji", "slash", "slashes", "at", "marks"],
)
async def test_an_odd_text_gets_an_answer(stage: Stage, text: str) -> None:
    async with answering(stage, echo):
        await stage.say(text)

        (found,) = await stage.texts()

    assert found.startswith(("heard: ", "command: "))


async def test_the_same_update_twice_is_answered_once(stage: Stage) -> None:
    async with answering(stage, echo):
        await stage.say("halo")
        await stage.texts()
        await stage.control("resend", person=stage.person)
        await asyncio.sleep(0.3)
        await stage.say("lagi")

        assert await stage.texts(wanted=2) == ["heard: halo", "heard: lagi"]


async def test_the_error_of_a_turn_is_logged_without_the_text(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    async def failing(incoming: Incoming) -> Turn:
        error = KnowledgeError("search_failed", reason="gone")
        return Turn("en", replies=(Reply("sorry"),), error=error)

    async with answering(stage, failing):
        said = await stage.say("nomor rekening saya")
        await stage.texts()

    assert f"update {said['update_id']}: search_failed: reason=gone" in caplog.text
    assert "rekening" not in caplog.text


async def test_no_log_holds_the_token(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    await stage.control("fault", telegram="500", times=1)
    with caplog.at_level(logging.WARNING):
        async with answering(stage, echo):
            await stage.say("halo")
            await stage.texts(wanted=2)

    assert TOKEN.partition(":")[2] not in caplog.text


# Commands, groups, files, buttons


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("/start", "command: start"),
        ("/START", "command: start"),
        ("/start deep-link", "command: start"),
        (f"/help{USERNAME}", "command: help"),
        ("/9x", "command: ?"),
    ],
)
async def test_understands_commands(stage: Stage, text: str, heard: str) -> None:
    async with answering(stage, echo):
        await stage.say(text)

        assert await stage.texts() == [heard]


def called(stage: Stage, *, since: int) -> list[str]:
    """The methods called since a line of the exchanges that change what the bot is called."""
    lines = stage.exchanges.read_text(encoding="utf-8").splitlines()[since:]
    methods = [str(json.loads(line)["method"]) for line in lines]
    return [method for method in methods if method.startswith("setMy")]


def exchanged(stage: Stage) -> int:
    return len(stage.exchanges.read_text(encoding="utf-8").splitlines())


COMMAND_PHRASES = {
    language: {**words} | {f"command_{name}": f"{name} {language}" for name in COMMANDS}
    for language, words in PHRASES.items()
}


async def introduced(stage: Stage, number: str) -> list[str]:
    """Introduce the bot with descriptions of this number; return what was registered."""
    since = exchanged(stage)
    channel = channel_to(stage.url, phrases=COMMAND_PHRASES)
    await channel.connect(on_away=lambda error: None)
    await channel.profile.introduce(lambda language, phrase: f"{phrase} {language} {number}")
    await channel.close()
    return called(stage, since=since)


async def test_registers_commands_and_descriptions_in_every_language(stage: Stage) -> None:
    await introduced(stage, "one")
    menus = {}
    for language in ("id", "en", "zh", "fr"):
        person = await stage.someone(language)
        menus[language] = (await stage.http.get(f"/control/menu/{person}")).json()

    assert [command["command"] for command in menus["en"]["commands"]] == list(COMMANDS)
    assert [menus[language]["commands"][1]["description"] for language in menus] == [
        "help id",
        "help en",
        "help zh",
        "help id",
    ]
    assert [menus[language]["description"] for language in menus] == [
        "description id one",
        "description en one",
        "description zh one",
        "description id one",
    ]


async def test_registers_nothing_that_did_not_change(stage: Stage) -> None:
    await introduced(stage, "two")

    assert await introduced(stage, "two") == []


async def test_registers_what_changed(stage: Stage) -> None:
    await introduced(stage, "three")

    again = await introduced(stage, "four")

    assert sorted(set(again)) == ["setMyDescription", "setMyShortDescription"]


async def test_telegram_may_refuse_an_introduction(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    await stage.control("fault", telegram="500", times=1, methods=["getMyCommands"])

    await introduced(stage, "five")

    assert "were not registered" in caplog.text


async def test_answers_in_a_group_when_it_is_named(stage: Stage) -> None:
    async with answering(stage, echo):
        said = await stage.say(f"{USERNAME} syarat buka kios?", chat="group")

        (entry,) = await stage.sent("sendMessage", wanted=1, person="group")

    assert entry["text"] == "heard: syarat buka kios?"
    answered = entry["params"]["reply_parameters"]
    assert answered["message_id"] == said["message_id"]


async def test_the_name_may_be_written_in_capitals(stage: Stage) -> None:
    async with answering(stage, echo):
        await stage.say(f"syarat buka kios, {USERNAME.upper()}?", chat="group")

        assert await stage.texts(person="group") == ["heard: syarat buka kios, ?"]


async def test_answers_in_a_group_when_it_is_replied_to(stage: Stage) -> None:
    async with answering(stage, echo):
        await stage.say(f"{USERNAME} satu", chat="group")
        (first,) = await stage.sent("sendMessage", wanted=1, person="group")
        await stage.say("dua", chat="group", reply_to=first["message_id"])

        assert await stage.texts(wanted=2, person="group") == ["heard: satu", "heard: dua"]


async def test_obeys_commands_in_a_group(stage: Stage) -> None:
    async with answering(stage, echo):
        await stage.say(f"/help{USERNAME}", chat="group")

        assert await stage.texts(person="group") == ["command: help"]


async def test_is_silent_in_a_group_when_it_is_not_addressed(stage: Stage) -> None:
    async with answering(stage, echo):
        await stage.group_update("siapa mau makan siang?")
        await stage.group_update("/help@another_bot")
        await stage.group_update("", photo=[])
        await stage.say(f"{USERNAME} halo", chat="group")

        assert await stage.texts(person="group") == ["heard: halo"]


@pytest.mark.parametrize("kind", ["photo", "voice", "sticker", "location", "document"])
async def test_says_what_it_can_read(stage: Stage, kind: str) -> None:
    async with answering(stage, conversing(MemoryStore())):
        await stage.upload(kind)

        assert await stage.texts() == ["(en) unreadable"]


async def test_stores_a_vote_and_marks_it(stage: Stage) -> None:
    store = MemoryStore()
    async with answering(stage, conversing(store)):
        await stage.say("What papers do I need?")
        await stage.texts()
        pressed = await stage.press("(en) vote_up")
        toast, edit = await stage.sent("answerCallbackQuery", "editMessageReplyMarkup", wanted=2)
        votes = await store.votes("stalls/open#papers")

    assert toast["params"]["callback_query_id"] == pressed["callback_query_id"]
    assert toast["params"]["text"] == "(en) voted_up"
    assert edit["buttons"][0][1] == "(en) vote_up ✓"
    assert (edit["ok"], votes) == (True, {"up": 1})


async def test_a_vote_may_change(stage: Stage) -> None:
    store = MemoryStore()
    async with answering(stage, conversing(store)):
        await stage.say("What papers do I need?")
        await stage.texts()
        await stage.press("(en) vote_up")
        await stage.sent("editMessageReplyMarkup", wanted=1)
        await stage.press("(en) vote_down")
        _, edit = await stage.sent("editMessageReplyMarkup", wanted=2)
        votes = await store.votes("stalls/open#papers")

    assert edit["buttons"][0][1:] == ["(en) vote_up", "(en) vote_down ✓"]
    assert votes == {"down": 1}


async def test_pressing_the_same_twice_edits_nothing(stage: Stage) -> None:
    async with answering(stage, conversing(MemoryStore())):
        await stage.say("What papers do I need?")
        await stage.texts()
        await stage.press("(en) vote_up")
        await stage.sent("editMessageReplyMarkup", wanted=1)
        await stage.press("(en) vote_up ✓")
        await stage.sent("answerCallbackQuery", wanted=2)
        await stage.say("thanks")
        await stage.texts(wanted=2)
        edits = await stage.sent("editMessageReplyMarkup", wanted=1)

    assert len(edits) == 1


async def test_shows_the_source_when_its_button_is_pressed(stage: Stage) -> None:
    async with answering(stage, conversing(MemoryStore())):
        await stage.say("What papers do I need?")
        await stage.texts()
        await stage.press("(en) view_source")
        _, source = await stage.texts(wanted=2)

    assert "Kabar Kota" in source


async def test_a_press_that_is_too_old_to_be_answered_still_works(stage: Stage) -> None:
    user = {"id": stage.number, "is_bot": False, "first_name": "P", "language_code": "en"}
    chat = {"id": stage.number, "type": "private", "first_name": "P"}
    async with answering(stage, conversing(MemoryStore())):
        await stage.say("thanks")
        await stage.texts()
        query = {
            "id": "999",
            "from": user,
            "chat_instance": "1",
            "data": f"s:{digest('stalls/open#papers')}:en",
            "message": {"message_id": 1, "date": 1, "chat": chat, "text": "old"},
        }
        await stage.control("update", callback_query=query)

        found = await stage.texts(wanted=2)

    assert "Kabar Kota" in found[1]


# Stopping


async def test_finishes_what_is_in_hand_when_told_to_stop(stage: Stage) -> None:
    held = Held()
    async with answering(stage, held) as bot:
        await stage.say("halo")
        await held.begun.wait()
        asyncio.get_running_loop().call_later(0.3, held.go_on.set)
    found = await stage.texts()

    assert (bot.left, found) == (0, ["heard: halo"])


async def test_what_was_answered_is_not_fetched_again(stage: Stage) -> None:
    async with answering(stage, echo):
        await stage.say("halo")
        await stage.texts()

    response = await stage.http.get(f"/bot{TOKEN}/getUpdates")
    assert response.json()["result"] == []


async def test_goes_on_where_it_stopped(stage: Stage) -> None:
    async with answering(stage, echo):
        await stage.say("satu")
        await stage.texts()
    await stage.say("dua")

    async with answering(stage, echo):
        assert await stage.texts(wanted=2) == ["heard: satu", "heard: dua"]


# Edited messages


async def word_by_word(incoming: Incoming) -> Turn:
    """Say each word of a question in a message of its own; of `nothing` nothing."""
    text = incoming.text if isinstance(incoming, Question) else type(incoming).__name__
    return Turn("en", replies=tuple(Reply(word) for word in text.split() if word != "nothing"))


async def edits(
    stage: Stage, *, wanted: int, person: str = ""
) -> list[tuple[str, int | None, str]]:
    """The messages that were sent, changed and taken away, with their numbers and texts."""
    methods = ("sendMessage", "editMessageText", "deleteMessage")
    found = await stage.sent(*methods, wanted=wanted, person=person)
    return [
        (entry["method"], entry["params"].get("message_id"), entry.get("text", ""))
        for entry in found
    ]


async def test_an_edited_message_is_answered_anew_by_editing_the_reply(stage: Stage) -> None:
    async with answering(stage, echo):
        said = await stage.say("syarat buka kios?")
        await stage.texts()
        await stage.edit("biaya buka kios?")

        sent, edited = await edits(stage, wanted=2)

    reply = said["message_id"] + 1
    assert sent == ("sendMessage", None, "heard: syarat buka kios?")
    assert edited == ("editMessageText", reply, "heard: biaya buka kios?")


async def test_knows_after_a_restart_which_message_answered(stage: Stage) -> None:
    async with answering(stage, echo):
        said = await stage.say("satu")
        await stage.texts()
    async with answering(stage, echo):
        await stage.edit("dua")

        found = await edits(stage, wanted=2)

    assert found[1] == ("editMessageText", said["message_id"] + 1, "heard: dua")


async def test_every_edit_changes_the_same_messages(stage: Stage) -> None:
    async with answering(stage, word_by_word):
        said = await stage.say("satu dua")
        await stage.edit("tiga")
        await stage.edit("empat lima enam")

        found = await edits(stage, wanted=7)

    first, second = said["message_id"] + 1, said["message_id"] + 2
    assert found == [
        ("sendMessage", None, "satu"),
        ("sendMessage", None, "dua"),
        ("editMessageText", first, "tiga"),
        ("deleteMessage", second, ""),
        ("editMessageText", first, "empat"),
        ("sendMessage", None, "lima"),
        ("sendMessage", None, "enam"),
    ]


async def test_an_edit_that_changes_no_answer_leaves_it_as_it_is(stage: Stage) -> None:
    keyboard = ((Button("More", "more"),),)
    async with answering(stage, saying("the same", keyboard=keyboard)) as bot:
        await stage.say("satu")
        await stage.edit("dua")
        await edits(stage, wanted=2)

        await stage.say("tiga")
        texts = await stage.texts(wanted=2)

        async def is_done() -> bool:
            return (await bot.mail.backlog()).waiting == 0

        await until(is_done)

        changed = await stage.sent("editMessageText", wanted=1)

    assert texts == ["the same", "the same"]
    assert [(each["ok"], "reply_markup" in each["params"]) for each in changed] == [(False, True)]


async def test_a_reply_that_is_gone_is_sent_anew_below_its_question(stage: Stage) -> None:
    async with answering(stage, echo):
        said = await stage.say("satu")
        await stage.texts()
        await stage.control("delete", person=stage.person, message_id=said["message_id"] + 1)
        await stage.edit("dua")

        found = await stage.sent("sendMessage", wanted=2)

    assert found[1]["text"] == "heard: dua"
    assert found[1]["params"]["reply_parameters"]["message_id"] == said["message_id"]


async def test_an_edit_that_may_have_been_done_is_done_once_more(stage: Stage) -> None:
    async with answering(stage, echo) as bot:
        said = await stage.say("satu")
        await stage.texts()
        await stage.control("fault", telegram="cut", after=True, methods=["editMessageText"])
        await stage.edit("dua")
        await edits(stage, wanted=3)
        await stage.edit("tiga")

        found = await edits(stage, wanted=4)

    reply = said["message_id"] + 1
    assert found[-1] == ("editMessageText", reply, "heard: tiga")
    assert bot.left == 0


async def test_what_had_no_answer_gets_one(stage: Stage) -> None:
    async with answering(stage, word_by_word):
        await stage.say("nothing")
        await stage.edit("satu")

        assert await stage.texts() == ["satu"]


async def test_what_says_nothing_any_more_keeps_its_answer(stage: Stage) -> None:
    async with answering(stage, word_by_word):
        await stage.say("satu")
        await stage.edit("nothing")
        await stage.say("dua")

        found = await edits(stage, wanted=2)

    assert [text for _, _, text in found] == ["satu", "dua"]


async def test_a_message_that_becomes_a_command_is_left_alone(stage: Stage) -> None:
    async with answering(stage, word_by_word):
        await stage.say("satu")
        await stage.edit("/help")
        await stage.say("dua")

        found = await edits(stage, wanted=2)

    assert [text for _, _, text in found] == ["satu", "dua"]


async def test_answers_in_a_group_what_turns_to_it_by_an_edit(stage: Stage) -> None:
    async with answering(stage, echo):
        said = await stage.say(f"{USERNAME} satu", chat="group")
        await stage.edit(f"{USERNAME} dua", chat="group")

        found = await edits(stage, wanted=2, person="group")

    assert found[1] == ("editMessageText", said["message_id"] + 1, "heard: dua")
