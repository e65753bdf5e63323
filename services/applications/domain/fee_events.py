"""What happens to a case while its fee is awaited; `apply` only assigns."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from shared.domain import Event, stored


@stored("applications.fee_awaited")
class FeeAwaited(Event):
    """Money for the fee is on its way: the case does not expire before it came or failed.

    Where the payer has only promised it, by choosing a transfer, that holds until `until`.
    """

    claim_id: UUID
    attempt_id: UUID
    until: datetime | None

    def apply(self, aggregate: Any) -> None:
        aggregate.waits = {**aggregate.waits, self.attempt_id: self.until}


@stored("applications.fee_wait_ended")
class FeeWaitEnded(Event):
    """The money that was on its way came, or will not come."""

    attempt_id: UUID

    def apply(self, aggregate: Any) -> None:
        aggregate.waits = {one: until for one, until in aggregate.waits.items() if one != self.attempt_id}
        aggregate.waited |= {self.attempt_id}


@stored("applications.pay_by_moved")
class PayByMoved(Event):
    """The fee may be paid until a later day: the money that was awaited failed, or was taken back."""

    account_id: UUID
    pay_by: date

    def apply(self, aggregate: Any) -> None:
        aggregate.pay_by = self.pay_by


@stored("applications.fee_reminded")
class FeeReminded(Event):
    """The fee is not paid yet, and the case is about to expire."""

    account_id: UUID
    pay_by: date

    def apply(self, aggregate: Any) -> None:
        aggregate.reminded_for = self.pay_by
