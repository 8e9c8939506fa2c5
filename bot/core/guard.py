"""What goes before an answer: a warning of fraud, and no help to get around a rule."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from bot.core.messages import Answer, Found, Passage, Refusal
from bot.core.signs import Reading, Signs

_SEEN = 0.95  # Of the texts that show a sign of fraud the share to which its card is an answer.
_HALF = 0.5  # Of the least confidence: enough for a warning, and for not helping.


def guarded(
    outcome: Found,
    text: str,
    passages: Sequence[Passage],
    *,
    signs: Signs,
    card: Callable[[str], Passage | None],
    min_confidence: float,
) -> Found:
    """Return a warning or a refusal where the text shows that it is needed, or the outcome."""
    reading = signs.read(text)
    shown = card(reading.card)
    if reading.shows == "fraud" and shown:
        return Answer(replace(shown, confidence=_SEEN))
    if reading.shows == "evasion" and reading.asks == "for help":
        return Refusal(shown)
    is_whether = reading.shows == "evasion" and reading.asks == "whether"
    if is_whether and shown and not _tells_rule(outcome, signs):
        return Answer(replace(shown, confidence=min_confidence))
    best = passages[0] if passages else None
    if best is None or best.confidence < min_confidence * _HALF:
        return outcome
    if isinstance(outcome, Answer):
        is_evasion = best.card in signs.evasion_cards and reading.asks == "for help"
        return Refusal(best) if is_evasion else outcome
    return outcome if outcome.passage else _seconded(outcome, passages, reading, signs)


def _tells_rule(outcome: Found, signs: Signs) -> bool:
    """Say whether a card was found that tells of a rule, or of getting around one."""
    return outcome.passage is not None and outcome.passage.card in signs.rule_cards


def _seconded(outcome: Found, passages: Sequence[Passage], reading: Reading, signs: Signs) -> Found:
    """Return what the search found, unlikely as it is, where the words speak for it as well."""
    best, about = passages[0], [each for each in passages if each.card == reading.card]
    if best.card in signs.fraud_cards:
        return Answer(best)
    if best.card in signs.rule_cards and reading.asks == "whether":
        return Answer(best)
    return Answer(about[0]) if about else outcome
