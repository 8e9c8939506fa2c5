"""The guide for staff shows what happens: its worked example is done here as it is told."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.app.assembly import open_app
from bot.app.folders import template_folder
from bot.backends.knowledge.findings import Finding
from bot.backends.knowledge.folder import check_folder
from bot.backends.knowledge.placing import begin_folder
from bot.backends.prompts import read_command_words
from bot.channels.formatting import plain
from bot.cli import app
from bot.settings import Settings
from tests.conftest import ROOT
from tests.fakes import TODAY

pytestmark = pytest.mark.timeout(120)

GUIDE = (ROOT / "knowledge" / "README.md").read_text(encoding="utf-8")
WORDS = read_command_words(ROOT / "prompts", "id")
NEW = "pelatihan/sertifikat.md"
QUESTION = "dapat sertifikat ga?"


def block(name: str) -> str:
    """What the guide says to write into a file."""
    match = re.search(rf"<!-- latihan: {name} -->\n```\w+\n(.*?)```", GUIDE, re.DOTALL)
    assert match
    return match[1]


def shown(finding: Finding) -> str:
    """A finding as the guide shows it."""
    message = WORDS[f"find_{finding.code}"].format(**finding.values)
    mend = WORDS[f"mend_{finding.code}"].format(**finding.values)
    return f"latihan/{finding.file}:{finding.line}: mistake {finding.code}: {message} {mend}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of the worked example."""
    begin_folder(template_folder(), tmp_path / "latihan")
    return tmp_path / "latihan"


def mistakes(folder: Path, text: str) -> str:
    """The mistakes that a new file brings, as the guide shows them."""
    (folder / NEW).write_text(text, encoding="utf-8")
    return "".join(map(shown, check_folder(folder, today=TODAY).mistakes))


def test_the_mistakes_of_the_worked_example_are_those_shown(folder: Path) -> None:
    wrong, right = block("salah"), block("benar")
    half = right.replace("CONTOH-20260115", "CONTOH-2026")

    assert f"```\n{mistakes(folder, wrong)}latihan: 5 kartu, 2 kesalahan" in GUIDE
    assert f"```\n{mistakes(folder, half)}latihan: 6 kartu, 1 kesalahan" in GUIDE
    assert mistakes(folder, right) == ""


async def test_the_worked_example_goes_as_it_is_told(folder: Path, tmp_path: Path) -> None:
    def on_progress(_done: int, _total: int) -> None:
        """Tell nobody."""

    settings = Settings(data=tmp_path / "data", knowledge=folder, prompts=ROOT / "prompts")
    async with open_app(settings) as bot:
        await bot.make_live(on_progress=on_progress)
        examples = bot.knowledge.search.program("id").examples
        outcomes = [(await bot.ask(text)).outcome for text in examples]
        before = (await bot.ask(QUESTION)).replies[0].text

        (folder / NEW).write_text(block("benar"), encoding="utf-8")
        with (folder / "pinned.yaml").open("a", encoding="utf-8") as pinned:
            pinned.write(block("sematan"))
        checked = await bot.knowledge.check(on_progress=on_progress)
        preview = await bot.knowledge.preview([], on_progress=on_progress)

        await bot.knowledge.publish(on_progress=on_progress)
        await bot.knowledge.open_whole()
        after = (await bot.ask(QUESTION)).replies[0].text

        await bot.knowledge.roll_back(None, on_progress=on_progress)
        await bot.knowledge.open_whole()
        back = (await bot.ask(QUESTION)).replies[0].text

    assert [type(outcome).__name__ for outcome in outcomes] == ["Answer"] * 3
    assert checked.findings == ()
    assert (len(preview.changes), preview.asked) == (1, 4)
    assert f"```\n{plain(before)}\n```" in GUIDE
    assert f"```\n{plain(after)}\n```" in GUIDE
    assert back == before


def commands() -> Iterator[list[str]]:
    """The words of each command that the guide says to run."""
    for line in re.findall(r"uv run akar[^`|\n]*", GUIDE):
        yield shlex.split(line)[3:]


def test_every_command_of_the_guide_is_there() -> None:
    found = list(commands())

    unknown = [
        words for words in found if CliRunner().invoke(app, [*words, "--help"]).exit_code != 0
    ]
    assert len(found) > 20
    assert unknown == []


def test_every_heading_that_the_guide_points_to_is_there() -> None:
    headings = re.findall(r"^#+ (.*)$", GUIDE, re.MULTILINE)
    anchors = {re.sub(r"[^\w\s-]", "", text.lower()).replace(" ", "-") for text in headings}

    assert set(re.findall(r"\]\(#([\w-]+)\)", GUIDE)) - anchors == set()


def test_every_finding_that_the_guide_explains_is_one() -> None:
    explained = set(re.findall(r"^\| ((?:`[A-Z_]+`,? ?)+)", GUIDE, re.MULTILINE))
    codes = {code for cell in explained for code in re.findall(r"[A-Z_]{4,}", cell)}

    assert len(codes) > 15
    assert {code for code in codes if f"find_{code}" not in WORDS} == set()
