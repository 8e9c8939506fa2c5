"""`calculators.yaml`: the rules of the sums that the bot works out, each with its card."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from bot.backends.knowledge.cards import Words
from bot.core.messages import DEFAULT_LANGUAGE, Language
from bot.core.sums import Formulas, ParcelService, Rounding

CALCULATORS = "calculators.yaml"

Positive = Annotated[Decimal, Field(gt=0)]
NotNegative = Annotated[Decimal, Field(ge=0)]


class RoundingEntry(BaseModel):
    """How some couriers round."""

    model_config = ConfigDict(extra="forbid")

    name: Words
    card: str
    up_above: NotNegative | None = None
    up_from: NotNegative = Decimal(0)
    minimum: NotNegative = Decimal(0)


class ServiceEntry(BaseModel):
    """A kind of courier service; without `divisor`, nobody knows how it charges."""

    model_config = ConfigDict(extra="forbid")

    name: Words
    card: str
    asked: list[str] = []
    divisor: Positive | None = None
    note: Words = {}
    roundings: list[RoundingEntry] = []


class PriceEntry(BaseModel):
    """The cards of a selling price."""

    model_config = ConfigDict(extra="forbid")

    card: str
    markup: str
    fees: str


class UnitCostEntry(BaseModel):
    """The card of a unit's cost."""

    model_config = ConfigDict(extra="forbid")

    card: str


class CalculatorsEntry(BaseModel):
    """The whole file; a sum without its card is not done."""

    model_config = ConfigDict(extra="forbid")

    parcel: list[ServiceEntry] = []
    price: PriceEntry | None = None
    unit_cost: UnitCostEntry | None = None


def formulas_of(entry: CalculatorsEntry, language: Language) -> Formulas:
    """Return the rules as the core reads them, in one language."""
    price = entry.price
    return Formulas(
        services=tuple(_service(service, language) for service in entry.parcel),
        price=price.card if price else "",
        markup=price.markup if price else "",
        fees=price.fees if price else "",
        unit_cost=entry.unit_cost.card if entry.unit_cost else "",
    )


def calculator_cards(entry: CalculatorsEntry) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield every card that the file names, and its place in the file."""
    for number, service in enumerate(entry.parcel):
        yield ("parcel", number, "card"), service.card
        for place, rounding in enumerate(service.roundings):
            yield ("parcel", number, "roundings", place, "card"), rounding.card
    if entry.price:
        for key in ("card", "markup", "fees"):
            yield ("price", key), str(getattr(entry.price, key))
    if entry.unit_cost:
        yield ("unit_cost", "card"), entry.unit_cost.card


def spoken(words: Mapping[Any, str], language: Language) -> str:
    """Return words in the language, or in the default one."""
    return words.get(language) or words.get(DEFAULT_LANGUAGE, "")


def _service(entry: ServiceEntry, language: Language) -> ParcelService:
    roundings = tuple(
        Rounding(
            spoken(one.name, language),
            one.card,
            up_above=one.up_above,
            up_from=one.up_from,
            minimum=one.minimum,
        )
        for one in entry.roundings
    )
    return ParcelService(
        spoken(entry.name, language),
        entry.card,
        asked=tuple(entry.asked),
        divisor=entry.divisor,
        note=spoken(entry.note, language),
        roundings=roundings,
    )
