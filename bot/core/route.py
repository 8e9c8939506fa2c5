"""What is asked, and which language to answer in."""

import re
from collections.abc import Collection, Mapping, Sequence
from functools import cache

from bot.core.messages import DEFAULT_LANGUAGE, Language, Route, Seller, Sender, SmallTalk
from bot.core.ports import GuessLanguage, Store

SMALLTALK = ("greeting", "goodbye", "thanks", "identity", "person")
"""The topics of small talk; those that say more come later."""

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


async def chosen_seller(sender: Sender, store: Store) -> Seller | None:
    """Return where a person said that they sell from, which may have come with what they wrote."""
    if sender.settings:
        return sender.settings.seller
    return await store.seller(sender.person)


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
    """Return the language and topic if the text is nothing but listed forms, and who is addressed.

    Of several topics the one counts that says most: who only greets on the way is not greeted.
    """
    words = tuple(_plain(text).split())
    for language, phrase in phrases.items():
        topics = _topics(*(phrase[f"{topic}_forms"] for topic in SMALLTALK))
        found = _said(words, topics, _forms(phrase["address_forms"]))
        if found:
            return language, max(found, key=SMALLTALK.index)
    return None


def _said(
    words: Sequence[str], topics: Mapping[str, str], address: Collection[str]
) -> list[str] | None:
    """Return the topics of the forms that the words fall into, longest first; None if they do not.

    Words that address somebody may stand anywhere between.
    """
    found: list[str] = []
    while words:
        starts = (" ".join(words[:count]) for count in range(len(words), 0, -1))
        form = next((start for start in starts if start in topics or start in address), None)
        if form is None:
            return None
        if form in topics:
            found.append(topics[form])
        words = words[len(form.split()) :]
    return found


@cache
def _topics(*phrases: str) -> Mapping[str, str]:
    """Return the topic of each form that is listed; one phrase a topic."""
    listed = zip(SMALLTALK, phrases, strict=True)
    return {form: topic for topic, phrase in listed for form in _forms(phrase)}


@cache
def _forms(phrase: str) -> frozenset[str]:
    """Return the plain forms that a phrase lists, separated by bars."""
    return frozenset(_plain(form) for form in phrase.split("|"))


def _plain(text: str) -> str:
    """Reduce to words without case and doubled letters at their ends."""
    words = (_DOUBLED.sub(r"\1", word) for word in _WORD.findall(text.casefold()))
    return " ".join(words)
