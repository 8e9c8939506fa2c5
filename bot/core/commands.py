"""The commands people can give."""

from dataclasses import replace

from bot.core import news, render, verdicts
from bot.core.messages import DEFAULT_LANGUAGE, Language, Reply, Sender, Turn
from bot.core.ports import Store
from bot.core.telling import Telling

COMMANDS = (
    *("start", "help", "check", "calculate", "journey", "lessons", "next", "stop"),
    *("talk", "news", "language", "sources", "privacy", "export", "forget"),
)
"""The commands people can give, in the order in which they are shown."""


async def obey(
    name: str, language: Language, *, sender: Sender, store: Store, telling: Telling
) -> Turn:
    """Do what a command says.

    Raises:
        StoreError: what is kept about the person cannot be read.
    """
    phrases = telling.phrases[language]
    match name:
        case "start":
            return Turn(language, replies=(_introduction(language, telling),))
        case "language":
            keyboard = (render.languages(telling.phrases),)
            return Turn(language, replies=(Reply(phrases["language_question"], keyboard),))
        case "sources":
            reply = render.all_sources(telling.knowledge.sources(), phrases=phrases)
            return Turn(language, replies=(reply,))
        case "export" | "forget" | "news":
            return await _personal(name, language, sender=sender, store=store, telling=telling)
        case "help" | "privacy":
            return telling.say(name, language)
        case _:
            return telling.say("unknown_command", language)


async def _personal(
    name: str, language: Language, *, sender: Sender, store: Store, telling: Telling
) -> Turn:
    """Do what a command says that is for one's own chat alone."""
    phrases = telling.phrases[language]
    if sender.chat != sender.person:
        return telling.say("private_only", language)
    if name == "news":
        return await news.ask(sender, store=store, phrases=phrases)
    if name == "forget":
        reply = render.ask_to_forget(sender.person, phrases=phrases)
        return Turn(language, replies=(reply,))
    document = render.exported(await store.export(sender.person))
    return Turn(language, replies=(Reply(phrases["export"], document=document),))


def _introduction(language: Language, telling: Telling) -> Reply:
    program = telling.knowledge.program(language)
    is_abroad = language != DEFAULT_LANGUAGE and telling.knowledge.clusters() is not None
    check = verdicts.offer(phrases=telling.phrases[language]) if is_abroad else ()
    keyboard = (*render.examples(program), *check, render.languages(telling.phrases))
    return replace(telling.said("start", language), keyboard=keyboard)
