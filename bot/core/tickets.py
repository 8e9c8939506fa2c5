"""Tickets: somebody talks with program staff, through the bot, about what it could not answer."""

import re
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import repeat

from bot.core.bulletin import plain, plain_lines
from bot.core.masking import mask
from bot.core.messages import (
    DEFAULT_LANGUAGE,
    Asked,
    Button,
    Command,
    Document,
    Elsewhere,
    Incoming,
    Keyboard,
    Language,
    Place,
    Press,
    Question,
    Reply,
    Sender,
    Thread,
    Ticket,
    Turn,
)
from bot.core.ports import Store
from bot.core.render import Phrases
from bot.core.telling import Telling

BUTTON = "k"
"""The kind of its buttons."""
WRITING = Place("ticket", "staff", "write")
"""Where somebody is whose next message goes to the staff."""

_NUMBER = re.compile(r"\W*#(\d{1,12})\b")
"""What a message in the chat of the staff begins with that is about a ticket."""
_RECENT = 1_800.0  # Seconds in which what was asked belongs to what staff are asked now.
_SHOWN = 600  # Characters of each turn, so that staff see all of it on a phone.
_PART = 2_000  # Characters, all of which fit one message even if each of them counts twice.
_TITLE = 60  # Characters of a title, of a card or a thread.
_ORDERS = ("close", "reopen", "draft")


@dataclass(frozen=True, slots=True)
class Tickets:
    """Opens, passes on and closes; without a chat of the staff, only says where to ask."""

    store: Store
    telling: Telling
    clock: Callable[[], float]
    chat: int | None
    """The chat of the staff."""

    def concerns(self, incoming: Incoming) -> bool:
        """Say whether an incoming is of staff, in their chat, and about a ticket."""
        if self.chat is None or incoming.sender.chat != self.chat:
            return False
        match incoming:
            case Press(data=data):
                kind, _, rest = data.partition(":")
                return kind == BUTTON and rest.partition(":")[0] in _ORDERS
            case Question(replied=replied) | Command(replied=replied):
                return bool(_number(replied))
            case _:
                return False

    # What people do.

    async def offered(self, turn: Turn, sender: Sender) -> Turn:
        """Offer to talk with staff under what was not answered, and under a warning of fraud."""
        if self.chat is None or sender.chat != sender.person or not turn.replies:
            return turn
        fraud = self.telling.knowledge.signs().fraud_cards
        is_needed = any(
            asked.outcome == "abstain" or (asked.outcome == "answer" and asked.card in fraud)
            for asked in turn.asked
        )
        return await self._with_button(turn, sender) if is_needed else turn

    async def asked_for(self, sender: Sender, language: Language) -> Turn:
        """Offer a person to whoever asks for one, or say where to ask."""
        turn = self.telling.say("person", language)
        if self.chat is None or sender.chat != sender.person:
            return turn
        return await self._with_button(self.telling.say("person_here", language), sender)

    async def press(self, press: Press, key: str, language: Language) -> Turn | None:
        """Do what a button says; None where it is old."""
        if self.chat is None:
            return None
        action, _, number = key.partition(":")
        match action:
            case "talk":
                return await self._talk(press, language)
            case "more":
                return await self.write(press, language)
            case "again" if number.isdecimal():
                return await self._reopen_own(press, int(number), language)
            case _:
                return None

    async def hear(self, question: Question, language: Language) -> Turn:
        """Pass what somebody writes on to the staff, and open a ticket for it if none is."""
        sender, text = question.sender, mask(question.text)
        if not text.strip():
            return self.prompt(language)
        await self.store.put(sender.person, replace(WRITING, step="", update=question.update))
        present = await self.store.ticket_of(sender.person)
        if present is None or present.update == question.update:
            return await self._open(sender, question.update, language, text)
        await self.store.note_words(present.number, question.update, "person", text)
        replies = self._for_staff(present, self._head(present), text)
        told = self._say("ticket_passed", present, language)
        return self._both(present, replies, told, language)

    def prompt(self, language: Language) -> Turn:
        """Ask for what is to be passed on."""
        return self.telling.say("ticket_write", language)

    async def _with_button(self, turn: Turn, sender: Sender) -> Turn:
        phrases = self.telling.phrases[turn.language]
        present = await self.store.ticket_of(sender.person)
        if present:
            label = phrases["ticket_more"].format(number=present.number)
            button = Button(label, f"{BUTTON}:more")
        else:
            button = Button(phrases["ticket_talk"], f"{BUTTON}:talk")
        *others, last = turn.replies
        last = replace(last, keyboard=(*last.keyboard, (button,)))
        return replace(turn, replies=(*others, last))

    async def _talk(self, press: Press, language: Language) -> Turn:
        """Open a ticket with what was asked a moment ago; ask what it is about if nothing was."""
        person = press.sender.person
        present = await self.store.ticket_of(person)
        is_other = present is not None and present.update != press.update
        recent = await self.store.recent(person, chat=person, before=None, within=_RECENT)
        if is_other or not recent:
            return await self.write(press, language)
        return await self._open(press.sender, press.update, language, "", recent)

    async def _open(
        self,
        sender: Sender,
        update: int,
        language: Language,
        text: str,
        recent: Sequence[Asked] | None = None,
    ) -> Turn:
        if recent is None:
            person = sender.person
            recent = await self.store.recent(person, chat=person, before=None, within=_RECENT)
        ticket = await self.store.open_ticket(sender.person, language, update)
        words = text or recent[0].text
        await self.store.note_words(ticket.number, update, "person", words)
        spoken = self._spoken
        lines = [
            spoken["ticket_turn"].format(
                question=plain(asked.text[:_SHOWN]),
                tried=spoken[f"tried_{asked.outcome}"],
                card=plain(asked.card),
            )
            for asked in reversed(recent)
        ]
        head = f"{self._head(ticket)} · {ticket.language}"
        replies = self._for_staff(ticket, "\n\n".join([head, *lines]), text)
        told = self._opened(ticket, language)
        return self._both(ticket, replies, told, language, title=words)

    def _for_staff(self, ticket: Ticket, begun: str, text: str) -> Sequence[Reply]:
        """Return what staff read of a ticket: a long text in parts, each of which can be answered.

        An answer is known by the number that begins what it answers.
        """
        if not text:
            return (Reply(begun, self._orders(ticket)),)
        parts = textwrap.wrap(text, _PART, expand_tabs=False, replace_whitespace=False)
        heads = (begun, *repeat(self._head(ticket), len(parts) - 1))
        written = [
            f"{head}\n\n✍️ {plain_lines(part)}" for head, part in zip(heads, parts, strict=True)
        ]
        *others, last = map(Reply, written)
        return (*others, replace(last, keyboard=self._orders(ticket)))

    def _opened(self, ticket: Ticket, language: Language) -> Reply:
        """Say that there is a ticket, and when to expect an answer, as far as that is known."""
        phrases = self.telling.phrases[language]
        opened = phrases["ticket_opened"].format(number=ticket.number)
        office = self.telling.knowledge.program(language).office
        if office is None:
            return Reply(f"{opened}\n\n{phrases['ticket_hours_unknown']}")
        is_open = office.is_open(self.clock())
        said = phrases["ticket_open_now" if is_open else "ticket_closed_now"]
        parts = [opened, said.format(hours=office.hours)]
        parts += [phrases["ticket_wait"].format(wait=office.wait)] if office.wait else []
        return Reply("\n\n".join(parts))

    async def _reopen_own(self, press: Press, number: int, language: Language) -> Turn | None:
        """Open somebody's own ticket again, and let them write."""
        ticket = await self.store.ticket(number)
        present = await self.store.ticket_of(press.sender.person)
        if ticket is None or ticket.person != press.sender.person:
            return None
        if present and present.number != number:
            return await self.write(press, language)
        await self.store.move_ticket(number, "open", press.update)
        await self.store.put(press.sender.person, replace(WRITING, update=press.update))
        reply = Reply(
            f"{self._head(ticket)}\n\n{self._spoken['ticket_again']}", self._orders(ticket)
        )
        told = self.telling.said("ticket_write", language)
        turn = self._both(ticket, (reply,), told, language)
        return replace(turn, keyboard=(), opens=self._thread(ticket))

    def _both(
        self,
        ticket: Ticket,
        replies: Sequence[Reply],
        told: Reply,
        language: Language,
        *,
        title: str = "",
    ) -> Turn:
        """Tell the staff first; where that cannot be, the person hears that nobody has."""
        lost = self.telling.said("ticket_unreachable", language)
        thread = self._thread(ticket, title)
        elsewhere = tuple(
            Elsewhere(self.chat or 0, reply, ticket.person, lost, thread) for reply in replies
        )
        return Turn(language, replies=(told,), elsewhere=elsewhere)

    async def write(self, incoming: Press | Command, language: Language) -> Turn:
        """Ask for what is to be passed on; without a chat of the staff, say where to ask."""
        sender = incoming.sender
        if self.chat is None or sender.chat != sender.person:
            return self.telling.say("person", language)
        await self.store.put(sender.person, replace(WRITING, update=incoming.update))
        return self.prompt(language)

    # What staff do.

    async def turn(self, incoming: Incoming, language: Language) -> Turn:
        """Do what staff say or press in their chat."""
        match incoming:
            case Press(data=data):
                _, order, number, *_ = f"{data}::".split(":")
                ticket = await self.store.ticket(int(number) if number.isdecimal() else 0)
                return await self._order(order, ticket, incoming.update, language)
            case Command(name=name, replied=replied):
                ticket = await self.store.ticket(_number(replied))
                return await self._order(name, ticket, incoming.update, language)
            case Question(text=text, replied=replied):
                ticket = await self.store.ticket(_number(replied))
                return await self._answer(ticket, text, incoming.update, language)
            case _:
                return Turn(language)

    async def _answer(
        self, ticket: Ticket | None, text: str, update: int, language: Language
    ) -> Turn:
        """Pass on what staff write; they hear whether it could be."""
        if ticket is None:
            return self.telling.say("ticket_gone", language)
        if ticket.state == "closed":
            reply = self._say("ticket_is_closed", ticket, language)
            return Turn(language, replies=(replace(reply, keyboard=self._orders(ticket)),))
        await self.store.note_words(ticket.number, update, "staff", text)
        phrases = self.telling.phrases[ticket.language]
        said = phrases["ticket_said"].format(number=ticket.number, text=plain_lines(text))
        more = Button(phrases["ticket_reply"], f"{BUTTON}:more")
        told = self._say("ticket_delivered", ticket, language)
        return self._passed(ticket, Reply(said, ((more,),)), told, language)

    async def _order(
        self, order: str, ticket: Ticket | None, update: int, language: Language
    ) -> Turn:
        if ticket is None:
            return self.telling.say("ticket_gone", language)
        match order:
            case "close":
                return await self._close(ticket, update, language)
            case "reopen":
                return await self._reopen(ticket, update, language)
            case "draft":
                return await self._draft(ticket, language)
            case _:
                return self.telling.say("ticket_orders", language)

    async def _close(self, ticket: Ticket, update: int, language: Language) -> Turn:
        told = self._say("ticket_closed", ticket, language)
        closed = await self.store.move_ticket(ticket.number, "closed", update)
        told = replace(told, keyboard=self._orders(replace(ticket, state="closed")))
        if not closed:
            return Turn(language, replies=(told,), keyboard=())
        phrases = self.telling.phrases[ticket.language]
        again = Button(phrases["ticket_open_again"], f"{BUTTON}:again:{ticket.number}")
        bye = replace(self._say("ticket_over", ticket, ticket.language), keyboard=((again,),))
        turn = self._passed(ticket, bye, told, language)
        return replace(turn, keyboard=(), closes=self._thread(ticket))

    async def _reopen(self, ticket: Ticket, update: int, language: Language) -> Turn:
        present = await self.store.ticket_of(ticket.person)
        if present and present.number != ticket.number:
            told = self._say("ticket_other", present, language)
            return Turn(language, replies=(told,), keyboard=())
        told = self._say("ticket_reopened", ticket, language)
        told = replace(told, keyboard=self._orders(replace(ticket, state="open")))
        if not await self.store.move_ticket(ticket.number, "open", update):
            return Turn(language, replies=(told,), keyboard=())
        hello = self._say("ticket_resumed", ticket, ticket.language)
        turn = self._passed(ticket, hello, told, language)
        return replace(turn, keyboard=(), opens=self._thread(ticket))

    async def _draft(self, ticket: Ticket, language: Language) -> Turn:
        """Send what was asked and answered as the draft of a card, for staff to edit."""
        words = await self.store.words_of(ticket.number)
        question = _bare(next((text for by, text in words if by == "person"), ""))
        answers = [text.strip() for by, text in words if by == "staff"]
        draft = self.telling.phrases[language]["ticket_card"].format(
            number=ticket.number,
            language=ticket.language,
            title=question[:_TITLE],
            question=question,
            answer="\n\n".join(answers),
        )
        told = self._say("ticket_draft_here", ticket, language)
        ending = "md" if ticket.language == DEFAULT_LANGUAGE else f"{ticket.language}.md"
        name = f"ticket-{ticket.number}.{ending}"
        return Turn(language, replies=(replace(told, document=Document(name, draft)),))

    def _passed(self, ticket: Ticket, reply: Reply, told: Reply, language: Language) -> Turn:
        lost = self._say("ticket_lost", ticket, language)
        elsewhere = (Elsewhere(ticket.person, reply, self.chat or 0, lost),)
        return Turn(language, replies=(told,), elsewhere=elsewhere)

    # The words of both.

    def _orders(self, ticket: Ticket) -> Keyboard:
        phrases, number = self._spoken, ticket.number
        if ticket.state == "open":
            return ((Button(phrases["ticket_close"], f"{BUTTON}:close:{number}"),),)
        reopen = Button(phrases["ticket_reopen"], f"{BUTTON}:reopen:{number}")
        draft = Button(phrases["ticket_draft"], f"{BUTTON}:draft:{number}")
        return ((reopen, draft),)

    @property
    def _spoken(self) -> Phrases:
        """Return the phrases of the language that staff speak: the default one."""
        return self.telling.phrases[next(iter(self.telling.phrases))]

    def _head(self, ticket: Ticket) -> str:
        return f"🎫 \\#{ticket.number}"

    def _thread(self, ticket: Ticket, about: str = "") -> Thread:
        """Return the thread of a ticket; by its title staff and the bot know whose it is."""
        words = f" · {_bare(about)[:_TITLE]}" if about else ""
        return Thread(self.chat or 0, ticket.number, f"🎫 #{ticket.number}{words}")

    def _say(self, phrase: str, ticket: Ticket, language: Language) -> Reply:
        return Reply(self.telling.phrases[language][phrase].format(number=ticket.number))


def _number(replied: str) -> int:
    """Return the number of the ticket that a message is about; 0 where it is about none."""
    found = _NUMBER.match(replied)
    return int(found[1]) if found else 0


def _bare(text: str) -> str:
    """Return a text without what has a meaning in a knowledge file."""
    return " ".join(re.sub(r"‹\w+›|[|{}#]", " ", text).split())
