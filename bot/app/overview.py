"""How things stand, at a glance: what is live, what is not and why, what waits, what is due."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from pathlib import Path

from bot.app import shown
from bot.app.unpublished import Unpublished
from bot.app.wording import Wording
from bot.backends.knowledge.content import Content
from bot.backends.knowledge.service import KnowledgeService
from bot.backends.knowledge.versions import Version
from bot.backends.store.database import Database
from bot.backends.store.mail import backlog_of
from bot.backends.store.troubles import Troubles
from bot.core.desk import Backlog, Edition, Folder, Gap, Remark, Standing
from bot.core.messages import Language
from bot.core.ports import BotError, KnowledgeError

FindGaps = Callable[[], Awaitable[Sequence[Gap]]]

_GAPS_WITHIN = 8.0  # Seconds.
_TOLD_BESIDE = "folder"  # The trouble that is told as what keeps the folder back.


class Overview:
    """Looks at everything that staff should see."""

    def __init__(
        self,
        knowledge: KnowledgeService,
        *,
        folder: Path,
        database: Database,
        wording: Wording,
        today: Callable[[], date],
        find_gaps: FindGaps,
        unpublished: Unpublished,
    ) -> None:
        self._knowledge = knowledge
        self._folder = folder
        self._database = database
        self._wording = wording
        self._today = today
        self._find_gaps = find_gaps
        self._unpublished = unpublished

    async def standing(self, *, language: Language) -> Standing:
        """Return what is live, whether the folder differs, what waits, what is due."""
        versions = self._knowledge.versions
        live = await versions.live()
        content = await versions.content(live) if live else Content()
        editions = await self.editions()
        return Standing(
            live=shown.edition(live, content) if live else None,
            back=await self._back(live) if live else None,
            folder=await self._look_at_folder(language),
            backlog=await self._backlog(),
            due=shown.due_cards(content, today=self._today()),
            gaps=await self._gaps(),
            earlier=editions[1] if len(editions) > 1 else None,
        )

    async def editions(self) -> Sequence[Edition]:
        """Return what is live, then what was before it, newest first."""
        versions = self._knowledge.versions
        live = await versions.live()
        kept = [
            one
            for one in await versions.all()
            if live and one.number <= live.number and one.state == "whole"
        ]
        return [shown.edition(one, await versions.content(one)) for one in kept[:2]]

    async def _back(self, live: Version) -> Edition | None:
        """Return who rolled back to the live version, and when; None where nobody did."""
        versions = self._knowledge.versions
        newest = next((one for one in await versions.all() if one.state == "whole"), live)
        switched = await versions.switched()
        if newest.number <= live.number or not switched.at:
            return None
        return shown.switched(live.number, switched)

    async def _look_at_folder(self, language: Language) -> Folder:
        try:
            found = await self._knowledge.compare()
        except KnowledgeError as error:
            reason = self._wording.explain(error, language)
            return Folder("away", remarks=(Remark(self._folder.as_posix(), reason),))
        findings = found.checked.mistakes
        if found.standing == "changed":  # Its pinned questions may be what keeps it back.
            findings = self._unpublished.refused or ()
        state = "refused" if findings else found.standing
        key = found.checked.content.hash()
        return Folder(state, key, self._wording.remarks(findings, language))

    async def _backlog(self) -> Backlog:
        found = await backlog_of(self._database)
        seconds = time.time() - found.oldest if found.oldest else 0.0
        troubles = await Troubles(self._database).all()
        return Backlog(
            max(found.waiting - 1, 0),  # Without the one that this is the answer to.
            max(int(seconds // 60), 0),
            len(found.dead),
            tuple(each.code for each in troubles if each.code != _TOLD_BESIDE),
        )

    async def _gaps(self) -> tuple[Gap, ...]:
        """Return what people did not get; nothing while the search fails, which is told beside."""
        try:
            async with asyncio.timeout(_GAPS_WITHIN):
                return tuple(await self._find_gaps())
        except (BotError, TimeoutError):
            return ()
