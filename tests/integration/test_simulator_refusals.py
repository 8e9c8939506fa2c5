"""The simulator refuses what Telegram refuses, in Telegram's words."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from bot.channels.simulator import TOKEN
from tests.integration.simulators import IBU, Simulator, running

pytestmark = pytest.mark.timeout(300)

NOBODY = 700009999
SAM = 700000004


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    with running(tmp_path_factory.mktemp("refusals") / "chats.sqlite") as started:
        started.say("ibu", "/start")
        yield started


def button(**fields: Any) -> dict[str, Any]:
    return {"inline_keyboard": [[{"text": "a", **fields}]]}


def bold(offset: int, length: int) -> list[dict[str, Any]]:
    return [{"type": "bold", "offset": offset, "length": length}]


SENDS: list[tuple[dict[str, Any], str]] = [
    ({"text": ""}, "message text is empty"),
    ({"text": " \n "}, "text must be non-empty"),
    ({"text": "<b></b>", "parse_mode": "HTML"}, "text must be non-empty"),
    ({"text": "a" * 4097}, "message is too long"),
    ({"text": "👋" * 2049}, "message is too long"),
    ({"text": "a", "chat_id": ""}, "chat_id is empty"),
    ({"text": "a", "chat_id": "not a chat"}, "chat not found"),
    ({"text": "a", "chat_id": NOBODY}, "chat not found"),
    ({"text": "a", "chat_id": SAM}, "chat not found"),
    ({"text": "a", "parse_mode": "XML"}, "unsupported parse_mode"),
    ({"text": "a", "reply_parameters": {"message_id": 9999}}, "message to be replied not found"),
    ({"text": "a", "reply_parameters": {"quote": "b"}}, 'can\'t find field "message_id"'),
    ({"text": "a", "message_thread_id": 7}, "message thread not found"),
    ({"text": "a", "reply_markup": button(callback_data="x" * 65)}, "BUTTON_DATA_INVALID"),
    ({"text": "a", "reply_markup": button(callback_data="é" * 33)}, "BUTTON_DATA_INVALID"),
    (
        {"text": "a", "reply_markup": button(callback_data="")},
        "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
    ),
    (
        {"text": "a", "reply_markup": {"inline_keyboard": [[{"callback_data": "x"}]]}},
        "can't parse inline keyboard button: Can't find field \"text\"",
    ),
    (
        {"text": "a", "reply_markup": button(url="not-a-url")},
        "inline keyboard button URL 'not-a-url' is invalid: Wrong HTTP URL",
    ),
    (
        {"text": "a", "reply_markup": button(url="ftp://example.com")},
        "inline keyboard button URL 'ftp://example.com' is invalid: Unsupported URL protocol",
    ),
    ({"text": "a", "reply_markup": button(copy_text={"text": ""})}, "BUTTON_COPY_TEXT_INVALID"),
    ({"text": "a", "reply_markup": button(pay=True)}, "BUTTON_TYPE_INVALID"),
    (
        {"text": "a", "reply_markup": button(web_app={"url": "http://example.com"})},
        "inline keyboard button Web App URL 'http://example.com' is invalid: "
        "Only HTTPS links are allowed",
    ),
    (
        {"text": "a", "reply_markup": {"inline_keyboard": [[{"text": "a", "url": "e.com"}] * 101]}},
        "reply markup is too long",
    ),
    (
        {"text": "a", "reply_markup": {"inline_keyboard": "bad"}},
        'field "inline_keyboard" must be of type Array',
    ),
    ({"text": "a", "reply_markup": {"keyboard": "bad"}}, 'field "keyboard" must be of type Array'),
    (
        {"text": "a", "reply_markup": {"force_reply": "yes"}},
        'field "force_reply" must be of type Boolean',
    ),
    ({"text": "a", "reply_markup": "{"}, "can't parse reply keyboard markup JSON object"),
    ({"text": "a", "reply_markup": [1]}, "object expected as reply markup"),
    ({"text": "hello", "entities": bold(-1, 1)}, "receive an entity with incorrect offset -1"),
    (
        {"text": "hello", "entities": bold(100, 1)},
        "entity begins after the end of the text at UTF-16 offset 100",
    ),
    (
        {"text": "hello", "entities": bold(0, 100)},
        "entity beginning at UTF-16 offset 0 ends after the end of the text at UTF-16 offset 100",
    ),
    (
        {"text": "👋", "entities": bold(0, 1)},
        "entity beginning at UTF-16 offset 0 ends in a middle of a UTF-16 symbol "
        "at UTF-16 offset 1",
    ),
    (
        {"text": "hello", "entities": [{"type": "wavy", "offset": 0, "length": 1}]},
        "can't parse MessageEntity: Unsupported type specified",
    ),
    (
        {"text": "a", "entities": [{"type": "text_link", "offset": 0, "length": 1, "url": "no"}]},
        "entity URL 'no' is invalid: Wrong HTTP URL",
    ),
    (
        {"text": "a", "entities": [{"type": "text_link", "offset": 0, "length": 1}]},
        "can't parse MessageEntity: Can't find field \"url\"",
    ),
    (
        {"text": "<b>unclosed", "parse_mode": "HTML"},
        "can't parse entities: Can't find end tag corresponding to start tag \"b\"",
    ),
    (
        {"text": "<script>a</script>", "parse_mode": "html"},
        'can\'t parse entities: Unsupported start tag "script" at byte offset 0',
    ),
    (
        {"text": "<b><i>test</b></i>", "parse_mode": "HTML"},
        'can\'t parse entities: Unmatched end tag at byte offset 10, expected "</i>", found "</b>"',
    ),
    (
        {"text": "a </b>", "parse_mode": "HTML"},
        "can't parse entities: Unexpected end tag at byte offset 2",
    ),
    (
        {"text": "1 < 2", "parse_mode": "HTML"},
        "can't parse entities: Unclosed start tag at byte offset 2",
    ),
    (
        {"text": "hello.", "parse_mode": "MarkdownV2"},
        "can't parse entities: Character '.' is reserved and must be escaped "
        "with the preceding '\\'",
    ),
    (
        {"text": "*bold _italic\\_*", "parse_mode": "MarkdownV2"},
        "can't parse entities: Can't find end of Bold entity at byte offset 15",
    ),
    (
        {"text": "*unclosed", "parse_mode": "Markdown"},
        "can't parse entities: Can't find end of the entity starting at byte offset 0",
    ),
]


@pytest.mark.parametrize(("params", "description"), SENDS)
def test_send_message_refuses(
    simulator: Simulator, params: dict[str, Any], description: str
) -> None:
    response = simulator.call("sendMessage", **{"chat_id": IBU} | params)

    assert response.status_code == 400
    assert response.json() == {
        "ok": False,
        "error_code": 400,
        "description": f"Bad Request: {description}",
    }


OTHERS: list[tuple[str, dict[str, Any], int, str]] = [
    ("sendMessag", {}, 404, "Not Found: method not found"),
    ("editMessageText", {"text": "a", "chat_id": IBU}, 400, "message identifier is not specified"),
    (
        "editMessageText",
        {"text": "a", "chat_id": IBU, "message_id": 9999},
        400,
        "message to edit not found",
    ),
    (
        "editMessageText",
        {"text": "a", "chat_id": IBU, "message_id": 1},
        400,
        "message can't be edited",
    ),
    (
        "editMessageText",
        {"text": "", "chat_id": IBU, "message_id": 1},
        400,
        "message text is empty",
    ),
    (
        "editMessageReplyMarkup",
        {"chat_id": IBU, "message_id": 9999},
        400,
        "message to edit not found",
    ),
    ("deleteMessage", {"chat_id": IBU, "message_id": 9999}, 400, "message to delete not found"),
    (
        "deleteMessages",
        {"chat_id": IBU, "message_ids": []},
        400,
        "message identifiers are not specified",
    ),
    (
        "answerCallbackQuery",
        {"callback_query_id": "1"},
        400,
        "query is too old and response timeout expired or query ID is invalid",
    ),
    (
        "answerCallbackQuery",
        {"callback_query_id": "1", "text": "a" * 201},
        400,
        "MESSAGE_TOO_LONG",
    ),
    (
        "sendChatAction",
        {"chat_id": IBU, "action": "dance"},
        400,
        "wrong parameter action in request",
    ),
    ("sendDocument", {"chat_id": IBU}, 400, "there is no document in the request"),
    (
        "sendDocument",
        {"chat_id": IBU, "document": "https://example.com/a.pdf"},
        400,
        "failed to get HTTP URL content",
    ),
    (
        "sendPhoto",
        {"chat_id": IBU, "photo": "unknown"},
        400,
        "wrong file identifier/HTTP URL specified",
    ),
    (
        "sendPhoto",
        {"chat_id": IBU, "photo": "unknown", "caption": "a" * 1025},
        400,
        "message caption is too long",
    ),
    ("getFile", {"file_id": "unknown"}, 400, "invalid file_id"),
    ("getChat", {"chat_id": NOBODY}, 400, "chat not found"),
    ("getChatMember", {"chat_id": IBU, "user_id": 1}, 400, "PARTICIPANT_ID_INVALID"),
    (
        "getChatAdministrators",
        {"chat_id": IBU},
        400,
        "there are no administrators in the private chat",
    ),
    (
        "setMyCommands",
        {"commands": [{"command": "Bad Name", "description": "a"}]},
        400,
        "BOT_COMMAND_INVALID",
    ),
    (
        "setMyCommands",
        {"commands": [{"command": "a", "description": ""}]},
        400,
        "command description must be non-empty",
    ),
    (
        "setMyCommands",
        {"commands": [{"command": "", "description": "a"}]},
        400,
        "command must be non-empty",
    ),
    (
        "setMyCommands",
        {"commands": [{"command": "a", "description": "b" * 257}]},
        400,
        "BOT_COMMAND_DESCRIPTION_INVALID",
    ),
    (
        "setMyCommands",
        {"commands": [], "language_code": "indonesian"},
        400,
        "invalid language code specified",
    ),
    ("setMyDescription", {"description": "a" * 513}, 400, "BOT_DESCRIPTION_INVALID"),
    (
        "setWebhook",
        {"url": "http://example.com"},
        400,
        "bad webhook: An HTTPS URL must be provided for webhook",
    ),
    (
        "setWebhook",
        {"url": "https://example.com:8000"},
        400,
        "bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443",
    ),
    (
        "setWebhook",
        {"url": "https://example.com", "secret_token": "no spaces"},
        400,
        "secret token contains unallowed characters",
    ),
]


@pytest.mark.parametrize(("method", "params", "status", "description"), OTHERS)
def test_other_methods_refuse(
    simulator: Simulator, method: str, params: dict[str, Any], status: int, description: str
) -> None:
    response = simulator.call(method, **params)

    prefix = "Bad Request: " if status == 400 else ""
    assert response.json()["description"] == prefix + description
    assert response.status_code == response.json()["error_code"] == status


def test_an_edit_that_is_too_long_is_refused_in_other_words(simulator: Simulator) -> None:
    number = simulator.result("sendMessage", chat_id=IBU, text="a")["message_id"]

    response = simulator.call("editMessageText", chat_id=IBU, message_id=number, text="a" * 4097)

    assert response.json()["description"] == "Bad Request: MESSAGE_TOO_LONG"


def test_a_press_is_answered_once(simulator: Simulator) -> None:
    markup = button(callback_data="x")
    simulator.result("sendMessage", chat_id=IBU, text="a", reply_markup=markup)
    query = simulator.control("press", person="ibu", label="a")["callback_query_id"]
    simulator.result("answerCallbackQuery", callback_query_id=query)

    response = simulator.call("answerCallbackQuery", callback_query_id=query)

    assert response.json()["description"].startswith("Bad Request: query is too old")


@pytest.mark.parametrize(
    "headers", [{"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}]
)
def test_a_web_page_cannot_be_the_bot(simulator: Simulator, headers: dict[str, str]) -> None:
    response = simulator.http.get(f"{simulator.api_url}/getUpdates", headers=headers)

    assert response.status_code == 403


def test_fields_that_buttons_do_not_have_are_dropped(simulator: Simulator) -> None:
    markup = button(callback_data="x", hide=False)

    message = simulator.result("sendMessage", chat_id=IBU, text="a", reply_markup=markup)

    assert message["reply_markup"] == button(callback_data="x")


def test_entities_beyond_the_hundredth_are_ignored(simulator: Simulator) -> None:
    entities = [entity for offset in range(120) for entity in bold(offset * 2, 1)]

    message = simulator.result("sendMessage", chat_id=IBU, text="a " * 120, entities=entities)

    assert len(message["entities"]) == 100


def test_a_reply_to_nothing_is_sent_when_that_is_allowed(simulator: Simulator) -> None:
    reply = {"message_id": 9999, "allow_sending_without_reply": True}

    message = simulator.result("sendMessage", chat_id=IBU, text="a", reply_parameters=reply)

    assert "reply_to_message" not in message


def test_somebody_met_in_the_group_must_write_first(simulator: Simulator) -> None:
    simulator.say("lin", "/help", chat="group")

    response = simulator.call("sendMessage", chat_id=700000002, text="a")

    assert response.status_code == 403
    assert response.json()["description"] == (
        "Forbidden: bot can't initiate conversation with a user"
    )


@pytest.mark.parametrize(
    ("token", "status", "description"),
    [
        ("nonsense", 404, "Not Found"),
        ("123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11", 401, "Unauthorized"),
    ],
)
def test_refuses_other_tokens(
    simulator: Simulator, token: str, status: int, description: str
) -> None:
    response = simulator.http.get(f"{simulator.base_url}/bot{token}/getMe")

    assert response.status_code == status
    assert response.json() == {"ok": False, "error_code": status, "description": description}


def test_a_body_that_is_not_json_is_refused(simulator: Simulator) -> None:
    headers = {"content-type": "application/json"}
    response = simulator.http.post(
        f"{simulator.api_url}/sendMessage", content=b"{", headers=headers
    )

    assert response.json()["description"] == "Bad Request: can't parse JSON object"


@pytest.mark.parametrize("way", ["query", "form", "multipart", "json text", "typed"])
def test_parameters_arrive_in_every_way(simulator: Simulator, way: str) -> None:
    markup = button(callback_data="x")
    values: dict[str, Any] = {"chat_id": IBU, "text": "1 & 2", "reply_markup": json.dumps(markup)}
    texts = {name: str(value) for name, value in values.items()}
    url = f"{simulator.api_url}/SENDmessage"
    request = {
        "query": simulator.http.build_request("GET", url, params=texts),
        "form": simulator.http.build_request("POST", url, data=texts),
        "multipart": simulator.http.build_request(
            "POST", url, files={name: (None, text) for name, text in texts.items()}
        ),
        "json text": simulator.http.build_request("POST", url, json=values),
        "typed": simulator.http.build_request("POST", url, json=values | {"reply_markup": markup}),
    }[way]

    message = simulator.http.send(request).json()["result"]

    assert (message["text"], message["reply_markup"]) == ("1 & 2", markup)


def test_files_need_the_token_and_a_path_that_exists(simulator: Simulator) -> None:
    statuses = [
        simulator.http.get(f"{simulator.base_url}/file/bot{token}/photos/none.png").status_code
        for token in (TOKEN, "nonsense")
    ]

    assert statuses == [404, 404]
