"""Reads the folder of words: what the bot says by itself, and what its commands print."""

from collections.abc import Mapping
from pathlib import Path

import yaml

from bot.core.messages import Language
from bot.core.ports import BotError

LANGUAGES: tuple[Language, ...] = ("id", "en", "zh")
COMMAND_LANGUAGES: tuple[Language, ...] = ("id", "en")

_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # Every command reads; in C it is quick.


def read_phrases(folder: Path) -> Mapping[Language, Mapping[str, str]]:
    """Read the bot's fixed phrases in every language.

    Raises:
        BotError: a file is missing, unreadable, or lacks a phrase that another language has.
    """
    phrases = {language: _flat(folder / f"phrases.{language}.yaml") for language in LANGUAGES}
    names = set().union(*phrases.values())
    for language, words in phrases.items():
        if missing := sorted(names - words.keys()):
            path = folder / f"phrases.{language}.yaml"
            raise BotError("phrase_missing", path=path, names=", ".join(missing))
    return phrases


def read_command_words(folder: Path, language: Language) -> Mapping[str, str]:
    """Read what the commands print in one language.

    Raises:
        BotError: the file is missing or unreadable.
    """
    return _flat(folder / f"commands.{language}.yaml")


def read_all_command_words(folder: Path) -> Mapping[Language, Mapping[str, str]]:
    """Read what the commands print in every language they speak.

    Raises:
        BotError: a file is missing or unreadable.
    """
    return {language: read_command_words(folder, language) for language in COMMAND_LANGUAGES}


def _flat(path: Path) -> Mapping[str, str]:
    try:
        words = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506 - it makes strings only
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise BotError("prompts_unreadable", path=path, reason=error) from error
    if not isinstance(words, dict) or not all(isinstance(text, str) for text in words.values()):
        raise BotError("prompts_unreadable", path=path, reason="name: text")
    return words
