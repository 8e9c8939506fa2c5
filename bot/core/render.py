"""An outcome in words: the reply's text, its evidence and its buttons."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, assert_never

from bot.core.messages import (
    Abstention,
    Answer,
    Button,
    Clarification,
    Document,
    Found,
    Keyboard,
    Language,
    Passage,
    Program,
    Refusal,
    Reply,
    SmallTalk,
    Source,
    Vote,
)

Phrases = Mapping[str, str]
"""The fixed phrases of one language, by name."""

_OLD = 2  # Years, from which on the age of a fact is said.
_LABEL = 40  # Characters that fit one button on a narrow phone.
_CHOSEN = " ✓"
_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
_OPENING = ("greeting", "identity")


def render(outcome: Found | SmallTalk, *, phrases: Phrases, program: Program, today: date) -> Reply:
    """Put an outcome in words."""
    match outcome:
        case Answer(passage, related):
            return _told(passage, related, phrases=phrases, today=today)
        case Abstention(_, passage, related):
            if passage is None:
                return _not_known(related, phrases=phrases, program=program)
            return _told(passage, related, phrases=phrases, today=today)
        case Clarification(_, related):
            reply = said("clarify", phrases=phrases, program=program)
            return replace(reply, keyboard=_links(related, phrases=phrases))
        case Refusal(passage, related):
            if passage is None:
                return said("refuse", phrases=phrases, program=program)
            return _refused(passage, related, phrases=phrases, today=today)
        case SmallTalk(topic):
            reply = said(topic, phrases=phrases, program=program)
            return replace(reply, keyboard=examples(program)) if topic in _OPENING else reply
        case _:
            assert_never(outcome)


def said(phrase: str, *, phrases: Phrases, program: Program, **numbers: int) -> Reply:
    """Say a fixed phrase, with what the program says of itself filled in."""
    text = phrases[phrase].format(
        **numbers,
        name=program.name,
        about=program.about,
        ask=program.ask,
        topics=", ".join(program.topics),
        example=program.examples[0] if program.examples else "",
    )
    return Reply(text.strip(), body=text.strip())


def evidence(passage: Passage, *, phrases: Phrases, today: date) -> str:
    """Say in one line which card, whose publication and which date an answer rests on.

    Of facts that are old the line says how old; of history too, as nobody marks which that is.
    """
    if not passage.sources:
        return ""
    publishers = ", ".join(dict.fromkeys(source.publisher for source in passage.sources))
    when, age = dated(passage, phrases=phrases), _years(passage.as_of, today)
    if age >= _OLD:
        when = phrases["dated_long_ago"].format(date=when, years=age)
    return phrases["evidence"].format(title=passage.title, publishers=publishers, date=when)


def dated(passage: Passage, *, phrases: Phrases) -> str:
    """Say the date of a card's facts."""
    if passage.as_of == "undated":
        return phrases["undated"].format(seen=spelled(passage.seen, phrases=phrases))
    return spelled(passage.as_of, phrases=phrases)


def _years(iso: str, today: date) -> int:
    """Return how many full years ago the last day of a date is, which may have no day or month."""
    if not iso[:1].isdigit():
        return 0
    # What is left out of a date is as late as it can be.
    year, month, day = map(int, f"{iso}{'-12-31'[len(iso) - 4 :]}".split("-"))
    return today.year - year - ((today.month, today.day) < (month, day))


def spelled(iso: str, *, phrases: Phrases) -> str:
    """Spell an ISO date, which may stop at the month or the year, as people read it."""
    parts = [int(part) for part in iso.split("-")]
    months = phrases["months"].split()
    names = {"year": parts[0], "month": months[parts[1] - 1] if len(parts) > 1 else ""}
    form = ("date_year", "date_month", "date_day")[len(parts) - 1]
    return phrases[form].format(**names, day=parts[2] if len(parts) > 2 else "")


def worked(
    text: str,
    passages: Sequence[Passage],
    related: Sequence[Passage],
    *,
    phrases: Phrases,
    today: date,
) -> Reply:
    """Tell what was worked out, with the evidence of the cards it rests on."""
    proof = (evidence(passage, phrases=phrases, today=today) for passage in passages)
    told = [text, "\n".join(proof)]
    keyboard = _keyboard(passages[0], related, phrases=phrases)
    return Reply("\n\n".join(told).strip(), keyboard, body=text)


def passage_with_sources(passage: Passage, *, phrases: Phrases) -> Reply:
    """Show the exact passage an answer was taken from, and every source of it."""
    quoted = "\n".join(f"> {line}".rstrip() for line in passage.text.splitlines())
    sources = "\n".join(source_line(source, phrases=phrases) for source in passage.sources)
    text = phrases["source_view"].format(
        title=passage.title,
        text=quoted,
        date=dated(passage, phrases=phrases) if passage.as_of else "",
        sources=sources or phrases["no_sources"],
    )
    return Reply(text.strip())


def source_line(source: Source, *, phrases: Phrases) -> str:
    """Name one source with its date and link."""
    when = spelled(source.published, phrases=phrases) if source.published else phrases["no_date"]
    form = "source_line" if source.url else "source_line_unlinked"
    return phrases[form].format(
        publisher=source.publisher, title=source.title, date=when, url=source.url
    )


def all_sources(sources: Sequence[Source], *, phrases: Phrases) -> Reply:
    """List everyone whose publications the cards rest on."""
    publishers = sorted({source.publisher for source in sources}, key=str.casefold)
    text = phrases["sources"].format(count=len(sources), publishers=", ".join(publishers))
    return Reply(text)


def examples(program: Program) -> Keyboard:
    """Offer the program's example questions as buttons."""
    return tuple((Button(text[:_LABEL], f"q:{digest(text)}"),) for text in program.examples)


def label(passage: Passage) -> str:
    """Shorten a card's title so that a button can carry it."""
    title = passage.title
    return title if len(title) <= _LABEL else f"{title[: _LABEL - 1].rstrip()}…"


def languages(phrases: Mapping[Language, Phrases]) -> tuple[Button, ...]:
    """Offer every language the bot speaks, each by its own name."""
    return tuple(
        Button(words["language_name"], f"l:{language}") for language, words in phrases.items()
    )


def ask_to_forget(person: int, *, phrases: Phrases) -> Reply:
    """Ask whether everything about a person is to be deleted; the buttons are theirs alone."""
    mine = digest(str(person))
    keyboard = (
        (Button(phrases["forget_yes"], f"forget:{mine}"),),
        (Button(phrases["forget_no"], f"keep:{mine}"),),
    )
    return Reply(phrases["forget"], keyboard)


def exported(kept: Mapping[str, Any]) -> Document:
    """Put everything that is kept about a person in a file."""
    return Document("akar.json", json.dumps(kept, ensure_ascii=False, indent=2))


def digest(text: str) -> str:
    """Shorten a card's name or a question to ten characters, so that a button can carry it."""
    return hashlib.blake2s(text.encode(), digest_size=5).hexdigest()


def quoted(text: str, *, limit: int) -> str:
    """Return what a person typed, in one line, without any meaning in Markdown."""
    line = " ".join(text.split())
    shown = line if len(line) <= limit else f"{line[:limit].rstrip()}…"
    return _PUNCTUATION.sub(r"\\\1", shown)


def source_buttons(
    passage: Passage | None, related: Sequence[Passage] = (), *, phrases: Phrases
) -> Keyboard:
    """Offer to show the sources of a card, to say whether it helped, and related cards."""
    return _keyboard(passage, related, phrases=phrases) if passage else ()


def voted(keyboard: Keyboard, vote: Vote) -> Keyboard:
    """Mark the vote that was pressed."""
    marked = f"{vote}:"
    return tuple(tuple(_marked(button, marked) for button in row) for row in keyboard)


def _marked(button: Button, marked: str) -> Button:
    bare = button.label.removesuffix(_CHOSEN)
    return replace(button, label=bare + _CHOSEN if button.data.startswith(marked) else bare)


def _not_known(related: Sequence[Passage], *, phrases: Phrases, program: Program) -> Reply:
    """Say that no card answers, where to ask, and what is nearest."""
    wanted = {"abstain": True, "abstain_ask": program.ask, "abstain_near": related}
    names = [name for name, is_wanted in wanted.items() if is_wanted]
    text = "\n\n".join(said(name, phrases=phrases, program=program).text for name in names)
    return Reply(text, keyboard=_links(related, phrases=phrases), body=text)


def _refused(
    passage: Passage, related: Sequence[Passage], *, phrases: Phrases, today: date
) -> Reply:
    """Say that this is not helped with, and tell the card of what is lawful."""
    told = _told(passage, related, phrases=phrases, today=today)
    before = "\n\n".join((phrases["refuse"], phrases["refuse_instead"]))
    return replace(told, text=f"{before}\n\n{told.text}", body=f"{before}\n\n{told.body}")


def _told(passage: Passage, related: Sequence[Passage], *, phrases: Phrases, today: date) -> Reply:
    """Tell a card word for word, what has become of its dates, and its evidence."""
    body = "\n\n".join([passage.text, *_caveats(passage, phrases=phrases, today=today)])
    text = "\n\n".join(
        part for part in (body, evidence(passage, phrases=phrases, today=today)) if part
    )
    return Reply(text, keyboard=_keyboard(passage, related, phrases=phrases), body=body)


def _caveats(passage: Passage, *, phrases: Phrases, today: date) -> list[str]:
    caveats = []
    if passage.deadline and passage.deadline < today:
        when = spelled(passage.deadline.isoformat(), phrases=phrases)
        caveats.append(phrases["deadline_passed"].format(date=when))
    if passage.review_by and passage.review_by < today and passage.as_of:
        caveats.append(_review_due(passage, phrases=phrases))
    if passage.language != phrases["language"]:
        caveats.append(phrases["other_language"])
    return caveats


def _review_due(passage: Passage, *, phrases: Phrases) -> str:
    """Say how old a card is whose review is due."""
    if passage.as_of == "undated":
        return phrases["review_due_undated"].format(seen=spelled(passage.seen, phrases=phrases))
    return phrases["review_due"].format(date=spelled(passage.as_of, phrases=phrases))


def _keyboard(passage: Passage, related: Sequence[Passage], *, phrases: Phrases) -> Keyboard:
    where = f"{digest(passage.card)}:{phrases['language']}"
    votes = (
        Button(phrases["vote_up"], f"up:{where}"),
        Button(phrases["vote_down"], f"down:{where}"),
    )
    look = (Button(phrases["view_source"], f"s:{where}"),) if passage.sources else ()
    return ((*look, *votes), *_links(related, phrases=phrases))


def _links(passages: Sequence[Passage], *, phrases: Phrases) -> Keyboard:
    return tuple((_link(passage, phrases["language"]),) for passage in passages)


def _link(passage: Passage, language: Language) -> Button:
    return Button(label(passage), f"c:{digest(passage.card)}:{language}")
