"""The core's `Desk` for program staff: tries and publishes what they send, and rolls back."""

import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Sequence

from bot.app import shown
from bot.app.authors import member
from bot.app.overview import Overview
from bot.app.submissions import Submission, Submissions, put_in
from bot.app.wording import Wording
from bot.backends.knowledge.content import Content
from bot.backends.knowledge.difference import Difference, asked_of_changed
from bot.backends.knowledge.publish import ChangedError, MistakesError, Published
from bot.backends.knowledge.service import KnowledgeService
from bot.backends.knowledge.trial import Preview as Tried
from bot.backends.store.announcements import Announcements
from bot.backends.store.people import People
from bot.backends.store.uploads import SentFile, Used
from bot.core.counts import Statistics
from bot.core.desk import (
    Declined,
    Done,
    Edition,
    Faulty,
    Gone,
    Inspection,
    Pressed,
    Preview,
    Ready,
    Stale,
    Standing,
)
from bot.core.messages import Language, Upload
from bot.core.ports import BotError, KnowledgeError

log = logging.getLogger(__name__)

_ASKED_OF_CARDS = 5  # Of the questions that new and changed cards say they are asked.
_ASKED = 200  # Of people's questions, as far as there is time for them.
_WITHIN = 3.5  # Seconds after which no more of them are asked: an answer should come in five.


class StaffDesk:
    """Looks, tries and publishes for whoever the core lets in."""

    def __init__(
        self,
        knowledge: KnowledgeService,
        *,
        overview: Overview,
        people: People,
        submissions: Submissions,
        wording: Wording,
        announcements: Announcements,
        count: Callable[[Language], Awaitable[Statistics]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.submissions = submissions
        self.wording = wording
        self.is_stopping: Callable[[], bool] = lambda: False
        """Says whether the bot is told to stop, so that no file holds that up."""
        self._knowledge = knowledge
        self._overview = overview
        self._people = people
        self._announcements = announcements
        self._count = count
        self._clock = clock

    async def standing(self, *, language: Language) -> Standing:
        """Return what is live, whether the folder differs, what waits, what is due."""
        return await self._overview.standing(language=language)

    async def statistics(self, *, language: Language) -> Statistics:
        """Count people, questions, journeys, lessons and tickets."""
        return await self._count(language)

    async def editions(self) -> Sequence[Edition]:
        """Return what is live, then what was before it, newest first."""
        return await self._overview.editions()

    async def compose(self, text: str, *, person: int) -> tuple[int, int]:
        """Keep an announcement; return its number, and how many people would get it."""
        return await self._announcements.compose(text, author=person)

    async def announce(self, number: int) -> int | None:
        """Send an announcement; return to how many, None where it was sent or dropped."""
        return await self._announcements.send(number)

    async def halt(self, number: int) -> bool:
        """Send an announcement no further; say whether anybody still would have got it."""
        return await self._announcements.stop(number)

    def explain(self, error: BotError, *, language: Language) -> str:
        """Say what an error means, and the mend."""
        return self.wording.explain(error, language)

    async def inspect(self, upload: Upload, *, language: Language) -> Inspection:
        """Fetch a file, and say what is wrong with the folder with it, or what it would change."""
        until = self._clock() + _WITHIN
        found = await self.submissions.receive(upload, sentences=self.wording.of(language))
        if isinstance(found, Declined):
            return found
        return await self._try(found, upload.sender.person, language, until)

    async def preview(self, *, language: Language) -> Inspection:
        """Say what publishing the folder would change."""
        until = self._clock() + _WITHIN
        found = await self._knowledge.compare()
        if found.standing == "live":
            return Declined("live")
        tried = await self._tried(found, until)
        if tried is None or tried.broken:
            findings = tried.broken if tried else found.checked.mistakes
            return Faulty("", self.wording.remarks(findings, language))
        return Ready("", found.checked.content.hash(), await self._preview(found, tried))

    async def put(self, key: str, *, person: int, language: Language) -> Pressed:
        """Put a file of this person's into the folder, and publish it."""
        match await self.submissions.find(key, person=person):
            case None:
                return Gone()
            case Used(version):
                return Done(Edition(version, ""), is_new=False)
            case SentFile() as file:
                return await self._put(key, file, person, language)

    async def drop(self, key: str, *, person: int) -> None:
        """Forget a file of this person's."""
        await self.submissions.drop(key, person=person)

    async def publish(self, key: str, *, person: int, language: Language) -> Pressed:
        """Publish the folder, if it is still what this key stands for."""
        found = await self._knowledge.compare()
        if found.standing == "kept" and found.checked.content.hash() == key:
            return await self._publish_again(key, person)
        try:
            published = await self._knowledge.publish(
                on_progress=self._go_on, by=member(person), only=key
            )
        except ChangedError:
            return Stale(await self.preview(language=language))
        except MistakesError as error:
            return Faulty("", self.wording.remarks(error.findings, language))
        return await self._done(published, member(person))

    async def roll_back(self, live: int, to: int, *, person: int) -> Pressed:
        """Make a version live again, if this one still is the live one."""
        versions = self._knowledge.versions
        found, switched = await versions.live(), await versions.switched()
        if found and found.number == to and switched.by == member(person):
            return Done(Edition(to, ""))  # The press was cut short after it had done this.
        if found is None or found.number != live:
            return Gone()
        return await self._roll_back(to, person)

    async def _try(
        self, file: Submission, person: int, language: Language, until: float
    ) -> Inspection:
        """Try the folder with a file in it."""
        async with self.submissions.tried(file) as folder:
            found = await self._knowledge.compare(folder)
            tried = await self._tried(found, until)
        path = file.place.path
        if tried is None or tried.broken:
            findings = tried.broken if tried else found.checked.mistakes
            return Faulty(path, self.wording.remarks(findings, language, first=path))
        own = [each for each in found.checked.findings if each.file == path]
        return Ready(
            path,
            await self.submissions.keep(file, found.checked.content.hash(), person=person),
            await self._preview(found, tried),
            is_new=file.place.is_new,
            remarks=self.wording.remarks(own, language),
            draft=file.draft,
        )

    async def _put(self, key: str, file: SentFile, person: int, language: Language) -> Pressed:
        try:
            published = await self._knowledge.publish(
                on_progress=self._go_on,
                by=member(person),
                prepare=lambda folder: put_in(folder, file),
                only=file.hash,
            )
        except ChangedError:
            await self.submissions.drop(key, person=person)
            now = await self.submissions.again(file)
            return Stale(await self._try(now, person, language, self._clock() + _WITHIN))
        except MistakesError as error:
            return Faulty(
                file.path, self.wording.remarks(error.findings, language, first=file.path)
            )
        await self.submissions.use(key, version=published.version.number)
        return await self._done(published, member(person))

    async def _publish_again(self, hash_: str, person: int) -> Pressed:
        """Make the version live again that the folder was before a rollback."""
        kept = await self._knowledge.versions.all()
        found = [one for one in kept if one.hash == hash_ and one.state == "whole"]
        return await self._roll_back(found[0].number, person) if found else Gone()

    async def _roll_back(self, to: int, person: int) -> Pressed:
        by = member(person)
        version = await self._knowledge.roll_back(to, on_progress=self._go_on, by=by)
        return await self._done(Published(version, 0, is_new=True), by)

    def _go_on(self, _done: int, _total: int) -> None:
        """Hear how far the index is; a build goes on in a thread, which only this can end."""
        if self.is_stopping():
            raise KnowledgeError("stopped")

    async def _done(self, published: Published, by: str) -> Done:
        if published.is_new:
            log.warning("version %s is live, by %s", published.version.number, by)
        with contextlib.suppress(BotError):  # It is opened soon all the same.
            await self._knowledge.open_whole()
        return Done(Edition(published.version.number, ""), is_new=published.is_new)

    async def _tried(self, found: Difference, until: float) -> Tried | None:
        """Ask a folder what people ask; None where it has mistakes."""
        if found.checked.mistakes:
            return None
        of_cards = asked_of_changed(found.checked.content, before=await self._live(found))
        return await self._knowledge.try_out(
            found.checked,
            [*of_cards[:_ASKED_OF_CARDS], *await self._people.asked(limit=_ASKED)],
            on_progress=self._go_on,
            enough=lambda: self._clock() > until,
        )

    async def _preview(self, found: Difference, tried: Tried) -> Preview:
        return shown.preview(found.checked.content, tried, before=await self._live(found))

    async def _live(self, found: Difference) -> Content:
        return await self._knowledge.versions.content(found.live) if found.live else Content()
