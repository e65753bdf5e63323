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


@stored("applications.rest_awaited")
class RestAwaited(Event):
    """A part of the fee came: the rest may be paid until `pay_by`; no part brings a day behind `latest`."""

    account_id: UUID
    claim_id: UUID
    payment_id: UUID
    pay_by: date
    latest: date

    def apply(self, aggregate: Any) -> None:
        aggregate.parts |= {self.payment_id}
        aggregate.rest_by = self.latest


@stored("applications.pay_by_moved")
class PayByMoved(Event):
    """The fee may be paid until a later day: awaited money failed, was taken back, or came in part."""

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
