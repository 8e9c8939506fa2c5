"""Verdicts on products in words: what was found, why, since when, and what is lawful."""

from collections.abc import Mapping, Sequence
from datetime import date

from bot.core.messages import (
    Button,
    Keyboard,
    Notice,
    Passage,
    Place,
    Program,
    Reply,
    Status,
    Verdict,
    Verdicts,
)
from bot.core.render import Phrases, evidence, quoted, said, source_buttons, spelled

_SHOWN = 60  # Characters of a product's name.
_MOST = 30  # Products in one reply.
WAYS: Mapping[str, Sequence[str]] = {
    "whence": ("abroad", "here"),
    "who": ("self", "importer", "unsure"),
}
"""What can be said at each step of a check."""


def told(outcome: Verdicts, *, phrases: Phrases, program: Program, today: date) -> Reply:
    """Tell verdicts: each in a line, what follows from them, and where that stands."""
    body = _together(
        "\n".join(_line(verdict, phrases) for verdict in outcome.verdicts[:_MOST]),
        _more(outcome.verdicts, phrases),
        _wanted(outcome.verdicts, phrases, program),
        "\n".join(f"- {notice.text}" for notice in outcome.notices),
    )
    evidence_ = _evidence(outcome.passages, phrases, today)
    text = _together(body, "\n".join(filter(None, (evidence_, _checked(today, phrases)))))
    return Reply(text, _keyboard(outcome, phrases), body)


def offer(*, phrases: Phrases) -> Keyboard:
    """Offer to check products, step by step."""
    return ((Button(phrases["check_product"], f"v:new:{phrases['language']}"),),)


def who_sells(*, phrases: Phrases) -> Reply:
    """Ask where somebody sells from."""
    return Reply(phrases["who_sells"], _sides(phrases), phrases["who_sells"])


def here(passage: Passage | None, *, phrases: Phrases, today: date) -> Reply:
    """Tell somebody who sells in the country that the closing of clusters is not about them."""
    body = _together(phrases["local_seller"], passage.text if passage else "")
    line = evidence(passage, phrases=phrases, today=today) if passage else ""
    keyboard = (*source_buttons(passage, phrases=phrases), (_change("overseas", phrases),))
    return Reply(_together(body, line), keyboard, body)


def step(place: Place, *, phrases: Phrases) -> Reply:
    """Ask the next question of a check."""
    if place.step not in WAYS:
        return Reply(phrases["check_begin"], body=phrases["check_begin"])
    products = quoted(place.kept["products"], limit=_SHOWN)
    text = phrases[f"step_{place.step}"].format(products=products)
    language = phrases["language"]
    keyboard = tuple(
        (Button(phrases[f"way_{way}"], f"v:{way}:{language}"),) for way in WAYS[place.step]
    )
    return Reply(text, keyboard, text)


def result(reply: Reply, way: str, *, phrases: Phrases, today: date) -> Reply:
    """Make of a reply the result of a check, which can be passed on."""
    when = spelled(today.isoformat(), phrases=phrases)
    title = phrases["check_result"].format(date=when, who=phrases[f"way_{way}"])
    return Reply(_together(title, reply.text), reply.keyboard, reply.body)


def applying(notices: Sequence[Notice], statuses: set[Status]) -> tuple[Notice, ...]:
    """Return the notices that go with any of some verdicts."""
    return tuple(
        notice for notice in notices if not notice.when or statuses.intersection(notice.when)
    )


def _together(*parts: str) -> str:
    """Put what there is one below the other, with a line between."""
    return "\n\n".join(filter(None, parts))


def _more(verdicts: Sequence[Verdict], phrases: Phrases) -> str:
    """Say how many products were left out."""
    more = len(verdicts) - _MOST
    return phrases["verdict_more"].format(count=more) if more > 0 else ""


def _line(verdict: Verdict, phrases: Phrases) -> str:
    product = quoted(verdict.product, limit=_SHOWN)
    form = phrases[f"verdict_{verdict.status}"]
    return form.format(product=product, cluster=verdict.title)


def _wanted(verdicts: Sequence[Verdict], phrases: Phrases, program: Program) -> str:
    """Ask for the heading of what is not certain."""
    if all(verdict.status != "unclear" for verdict in verdicts):
        return ""
    return said("verdict_heading", phrases=phrases, program=program).text


def _checked(today: date, phrases: Phrases) -> str:
    when = spelled(today.isoformat(), phrases=phrases)
    return phrases["verdict_checked"].format(date=when)


def _evidence(passages: Sequence[Passage], phrases: Phrases, today: date) -> str:
    """Say what verdicts rest on: the first card in a line, and who published the others' facts."""
    if not passages:
        return ""
    first, *rest = passages
    sources = [source for passage in rest for source in passage.sources]
    dates = sorted(passage.as_of for passage in rest if passage.as_of[:1].isdigit())
    lines = [evidence(first, phrases=phrases, today=today)]
    if sources and dates:
        more = phrases["evidence_more"].format(
            publishers=", ".join(dict.fromkeys(source.publisher for source in sources)),
            first=spelled(dates[0], phrases=phrases),
            last=spelled(dates[-1], phrases=phrases),
        )
        lines.append(more)
    return "\n".join(line for line in lines if line)


def _keyboard(outcome: Verdicts, phrases: Phrases) -> Keyboard:
    """Offer the sources of the first card, the card of the last notice, and another check."""
    last = outcome.passages[1:][-1:]
    cards = source_buttons(outcome.passage, last, phrases=phrases)
    return (*cards, *offer(phrases=phrases), (_change("local", phrases),))


def _sides(phrases: Phrases) -> Keyboard:
    return ((_change("overseas", phrases),), (_change("local", phrases),))


def _change(side: str, phrases: Phrases) -> Button:
    return Button(phrases[f"sells_{side}"], f"se:{side}:{phrases['language']}")
