"""What happens to a mandate. The first line of each docstring is its business meaning."""

from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import UUID

from services.payments.domain.address import Abroad
from shared.domain import Created, Event, Personal, Redacted, stored

if TYPE_CHECKING:
    from services.payments.domain.mandate import Mandate


@stored("payments.mandate_proposed", version=2)
class MandateProposed(Created):
    """A citizen gave an account to debit; nothing is debited before they have agreed to it.

    `abroad` is for an account outside the EEA alone; in old events, which know none, it reads as redacted.
    """

    account_id: UUID
    reference: str
    kind: str
    iban: Personal[str]
    holder: Personal[str]
    abroad: Personal[Abroad | None]

    @staticmethod
    def upcast_v1_v2(state: dict[str, Any]) -> None:
        state["abroad"] = None

    def apply(self, aggregate: "Mandate") -> None:
        aggregate.begin_with(self)


@stored("payments.mandate_activated")
class MandateActivated(Event):
    """The mandate is signed: debits may be announced. `how` says what proves it: `online`, `paper`."""

    signed_on: date
    how: str

    def apply(self, aggregate: "Mandate") -> None:
        aggregate.move("activated")
        aggregate.signed_on = self.signed_on


@stored("payments.mandate_amended", version=2)
class MandateAmended(Event):
    """Another account takes the place of the old one, which stays on record; the reference is the same."""

    iban: Personal[str]
    holder: Personal[str]
    abroad: Personal[Abroad | None]
    signed_on: date
    how: str

    @staticmethod
    def upcast_v1_v2(state: dict[str, Any]) -> None:
        state["abroad"] = None

    def apply(self, aggregate: "Mandate") -> None:
        aggregate.move("amended")
        aggregate.iban, aggregate.holder = self.iban, self.holder
        aggregate.abroad = None if isinstance(self.abroad, Redacted) else self.abroad
        aggregate.is_amended = aggregate.last_collected_on is not None
        aggregate.amended_at, aggregate.amendment_told_by = self.timestamp, None


@stored("payments.mandate_collected")
class MandateCollected(Event):
    """A debit under the mandate went to the bank; from this day 36 months count anew."""

    debit_id: UUID
    due: date
    sequence: str

    def apply(self, aggregate: "Mandate") -> None:
        aggregate.move("used_up" if self.sequence in ("OOFF", "FNAL") else "collected")
        if aggregate.is_amended:
            aggregate.amendment_told_by = self.debit_id
        aggregate.last_collected_on, aggregate.is_amended = self.due, False


@stored("payments.mandate_released")
class MandateReleased(Event):
    """The debit that used the mandate up did not hold: it may be presented once more."""

    debit_id: UUID

    def apply(self, aggregate: "Mandate") -> None:
        aggregate.move("released")


@stored("payments.mandate_amendment_untold")
class MandateAmendmentUntold(Event):
    """The debit that told the bank of another account did not hold: the next one tells it again."""

    debit_id: UUID

    def apply(self, aggregate: "Mandate") -> None:
        aggregate.is_amended, aggregate.amendment_told_by = True, None


@stored("payments.mandate_suspended")
class MandateSuspended(Event):
    """The bank said something that forbids the next debit; `reason` is its code or `clerk`."""

    reason: str

    def apply(self, aggregate: "Mandate") -> None:
        aggregate.move("suspended")
        aggregate.suspended_for = self.reason


@stored("payments.mandate_resumed")
class MandateResumed(Event):
    """What stood against debits is settled, with the citizen's word for it."""

    by: str

    def apply(self, aggregate: "Mandate") -> None:
        aggregate.move("resumed")


@stored("payments.mandate_cleared")
class MandateCleared(Event):
    """The cash office has found out what the bank's word meant: debits are allowed again."""

    reason: str

    def apply(self, aggregate: "Mandate") -> None:
        aggregate.move("resumed")


@stored("payments.mandate_revoked")
class MandateRevoked(Event):
    """The citizen, or their bank, took the mandate back: nothing is debited any more."""

    reason: str

    def apply(self, aggregate: "Mandate") -> None:
        aggregate.move("revoked")


@stored("payments.mandate_lapsed")
class MandateLapsed(Event):
    """36 months without a debit: the mandate is void."""

    last_used_on: date

    def apply(self, aggregate: "Mandate") -> None:
        aggregate.move("lapsed")
