"""How the knowledge folder stands to what is live."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from bot.backends.knowledge.content import Content
from bot.backends.knowledge.folder import Checked
from bot.backends.knowledge.versions import Version, Versions

Standing = Literal["live", "changed", "refused", "kept"]
"""`live`: it is what is live; `changed`: publishing would publish it; `refused`: it has mistakes;
`kept`: it was live once, and stays as it is after a rollback until it is changed."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A folder that was read, beside what is live."""

    checked: Checked
    live: Version | None
    standing: Standing


async def compare(checked: Checked, versions: Versions) -> Difference:
    """Say what publishing a folder would do, without its pinned questions being asked.

    Raises:
        StoreError: the database is away.
    """
    live = await versions.live()
    if checked.mistakes:
        return Difference(checked, live, "refused")
    hash_ = checked.content.hash()
    if live and hash_ == live.hash:
        return Difference(checked, live, "live")
    is_kept = live is not None and hash_ == await versions.considered()
    return Difference(checked, live, "kept" if is_kept else "changed")


@dataclass(frozen=True, slots=True)
class CardChanges:
    """The names of the cards that a content adds to another, changes in it and removes."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]


def changed_cards(content: Content, *, before: Content) -> CardChanges:
    """Return what becomes of the cards, whatever their language."""
    now = {(card.name, card.language): card for card in content.cards}
    old = {(card.name, card.language): card for card in before.cards}
    return CardChanges(
        _names(now.keys() - old.keys()),
        _names(key for key in now.keys() & old.keys() if now[key] != old[key]),
        _names(old.keys() - now.keys()),
    )


def asked_of_changed(content: Content, *, before: Content) -> list[str]:
    """Return of each card that is new or was changed how it says it is asked first."""
    changes = changed_cards(content, before=before)
    names = {*changes.added, *changes.changed}
    return [card.asked[0] for card in content.cards if card.name in names and card.asked]


def _names(keys: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    return tuple(sorted({name for name, _ in keys}))
