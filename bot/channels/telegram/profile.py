"""How the bot shows itself: its descriptions, and the commands that each person sees."""

import logging
from collections.abc import Callable, Mapping, Sequence

import telegram
from telegram import BotCommand, BotCommandScopeChat
from telegram.error import TelegramError

from bot.channels.telegram.sending import is_gone
from bot.core.commands import COMMANDS
from bot.core.messages import DEFAULT_LANGUAGE, Language
from bot.core.staff import STAFF_COMMANDS

log = logging.getLogger(__name__)

Describe = Callable[[Language, str], str]
"""Says the phrase of a name in a language."""


class Profile:
    """What Telegram shows of the bot, in every language that it speaks."""

    def __init__(self, bot: telegram.Bot, phrases: Mapping[Language, Mapping[str, str]]) -> None:
        self.bot = bot
        self.phrases = phrases

    async def introduce(self, describe: Describe) -> None:
        """Register commands and descriptions in every language, where they changed."""
        try:
            for language, code in self._codes():
                await self._introduce(language, code, describe)
        except TelegramError as error:
            log.warning("commands and descriptions were not registered: %s", error.message)

    async def show_staff_commands(self, person: int) -> bool:
        """Register the commands of staff in a member's private chat; say whether it is done."""
        scope = BotCommandScopeChat(person)
        try:
            for language, code in self._codes():
                wanted = self._commands(language, (*STAFF_COMMANDS, *COMMANDS))
                if list(await self.bot.get_my_commands(scope, code)) != wanted:
                    await self.bot.set_my_commands(wanted, scope, code)
        except TelegramError as error:  # Mostly: they have not written to the bot yet.
            log.info("the commands of staff were not registered for one: %s", error.message)
            return False
        return True

    async def hide_staff_commands(self, person: int) -> bool:
        """Take the commands of staff from somebody's private chat; say whether it is done."""
        try:
            for _, code in self._codes():
                await self.bot.delete_my_commands(BotCommandScopeChat(person), code)
        except TelegramError as error:
            log.info("the commands of staff were not taken from one: %s", error.message)
            return is_gone(error)
        return True

    def _codes(self) -> list[tuple[Language, str | None]]:
        """Return each language with its code, and what people of all others read."""
        return [*((language, language) for language in self.phrases), (DEFAULT_LANGUAGE, None)]

    def _commands(self, language: Language, names: Sequence[str]) -> list[BotCommand]:
        phrases = self.phrases[language]
        return [BotCommand(name, phrases[f"command_{name}"]) for name in names]

    async def _introduce(self, language: Language, code: str | None, describe: Describe) -> None:
        commands = self._commands(language, COMMANDS)
        if list(await self.bot.get_my_commands(language_code=code)) != commands:
            await self.bot.set_my_commands(commands, language_code=code)
        description = describe(language, "description")
        if (await self.bot.get_my_description(code)).description != description:
            await self.bot.set_my_description(description, code)
        short = describe(language, "short_description")
        if (await self.bot.get_my_short_description(code)).short_description != short:
            await self.bot.set_my_short_description(short, code)
