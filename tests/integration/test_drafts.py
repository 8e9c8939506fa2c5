"""A document that staff have becomes a draft knowledge file; nothing of it is live."""

import io
import socket
import zipfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.backends.knowledge.documents import MAX_BYTES, markdown_of
from bot.backends.knowledge.drafts import Draft, Head, draft_of, drafted, slug
from bot.backends.knowledge.folder import Checked, check_folder
from bot.backends.knowledge.markdown import read_file
from bot.backends.knowledge.placing import place, write_new
from bot.core.ports import KnowledgeError
from tests.fakes import TODAY
from tests.integration import documents
from tests.integration.documents import docx, heading, paragraph, pdf, table, xlsx
from tests.integration.knowledge_folders import write

pytestmark = pytest.mark.timeout(120)

HEAD = Head("stalls", "id", date(2030, 6, 15), "First line.\nSecond line.")
LONG = "Kios yang ditutup lebih dari tujuh hari harus dilaporkan kepada petugas pasar."


def draft(markdown: str) -> Draft:
    """The draft of what a document holds."""
    return draft_of(markdown, "Buka kios.txt", HEAD)


def checked(text: str, folder: Path) -> Checked:
    """What a folder with a live file and this one beside it holds."""
    return check_folder(write(folder, {"draft.md": text}), today=TODAY)


def test_a_word_file_becomes_cards_under_its_headings(tmp_path: Path) -> None:
    rows = [["Kios", "Sewa", "Lama"], ["Kecil", "Rp5", "1 hari"]]
    content = docx(
        paragraph("Buka kios", style="Title"),
        heading(2, "Syarat"),
        paragraph("Ditanyakan: syaratnya apa | perlu apa"),
        paragraph("Bawa KTP & foto_baru."),
        heading(2, "Biaya"),
        table(rows),
        heading(2, "Syarat"),
        paragraph(LONG),
        *[paragraph(f"{number}. {LONG}") for number in range(20)],
    )

    made = drafted(content, "Panduan Kios.docx", HEAD)

    assert made.text.startswith(
        "---\n# First line.\n# Second line.\ntopic: stalls\nlanguage: id\nchanged: 2030-06-15\n"
        "draft: true\n---\n# Buka kios\n\n## Syarat {#syarat}\n"
        "Ditanyakan: syaratnya apa | perlu apa\n\nBawa KTP & foto_baru.\n\n"
        "## Biaya {#biaya}\n\n- **Kecil** · Sewa: Rp5 · Lama: 1 hari\n\n## Syarat {#syarat-2}\n\n"
    )
    assert (made.stem, made.cards, made.tables, made.pictures) == ("panduan-kios", 5, 1, 0)
    assert "## Syarat (3) {#syarat-4}" in made.text
    found = checked(made.text, tmp_path)
    assert {finding.code for finding in found.findings} == {
        *("DRAFT_FILE", "NO_DATE", "NO_QUESTIONS", "NO_SOURCE"),
    }
    assert (found.mistakes, len(found.content.cards)) == ((), 2)


def test_what_every_card_of_a_draft_lacks_is_said_once(tmp_path: Path) -> None:
    found = checked(draft("# A\n\nx\n\n# B\n\ny").text, tmp_path).findings

    assert [(finding.line, finding.code) for finding in found] == [
        *((1, "DRAFT_FILE"), (1, "NO_DATE"), (1, "NO_SOURCE")),
        *((11, "NO_QUESTIONS"), (15, "NO_QUESTIONS")),
    ]


def test_an_excel_file_becomes_lists_and_questions() -> None:
    rates = [["Kota", "Ongkir", "Catatan"], ["Medan", "9", ""], ["Ambon", "", "a" * 80]]
    asked = [["Pertanyaan", "Jawaban"], ["Bisa COD?", "Bisa."], ["Lama?", "Dua hari."]]

    made = drafted(xlsx({"Tarif": rates, "Tanya": asked, "Kosong": []}), "tarif.xlsx", HEAD)

    body = made.text.partition("# tarif\n\n")[2]
    assert body == (
        f"## Tarif {{#tarif}}\n\n- **Medan** · Ongkir: 9\n- **Ambon** · Catatan: {'a' * 80}\n\n"
        "## Bisa COD? {#bisa-cod}\n\nBisa.\n\n## Lama? {#lama}\n\nDua hari.\n\n"
        "## Kosong {#kosong}\n"
    )


def test_a_list_that_is_only_numbered_is_no_trouble() -> None:
    rows = [["No", "Nama"], ["1", ""], ["2", ""], ["3", ""]]

    made = drafted(xlsx({"Hadir": rows}), "hadir.xlsx", HEAD)

    assert made.text.endswith("## Hadir {#hadir}\n\n- Nama\n")


def test_a_pdf_becomes_cards_under_its_short_lines() -> None:
    content = pdf("Panduan COD", "", "Apa itu COD?", f"{LONG} Lalu bayar", "di tempat.")

    made = drafted(content, "cod.pdf", HEAD)

    assert made.text.endswith(
        f"# Panduan COD\n\n## Apa itu COD? {{#apa-itu-cod}}\n\n{LONG} Lalu bayar di tempat.\n"
    )


def test_a_page_becomes_cards_under_its_headings() -> None:
    page = (
        "<title>T</title><body><h1>Kurir</h1><h2>Jadwal</h2><h3>Senin</h3><p>Pagi.<br>Sore.</p>"
        '<h3>Jadi kapan?</h3><img src="/x.png" alt="Peta"><script>x</script></body>'
    )

    made = drafted(page.encode(), "kurir.HTM", HEAD)

    assert made.pictures == 1
    assert made.text.endswith(
        "# Kurir\n\n## Jadwal: Senin {#jadwal-senin}\n\nPagi.\nSore.\n\n"
        "## Jadi kapan? {#jadi-kapan}\n\nPeta\n"
    )


@pytest.mark.parametrize("encoding", ["utf-16", "cp1252"])
def test_reads_a_text_however_it_was_saved(encoding: str) -> None:
    content = f"“Kafé” dibuka tiap hari. {LONG}".encode(encoding)

    assert markdown_of(content, "a.TXT").startswith("“Kafé” dibuka tiap hari.")


def test_nothing_that_a_document_names_is_fetched_or_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret.png"
    secret.write_text("secret")
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        url = f"http://127.0.0.1:{server.getsockname()[1]}/p.png"
        pictures = [documents.linked_picture("p1"), documents.linked_picture("p2")]
        links = {"p1": url, "p2": secret.as_uri()}

        text = markdown_of(docx(paragraph("Kios"), *pictures, links=links), "a.docx")

        with pytest.raises(TimeoutError):
            server.accept()
    assert text.strip() == "Kios"


def bomb() -> bytes:
    """A Word file of a few kilobytes that would fill the memory."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b" " * (11 * MAX_BYTES))
    return written.getvalue()


REFUSED = {
    "another kind": (b"x", "a.doc", "document_unknown"),
    "no kind": (b"x", "a", "document_unknown"),
    "nothing in it": (b" \n", "a.docx", "document_empty"),
    "no Word file": (b"text", "a.docx", "document_other"),
    "Excel named as Word": (xlsx({"A": [["b"]]}), "a.docx", "document_other"),
    "an old Word file": (b"\xd0\xcf\x11\xe0 WordDocument", "a.docx", "document_other"),
    "half a Word file": (docx(paragraph("a"))[:-30], "a.docx", "document_damaged"),
    "no PDF": (b"text", "a.pdf", "document_other"),
    "a damaged PDF": (b"%PDF-1.4 x", "a.pdf", "document_damaged"),
    "a PDF named as text": (pdf("a"), "a.txt", "document_other"),
    "a picture named as text": (b"\x89PNG\r\n\x00\x00", "a.txt", "document_other"),
    "a Word file with a password": (documents.locked_office(), "a.docx", "document_encrypted"),
    "a PDF with a password": (documents.locked_pdf(), "a.pdf", "document_encrypted"),
    "too many bytes": (b"a" * (MAX_BYTES + 1), "a.txt", "document_large"),
    "too much when unpacked": (bomb(), "a.docx", "document_large"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_read_is_refused_by_name(case: str) -> None:
    content, name, code = REFUSED[case]

    with pytest.raises(KnowledgeError) as refused:
        drafted(content, name, HEAD)

    assert (refused.value.code, refused.value.values["name"]) == (code, name)


@pytest.mark.parametrize("markdown", ["![](a.png)", "# A\n\n## B"])
def test_a_document_without_a_text_is_refused(markdown: str) -> None:
    with pytest.raises(KnowledgeError) as refused:
        draft(markdown)

    assert refused.value.code == "document_empty"


@pytest.mark.parametrize(
    ("text", "anchor"),
    [
        ("Buka toko!", "buka-toko"),
        ("Été à São", "ete-a-sao"),
        ("需要什么", "kartu"),
        (" ".join(["panjang"] * 9), "-".join(["panjang"] * 6)),
        ("a" * 60, "a" * 50),
    ],
)
def test_an_anchor_is_made_of_a_heading(text: str, anchor: str) -> None:
    assert slug(text) == anchor


def pieces(text: str) -> Iterator[str]:
    """The texts of the cards that one long text becomes."""
    for card in draft(f"# A\n\n{text}").text.split("\n## A")[1:]:
        yield card.partition("}\n\n")[2].strip()


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("\n\n".join(["a" * 500, "b" * 300, "c" * 300]), "a" * 500 + "\n\n" + "b" * 300),
        ("\n".join([f"- {'a' * 500}", f"- {'b' * 500}"]), f"- {'a' * 500}"),
        (" ".join([f"{'a' * 500}.", f"{'b' * 500}."]), f"{'a' * 500}."),
        (" ".join(["a" * 500, "b" * 500]), "a" * 500),
        ("a" * 1000, "a" * 900),
    ],
)
def test_a_long_text_is_cut_where_it_reads_best(text: str, first: str) -> None:
    cut = list(pieces(text))

    assert cut[0] == first
    assert "".join("".join(cut).split()) == "".join(text.split())


SCRAPS = [
    *(
        "# A\n",
        "## {#x} B\n",
        "**C**\n",
        "- a\n",
        "| a | b |\n",
        "| q? | r |\n",
        "|\n",
        "\n",
        "\n\n",
    ),
    *("Ditanyakan: x | y\n", "Ditanyakan:\n", "---\n", "```\n", "![a](b)\n", "[c](#d) ", "Apa?\n"),
    *("draft: false\n", "x" * 950, "kata " * 300, "\f", "\u200b", "\u2028", f"# {'j' * 130}\n"),
]


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(st.lists(st.sampled_from(SCRAPS) | st.text(max_size=20), max_size=25).map("".join))
def test_whatever_a_document_holds_its_draft_is_in_the_format(markdown: str) -> None:
    made = draft(f"{markdown}\n\na")

    read = read_file(made.text, file="a.md", stem="a", language="id")
    lacking = {"NO_DATE", "NO_SOURCE", "EMPTY_CARD", "ASKED_TOO_LATE", "KEY_TOO_LATE"}
    assert {finding.code for finding in read.findings} <= lacking
    assert (read.is_draft, len(read.cards)) == (True, made.cards)
    assert len({each.card.name for each in read.cards}) == made.cards


# Where it goes


@pytest.mark.parametrize(
    ("to", "target"),
    [
        ("", "kios.md"),
        ("a/b", "a/b/kios.md"),
        ("a/x.en.md", "a/x.en.md"),
        ("knowledge/a", "a/kios.md"),
    ],
)
def test_a_draft_goes_into_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, to: str, target: str
) -> None:
    monkeypatch.chdir(write(tmp_path / "knowledge").parent)

    assert place(Path("knowledge"), Path(to) if to else None, "kios").as_posix() == target


@pytest.mark.parametrize(
    ("to", "code"),
    [
        ("../x.md", "draft_outside"),
        ("/x.md", "draft_outside"),
        ("link", "draft_outside"),
        ("_x.md", "draft_unread"),
        (".x/y.md", "draft_unread"),
        ("README.md", "draft_unread"),
        ("x.txt", "draft_unread"),
        ("stalls.md", "draft_exists"),
        ("dangling.md", "draft_exists"),
    ],
)
def test_a_draft_goes_nowhere_else(tmp_path: Path, to: str, code: str) -> None:
    folder = write(tmp_path / "knowledge")
    (folder / "link").symlink_to(tmp_path)
    (folder / "dangling.md").symlink_to(tmp_path / "gone.md")

    with pytest.raises(KnowledgeError) as refused:
        place(folder, Path(to), "kios")

    assert refused.value.code == code


def test_a_draft_never_overwrites_a_file(tmp_path: Path) -> None:
    write_new(tmp_path / "new" / "a.md", "first")

    with pytest.raises(KnowledgeError):
        write_new(tmp_path / "new" / "a.md", "second")

    assert (tmp_path / "new" / "a.md").read_text() == "first"
