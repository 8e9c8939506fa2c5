"""Stand-ins for what the core asks of the outside, and short ways to make its values."""

import asyncio
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from bot.core.clusters import NOT_LISTED, UNCLEAR, Catalogue, Clusters, Heading, Likeness
from bot.core.messages import (
    Asked,
    Call,
    Language,
    Passage,
    PersonSettings,
    Place,
    Poll,
    Program,
    Quiz,
    Received,
    Reminder,
    Seller,
    Sender,
    Source,
    Speaker,
    Ticket,
    TicketState,
    Vote,
)
from bot.core.paths import Journey
from bot.core.ports import BotError, Early, LostError, StoreError
from bot.core.render import digest
from bot.core.signs import Signs
from bot.core.subjects import Lesson
from bot.core.sums import Formulas

TODAY = date(2030, 6, 15)

KIOSK = Source("Kabar Kota", "Membuka kios", "https://kabar.example/kios", "2029-08-28")
MARKET = Source("Pasar Kita", "Tanya jawab", url="")

PROGRAM = Program(
    name="Melati",
    about="I am Melati.",
    ask="the help desk",
    topics=("stalls", "fees"),
    examples=("How do I open a stall?", "What does a stall cost?"),
)

_SAID_AS_THEY_ARE = (
    "language_question language_chosen clarify abstain abstain_near refuse refuse_instead"
    " keep_private unreadable wordless trouble unknown_command"
    " greeting thanks goodbye other_language no_sources no_date view_source vote_up vote_down"
    " voted_up voted_down old_button slow_down private_only export forget forget_yes forget_no"
    " forgotten kept wish wished staff_words_only staff_state"
    " lesson_none lesson_passed lesson_next lesson_quiz lesson_card lesson_picture lesson_again"
    " lesson_list lesson_begun certificate_heading command_lessons"
    " news_ask news_yes news_no news_is_on news_started news_stopped news_stop command_news"
    " ticket_write ticket_talk ticket_passed ticket_hours_unknown ticket_again ticket_gone"
    " ticket_unreachable ticket_reply ticket_orders ticket_open_again ticket_close ticket_reopen"
    " ticket_draft command_talk person_here tried_answer tried_abstain tried_clarify tried_refuse"
    " calculate_menu calculate_nothing calculate_parcel calculate_price calculate_unit_cost"
    " ask_size ask_weight ask_cost ask_profit ask_fee ask_costs ask_made skip_number go_on stopped"
    " nothing_to_stop command_calculate command_stop command_journey command_next journey_none"
    " journey_passed journey_again journey_explain journey_done journey_read journey_later"
    " journey_list journey_go_on journey_remind reminder_zone"
    " who_sells sells_overseas sells_local seller_noted local_seller check_product"
    " check_none check_begin"
    " way_abroad way_here way_self way_importer way_unsure"
    " command_start command_help command_check command_language command_sources command_privacy"
    " command_export command_forget"
)
_FILLED = {
    "start": "hello from {name}: {about} {topics}",
    "staff_over": "over: {trouble}",
    "help": "write for example: {example}",
    "identity": "{about}",
    "abstain_ask": "ask {ask}",
    "wish_noted": "told within {days} days",
    "wish_answered": "you asked {question}",
    "sources": "{count} sources: {publishers}",
    "evidence": "from {title}, {publishers}, {date}",
    "evidence_more": "also {publishers}, {first} to {last}",
    "undated": "undated, seen {seen}",
    "dated_long_ago": "{date} ({years} years)",
    "deadline_passed": "{date} has passed",
    "review_due": "check this of {date}",
    "review_due_undated": "check this seen on {seen}",
    "source_view": "**{title}**\n{text}\n{date}\n{sources}",
    "source_line": "{publisher}: [{title}]({url}), {date}",
    "source_line_unlinked": "{publisher}: {title}, {date}",
    "date_day": "{day} {month} {year}",
    "date_month": "{month} {year}",
    "date_year": "{year}",
    "decimal_mark": ".",
    "money": "Rp{amount}",
    "number_forms": "sekilo=1 kilo|half a kilo=0.5 kilo",
    "number_words": "zero=0|one=1|two=2|ten=10|half=0.5|setengah=0.5|dua=2|lima=5|sepuluh=10",
    "number_tens": "puluh=10|ratus=100|belas=-10",
    "number_multipliers": "thousand=1000|k=1000|rb=1000|ribu=1000|juta=1000000",
    "money_words": "rp|rupiah",
    "percent_words": "%|percent",
    "weight_units": "kg=1|kilo=1|ons=0.1|g=0.001|gram=0.001|公斤=1",
    "length_units": "cm=1|mm=0.1|m=100",
    "size_words": "length|width|height|p|l|t",
    "parcel_words": "parcel|box",
    "divisor_words": "divided by|divisor",
    "cost_words": "cost|costs",
    "profit_words": "profit|gain",
    "margin_words": "margin",
    "markup_words": "markup",
    "fee_words": "fee|fees",
    "unit_cost_words": "unit cost|per piece",
    "failed_words": "failed",
    "calculator_aside": "why",
    "parcel_charged": (
        "{charged} kg by {service}: {length}x{width}x{height}/{divisor}={volumetric}, {weight}"
    ),
    "parcel_unweighed": "{volumetric} kg by {service}: {length}x{width}x{height}/{divisor}",
    "parcel_rounded": "rounded",
    "parcel_rounding": "{name} {rounded}",
    "parcel_own_divisor": "yours",
    "price_margin": (
        "{price}={cost}/(1-{margin}-{fee}); {shown}: {fee_amount}, {profit}, {share}%"
    ),
    "price_markup": (
        "{price}={cost}*(1+{rate})/(1-{fee}), {markup}% on cost; {shown}: {fee_amount},"
        " {profit}, {share}%"
    ),
    "price_otherwise": "or {price} if {markup}% of the cost",
    "price_impossible": "no price bears {margin}% and {fee}%",
    "price_fee_given": "check the {percent}%",
    "price_fee_missing": "no fee yet",
    "journey_menu": "choose: {journeys}",
    "journey_progress": "{title}: {done} of {all}",
    "lesson_menu": "learned {done} of {all}: {lessons}",
    "lesson_page": "{title} {number}/{all}",
    "lesson_question": "{number}/{all} {question}",
    "lesson_result": "{title}: {right} of {all}",
    "lesson_wrong": "{question} {explanation}",
    "lesson_following": "next: {title}",
    "certificate_result": "{right} of {all} right",
    "certificate_caption": "{name} learned {title} on {date}",
    "person": "ask people: {ask}",
    "ticket_more": "write to staff, {number}",
    "ticket_turn": "{question} > {tried} {card}",
    "ticket_opened": "ticket {number} is open",
    "ticket_open_now": "staff are there: {hours}",
    "ticket_closed_now": "staff are away: {hours}",
    "ticket_wait": "it takes {wait}",
    "ticket_is_closed": "{number} is closed",
    "ticket_said": "staff on {number}: {text}",
    "ticket_delivered": "{number} delivered",
    "ticket_closed": "{number} was closed",
    "ticket_over": "{number} is over",
    "ticket_other": "{number} is open instead",
    "ticket_reopened": "{number} was reopened",
    "ticket_resumed": "{number} goes on",
    "ticket_draft_here": "draft of {number}",
    "ticket_lost": "{number} did not arrive",
    "ticket_card": "# {title} {number} {language}\n{question}\n\n{answer}",
    "zones": "East=7|Further=8",
    "reminder_set": "on {date} at {time}",
    "reminder": "remember {title}: {step}",
    "checked": "+",
    "unchecked": "-",
    "unit_cost": "{each}={costs}/{count}",
    "unit_cost_sum": "{parts}={total}",
    "unit_cost_failed": "without {failed}",
    "verdict_closed": "closed: {product} ({cluster})",
    "verdict_not_listed": "not listed: {product}",
    "verdict_unclear": "unclear: {product}",
    "verdict_more": "and {count} more",
    "verdict_heading": "which heading? ask {ask}",
    "verdict_checked": "checked {date}",
    "step_whence": "whence: {products}",
    "step_who": "who: {products}",
    "check_result": "result of {date}, {who}",
    "product_asking": "sell|sold|closed|jual|ditutup|卖|能卖|算不算",
    "product_passing": (
        "i|we|can|may|is|are|the|a|this|from|to|in|it|what about|saya|kami|di|apa|apakah"
        "|你好|我们|我|是|吗"
    ),
    "product_classing": "counted as|as|算",
    "product_gluing": "for|of|的",
    "product_telling": "about",
    "product_joining": "and|dan|和",
    "product_parts": "spares|配件",
    "product_soft": "and|what about|那|呢|",
    "seller_overseas": "we are abroad|kami di [places]|kami [any] dari [places]",
    "seller_local": "we are here",
    "seller_own": "we|saya|我们",
    "seller_closing": "closed|ditutup|关闭",
    "places": "mars|火星",
    "places_home": "home",
    "months": "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
}


_FORMS = (
    "goes_on_openings goes_on_words goes_on_endings goes_on_except"
    " question_joins question_words question_ends grammar_words"
)


def _words(language: Language, name: str, **forms: str) -> Mapping[str, str]:
    told = {phrase: f"({language}) {phrase}" for phrase in _SAID_AS_THEY_ARE.split()}
    privacy = f"({language}) kept for {{days}} days"
    own = {"language": language, "language_name": name, "privacy": privacy}
    own |= {"picture_language": "id" if language == "zh" else language}
    own |= dict.fromkeys(_FORMS.split(), "")
    return told | _FILLED | own | forms


PHRASES: Mapping[Language, Mapping[str, str]] = {
    "id": _words(
        "id",
        "Indonesia",
        greeting_forms="halo|halo kak",
        thanks_forms="makasih|ok",
        identity_forms="siapa kamu",
        goodbye_forms="dadah",
        person_forms="mau bicara dengan orang",
        address_forms="kak|ya",
    ),
    "en": _words(
        "en",
        "English",
        greeting_forms="hello|hi",
        thanks_forms="thanks|ok",
        identity_forms="who are you",
        goodbye_forms="bye",
        person_forms="a person please",
        address_forms="sir",
        goes_on_openings="and|what about",
        goes_on_words="it|those",
        goes_on_endings="wise",
        goes_on_except="otherwise",
        question_joins="and|also",
        question_words="what|how",
        question_ends="or not",
        grammar_words="what how and also the a of is i do it or not need",
    ),
    "zh": _words(
        "zh",
        "中文",
        greeting_forms="你好",
        thanks_forms="谢谢",
        identity_forms="你是谁",
        goes_on_openings="那|如果",
        goes_on_words="它",
        goes_on_endings="呢",
        question_joins="另外",
        question_words="什么",
        question_ends="吗",
        goodbye_forms="再见",
        person_forms="找人",
        address_forms="啊",
    ),
}


def passage(card: str = "stalls/open#papers", **values: Any) -> Passage:
    """A card as a search finds it: sure of itself, in English, with one dated source."""
    usual: dict[str, Any] = {
        "title": "Papers for a stall",
        "text": "Bring a permit.",
        "language": "en",
        "as_of": "2029-08-28",
        "sources": (KIOSK,),
        "confidence": 0.9,
        "topic": "stalls",
    }
    return Passage(card=card, **usual | values)


def sender(
    person: int = 1,
    *,
    chat: int | None = None,
    client_language: str = "en",
    settings: PersonSettings | None = None,
) -> Sender:
    """Someone in their private chat, whose Telegram is in English."""
    return Sender(person, person if chat is None else chat, client_language, settings)


class Goods:
    """A `Catalogue` of a few names, each with the cluster it belongs to."""

    def __init__(self, names: Mapping[str, str] | None = None) -> None:
        self.names = names or {
            "hat": "cloth",
            "hats": "cloth",
            "帽子": "cloth",
            "salt": "food",
            "salt shaker": NOT_LISTED,
            "pepper shaker": NOT_LISTED,
            "lamp": NOT_LISTED,
            "lamps": NOT_LISTED,
            "灯": NOT_LISTED,
            "mask": UNCLEAR,
        }

    def likeness(self, name: str, language: Language) -> Likeness:
        if name in self.names:
            return Likeness({self.names[name]: 0.99}, is_known=True, heard=1.0)
        words = name.split()
        heard = sum(map(self.knows, words)) / len(words)
        shares = {self.names[word]: 0.8 for word in words if word in self.names}
        return Likeness(shares or {"cloth": 0.3, NOT_LISTED: 0.3}, heard=heard)

    def lists(self, name: str) -> bool:
        return name in self.names

    def knows(self, word: str) -> bool:
        return any(word in name.split() for name in self.names)

    def fits(self, words: Sequence[str], name: str) -> bool:
        return all(map(self.knows, words))


def clusters(catalogue: Catalogue | None = None, **values: Any) -> Clusters:
    """Two clusters, one of cloth and one of food, with a card each."""
    usual: dict[str, Any] = {
        "titles": {"cloth": {"en": "Cloth", "id": "Kain"}, "food": {"en": "Food"}},
        "cards": {
            "cloth": "closed#cloth",
            "food": "closed#food",
            NOT_LISTED: "closed#others",
            UNCLEAR: "closed#unsure",
            "local": "stalls#here",
        },
        "told": frozenset({"closed#cloth", "closed#food", "closed#others", "closed#unsure"}),
        "headings": (Heading("50", "63", "cloth"), Heading("6304", "6304", UNCLEAR)),
        "subjects": ("tax",),
        "around": ("bazaar",),
    }
    return Clusters(catalogue or Goods(), **usual | values)


class ListedKnowledge:
    """A `Knowledge` that finds the passages it was given, whatever is asked."""

    def __init__(
        self,
        *found: Passage,
        others: Sequence[Passage] = (),
        program: Program = PROGRAM,
        error: BotError | None = None,
        signs: Signs | None = None,
        formulas: Formulas | None = None,
        journeys: Sequence[Journey] = (),
        lessons: Sequence[Lesson] = (),
        closed: Clusters | None = None,
    ) -> None:
        self.shows = signs or Signs()
        self.paths = journeys
        self.subjects = lessons
        self.said_of_sums = formulas or Formulas()
        self.found = found
        self.cards = {passage.card: passage for passage in (*others, *found)}
        self.about = program
        self.closed = closed
        self.error = error
        self.asked: list[tuple[str, Language]] = []

    async def search(self, text: str, *, language: Language, limit: int) -> Sequence[Passage]:
        self.asked.append((text, language))
        if self.error:
            raise self.error
        return self.found[:limit]

    def card(self, key: str, *, language: Language) -> Passage | None:
        by_digest = {digest(name): passage for name, passage in self.cards.items()}
        return self.cards.get(key) or by_digest.get(key)

    def program(self, language: Language) -> Program:
        return self.about

    def clusters(self) -> Clusters | None:
        return self.closed

    def signs(self) -> Signs:
        return self.shows

    def journeys(self, language: Language) -> Sequence[Journey]:
        return self.paths

    def lessons(self, language: Language) -> Sequence[Lesson]:
        return self.subjects

    def formulas(self, language: Language) -> Formulas:
        return self.said_of_sums

    def sources(self) -> Sequence[Source]:
        cited = (source for passage in self.cards.values() for source in passage.sources)
        return tuple(dict.fromkeys(cited))


class MemoryStore:
    """A `Store` that forgets when it is gone."""

    def __init__(self, *, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._languages: dict[int, Language] = {}
        self._votes: dict[tuple[int, int, int], dict[str, str]] = {}
        self._unanswered: list[Asked] = []
        self._wishes: list[tuple[int, dict[str, Any]]] = []
        self._sellers: dict[int, Seller] = {}
        self.asked: list[tuple[float, Asked]] = []
        self.reminders: dict[int, Reminder] = {}
        self.polls: dict[str, Poll] = {}
        self.chosen: dict[str, int] = {}
        self.tickets: dict[int, Ticket] = {}
        self.subscribers: set[int] = set()
        self.moved: dict[int, int] = {}
        self.words: dict[tuple[int, int], tuple[Speaker, str]] = {}
        self._places: dict[tuple[int, str, str], tuple[Place, float]] = {}

    async def recent(
        self, person: int, *, chat: int, before: int | None, within: float
    ) -> Sequence[Asked]:
        found = [
            asked
            for at, asked in reversed(self.asked)
            if (asked.person, asked.chat) == (person, chat)
            and at > self._clock() - within
            and (before is None or asked.message < before)
        ]
        return found[:3]

    async def language(self, person: int) -> Language | None:
        return self._languages.get(person)

    async def choose_language(self, person: int, language: Language) -> None:
        self._languages[person] = language

    async def seller(self, person: int) -> Seller | None:
        return self._sellers.get(person)

    async def choose_seller(self, person: int, seller: Seller) -> None:
        self._sellers[person] = seller

    async def vote(self, person: int, *, chat: int, message: int, card: str, vote: Vote) -> None:
        at = datetime.fromtimestamp(self._clock(), UTC).isoformat(sep=" ", timespec="seconds")
        kept = self._votes.setdefault((chat, message, person), {"card": card})
        kept.update(vote=vote, at=at)

    async def votes(self, card: str) -> Mapping[Vote, int]:
        counts: dict[Any, int] = {}
        for kept in self._votes.values():
            if kept["card"] == card:
                counts[kept["vote"]] = counts.get(kept["vote"], 0) + 1
        return counts

    def ask(self, person: int, text: str, language: Language = "id") -> None:
        """Keep a question that got no answer."""
        self._unanswered.append(Asked(person, text, language, "abstain"))

    async def wish(self, person: int, *, chat: int, message: int, key: str) -> bool:
        theirs = [asked for asked in self._unanswered if asked.person == person]
        found = [asked for asked in theirs if digest(asked.text) == key]
        texts = [wish["text"] for wisher, wish in self._wishes if wisher == person]
        if found and found[-1].text not in texts:
            at = datetime.fromtimestamp(self._clock(), UTC).isoformat(timespec="seconds")
            wish = {"at": at, "text": found[-1].text, "language": found[-1].language}
            self._wishes.append((person, wish | {"told": None}))
        return bool(found)

    async def places(self, person: int) -> Sequence[Place]:
        return [place for place, _ in self._places_of(person)]

    async def put(self, person: int, where: Place) -> None:
        key = (person, where.kind, where.name)
        self._places = {key: (where, self._clock())} | {
            other: kept for other, kept in self._places.items() if other != key
        }

    async def poll(self, key: str) -> Poll | None:
        return self.polls.get(key)

    async def note_choice(self, key: str, option: int) -> None:
        self.chosen.setdefault(key, option)

    async def is_subscribed(self, person: int) -> bool:
        return person in self.subscribers

    async def subscribe(self, person: int, language: Language) -> None:
        self.subscribers.add(person)

    async def unsubscribe(self, person: int) -> None:
        self.subscribers.discard(person)

    async def ticket_of(self, person: int) -> Ticket | None:
        theirs = (one for one in self.tickets.values() if one.person == person)
        return next((one for one in theirs if one.state == "open"), None)

    async def ticket(self, number: int) -> Ticket | None:
        return self.tickets.get(number)

    async def open_ticket(self, person: int, language: Language, update: int) -> Ticket:
        present = await self.ticket_of(person)
        made = present or Ticket(len(self.tickets) + 1, person, language, "open", update)
        self.tickets[made.number] = made
        return made

    async def move_ticket(self, number: int, state: TicketState, update: int) -> bool:
        moved = self.tickets[number].state != state or self.moved.get(number) == update
        self.tickets[number] = replace(self.tickets[number], state=state)
        self.moved[number] = update
        return moved

    async def note_words(self, number: int, update: int, by: Speaker, text: str) -> None:
        self.words.setdefault((number, update), (by, text))

    async def words_of(self, number: int) -> Sequence[tuple[Speaker, str]]:
        return [said for (ticket, _), said in self.words.items() if ticket == number]

    async def zone(self, person: int) -> int | None:
        wished = self.reminders.get(person)
        return wished.zone if wished else None

    async def remind(self, reminder: Reminder) -> None:
        self.reminders[reminder.person] = reminder

    async def export(self, person: int) -> Mapping[str, Any]:
        votes = [dict(kept) for (_, _, voter), kept in self._votes.items() if voter == person]
        language = self._languages.get(person)
        kept: dict[str, Any] = {"person": person, "language": language, "votes": votes}
        wishes = [dict(wish) for wisher, wish in self._wishes if wisher == person]
        kept["seller"] = self._sellers.get(person)
        places = [self._told(place, at) for place, at in self._places_of(person)]
        others: dict[str, Any] = {"questions": [], "wishes": wishes, "messages": []}
        others |= {"places": places, "quizzes": [], "tickets": [], "announcements": False}
        return kept | others | {"reminder": self._reminder_of(person)}

    async def forget(self, person: int) -> None:
        self._languages.pop(person, None)
        self._sellers.pop(person, None)
        self._votes = {key: kept for key, kept in self._votes.items() if key[2] != person}
        self._unanswered = [asked for asked in self._unanswered if asked.person != person]
        self._wishes = [each for each in self._wishes if each[0] != person]
        self._places = {key: kept for key, kept in self._places.items() if key[0] != person}
        self.reminders.pop(person, None)

    def _reminder_of(self, person: int) -> dict[str, Any] | None:
        wished = self.reminders.get(person)
        if wished is None:
            return None
        at = datetime.fromtimestamp(wished.at, UTC).isoformat(timespec="seconds")
        return {"zone": wished.zone, "journey": wished.journey, "at": at if wished.at else None}

    def _places_of(self, person: int) -> list[tuple[Place, float]]:
        found = [kept for (whose, *_), kept in self._places.items() if whose == person]
        return sorted(found, key=lambda kept: -kept[1])

    def _told(self, place: Place, at: float) -> dict[str, Any]:
        when = datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
        told = {"kind": place.kind, "name": place.name, "step": place.step}
        return {**told, "kept": dict(place.kept), "at": when}


class MemoryMail:
    """A `Mail` that forgets when it is gone; while `away`, it can be neither read nor written."""

    def __init__(self, *, clock: Callable[[], float] = time.time) -> None:
        self.away = False
        self.elsewhere: set[int] = set()
        """The chats that another process answers."""
        self.languages: dict[int, Language] = {}
        self.placed: set[int] = set()
        """What people chose."""
        self.asked: list[Asked] = []
        self.dead: dict[int, str] = {}
        self.polls: dict[str, tuple[int, Quiz]] = {}
        self.released: list[int] = []
        self.topics: dict[int, int] = {}
        self._clock = clock
        self._askers: set[int] = set()
        self._known: set[int] = set()
        self._waiting: dict[int, Received] = {}
        self._replies: dict[tuple[int, int | None], Sequence[int]] = {}

    async def receive(
        self, letters: Sequence[Received], *, early: Early = lambda _: None
    ) -> Sequence[Received]:
        early(self._told(self._new(letters)))
        await self._reach()
        new = self._new(letters)
        self._known |= new.keys()
        self._waiting |= new
        return self._told(new)

    async def waiting(self, *, beside: Collection[int], limit: int) -> Sequence[Received]:
        await self._reach()
        mine = self._told(dict(sorted(self._waiting.items())))
        return [letter for letter in mine if letter.update not in beside][:limit]

    async def record(self, letter: Received, calls: Sequence[Call], *asked: Asked) -> None:
        await self._reach()
        if letter.chat in self.elsewhere:
            raise LostError("chat_taken_over", update=letter.update)
        self._change(letter, calls=tuple(calls))
        self.asked += asked
        self._askers.update(each.person for each in asked)

    async def sent(self, letter: Received, count: int, replies: Sequence[int] = ()) -> None:
        await self._reach()
        self._change(letter, sent=count)
        self._note(letter, replies)

    async def polled(self, letter: Received, key: str, quiz: Quiz) -> None:
        await self._reach()
        self.polls[key] = (letter.person, quiz)

    async def topic(self, number: int) -> int | None:
        return self.topics.get(number)

    async def topic_made(self, letter: Received, number: int, topic: int) -> None:
        await self._reach()
        self.topics[number] = topic

    async def done(self, letter: Received, replies: Sequence[int] = ()) -> None:
        await self._reach()
        self._waiting.pop(letter.update, None)
        self._note(letter, replies)

    async def replies(self, letter: Received) -> Sequence[int]:
        return self._replies.get((letter.chat, letter.message), ())

    async def fail(self, letter: Received, reason: str, *, is_final: bool) -> None:
        await self._reach()
        if kept := self._waiting.get(letter.update):
            self._change(letter, attempts=kept.attempts + 1)
            if is_final:
                del self._waiting[letter.update]
                self.dead[letter.update] = reason

    async def release(self, chat: int) -> None:
        await self._reach()
        self.released.append(chat)

    def _note(self, letter: Received, replies: Sequence[int]) -> None:
        if replies and letter.message is not None:
            self._replies[letter.chat, letter.message] = list(replies)

    def _new(self, letters: Sequence[Received]) -> dict[int, Received]:
        at = self._clock()
        new: dict[int, Received] = {}
        for letter in letters:
            if letter.update not in self._known:
                new.setdefault(letter.update, replace(letter, at=at))
        return new

    def _told(self, letters: Mapping[int, Received]) -> list[Received]:
        mine = [each for each in letters.values() if each.chat not in self.elsewhere]
        return [replace(each, settings=self._settings(each.person)) for each in mine]

    def _settings(self, person: int) -> PersonSettings:
        return PersonSettings(
            self.languages.get(person),
            person in self.placed,
            has_asked=person in self._askers,
        )

    def _change(self, letter: Received, **values: Any) -> None:
        if kept := self._waiting.get(letter.update):
            self._waiting[letter.update] = replace(kept, **values)

    async def _reach(self) -> None:
        await asyncio.sleep(0)  # Others get their turn, as they do while a disk is written.
        if self.away:
            raise StoreError("state_unusable", reason="away")
