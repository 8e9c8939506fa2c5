"""Topics of a group in the simulator: what the bot may do there, what it hears, what is refused."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from telegram import Bot, ReplyParameters, Update
from telegram.error import BadRequest

from tests.integration.simulators import IBU, Simulator, running

pytestmark = pytest.mark.timeout(300)

GROUP = -1001700000000


@pytest.fixture
def simulator(tmp_path: Path, exchanges: Path | None) -> Iterator[Simulator]:
    with running(tmp_path / "chats.sqlite", exchanges=exchanges) as started:
        started.say("ibu", "/start")
        yield started


@pytest.fixture
async def bot(simulator: Simulator) -> AsyncIterator[Bot]:
    async with simulator.bot() as entered:
        yield entered


async def newest(bot: Bot) -> Update:
    return (await bot.get_updates(-1))[0]


async def test_a_group_without_topics_or_the_right_to_make_them_has_none(
    simulator: Simulator, bot: Bot
) -> None:
    with pytest.raises(BadRequest, match=r"(?i)the chat is not a forum"):
        await bot.create_forum_topic(GROUP, "7")
    simulator.control("forum", manages=False)
    with pytest.raises(BadRequest, match=r"(?i)not enough rights to create a topic"):
        await bot.create_forum_topic(GROUP, "7")
    with pytest.raises(BadRequest, match=r"(?i)the chat is not a forum"):
        await bot.create_forum_topic(IBU, "7")

    assert (await bot.get_chat(GROUP)).is_forum
    assert (await bot.get_chat_member(GROUP, bot.id)).status == "member"


async def test_messages_stand_in_a_topic(simulator: Simulator, bot: Bot) -> None:
    simulator.control("forum")
    made = await bot.create_forum_topic(GROUP, "7")
    sent = await bot.send_message(GROUP, "a", message_thread_id=made.message_thread_id)
    linked = await bot.send_message(GROUP, "b", reply_parameters=ReplyParameters(sent.message_id))
    simulator.say("budi", "c", chat="group", topic=made.message_thread_id)
    heard = (await newest(bot)).message

    assert made.name == "7"
    assert [each.message_thread_id for each in (sent, linked)] == [made.message_thread_id] * 2
    assert heard
    assert heard.reply_to_message
    assert heard.reply_to_message.forum_topic_created
    assert heard.is_topic_message
    assert heard.reply_to_message.from_user == bot.bot
    assert (await bot.get_chat_member(GROUP, bot.id)).status == "administrator"
    assert len(await bot.get_chat_administrators(GROUP)) == 2


async def test_a_topic_is_closed_and_opened_again(simulator: Simulator, bot: Bot) -> None:
    simulator.control("forum")
    topic = (await bot.create_forum_topic(GROUP, "7")).message_thread_id
    await bot.close_forum_topic(GROUP, topic)
    said: dict[str, Any] = {"text": "a", "chat": "group", "topic": topic}
    refused, _ = simulator.refused("say", person="sam", **said)
    simulator.say("budi", **said)
    with pytest.raises(BadRequest, match=r"(?i)TOPIC_NOT_MODIFIED"):
        await bot.close_forum_topic(GROUP, topic)
    await bot.reopen_forum_topic(GROUP, topic)
    simulator.control("topic", person="budi", topic=topic)
    heard = (await newest(bot)).message

    assert refused == 409
    assert heard
    assert heard.forum_topic_closed
    assert heard.message_thread_id == topic


async def test_what_is_no_topic_is_refused(simulator: Simulator, bot: Bot) -> None:
    simulator.control("forum")
    with pytest.raises(BadRequest, match=r"(?i)title must be non-empty"):
        await bot.create_forum_topic(GROUP, " ")
    with pytest.raises(BadRequest, match=r"(?i)message thread not found"):
        await bot.send_message(GROUP, "a", message_thread_id=99)
    with pytest.raises(BadRequest, match=r"(?i)TOPIC_ID_INVALID"):
        await bot.close_forum_topic(GROUP, 99)

    assert simulator.refused("say", person="sam", text="a", chat="group", topic=99)[0] == 404
    assert simulator.refused("topic", person="sam", topic=99)[0] == 404
