"""A chat of the running simulator as a conversation script."""

from pathlib import Path

from bot.cli.output import load, say, sentence
from bot.core.ports import BotError, ChannelError


def record_chat(path: Path, *, person: str) -> None:
    """Write a person's chat, or the last one, into a new script, or at the end of one.

    Raises:
        BotError: no simulator answers, nobody wrote anything, or the file cannot be written.
    """
    settings = load()
    url = settings.telegram_url or f"http://{settings.simulator_listen}"
    script = _fetch(url, person)
    try:
        is_begun = path.exists() and path.stat().st_size > 0
        with path.open("a", encoding="utf-8") as file:
            file.write(f"---\n{script}" if is_begun else script)
    except OSError as error:
        raise BotError("file_unwritable", path=path, reason=error) from error
    say(sentence("recorded", path=path))


def _fetch(url: str, person: str) -> str:
    import httpx

    wanted = {"person": person} if person else {}
    try:
        answer = httpx.get(f"{url}/control/script", params=wanted, trust_env=False, timeout=30)
    except httpx.HTTPError as error:
        raise ChannelError("simulator_away", url=url) from error
    if answer.status_code != httpx.codes.OK:
        raise ChannelError("chat_missing", person=person or "–", url=url)
    return answer.text
