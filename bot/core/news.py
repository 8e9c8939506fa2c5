"""Announcements of program staff, for those who said yes to them."""

from bot.core.messages import Button, Language, Press, Reply, Sender, Turn
from bot.core.ports import Store
from bot.core.render import Phrases

BUTTON = "a"
"""The kind of its buttons."""


async def ask(sender: Sender, *, store: Store, phrases: Phrases) -> Turn:
    """Ask whether somebody wants them; whoever does may end it."""
    language: Language = phrases["language"]
    if await store.is_subscribed(sender.person):
        stop = Button(phrases["news_stop"], f"{BUTTON}:no")
        return Turn(language, replies=(Reply(phrases["news_is_on"], ((stop,),)),))
    row = (Button(phrases["news_yes"], f"{BUTTON}:yes"), Button(phrases["news_no"], f"{BUTTON}:no"))
    return Turn(language, replies=(Reply(phrases["news_ask"], (row,)),))


async def answered(press: Press, key: str, *, store: Store, phrases: Phrases) -> Turn:
    """Remember what somebody said."""
    language: Language = phrases["language"]
    if key == "yes":
        await store.subscribe(press.sender.person, language)
        return Turn(language, replies=(Reply(phrases["news_started"]),), keyboard=())
    await store.unsubscribe(press.sender.person)
    return Turn(language, toast=phrases["news_stopped"], keyboard=())


def announced(text: str, *, phrases: Phrases) -> Reply:
    """Return an announcement as people get it, with the button that ends them."""
    stop = Button(phrases["news_stop"], f"{BUTTON}:no")
    return Reply(f"📣 {text}", ((stop,),))


def finished(people: int, *, phrases: Phrases) -> Reply:
    """Tell who wrote an announcement that everybody has it."""
    return Reply(phrases["announce_done"].format(people=people))
