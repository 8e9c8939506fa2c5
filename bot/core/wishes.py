"""Questions without an answer whose askers want to hear once there is one."""

from collections.abc import Mapping
from dataclasses import replace

from bot.core.messages import Answer, Button, Keyboard, Press, Reply, Sender, Turn, Wish
from bot.core.ports import Store
from bot.core.render import digest, quoted

_SHOWN = 300  # Characters of the question that the news begins with.


def offered(turn: Turn, sender: Sender, *, phrases: Mapping[str, str]) -> Turn:
    """Offer to tell whoever got no answer once there is one, in a private chat alone."""
    missed = [asked for asked in turn.asked if asked.outcome == "abstain"]
    if not missed or sender.chat != sender.person:
        return turn
    text = missed[0].text
    if not any(character.isalnum() for character in text):
        return turn
    button = Button(phrases["wish"], f"w:{digest(text)}:{turn.language}")
    *others, last = turn.replies
    return replace(turn, replies=(*others, replace(last, keyboard=(*last.keyboard, (button,)))))


async def wished(
    press: Press, key: str, *, store: Store, phrases: Mapping[str, str], days: int
) -> Turn:
    """Note that the person who pressed wants to hear of their question, which `key` names.

    It is looked for among their own questions, so that whatever a button says, it can do nothing
    in another's name.
    """
    sender, language = press.sender, phrases["language"]
    is_noted = (
        press.message is not None
        and sender.chat == sender.person
        and await store.wish(sender.person, chat=sender.chat, message=press.message, key=key)
    )
    if not is_noted:
        return Turn(language, toast=phrases["old_button"])
    keyboard = _noted(press.keyboard, press.data, phrases["wished"])
    return Turn(language, toast=phrases["wish_noted"].format(days=days), keyboard=keyboard)


def news(
    wish: Wish, turn: Turn, *, phrases: Mapping[str, str], min_confidence: float
) -> tuple[Reply, ...]:
    """Return what to tell whoever wished: nothing while the answer is not one to rely on."""
    match turn.outcome:
        case Answer(passage) if passage.confidence >= min_confidence:
            said = phrases["wish_answered"].format(question=quoted(wish.text, limit=_SHOWN))
            first, *others = turn.replies
            return (replace(first, text=f"{said}\n\n{first.text}"), *others)
        case _:
            return ()


def _noted(keyboard: Keyboard, data: str, label: str) -> Keyboard:
    """Show on the button that was pressed that it was."""
    return tuple(
        tuple(replace(button, label=label) if button.data == data else button for button in row)
        for row in keyboard
    )
