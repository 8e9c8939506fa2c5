"""Who publishes, as it stands with each version: the way it comes, and a name on it."""

import getpass

FOLDER = "folder:"
"""Whoever saved something in the folder that a bot watches."""


def operator() -> str:
    """Return who gave a command."""
    try:
        return f"console:{getpass.getuser()}"
    except (KeyError, OSError):  # The system has no name for its user.
        return "console:"


def member(person: int) -> str:
    """Return a member of staff on Telegram."""
    return f"telegram:{person}"
