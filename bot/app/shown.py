"""Turns what the backends know into the values that program staff are shown."""

from datetime import UTC, date, datetime

from bot.backends.knowledge.content import Content
from bot.backends.knowledge.difference import changed_cards
from bot.backends.knowledge.due import due
from bot.backends.knowledge.pinned import Tried
from bot.backends.knowledge.trial import Preview as Compared
from bot.backends.knowledge.versions import Switch, Version
from bot.core.desk import Change, DueCard, Edition, Preview

_PIECE = 200  # Characters of an answer that are shown, with
_LEAD = 40  # so many of what did not change.


def preview(content: Content, compared: Compared, *, before: Content) -> Preview:
    """Show which answers and cards a content changes."""
    cards = changed_cards(content, before=before)
    changes = tuple(
        Change(each.question, each.is_pinned, *_excerpts(each.before, each.after))
        for each in compared.changes
    )
    return Preview(compared.asked, changes, cards.added, cards.changed, cards.removed)


def edition(version: Version, content: Content) -> Edition:
    """Show a version: when it was published, and by whom."""
    way, _, who = version.by.partition(":")
    cards = len({card.name for card in content.cards})
    return Edition(version.number, _spelled(version.at), way, who, cards)


def switched(number: int, switch: Switch) -> Edition:
    """Show who made a version the live one, and when."""
    way, _, who = switch.by.partition(":")
    return Edition(number, _spelled(switch.at), way, who)


def due_cards(content: Content, *, today: date) -> tuple[DueCard, ...]:
    """Show which cards have grown old, or soon will."""
    found = due(content.cards, today=today)
    return tuple(DueCard(each.card, each.kind, each.day) for each in found)


def _spelled(at: str) -> str:
    """Return a time of the database's, which is in UTC, as the clock on the wall shows it."""
    moment = datetime.fromisoformat(at)
    known = moment if moment.tzinfo else moment.replace(tzinfo=UTC)  # An old program left it out.
    return f"{known.astimezone():%Y-%m-%d %H:%M %Z}"


def _excerpts(before: Tried, after: Tried) -> tuple[str, str]:
    """Return of two answers what shows in which way they differ."""
    if before.text == after.text:
        return before.card or before.outcome, after.card or after.outcome
    pairs = enumerate(zip(before.text, after.text, strict=False))
    shorter = min(len(before.text), len(after.text))
    same = next((place for place, (old, new) in pairs if old != new), shorter)
    return _excerpt(before.text, same), _excerpt(after.text, same)


def _excerpt(text: str, same: int) -> str:
    """Return the piece of a text in which another one differs, and a little before it."""
    begin = max(same - _LEAD, 0)
    piece = " ".join(text[begin : begin + _PIECE].split())
    opening, closing = "…" if begin else "", "…" if begin + _PIECE < len(text) else ""
    return f"{opening}{piece}{closing}"
