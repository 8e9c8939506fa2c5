"""Says in the words of the commands what is wrong, in the language that staff read."""

from collections.abc import Mapping, Sequence

from bot.backends.knowledge.findings import Finding, worded
from bot.core.desk import Remark
from bot.core.messages import Language
from bot.core.ports import BotError

_OTHERS = "en"  # What staff read whose language no command speaks.


class Wording:
    """What commands print, in every language they speak."""

    def __init__(self, sentences: Mapping[Language, Mapping[str, str]]) -> None:
        self._sentences = sentences

    def of(self, language: Language) -> Mapping[str, str]:
        """Return the sentences of a language, or of the one that is read in its place."""
        return self._sentences.get(language, self._sentences[_OTHERS])

    def explain(self, error: BotError, language: Language) -> str:
        """Say what an error means, and the mend."""
        sentence = self.of(language).get(error.code)
        return sentence.format(**error.values) if sentence else error.code

    def remarks(
        self, findings: Sequence[Finding], language: Language, *, first: str = ""
    ) -> tuple[Remark, ...]:
        """Put findings in words: the mistakes before the warnings, those of one file first."""
        sentences = self.of(language)
        ordered = sorted(findings, key=lambda each: (each.level != "mistake", each.file != first))
        return tuple(
            Remark(
                f"{each.file}:{each.line}",
                " ".join(worded(each, sentences)).strip(),
                each.level == "mistake",
            )
            for each in ordered
        )
