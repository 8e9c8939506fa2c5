"""One turn: what came in, decided and put in words."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.commands import COMMANDS
from bot.core.conversation import Conversation
from bot.core.messages import (
    Abstention,
    Answer,
    Asked,
    Button,
    Command,
    Incoming,
    Language,
    Passage,
    PersonSettings,
    Press,
    Program,
    Question,
    Refusal,
    SmallTalk,
    Turn,
    Unreadable,
)
from bot.core.pacing import Verdict
from bot.core.ports import KnowledgeError, Store, StoreError
from bot.core.render import digest
from bot.core.signs import Sign, Signs
from bot.core.sums import Formulas
from tests.fakes import (
    PHRASES,
    PROGRAM,
    TODAY,
    ListedKnowledge,
    MemoryStore,
    clusters,
    passage,
    sender,
)

PAPERS, FEES = passage("stalls/open#papers"), passage("stalls/fees#daily", title="Fees")
YESTERDAY = TODAY - timedelta(days=1)
GROUP = -5


def talking(
    knowledge: ListedKnowledge,
    *,
    store: Store | None = None,
    guess: Language | None = "en",
    askers: Callable[[int], Verdict] = lambda _: "fine",
    keep_days: int = 30,
) -> Conversation:
    return Conversation(
        knowledge,
        store or MemoryStore(),
        guess=lambda text: guess,
        phrases=PHRASES,
        min_confidence=0.5,
        today=lambda: TODAY,
        askers=askers,
        keep_days=keep_days,
    )


def question(text: str = "What papers do I need?", *, chosen: Language | None = None) -> Question:
    return Question(1, sender(), text, chosen=chosen)


def press(data: str, *, message: int | None = 9, person: int = 1) -> Press:
    keyboard = ((Button("👍", f"up:{digest(PAPERS.card)}:en"),),)
    return Press(1, sender(person), data, "query", message, keyboard)


def told(turn: Turn) -> str:
    (reply,) = turn.replies
    return reply.text


async def test_answers_a_question() -> None:
    turn = await talking(ListedKnowledge(PAPERS, FEES)).turn(question())

    assert turn.outcome == Answer(PAPERS, (FEES,))
    assert told(turn).startswith("Bring a permit.")


async def test_keeps_the_candidates_it_decided_on() -> None:
    turn = await talking(ListedKnowledge(PAPERS, FEES)).turn(question())

    assert turn.candidates == (PAPERS, FEES)


async def test_searches_in_the_language_of_the_question() -> None:
    knowledge = ListedKnowledge(PAPERS)

    await talking(knowledge, guess="zh").turn(question("需要什么材料"))

    assert knowledge.asked == [("需要什么材料", "zh")]


async def test_works_out_what_holds_all_the_numbers_of_a_sum() -> None:
    card = passage("prices#unit")
    knowledge = ListedKnowledge(card, formulas=Formulas(unit_cost=card.card))

    turn = await talking(knowledge).turn(question("500k for 100 bottles, unit cost?"))

    assert (turn.outcome, knowledge.asked) == (Answer(card), [])
    assert told(turn).startswith("Rp5,000=Rp500,000/100")


async def test_searches_for_no_more_than_it_needs() -> None:
    knowledge = ListedKnowledge(*(passage(f"a#{number}") for number in range(30)))

    turn = await talking(knowledge).turn(question())

    assert len(turn.candidates) == 10


async def test_abstains_when_no_card_is_likely_enough() -> None:
    unlikely = passage(confidence=0.3)

    turn = await talking(ListedKnowledge(unlikely)).turn(question())

    assert turn.outcome == Abstention(0.3, related=(unlikely,))
    assert told(turn) == "(en) abstain\n\nask the help desk\n\n(en) abstain_near"


async def test_a_card_whose_time_is_over_does_not_answer() -> None:
    over = passage("a#1", valid_until=YESTERDAY)

    turn = await talking(ListedKnowledge(over, FEES)).turn(question())

    assert turn.outcome == Answer(FEES)


async def test_a_card_answers_on_its_last_day() -> None:
    last = passage(valid_until=TODAY)

    turn = await talking(ListedKnowledge(last)).turn(question())

    assert turn.outcome == Answer(last)


async def test_offers_the_cards_that_the_answer_links_to() -> None:
    linking = passage("a#1", links=("stalls/fees#daily", "gone#1", "over#1"))
    others = [FEES, passage("over#1", valid_until=YESTERDAY)]

    turn = await talking(ListedKnowledge(linking, others=others)).turn(question())

    assert turn.outcome == Answer(linking, (FEES,))


async def test_answers_small_talk_without_searching() -> None:
    knowledge = ListedKnowledge(PAPERS)

    turn = await talking(knowledge).turn(question("thanks"))

    assert (turn.outcome, knowledge.asked) == (SmallTalk("thanks"), [])


@pytest.mark.parametrize("text", ["", "???", "😀", "\u200f\u202e", "\x00\x07", "…"])
async def test_asks_for_words_where_there_are_none(text: str) -> None:
    knowledge = ListedKnowledge(PAPERS)

    turn = await talking(knowledge).turn(question(text))

    assert (turn.outcome, told(turn)) == (Abstention(0.0), "(en) wordless")
    assert knowledge.asked == []


async def test_answers_in_the_language_the_person_chose_where_the_text_does_not_tell() -> None:
    store = MemoryStore()
    await store.choose_language(1, "zh")

    turn = await talking(ListedKnowledge(), store=store, guess=None).turn(question("12 34 56 78"))

    assert turn.language == "zh"


async def test_the_language_named_for_a_question_goes_before_the_stored_one() -> None:
    store = MemoryStore()
    await store.choose_language(1, "zh")
    asked = question("12 34 56 78", chosen="id")

    turn = await talking(ListedKnowledge(), store=store, guess=None).turn(asked)

    assert turn.language == "id"


async def test_a_choice_that_came_with_what_was_written_is_not_looked_up_again() -> None:
    asked = Question(1, sender(settings=PersonSettings("zh")), "12 34 56 78")

    turn = await talking(ListedKnowledge(PAPERS), store=LockedStore(), guess=None).turn(asked)

    assert (turn.language, turn.error) == ("zh", None)


async def test_somebody_who_is_known_to_have_chosen_nothing_is_not_looked_up_either() -> None:
    command = Command(1, sender(client_language="zh-hans", settings=PersonSettings()), "language")

    turn = await talking(ListedKnowledge(), store=LockedStore()).turn(command)

    assert told(turn) == "(zh) language_question"


class LockedStore(MemoryStore):
    """A store that can neither be read nor written."""

    async def language(self, person: int) -> Language | None:
        raise StoreError("state_unusable", reason="locked")


@pytest.mark.parametrize(
    ("incoming", "language"),
    [
        (question(), "en"),
        (Unreadable(1, sender(client_language="id")), "id"),
        (Command(1, sender(client_language="zh-hans"), "help"), "zh"),
    ],
    ids=["a question", "a picture", "a command"],
)
async def test_says_that_the_state_failed_in_the_likely_language(
    incoming: Incoming, language: Language
) -> None:
    turn = await talking(ListedKnowledge(PAPERS), store=LockedStore()).turn(incoming)

    assert (told(turn), turn.language) == (f"({language}) trouble", language)
    assert isinstance(turn.error, StoreError)


async def test_says_that_something_failed_and_keeps_the_error() -> None:
    error = KnowledgeError("search_failed", reason="gone")

    turn = await talking(ListedKnowledge(error=error)).turn(question())

    assert (told(turn), turn.error, turn.outcome) == ("(en) trouble", error, None)


async def test_says_what_it_can_read() -> None:
    turn = await talking(ListedKnowledge()).turn(Unreadable(1, sender()))

    assert told(turn) == "(en) unreadable"


async def test_speaks_the_language_of_the_persons_app_until_they_choose() -> None:
    turn = await talking(ListedKnowledge()).turn(Unreadable(1, sender(client_language="zh-hans")))

    assert told(turn) == "(zh) unreadable"


async def test_speaks_the_chosen_language_whatever_the_app_is_set_to() -> None:
    store = MemoryStore()
    await store.choose_language(1, "id")

    turn = await talking(ListedKnowledge(), store=store).turn(Command(1, sender(), "privacy"))

    assert told(turn) == "(id) kept for 30 days"


async def test_start_introduces_the_bot_with_examples_and_languages() -> None:
    turn = await talking(ListedKnowledge()).turn(Command(1, sender(), "start"))

    (reply,) = turn.replies
    assert reply.text == "hello from Melati: I am Melati. stalls, fees"
    assert [[button.label for button in row] for row in reply.keyboard] == [
        ["How do I open a stall?"],
        ["What does a stall cost?"],
        ["Indonesia", "English", "中文"],
    ]


async def test_start_works_for_a_program_that_says_nothing_of_itself() -> None:
    knowledge = ListedKnowledge(program=Program())

    turn = await talking(knowledge).turn(Command(1, sender(), "start"))

    assert len(turn.replies[0].keyboard) == 1


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("help", "write for example: How do I open a stall?"),
        ("privacy", "(en) kept for 30 days"),
        ("export", "(en) export"),
        ("forget", "(en) forget"),
        ("language", "(en) language_question"),
        ("sources", "1 sources: Kabar Kota"),
        ("nonsense", "(en) unknown_command"),
        ("?", "(en) unknown_command"),
    ],
)
async def test_obeys_a_command(name: str, text: str) -> None:
    turn = await talking(ListedKnowledge(PAPERS)).turn(Command(1, sender(), name))

    assert told(turn) == text


@pytest.mark.parametrize("name", COMMANDS)
async def test_knows_every_command_it_offers(name: str) -> None:
    turn = await talking(ListedKnowledge(PAPERS)).turn(Command(1, sender(), name))

    assert told(turn) != "(en) unknown_command"


async def test_says_how_long_questions_are_kept() -> None:
    conversation = talking(ListedKnowledge(), keep_days=7)

    turn = await conversation.turn(Command(1, sender(), "privacy"))

    assert told(turn) == "(en) kept for 7 days"


async def test_keeps_of_an_answered_question_what_tells_nobodys_name() -> None:
    asked = question("email saya ani@contoh.id, apa syaratnya?")

    turn = await talking(ListedKnowledge(PAPERS)).turn(asked)

    assert turn.asked == (
        Asked(
            person=1,
            text="email saya ‹email›, apa syaratnya?",
            language="en",
            outcome="answer",
            card=PAPERS.card,
            confidence=0.9,
            chat=1,
        ),
    )


@pytest.mark.parametrize(
    ("text", "searched"),
    [
        ("nik saya 3204123456789012, syaratnya apa", "nik saya  , syaratnya apa"),
        ("hp 081234567890", "hp"),
        ("what papers? mail ani@contoh.id", "what papers? mail"),
        ("otp 123456", "otp"),
    ],
)
async def test_nothing_that_tells_who_somebody_is_reaches_the_search(
    text: str, searched: str
) -> None:
    knowledge = ListedKnowledge(PAPERS)

    turn = await talking(knowledge).turn(question(text))

    assert knowledge.asked == [(searched, "en")]
    assert told(turn).endswith("\n\n(en) keep_private")
    assert turn.replies[0].body.count("(en) keep_private") == 1


async def test_a_text_of_nothing_but_a_secret_is_no_question() -> None:
    turn = await talking(ListedKnowledge(PAPERS)).turn(question("3204123456789012"))

    assert told(turn) == "(en) wordless\n\n(en) keep_private"


@pytest.mark.parametrize(
    "text", ["nama saya Budi, syaratnya apa?", "lahir 12/05/1990", "rp 150.000"]
)
async def test_says_nothing_of_what_is_no_secret(text: str) -> None:
    turn = await talking(ListedKnowledge(PAPERS)).turn(question(text))

    assert "keep_private" not in told(turn)


FRAUD = Signs({"code": "code"}, fraud=[Sign(FEES.card, (("code",),))])
LENDING = Signs({"asks_how": "how", "lend": "lend"}, evasion=[Sign(FEES.card, (("lend",),))])


async def test_a_sign_of_fraud_is_answered_with_the_card_that_warns() -> None:
    knowledge = ListedKnowledge(PAPERS, others=[FEES], signs=FRAUD)

    turn = await talking(knowledge).turn(question("he wants my code"))

    assert isinstance(turn.outcome, Answer)
    assert (turn.outcome.passage.card, turn.outcome.related) == (FEES.card, (PAPERS,))


async def test_refuses_help_to_get_around_a_rule_with_the_lawful_way() -> None:
    knowledge = ListedKnowledge(PAPERS, others=[FEES], signs=LENDING)

    turn = await talking(knowledge).turn(question("how can i lend it"))

    assert turn.outcome == Refusal(FEES, (PAPERS,))
    assert turn.asked == (Asked(1, "how can i lend it", "en", "refuse", FEES.card, chat=1),)


async def test_refuses_what_the_questions_of_a_message_show_only_together() -> None:
    signs = Signs(
        {"asks_how": "how", "lend": "lend", "stall": "stall"},
        evasion=[Sign(FEES.card, (("lend", "stall"),))],
    )
    knowledge = ListedKnowledge(PAPERS, others=[FEES], signs=signs)

    turn = await talking(knowledge).turn(question("what is a stall? how do I lend it?"))

    assert turn.outcome == Refusal(FEES, (PAPERS,))


async def test_refuses_to_name_closed_goods_as_others() -> None:
    signs = Signs({"disguise_naming": "ship", "disguise_calling": "as"}, disguise_card=FEES.card)
    knowledge = ListedKnowledge(PAPERS, others=[FEES], signs=signs, closed=clusters())

    turn = await talking(knowledge).turn(question("May we ship hats? As lamps?"))

    assert turn.outcome == Refusal(FEES)


async def test_a_warning_whose_time_is_over_is_not_told() -> None:
    over = passage(FEES.card, valid_until=YESTERDAY)
    knowledge = ListedKnowledge(PAPERS, others=[over], signs=FRAUD)

    turn = await talking(knowledge).turn(question("he wants my code"))

    assert turn.outcome == Answer(PAPERS)


async def test_keeps_a_question_that_has_no_answer() -> None:
    turn = await talking(ListedKnowledge(passage(confidence=0.3))).turn(question())

    assert turn.asked == (
        Asked(1, "What papers do I need?", "en", "abstain", confidence=0.3, chat=1),
    )


async def test_keeps_which_card_said_that_nothing_is_known() -> None:
    unknown = passage(unknown=True)

    turn = await talking(ListedKnowledge(unknown)).turn(question())

    assert turn.asked == (Asked(1, question().text, "en", "abstain", unknown.card, 0.9, chat=1),)


class SearchedKnowledge(ListedKnowledge):
    """A `Knowledge` that finds a card for each text that it was given, and else nothing."""

    def __init__(self, **found: Passage) -> None:
        super().__init__(others=tuple(found.values()))
        self.by_text = {text.replace("_", " "): card for text, card in found.items()}
        self.behind: dict[str, Passage] = {}
        """What is found for a text behind that card."""

    async def search(self, text: str, *, language: Language, limit: int) -> Sequence[Passage]:
        self.asked.append((text, language))
        asked = text.rstrip("?")
        return [found[asked] for found in (self.by_text, self.behind) if asked in found]


FIRM = passage("stalls/open#firm", title="Papers of a firm")


async def talked(
    knowledge: ListedKnowledge, *texts: str, clock: Callable[[], float] = time.time
) -> Turn:
    """Say one thing after the other, and return the last turn."""
    store = MemoryStore(clock=clock)
    conversation = talking(knowledge, store=store)
    turn = Turn("en")
    for number, text in enumerate(texts, 1):
        turn = await conversation.turn(Question(number, sender(), text, number))
        store.asked += [(clock(), asked) for asked in turn.asked]
    return turn


async def test_a_follow_up_is_understood_from_the_question_before() -> None:
    knowledge = SearchedKnowledge(papers_of_a_stall=PAPERS, papers_of_a_stall_and_a_firm=FIRM)

    turn = await talked(knowledge, "papers of a stall", "and a firm?")

    assert isinstance(turn.outcome, Answer)
    assert turn.outcome.passage.card == FIRM.card
    assert [text for text, _ in knowledge.asked][-1] == "papers of a stall and a firm?"


class Forgetful(MemoryStore):
    """A `Store` that cannot say what was asked."""

    async def recent(
        self,
        person: int,
        *,
        chat: int,
        before: int | None,
        within: float,
    ) -> Sequence[Asked]:
        raise StoreError("state_unusable", reason="locked")


@pytest.mark.parametrize("has_asked", [False, True])
async def test_what_was_asked_is_looked_for_only_where_something_was(has_asked: bool) -> None:
    conversation = talking(SearchedKnowledge(), store=Forgetful())
    known = PersonSettings("en", has_places=False, has_asked=has_asked)

    turn = await conversation.turn(Question(1, sender(settings=known), "and a firm?", 1))

    assert (turn.error is not None) is has_asked


async def test_what_a_follow_up_leans_on_is_searched_for_without_personal_data() -> None:
    knowledge = SearchedKnowledge()

    await talked(knowledge, "papers of ani@contoh.id", "and a firm?")

    assert [text for text, _ in knowledge.asked][-1] == "papers of and a firm?"


async def test_nothing_is_gone_on_from_after_a_long_silence() -> None:
    times = iter([0.0, 1801.0, 1801.0])
    knowledge = SearchedKnowledge(papers_of_a_stall=PAPERS, papers_of_a_stall_and_a_firm=FIRM)

    turn = await talked(knowledge, "papers of a stall", "and a firm?", clock=lambda: next(times))

    assert turn.outcome == Abstention(0.0)


async def test_a_short_question_that_is_answered_by_itself_is_not_asked_with_another() -> None:
    knowledge = SearchedKnowledge(papers_of_a_stall=PAPERS, stall_fees=FEES)

    turn = await talked(knowledge, "papers of a stall", "stall fees?")

    assert turn.outcome == Answer(FEES)
    assert len(knowledge.asked) == 2


async def test_a_few_words_that_are_barely_answered_by_themselves_are_not_answered() -> None:
    unsure = replace(FEES, confidence=0.6)
    knowledge = SearchedKnowledge(stall_fees=unsure, how_much_are_the_fees_of_a_stall=unsure)

    few = await talked(knowledge, "stall fees?")
    whole = await talked(knowledge, "how much are the fees of a stall?")

    assert (few.outcome, whole.outcome) == (Abstention(0.6, related=(unsure,)), Answer(unsure))


async def test_a_short_question_that_is_barely_answered_is_asked_with_the_one_before() -> None:
    unsure = replace(FEES, confidence=0.6)
    knowledge = SearchedKnowledge(
        papers_of_a_stall=PAPERS, stall_fees=unsure, papers_of_a_stall_stall_fees=FIRM
    )
    knowledge.behind["stall fees"] = replace(FIRM, confidence=0.3)

    turn = await talked(knowledge, "papers of a stall", "stall fees?")

    assert isinstance(turn.outcome, Answer)
    assert turn.outcome.passage.card == FIRM.card


async def test_two_questions_in_a_message_get_both_answers() -> None:
    knowledge = SearchedKnowledge(what_is_a_stall=PAPERS, how_do_I_pay=FEES)

    turn = await talked(knowledge, "what is a stall? how do I pay?")

    assert [part.outcome for part in turn.parts] == [Answer(PAPERS), Answer(FEES)]
    assert turn.outcome == Answer(PAPERS)
    assert [reply.text for reply in turn.replies] == [part.replies[0].text for part in turn.parts]
    assert [(asked.text, asked.card) for asked in turn.asked] == [
        ("what is a stall?", PAPERS.card),
        ("how do I pay?", FEES.card),
    ]


async def test_the_second_question_may_lean_on_the_first() -> None:
    knowledge = SearchedKnowledge(what_is_a_stall=PAPERS)
    knowledge.by_text["what is a stall? how is it paid"] = FEES

    turn = await talked(knowledge, "what is a stall? how is it paid?")

    assert [part.outcome.name for part in turn.parts if part.outcome] == ["answer", "answer"]


@pytest.mark.parametrize(("confidence", "parts"), [(0.6, 0), (0.8, 2)])
async def test_a_question_without_words_of_its_own_is_told_where_it_is_sure(
    confidence: float, parts: int
) -> None:
    knowledge = SearchedKnowledge(what_is_a_stall=PAPERS, why=replace(FEES, confidence=confidence))
    knowledge.by_text["what is a stall? why"] = PAPERS

    turn = await talked(knowledge, "what is a stall? why?")

    assert len(turn.parts) == parts


async def test_the_second_question_has_nothing_to_lean_on_where_the_first_is_no_question() -> None:
    knowledge = SearchedKnowledge()

    turn = await talked(knowledge, "what? how is it paid?")

    assert turn.outcome == Abstention(0.0)


async def test_one_question_of_two_sentences_stays_one() -> None:
    knowledge = SearchedKnowledge(**{"I sell tea. what is a stall": PAPERS})

    turn = await talked(knowledge, "I sell tea. what is a stall?")

    assert (turn.outcome, turn.parts) == (Answer(PAPERS), ())


async def test_somebody_is_told_once_a_message_what_to_keep_private() -> None:
    knowledge = SearchedKnowledge(**{"I am  . what is a stall": PAPERS, "how do I pay": FEES})

    turn = await talked(knowledge, "I am ani@contoh.id. what is a stall? how do I pay?")

    assert [reply.text.count("keep_private") for reply in turn.replies] == [0, 1]


async def test_keeps_no_small_talk() -> None:
    turn = await talking(ListedKnowledge(PAPERS)).turn(question("thanks"))

    assert turn.asked == ()


async def test_keeps_no_question_that_could_not_be_answered_for_now() -> None:
    error = KnowledgeError("search_failed", reason="gone")

    turn = await talking(ListedKnowledge(error=error)).turn(question())

    assert turn.asked == ()


async def test_asks_somebody_who_asks_too_often_to_slow_down() -> None:
    knowledge = ListedKnowledge(PAPERS)
    people: list[int] = []

    def warn(person: int) -> Verdict:
        people.append(person)
        return "warn"

    asked = Question(1, sender(7, chat=GROUP, settings=PersonSettings("zh")), "What papers?")
    turn = await talking(knowledge, askers=warn).turn(asked)

    assert (told(turn), turn.outcome, turn.asked) == ("(zh) slow_down", None, ())
    assert (knowledge.asked, people) == ([], [7])


async def test_says_nothing_to_somebody_who_was_asked_to_slow_down() -> None:
    knowledge = ListedKnowledge(PAPERS)

    turn = await talking(knowledge, askers=lambda _: "silent").turn(question())

    assert turn == Turn("en")
    assert knowledge.asked == []


@pytest.mark.parametrize(
    "incoming",
    [Command(1, sender(), "help"), press(f"s:{digest(PAPERS.card)}:en"), Unreadable(1, sender())],
    ids=["a command", "a press", "a picture"],
)
async def test_only_questions_can_be_too_many(incoming: Incoming) -> None:
    conversation = talking(ListedKnowledge(PAPERS), askers=lambda _: "silent")

    turn = await conversation.turn(incoming)

    assert len(turn.replies) == 1


async def test_sends_everything_that_is_kept_about_a_person() -> None:
    store = MemoryStore(clock=lambda: 0.0)
    await store.choose_language(1, "en")
    await store.choose_language(2, "zh")
    await store.vote(1, chat=1, message=9, card=PAPERS.card, vote="up")

    turn = await talking(ListedKnowledge(), store=store).turn(Command(1, sender(), "export"))

    (reply,) = turn.replies
    assert reply.document is not None
    assert reply.document.name == "akar.json"
    assert json.loads(reply.document.content) == {
        "person": 1,
        "language": "en",
        "seller": None,
        "votes": [{"card": PAPERS.card, "vote": "up", "at": "1970-01-01 00:00:00+00:00"}],
        "questions": [],
        "wishes": [],
        "messages": [],
        "places": [],
        "quizzes": [],
        "tickets": [],
        "announcements": False,
        "reminder": None,
    }


@pytest.mark.parametrize("name", ["export", "forget"])
async def test_tells_of_a_person_only_in_their_private_chat(name: str) -> None:
    command = Command(1, sender(1, chat=GROUP), name)

    turn = await talking(ListedKnowledge()).turn(command)

    (reply,) = turn.replies
    assert (reply.text, reply.keyboard, reply.document) == ("(en) private_only", (), None)


async def known(*people: int) -> MemoryStore:
    """A store in which these people chose English."""
    store = MemoryStore()
    for person in people:
        await store.choose_language(person, "en")
    return store


async def test_asks_before_it_forgets() -> None:
    store = await known(1)

    turn = await talking(ListedKnowledge(), store=store).turn(Command(1, sender(), "forget"))

    (reply,) = turn.replies
    assert reply.keyboard == (
        (Button("(en) forget_yes", f"forget:{digest('1')}"),),
        (Button("(en) forget_no", f"keep:{digest('1')}"),),
    )
    assert await store.language(1) == "en"


async def test_forgets_somebody_who_presses_their_button() -> None:
    store = await known(1, 2)
    await store.vote(1, chat=1, message=9, card=PAPERS.card, vote="up")

    turn = await talking(ListedKnowledge(), store=store).turn(press(f"forget:{digest('1')}"))

    assert (told(turn), turn.keyboard) == ("(en) forgotten", ())
    assert [await store.language(person) for person in (1, 2)] == [None, "en"]
    assert await store.votes(PAPERS.card) == {}


async def test_keeps_everything_where_somebody_thinks_better_of_it() -> None:
    store = await known(1)

    turn = await talking(ListedKnowledge(), store=store).turn(press(f"keep:{digest('1')}"))

    assert turn == Turn("en", toast="(en) kept", keyboard=())
    assert await store.language(1) == "en"


@pytest.mark.parametrize("kind", ["forget", "keep"])
async def test_somebody_elses_press_on_a_forget_button_does_nothing_to_anybody(kind: str) -> None:
    store = await known(1, 2)
    conversation = talking(ListedKnowledge(), store=store)

    turn = await conversation.turn(press(f"{kind}:{digest('1')}", person=2))

    assert turn == Turn("en", toast="(en) old_button")
    assert [await store.language(person) for person in (1, 2)] == ["en", "en"]


@pytest.mark.parametrize("data", ["forget", "forget:", "forget:1", "keep:", "forget::en"])
async def test_forgets_nobody_by_a_button_it_never_made(data: str) -> None:
    store = await known(1)

    turn = await talking(ListedKnowledge(), store=store).turn(press(data))

    assert turn.toast == "(en) old_button"
    assert await store.language(1) == "en"


async def test_remembers_the_language_that_was_pressed() -> None:
    store = MemoryStore()

    turn = await talking(ListedKnowledge(), store=store).turn(press("l:zh"))

    assert (told(turn), turn.toast) == ("(zh) language_chosen", "中文")
    assert await store.language(1) == "zh"


async def test_answers_an_example_as_if_it_had_been_typed() -> None:
    knowledge = ListedKnowledge(PAPERS)
    example = PROGRAM.examples[1]

    turn = await talking(knowledge, guess=None).turn(press(f"q:{digest(example)}"))

    assert turn.outcome == Answer(PAPERS)
    assert knowledge.asked == [(example, "id")]


async def test_shows_the_source_of_a_card() -> None:
    turn = await talking(ListedKnowledge(PAPERS)).turn(press(f"s:{digest(PAPERS.card)}:en"))

    assert "Kabar Kota: [Membuka kios](https://kabar.example/kios)" in told(turn)


async def test_tells_a_related_card_however_unlikely_it_is() -> None:
    unlikely = passage(confidence=0.01)

    turn = await talking(ListedKnowledge(unlikely)).turn(press(f"c:{digest(unlikely.card)}:en"))

    assert turn.outcome == Answer(unlikely)


async def test_a_card_picked_by_its_button_leads_on_to_others() -> None:
    knowledge = ListedKnowledge(FEES, PAPERS)

    turn = await talking(knowledge).turn(press(f"c:{digest(PAPERS.card)}:en"))

    assert turn.outcome == Answer(PAPERS, (FEES,))
    assert knowledge.asked == [(PAPERS.title, "en")]


async def test_a_button_answers_in_the_language_it_was_made_in() -> None:
    turn = await talking(ListedKnowledge(PAPERS)).turn(press(f"c:{digest(PAPERS.card)}:zh"))

    assert turn.language == "zh"


@pytest.mark.parametrize("vote", ["up", "down"])
async def test_stores_a_vote_and_says_thanks(vote: str) -> None:
    store = MemoryStore()
    conversation = talking(ListedKnowledge(PAPERS), store=store)

    turn = await conversation.turn(press(f"{vote}:{digest(PAPERS.card)}:en"))

    assert turn.toast == f"(en) voted_{vote}"
    assert await store.votes(PAPERS.card) == {vote: 1}


async def test_marks_the_vote_on_the_message() -> None:
    turn = await talking(ListedKnowledge(PAPERS)).turn(press(f"up:{digest(PAPERS.card)}:en"))

    assert turn.keyboard == ((Button("👍 ✓", f"up:{digest(PAPERS.card)}:en"),),)
    assert turn.replies == ()


async def test_a_vote_on_a_message_that_is_gone_is_not_stored() -> None:
    store = MemoryStore()
    conversation = talking(ListedKnowledge(PAPERS), store=store)

    turn = await conversation.turn(press(f"up:{digest(PAPERS.card)}:en", message=None))

    assert turn.toast == "(en) voted_up"
    assert await store.votes(PAPERS.card) == {}


@pytest.mark.parametrize(
    "data",
    ["", "x", "s:", "s:gone:en", "up:gone:en", "q:gone", "l:fr", "l:", "tidak:dikenal", "::::"],
)
async def test_says_that_a_button_is_old(data: str) -> None:
    turn = await talking(ListedKnowledge(PAPERS)).turn(press(data))

    assert turn == Turn("en", toast="(en) old_button")


@pytest.mark.parametrize("kind", ["s", "c", "up"])
async def test_a_button_of_a_card_whose_time_is_over_is_old(kind: str) -> None:
    over = passage(valid_until=YESTERDAY)

    turn = await talking(ListedKnowledge(over)).turn(press(f"{kind}:{digest(over.card)}:en"))

    assert turn.toast == "(en) old_button"


def test_an_error_names_itself_and_its_values() -> None:
    error = KnowledgeError("search_failed", reason="gone", name="akar")

    assert str(error) == "search_failed: reason=gone, name=akar"
