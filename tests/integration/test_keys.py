"""The keys under which people's texts are kept: a real file, real tokens."""

import base64
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.backends.keys import Cipher, check, load_keys
from bot.core.ports import StoreError
from tests.conftest import ROOT

pytestmark = pytest.mark.timeout(300)

OLD, NEW = (base64.urlsafe_b64encode(bytes(range(start, start + 32))).decode() for start in (0, 99))
TEXT = b"nama saya Sari"


def key_file(data: Path) -> Path:
    return data.with_name(f"{data.name}.key")


def load(data: Path, given: str | None = None) -> Cipher:
    return load_keys(given, data=data, is_shared=False)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def open_mask() -> Iterator[None]:
    """Let new files be readable by everyone, as far as they ask for it."""
    before = os.umask(0)
    yield
    os.umask(before)


# The cipher.


def test_what_was_encrypted_can_be_decrypted() -> None:
    cipher = Cipher.of(NEW)

    assert cipher.decrypt(cipher.encrypt(TEXT)) == TEXT


def test_a_token_does_not_show_the_text() -> None:
    assert TEXT not in Cipher.of(NEW).encrypt(TEXT)


def test_the_first_key_writes() -> None:
    token = Cipher.of(f"{NEW},{OLD}").encrypt(TEXT)

    assert Cipher.of(NEW).decrypt(token) == TEXT


def test_every_key_reads() -> None:
    token = Cipher.of(OLD).encrypt(TEXT)

    assert Cipher.of(f" {NEW} , {OLD},\n").decrypt(token) == TEXT


def test_another_key_does_not_read() -> None:
    token = Cipher.of(OLD).encrypt(TEXT)

    with pytest.raises(StoreError, match="key_wrong"):
        Cipher.of(NEW).decrypt(token)


@pytest.mark.parametrize("token", [b"", b"gAAAAA", b"\xff\x00", b"gAAAA" * 40])
def test_what_is_no_token_is_not_read(token: bytes) -> None:
    with pytest.raises(StoreError, match="key_wrong"):
        Cipher.of(NEW).decrypt(token)


@pytest.mark.parametrize(
    "keys",
    ["", ",", "secret", NEW[:-8], f"{NEW},secret", f"{NEW}{OLD}", f"{NEW} {OLD}", "é" * 43 + "="],
)
def test_malformed_keys_are_refused_without_being_shown(keys: str) -> None:
    with pytest.raises(StoreError) as refused:
        Cipher.of(keys)

    assert (refused.value.code, refused.value.values) == ("key_invalid", {})


def test_each_key_has_a_fingerprint_of_its_own() -> None:
    new, old = Cipher.of(f"{NEW},{OLD}").fingerprints

    assert ((new,), (old,)) == (Cipher.of(NEW).fingerprints, Cipher.of(OLD).fingerprints)
    assert new != old
    assert {len(new), len(old)} == {16}


def test_a_fingerprint_is_the_same_in_every_version() -> None:
    assert Cipher.of("A" * 43 + "=").fingerprints == ("55ff8bf5963840a9",)


def test_a_cipher_shows_no_key() -> None:
    cipher = Cipher.of(f"{NEW},{OLD}")

    shown = f"{cipher} {cipher!r} {cipher.fingerprints}"

    assert [key for key in (NEW, OLD) if key in shown or key[:8] in shown] == []


# The keys that are used.


def test_given_keys_win(data: Path) -> None:
    load(data)

    assert load(data, NEW) == Cipher.of(NEW)


def test_given_keys_make_no_file(data: Path) -> None:
    load(data, NEW)

    assert not key_file(data).exists()


def test_given_keys_that_are_malformed_are_told_as_such(data: Path) -> None:
    with pytest.raises(StoreError, match="key_invalid"):
        load(data, "secret")


def test_a_shared_database_needs_given_keys(data: Path) -> None:
    load(data)

    with pytest.raises(StoreError, match="key_missing"):
        load_keys(None, data=data, is_shared=True)


def test_a_shared_database_takes_given_keys(data: Path) -> None:
    assert load_keys(NEW, data=data, is_shared=True) == Cipher.of(NEW)


def test_a_key_is_made_once_beside_the_data_folder(data: Path) -> None:
    first = load(data)

    assert load(data) == first
    assert key_file(data).read_text().strip()
    assert sorted(data.parent.iterdir()) == [key_file(data)]


def test_each_data_folder_has_a_key_of_its_own(tmp_path: Path) -> None:
    assert load(tmp_path / "one") != load(tmp_path / "two")


def test_a_key_is_made_before_the_folders_around_the_data_are(tmp_path: Path) -> None:
    load(tmp_path / "srv" / "akar" / "data")

    assert (tmp_path / "srv" / "akar" / "data.key").is_file()


def test_a_data_folder_without_a_name_has_its_key_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")

    load(Path())

    assert (tmp_path / "here.key").is_file()


def test_a_made_key_is_readable_by_its_owner_only(data: Path, open_mask: None) -> None:
    load(data)

    assert stat.S_IMODE(key_file(data).stat().st_mode) == 0o600


def test_many_first_starts_at_once_get_the_same_key(data: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from bot.backends.keys import load_keys;"
        "sys.stdin.readline();"
        f"print(load_keys(None, data=Path({str(data)!r}), is_shared=False).fingerprints[0])"
    )
    starts = [
        subprocess.Popen(
            [sys.executable, "-c", code],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(6)
    ]
    for start in starts:
        assert start.stdin
        start.stdin.write("\n")
        start.stdin.flush()

    fingerprints = {start.communicate(timeout=60)[0].strip() for start in starts}

    assert fingerprints == set(load(data).fingerprints)
    assert sorted(data.parent.iterdir()) == [key_file(data)]


def test_a_file_of_several_keys_reads_with_each(data: Path) -> None:
    key_file(data).touch(0o600)
    key_file(data).write_text(f"{NEW},{OLD}\n")

    assert load(data) == Cipher.of(f"{NEW},{OLD}")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660])
def test_a_file_that_others_can_use_is_refused(data: Path, mode: int) -> None:
    load(data)
    key_file(data).chmod(mode)

    with pytest.raises(StoreError) as refused:
        load(data)

    assert (refused.value.code, refused.value.values) == ("key_open", {"path": key_file(data)})


@pytest.mark.parametrize("content", [b"", b"\n", b"secret", NEW[:20].encode(), b"\xff\xfe\x00"])
def test_a_damaged_file_is_refused_and_left_as_it_is(data: Path, content: bytes) -> None:
    key_file(data).touch(0o600)
    key_file(data).write_bytes(content)

    with pytest.raises(StoreError) as refused:
        load(data)

    assert (refused.value.code, refused.value.values) == ("key_damaged", {"path": key_file(data)})
    assert key_file(data).read_bytes() == content


def test_a_key_file_that_leads_nowhere_is_told_as_such(data: Path) -> None:
    key_file(data).symlink_to(data.parent / "gone")

    with pytest.raises(StoreError) as refused:
        load(data)

    assert refused.value.code == "key_unreadable"
    assert refused.value.values["path"] == key_file(data)


def test_a_folder_where_the_key_should_be_is_told_as_such(data: Path) -> None:
    key_file(data).mkdir()

    with pytest.raises(StoreError, match="key_unreadable"):
        load(data)


def test_a_place_where_no_key_can_be_made_is_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(StoreError) as refused:
        load(tmp_path / "file" / "data")

    assert refused.value.code == "data_unwritable"
    assert refused.value.values["path"] == tmp_path / "file" / "data.key"


# The key that the database was written under.


def test_a_database_without_a_fingerprint_takes_any_key() -> None:
    check(None, Cipher.of(NEW))


@pytest.mark.parametrize("keys", [OLD, f"{NEW},{OLD}"])
def test_a_database_opens_with_the_key_it_was_written_under(keys: str) -> None:
    check(Cipher.of(OLD).fingerprints[0], Cipher.of(keys))


def test_a_database_does_not_open_with_another_key() -> None:
    with pytest.raises(StoreError, match="key_wrong"):
        check(Cipher.of(OLD).fingerprints[0], Cipher.of(NEW))
