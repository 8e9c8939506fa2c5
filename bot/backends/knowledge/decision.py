"""One small model that says how likely the best card answers a question."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bot.core.clusters import Limits

FILE = Path(__file__).with_name("decision.json")
_RARE = 1.0  # What BM25 gives for a word that one card alone holds.
_THRESHOLDS = ("min_confidence", "said", "lacking", "unheard", "sure", "enough")


@dataclass(frozen=True, slots=True)
class Decision:
    """Logistic weights for the states of the search: `whole`, and `words` without vectors.

    Each of them once more for cards that nobody wrote lines for, by evidence that is the same
    whether texts and questions are long or short.
    """

    weights: Mapping[str, Mapping[str, float]]
    min_confidence: float
    """Below it the bot abstains."""
    said: float
    """What a card is answered with at least that is asked for with exactly these words."""
    lacking: float
    """What a card is answered with at most that lacks what is sought: one in four answers it."""
    unheard: float
    """Share of a question's words, by weight, that no card holds, from which on the card lacks what
    is sought if it holds less than one rare word of the question: none of the bank's questions
    that are answered, and in a folder of few cards most of what none of them is about."""
    sure: float
    """Below it an answer is doubtful: staff should see it, and nobody is told of it unasked."""
    enough: float
    """What the words alone are as sure of is not looked for by meaning: six in ten of the bank's
    questions, of which 25 in 5,161 would have got another card (`python -m tests.benchmarks
    decision`): five get theirs only so, one loses it."""
    limits: Limits = field(default_factory=Limits)
    """How likely the place of a product must be before it is said."""

    @classmethod
    def read(cls, path: Path = FILE) -> "Decision":
        """Read the numbers that `python -m tests.benchmarks decision` fitted."""
        values = json.loads(path.read_text(encoding="utf-8"))
        limits = Limits(**values["products"])
        thresholds = {name: values[name] for name in _THRESHOLDS}
        return cls(values["weights"], limits=limits, **thresholds)

    def confidence(self, state: str, evidence: Mapping[str, float]) -> float:
        """Return the probability that a card with this evidence answers."""
        weights = self.weights[state]
        odds = weights["bias"] + sum(
            weight * evidence[name] for name, weight in weights.items() if name != "bias"
        )
        probability = 0.5 * (1 + math.tanh(odds / 2))  # The logistic function, of any odds.
        if evidence["said"]:
            return max(probability, self.said)
        is_strange = evidence["unheard"] >= self.unheard and evidence["words"] < _RARE
        is_doubtful = evidence["lacking"] or is_strange
        return min(probability, self.lacking) if is_doubtful else probability
