"""Staff make drafts of their documents, and begin folders, by commands."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.backends.knowledge.folder import check_folder
from bot.cli import app
from bot.cli.output import error_text, exit_code
from bot.core.ports import BotError
from tests.fakes import TODAY
from tests.integration.documents import docx, heading, paragraph
from tests.integration.houses import House
from tests.integration.knowledge_folders import write
from tests.integration.processes import akar

PROGRAM = "topics: {stalls: {id: Kios}}\n"
GUIDE = docx(heading(1, "Buka kios"), paragraph("Bawa izin."))


@dataclass
class Said:
    """How a command ended, and what it printed, or the sentence of its error."""

    code: int
    text: str


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder with `knowledge` in which commands are run."""
    write(tmp_path / "knowledge", {"program.yaml": PROGRAM})
    monkeypatch.chdir(tmp_path)
    return tmp_path


def knowledge(*arguments: str) -> Said:
    """Run `akar knowledge …` in this process."""
    done = CliRunner().invoke(app, ["knowledge", *arguments])
    if isinstance(done.exception, BotError):
        return Said(exit_code(done.exception), error_text(done.exception))
    return Said(done.exit_code, done.output)


def test_a_document_becomes_a_draft_and_the_command_says_what_to_do(folder: Path) -> None:
    (folder / "Panduan Kios.docx").write_bytes(GUIDE)

    words = ("knowledge", "import", "Panduan Kios.docx", "--to", "knowledge/stalls")
    done = akar(*words, cwd=folder, knowledge="knowledge")

    first, *steps = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (0, "")
    assert first == (
        "knowledge/stalls/panduan-kios.md: 1 draft cards from Panduan Kios.docx. "
        "Tables that became lists: 0. Pictures left out: 0."
    )
    assert [step[:2] for step in steps] == ["No", "1.", "2.", "3.", "4."]
    head, _, cards = (folder / "knowledge/stalls/panduan-kios.md").read_text().partition("\ntopic")
    assert head.splitlines()[1].startswith("# A draft made of Panduan Kios.docx on 20")
    assert "\n# sources: [CODE]\n" in head
    assert cards.endswith(
        "draft: true\n---\n# Buka kios\n\n## Buka kios {#buka-kios}\n\nBawa izin.\n"
    )


async def test_a_draft_is_not_published(folder: Path, house: House) -> None:
    (folder / "kios.txt").write_text("# Sewa kios\n\nLima hari.")
    await house.publish()
    said = knowledge("import", "kios.txt", "--to", "stalls.en.md")
    draft = (folder / "knowledge/stalls.en.md").read_text()

    again = await house.publish({"stalls.en.md": draft})

    assert (said.code, "language: en\n" in draft, "topic:" in draft) == (0, True, False)
    assert not again.is_new


@pytest.mark.parametrize(
    ("name", "code", "sentence"),
    [
        ("gone.docx", 2, "There is no file gone.docx."),
        ("knowledge", 2, "knowledge is no ordinary file"),
        ("link.txt", 2, "link.txt is no ordinary file"),
        ("a.doc", 2, "a.doc is of a kind that cannot be read: it can be docx, pdf,"),
        ("empty.pdf", 1, "empty.pdf holds no text."),
        ("no.xlsx", 1, "no.xlsx is not what its ending says."),
    ],
)
def test_what_cannot_be_made_a_draft_is_named(
    folder: Path, name: str, code: int, sentence: str
) -> None:
    (folder / "link.txt").symlink_to(folder / "a.doc")
    for made in ("a.doc", "no.xlsx"):
        (folder / made).write_text("text")
    (folder / "empty.pdf").touch()

    said = knowledge("import", name)

    assert (said.code, said.text[: len(sentence)]) == (code, sentence)


@pytest.mark.parametrize(
    ("to", "sentence"),
    [
        ("..", ".. is not in knowledge, where the bot reads."),
        ("_x.md", "The bot would not read knowledge/_x.md."),
        ("stalls.md", "knowledge/stalls.md is there already, and stays as it is."),
    ],
)
def test_a_draft_that_has_no_place_is_a_wrong_call(folder: Path, to: str, sentence: str) -> None:
    (folder / "a.txt").write_text("text")

    said = knowledge("import", "a.txt", "--to", to)

    assert (said.code, said.text[: len(sentence)]) == (2, sentence)
    assert sorted(path.name for path in (folder / "knowledge").iterdir()) == [
        *("program.yaml", "sources.yaml", "stalls.md"),
    ]


def test_an_import_without_a_knowledge_folder_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.txt").write_text("text")
    monkeypatch.chdir(tmp_path)

    said = knowledge("import", "a.txt")

    assert (said.code, said.text[:40]) == (2, "There is no knowledge folder at knowledg")


# new


def test_a_new_folder_holds_nothing_to_mend(folder: Path) -> None:
    said = knowledge("new", "ours")

    checked = check_folder(folder / "ours", today=TODAY)
    assert (said.code, said.text.splitlines()[0]) == (0, "ours/README.md")
    assert "AKAR_KNOWLEDGE=ours akar knowledge check" in said.text
    assert (checked.findings, len(checked.content.cards)) == ((), 8)


@pytest.mark.parametrize("taken", ["knowledge", "file.txt", "file.txt/below"])
def test_a_new_folder_replaces_nothing(folder: Path, taken: str) -> None:
    (folder / "file.txt").write_text("mine")

    said = knowledge("new", taken)

    assert said.code in (2, 3)
    assert said.text.startswith((f"{taken} is there and not empty.", f"{taken} cannot be written:"))
    assert (folder / "file.txt").read_text() == "mine"
    assert not (folder / "knowledge/glossary.yaml").exists()


def test_a_new_folder_may_be_there_if_it_is_empty(folder: Path) -> None:
    (folder / "empty").mkdir()

    assert knowledge("new", "empty").code == 0
