"""The real python-telegram-bot talks to the simulator over HTTP."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeAllPrivateChats,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    MenuButtonDefault,
    MessageEntity,
    MessageOriginUser,
    ReplyParameters,
)
from telegram.constants import ChatAction
from telegram.error import BadRequest, Conflict, Forbidden, InvalidToken, NetworkError, RetryAfter
from telegram.request import HTTPXRequest

from tests.integration.simulators import IBU, Simulator, running

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def simulator(tmp_path: Path, exchanges: Path | None) -> Iterator[Simulator]:
    with running(tmp_path / "chats.sqlite", exchanges=exchanges) as started:
        yield started


@pytest.fixture
async def bot(simulator: Simulator) -> AsyncIterator[Bot]:
    async with simulator.bot() as entered:
        yield entered


@pytest.fixture
def met(simulator: Simulator) -> Simulator:
    """A simulator in which Ibu has started the bot, and the bot has read it."""
    update_id = simulator.say("ibu", "/start")["update_id"]
    simulator.result("getUpdates", offset=update_id + 1)
    return simulator


def keyboard(*labels: str) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup.from_row(
        [InlineKeyboardButton(label, callback_data=label.lower()) for label in labels]
    )


async def test_says_who_the_bot_is(bot: Bot) -> None:
    me = await bot.get_me()

    assert (me.is_bot, me.username, me.first_name) == (True, "akar_simulator_bot", "Akar")


async def test_refuses_a_wrong_token(simulator: Simulator) -> None:
    request = HTTPXRequest(httpx_kwargs={"trust_env": False})
    wrong = Bot("123456789:this-is-another-token-altogether", request=request)
    wrong._base_url = f"{simulator.base_url}/bot{wrong.token}"

    with pytest.raises(InvalidToken):
        await wrong.get_me()
    await request.shutdown()


async def test_delivers_what_a_person_writes(simulator: Simulator, bot: Bot) -> None:
    said = simulator.say("lin", "/start halo 👋 lihat https://lazada.co.id/jual ya")

    (update,) = await bot.get_updates()

    message = update.message
    assert message is not None
    assert message.from_user is not None
    assert (update.update_id, message.message_id) == (said["update_id"], said["message_id"])
    assert message.from_user.language_code == "zh-hans"
    assert message.chat.type == "private"
    assert message.parse_entities() == {
        message.entities[0]: "/start",
        message.entities[1]: "https://lazada.co.id/jual",
    }


async def test_keeps_formatting_that_is_counted_in_utf16(met: Simulator, bot: Bot) -> None:
    entities = [MessageEntity("bold", 0, 2), MessageEntity("italic", 3, 4)]

    message = await bot.send_message(IBU, "👋 Halo Bu", entities=entities)

    assert [(entity.type, entity.offset, entity.length) for entity in message.entities] == [
        ("bold", 0, 2),
        ("italic", 3, 4),
    ]


async def test_reads_html_and_markdown(met: Simulator, bot: Bot) -> None:
    from_html = await bot.send_message(IBU, "<b>a &amp; b</b> <i>c</i>", parse_mode="HTML")
    from_markdown = await bot.send_message(IBU, "*a & b* _c_", parse_mode="MarkdownV2")

    assert (from_html.text, from_html.entities) == (from_markdown.text, from_markdown.entities)
    assert from_html.text == "a & b c"


async def test_answers_a_message_with_a_quote(met: Simulator, bot: Bot) -> None:
    question = met.say("ibu", "syarat?")["message_id"]

    message = await bot.send_message(
        IBU,
        "KTP https://lazada.co.id",
        reply_parameters=ReplyParameters(question, allow_sending_without_reply=True),
        link_preview_options=LinkPreviewOptions(is_disabled=True),
        disable_notification=True,
        protect_content=True,
    )

    assert message.reply_to_message is not None
    assert message.reply_to_message.text == "syarat?"


async def test_a_person_presses_a_button(met: Simulator, bot: Bot) -> None:
    message = await bot.send_message(IBU, "Bantu?", reply_markup=keyboard("Ya", "Tidak"))
    pressed = met.control("press", person="ibu", label="Tidak")

    (update,) = await bot.get_updates()
    query = update.callback_query
    assert query is not None
    await query.answer("Dicatat")

    assert query.data == "tidak"
    assert query.id == pressed["callback_query_id"]
    assert query.message == message
    assert [entry["text"] for entry in met.sent(pressed["sequence"])] == ["Dicatat"]


async def test_edits_text_and_buttons(met: Simulator, bot: Bot) -> None:
    message = await bot.send_message(IBU, "sebentar …", reply_markup=keyboard("Batal"))
    text = await bot.edit_message_text("KTP", IBU, message.message_id)
    buttons = await bot.edit_message_reply_markup(
        IBU, message.message_id, reply_markup=keyboard("Sumber")
    )

    assert not isinstance(text, bool)
    assert not isinstance(buttons, bool)
    assert (text.text, text.reply_markup) == ("KTP", None)
    assert text.edit_date is not None
    assert buttons.text == "KTP"
    assert buttons.reply_markup == keyboard("Sumber")


async def test_deletes_messages(met: Simulator, bot: Bot) -> None:
    messages = [await bot.send_message(IBU, text) for text in "abc"]
    await messages[0].delete()
    await bot.delete_messages(IBU, [message.message_id for message in messages[1:]])

    left = met.read("chats/ibu")["messages"]

    assert [message["text"] for message in left] == ["/start"]


async def test_shows_that_the_bot_types(met: Simulator, bot: Bot) -> None:
    await bot.send_chat_action(IBU, ChatAction.TYPING)

    (entry,) = met.sent()

    assert (entry["method"], entry["person"]) == ("sendChatAction", "ibu")


async def test_files_go_both_ways(met: Simulator, bot: Bot) -> None:
    sent = await bot.send_document(IBU, b"isi", filename="catatan.txt", caption="Catatan")
    again = await bot.send_document(IBU, sent.document.file_id if sent.document else "")
    assert again.document is not None

    content = await (await bot.get_file(again.document.file_id)).download_as_bytearray()

    assert bytes(content) == b"isi"
    assert again.document.file_name == "catatan.txt"


async def test_a_person_sends_files(met: Simulator, bot: Bot) -> None:
    for kind in ("photo", "voice", "document", "sticker", "location"):
        fields = {"person": "ibu", "kind": kind, "caption": "ini"}
        files = {name: (None, value) for name, value in fields.items()}
        met.http.post(f"{met.base_url}/control/upload", files=files).raise_for_status()

    updates = await bot.get_updates()

    messages = [update.message for update in updates if update.message]
    photo = messages[0].photo[0]
    assert (photo.width, photo.height, messages[0].caption) == (320, 200, "ini")
    assert messages[1].voice is not None
    assert messages[2].document is not None
    assert messages[3].sticker is not None
    assert messages[4].location is not None
    assert len(await (await photo.get_file()).download_as_bytearray()) == photo.file_size


async def test_a_picture_is_sent(met: Simulator, bot: Bot) -> None:
    fields = {"person": (None, "ibu"), "kind": (None, "photo")}
    met.http.post(f"{met.base_url}/control/upload", files=fields).raise_for_status()
    (update,) = await bot.get_updates()
    assert update.message is not None
    content = await (await update.message.photo[0].get_file()).download_as_bytearray()

    message = await bot.send_photo(IBU, bytes(content), caption="<b>ini</b>", parse_mode="HTML")

    assert (message.photo[0].width, message.caption) == (320, "ini")


@pytest.mark.parametrize(
    ("content", "size"),
    [
        (b"GIF89a\x40\x01\xc8\x00", (320, 200)),
        (b"RIFF\0\0\0\0WEBPVP8 ", (512, 512)),
        (
            b"\xff\xd8\xff\xe0\x00\x04\x00\x00\xff\xc0\x00\x0b\x08\x00\xc8\x01\x40\x01\x01",
            (320, 200),
        ),
    ],
)
async def test_knows_the_size_of_a_picture(
    met: Simulator, bot: Bot, content: bytes, size: tuple[int, int]
) -> None:
    message = await bot.send_photo(IBU, content)
    again = await bot.send_photo(IBU, message.photo[0].file_id)

    assert (again.photo[0].width, again.photo[0].height) == size


async def test_copies_and_forwards(met: Simulator, bot: Bot) -> None:
    question = met.say("ibu", "syarat?")["message_id"]
    group = met.say("sam", "/help", chat="group")["chat_id"]
    copied = await bot.copy_message(group, IBU, question)
    forwarded = await bot.forward_message(group, IBU, question)

    assert forwarded.message_id == copied.message_id + 1
    assert forwarded.text == "syarat?"
    assert isinstance(forwarded.forward_origin, MessageOriginUser)
    assert forwarded.forward_origin.sender_user.id == IBU


async def test_keeps_commands_for_each_language(bot: Bot) -> None:
    scope = BotCommandScopeAllPrivateChats()
    await bot.set_my_commands([BotCommand("start", "Mulai")], scope, language_code="id")
    await bot.set_my_commands([BotCommand("start", "Start")])

    await bot.set_my_commands([BotCommand("start", "开始")], language_code="zh")
    await bot.delete_my_commands(language_code="zh")

    own = await bot.get_my_commands(scope, language_code="id")
    default = await bot.get_my_commands()
    other = await bot.get_my_commands(language_code="zh")

    assert [command.description for command in (*own, *default, *other)] == ["Mulai", "Start"]


async def test_keeps_names_and_descriptions(bot: Bot) -> None:
    await bot.set_my_description("Saya menjawab.", "id")
    await bot.set_my_short_description("Jawaban", "id")
    await bot.set_my_name("Akar Uji")

    assert (await bot.get_my_description("id")).description == "Saya menjawab."
    assert (await bot.get_my_short_description("id")).short_description == "Jawaban"
    assert (await bot.get_my_name()).name == "Akar Uji"
    assert (await bot.get_me()).first_name == "Akar Uji"


async def test_tells_about_chats(met: Simulator, bot: Bot) -> None:
    group = met.say("budi", "/help", chat="group")["chat_id"]
    budi = met.read("people")["people"][2]["id"]

    assert (await bot.get_chat(IBU)).first_name == "Bu Sari"
    assert (await bot.get_chat_member(group, budi)).status == "creator"
    assert (await bot.get_chat_member(IBU, IBU)).status == "member"
    assert await bot.get_chat_member_count(group) == 5
    assert len(await bot.get_chat_administrators(group)) == 1
    assert (await bot.get_chat_menu_button()).type == "commands"
    await bot.set_chat_menu_button(IBU, MenuButtonDefault())
    assert (await bot.get_chat_menu_button(IBU)).type == "commands"


async def test_a_poll_waits_for_the_next_update(simulator: Simulator, bot: Bot) -> None:
    polling = asyncio.create_task(bot.get_updates(timeout=10))
    await asyncio.sleep(0.3)
    waited = not polling.done()
    await asyncio.to_thread(simulator.say, "ibu", "halo")

    (update,) = await polling

    assert waited
    assert update.message is not None
    assert update.message.text == "halo"


async def test_a_poll_ends_after_its_timeout(bot: Bot) -> None:
    began = time.monotonic()

    updates = await bot.get_updates(timeout=1)

    assert updates == ()
    assert time.monotonic() - began >= 0.9


async def test_updates_wait_until_they_are_confirmed(simulator: Simulator, bot: Bot) -> None:
    first, second, third = (simulator.say("ibu", text)["update_id"] for text in "abc")

    one = await bot.get_updates(limit=1)
    again = await bot.get_updates()
    later = await bot.get_updates(offset=second)
    last = await bot.get_updates(offset=-1)
    none = await bot.get_updates(offset=third + 1)

    assert [update.update_id for update in one] == [first]
    assert [update.update_id for update in again] == [first, second, third]
    assert [update.update_id for update in later] == [second, third]
    assert [update.update_id for update in last] == [third]
    assert none == ()


async def test_delivers_only_the_kinds_that_were_asked_for(simulator: Simulator, bot: Bot) -> None:
    await bot.get_updates(allowed_updates=["callback_query"])

    ignored = simulator.say("ibu", "halo")["update_id"]
    await bot.get_updates(allowed_updates=[])
    taken = simulator.say("ibu", "halo")["update_id"]

    assert ignored is None
    assert taken is not None


async def test_only_one_poll_at_a_time(simulator: Simulator, bot: Bot) -> None:
    first = asyncio.create_task(bot.get_updates(timeout=10))
    await asyncio.sleep(0.3)
    second = await asyncio.to_thread(simulator.result, "getUpdates")

    with pytest.raises(Conflict, match="terminated by other getUpdates request"):
        await first
    assert second == []


async def test_delivers_an_update_twice_under_one_number(simulator: Simulator, bot: Bot) -> None:
    update_id = simulator.say("ibu", "halo")["update_id"]
    await bot.get_updates(offset=update_id + 1)
    simulator.control("resend", person="ibu")

    (resent,) = await bot.get_updates(offset=update_id + 1)
    after = await bot.get_updates(offset=update_id + 1)

    assert resent.update_id == update_id
    assert after == ()


async def test_a_person_edits_a_message(simulator: Simulator, bot: Bot) -> None:
    said = simulator.say("ibu", "syrat?")
    simulator.control("edit", person="ibu", text="syarat?")

    edited = (await bot.get_updates())[1].edited_message

    assert edited is not None
    assert (edited.text, edited.message_id) == ("syarat?", said["message_id"])
    assert edited.edit_date is not None


async def test_a_person_blocks_the_bot(met: Simulator, bot: Bot) -> None:
    met.control("block", person="ibu", blocked=True)

    (update,) = await bot.get_updates()
    with pytest.raises(Forbidden, match="bot was blocked by the user"):
        await bot.send_message(IBU, "halo")
    met.control("block", person="ibu", blocked=False)
    await bot.send_message(IBU, "halo lagi")

    assert update.my_chat_member is not None
    assert update.my_chat_member.new_chat_member.status == "kicked"


@pytest.mark.parametrize(
    ("text", "delivered"),
    [
        ("halo semua", False),
        ("/help", True),
        ("/help@akar_simulator_bot", True),
        ("/help@another_bot", False),
        ("eh @akar_simulator_bot syaratnya?", True),
    ],
)
def test_in_the_group_a_bot_sees_what_is_meant_for_it(
    simulator: Simulator, text: str, delivered: bool
) -> None:
    said = simulator.say("sam", text, chat="group")

    assert (said["update_id"] is not None) == delivered


async def test_in_the_group_a_bot_sees_answers_to_it(met: Simulator, bot: Bot) -> None:
    group = met.say("sam", "/help", chat="group")["chat_id"]
    message = await bot.send_message(group, "Ya?")
    met.say("sam", "dokumen?", chat="group", reply_to=message.message_id)

    update = (await bot.get_updates())[-1]

    assert update.message is not None
    assert update.message.reply_to_message == message
    assert update.message.chat.type == "supergroup"


@pytest.mark.filterwarnings("ignore:Deprecated since version v22.2")
async def test_too_many_requests(met: Simulator, bot: Bot) -> None:
    met.control("fault", telegram=429, times=1, retry_after=3)

    with pytest.raises(RetryAfter) as refused:
        await bot.send_message(IBU, "a")
    await bot.send_message(IBU, "b")

    assert refused.value.retry_after == 3
    assert [(entry["text"], entry["ok"]) for entry in met.sent()] == [("a", False), ("b", True)]


@pytest.mark.parametrize(
    ("fault", "after", "arrived"), [("500", False, []), ("cut", False, []), ("cut", True, ["a"])]
)
async def test_faults_of_the_server(
    met: Simulator, bot: Bot, fault: str, after: bool, arrived: list[str]
) -> None:
    met.control("fault", telegram=fault, times=1, after=after)

    with pytest.raises(NetworkError):
        await bot.send_message(IBU, "a")

    messages = met.read("chats/ibu")["messages"]
    assert [message["text"] for message in messages[1:]] == arrived


async def test_a_slow_server(met: Simulator, bot: Bot) -> None:
    met.control("fault", telegram="slow 0.5s", times=1)
    began = time.monotonic()

    await bot.send_message(IBU, "a")

    assert time.monotonic() - began >= 0.5


async def test_a_fault_of_a_named_method(simulator: Simulator, bot: Bot) -> None:
    simulator.control("fault", telegram="500", times=1, methods=["getUpdates"])

    with pytest.raises(NetworkError):
        await bot.get_updates()
    assert await bot.get_updates() == ()


async def test_refuses_an_edit_that_changes_nothing(tmp_path: Path) -> None:
    with running(tmp_path / "chats.sqlite") as simulator:
        simulator.say("ibu", "/start")
        async with simulator.bot() as bot:
            message = await bot.send_message(IBU, "a")

            with pytest.raises(BadRequest, match="essage is not modified"):
                await bot.edit_message_text("a", IBU, message.message_id)


async def test_a_restarted_simulator_goes_on(tmp_path: Path) -> None:
    with running(tmp_path / "chats.sqlite") as simulator:
        before = simulator.say("ibu", "/start")
        async with simulator.bot() as bot:
            await bot.send_message(IBU, "halo")

    with running(tmp_path / "chats.sqlite") as simulator:
        after = simulator.say("ibu", "lagi")
        async with simulator.bot() as bot:
            updates = await bot.get_updates()
        sent = simulator.sent()

    assert [update.update_id for update in updates] == [before["update_id"], after["update_id"]]
    assert after["message_id"] == before["message_id"] + 2
    assert [entry["text"] for entry in sent] == ["halo"]


def test_simulators_do_not_mix(tmp_path: Path) -> None:
    with running(tmp_path / "a.sqlite") as one, running(tmp_path / "b.sqlite") as other:
        one.say("ibu", "halo")

        assert other.result("getUpdates") == []
        assert other.read("chats/ibu")["messages"] == []
