"""Lessons: a page after the other, then a quiz, a result, and a picture that shows it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from bot.core.messages import (
    Button,
    Certificate,
    Keyboard,
    Language,
    Picked,
    Place,
    Press,
    Quiz,
    Reply,
    Turn,
)
from bot.core.paths import DONE
from bot.core.ports import Store
from bot.core.render import digest, spelled
from bot.core.subjects import Lesson, Page, QuizQuestion
from bot.core.telling import Telling

FINISHED, _RESULT = "+finished", "+right"
"""Under these the day is kept on which a lesson was finished first, and how many answers of how
many were right when it was finished last; no step is called so."""


@dataclass(frozen=True, slots=True)
class Lessons:
    """Teaches the lessons that the knowledge holds; it knows none by name."""

    store: Store
    telling: Telling
    today: Callable[[], date]

    def menu(self, places: Sequence[Place], language: Language) -> Turn:
        """Offer every lesson, with what was done of it."""
        phrases, lessons = self.telling.phrases[language], self._all(language)
        if not lessons:
            return self.telling.say("lesson_none", language)
        marks = {one.name: self._mark(one, places, language) for one in lessons}
        lines = [f"{marks[one.name]} **{one.title}**\n{one.about}" for one in lessons]
        finished = sum(_is_finished(_place_of(one, places)) for one in lessons)
        text = phrases["lesson_menu"].format(
            done=finished, all=len(lessons), lessons="\n\n".join(lines)
        )
        rows = tuple((Button(f"{marks[one.name]} {one.title}", _key(one)),) for one in lessons)
        return Turn(language, replies=(Reply(text, rows),))

    def prompt(self, place: Place, places: Sequence[Place], language: Language) -> Turn:
        """Show the page or ask the question that is due, or tell the result."""
        lesson = self._named(place.name, language)
        if lesson is None:
            return self.menu(places, language)  # It is no more in the knowledge.
        return Turn(language, replies=(self._told(lesson, place, places, language),))

    async def press(
        self, press: Press, key: str, places: Sequence[Place], language: Language
    ) -> Turn | None:
        """Do what a button of a lesson says; None where it is old."""
        named, _, rest = key.partition(":")
        if not named:
            return self.menu(places, language)
        lesson = next((one for one in self._all(language) if digest(one.name) == named), None)
        if lesson is None:
            return None
        place = _place_of(lesson, places)
        step, _, action = rest.partition(":")
        if step:
            return await self._read(press, lesson, place, step, language)
        if action == "picture":
            return self._picture(press, lesson, place, language)
        return await self._begin(press, lesson, place, action, language)

    async def take(
        self, picked: Picked, places: Sequence[Place], language: Language
    ) -> Turn | None:
        """Take what was chosen in a quiz; None where it is nobody's, or answered already."""
        poll = await self.store.poll(picked.poll)
        if poll is None or poll.person != picked.sender.person or not picked.options:
            return None
        chosen = picked.options[0]
        lesson = self._named(poll.lesson, language)
        place = _place_of(lesson, places) if lesson else None
        if lesson is None or place is None or chosen >= len(poll.options):
            return None
        if place.update == picked.update:
            return self.prompt(place, places, language)
        await self.store.note_choice(picked.poll, chosen)
        due = lesson.due(place.kept)
        if due is None or due.name != poll.question:
            return None
        kept = {**place.kept, due.name: poll.options[chosen]}
        return await self._go(picked, lesson, replace(place, kept=kept), language)

    async def _begin(
        self, press: Press, lesson: Lesson, place: Place | None, action: str, language: Language
    ) -> Turn:
        """Begin a lesson, go on with it, or learn it once more."""
        if place is None:
            return await self._go(press, lesson, Place("lesson", lesson.name), language)
        if action == "again" and not lesson.due(place.kept):
            # Neither is there if it came to its end because its last question was taken away.
            kept = {name: place.kept[name] for name in (FINISHED, _RESULT) if name in place.kept}
            return await self._go(press, lesson, replace(place, kept=kept), language)
        return await self._go(press, lesson, place, language)

    async def _read(
        self, press: Press, lesson: Lesson, place: Place | None, key: str, language: Language
    ) -> Turn | None:
        """Turn the page that was read; of another one, nothing."""
        if place is None:
            return None
        if place.update == press.update:
            return self.prompt(place, (place,), language)
        due = lesson.due(place.kept)
        if not isinstance(due, Page) or digest(due.name) != key:
            toast = self.telling.phrases[language]["lesson_passed"]
            return Turn(language, toast=toast, keyboard=())
        kept = {**place.kept, due.name: DONE}
        turn = await self._go(press, lesson, replace(place, kept=kept), language)
        return replace(turn, keyboard=())

    async def _go(
        self, incoming: Press | Picked, lesson: Lesson, place: Place, language: Language
    ) -> Turn:
        person, due, kept = incoming.sender.person, lesson.due(place.kept), dict(place.kept)
        if due is None:
            kept.setdefault(FINISHED, self.today().isoformat())
            kept[_RESULT] = f"{lesson.right(kept)}/{len(lesson.questions)}"
        step = due.name if due else ""
        there = replace(place, step=step, kept=kept, update=incoming.update)
        await self.store.put(person, there)
        places = await self.store.places(person)
        return self.prompt(there, places, language)

    def _told(
        self, lesson: Lesson, place: Place, places: Sequence[Place], language: Language
    ) -> Reply:
        match lesson.due(place.kept):
            case Page() as page:
                return self._page(lesson, page, language)
            case QuizQuestion() as question:
                return self._question(lesson, question, language)
            case _:
                return self._result(lesson, place, places, language)

    def _page(self, lesson: Lesson, page: Page, language: Language) -> Reply:
        phrases, number = self.telling.phrases[language], lesson.pages.index(page) + 1
        head = phrases["lesson_page"].format(
            title=lesson.title, number=number, all=len(lesson.pages)
        )
        is_last = number == len(lesson.pages)
        label = phrases["lesson_quiz" if is_last else "lesson_next"]
        turn = Button(label, f"{_key(lesson)}:{digest(page.name)}:next")
        return Reply(f"{head}\n\n{page.text}", (*self._card(page.card, language), (turn,)))

    def _question(self, lesson: Lesson, question: QuizQuestion, language: Language) -> Reply:
        number = lesson.questions.index(question) + 1
        text = self.telling.phrases[language]["lesson_question"].format(
            number=number, all=len(lesson.questions), question=question.text
        )
        names = [option.name for option in question.options]
        quiz = Quiz(
            lesson.name,
            question.name,
            tuple((option.name, option.label) for option in question.options),
            names.index(question.right),
            question.explanation,
        )
        return Reply(text, quiz=quiz)

    def _result(
        self, lesson: Lesson, place: Place, places: Sequence[Place], language: Language
    ) -> Reply:
        phrases = self.telling.phrases[language]
        right, count = lesson.right(place.kept), len(lesson.questions)
        text = phrases["lesson_result"].format(title=lesson.title, right=right, all=count)
        wrong = [
            phrases["lesson_wrong"].format(question=one.text, explanation=one.explanation)
            for one in lesson.wrong(place.kept)
        ]
        cards = dict.fromkeys(one.card for one in lesson.wrong(place.kept))
        rows = [row for card in cards for row in self._card(card, language)]
        keyboard = (*rows, *self._onwards(lesson, places, language))
        return Reply("\n\n".join([text, *wrong]), keyboard)

    def _onwards(self, lesson: Lesson, places: Sequence[Place], language: Language) -> Keyboard:
        """Return where a finished lesson leads: its picture, the next one, the list, itself."""
        phrases = self.telling.phrases[language]
        following = self._next(lesson, places, language)
        label = phrases["lesson_following"]
        onward = (
            (Button(label.format(title=following.title), _key(following)),) if following else ()
        )
        return (
            (Button(phrases["lesson_picture"], f"{_key(lesson)}::picture"),),
            *((onward,) if onward else ()),
            (
                Button(phrases["lesson_again"], f"{_key(lesson)}::again"),
                Button(phrases["lesson_list"], "t:"),
            ),
        )

    def _next(self, lesson: Lesson, places: Sequence[Place], language: Language) -> Lesson | None:
        """Return the next lesson that is not finished, after this one or from the first."""
        lessons = list(self._all(language))
        here = lessons.index(lesson)
        others = [*lessons[here + 1 :], *lessons[:here]]
        return next((one for one in others if not _is_finished(_place_of(one, places))), None)

    def _picture(
        self, press: Press, lesson: Lesson, place: Place | None, language: Language
    ) -> Turn | None:
        """Show with name and date that the lesson was learned."""
        if place is None or not _is_finished(place):
            return None
        name, day = press.sender.name, place.kept[FINISHED]
        phrases = self.telling.phrases[language]
        date_ = spelled(day, phrases=phrases)
        caption = phrases["certificate_caption"].format(name=name, title=lesson.title, date=date_)
        picture = self._certificate(lesson, place, name, phrases["picture_language"])
        return Turn(language, replies=(Reply(caption, picture=picture),))

    def _certificate(
        self, lesson: Lesson, place: Place, name: str, language: Language
    ) -> Certificate:
        """Return what the picture says, in a language whose letters can be drawn."""
        phrases, spoken = self.telling.phrases[language], self._named(lesson.name, language)
        right, _, count = place.kept[_RESULT].partition("/")
        return Certificate(
            heading=phrases["certificate_heading"],
            name=name,
            lesson=(spoken or lesson).title,
            result=phrases["certificate_result"].format(right=right, all=count),
            date=spelled(place.kept[FINISHED], phrases=phrases),
            program=self.telling.knowledge.program(language).name,
        )

    def _card(self, card: str, language: Language) -> Keyboard:
        """Return the button of the card on which something rests, if it is there."""
        if not card or self.telling.knowledge.card(card, language=language) is None:
            return ()
        label = self.telling.phrases[language]["lesson_card"]
        return ((Button(label, f"c:{digest(card)}:{language}"),),)

    def _mark(self, lesson: Lesson, places: Sequence[Place], language: Language) -> str:
        phrases, place = self.telling.phrases[language], _place_of(lesson, places)
        if _is_finished(place):
            return phrases["checked"]
        return phrases["lesson_begun" if place else "unchecked"]

    def _named(self, name: str, language: Language) -> Lesson | None:
        return next((one for one in self._all(language) if one.name == name), None)

    def _all(self, language: Language) -> Sequence[Lesson]:
        return self.telling.knowledge.lessons(language)


def _key(lesson: Lesson) -> str:
    return f"t:{digest(lesson.name)}"


def _place_of(lesson: Lesson, places: Sequence[Place]) -> Place | None:
    found = (one for one in places if one.kind == "lesson" and one.name == lesson.name)
    return next(found, None)


def _is_finished(place: Place | None) -> bool:
    return place is not None and FINISHED in place.kept
