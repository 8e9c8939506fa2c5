"""Faults of Telegram that somebody asked for."""

from dataclasses import dataclass, field
from random import Random


@dataclass
class Fault:
    """What goes wrong with the next `times` calls, or with a share of all."""

    kind: str
    times: int = 0
    share: float = 0
    chance: Random = field(default_factory=Random)
    seconds: float = 0
    retry_after: int = 1
    after: bool = False
    methods: frozenset[str] = frozenset()

    def concerns(self, method: str) -> bool:
        """Whether a call of this method goes wrong."""
        if self.methods:
            return method in self.methods
        return method.startswith(("send", "edit")) and method != "sendchataction"


class Faults:
    """The faults that are still to come, in the order they were asked for."""

    def __init__(self) -> None:
        self._coming: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Let something go wrong."""
        self._coming.append(fault)

    def clear(self) -> None:
        """Let nothing go wrong any more."""
        self._coming.clear()

    def next_for(self, method: str) -> Fault | None:
        """What goes wrong with this call, if anything; faults that are counted come first."""
        concerning = [fault for fault in self._coming if fault.concerns(method)]
        counted = next((fault for fault in concerning if not fault.share), None)
        if not counted:
            return _drawn(concerning)
        counted.times -= 1
        self._coming = [fault for fault in self._coming if fault.share or fault.times > 0]
        return counted

    @property
    def left(self) -> int:
        """How many calls will still go wrong one after another."""
        return sum(fault.times for fault in self._coming)

    @property
    def shares(self) -> list[float]:
        """The shares of all calls that go wrong."""
        return [fault.share for fault in self._coming if fault.share]


def _drawn(faults: list[Fault]) -> Fault | None:
    """One of the faults, each with its share of all calls; one call has one fault at most."""
    left = 1.0
    for fault in faults:
        if fault.chance.random() * left < fault.share:
            return fault
        left -= fault.share
    return None
