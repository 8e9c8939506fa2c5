"""`akar status`, `akar replay`, `akar export` and `akar forget`."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.knowledge import described_live, is_folder_live, say_folder, say_live
from bot.cli.logs import redacted
from bot.cli.output import (
    CONTENT_FAILED,
    load,
    say,
    say_beside,
    say_json,
    say_problem,
    say_rows,
    sentence,
)
from bot.core.ports import BotError, KnowledgeError, StoreError

if TYPE_CHECKING:
    from bot.backends.keys import Cipher
    from bot.backends.store.database import Database
    from bot.settings import Settings

Json = dict[str, Any]

_LARGEST = 2**63 - 1
Person = Annotated[
    int, typer.Argument(metavar="ID", help="Their Telegram id.", min=-_LARGEST, max=_LARGEST)
]


def status(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Say what is live, what waits, what failed and why.

    Example: `akar status`
    """
    settings = load()
    from bot.app.assembly import is_begun

    has_begun = is_begun(settings)
    found = asyncio.run(_look(settings)) if has_begun else _nothing()
    if as_json:
        say_json(found)
        return
    if not has_begun:
        say(sentence("data_none", path=settings.data))
    say_live(found["live"], settings.knowledge)
    if found["live"] and found["live"]["folder_is_live"] is not None:
        say_folder(settings.knowledge, is_live=found["live"]["folder_is_live"])
    _say_backlog(found)
    _say_failing(found)


def replay() -> None:
    """Try once more what failed: a running bot within seconds, else at its next start.

    Example: `akar replay`
    """
    settings = load()

    async def main() -> int:
        from bot.backends.store.mail import replay_dead

        async with _opened(settings) as (database, _):
            return await replay_dead(database)

    count = asyncio.run(main())
    say(sentence("replayed", count=count) if count else sentence("dead_none"))


def export(person: Person) -> None:
    """Print everything that is kept about a person, as JSON.

    Example: `akar export 123456789 > person.json`
    """
    kept, place = asyncio.run(_kept(load(), person))
    say_json(kept, indent=2)
    if _is_nothing(kept):
        say_beside(sentence("kept_nothing", person=person, place=place))


def forget(
    person: Person,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete everything that is kept about a person, for ever.

    Example: `akar forget 123456789`
    """
    settings = load()
    if not yes and not sys.stdin.isatty():
        raise BotError("forget_unasked", person=person)
    kept, place = asyncio.run(_kept(settings, person))
    if _is_nothing(kept):
        say(sentence("kept_nothing", person=person, place=place))
        return
    if not yes and not typer.confirm(_question(kept)):
        say(sentence("forgotten_nothing"))
        raise typer.Exit(CONTENT_FAILED)
    asyncio.run(_forget(settings, person))
    say(sentence("forgotten", person=person, place=place))
    if waiting := [each for each in kept["messages"] if each["state"] == "waiting"]:
        say(sentence("forgotten_later", count=len(waiting)))


@asynccontextmanager
async def _opened(settings: "Settings") -> AsyncIterator[tuple["Database", "Cipher"]]:
    """Open the state that is there.

    Raises:
        StoreError: there is none, which in a mistyped folder must not pass for an empty one.
    """
    from bot.app.assembly import is_begun, open_state

    if not is_begun(settings):
        raise StoreError("data_missing", path=settings.data)
    async with open_state(settings) as opened:
        yield opened


async def _look(settings: "Settings") -> Json:
    """Describe the state of a bot for programs."""
    from bot.backends.knowledge.versions import Versions
    from bot.backends.store.mail import backlog_of
    from bot.backends.store.processes import count_processes
    from bot.backends.store.troubles import Troubles

    async with _opened(settings) as (database, _):
        backlog = await backlog_of(database)
        age = None if backlog.oldest is None else max(time.time() - backlog.oldest, 0.0)
        return {
            "live": await _live(Versions(database), settings),
            "waiting": {"count": backlog.waiting, "oldest_seconds": age and round(age, 1)},
            "failed": [
                {"update": each.update, "at": _iso(each.at), "reason": redacted(each.reason)}
                for each in backlog.dead
            ],
            "failing": [
                {"code": each.code, "since": _iso(each.at)}
                for each in await Troubles(database).all()
            ],
            "processes": await count_processes(database),
        }


def _nothing() -> Json:
    """Describe the state of a bot that never ran."""
    waiting = {"count": 0, "oldest_seconds": None}
    return {"live": None, "waiting": waiting, "failed": [], "failing": [], "processes": None}


async def _live(versions: Any, settings: "Settings") -> Json | None:
    """Describe what is live; without the folder, which may be on another machine, say so."""
    live = await described_live(versions)
    if live is None:
        return None
    try:
        return live | {"folder_is_live": await is_folder_live(versions, settings.knowledge)}
    except KnowledgeError as error:
        say_problem(error)
        return live | {"folder_is_live": None}


def _say_backlog(found: Mapping[str, Any]) -> None:
    count, seconds = found["waiting"]["count"], found["waiting"]["oldest_seconds"]
    age = _spelled(seconds or 0)
    say(sentence("waiting", count=count, age=age) if count else sentence("waiting_none"))
    failed: Sequence[Json] = found["failed"]
    say(sentence("dead", count=len(failed)) if failed else sentence("dead_none"))
    say_rows(
        ("update", "came_at", "reason"),
        [(str(each["update"]), each["at"], each["reason"]) for each in failed],
    )


def _say_failing(found: Mapping[str, Any]) -> None:
    failing: Sequence[Json] = found["failing"]
    say(sentence("failing" if failing else "failing_none"))
    say_rows(("trouble", "since"), [(each["code"], each["since"]) for each in failing])
    if found["processes"] is not None:
        say(sentence("processes", count=found["processes"]))


async def _kept(settings: "Settings", person: int) -> tuple[Json, str]:
    """Return what is kept about a person, and where."""
    from bot.backends.store.people import People

    async with _opened(settings) as (database, cipher):
        return dict(await People(database, cipher).export(person)), database.place


async def _forget(settings: "Settings", person: int) -> None:
    from bot.backends.store.people import People

    async with _opened(settings) as (database, cipher):
        await People(database, cipher).forget(person)


def _is_nothing(kept: Json) -> bool:
    return not any(value for name, value in kept.items() if name != "person")


def _question(kept: Json) -> str:
    return sentence(
        "forget_question",
        person=kept["person"],
        votes=len(kept["votes"]),
        questions=len(kept["questions"]),
        wishes=len(kept["wishes"]),
        messages=len(kept["messages"]),
    )


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")


def _spelled(seconds: float) -> str:
    """Return a time as hours, minutes and seconds."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"
