"""A sum step by step: one number is asked for after the other."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from bot.core.calculators import Calculators, is_absurd
from bot.core.messages import Button, Language, Place, Press, Question, Reply, Sender, Turn
from bot.core.numbers import Quantities
from bot.core.ports import Store
from bot.core.sums import PriceWanted, Size
from bot.core.telling import Telling

STEPS: Mapping[str, tuple[str, ...]] = {
    "parcel": ("size", "weight"),
    "price": ("cost", "profit", "fee"),
    "unit_cost": ("costs", "made"),
}
_MAY_LACK = ("weight", "fee")
_NUMBERS_ONLY = 1  # Words beside a number: such a text is no question.
_ANSWER = 4  # Words at most beside the number that was asked for.
_PLAIN_MONEY = 100  # Rupiah: a smaller number without a unit may mean thousands.


@dataclass(frozen=True, slots=True)
class Calculating:
    """Asks for the numbers of a sum, and remembers them until it is worked out."""

    store: Store
    calculators: Calculators
    telling: Telling

    def menu(self, language: Language) -> Turn:
        """Offer the sums that the knowledge has the rules of."""
        phrases = self.telling.phrases[language]
        rows = [(Button(phrases[f"calculate_{name}"], f"n:{name}"),) for name in self._known()]
        text = phrases["calculate_menu" if rows else "calculate_nothing"]
        return Turn(language, replies=(Reply(text, tuple(rows)),))

    async def press(
        self, press: Press, key: str, place: Place | None, language: Language
    ) -> Turn | None:
        """Begin a sum, or leave a number out; None where the button is old."""
        if key in self._known():
            begun = Place("calculator", key, STEPS[key][0], update=press.update)
            if place and place.name != key:
                await self.store.put(press.sender.person, replace(place, step="", kept={}))
            await self.store.put(press.sender.person, begun)
            return self.prompt(begun, language)
        if place and place.update == press.update:  # It was taken in before, and nobody was told.
            return self._told(place, language)
        if place and key == place.step and key in _MAY_LACK:
            return await self._go_on(press.sender, press.update, place, "", language)
        return None

    async def hear(self, question: Question, place: Place, language: Language) -> Turn | None:
        """Take the number that was asked for; None where the text is something else."""
        if place.update == question.update:  # It was taken in before, and nobody was told.
            return self._told(place, language)
        if place.step not in STEPS.get(place.name, ()):
            return self.prompt(place, language)
        found = self.calculators.read(question.text, language)
        is_meant = len(found.words) <= _ANSWER and not is_absurd(found)
        value = _READ[place.step](found) if is_meant else ""
        if value:
            return await self._go_on(question.sender, question.update, place, value, language)
        is_number = bool(found.numbers) and len(found.words) <= _NUMBERS_ONLY
        return self.prompt(place, language) if is_number else None

    def prompt(self, place: Place, language: Language) -> Turn:
        """Ask for the number that is due."""
        phrases = self.telling.phrases[language]
        if place.step not in STEPS.get(place.name, ()):
            return self.menu(language)  # The program knew another step when it was begun.
        skip = Button(phrases["skip_number"], f"n:{place.step}")
        row = (skip,) if place.step in _MAY_LACK else ()
        return Turn(language, replies=(Reply(phrases[f"ask_{place.step}"], (row,) if row else ()),))

    async def _go_on(
        self, sender: Sender, update: int, place: Place, value: str, language: Language
    ) -> Turn:
        """Keep a number; ask for the next one, or tell what comes out."""
        kept = {**place.kept, place.step: value}
        steps = STEPS[place.name]
        following = (*steps[steps.index(place.step) + 1 :], "")
        there = replace(place, step=following[0], kept=kept, update=update)
        await self.store.put(sender.person, there)
        return self._told(there, language)

    def _told(self, place: Place, language: Language) -> Turn:
        """Ask for the number that is due, or tell what comes out."""
        return self.prompt(place, language) if place.step else self._work(place, language)

    def _work(self, place: Place, language: Language) -> Turn:
        turn = _WORK[place.name](self.calculators, place.kept, language)
        return turn or self.telling.say("calculate_nothing", language)

    def _known(self) -> Sequence[str]:
        """Return the names of the sums that the knowledge has the rules of."""
        formulas = self.telling.knowledge.formulas(next(iter(self.telling.phrases)))
        rules = {
            "parcel": any(service.divisor for service in formulas.services[:1]),
            "price": bool(formulas.price),
            "unit_cost": bool(formulas.unit_cost),
        }
        return [name for name in STEPS if rules[name]]


def _size(found: Quantities) -> str:
    size = found.size
    if size is None or not size.volume or found.others:
        return ""
    return f"{size.length}x{size.width}x{size.height}"


def _weight(found: Quantities) -> str:
    weights = found.of("weight")
    return str(weights[0].value) if len(found.numbers) == 1 and weights else ""


def _money(found: Quantities) -> str:
    """Return one sum of money or several, separated by spaces."""
    plain = [one for one in found.of("plain") if one.value >= _PLAIN_MONEY]
    sums = [one.value for one in found.others if one.kind == "money" or one in plain]
    is_whole = bool(sums) and len(sums) == len(found.numbers) and all(sums)
    return " ".join(map(str, sums)) if is_whole else ""


def _cost(found: Quantities) -> str:
    money = _money(found)
    return "" if " " in money else money


def _share(found: Quantities) -> str:
    """Return a percentage as a share; a plain number is one, too."""
    if len(found.numbers) != 1 or not (found.of("percent") or found.of("plain")):
        return ""
    quantity = found.others[0]
    return str(quantity.value / 100 if quantity.kind == "plain" else quantity.value)


def _count(found: Quantities) -> str:
    plain = found.of("plain")
    return str(plain[0].value) if len(found.numbers) == 1 and plain and plain[0].value else ""


_READ: Mapping[str, Callable[[Quantities], str]] = {
    "size": _size,
    "weight": _weight,
    "cost": _cost,
    "profit": _share,
    "fee": _share,
    "costs": _money,
    "made": _count,
}


def _worked_parcel(
    calculators: Calculators, kept: Mapping[str, str], language: Language
) -> Turn | None:
    size = Size(*map(Decimal, kept["size"].split("x")))
    weight = Decimal(kept["weight"]) if kept["weight"] else None
    service = calculators.service("", language)
    if service is None:
        return None
    return calculators.explaining.parcel(size, weight, service, language)


def _worked_price(
    calculators: Calculators, kept: Mapping[str, str], language: Language
) -> Turn | None:
    fee = Decimal(kept["fee"]) if kept["fee"] else None
    wanted = PriceWanted(Decimal(kept["cost"]), Decimal(kept["profit"]), fee, on="profit")
    return calculators.explaining.price(wanted, language)


def _worked_unit_cost(
    calculators: Calculators, kept: Mapping[str, str], language: Language
) -> Turn | None:
    costs = [Decimal(cost) for cost in kept["costs"].split()]
    made = Decimal(kept["made"])
    return calculators.explaining.unit_cost(costs, made, Decimal(0), language)


_WORK: Mapping[str, Callable[[Calculators, Mapping[str, str], Language], Turn | None]] = {
    "parcel": _worked_parcel,
    "price": _worked_price,
    "unit_cost": _worked_unit_cost,
}
