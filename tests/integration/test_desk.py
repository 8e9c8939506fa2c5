"""The desk of program staff over the real knowledge: what a press does, and what it does not."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.app.assembly import App, open_app
from bot.app.desk import StaffDesk
from bot.app.submissions import put_in
from bot.backends.knowledge.versions import Version
from bot.backends.store.uploads import SentFile
from bot.core.desk import Declined, Done, Faulty, Gone, Pressed, Ready, Stale
from bot.core.messages import Sender, Upload
from bot.core.ports import ChannelError
from tests.integration.homes import BROKEN, MENDED, PINNED, settings_of
from tests.integration.knowledge_folders import FRONT, STALLS, card, write

pytestmark = pytest.mark.timeout(300)

SARI, BUDI = 700_000_001, 700_000_002
OTHER = FRONT + card("other", "Another card.", "apa kartu lain")


@contextlib.asynccontextmanager
async def opened(home: Path) -> AsyncIterator[App]:
    """One process of the bot; what is sent to it holds what its caption says."""

    async def fetch(file: str, _most: int) -> bytes:
        return file.encode()

    async with open_app(settings_of(home, staff=(SARI, BUDI))) as app:
        app.desk.submissions.fetch = fetch
        yield app


@pytest.fixture
async def app(home: Path) -> AsyncIterator[App]:
    async with opened(home) as found:
        yield found


@pytest.fixture
def desk(app: App) -> StaffDesk:
    return app.desk


async def ready(desk: StaffDesk, content: str = MENDED, *, person: int = SARI) -> Ready:
    """Send a file that can be published."""
    sent = Upload(1, Sender(person, person), content, "stalls.md", len(content))
    found = await desk.inspect(sent, language="en")
    assert isinstance(found, Ready)
    return found


async def put(desk: StaffDesk, key: str, *, person: int = SARI) -> Pressed:
    return await desk.put(key, person=person, language="en")


async def live(app: App) -> Version:
    found = await app.knowledge.versions.live()
    assert found is not None
    return found


def stalls(home: Path) -> str:
    return (home / "knowledge" / "stalls.md").read_text(encoding="utf-8")


async def test_a_file_is_published_once_by_its_sender_and_by_another_process(home: Path) -> None:
    async with opened(home) as first, opened(home) as second:
        found = await ready(first.desk)
        others = await put(second.desk, found.key, person=BUDI)
        before = stalls(home)
        done = await put(second.desk, found.key)
        again = await put(first.desk, found.key)
        version = await live(first)

    assert others == Gone()
    assert before == STALLS
    assert isinstance(done, Done)
    assert (done.edition.number, done.is_new) == (2, True)
    assert isinstance(again, Done)
    assert (again.edition.number, again.is_new) == (2, False)
    assert (version.number, version.by) == (2, f"telegram:{SARI}")
    assert stalls(home) == MENDED


async def test_a_file_is_looked_at_again_where_the_folder_has_changed_meanwhile(
    app: App, desk: StaffDesk, home: Path
) -> None:
    found = await ready(desk)
    write(home / "knowledge", {"other.md": OTHER})
    stale = await put(desk, found.key)
    before = stalls(home), (await live(app)).number
    gone = await put(desk, found.key)
    assert isinstance(stale, Stale)
    assert isinstance(stale.now, Ready)
    done = await put(desk, stale.now.key)

    assert before == (STALLS, 1)
    assert stale.now.preview.added == ("other#other",)
    assert gone == Gone()
    assert isinstance(done, Done)
    assert stalls(home) == MENDED


async def test_a_press_that_was_cut_short_is_done_to_its_end(
    app: App, desk: StaffDesk, home: Path
) -> None:
    found = await ready(desk)
    file = await app.uploads.find(found.key, person=SARI)
    assert isinstance(file, SentFile)
    put_in(home / "knowledge", file)

    done = await put(desk, found.key)

    assert isinstance(done, Done)
    assert (await live(app)).number == 2


async def test_what_somebody_else_wrote_into_the_same_file_is_kept(
    desk: StaffDesk, home: Path
) -> None:
    found = await ready(desk)
    theirs = STALLS.replace("Ask at the counter", "Ask at the gate")
    write(home / "knowledge", {"stalls.md": theirs})

    stale = await put(desk, found.key)

    assert isinstance(stale, Stale)
    assert stalls(home) == theirs


async def test_a_file_that_breaks_a_pinned_question_cannot_be_published(desk: StaffDesk) -> None:
    asked = "Ditanyakan: surat apa untuk kios | kios butuh izin apa\n"
    swapped = STALLS.replace(asked, "").replace("berapa sewa kios", f"x\n{asked.strip()}")
    sent = Upload(1, Sender(SARI, SARI), swapped, "stalls.md", 9)

    found = await desk.inspect(sent, language="id")

    assert isinstance(found, Faulty)
    assert found.remarks[0].place == "pinned.yaml:1"
    assert "`stalls#papers`" in found.remarks[0].text


async def test_the_mistakes_of_the_file_come_first(desk: StaffDesk, home: Path) -> None:
    write(home / "knowledge", {"another.md": "# No cards\n"})
    sent = Upload(1, Sender(SARI, SARI), BROKEN, "stalls.md", 9)

    found = await desk.inspect(sent, language="zh")

    assert isinstance(found, Faulty)
    assert [remark.place for remark in found.remarks] == ["stalls.md:3", "another.md:1"]


@pytest.mark.parametrize(
    ("content", "reason"), [(STALLS, "same"), ("x" * 500_001, "large")], ids=["same", "large"]
)
async def test_a_file_that_changes_nothing_or_too_much_is_declined(
    desk: StaffDesk, content: str, reason: str
) -> None:
    sent = Upload(1, Sender(SARI, SARI), content, "stalls.md", len(content))

    found = await desk.inspect(sent, language="en")

    assert isinstance(found, Declined)
    assert found.reason == reason


async def test_a_file_with_no_place_is_declined_and_not_fetched(app: App) -> None:
    async def fetch(_file: str, _most: int) -> bytes:
        raise ChannelError("file_unfetched")

    app.desk.submissions.fetch = fetch
    sent = Upload(1, Sender(SARI, SARI), "file", "stalls.md", 9, "../stalls.md")

    assert await app.desk.inspect(sent, language="en") == Declined(
        "path", {"name": "stalls.md", "near": "", "endings": ".docx, .html, .pdf, .txt, .xlsx"}
    )


async def test_the_folder_is_published_as_it_was_shown_and_no_other(
    app: App, desk: StaffDesk, home: Path
) -> None:
    write(home / "knowledge", {"stalls.md": MENDED})
    shown = await desk.preview(language="en")
    assert isinstance(shown, Ready)
    write(home / "knowledge", {"other.md": OTHER})
    stale = await desk.publish(shown.key, person=SARI, language="en")
    before = (await live(app)).number
    assert isinstance(stale, Stale)
    assert isinstance(stale.now, Ready)
    done = await desk.publish(stale.now.key, person=SARI, language="en")

    assert before == 1
    assert isinstance(done, Done)
    assert (await live(app)).by == f"telegram:{SARI}"
    assert await desk.preview(language="en") == Declined("live")


async def test_after_a_rollback_the_folder_can_be_published_again(
    app: App, desk: StaffDesk, home: Path
) -> None:
    await put(desk, (await ready(desk)).key)
    back = await desk.roll_back(2, 1, person=BUDI)
    twice = await desk.roll_back(2, 1, person=BUDI)
    late = await desk.roll_back(2, 1, person=SARI)
    kept = await desk.standing(language="en")
    again = await desk.publish(kept.folder.key, person=SARI, language="en")

    assert isinstance(back, Done)
    assert back == twice
    assert late == Gone()
    assert (kept.folder.state, kept.earlier) == ("kept", None)
    assert kept.back is not None
    assert (kept.back.by, kept.back.who) == ("telegram", str(BUDI))
    assert isinstance(again, Done)
    assert (await live(app)).number == 2


async def test_a_folder_with_mistakes_is_told_with_them(desk: StaffDesk, home: Path) -> None:
    write(home / "knowledge", {"stalls.md": BROKEN})

    found = await desk.standing(language="en")
    shown = await desk.preview(language="en")

    assert found.folder.state == "refused"
    assert found.folder.remarks[0].place == "stalls.md:3"
    assert isinstance(shown, Faulty)


async def test_a_folder_that_is_gone_is_told(desk: StaffDesk, home: Path) -> None:
    (home / "knowledge").rename(home / "elsewhere")

    found = await desk.standing(language="en")

    assert found.folder.state == "away"
    assert "There is no knowledge folder at" in found.folder.remarks[0].text


async def test_a_pinned_file_alone_changes_no_answer(desk: StaffDesk) -> None:
    sent = Upload(1, Sender(SARI, SARI), PINNED + "apa kabar: abstain\n", "pinned.yaml", 9)

    found = await desk.inspect(sent, language="en")

    assert isinstance(found, Ready)
    assert (found.path, found.preview.asked, found.preview.changes) == ("pinned.yaml", 3, ())
