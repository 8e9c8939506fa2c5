"""What a pressed button does: its data is a kind, a key and maybe a language, between colons."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.core import news, render, wishes
from bot.core.asking import SILENCE, Asking
from bot.core.messages import Language, Passage, Press, Question, Seller, Turn, Vote
from bot.core.ports import Store
from bot.core.route import spoken_language
from bot.core.telling import Telling

_SELLERS: Mapping[str, Seller] = {"overseas": "overseas", "local": "local"}
_VOTES: Mapping[str, Vote] = {"up": "up", "down": "down"}


@dataclass(frozen=True, slots=True)
class Presses:
    """Does what the buttons under messages say."""

    store: Store
    asking: Asking
    telling: Telling

    async def obey(self, press: Press) -> Turn:
        """Do what a button says; an old one says that it is old."""
        kind, _, rest = press.data.partition(":")
        key, _, tagged = rest.partition(":")
        phrases, person = self.telling.phrases, press.sender.person
        language = tagged if tagged in phrases else await spoken_language(press.sender, self.store)
        match kind:
            case "l" if key in phrases:
                await self.store.choose_language(person, key)
                turn = self.telling.say("language_chosen", key)
                return replace(turn, toast=phrases[key]["language_name"])
            case "q":
                return await self._example(press, key, language)
            case "forget" if key == render.digest(str(person)):
                await self.store.forget(person)
                return replace(self.telling.say("forgotten", language), keyboard=())
            case "keep" if key == render.digest(str(person)):
                return Turn(language, toast=phrases[language]["kept"], keyboard=())
            case "w":
                words, days = phrases[language], self.telling.keep_days
                return await wishes.wished(press, key, store=self.store, phrases=words, days=days)
            case news.BUTTON:
                words = phrases[language]
                return await news.answered(press, key, store=self.store, phrases=words)
            case _:
                return await self._other(press, kind, key, language) or self._old(language)

    async def _other(self, press: Press, kind: str, key: str, language: Language) -> Turn | None:
        match kind:
            case "se" if key in _SELLERS:
                return await self._sells(press, _SELLERS[key], language)
            case "s" | "c" | "up" | "down":
                return await self._card_button(press, kind, key, language)
            case _:
                return None

    async def _sells(self, press: Press, seller: Seller, language: Language) -> Turn:
        """Remember where somebody sells from, and answer once more what they asked."""
        sender = press.sender
        await self.store.choose_seller(sender.person, seller)
        toast = self.telling.phrases[language]["seller_noted"]
        asked = await self.store.recent(
            sender.person, chat=sender.chat, before=press.message, within=SILENCE
        )
        if not asked:
            return (
                Turn(language, toast=toast)
                if seller == "overseas"
                else self.telling.local(language)
            )
        again = Question(press.update, sender, asked[0].text, chosen=language, seller=seller)
        turn = await self.asking.answer(again, chosen=language, seller=seller)
        return replace(turn, toast=toast)

    async def _card_button(self, press: Press, kind: str, key: str, language: Language) -> Turn:
        passage = self.telling.knowledge.card(key, language=language)
        if passage is None or self.telling.is_over(passage):
            return self._old(language)
        if kind == "s":
            phrases = self.telling.phrases[language]
            reply = render.passage_with_sources(passage, phrases=phrases)
            return Turn(language, replies=(reply,))
        if kind == "c":
            return await self.asking.picked(passage, language)
        return await self._vote(press, _VOTES[kind], passage, language)

    async def _vote(self, press: Press, vote: Vote, passage: Passage, language: Language) -> Turn:
        sender, message = press.sender, press.message
        if message is not None:
            await self.store.vote(
                sender.person, chat=sender.chat, message=message, card=passage.card, vote=vote
            )
        return Turn(
            language,
            toast=self.telling.phrases[language][f"voted_{vote}"],
            keyboard=render.voted(press.keyboard, vote),
        )

    async def _example(self, press: Press, key: str, language: Language) -> Turn:
        """Answer an example question as if the person had typed it."""
        for spoken in self.telling.phrases:
            for text in self.telling.knowledge.program(spoken).examples:
                if render.digest(text) == key:
                    question = Question(press.update, press.sender, text, chosen=spoken)
                    return await self.asking.answer(question, chosen=spoken)
        return self._old(language)

    def _old(self, language: Language) -> Turn:
        return Turn(language, toast=self.telling.phrases[language]["old_button"])
