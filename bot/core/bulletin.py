"""What program staff are told, in words: how things stand, what a change would do, what is due."""

import re
from collections.abc import Iterable, Sequence

from bot.core.desk import (
    Change,
    Declined,
    Done,
    DueCard,
    Edition,
    Faulty,
    Gap,
    Preview,
    Ready,
    Remark,
    Standing,
)
from bot.core.messages import Button, Document, Keyboard, Reply
from bot.core.render import Phrases

PREFIX = "desk"
"""Begins the data of every button of staff's."""

_MARKS = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~&=])")
_REMARKS, _CHANGES, _DUE, _GAPS, _CARDS = 15, 6, 10, 5, 8  # So many fit a message.


def plain(text: str) -> str:
    """Keep a text, which may be anybody's, from being read as Markdown, in one line."""
    return _MARKS.sub(r"\\\1", " ".join(text.split()))


def plain_lines(text: str) -> str:
    """Keep a text from being read as Markdown, line by line."""
    return "\n".join(map(plain, text.splitlines()))


def button(label: str, *data: object) -> Button:
    """Return a button of staff's."""
    return Button(label, ":".join(map(str, (PREFIX, *data))))


def standing(found: Standing, *, phrases: Phrases) -> Reply:
    """Say how things stand, with what can be done about it."""
    parts = [
        "\n".join(_live(found, phrases)),
        "\n".join(_folder(found, phrases)),
        "\n".join(_backlog(found, phrases)),
        due(found.due, phrases=phrases),
        _gaps(found.gaps, phrases),
    ]
    rows: list[tuple[Button, ...]] = []
    if found.folder.state in ("changed", "kept"):
        see = button(phrases["desk_see"], "see")
        rows.append((see, button(phrases["desk_publish"], "go", found.folder.key)))
    if found.earlier:
        rows.append((button(phrases["desk_back"], "ask"),))
    rows.append((button(phrases["desk_stats"], "stats"),))
    return Reply("\n\n".join(part for part in parts if part), tuple(rows))


def due(cards: Sequence[DueCard], *, phrases: Phrases) -> str:
    """List the cards that have grown old, or soon will; nothing where there are none."""
    if not cards:
        return ""
    lines = [
        phrases[f"desk_due_{each.kind}"].format(card=_code(each.card), day=each.day.isoformat())
        for each in cards[:_DUE]
    ]
    return "\n".join(
        [phrases["desk_due"].format(count=len(cards)), *lines, *_more(cards, _DUE, phrases)]
    )


def digest(cards: Sequence[DueCard], *, phrases: Phrases) -> Reply:
    """Tell what is due this week."""
    return Reply(f"{phrases['desk_digest']}\n\n{due(cards, phrases=phrases)}")


def refused(remarks: Sequence[Remark], *, phrases: Phrases) -> Reply:
    """Tell why a change of the folder is not live."""
    return Reply("\n".join([phrases["desk_not_live"], *_remarks(remarks, phrases)]))


def mended(*, phrases: Phrases) -> Reply:
    """Tell that nothing keeps the folder from going live any more."""
    return Reply(phrases["desk_mended"])


def waits(key: str, *, phrases: Phrases) -> Reply:
    """Tell that a change of the folder waits for somebody to publish it; without a key, where."""
    if not key:
        return Reply(phrases["desk_waits_elsewhere"])
    see = button(phrases["desk_see"], "see")
    return Reply(phrases["desk_waits"], ((see, button(phrases["desk_publish"], "go", key)),))


def declined(why: Declined, *, phrases: Phrases) -> Reply:
    """Say why a file is not looked at."""
    text = phrases[f"desk_declined_{why.reason}"]
    return Reply(text.format(**{name: _code(value) for name, value in why.values.items()}))


def faulty(found: Faulty, *, phrases: Phrases) -> Reply:
    """Say what keeps a file, or the folder, from being published."""
    if not found.path:
        return refused(found.remarks, phrases=phrases)
    head = phrases["desk_faulty"].format(path=_code(found.path))
    return Reply("\n".join([head, *_remarks(found.remarks, phrases)]))


def ready(found: Ready, *, phrases: Phrases) -> tuple[Reply, ...]:
    """Show what publishing would change, with the button that does it."""
    name = "desk_ready_folder"
    if found.path:
        name = "desk_ready_new" if found.is_new else "desk_ready"
    warnings = [remark for remark in found.remarks if not remark.is_mistake]
    parts = [
        phrases[name].format(path=_code(found.path)),
        "\n".join(_remarks(warnings, phrases)),
        "\n".join(_cards(found.preview, phrases)),
        *_changes(found.preview, phrases),
    ]
    reply = Reply("\n\n".join(part for part in parts if part), _keyboard(found, phrases))
    return (*_draft(found, phrases), reply)


def done(what: Done, *, phrases: Phrases) -> Reply:
    """Say what is live after a press."""
    name = "desk_done" if what.is_new else "desk_done_same"
    return Reply(phrases[name].format(number=what.edition.number))


def ask_back(live: Edition, to: Edition, person: int, *, phrases: Phrases) -> Reply:
    """Ask whether an earlier version is to be live again; the buttons are theirs alone."""
    text = phrases["desk_back_question"].format(live=live.number, version=_edition(to, phrases))
    yes = phrases["desk_back_yes"].format(number=to.number)
    keyboard = (
        (button(yes, "back", live.number, to.number, person),),
        (button(phrases["desk_back_no"], "stay", person),),
    )
    return Reply(text, keyboard)


def _live(found: Standing, phrases: Phrases) -> list[str]:
    if found.live is None:
        return [phrases["desk_live_nothing"]]
    lines = [phrases["desk_live"].format(version=_edition(found.live, phrases))]
    if found.back:
        back = phrases["desk_live_again"].format(at=found.back.at, by=_by(found.back, phrases))
        lines.append(back)
    return lines


def _edition(edition: Edition, phrases: Phrases) -> str:
    return phrases["desk_version"].format(
        number=edition.number, cards=edition.cards, at=edition.at, by=_by(edition, phrases)
    )


def _by(edition: Edition, phrases: Phrases) -> str:
    phrase = phrases[f"desk_by_{edition.by or 'nobody'}"]
    return phrase.format(who=plain(edition.who))


def _folder(found: Standing, phrases: Phrases) -> list[str]:
    return [phrases[f"desk_folder_{found.folder.state}"], *_remarks(found.folder.remarks, phrases)]


def _backlog(found: Standing, phrases: Phrases) -> list[str]:
    backlog = found.backlog
    lines = [phrases["desk_waiting_none"]]
    if backlog.waiting:
        lines = [phrases["desk_waiting"].format(count=backlog.waiting, minutes=backlog.minutes)]
    if backlog.failed:
        lines.append(phrases["desk_unanswered"].format(count=backlog.failed))
    failing = [phrases[f"staff_{code}"] for code in backlog.failing]
    return lines + [phrases["desk_failing"].format(what=what) for what in failing]


def _gaps(gaps: Sequence[Gap], phrases: Phrases) -> str:
    if not gaps:
        return ""
    lines = [
        phrases["desk_gap"].format(question=plain(each.question), people=each.people)
        for each in gaps[:_GAPS]
    ]
    return "\n".join([phrases["desk_gaps"], *lines, *_more(gaps, _GAPS, phrases)])


def _remarks(remarks: Sequence[Remark], phrases: Phrases) -> list[str]:
    lines = [
        phrases["desk_mistake" if each.is_mistake else "desk_warning"].format(
            place=_code(each.place), text=plain(each.text)
        )
        for each in remarks[:_REMARKS]
    ]
    return lines + _more(remarks, _REMARKS, phrases)


def _cards(preview: Preview, phrases: Phrases) -> list[str]:
    return [
        *_named("desk_added", preview.added, phrases),
        *_named("desk_edited", preview.edited, phrases),
        *_named("desk_removed", preview.removed, phrases),
    ]


def _named(phrase: str, cards: Sequence[str], phrases: Phrases) -> Iterable[str]:
    if cards:
        names = ", ".join([*map(_code, cards[:_CARDS]), *(["…"] if len(cards) > _CARDS else [])])
        yield phrases[phrase].format(count=len(cards), cards=names)


def _changes(preview: Preview, phrases: Phrases) -> list[str]:
    changes = sorted(preview.changes, key=lambda change: not change.is_pinned)
    if not changes:
        return [phrases["desk_no_changes"].format(asked=preview.asked)]
    head = phrases["desk_changes"].format(changed=len(changes), asked=preview.asked)
    shown = [_change(each, phrases) for each in changes[:_CHANGES]]
    return [head, *shown, *_more(changes, _CHANGES, phrases)]


def _change(change: Change, phrases: Phrases) -> str:
    return phrases["desk_change_pinned" if change.is_pinned else "desk_change"].format(
        question=plain(change.question),
        before=plain(change.before) or phrases["desk_nothing"],
        after=plain(change.after) or phrases["desk_nothing"],
    )


def _draft(found: Ready, phrases: Phrases) -> tuple[Reply, ...]:
    if not found.draft:
        return ()
    name = found.path.rpartition("/")[2]
    return (Reply(phrases["desk_draft"], document=Document(name, found.draft)),)


def _keyboard(found: Ready, phrases: Phrases) -> Keyboard:
    if not found.path:
        return ((button(phrases["desk_publish"], "go", found.key),),)
    put = button(phrases["desk_publish"], "put", found.key)
    return ((put, button(phrases["desk_drop"], "drop", found.key)),)


def _more(all_: Sequence[object], shown: int, phrases: Phrases) -> list[str]:
    left = len(all_) - shown
    return [phrases["desk_more"].format(count=left)] if left > 0 else []


def _code(text: str) -> str:
    """Show a path or a name as it is: Telegram makes links of names that end in `.md`."""
    return f"`{text.replace('`', chr(39))}`" if text else ""
