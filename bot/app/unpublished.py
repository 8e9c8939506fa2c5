"""What the watched folder holds that is not live."""

from dataclasses import dataclass

from bot.backends.knowledge.findings import Finding


@dataclass(slots=True)
class Unpublished:
    """Why the folder was not published when this process last looked at it."""

    refused: tuple[Finding, ...] | None = None
    """The findings that keep it from going live; None before the first look."""
    waits: str = ""
    """The hash of a folder that waits for somebody to publish it."""
