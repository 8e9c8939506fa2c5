"""What goes wrong at Telegram when a test asks for it: faults, and rates that are kept."""

import re
from random import Random

from starlette.requests import Request

from bot.channels.simulator.api.methods import proper_name
from bot.channels.simulator.control.acts import ImpossibleError, number_in
from bot.channels.simulator.state.database import Json
from bot.channels.simulator.state.faults import Fault
from bot.channels.simulator.state.limits import Rates
from bot.channels.simulator.state.state import State

_RATES = ("all", "chat", "group", "burst")


def fault(state: State, body: Json) -> Json:
    """Let the next calls go wrong, or a share of all; times 0 lets all go well again.

    Sends and edits go wrong, or else the `methods` that are named.
    """
    times = number_in(body, "times")
    if times == 0:
        state.faults.clear()
    else:
        state.faults.add(_fault(body, times=times, share=_share(body)))
    shares = state.faults.shares
    return {"left": state.faults.left} | ({"shares": shares} if shares else {})


def _fault(body: Json, *, times: int | None, share: float) -> Fault:
    kind = str(body.get("telegram", ""))
    slow = re.fullmatch(r"slow (\d+(?:\.\d+)?)s", kind)
    if not slow and kind not in ("429", "500", "cut"):
        raise ImpossibleError(400, "telegram is 429, 500, cut or slow 3s")
    return Fault(
        kind="slow" if slow else kind,
        times=0 if share else times or 1,
        share=share,
        chance=Random(number_in(body, "seed")),  # noqa: S311 - it keeps no secret
        seconds=float(slow[1]) if slow else 0,
        retry_after=number_in(body, "retry_after") or 1,
        after=bool(body.get("after")),
        methods=_methods(body),
    )


def _share(body: Json) -> float:
    share = body.get("share")
    if share is None:
        return 0
    if body.get("times") is not None:
        raise ImpossibleError(400, "share and times exclude each other")
    if not _is_number(share) or not 0 < share <= 1:
        raise ImpossibleError(400, "share is a number above 0, up to 1")
    return float(share)


def _methods(body: Json) -> frozenset[str]:
    methods = body.get("methods") or []
    if not isinstance(methods, list):
        raise ImpossibleError(400, "methods is not a list")
    return frozenset(proper_name(str(name)).lower() for name in methods)


def limit(state: State, body: Json) -> Json:
    """Keep Telegram's rates from now on; an empty object lifts them.

    A rate that is left out is not kept, and a burst that is left out is one message.
    """
    if set(body) - set(_RATES):
        raise ImpossibleError(400, "limits are all, chat, group and burst")
    if body:
        state.limits.keep(_rates(body))
    else:
        state.limits.lift()
    return _counted(state)


def _rates(body: Json) -> Rates:
    chat = body.get("chat")
    if chat is not None and (not _is_number(chat) or not chat > 0):
        raise ImpossibleError(400, "chat is a number above 0")
    overall, group, burst = (_whole(body, name) for name in ("all", "group", "burst"))
    return Rates(overall=overall, chat=chat, group=group, burst=burst or 1)


def _whole(body: Json, name: str) -> int | None:
    value = body.get(name)
    if value is None or (type(value) is int and value > 0):
        return value
    raise ImpossibleError(400, f"{name} is a whole number above 0")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


async def limits(state: State, _: Request) -> Json:
    """How many calls were refused as too fast, and how many of them came before they might."""
    return _counted(state)


def _counted(state: State) -> Json:
    return {"refused": state.limits.refused, "early": state.limits.early}
