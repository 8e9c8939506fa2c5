"""The bot is killed, stopped and started again: nothing is lost, all goes in order."""

import itertools
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from bot.backends.store.database import DATABASE_FILE
from tests.integration.processes import SMALL_TALK, Bot, akar, answers_in_order, bot_on, until
from tests.integration.simulators import Json, Simulator, running

pytestmark = pytest.mark.timeout(300)

WORDS = list(SMALL_TALK)
HARD = "apa bedanya semua biaya yang dipotong kalau produk saya dikirim ke luar negeri"


@pytest.fixture
def simulator(tmp_path: Path, exchanges: Path | None) -> Iterator[Simulator]:
    with running(tmp_path / "chats.sqlite3", exchanges=exchanges) as started:
        yield started


@pytest.fixture
def bot(simulator: Simulator, data: Path) -> Iterator[Bot]:
    """A bot that sends as fast as it can, and is not started yet."""
    with bot_on(simulator, data, rate=0, person_rate=100_000) as prepared:
        yield prepared


def say_all(bot: Bot, person: str, words: list[str]) -> list[int]:
    """Write one after the other; return the messages' numbers."""
    return [int(bot.say(person, word)["message_id"]) for word in words]


def replied_to(entry: Json) -> int | None:
    reply = entry["params"].get("reply_parameters")
    return int(reply["message_id"]) if reply else None


def without_repeats(sent: list[Json], numbers: list[int]) -> list[str]:
    """The answers in order, each once: a repeat says which question it answers."""
    found: dict[int, str] = {}
    expected = iter(numbers)
    for entry in sent:
        number = replied_to(entry)
        if number is None:
            number = next(each for each in expected if each not in found)
        found.setdefault(number, entry["text"])
    assert list(found) == sorted(found)
    return list(found.values())


def start_whole(bot: Bot) -> None:
    """Start it, and wait until it has loaded all that it loads."""
    bot.say("budi", HARD)
    bot.start()
    bot.wait("budi")
    bot.settle()


def faults_left(bot: Bot) -> int:
    """How many calls will still go wrong: told when a fault is added, here one of no call."""
    return int(bot.simulator.control("fault", telegram="500", share=1, methods=["close"])["left"])


def has_sent(bot: Bot, count: int) -> bool:
    """Whether so many calls were made, to whomever."""
    return len(bot.simulator.sent()) >= count


def is_recorded(bot: Bot) -> bool:
    """Whether what is to be sent stands in the database."""
    return bool(bot.rows("SELECT 1 FROM inbox WHERE state = 'waiting' AND calls IS NOT NULL"))


# Kills.


def test_a_question_it_had_not_answered_yet_is_answered_after_a_kill(bot: Bot) -> None:
    bot.say("ibu", HARD)
    bot.start()
    until(lambda: bot.rows("SELECT state, calls FROM inbox") == [("waiting", None)])
    bot.kill()
    before = bot.texts("ibu")
    bot.start()
    bot.wait("ibu")
    bot.settle()

    assert before == []
    assert len(bot.texts("ibu")) == 1


def test_an_answer_that_was_recorded_and_not_sent_arrives_after_a_kill(bot: Bot) -> None:
    bot.simulator.control("fault", telegram="cut", share=1)
    numbers = say_all(bot, "ibu", WORDS[:4])
    bot.start()
    until(lambda: is_recorded(bot))
    bot.kill()
    bot.simulator.control("fault", times=0)
    bot.start()
    bot.wait("ibu", wanted=4)
    bot.settle()

    sent = bot.sent("ibu")
    assert answers_in_order([entry["text"] for entry in sent], WORDS[:4])
    assert replied_to(sent[0]) == numbers[0]


def test_what_a_slow_telegram_took_after_all_is_repeated_as_a_reply(bot: Bot) -> None:
    bot.simulator.control("fault", telegram="slow 3s", times=1)
    numbers = say_all(bot, "ibu", WORDS[:4])
    bot.start()
    until(lambda: faults_left(bot) == 0)
    bot.kill()
    bot.start()
    bot.wait("ibu", wanted=5)
    bot.settle()

    sent = bot.sent("ibu")
    first = [entry for entry in sent if entry["text"].startswith(SMALL_TALK[WORDS[0]])]
    rest = [entry["text"] for entry in sent if entry not in first]
    assert sorted(map(replied_to, first), key=bool) == [None, numbers[0]]
    assert answers_in_order(rest, WORDS[1:4])


def test_what_telegram_took_before_a_kill_is_repeated_as_a_reply(bot: Bot) -> None:
    bot.simulator.control("fault", telegram="cut", share=1, after=True)
    numbers = say_all(bot, "ibu", WORDS[:4])
    bot.start()
    bot.wait("ibu")
    bot.kill()
    bot.simulator.control("fault", times=0)
    bot.start()
    until(lambda: bot.texts("ibu")[-1].startswith(SMALL_TALK[WORDS[3]]))
    bot.settle()

    sent = bot.sent("ibu")
    repeats = sent[1:-3]
    assert answers_in_order(without_repeats(sent, numbers), WORDS[:4])
    assert {replied_to(entry) for entry in repeats} == {numbers[0]}


def test_nothing_is_lost_or_out_of_order_over_several_kills(bot: Bot) -> None:
    asked = list(itertools.islice(itertools.cycle(WORDS), 60))
    people = ["ibu", "lin", "sam"]
    numbers: dict[str, list[int]] = {person: say_all(bot, person, asked) for person in people}
    for count in (12, 24, 36):
        bot.start()
        until(partial(has_sent, bot, count))
        bot.kill()
    bot.start()
    bot.settle()
    until(lambda: all(answered_all(bot, person, numbers[person], asked) for person in people))


def answered_all(bot: Bot, person: str, numbers: list[int], asked: list[str]) -> bool:
    return answers_in_order(without_repeats(bot.sent(person), numbers), asked)


def test_a_press_that_was_cut_short_by_a_kill_is_answered_once(bot: Bot) -> None:
    bot.say("ibu", "/language")
    bot.start()
    bot.wait("ibu")
    bot.simulator.control("fault", telegram="cut", share=1, methods=["sendMessage"])
    bot.simulator.control("press", person="ibu", label="English")
    until(lambda: bool(bot.sent("ibu", "answerCallbackQuery")))
    bot.kill()
    bot.simulator.control("fault", times=0)
    bot.start()
    bot.wait("ibu", wanted=2)
    bot.settle()

    assert bot.texts("ibu")[1:] == ["Good, I will answer in English."]
    assert len(bot.sent("ibu", "answerCallbackQuery")) == 1


# Stops.


def test_stops_within_ten_seconds_while_telegram_is_slow_and_answers_later(bot: Bot) -> None:
    start_whole(bot)
    bot.simulator.control("fault", telegram="slow 3s", share=1)
    say_all(bot, "ibu", WORDS)
    until(lambda: is_recorded(bot))
    code, seconds = bot.stop()
    bot.simulator.control("fault", times=0)
    bot.start()
    bot.wait("ibu", wanted=len(WORDS))
    bot.settle()

    assert (code, seconds < 10) == (0, True)
    assert answers_in_order(bot.texts("ibu"), WORDS)


def test_stops_within_ten_seconds_while_telegram_hangs(bot: Bot) -> None:
    start_whole(bot)
    hanging = ["getUpdates", "sendMessage", "sendChatAction"]
    bot.simulator.control("fault", telegram="slow 15s", share=1, methods=hanging)
    bot.say("ibu", "makasih")
    until(lambda: is_recorded(bot))

    code, seconds = bot.stop()
    bot.simulator.control("fault", times=0)

    assert (code, seconds < 10) == (0, True)


def test_stops_with_200_messages_waiting_and_answers_the_rest_later(bot: Bot) -> None:
    asked = list(itertools.islice(itertools.cycle(WORDS), 20))
    people = [f"p{number}" for number in range(10)]
    start_whole(bot)
    bot.simulator.control("fault", telegram="slow 1s", share=1)
    for person in people:
        say_all(bot, person, asked)
    bot.wait(people[0])
    code, seconds = bot.stop()
    waiting = bot.states().count("waiting")
    bot.simulator.control("fault", times=0)
    bot.start()
    for person in people:
        bot.wait(person, wanted=len(asked))
    bot.settle()

    assert (code, seconds < 10, waiting > 100) == (0, True, True)
    assert all(answers_in_order(bot.texts(person), asked) for person in people)


# Starts.


def test_1000_messages_that_waited_are_all_answered_in_order(bot: Bot) -> None:
    asked = list(itertools.islice(itertools.cycle(WORDS), 20))
    people = [f"p{number}" for number in range(50)]
    for person in people:
        say_all(bot, person, asked)
    bot.start()
    until(lambda: has_sent(bot, 1000))
    bot.settle()

    assert all(answers_in_order(bot.texts(person), asked) for person in people)


def test_a_second_bot_on_the_same_data_is_refused(bot: Bot) -> None:
    bot.say("ibu", "halo")
    bot.start()
    bot.wait("ibu")

    second = akar("run", cwd=bot.data.parent, data=bot.data, telegram_url=bot.simulator.base_url)
    bot.say("ibu", "makasih")

    assert second.returncode == 3
    assert "Another bot runs with the data" in second.stderr
    assert answers_in_order(bot.wait("ibu", wanted=2), ["halo", "makasih"])


def test_an_update_that_is_sent_again_after_a_restart_is_answered_once(bot: Bot) -> None:
    bot.say("ibu", "halo")
    bot.start()
    bot.wait("ibu")
    bot.settle()
    bot.kill()
    bot.simulator.control("resend", person="ibu")
    bot.start()
    bot.say("ibu", "makasih")
    bot.wait("ibu", wanted=2)
    bot.settle()

    assert answers_in_order(bot.texts("ibu"), ["halo", "makasih"])


# What may overtake.


def test_a_command_and_a_press_get_through_while_a_question_is_slow(bot: Bot) -> None:
    bot.say("ibu", "/language")
    bot.start()
    bot.wait("ibu")
    bot.simulator.control("fault", telegram="slow 4s", times=1)
    bot.say("ibu", "halo")
    until(lambda: faults_left(bot) == 0)
    bot.say("ibu", "/help")
    bot.simulator.control("press", person="ibu", label="English")
    _, *later = bot.wait("ibu", wanted=4)

    assert "Good, I will answer in English." in later[:2]
    assert later[2].startswith(SMALL_TALK["halo"])


# What is left behind.


def test_the_database_keeps_nothing_of_what_was_answered(bot: Bot) -> None:
    secret = "rahasia dapur nomor tujuh belas"
    bot.say("ibu", secret)
    bot.say("ibu", "halo")
    bot.start()
    bot.wait("ibu", wanted=2)
    bot.settle()
    rows = bot.rows("SELECT state, chat, raw, calls FROM inbox")
    bot.stop()

    files = [path for path in bot.data.iterdir() if path.name.startswith(DATABASE_FILE)]
    assert rows == [("done", 0, None, None)] * 2
    assert [path.name for path in files if secret.encode() in path.read_bytes()] == []
