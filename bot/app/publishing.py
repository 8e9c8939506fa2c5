"""The knowledge folder while the bot runs: published at the start, and whenever it changes."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping

from bot.app.assembly import App
from bot.app.authors import FOLDER
from bot.app.reports import Reports
from bot.backends.knowledge.findings import Finding
from bot.backends.knowledge.publish import MistakesError, Published
from bot.backends.knowledge.texts import Progress
from bot.backends.knowledge.watching import FolderWatch
from bot.backends.store.sharing import Member
from bot.core.ports import BotError, KnowledgeError

log = logging.getLogger(__name__)

_RETRY_EVERY = 10.0  # Seconds between tries.
_LOOK_EVERY = 1.0  # Seconds between looks; the second one that sees a change publishes it.

_WAITS = "folder_waits"
FOLDER_ERRORS = frozenset({"folder_mistakes", _WAITS, "knowledge_missing", "knowledge_unreadable"})
"""What only a change of the folder mends, or somebody who publishes it."""

_UNFORESEEN = "unforeseen"
_SET_WRONGLY = frozenset({"embeddings_package", "embeddings_unloadable"})


async def publish_first(app: App, member: Member, reports: Reports, stop: asyncio.Event) -> None:
    """Publish the folder as it is when this process leads; while that fails, again and again.

    What is live answers first: reading the folder takes a second in which nothing else is done.
    """
    await member.leads.wait()
    await app.knowledge.has_opened.wait()
    failed = ""
    while failed := await _publish(app, reports, stop, told=failed):
        app.knowledge.search.expect_no_vectors()
        await asyncio.sleep(_RETRY_EVERY)


def stop_on_failure(publishing: asyncio.Task[None], stop: asyncio.Event) -> None:
    """Stop where there turns out to be nothing that may be answered from."""
    if not publishing.cancelled() and publishing.exception():
        stop.set()


async def keep_published(
    app: App,
    member: Member,
    reports: Reports,
    stop: asyncio.Event,
    *,
    after: asyncio.Task[None],
) -> None:
    """Publish the folder whenever it changes, and build the index again where it is gone.

    What fails otherwise mends itself, or is tried again.
    """
    watch = await asyncio.to_thread(FolderWatch, app.settings.knowledge)
    await asyncio.wait({after})
    failed, tried_at = "", time.monotonic()
    while True:
        await asyncio.sleep(_LOOK_EVERY)
        has_changed = member.leads.is_set() and await asyncio.to_thread(watch.has_changed)
        is_due = time.monotonic() - tried_at > _RETRY_EVERY
        has_failed = member.leads.is_set() and (failed or app.knowledge.search.is_degraded)
        if has_changed or (has_failed and is_due):
            failed = await _publish(app, reports, stop, told=failed)
            tried_at = time.monotonic()


async def _publish(app: App, reports: Reports, stop: asyncio.Event, *, told: str) -> str:
    """Publish once; return the code of what fails for now, or nothing.

    Raises:
        BotError: no other try can mend it: there is nothing to answer from, or a wrong setting.
    """

    def on_progress(done: int, total: int) -> None:
        if stop.is_set():  # The build goes on in a thread, which only this can end.
            raise KnowledgeError("stopped")
        reports.progress(done, total)

    attempt = _ATTEMPTS[app.settings.publish]
    try:
        published = await attempt(app, on_progress)
    except Exception as failure:  # Of our own making, too: the folder must go on being watched.
        place = type(failure).__name__  # Its own words may hold anything.
        error = failure if isinstance(failure, BotError) else BotError(_UNFORESEEN, where=place)
        app.unpublished.refused = refused_by(error, before=app.unpublished.refused or ())
        is_folder = error.code in FOLDER_ERRORS
        is_in_vain = is_folder or error.code == _UNFORESEEN
        if error.code in _SET_WRONGLY or (is_in_vain and not app.knowledge.has_words.is_set()):
            raise
        if error.code != told:
            if error is not failure:
                log.exception("publishing failed")
            reports.problem(error)
        return "" if is_folder else error.code
    app.unpublished.refused = ()
    reports.published(published)
    return ""


def refused_by(error: BotError, *, before: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Return what keeps the folder from going live; while it cannot be told, what did before."""
    if isinstance(error, MistakesError):
        return error.findings
    return () if error.code == _WAITS else before


async def _publish_folder(app: App, on_progress: Progress) -> Published:
    """Publish the folder, and serve it."""
    published = await app.knowledge.publish(on_progress=on_progress, words_first=True, by=FOLDER)
    if published.is_new:
        await app.knowledge.open_whole()
    return published


async def _report_folder(app: App, on_progress: Progress) -> Published:
    """Publish the folder where nothing is live; else leave what it changes to the staff.

    Raises:
        KnowledgeError: it has mistakes, or waits for somebody to publish it.
    """
    if await app.knowledge.versions.live() is None:
        return await _publish_folder(app, on_progress)
    await app.knowledge.mend(on_progress=on_progress)
    await app.knowledge.open_whole()
    found, folder = await app.knowledge.compare(), app.settings.knowledge
    app.unpublished.waits = found.checked.content.hash() if found.standing == "changed" else ""
    if found.live is None or found.standing == "refused":
        raise MistakesError(found.checked.findings, folder)
    if app.unpublished.waits:
        raise KnowledgeError("folder_waits", path=folder)
    return Published(found.live, 0, is_new=False)


_ATTEMPTS: Mapping[str, Callable[[App, Progress], Awaitable[Published]]] = {
    "auto": _publish_folder,
    "manual": _report_folder,
}
