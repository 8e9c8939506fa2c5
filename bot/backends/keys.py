"""The keys under which people's texts are kept: given, or made once beside the data folder."""

import base64
import hashlib
import os
import re
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from bot.core.ports import StoreError

_KEY = re.compile(r"[A-Za-z0-9_-]{43}=")  # Fernet itself overlooks what follows the "=".
_CONTEXT = b"akar fingerprint"  # Sets the fingerprint apart from any other digest of a key.
_OTHERS = 0o077  # What a file's mode lets anyone but its owner do.


@dataclass(frozen=True, slots=True)
class Cipher:
    """Encrypts under its first key and decrypts under each of them; shows only fingerprints."""

    fingerprints: tuple[str, ...]
    _fernet: MultiFernet = field(repr=False, compare=False)
    _first: Fernet = field(repr=False, compare=False)

    @classmethod
    def of(cls, keys: str) -> "Cipher":
        """Return the cipher of Fernet keys, separated by commas.

        Raises:
            StoreError: there is no key, or one of them is malformed.
        """
        written = [key.strip() for key in keys.split(",") if key.strip()]
        if not written or not all(map(_KEY.fullmatch, written)):
            raise StoreError("key_invalid")
        fernets = [Fernet(key) for key in written]
        return cls(tuple(map(_fingerprint, written)), MultiFernet(fernets), fernets[0])

    def encrypt(self, data: bytes) -> bytes:
        """Return the data as a token under the first key."""
        return self._fernet.encrypt(data)

    def decrypt(self, token: bytes) -> bytes:
        """Return what a token holds.

        Raises:
            StoreError: no key fits it, or it is damaged.
        """
        try:
            return self._fernet.decrypt(token)
        except InvalidToken as error:
            raise StoreError("key_wrong") from error

    def is_current(self, token: bytes) -> bool:
        """Say whether a token is under the first key."""
        try:
            self._first.decrypt(token)
        except InvalidToken:
            return False
        return True


def load_keys(given: str | None, *, data: Path, is_shared: bool) -> Cipher:
    """Return the cipher of the given keys, else of the file beside the data folder.

    The file is made where there is none. A database that several processes share needs given keys.

    Raises:
        StoreError: the keys are malformed or missing, or the file cannot be used or made.
    """
    if given is not None:
        return Cipher.of(given)
    if is_shared:
        raise StoreError("key_missing")
    path = data.absolute()  # A folder named `.` has no name of its own.
    path = path.parent / f"{path.name}.key"
    _make_once(path)
    return _read(path)


def check(stored: str | None, cipher: Cipher) -> None:
    """Check that the database, which noted this fingerprint or none yet, is read by the cipher.

    Raises:
        StoreError: it was written under another key.
    """
    if stored is not None and stored not in cipher.fingerprints:
        raise StoreError("key_wrong")


def _fingerprint(key: str) -> str:
    secret = base64.urlsafe_b64decode(key)
    return hashlib.blake2b(secret, digest_size=8, person=_CONTEXT).hexdigest()


def _make_once(path: Path) -> None:
    """Make a key file whole at once; of several makers the first wins, and a crash leaves none."""
    try:
        if path.exists():
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f"{path.name}.") as draft:
            draft.write(Fernet.generate_key() + b"\n")
            draft.flush()
            os.fsync(draft.fileno())
            _link(Path(draft.name), path)
        _sync_folder(path.parent)
    except OSError as error:
        raise StoreError("data_unwritable", path=path, reason=error) from error


def _link(draft: Path, path: Path) -> None:
    try:
        path.hardlink_to(draft)
    except FileExistsError:  # Another process was first: its key counts.
        return


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read(path: Path) -> Cipher:
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            content = file.read()
    except OSError as error:
        raise StoreError("key_unreadable", path=path, reason=error) from error
    if mode & _OTHERS:
        raise StoreError("key_open", path=path)
    try:
        return Cipher.of(content.decode("ascii"))
    except (StoreError, UnicodeDecodeError) as error:
        raise StoreError("key_damaged", path=path) from error
