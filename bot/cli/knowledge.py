"""`akar knowledge …`."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.ageing import live_due, say_due
from bot.cli.changes import say_change
from bot.cli.output import (
    CONTENT_FAILED,
    load,
    progress,
    say,
    say_findings,
    say_json,
    say_rows,
    sentence,
)
from bot.cli.pages import write_page

if TYPE_CHECKING:
    from bot.backends.knowledge.folder import Checked
    from bot.backends.knowledge.trial import Preview
    from bot.backends.knowledge.versions import Versions

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, one object a line.")]

_PREVIEWED = 500  # Of people's questions.

app = typer.Typer(help="Check and publish the knowledge folder.", no_args_is_help=True)


@app.command()
def check(
    *,
    as_json: AsJson = False,
) -> None:
    """Read the whole folder and name every finding; change nothing.

    Example: `akar knowledge check`
    """
    settings = load()

    async def main() -> "Checked":
        from bot.app.assembly import open_beside

        async with open_beside(settings) as bot:
            with progress() as on_progress:
                return await bot.knowledge.check(on_progress=on_progress)

    checked = asyncio.run(main())
    folder = settings.knowledge
    say_findings(checked.findings, folder, as_json=as_json)
    if not as_json:
        mistakes = len(checked.mistakes)
        warnings = len(checked.findings) - mistakes
        cards = len({card.name for card in checked.content.cards})
        say(sentence("checked", path=folder, cards=cards, mistakes=mistakes, warnings=warnings))
    if checked.mistakes:
        raise typer.Exit(CONTENT_FAILED)


@app.command()
def sync(
    *,
    accept: Annotated[
        bool, typer.Option("--accept", help="Publish although pinned questions break.")
    ] = False,
) -> None:
    """Publish the folder: only what changed is embedded, all or nothing.

    Example: `akar knowledge sync`
    """
    settings = load()

    async def main() -> None:
        from bot.app.assembly import open_app
        from bot.app.authors import operator

        began = time.perf_counter()
        async with open_app(settings) as bot:
            with progress() as on_progress:
                published = await bot.knowledge.publish(
                    on_progress=on_progress, accept=accept, by=operator()
                )
            content = await bot.knowledge.versions.content(published.version)
        say(
            sentence(
                "indexed" if published.is_new else "unchanged",
                count=len({card.name for card in content.cards}),
                embedded=published.embedded,
                seconds=round(time.perf_counter() - began, 1),
            )
        )

    asyncio.run(main())


@app.command()
def preview(
    html: Annotated[
        Path | None, typer.Option(help="Write the report as one page for a browser.")
    ] = None,
) -> None:
    """Show which questions would be answered otherwise if the folder were published now.

    Asked are the pinned questions and the last 500 that people asked.

    Example: `akar knowledge preview --html preview.html`
    """
    settings = load()

    async def main() -> "Preview":
        from bot.app.assembly import open_beside

        async with open_beside(settings) as bot:
            asked = await bot.people.asked(limit=_PREVIEWED)
            with progress() as on_progress:
                return await bot.knowledge.preview(asked, on_progress=on_progress)

    found = asyncio.run(main())
    say_findings(found.broken, settings.knowledge, as_json=False)
    for change in found.changes:
        say_change(change)
    if html:
        write_page(html, "preview", preview=found, folder=settings.knowledge)
    say(sentence("previewed", changed=len(found.changes), asked=found.asked))
    if found.broken:
        raise typer.Exit(CONTENT_FAILED)


@app.command()
def history(
    *,
    as_json: AsJson = False,
) -> None:
    """List the versions that are kept, newest first, with what each changed.

    Example: `akar knowledge history`
    """
    settings = load()

    async def main() -> list[dict[str, Any]]:
        from bot.app.assembly import open_beside

        async with open_beside(settings) as bot:
            return await described_versions(bot.knowledge.versions)

    versions = asyncio.run(main())
    if as_json:
        for version in versions:
            say_json(version)
        return
    if not versions:
        say(sentence("not_live", path=settings.knowledge))
    names = ("version", "published", "by", "cards", "added", "changed", "removed", "state")
    say_rows(names, [_history_row(version) for version in versions])


@app.command()
def rollback(
    number: Annotated[
        int | None, typer.Argument(metavar="VERSION", help="Its number in `history`.", min=1)
    ] = None,
) -> None:
    """Make an earlier version live again: the one before the live one, or the one named.

    The folder stays as it is; it is published again when it is changed.

    Example: `akar knowledge rollback`, or `akar knowledge rollback 7`
    """
    settings = load()

    async def main() -> dict[str, Any] | None:
        from bot.app.assembly import open_beside
        from bot.app.authors import operator

        async with open_beside(settings) as bot:
            with progress() as on_progress:
                await bot.knowledge.roll_back(number, on_progress=on_progress, by=operator())
            return await described_live(bot.knowledge.versions)

    say_live(asyncio.run(main()), settings.knowledge)
    say(sentence("rolled_back", path=settings.knowledge))


@app.command()
def status() -> None:
    """Say what is live, whether the folder differs from it, and which cards have grown old.

    Example: `akar knowledge status`
    """
    settings = load()

    async def main() -> None:
        from bot.app.assembly import open_app

        async with open_app(settings) as bot:
            versions = bot.knowledge.versions
            live = await described_live(versions)
            say_live(live, settings.knowledge)
            if live:
                is_live = await is_folder_live(versions, settings.knowledge)
                say_folder(settings.knowledge, is_live=is_live)
                say_due(await live_due(versions))

    asyncio.run(main())


async def described_live(versions: "Versions") -> dict[str, Any] | None:
    """Describe the version that is live, if one is."""
    live = await versions.live()
    if live is None:
        return None
    content = await versions.content(live)
    return {
        "version": live.number,
        "at": live.at,
        "by": live.by,
        "cards": len({card.name for card in content.cards}),
        "languages": sorted({card.language for card in content.cards}),
        "embeddings": live.embeddings,
        "state": live.state,
        "kept": len(await versions.all()),
    }


async def described_versions(versions: "Versions") -> list[dict[str, Any]]:
    """Describe every version that is kept, newest first, and what each changed."""
    from bot.backends.knowledge.difference import changed_cards

    live = await versions.live()
    described: list[dict[str, Any]] = []
    older = None
    for version in reversed(await versions.all()):
        content = await versions.content(version)
        changes = changed_cards(content, before=older or content)  # Nothing of the first one.
        described.append(
            {
                "version": version.number,
                "at": version.at,
                "by": version.by,
                "cards": len({card.name for card in content.cards}),
                "live": live is not None and version.number == live.number,
                "state": version.state,
                "embeddings": version.embeddings,
                **{name: list(names) for name, names in asdict(changes).items()},
            }
        )
        older = content
    return described[::-1]


def _history_row(version: Mapping[str, Any]) -> list[str]:
    state = "state_live" if version["live"] else f"state_{version['state']}"
    return [
        str(version["version"]),
        f"{datetime.fromisoformat(version['at']):%Y-%m-%d %H:%M:%S}",
        spelled_by(version["by"]),
        str(version["cards"]),
        *(str(len(version[what])) for what in ("added", "changed", "removed")),
        sentence(state),
    ]


def spelled_by(by: str) -> str:
    """Say by whom a version was published, as it stands with the version."""
    way, _, who = by.partition(":")
    return sentence(f"by_{way or 'nobody'}", who=who)


def say_live(live: Mapping[str, Any] | None, folder: Path) -> None:
    """Print what is live, as it was described."""
    if live is None:
        say(sentence("not_live", path=folder))
        return
    say(
        sentence(
            "live",
            number=live["version"],
            at=f"{datetime.fromisoformat(live['at']):%Y-%m-%d %H:%M:%S}",
            by=spelled_by(live["by"]),
            cards=live["cards"],
            languages=", ".join(live["languages"]),
            embeddings=live["embeddings"],
            state=sentence(f"state_{live['state']}"),
        )
    )
    say(sentence("versions_kept", count=live["kept"]))


async def is_folder_live(versions: "Versions", folder: Path) -> bool:
    """Say whether the folder, as it is now, is what is live.

    Raises:
        KnowledgeError: there is no folder, or it cannot be read.
    """
    from bot.backends.knowledge.folder import check_folder

    live = await versions.live()
    today = datetime.now(UTC).astimezone().date()
    checked = await asyncio.to_thread(check_folder, folder, today=today)
    return live is not None and checked.content.hash() == live.hash and not checked.mistakes


def say_folder(folder: Path, *, is_live: bool) -> None:
    """Print whether the folder is what is live."""
    say(sentence("folder_same" if is_live else "folder_differs", path=folder))
