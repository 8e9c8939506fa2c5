"""Where a file goes that staff send, and that nothing else is touched."""

import os
import stat
from pathlib import Path

import pytest

from bot.backends.knowledge.places import (
    Misplaced,
    Place,
    Reason,
    content_of,
    copy_with,
    digest,
    place_of,
    put,
)
from bot.core.ports import KnowledgeError
from tests.integration.knowledge_folders import write


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Files in a folder, one of them twice, and links to what is outside."""
    (tmp_path / "secret.md").write_text("outside", encoding="utf-8")
    (tmp_path / "elsewhere").mkdir()
    folder = write(tmp_path / "knowledge", {"a/one.md": "1", "a/two.md": "2", "b/two.md": "2"})
    (folder / "link.md").symlink_to(tmp_path / "secret.md")
    (folder / "out").symlink_to(tmp_path / "elsewhere")
    return folder


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(
    ("name", "said", "place"),
    [
        ("one.md", "", Place("a/one.md")),
        ("one (1).md", "", Place("a/one.md")),
        ("one.md", "please have a look", Place("a/one.md")),
        ("sources.yaml", "", Place("sources.yaml")),
        ("anything.md", "b/two.md", Place("b/two.md")),
        ("anything.md", "`b/two.md`\nthanks", Place("b/two.md")),
        ("two.md", "knowledge/b/", Place("b/two.md")),
        ("new.md", "a/", Place("a/new.md", is_new=True)),
        ("x", "new.en.md", Place("new.en.md", is_new=True)),
        ("glossary.yaml", "glossary.yaml", Place("glossary.yaml", is_new=True)),
    ],
)
def test_a_place_is_said_or_found_by_the_name(
    folder: Path, name: str, said: str, place: Place
) -> None:
    assert place_of(folder, name, said) == place


@pytest.mark.parametrize(
    ("name", "said", "reason"),
    [
        ("two.md", "", "unclear"),
        ("three.md", "", "nowhere"),
        ("three.exe", "", "kind"),
        ("", "", "kind"),
        ("sources.yaml", "a/sources.yaml", "kind"),
        ("x.md", "/etc/x.md", "path"),
        ("x.md", "../x.md", "path"),
        ("x.md", "a/../../x.md", "path"),
        ("x.md", "a//x.md", "path"),
        ("x.md", "a/.hidden.md", "path"),
        ("x.md", "a/_x.md", "path"),
        ("x.md", "a\\x.md/", "path"),
        ("../../x.md", "a/", "path"),
        ("x.md", "a/x\0.md", "path"),
        ("x.md", "1/2/3/4/5/6/x.md", "path"),
        ("x.md", "a/README.md", "unread"),
        ("x.md", "c/x.md", "folder"),
        ("x.md", "out/x.md", "folder"),
        ("link.md", "", "link"),
        ("x.md", "link.md", "link"),
    ],
)
def test_a_place_that_is_none_is_refused(
    folder: Path, name: str, said: str, reason: Reason
) -> None:
    found = place_of(folder, name, said)

    assert isinstance(found, Misplaced)
    assert found.reason == reason


def test_what_was_probably_meant_is_named(folder: Path) -> None:
    assert place_of(folder, "two.md", "") == Misplaced("unclear", ("a/two.md", "b/two.md"))
    assert place_of(folder, "x.md", "c/x.md") == Misplaced("folder", ("a", "b"))
    assert place_of(folder, "x.md", "") == Misplaced("nowhere", ("a/x.md",))


def test_a_file_is_put_in_place_of_another_whole_and_with_its_rights(folder: Path) -> None:
    (folder / "a" / "one.md").chmod(0o640)

    put(folder, "a/one.md", b"new")

    assert (folder / "a" / "one.md").read_bytes() == b"new"
    assert stat.S_IMODE((folder / "a" / "one.md").stat().st_mode) == 0o640
    assert names_in(folder / "a") == ["one.md", "two.md"]


def test_a_new_file_can_be_read_by_whom_the_system_lets(folder: Path) -> None:
    before = os.umask(0o027)
    put(folder, "a/new.md", b"new")
    os.umask(before)

    assert stat.S_IMODE((folder / "a" / "new.md").stat().st_mode) == 0o640


@pytest.mark.parametrize("path", ["out/x.md", "gone/x.md"])
def test_no_link_is_followed_and_no_folder_made(folder: Path, path: str) -> None:
    with pytest.raises(KnowledgeError) as refused:
        put(folder, path, b"new")

    assert refused.value.code == "knowledge_unwritable"
    assert list((folder.parent / "elsewhere").iterdir()) == []


def test_a_link_is_replaced_and_what_it_leads_to_is_left(folder: Path) -> None:
    put(folder, "link.md", b"new")

    assert (folder / "link.md").read_bytes() == b"new"
    assert (folder.parent / "secret.md").read_text(encoding="utf-8") == "outside"


def test_a_write_that_fails_leaves_everything_as_it_was(folder: Path) -> None:
    (folder / "a" / "x.md").mkdir()

    with pytest.raises(KnowledgeError):
        put(folder, "a/x.md", b"new")

    assert names_in(folder / "a") == ["one.md", "two.md", "x.md"]


def test_a_copy_has_the_file_and_the_folder_has_not(folder: Path) -> None:
    with copy_with(folder, "a/new.md", b"new") as copy:
        names = sorted(path.relative_to(copy).as_posix() for path in copy.rglob("*.md"))

    assert names == ["a/new.md", "a/one.md", "a/two.md", "b/two.md", "link.md", "stalls.md"]
    assert not copy.exists()
    assert content_of(folder, "a/new.md") is None


def test_a_digest_tells_every_other_file(folder: Path) -> None:
    before = digest(folder, beside="a/one.md")
    (folder / "a" / "one.md").write_text("other", encoding="utf-8")
    same = digest(folder, beside="a/one.md")
    (folder / "b" / "two.md").rename(folder / "b" / "three.md")

    assert same == before
    assert digest(folder, beside="a/one.md") != before
