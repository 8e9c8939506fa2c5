"""Topics of a group: where the messages on one ticket stand by themselves, if they can."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from bot.channels.telegram.calls import PLACE, TOPIC
from bot.channels.telegram.sending import Outgoing
from bot.core.messages import Call, Received
from bot.core.ports import Mail

_MOVES = ("closeForumTopic", "reopenForumTopic")


class Topics:
    """Finds the topic of a ticket, and makes it before its first message."""

    def __init__(
        self, outgoing: Outgoing, mail: Mail, keep: Callable[..., Awaitable[None]]
    ) -> None:
        self._outgoing = outgoing
        self._mail = mail
        self._keep = keep
        """Notes something in the mail, however long that takes."""

    async def placed(self, call: Call, letter: Received) -> Call | None:
        """Return a call with the topic it goes to; None where there is none to close or open."""
        wanted = call.parameters.get(TOPIC)
        if wanted is None:
            return call
        topic = await self._topic(wanted, letter)
        if not topic:
            return None if call.method in _MOVES else call
        return replace(call, parameters={**call.parameters, PLACE: topic})

    async def _topic(self, wanted: dict[str, Any], letter: Received) -> int:
        """Return a ticket's topic, 0 where it has none and is to have none.

        Where it cannot be made, the chat is no forum or the bot may not: the ticket stays where
        everything else is.
        """
        known = await self._mail.topic(wanted["ticket"])
        if known is not None:
            return known
        call = Call("createForumTopic", {"chat_id": wanted["chat"], "name": wanted["title"]})
        made = await self._outgoing.make(call, question=None, is_unsure=False)
        await self._keep(self._mail.topic_made, letter, wanted["ticket"], made.topic)
        return made.topic
