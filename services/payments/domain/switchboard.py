"""Which ways to pay and which providers are switched off, and why: one stream for the installation."""

from datetime import datetime
from typing import Final, Literal, get_args
from uuid import UUID

from shared.domain import Aggregate, Created, Event, stored
from shared.ids import derived_id

Kind = Literal["method", "provider"]
KINDS: Final = get_args(Kind)
SWITCH: Final = "switch_payment"
"""The task by which `portal payments` switches: its payload is kind, name, on and reason."""
SWITCHBOARD: Final[UUID] = derived_id("switchboard")


@stored("payments.switchboard_set_up")
class SwitchboardSetUp(Created):
    """The first time that anything is switched; until then all is on."""

    def apply(self, aggregate: "Switchboard") -> None:
        aggregate.off = {}


@stored("payments.switch_turned")
class SwitchTurned(Event):
    """An operator took a way to pay or a provider out of the offer, or put it back; `reason` names nobody."""

    kind: Kind
    name: str
    is_on: bool
    reason: str

    def apply(self, aggregate: "Switchboard") -> None:
        aggregate.off = {
            place: reason for place, reason in aggregate.off.items() if place != (self.kind, self.name)
        }
        if not self.is_on:
            aggregate.off[self.kind, self.name] = self.reason


class Switchboard(Aggregate):
    """What is off, and why, by (kind, name). Attempts that are under way go on to their end."""

    BEGINS = (SwitchboardSetUp,)

    off: dict[tuple[str, str], str]

    @classmethod
    def set_up(cls, *, now: datetime) -> "Switchboard":
        """The installation's first."""
        return cls.begin(SwitchboardSetUp, id=SWITCHBOARD, now=now)

    def switch(self, kind: Kind, name: str, *, is_on: bool, reason: str, now: datetime) -> None:
        """May be repeated; being off for another reason is news."""
        if is_on and (kind, name) not in self.off:
            return
        if not is_on and self.off.get((kind, name)) == reason:
            return
        self.emit(SwitchTurned, now=now, kind=kind, name=name, is_on=is_on, reason=reason)
