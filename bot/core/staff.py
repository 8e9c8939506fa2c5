"""What program staff do in their private chats, and nobody else."""

from collections.abc import Collection, Mapping
from typing import assert_never

from bot.core import bulletin, counting, news
from bot.core.desk import Declined, Done, Faulty, Gone, Inspection, Pressed, Ready, Stale
from bot.core.messages import Command, Incoming, Language, Press, Reply, Turn, Upload
from bot.core.ports import BotError, Desk
from bot.core.render import Phrases

STAFF_COMMANDS = ("staff", "announce", "rollback")
"""The commands that staff can give besides, in the order in which they are shown."""


class Staff:
    """Turns what staff write, send and press into what the desk does for them.

    Who somebody is, is asked of their number alone, and of every message and press anew: whoever
    is no member, or writes anywhere but in their private chat, is for all others to answer.
    """

    def __init__(
        self,
        desk: Desk,
        *,
        members: Collection[int],
        phrases: Mapping[Language, Phrases],
    ) -> None:
        self.desk = desk
        self.members = frozenset(members)
        self.phrases = phrases

    def concerns(self, incoming: Incoming) -> bool:
        """Say whether an incoming is a member's, and for the desk."""
        sender = incoming.sender
        if sender.person not in self.members or sender.chat != sender.person:
            return False
        match incoming:
            case Command(name=name):
                return name in STAFF_COMMANDS
            case Press(data=data):
                return data.partition(":")[0] == bulletin.PREFIX
            case _:
                return isinstance(incoming, Upload)

    async def turn(self, incoming: Incoming, language: Language) -> Turn:
        """Do what a member asks for; when that fails, say why, and keep what it is for the log.

        Its values, such as the name of a file, are for the member alone.
        """
        try:
            return await self._turn(incoming, language)
        except BotError as error:
            reason = bulletin.plain(self.desk.explain(error, language=language))
            reply = Reply(self.phrases[language]["desk_failed"].format(reason=reason))
            return Turn(language, replies=(reply,), error=BotError(error.code))

    async def _turn(self, incoming: Incoming, language: Language) -> Turn:
        match incoming:
            case Command(name="rollback"):
                return await self._ask_back(incoming.sender.person, language)
            case Command(name="announce", text=text):
                return await self._compose(text, incoming.sender.person, language)
            case Upload():
                found = await self.desk.inspect(incoming, language=language)
                return Turn(language, replies=self._inspected(found, language))
            case Press(data=data):
                return await self._press(data, incoming.sender.person, language)
            case _:
                found_ = await self.desk.standing(language=language)
                reply = bulletin.standing(found_, phrases=self.phrases[language])
                return Turn(language, replies=(reply,))

    async def _press(self, data: str, person: int, language: Language) -> Turn:
        match data.split(":")[1:]:
            case ["see" | "stats" as what]:
                return await self._look(what, language)
            case ["go" | "put" as act, key]:
                publish = self.desk.publish if act == "go" else self.desk.put
                pressed = await publish(key, person=person, language=language)
                return self._pressed(pressed, language)
            case ["drop", key]:
                await self.desk.drop(key, person=person)
                return self._toast("desk_dropped", language)
            case ["ask"]:
                return await self._ask_back(person, language)
            case ["back", live, to, who] if who == str(person) and _are_numbers(live, to):
                pressed = await self.desk.roll_back(int(live), int(to), person=person)
                return self._pressed(pressed, language)
            case ["say" | "halt" | "unsay" as act, number] if number.isdecimal():
                return await self._announce(act, int(number), language)
            case ["stay", who] if who == str(person):
                return self._toast("desk_stayed", language)
            case _:
                return Turn(language, toast=self.phrases[language]["old_button"])

    async def _look(self, what: str, language: Language) -> Turn:
        """Show what publishing would change, or how things go in counts."""
        if what == "stats":
            drawn = self.phrases[language]["picture_language"]
            drawn = drawn if drawn in self.phrases else language
            counts = await self.desk.statistics(language=drawn)
            return Turn(drawn, replies=counting.told(counts, phrases=self.phrases[drawn]))
        found = await self.desk.preview(language=language)
        return Turn(language, replies=self._inspected(found, language))

    async def _compose(self, text: str, person: int, language: Language) -> Turn:
        """Show an announcement as people would get it, and ask whether to send it."""
        phrases = self.phrases[language]
        if not text:
            return Turn(language, replies=(Reply(phrases["announce_how"]),))
        number, people = await self.desk.compose(text, person=person)
        if not people:
            return Turn(language, replies=(Reply(phrases["announce_nobody"]),))
        send = bulletin.button(phrases["announce_send"], "say", number)
        drop = bulletin.button(phrases["announce_drop"], "unsay", number)
        asked = Reply(phrases["announce_ask"].format(people=people), ((send, drop),))
        return Turn(language, replies=(news.announced(text, phrases=phrases), asked))

    async def _announce(self, act: str, number: int, language: Language) -> Turn:
        """Send an announcement, or no further."""
        phrases = self.phrases[language]
        if act != "say":
            stopped = await self.desk.halt(number)
            done = "announce_halted" if act == "halt" else "announce_dropped"
            return self._toast(done if stopped else "old_button", language)
        people = await self.desk.announce(number)
        if people is None:
            return self._toast("old_button", language)
        halt = bulletin.button(phrases["announce_halt"], "halt", number)
        reply = Reply(phrases["announce_going"].format(people=people), ((halt,),))
        return Turn(language, replies=(reply,), keyboard=())

    async def _ask_back(self, person: int, language: Language) -> Turn:
        phrases = self.phrases[language]
        found = await self.desk.editions()
        if len(found) > 1:
            live, to = found[0], found[1]
            reply = bulletin.ask_back(live, to, person, phrases=phrases)
        else:
            reply = Reply(phrases["desk_back_none"])
        return Turn(language, replies=(reply,))

    def _inspected(self, found: Inspection, language: Language) -> tuple[Reply, ...]:
        phrases = self.phrases[language]
        match found:
            case Declined():
                return (bulletin.declined(found, phrases=phrases),)
            case Faulty():
                return (bulletin.faulty(found, phrases=phrases),)
            case Ready():
                return bulletin.ready(found, phrases=phrases)
            case _:
                assert_never(found)

    def _pressed(self, found: Pressed, language: Language) -> Turn:
        phrases = self.phrases[language]
        match found:
            case Done():
                reply = bulletin.done(found, phrases=phrases)
                return Turn(language, replies=(reply,), keyboard=())
            case Faulty():
                return Turn(language, replies=(bulletin.faulty(found, phrases=phrases),))
            case Stale(now):
                replies = (Reply(phrases["desk_stale"]), *self._inspected(now, language))
                return Turn(language, replies=replies, keyboard=())
            case Gone():
                return Turn(language, toast=phrases["old_button"], keyboard=())
            case _:
                assert_never(found)

    def _toast(self, phrase: str, language: Language) -> Turn:
        return Turn(language, toast=self.phrases[language][phrase], keyboard=())


def _are_numbers(*texts: str) -> bool:
    return all(map(str.isdecimal, texts))
