"""What happens to an attempt that its provider left undecided. The first line of each docstring is its
business meaning."""

from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

from services.payments.domain.money import Finding
from shared.domain import Event, stored

if TYPE_CHECKING:
    from services.payments.domain.claim import Claim


@stored("payments.attempt_left_undecided")
class AttemptLeftUndecided(Event):
    """The provider was asked for long and never said whether the payer has paid: a person has to find out."""

    case_id: UUID
    attempt_id: UUID
    method: str
    provider: str
    reference: str
    amount_cents: int

    def apply(self, aggregate: "Claim") -> None:
        known = aggregate.attempts[self.attempt_id]
        aggregate.attempts[self.attempt_id] = replace(known, left=True)


@stored("payments.attempt_finding_proposed")
class AttemptFindingProposed(Event):
    """A person found at the provider's whether the payer has paid (`paid`, `not_paid`); the voucher shows it.

    It counts once a second person confirms it.
    """

    attempt_id: UUID
    found: str
    voucher: str
    found_by: str

    def apply(self, aggregate: "Claim") -> None:
        known = aggregate.attempts[self.attempt_id]
        finding = Finding(self.found, self.voucher, self.found_by)
        aggregate.attempts[self.attempt_id] = replace(known, finding=finding)


@stored("payments.attempt_finding_confirmed")
class AttemptFindingConfirmed(Event):
    """A second person confirms what was found: the attempt is decided by it, as by the provider's word."""

    case_id: UUID
    attempt_id: UUID
    found: str
    voucher: str
    confirmed_by: str

    def apply(self, aggregate: "Claim") -> None:
        known = aggregate.attempts[self.attempt_id]
        aggregate.attempts[self.attempt_id] = replace(known, finding=None)


@stored("payments.attempt_finding_declined")
class AttemptFindingDeclined(Event):
    """A second person does not confirm what was found: the attempt is as undecided as it was."""

    attempt_id: UUID
    declined_by: str

    def apply(self, aggregate: "Claim") -> None:
        known = aggregate.attempts[self.attempt_id]
        aggregate.attempts[self.attempt_id] = replace(known, finding=None)
