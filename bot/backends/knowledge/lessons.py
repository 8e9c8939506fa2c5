"""`lessons/*.yaml`: pages to read, then a quiz, written by program staff."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from bot.backends.knowledge.calculators import spoken
from bot.backends.knowledge.cards import Number, Spoken, with_default
from bot.backends.knowledge.findings import Finding, nearest
from bot.backends.knowledge.journeys import Name
from bot.backends.knowledge.yamls import Located
from bot.core.messages import DEFAULT_LANGUAGE, Language
from bot.core.paths import Choice
from bot.core.subjects import Lesson, Page, QuizQuestion

LESSONS = "lessons"


def _in_default(words: Any) -> Any:
    """Take words that name no language for those of the default one."""
    return {DEFAULT_LANGUAGE: words} if isinstance(words, str) else words


def _few_lines(text: str) -> str:
    """Check what Telegram asks of an explanation: two line feeds at most."""
    if text.strip().count("\n") > _MOST_LINE_FEEDS:
        raise ValueError(text)
    return text


_MOST_LINE_FEEDS = 2
_Default = BeforeValidator(_in_default)
_Some = AfterValidator(with_default)
Title = Annotated[dict[Spoken, Annotated[str, Field(max_length=60)]], _Default, _Some]
Text = Annotated[dict[Spoken, Annotated[str, Field(max_length=900)]], _Default, _Some]
# Telegram takes 300 characters, of which the number of the question is a part.
Asked = Annotated[dict[Spoken, Annotated[str, Field(max_length=280)]], _Default, _Some]
Label = Annotated[dict[Spoken, Annotated[str, Field(max_length=100)]], _Default, _Some]
_Shown = Annotated[str, Field(max_length=200), AfterValidator(_few_lines)]
Explanation = Annotated[dict[Spoken, _Shown], _Default, _Some]


class PageEntry(BaseModel):
    """What is read at a time."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    text: Text
    card: str


class OptionEntry(BaseModel):
    """One of several answers."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    label: Label


class QuestionEntry(BaseModel):
    """A question of the quiz."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    text: Asked
    options: Annotated[list[OptionEntry], Field(min_length=2, max_length=10)]
    right: Name
    explanation: Explanation
    card: str


class LessonEntry(BaseModel):
    """A whole file."""

    model_config = ConfigDict(extra="forbid")

    title: Title
    about: Explanation
    order: Number = 0
    pages: Annotated[list[PageEntry], Field(min_length=1)]
    questions: Annotated[list[QuestionEntry], Field(min_length=1)]


def lessons_of(entries: dict[str, LessonEntry], language: Language) -> Sequence[Lesson]:
    """Return the lessons as the core teaches them, in one language, by their order."""
    named = sorted(entries.items(), key=lambda each: (each[1].order, each[0]))
    return [_lesson(name, entry, language) for name, entry in named]


def lesson_findings(
    entry: LessonEntry, located: Located, *, file: str, cards: Sequence[str]
) -> Iterator[Finding]:
    """Yield names that stand twice, cards and right answers that are not there."""
    parts: dict[str, Sequence[PageEntry | QuestionEntry]] = {
        "pages": entry.pages,
        "questions": entry.questions,
    }
    steps = [(part, place, step) for part in parts for place, step in enumerate(parts[part])]
    names = Counter(step.name for _, _, step in steps)
    for part, place, step in steps:
        line = located.line((part, place))
        if names[step.name] > 1:
            yield Finding(file, line, "DUPLICATE_STEP", {"step": step.name})
        if step.card not in cards:
            values = {"target": step.card, "near": nearest(step.card, sorted(cards))}
            yield Finding(file, located.line((part, place, "card")), "DEAD_LINK", values)
    for place, question in enumerate(entry.questions):
        yield from _question_findings(question, located, file=file, place=place)


def _question_findings(
    question: QuestionEntry, located: Located, *, file: str, place: int
) -> Iterator[Finding]:
    options = [option.name for option in question.options]
    if len(set(options)) < len(options):
        line = located.line(("questions", place, "options"))
        yield Finding(file, line, "DUPLICATE_STEP", {"step": question.name})
    if question.right not in options:
        line = located.line(("questions", place, "right"))
        near = nearest(question.right, options)
        yield Finding(file, line, "UNKNOWN_ANSWER", {"right": question.right, "near": near})


def _lesson(name: str, entry: LessonEntry, language: Language) -> Lesson:
    return Lesson(
        name,
        title=spoken(entry.title, language),
        about=spoken(entry.about, language),
        pages=tuple(
            Page(page.name, spoken(page.text, language), page.card) for page in entry.pages
        ),
        questions=tuple(_question(one, language) for one in entry.questions),
    )


def _question(entry: QuestionEntry, language: Language) -> QuizQuestion:
    return QuizQuestion(
        entry.name,
        text=spoken(entry.text, language),
        options=tuple(
            Choice(option.name, spoken(option.label, language)) for option in entry.options
        ),
        right=entry.right,
        explanation=spoken(entry.explanation, language),
        card=entry.card,
    )
