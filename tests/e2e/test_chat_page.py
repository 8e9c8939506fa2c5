"""A person uses the chat page in a real browser, and a small bot answers."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from tests.integration.simulators import Simulator, running

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

ANSWER = "<b>Siapkan</b> KTP\n<blockquote>Kompas, 28 Agustus 2021</blockquote>"
BUTTONS = {"inline_keyboard": [[{"text": "Lihat sumber", "callback_data": "source"}]]}


class EchoingBot(threading.Thread):
    """Answers every message with the same card, and every press with a toast and an edit."""

    def __init__(self, simulator: Simulator) -> None:
        super().__init__()
        self.ended = threading.Event()
        self._api_url = simulator.api_url

    def run(self) -> None:
        offset = 0
        with httpx.Client(trust_env=False, timeout=30) as self._http:
            self._call("setMyDescription", description="Saya menjawab pertanyaan toko.")
            commands = [{"command": "help", "description": "Bantuan"}]
            self._call("setMyCommands", commands=commands)
            while not self.ended.is_set():
                for update in self._call("getUpdates", offset=offset, timeout=1):
                    offset = update["update_id"] + 1
                    self._answer(update)

    def _answer(self, update: dict[str, Any]) -> None:
        if "message" in update:
            chat_id = update["message"]["chat"]["id"]
            self._call("sendChatAction", chat_id=chat_id, action="typing")
            values = {"chat_id": chat_id, "text": ANSWER, "parse_mode": "HTML"}
            self._call("sendMessage", **values, reply_markup=BUTTONS)
        if "callback_query" in update:
            query = update["callback_query"]
            place = {"message_id": query["message"]["message_id"]}
            chat_id = query["message"]["chat"]["id"]
            self._call("answerCallbackQuery", callback_query_id=query["id"], text="Ini sumbernya")
            self._call("editMessageText", chat_id=chat_id, **place, text="Sumber: Kompas")

    def _call(self, method: str, **params: Any) -> Any:
        return self._http.post(f"{self._api_url}/{method}", json=params).json()["result"]


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[Simulator]:
    with running(tmp_path / "chats.sqlite") as started:
        bot = EchoingBot(started)
        bot.start()
        yield started
        bot.ended.set()
        bot.join()


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser, simulator: Simulator) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1200, "height": 800})
    yield context.new_page()
    context.close()


def ask(page: Page, text: str) -> None:
    page.get_by_role("textbox").fill(text)
    page.keyboard.press("Enter")


def test_an_empty_chat_offers_to_start(page: Page, simulator: Simulator) -> None:
    page.goto(simulator.base_url)
    expect(page.get_by_text("Saya menjawab pertanyaan toko.")).to_be_visible()
    page.get_by_role("button", name="Mulai", exact=True).click()

    expect(page.locator("li.out")).to_contain_text("/start")
    expect(page.locator("li.in")).to_contain_text("KTP")
    expect(page.get_by_role("textbox")).to_be_visible()


def test_a_question_gets_a_formatted_answer(page: Page, simulator: Simulator) -> None:
    simulator.say("ibu", "/start")
    page.goto(f"{simulator.base_url}#ibu")
    ask(page, "<b>syarat?</b>")

    expect(page.locator("li.out .text").last).to_have_text("<b>syarat?</b>")
    expect(page.locator("li.in").last.locator("strong", has_text="Siapkan")).to_be_visible()
    expect(page.locator("li.in").last.locator("blockquote")).to_contain_text("Kompas")


def test_a_press_shows_a_toast_and_the_edit(page: Page, simulator: Simulator) -> None:
    simulator.say("ibu", "/start")
    page.goto(f"{simulator.base_url}#ibu")
    page.get_by_role("button", name="Lihat sumber").click()

    expect(page.locator("#toast")).to_have_text("Ini sumbernya")
    expect(page.locator("li.in .text")).to_have_text("Sumber: Kompas")
    expect(page.locator("li.in .stamp")).to_contain_text("diedit")
    expect(page.get_by_role("button", name="Lihat sumber")).to_have_count(0)


def test_people_have_chats_and_languages_of_their_own(page: Page, simulator: Simulator) -> None:
    simulator.say("ibu", "dari Ibu")
    page.goto(f"{simulator.base_url}#ibu")
    expect(page.locator("li.out")).to_contain_text("dari Ibu")
    page.get_by_role("button", name="Sam Carter").click()

    expect(page.get_by_role("button", name="Start", exact=True)).to_be_visible()
    expect(page.locator("li.out")).to_have_count(0)
    page.get_by_role("button", name="Lin Wei").click()
    expect(page.get_by_role("button", name="开始", exact=True)).to_be_visible()
    page.get_by_role("button", name="Bu Sari").first.click()
    expect(page.locator("li.out")).to_contain_text("dari Ibu")


def test_an_own_message_is_edited_and_the_chat_started_over(
    page: Page, simulator: Simulator
) -> None:
    simulator.say("sam", "helo")
    page.goto(f"{simulator.base_url}#sam")
    page.locator("li.out .bubble").hover()
    page.locator("li.out").get_by_role("button", name="Edit").click()
    ask(page, "hello")
    expect(page.locator("li.out .text")).to_have_text("hello")

    page.get_by_role("button", name="Menu").click()
    page.get_by_role("menuitem", name="Start over").click()
    page.get_by_role("button", name="Yes, start over").click()

    expect(page.locator("li.out")).to_have_count(0)
    expect(page.get_by_role("button", name="Start", exact=True)).to_be_visible()


def test_a_chat_is_recorded_as_a_script(page: Page, simulator: Simulator) -> None:
    told = {"outcome": "answer", "body": "Siapkan KTP", "sources": [{"card": "kios#surat"}]}
    update = simulator.say("sam", "what papers")["update_id"]
    simulator.control("turns", turns=[{"update_id": update, "turn": told}])
    page.goto(f"{simulator.base_url}#sam")
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("menuitem", name="Record").click()

    script = page.get_by_role("textbox", name="Record").input_value()
    with page.expect_download() as saving:
        page.get_by_role("link", name="Save").click()

    assert "  - user: what papers\n    bot:\n      outcome: answer\n" in script
    assert 'cites: ["kios#surat"]' in script
    assert saving.value.suggested_filename == "sam.yaml"
    assert Path(saving.value.path()).read_text(encoding="utf-8") == script


def test_commands_are_offered_and_run_from_the_keyboard(page: Page, simulator: Simulator) -> None:
    simulator.say("ibu", "halo")
    page.goto(f"{simulator.base_url}#ibu")
    page.get_by_role("textbox").press_sequentially("/he")
    expect(page.get_by_role("option")).to_contain_text("/help")
    page.keyboard.press("Enter")

    expect(page.locator("li.out").last).to_contain_text("/help")


def test_commands_are_offered_though_they_become_known_after_the_typing(
    page: Page, simulator: Simulator
) -> None:
    simulator.say("ibu", "halo")
    assert simulator.sent(timeout=5)
    held: list[Route] = []
    page.route("**/menu/ibu", lambda route: held.append(route), times=1)
    with page.expect_request("**/menu/ibu"):
        page.goto(f"{simulator.base_url}#ibu")
    page.get_by_role("textbox").press_sequentially("/he")
    expect(page.get_by_role("option")).to_have_count(0)
    held[0].continue_()

    expect(page.get_by_role("option")).to_contain_text("/help")


@pytest.mark.parametrize("width", [360, 390])
def test_a_narrow_window_has_all_of_it(browser: Browser, simulator: Simulator, width: int) -> None:
    simulator.say("ibu", "kata" * 60)
    context = browser.new_context(
        viewport={"width": width, "height": 844}, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    page.goto(f"{simulator.base_url}#ibu")
    page.get_by_role("button", name="Lihat sumber").click()
    expect(page.locator("li.in .text")).to_have_text("Sumber: Kompas")
    widest = page.evaluate("document.documentElement.scrollWidth")

    page.get_by_role("button", name="Ganti orang").click()
    page.get_by_role("button", name="Lin Wei").click()

    assert widest == width
    expect(page.get_by_role("button", name="开始", exact=True)).to_be_visible()
    context.close()


def test_the_page_asks_nobody_else_and_reports_no_error(page: Page, simulator: Simulator) -> None:
    asked: list[str] = []
    errors: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: errors.append(message.text))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{simulator.base_url}#ibu")
    page.get_by_role("button", name="Mulai", exact=True).click()
    expect(page.locator("li.in")).to_contain_text("KTP")

    foreign = [url for url in asked if not url.startswith(simulator.base_url)]
    assert (foreign, errors) == ([], [])
