"""What scripts are played on: the bot of the settings, on a copy of what is live."""

import asyncio
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bot.cli.output import finding_line, progress
from bot.core.ports import BotError

if TYPE_CHECKING:
    from bot.channels.scripts.script import Mistake
    from bot.channels.scripts.stage import House
    from bot.settings import Settings


def house(settings: "Settings", *, prepared: Path | None = None) -> "House":
    """Return what stages are made of, so that nothing played reaches the real data.

    Nothing about people is in the copy, and no setting of the real bot's reaches it but these: it
    has a database file and a key of its own. `prepared` is copied instead of the data folder.
    """
    from bot.app.folders import prompts_folder
    from bot.backends.store.copies import forget_everyone
    from bot.backends.store.database import DATABASE_FILE
    from bot.channels.scripts.stage import House
    from bot.settings import settings_environment

    chosen: dict[str, object] = {
        "knowledge": settings.knowledge.absolute(),
        "prompts": prompts_folder(settings.prompts).absolute(),
        "embeddings": settings.embeddings,
    }
    if settings.language:
        chosen["language"] = settings.language
    # The index on a Chroma server is not in the folder; the bot makes one of its own.
    is_prepared = (settings.data / DATABASE_FILE).is_file() and not settings.chroma_url
    copied = prepared or (settings.data if is_prepared else None)
    return House(
        partial(settings_environment, **chosen),
        settings.knowledge.absolute(),
        copied,
        forget_everyone,
    )


def check_knowledge(folder: Path) -> None:
    """Stop at a mistake in the folder, with which the bot would answer from an older one."""
    from bot.backends.knowledge.folder import check_folder
    from bot.backends.knowledge.publish import MistakesError

    checked = check_folder(folder, today=datetime.now(UTC).astimezone().date())
    if checked.mistakes:
        raise MistakesError(checked.mistakes, folder)


def make_first_index(settings: "Settings") -> None:
    """Publish the folder where no bot ever has; every bot on a stage would make its own index."""
    from bot.backends.store.database import DATABASE_FILE

    if settings.database_url or settings.chroma_url or (settings.data / DATABASE_FILE).exists():
        return

    from bot.app.assembly import open_app
    from bot.app.authors import operator

    async def main() -> None:
        async with open_app(settings) as bot:
            with progress() as on_progress:
                await bot.knowledge.publish(on_progress=on_progress, by=operator())

    asyncio.run(main())


def mistake_line(mistake: "Mistake") -> str:
    """Return a mistake in a script as one line."""
    from bot.backends.knowledge.findings import Finding

    file = mistake.path.as_posix()
    return finding_line(Finding(file, mistake.line, mistake.code, mistake.values), Path())


def ended_status(error: BotError, *, otherwise: int) -> int:
    """Return the exit code of a bot that ended by itself."""
    status = error.values.get("status")
    return status if isinstance(status, int) and status > 0 else otherwise
