"""Faults of Telegram that somebody asked for."""

from dataclasses import dataclass


@dataclass
class Fault:
    """What goes wrong with the next calls."""

    kind: str
    times: int
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
        """What goes wrong with this call, if anything."""
        fault = next((fault for fault in self._coming if fault.concerns(method)), None)
        if fault:
            fault.times -= 1
            self._coming = [fault for fault in self._coming if fault.times > 0]
        return fault

    @property
    def left(self) -> int:
        """How many calls will still go wrong."""
        return sum(fault.times for fault in self._coming)
