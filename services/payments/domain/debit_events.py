"""What happens to a debit. The first line of each docstring is its business meaning."""

from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import UUID

from shared.domain import Created, Event, stored

if TYPE_CHECKING:
    from services.payments.domain.debit import Debit


@stored("payments.debit_announced")
class DebitAnnounced(Created):
    """The citizen was told what is debited when, by which mandate; `presentation` 2 is a second try."""

    claim_id: UUID
    case_id: UUID
    account_id: UUID
    mandate_id: UUID
    reference: str
    amount_cents: int
    currency: str
    notified_on: date
    due: date
    presentation: int

    def apply(self, aggregate: "Debit") -> None:
        aggregate.begin_with(self)


@stored("payments.debit_filed")
class DebitFiled(Event):
    """The debit is in a file for the bank: from here on the money may move."""

    collection_id: UUID
    sequence: str
    due: date

    def apply(self, aggregate: "Debit") -> None:
        aggregate.move("filed")
        aggregate.collection_id, aggregate.due = self.collection_id, self.due
        aggregate.filed_at = self.timestamp


@stored("payments.debit_put_off", version=2)
class DebitPutOff(Event):
    """The money is asked for on a later day than the payer was told: they are told the new one.

    `claim_id`, `case_id` and `account_id` are missing in old events.
    """

    claim_id: UUID | None
    case_id: UUID | None
    account_id: UUID | None
    due: date

    @staticmethod
    def upcast_v1_v2(state: dict[str, Any]) -> None:
        state["claim_id"] = state["case_id"] = state["account_id"] = None

    def apply(self, aggregate: "Debit") -> None:
        aggregate.due = self.due


@stored("payments.debit_booked")
class DebitBooked(Event):
    """The money is on the city's account; until `refundable_until` the payer may have it back."""

    entry: str
    booked_on: date
    refundable_until: date

    def apply(self, aggregate: "Debit") -> None:
        aggregate.move("booked")
        aggregate.credited_by = self.entry


@stored("payments.debit_credit_told")
class DebitCreditTold(Event):
    """The bank told of the money behind its return: the books had it with that already."""

    entry: str

    def apply(self, aggregate: "Debit") -> None:
        aggregate.credited_by = self.entry


@stored("payments.debit_rejected", version=2)
class DebitRejected(Event):
    """The bank refused the debit before any money moved; `code` says why.

    `claim_id`, `case_id` and `account_id` are missing in old events.
    """

    claim_id: UUID | None
    case_id: UUID | None
    account_id: UUID | None
    code: str
    concern: str

    @staticmethod
    def upcast_v1_v2(state: dict[str, Any]) -> None:
        state["claim_id"] = state["case_id"] = state["account_id"] = None

    def apply(self, aggregate: "Debit") -> None:
        aggregate.move("rejected")
        aggregate.code = self.code


@stored("payments.debit_returned")
class DebitReturned(Event):
    """The money went back to the payer; `code` says why, `charges_cents` what the banks took for it."""

    code: str
    concern: str
    entry: str
    booked_on: date
    charges_cents: int

    def apply(self, aggregate: "Debit") -> None:
        aggregate.move("returned")
        aggregate.code, aggregate.returned_by = self.code, self.entry
        if aggregate.credited_by == self.entry:
            aggregate.credited_by = ""


@stored("payments.debit_cancelled")
class DebitCancelled(Event):
    """Nothing is debited: paid otherwise, the claim has ended, or the mandate does not allow it."""

    reason: str

    def apply(self, aggregate: "Debit") -> None:
        aggregate.move("cancelled")
