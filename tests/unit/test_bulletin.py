"""What program staff are told, in words."""

from datetime import date

import pytest

from bot.core import bulletin
from bot.core.desk import (
    Backlog,
    Change,
    Declined,
    DueCard,
    Edition,
    Folder,
    FolderState,
    Gap,
    Preview,
    Ready,
    Remark,
    Standing,
)
from bot.core.messages import Reply
from tests.desks import EARLIER, LIVE, SHOWN
from tests.fakes import TODAY

DUE = DueCard("stalls#cost", "review_by", TODAY)


def standing(state: FolderState = "live", **values: object) -> Standing:
    return Standing(**{"live": LIVE, "back": None, "folder": Folder(state, "hash")} | values)  # type: ignore[arg-type]


def told(found: Standing) -> Reply:
    return bulletin.standing(found, phrases=SHOWN)


def data(reply: Reply) -> list[str]:
    return [button.data for row in reply.keyboard for button in row]


def test_keeps_the_lines_of_a_text_and_none_of_its_marks() -> None:
    text = "1. Print *this*.\n\n    Then   sign it.\n---"

    assert bulletin.plain_lines(text) == "1\\. Print \\*this\\*\\.\n\nThen sign it\\.\n\\-\\-\\-"


def test_says_what_is_live_since_when_and_by_whom() -> None:
    text = told(standing()).text

    assert "<desk_version number=3 cards=12 at=today by=<desk_by_telegram who=7>>" in text


def test_says_by_whom_nobody_knows() -> None:
    text = told(standing(live=Edition(1, "once"))).text

    assert "by=<desk_by_nobody who=>" in text


def test_says_that_nothing_is_live() -> None:
    assert told(standing(live=None)).text.startswith("desk_live_nothing")


def test_says_who_rolled_back() -> None:
    text = told(standing(back=Edition(3, "noon", "console", "sari"))).text

    assert "<desk_live_again at=noon by=<desk_by_console who=sari>>" in text


@pytest.mark.parametrize("state", ["changed", "kept"])
def test_a_folder_that_differs_can_be_previewed_and_published(state: FolderState) -> None:
    reply = told(standing(state))

    assert f"desk_folder_{state}" in reply.text
    assert data(reply) == ["desk:see", "desk:go:hash", "desk:stats"]


@pytest.mark.parametrize("state", ["live", "refused", "away"])
def test_a_folder_that_cannot_be_published_has_no_button_for_it(state: FolderState) -> None:
    assert data(told(standing(state))) == ["desk:stats"]


def test_says_why_a_folder_is_not_live() -> None:
    folder = Folder("refused", "hash", (Remark("a.md:3", "`as_of` is no date."),))

    text = told(standing(folder=folder)).text

    assert "desk_folder_refused\n<desk_mistake place=`a.md:3` text=\\`as\\_of\\`" in text


def test_an_earlier_version_can_be_gone_back_to() -> None:
    assert data(told(standing(earlier=EARLIER))) == ["desk:ask", "desk:stats"]


def test_says_what_waits_and_what_failed() -> None:
    text = told(standing(backlog=Backlog(4, 2, 1, ("state",)))).text

    assert "<desk_waiting count=4 minutes=2>\n<desk_unanswered count=1>" in text
    assert "<desk_failing what=staff_state>" in text


def test_says_that_nothing_waits() -> None:
    text = told(standing()).text

    assert "desk_waiting_none" in text
    assert "desk_unanswered" not in text


def test_lists_what_is_due_and_how_much_more() -> None:
    text = bulletin.due([DUE] * 12, phrases=SHOWN)

    assert text.startswith("<desk_due count=12>\n<desk_due_review_by card=`stalls#cost` day=2030-")
    assert text.endswith("<desk_more count=2>")


def test_the_digest_lists_what_is_due() -> None:
    text = bulletin.digest([DUE], phrases=SHOWN).text

    assert text.startswith("desk_digest\n\n<desk_due count=1>")


def test_lists_what_has_no_answer_with_nothing_of_it_read_as_markdown() -> None:
    gap = Gap("see [this](http://evil.example)\n*now* <b>", 3)

    text = told(standing(gaps=(gap,))).text

    assert "question=see \\[this\\]\\(http://evil\\.example\\) \\*now\\* \\<b\\> people=3" in text


def test_lists_neither_dues_nor_gaps_where_there_are_none() -> None:
    text = told(standing()).text

    assert ("desk_due" in text, "desk_gaps" in text) == (False, False)


def test_why_a_file_is_declined_is_said_with_names_as_they_are() -> None:
    reply = bulletin.declined(Declined("unclear", {"name": "a.md", "near": ""}), phrases=SHOWN)

    assert reply.text == "<desk_declined_unclear name=`a.md` near=>"


def test_what_is_to_be_mended_in_the_folder_is_told_as_it_is_to_all() -> None:
    text = bulletin.refused([Remark("a.md:1", "x")], phrases=SHOWN).text

    assert text == "desk_not_live\n<desk_mistake place=`a.md:1` text=x>"
    assert bulletin.mended(phrases=SHOWN).text == "desk_mended"


def test_a_folder_that_waits_has_buttons_where_members_alone_read() -> None:
    private = bulletin.waits("hash", phrases=SHOWN)
    group = bulletin.waits("", phrases=SHOWN)

    assert data(private) == ["desk:see", "desk:go:hash"]
    assert (group.text, group.keyboard) == ("desk_waits_elsewhere", ())


def ready(**values: object) -> Ready:
    usual = {"path": "a.md", "key": "key", "preview": Preview(9)}
    return Ready(**usual | values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("found", "head"),
    [
        (ready(), "<desk_ready path=`a.md`>"),
        (ready(is_new=True), "<desk_ready_new path=`a.md`>"),
        (ready(path=""), "<desk_ready_folder path=>"),
    ],
)
def test_says_what_would_be_published(found: Ready, head: str) -> None:
    (reply,) = bulletin.ready(found, phrases=SHOWN)

    assert reply.text == f"{head}\n\n<desk_no_changes asked=9>"


def test_shows_the_answers_that_would_change_the_pinned_ones_first() -> None:
    changes = [Change(f"q{number}", False, "old", "new") for number in range(7)]
    preview = Preview(20, (*changes, Change("pin", True, "", "new")))

    (reply,) = bulletin.ready(ready(preview=preview), phrases=SHOWN)

    parts = reply.text.split("\n\n")
    assert parts[1] == "<desk_changes changed=8 asked=20>"
    assert parts[2] == "<desk_change_pinned question=pin before=desk_nothing after=new>"
    assert parts[3] == "<desk_change question=q0 before=old after=new>"
    assert parts[-1] == "<desk_more count=2>"


def test_names_the_cards_that_would_change() -> None:
    names = tuple(f"c#{number}" for number in range(9))
    preview = Preview(1, added=("a#1",), edited=("b#1", "b#2"), removed=names)

    (reply,) = bulletin.ready(ready(preview=preview), phrases=SHOWN)

    assert "<desk_added count=1 cards=`a#1`>" in reply.text
    assert "<desk_edited count=2 cards=`b#1`, `b#2`>" in reply.text
    assert "`c#7`, …>" in reply.text


def test_warnings_of_a_sound_file_are_shown() -> None:
    remarks = (Remark("a.md:1", "late", is_mistake=False),)

    (reply,) = bulletin.ready(ready(remarks=remarks), phrases=SHOWN)

    assert "<desk_warning place=`a.md:1` text=late>" in reply.text


def test_a_draft_is_sent_along() -> None:
    draft, reply = bulletin.ready(ready(path="x/a.md", draft="# A"), phrases=SHOWN)

    assert draft.document is not None
    assert (draft.text, draft.document.name, draft.document.content) == (
        "desk_draft",
        "a.md",
        "# A",
    )
    assert data(reply) == ["desk:put:key", "desk:drop:key"]


def test_no_button_of_staff_is_longer_than_telegram_takes() -> None:
    largest = 2**53
    reply = bulletin.ask_back(Edition(10**6, ""), Edition(10**6, ""), largest, phrases=SHOWN)

    assert [name for name in data(reply) if len(name.encode()) > 64] == []


def test_a_day_is_told_as_it_stands_in_the_file() -> None:
    late = DueCard("a#1", "deadline", date(2030, 1, 2))

    assert "day=2030-01-02" in bulletin.due([late], phrases=SHOWN)
