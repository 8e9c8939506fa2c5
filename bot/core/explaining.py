"""A sum worked out by the formulas of the knowledge, and explained with its source."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from bot.core import render
from bot.core.messages import Abstention, Answer, Language, Passage, Turn
from bot.core.numbers import written
from bot.core.sums import (
    Formulas,
    ParcelService,
    PriceWanted,
    Size,
    exact_price,
    unit_cost,
    up_to,
    volumetric,
)
from bot.core.telling import Telling

_SHOWN = 100  # Rupiah: prices are shown in steps of this.
_SHARES = ("margin", "rate", "fee")
_RELATED = 2

Value = Decimal | Fraction | str


@dataclass(frozen=True, slots=True)
class Explaining:
    """Explains sums; None where the card that a sum rests on does not hold."""

    telling: Telling

    def formulas(self, language: Language) -> Formulas:
        """Return what the knowledge says of sums."""
        return self.telling.knowledge.formulas(language)

    def parcel(
        self,
        size: Size,
        weight: Decimal | None,
        service: ParcelService,
        language: Language,
        *,
        divisor: Decimal | None = None,
    ) -> Turn | None:
        """Tell the weight that is charged; `divisor` goes before that of the service."""
        by = divisor or service.divisor
        if by is None:
            return self.unknown(service, language)
        by_size = volumetric(size, by)
        charged = max(by_size, Fraction(weight or 0))
        values: dict[str, Value] = {
            "service": self._phrase("parcel_own_divisor", language) if divisor else service.name,
            "length": size.length,
            "width": size.width,
            "height": size.height,
            "divisor": by,
            "volumetric": by_size,
            "charged": charged,
        }
        told = (
            self._say("parcel_unweighed", language, **values)
            if weight is None
            else self._say("parcel_charged", language, **values, weight=weight)
        )
        lines = [told, self._rounded(service, charged, language), service.note]
        cards = [service.card, *(rounding.card for rounding in service.roundings)]
        return self._worked(lines, cards, language)

    def price(self, wanted: PriceWanted, language: Language) -> Turn | None:
        """Tell the price that leaves the profit after the fee."""
        formulas = self.formulas(language)
        is_named = wanted.on != "profit"
        other = self._otherwise(wanted, language)
        cards = [formulas.markup if is_named and not wanted.fee else formulas.price]
        if other:
            cards.append(formulas.markup)
        exact = exact_price(wanted)
        if exact is None:
            percent = {"margin": wanted.profit * 100, "fee": (wanted.fee or Decimal(0)) * 100}
            told = self._say("price_impossible", language, **percent)
            return self._worked([told, other], cards, language)
        lines = [self._priced(wanted, exact, language), other]
        if wanted.fee:
            lines.append(self._say("price_fee_given", language, percent=wanted.fee * 100))
        else:
            lines.append(self._phrase("price_fee_missing", language))
        return self._worked(lines, cards, language, links=(formulas.fees,))

    def unit_cost(
        self, costs: Sequence[Decimal], made: Decimal, failed: Decimal, language: Language
    ) -> Turn | None:
        """Tell what one good unit costs; there must be at least one."""
        total = sum(costs, Decimal(0))
        each = self._money(unit_cost(costs, made - failed), language)
        money = self._money(total, language)
        lines = [self._say("unit_cost", language, each=each, costs=money, count=made - failed)]
        if len(costs) > 1:
            parts = " + ".join(self._money(cost, language) for cost in costs)
            lines.append(self._say("unit_cost_sum", language, parts=parts, total=money))
        if failed:
            lines.append(self._say("unit_cost_failed", language, failed=failed))
        return self._worked(lines, [self.formulas(language).unit_cost], language)

    def _rounded(self, service: ParcelService, charged: Fraction, language: Language) -> str:
        rounded = [(one.name, one.rounded(charged)) for one in service.roundings]
        told = [
            self._say("parcel_rounding", language, name=name, rounded=kilograms)
            for name, kilograms in rounded
            if kilograms
        ]
        return "\n".join([self._phrase("parcel_rounded", language), *told]) if told else ""

    def _priced(self, wanted: PriceWanted, exact: Fraction, language: Language) -> str:
        shown, fee = up_to(_SHOWN, exact), wanted.fee or Decimal(0)
        profit = shown - shown * fee - wanted.cost
        amounts = {
            "price": up_to(1, exact),
            "cost": wanted.cost,
            "shown": shown,
            "fee_amount": shown * fee,
            "profit": profit,
        }
        values: dict[str, Value] = {
            name: self._money(amount, language) for name, amount in amounts.items()
        }
        share = Fraction(profit) / Fraction(shown) * 100
        if wanted.on == "markup":
            rates = {"markup": wanted.profit * 100, "rate": wanted.profit, "fee": fee}
            return self._say("price_markup", language, **values, **rates, share=share)
        rates = {"margin": wanted.profit, "fee": fee}
        return self._say("price_margin", language, **values, **rates, share=share)

    def _otherwise(self, wanted: PriceWanted, language: Language) -> str:
        """Say what the price is if a profit that may mean either is meant of the cost."""
        other = exact_price(wanted.of_cost())
        if wanted.on != "profit" or other is None:
            return ""
        price = self._money(up_to(1, other), language)
        return self._say("price_otherwise", language, markup=wanted.profit * 100, price=price)

    def _worked(
        self,
        lines: Sequence[str],
        cards: Sequence[str],
        language: Language,
        *,
        links: Sequence[str] = (),
    ) -> Turn | None:
        """Tell a sum with the cards it rests on, the first one foremost."""
        passages = self._cards(cards, language)
        if not passages or passages[0].card != cards[0]:
            return None
        related = self._cards((*links, *passages[0].links), language)[:_RELATED]
        text = "\n\n".join(line for line in lines if line)
        phrases = self.telling.phrases[language]
        today = self.telling.today()
        reply = render.worked(text, passages, related, phrases=phrases, today=today)
        return Turn(language, Answer(passages[0], related), (reply,), candidates=passages)

    def unknown(self, service: ParcelService, language: Language) -> Turn | None:
        """Say of a service that nobody knows how it charges."""
        passages = self._cards([service.card], language)
        if not passages:
            return None
        related = self._cards(passages[0].links, language)[:_RELATED]
        return self.telling.tell(Abstention(1.0, passages[0], related), language)

    def _cards(self, names: Sequence[str], language: Language) -> tuple[Passage, ...]:
        """Return those of the cards that hold, each once."""
        card = self.telling.knowledge.card
        found = (card(name, language=language) for name in dict.fromkeys(names))
        return tuple(one for one in found if one and not self.telling.is_over(one))

    def _phrase(self, name: str, language: Language) -> str:
        return self.telling.phrases[language][name]

    def _say(self, phrase: str, language: Language, **values: Value) -> str:
        """Fill a phrase, its numbers as the language writes them."""
        mark = self._phrase("decimal_mark", language)
        told = {
            key: value
            if isinstance(value, str)
            else written(value, mark=mark, places=4 if key in _SHARES else 2)
            for key, value in values.items()
        }
        return self._phrase(phrase, language).format_map(told)

    def _money(self, amount: Decimal | Fraction, language: Language) -> str:
        mark = self._phrase("decimal_mark", language)
        return self._phrase("money", language).format(amount=written(amount, mark=mark))
