"""A question that holds all the numbers of a sum: which sum it asks for, and its parts."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from bot.core.cues import Cues, last_of
from bot.core.explaining import Explaining
from bot.core.messages import Language, Turn
from bot.core.numbers import NumberReader, Quantities, Quantity
from bot.core.sums import ParcelService, PriceWanted, Profit, Size
from bot.core.telling import Telling

_MOST = Decimal(10**12)  # Whatever is larger was not meant.
_FEW = 3  # Words beside the numbers: such a text is nothing but a sum.
_PLAIN_MONEY = 100  # Rupiah: a smaller number without a unit may mean thousands.

_PROFITS: Mapping[str, Profit] = {
    "profit_words": "profit",
    "margin_words": "margin",
    "markup_words": "markup",
}
_FEE = "fee_words"


def is_absurd(found: Quantities) -> bool:
    """Say whether any of the numbers is one that nobody means."""
    return any(not 0 <= number < _MOST for number in found.numbers)


class Calculators:
    """Works out what a text asks for; None where it asks for no sum, or a number is missing.

    A number that has no part in the sum means that something else is asked.
    """

    def __init__(self, telling: Telling) -> None:
        self.explaining = Explaining(telling)
        self._phrases = telling.phrases
        self._reader = NumberReader(telling.phrases.values())
        self._cues = Cues(telling.phrases.values())

    def read(self, text: str, language: Language) -> Quantities:
        """Return the quantities in a text."""
        return self._reader.read(text, mark=self._phrases[language]["decimal_mark"])

    def answer(self, text: str, language: Language) -> Turn | None:
        """Work out what a text asks for."""
        found = self.read(text, language)
        if not found.numbers or is_absurd(found) or self._cues.says(text, "calculator_aside"):
            return None
        if found.size:
            return self._parcel(text, found, found.size, language)
        if found.of("percent"):
            return self._price(text, found, language)
        return self._unit_cost(text, found, language)

    def _parcel(self, text: str, found: Quantities, size: Size, language: Language) -> Turn | None:
        weights = found.of("weight")
        plain = [one for one in found.of("plain") if one.value != 1]  # "One box of" says nothing.
        own = [one for one in plain if self._cues.ends(one.before, "divisor_words")]
        is_meant = len(found.words) <= _FEW or self._cues.says(text, "parcel_words")
        is_whole = len(own) == len(plain) and not found.of("money") and not found.of("percent")
        if not (is_meant and is_whole) or len(weights) > 1 or len(own) > 1:
            return None
        service = self.service(text, language)
        if service is None or not all([size.volume, *(one.value for one in own)]):
            return None
        weight = weights[0].value if weights else None
        divisor = own[0].value if own else None
        if divisor and service.divisor is None:  # The formula is known, how it is rounded is not.
            usual = self.explaining.formulas(language).services[0]
            service = replace(usual, roundings=(), note="")
        return self.explaining.parcel(size, weight, service, language, divisor=divisor)

    def service(self, text: str, language: Language) -> ParcelService | None:
        """Return the service that a text names, or the usual one."""
        services = self.explaining.formulas(language).services
        named = [service for service in services if last_of(text, service.asked)]
        return next(iter([*named, *services]), None)

    def _price(self, text: str, found: Quantities, language: Language) -> Turn | None:
        roles = self._roles(found.of("percent"))
        profits = [role for role in roles if role in _PROFITS]
        costs = [one for one in found.others if self._is_cost(one)]
        plain = [one for one in found.of("plain") if one not in costs]
        if len(costs) != 1 or len(profits) != 1 or plain:
            return None
        if not self._cues.says(text, "cost_words") or roles.keys() - {profits[0], _FEE}:
            return None
        if _FEE not in roles and self._cues.says(text, _FEE):
            return None  # There is a fee, and nobody knows how much.
        fee = roles[_FEE].value if _FEE in roles else None
        profit = roles[profits[0]].value
        wanted = PriceWanted(costs[0].value, profit, fee, on=_PROFITS[profits[0]])
        return self.explaining.price(wanted, language) if wanted.cost else None

    def _roles(self, shares: Sequence[Quantity]) -> Mapping[str, Quantity]:
        """Tell of each percentage what it is, by the words before it, or else after it."""
        kinds = (*_PROFITS, _FEE)
        is_before = bool(self._cues.last_named(shares[0].before, kinds))
        roles: dict[str, Quantity] = {}
        for share in shares:
            role = self._cues.last_named(share.before if is_before else share.after, kinds)
            roles["" if role in roles else role] = share
        return roles

    def _is_cost(self, quantity: Quantity) -> bool:
        is_plain = quantity.kind == "plain" and quantity.value >= _PLAIN_MONEY
        is_named = is_plain and self._cues.says(quantity.before, "cost_words")
        return quantity.kind == "money" or is_named

    def _unit_cost(self, text: str, found: Quantities, language: Language) -> Turn | None:
        plain = found.of("plain")
        failed = [one for one in plain if self._cues.begins(one.after, "failed_words")]
        made = [one for one in plain if one not in failed]
        costs = [one.value for one in found.of("money")]
        is_whole = len(made) == 1 and len(failed) <= 1 and costs
        if not is_whole or not self._cues.says(text, "unit_cost_words"):
            return None
        lost = failed[0].value if failed else Decimal(0)
        if made[0].value <= lost:
            return None
        return self.explaining.unit_cost(costs, made[0].value, lost, language)
