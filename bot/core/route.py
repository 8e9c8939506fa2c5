"""What is asked, and which language to answer in."""

import re
from collections.abc import Mapping
from functools import cache

from bot.core.messages import DEFAULT_LANGUAGE, Language, Route, Sender, SmallTalk
from bot.core.ports import GuessLanguage, Store

SMALLTALK = ("greeting", "thanks", "identity", "goodbye")
_WORD = re.compile(r"\w+")
_DOUBLED = re.compile(r"(\w)\1+\b")
_SHORT = 3  # A text of fewer words is too short to overrule the language a person chose.


def route(
    text: str,
    *,
    chosen: Language | None,
    guess: GuessLanguage,
    phrases: Mapping[Language, Mapping[str, str]],
) -> Route:
    """Decide the language of the reply, and whether the text is small talk."""
    talk = _smalltalk(text, phrases)
    language = _language(text, chosen=chosen, guess=guess)
    if talk is None:
        return Route(language)
    spoken, topic = talk
    return Route(chosen or spoken, SmallTalk(topic))


async def spoken_language(sender: Sender, store: Store) -> Language:
    """Return the language to speak to somebody who wrote nothing that tells it."""
    return await chosen_language(sender, store) or client_language(sender.client_language)


async def chosen_language(sender: Sender, store: Store) -> Language | None:
    """Return the language a person chose, which may have come with what they wrote."""
    if sender.settings:
        return sender.settings.language
    return await store.language(sender.person)


def client_language(tag: str) -> Language:
    """Translate the language tag of somebody's app into one the bot speaks."""
    prefix = tag.lower().partition("-")[0]
    return prefix if prefix in ("en", "zh") else DEFAULT_LANGUAGE


def _language(text: str, *, chosen: Language | None, guess: GuessLanguage) -> Language:
    guessed = guess(text)
    is_short = guessed != "zh" and len(_WORD.findall(text)) < _SHORT
    if guessed is None or (chosen and is_short):
        return chosen or DEFAULT_LANGUAGE
    return guessed


def _smalltalk(
    text: str, phrases: Mapping[Language, Mapping[str, str]]
) -> tuple[Language, str] | None:
    """Return the language and topic if the whole text is one of the listed forms."""
    said = _plain(text)
    for topic in SMALLTALK:
        for language, phrase in phrases.items():
            if said in _forms(phrase[f"{topic}_forms"]):
                return language, topic
    return None


@cache
def _forms(phrase: str) -> frozenset[str]:
    """Return the plain forms that a phrase lists, separated by bars."""
    return frozenset(_plain(form) for form in phrase.split("|"))


def _plain(text: str) -> str:
    """Reduce to words without case, doubled letters at their ends and forms of address."""
    words = (_DOUBLED.sub(r"\1", word) for word in _WORD.findall(text.casefold()))
    return " ".join(words)
