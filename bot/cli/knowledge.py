"""`akar knowledge …`."""

import asyncio
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.output import CONTENT_FAILED, load, progress, say, say_findings, sentence

if TYPE_CHECKING:
    from bot.app import App
    from bot.backends.knowledge.versions import Version

app = typer.Typer(help="Check and publish the knowledge folder.", no_args_is_help=True)


@app.command()
def check(
    *,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object a finding.")
    ] = False,
) -> None:
    """Read the whole folder and name every finding; change nothing.

    Example: `akar knowledge check`
    """
    from bot.backends.knowledge.folder import check_folder

    folder = load().knowledge
    checked = check_folder(folder, today=datetime.now(UTC).astimezone().date())
    say_findings(checked.findings, folder, as_json=as_json)
    if not as_json:
        mistakes = len(checked.mistakes)
        warnings = len(checked.findings) - mistakes
        cards = len({card.name for card in checked.content.cards})
        say(sentence("checked", path=folder, cards=cards, mistakes=mistakes, warnings=warnings))
    if checked.mistakes:
        raise typer.Exit(CONTENT_FAILED)


@app.command()
def sync() -> None:
    """Publish the folder: only what changed is embedded, all or nothing.

    Example: `akar knowledge sync`
    """
    settings = load()

    async def main() -> None:
        from bot.app import open_app

        began = time.perf_counter()
        async with open_app(settings) as bot:
            with progress() as on_progress:
                published = await bot.knowledge.publish(on_progress=on_progress)
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
def status() -> None:
    """Say what is live, and whether the folder differs from it.

    Example: `akar knowledge status`
    """
    settings = load()

    async def main() -> None:
        from bot.app import open_app

        async with open_app(settings) as bot:
            live = await bot.knowledge.versions.live()
            if live is None:
                say(sentence("not_live", path=settings.knowledge))
            else:
                await _say_live(bot, live)

    asyncio.run(main())


async def _say_live(bot: "App", live: "Version") -> None:
    from bot.backends.knowledge.folder import check_folder

    content = await bot.knowledge.versions.content(live)
    say(
        sentence(
            "live",
            number=live.number,
            at=live.at,
            cards=len({card.name for card in content.cards}),
            languages=", ".join(sorted({card.language for card in content.cards})),
            embeddings=live.embeddings,
            state=sentence(f"state_{live.state}"),
        )
    )
    say(sentence("versions_kept", count=len(await bot.knowledge.versions.all())))
    folder = bot.settings.knowledge
    today = datetime.now(UTC).astimezone().date()
    checked = await asyncio.to_thread(check_folder, folder, today=today)
    is_same = checked.content.hash() == live.hash and not checked.mistakes
    say(sentence("folder_same" if is_same else "folder_differs", path=folder))
