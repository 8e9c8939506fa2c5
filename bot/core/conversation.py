"""One turn: what came in, decided and put in words, its steps in order."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import assert_never

from bot.core import render, wishes
from bot.core.answer import answer
from bot.core.masking import mask
from bot.core.messages import (
    Abstention,
    Answer,
    Asked,
    Command,
    Incoming,
    Language,
    Outcome,
    Passage,
    Press,
    Question,
    Reply,
    Sender,
    Turn,
    Unreadable,
    Vote,
)
from bot.core.pacing import Verdict
from bot.core.ports import BotError, GuessLanguage, Knowledge, Store
from bot.core.route import client_language, route

COMMANDS = ("start", "help", "language", "sources", "privacy", "export", "forget")
"""The commands people can give, in the order in which they are shown."""

_VOTES: Mapping[str, Vote] = {"up": "up", "down": "down"}


class Conversation:
    """Decides what to do about one incoming; keeps nothing between turns but in its store."""

    def __init__(
        self,
        knowledge: Knowledge,
        store: Store,
        *,
        guess: GuessLanguage,
        phrases: Mapping[Language, render.Phrases],
        min_confidence: float,
        today: Callable[[], date],
        askers: Callable[[int], Verdict] = lambda _: "fine",
        keep_days: int = 30,
        max_passages: int = 10,
    ) -> None:
        self.knowledge = knowledge
        self.store = store
        self.guess = guess
        self.phrases = phrases
        self.min_confidence = min_confidence
        self.today = today
        self.askers = askers
        self.keep_days = keep_days
        self.max_passages = max_passages

    async def turn(self, incoming: Incoming) -> Turn:
        """Do what one incoming asks for; when a part fails, say so and keep the error."""
        try:
            return await self._turn(incoming)
        except BotError as error:
            return replace(self._say("trouble", self._likely_language(incoming)), error=error)

    async def ask(self, question: Question) -> Turn:
        """Answer a question from the published cards, or abstain.

        Raises:
            BotError: the cards cannot be searched, or the state cannot be read.
        """
        chosen = question.chosen or await self._chosen(question.sender)
        way = route(question.text, chosen=chosen, guess=self.guess, phrases=self.phrases)
        if way.smalltalk:
            return self._told(way.smalltalk, way.language)
        if not any(character.isalnum() for character in question.text):
            return replace(self._say("wordless", way.language), outcome=Abstention(0.0))
        found = await self.knowledge.search(
            question.text, language=way.language, limit=self.max_passages
        )
        return self._decide(found, way.language, min_confidence=self.min_confidence)

    async def _turn(self, incoming: Incoming) -> Turn:
        match incoming:
            case Question():
                return await self._question(incoming)
            case Command(_, sender, name):
                return await self._command(name, sender, await self._language(sender))
            case Press():
                return await self._press(incoming)
            case Unreadable(_, sender):
                return self._say("unreadable", await self._language(sender))
            case _:
                assert_never(incoming)

    async def _question(self, question: Question) -> Turn:
        """Answer a question, and keep what program staff may read of it."""
        match self.askers(question.sender.person):
            case "fine":
                turn = await self.ask(question)
                turn = replace(turn, asked=_kept(question, turn))
                phrases = self.phrases[turn.language]
                return wishes.offered(turn, question.sender, phrases=phrases)
            case "warn":
                return self._say("slow_down", await self._language(question.sender))
            case "silent":
                return Turn(self._likely_language(question))
            case _ as never:
                assert_never(never)

    def _likely_language(self, incoming: Incoming) -> Language:
        """Return a person's language without asking the state, which may be what failed."""
        guessed = self.guess(incoming.text) if isinstance(incoming, Question) else None
        return guessed or client_language(incoming.sender.client_language)

    async def _command(self, name: str, sender: Sender, language: Language) -> Turn:
        phrases, program = self.phrases[language], self.knowledge.program(language)
        match name:
            case "start":
                reply = render.said("start", phrases=phrases, program=program)
                keyboard = (*render.examples(program), render.languages(self.phrases))
                return Turn(language, replies=(replace(reply, keyboard=keyboard),))
            case "language":
                text = phrases["language_question"]
                return Turn(language, replies=(Reply(text, (render.languages(self.phrases),)),))
            case "sources":
                reply = render.all_sources(self.knowledge.sources(), phrases=phrases)
                return Turn(language, replies=(reply,))
            case "export" | "forget" if sender.chat != sender.person:
                return self._say("private_only", language)
            case "export":
                kept = await self.store.export(sender.person)
                reply = Reply(phrases["export"], document=render.exported(kept))
                return Turn(language, replies=(reply,))
            case "forget":
                reply = render.ask_to_forget(sender.person, phrases=phrases)
                return Turn(language, replies=(reply,))
            case "help" | "privacy":
                return self._say(name, language)
            case _:
                return self._say("unknown_command", language)

    async def _press(self, press: Press) -> Turn:
        kind, _, rest = press.data.partition(":")
        key, _, tagged = rest.partition(":")
        language = tagged if tagged in self.phrases else await self._language(press.sender)
        match kind:
            case "l" if key in self.phrases:
                await self.store.choose_language(press.sender.person, key)
                reply = Reply(self.phrases[key]["language_chosen"])
                return Turn(key, replies=(reply,), toast=self.phrases[key]["language_name"])
            case "q":
                return await self._example(press, key, language)
            case "forget" if key == render.digest(str(press.sender.person)):
                await self.store.forget(press.sender.person)
                return replace(self._say("forgotten", language), keyboard=())
            case "keep" if key == render.digest(str(press.sender.person)):
                return Turn(language, toast=self.phrases[language]["kept"], keyboard=())
            case "w":
                words, days = self.phrases[language], self.keep_days
                return await wishes.wished(press, key, store=self.store, phrases=words, days=days)
            case "s" | "c" | "up" | "down":
                passage = self.knowledge.card(key, language=language)
                if passage and not self._is_over(passage):
                    return await self._card_button(press, kind, passage, language)
            case _:
                pass
        return Turn(language, toast=self.phrases[language]["old_button"])

    async def _card_button(
        self, press: Press, kind: str, passage: Passage, language: Language
    ) -> Turn:
        if kind == "s":
            reply = render.passage_with_sources(passage, phrases=self.phrases[language])
            return Turn(language, replies=(reply,))
        if kind == "c":
            near = await self.knowledge.search(
                passage.title, language=language, limit=self.max_passages
            )
            others = [other for other in near if other.card != passage.card]
            return self._decide([passage, *others], language, min_confidence=0.0)
        vote = _VOTES[kind]
        if press.message is not None:
            sender = press.sender
            await self.store.vote(
                sender.person, chat=sender.chat, message=press.message, card=passage.card, vote=vote
            )
        return Turn(
            language,
            toast=self.phrases[language][f"voted_{vote}"],
            keyboard=render.voted(press.keyboard, vote),
        )

    async def _example(self, press: Press, key: str, language: Language) -> Turn:
        """Answer an example question as if the person had typed it."""
        for spoken in self.phrases:
            for text in self.knowledge.program(spoken).examples:
                if render.digest(text) == key:
                    question = Question(press.update, press.sender, text, chosen=spoken)
                    return await self.ask(question)
        return Turn(language, toast=self.phrases[language]["old_button"])

    def _decide(
        self, found: Sequence[Passage], language: Language, *, min_confidence: float
    ) -> Turn:
        passages = tuple(passage for passage in found if not self._is_over(passage))
        names = passages[0].links if passages else ()
        linked = [self.knowledge.card(name, language=language) for name in names]
        outcome = answer(
            passages,
            min_confidence=min_confidence,
            linked=[passage for passage in linked if passage and not self._is_over(passage)],
        )
        return self._told(outcome, language, candidates=passages)

    def _told(
        self, outcome: Outcome, language: Language, *, candidates: tuple[Passage, ...] = ()
    ) -> Turn:
        reply = render.render(
            outcome,
            phrases=self.phrases[language],
            program=self.knowledge.program(language),
            today=self.today(),
        )
        return Turn(language, outcome, (reply,), candidates=candidates)

    def _say(self, phrase: str, language: Language) -> Turn:
        program = self.knowledge.program(language)
        words = self.phrases[language]
        reply = render.said(phrase, phrases=words, program=program, days=self.keep_days)
        return Turn(language, replies=(reply,))

    async def _language(self, sender: Sender) -> Language:
        return await self._chosen(sender) or client_language(sender.client_language)

    async def _chosen(self, sender: Sender) -> Language | None:
        """Return the language a person chose, which may have come with what they wrote."""
        if sender.settings:
            return sender.settings.language
        return await self.store.language(sender.person)

    def _is_over(self, passage: Passage) -> bool:
        return passage.valid_until is not None and passage.valid_until < self.today()


def _kept(question: Question, turn: Turn) -> Asked | None:
    """Return what is kept of a question, without personal data; of small talk nothing."""
    match turn.outcome:
        case Answer(passage):
            outcome, card, confidence = "answer", passage.card, passage.confidence
        case Abstention(confidence, passage):
            outcome, card = "abstain", passage.card if passage else ""
        case _:
            return None
    text = mask(question.text)
    return Asked(question.sender.person, text, turn.language, outcome, card, confidence)
