"""What becomes of played conversations: told, written for CI, reworded, collected by pytest."""

from io import StringIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from rich.console import Console

from bot.channels.scripts.expectations import Unmet
from bot.channels.scripts.results import Failure, Kind, Result, Said
from bot.channels.scripts.rewording import reworded, rewordings
from bot.channels.scripts.script import Case, Conversation, Step, Word
from bot.cli.junit import write_junit
from bot.cli.pages import write_page
from bot.cli.transcripts import missed, place, shown_form, tell, tell_failure

pytestmark = pytest.mark.timeout(120)  # Two of these run pytest.

REPLY = "Siapkan buku rekening atas nama sendiri, lalu kartu penduduk."

TALK = (
    Said("person", "syarat?"),
    Said("bot", "Ini.\x1b[31m", ("Lihat sumber",), "lin"),
    Said("around", "restart: true"),
)


def result(*missing: Unmet, kind: Kind = "content", reason: str = "", name: str = "satu") -> Result:
    path = Path("tests/conversations/id/a.yaml")
    conversation = Conversation(path, 3, name, (), tags=frozenset({"x"}), expected_failure=reason)
    failure = Failure(kind, 5, missing) if missing else None
    return Result(Case(conversation, (), "syarat?"), TALK, failure, 0.25)


def said(word: Word, *, came: str = REPLY, name: str = "says") -> Result:
    return result(Unmet(name, word.text, came, 5, word))


LATE = Unmet("silent", "", "20", 5)
WRONG = Unmet("says", "pisang", REPLY, 5, Word("pisang", 5, 1, 7))


def test_a_known_bug_is_no_failure_until_it_is_gone() -> None:
    statuses = [
        (each.status, each.is_bad)
        for each in (result(), result(WRONG), result(WRONG, reason="b"), result(reason="b"))
    ]

    assert statuses == [("passed", False), ("failed", True), ("known", False), ("mended", True)]


def test_tells_the_talk_what_was_expected_and_what_came() -> None:
    shown = StringIO()
    console = Console(file=shown, highlight=False, width=200)

    tell(result(WRONG), console)
    tell_failure(result(WRONG), console)

    assert shown.getvalue().splitlines() == [
        "FAILED  tests/conversations/id/a.yaml  satu  «syarat?»",
        "",
        "tests/conversations/id/a.yaml  satu  «syarat?» (content)",
        "  you: syarat?",
        "  bot (lin): Ini.�[31m",
        "      [Lihat sumber]",
        "  (restart: true)",
        "tests/conversations/id/a.yaml:5: expected says: pisang",
        f"  came: {REPLY}",
    ]


@pytest.mark.parametrize(
    ("unmet", "part"),
    [
        (LATE, "did not answer within 20 seconds"),
        (Unmet("unanswered", "", "", 5), "sent nothing"),
        (Unmet("logged", "", "KeyError", 5), "KeyError"),
        (Unmet("refused", "", "Bad Request", 5), "Bad Request"),
        (Unmet("change", "gratis", "", 5), "`gratis` does not stand"),
    ],
)
def test_says_what_happened_instead_of_an_answer(unmet: Unmet, part: str) -> None:
    assert part in missed(unmet)


def test_tells_of_a_bug_that_is_gone() -> None:
    shown = StringIO()

    tell_failure(result(reason="dulu salah"), Console(file=shown, width=200))

    assert "a.yaml:3: this goes as written now" in shown.getvalue()
    assert "dulu salah" in shown.getvalue()


def test_ci_reads_content_as_failure_and_the_system_as_error(tmp_path: Path) -> None:
    results = [
        result(),
        result(WRONG),
        result(LATE, kind="system"),
        result(WRONG, reason="bug"),
        result(reason="bug"),
    ]

    write_junit(tmp_path / "results.xml", results)

    suite = ElementTree.parse(tmp_path / "results.xml").getroot()[0]
    kinds = [[child.tag for child in case] for case in suite]
    assert kinds == [[], ["failure"], ["error"], ["skipped"], ["failure"]]
    counts = [suite.get(name) for name in ("tests", "failures", "errors", "skipped")]
    assert counts == ["5", "2", "1", "1"]
    assert suite[1].get("file") == "tests/conversations/id/a.yaml"
    assert "expected says: pisang" in (suite[1][0].text or "")


def test_the_page_holds_every_talk_and_shows_markup_as_text(tmp_path: Path) -> None:
    results = [result(WRONG, name="<b>satu</b>"), result(name="dua"), result(reason="bug")]
    path = tmp_path / "report.html"

    write_page(
        path,
        "conversations",
        results=results,
        tags=["x"],
        missed=missed,
        form=shown_form,
        place=place,
    )

    page = path.read_text(encoding="utf-8")
    assert "&lt;b&gt;satu&lt;/b&gt;" in page
    assert page.count('<details class="case') == 3
    assert 'src="' not in page
    assert 'href="' not in page


# New wording


@pytest.mark.parametrize(
    ("word", "new"),
    [("buku tabungan", "buku rekening"), ("kartu pendudukan", "kartu penduduk"), ("pisang", "")],
)
def test_finds_the_words_that_stand_in_place_of_others(word: str, new: str) -> None:
    changes = rewordings([said(Word(word, 5, 1, 9))])

    assert [each.new for each in changes] == ([new] if new else [])


@pytest.mark.parametrize(
    ("name", "expected", "came", "new"),
    [
        ("buttons", "Lihat sumbernya", "👍 | Lihat sumber | 👎", "Lihat sumber"),
        ("press", "Sumber", "Lihat sumber | 👎", "Lihat sumber"),
        ("toast", "Makasih", "Terima kasih", "Terima kasih"),
        ("never", "buku rekening", REPLY, ""),
        ("cites", "kios#surat", "kios#jam", ""),
    ],
)
def test_rewords_what_is_wording_and_nothing_else(
    name: str, expected: str, came: str, new: str
) -> None:
    changes = rewordings([said(Word(expected, 5, 1, 9), came=came, name=name)])

    assert [each.new for each in changes] == ([new] if new else [])


def test_changes_a_script_in_those_words_alone() -> None:
    text = "bot: {says: [KTP, buku tabungan]}  # dua\r\nbot: {says: jam}\r\n"
    first, second = text.index("buku"), text.index("jam")
    results = [
        said(Word("buku tabungan", 1, first, first + 13)),
        said(Word("jam", 2, second, second + 3), came="jam 08.00: buka", name="toast"),
        said(Word("buku tabungan", 1, first, first + 13)),
    ]

    changes = rewordings(results)

    assert len(changes) == 2
    assert reworded(text, changes) == (
        'bot: {says: [KTP, buku rekening]}  # dua\r\nbot: {says: "jam 08.00: buka"}\r\n'
    )


def test_leaves_known_bugs_as_they_are() -> None:
    known = result(Unmet("says", "buku tabungan", REPLY, 5, Word("", 5, 1, 9)), reason="bug")

    assert rewordings([known, result()]) == []


# pytest


SCRIPT = """
conversation: baik
turns: [{user: [a, b]}]
---
conversation: rusak
turns: [{user: a}]
---
conversation: lama
expected_failure: belum jadi
turns: [{user: a}]
---
conversation: hilang
expected_failure: belum jadi
turns: [{user: a}]
"""

STAND_IN = """
from bot.channels.scripts.expectations import Unmet
from bot.channels.scripts.results import Failure, Result, Said
from bot.cli.plugin import PLAYING


class Playing:
    def result(self, item):
        missed = (Unmet("says", "pisang", "jambu", 4),)
        is_wrong = item.case.conversation.name in ("rusak", "lama")
        failure = Failure("content", 4, missed) if is_wrong else None
        return Result(item.case, (Said("person", "a"),), failure)

    def close(self):
        pass


def pytest_configure(config):
    config.stash[PLAYING] = Playing()
"""


def collected(pytester: pytest.Pytester, script: str) -> Any:
    pytester.makeconftest(STAND_IN)
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    folder = pytester.mkdir("tests").joinpath("conversations")
    folder.mkdir()
    folder.joinpath("a.yaml").write_text(script, encoding="utf-8")
    return pytester.runpytest_inprocess(
        "-p", "bot.cli.plugin", "-p", "no:xdist", "-p", "no:randomly", "-rA"
    )


def test_pytest_plays_each_case_and_fails_a_known_bug_that_is_gone(
    pytester: pytest.Pytester,
) -> None:
    done = collected(pytester, SCRIPT)

    done.assert_outcomes(passed=2, failed=2, xfailed=1)
    done.stdout.fnmatch_lines(
        ["*tests/conversations/a.yaml:4: expected says: pisang*", "*came: jambu*"]
    )
    done.stdout.fnmatch_lines(["*this goes as written now*belum jadi*"])


def test_pytest_names_the_mistakes_of_a_script(pytester: pytest.Pytester) -> None:
    done = collected(pytester, "conversation: a\nturns:\n  - usr: b\n")

    done.stdout.fnmatch_lines(["*a.yaml:3: mistake UNKNOWN_STEP*`user`*"])
    assert done.ret != 0


def test_a_step_says_whether_nothing_may_come() -> None:
    assert not Step("user", (Word("a"),), 1).is_silent
