"""A debit: one collection of one claim under a mandate, from its notice to the money, or back.

Invariant: what was not announced is not filed, and never earlier than announced; what was filed is not
cancelled any more, since the money may move; a word of the bank that comes again changes nothing. At most one
further presentation follows a return, and only for a reason that allows it (`returns`). No two debits have
the same reference: it is all by which the bank tells them apart.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from services.payments.domain.debit_events import (
    DebitAnnounced,
    DebitBooked,
    DebitCancelled,
    DebitCreditTold,
    DebitFiled,
    DebitPutOff,
    DebitRejected,
    DebitReturned,
)
from services.payments.domain.returns import reaction_to
from shared.domain import Aggregate

REFUNDABLE: Final = timedelta(weeks=8)
"""So long the payer may have the money back without a reason; 13 months where there was no mandate."""
PRESENTATIONS: Final = 2
MOVES: Final[Mapping[tuple[str, str], str]] = {
    ("announced", "filed"): "filed",
    ("announced", "cancelled"): "cancelled",
    ("filed", "booked"): "booked",
    ("filed", "rejected"): "rejected",
    ("filed", "returned"): "returned",
    ("booked", "returned"): "returned",
}
"""(condition, what happens) → the condition that follows."""


class DebitRefused(Exception):
    """A command that the debit does not allow now; `slug` says which rule."""

    slug = "debit_refused"


class NotAnnounced(DebitRefused):
    """It is filed, or over."""

    slug = "debit_not_announced"


class NotFiled(DebitRefused):
    """It is in no file, or its end is known."""

    slug = "debit_not_filed"


class TooEarly(DebitRefused):
    """Nobody is debited before the day that they were told."""

    slug = "debit_too_early"


class AtTheBank(DebitRefused):
    """It is in a file: the money may move, and only the bank ends it."""

    slug = "debit_at_the_bank"


class NotPresentable(DebitRefused):
    """It came back for a reason that allows no second try, or has been tried twice."""

    slug = "debit_not_presentable"


class Debit(Aggregate):
    """One debit. Conditions: announced, filed, booked, rejected, returned, cancelled.

    `credited_by` and `returned_by` are the bank's entries that told that the money came and that it went
    back, empty as long as none did; a return that is told first stands for both, and is no credit.
    """

    BEGINS = (DebitAnnounced,)

    claim_id: UUID
    case_id: UUID
    account_id: UUID
    mandate_id: UUID
    reference: str
    amount_cents: int
    currency: str
    due: date
    presentation: int
    condition: str
    collection_id: UUID | None
    filed_at: datetime | None
    code: str
    credited_by: str
    returned_by: str

    def begin_with(self, event: DebitAnnounced) -> None:
        """Assigns the state of a new debit."""
        for name in ("claim_id", "case_id", "account_id", "mandate_id", "reference", "amount_cents"):
            setattr(self, name, getattr(event, name))
        self.currency, self.due, self.presentation = event.currency, event.due, event.presentation
        self.condition, self.collection_id, self.code = "announced", None, ""
        self.filed_at, self.credited_by, self.returned_by = None, "", ""

    def move(self, what: str) -> None:
        """Assigns the condition that follows."""
        self.condition = MOVES[self.condition, what]

    @classmethod
    def announce(
        cls, *, id: UUID, now: datetime, claim_id: UUID, case_id: UUID, account_id: UUID, mandate_id: UUID,
        reference: str, amount_cents: int, currency: str, notified_on: date, due: date, presentation: int = 1,
    ) -> "Debit":  # fmt: skip
        """A new debit. Raises ValueError for what no notice could say."""
        if amount_cents <= 0 or currency != "EUR" or due <= notified_on:
            raise ValueError("a debit is of euro, and announced before it falls due")
        return cls.begin(
            DebitAnnounced, id=id, now=now, claim_id=claim_id, case_id=case_id, account_id=account_id,
            mandate_id=mandate_id, reference=reference, amount_cents=amount_cents, currency=currency,
            notified_on=notified_on, due=due, presentation=presentation,
        )  # fmt: skip

    def file(self, collection_id: UUID, sequence: str, due: date, *, now: datetime) -> None:
        """Goes into a collection that asks for the money on `due`. Raises NotAnnounced, TooEarly."""
        if self.condition != "announced":
            raise NotAnnounced(f"the debit is {self.condition}")
        if due < self.due:
            raise TooEarly(f"the debit was announced for {self.due}")
        announced = self.due
        self.emit(DebitFiled, now=now, collection_id=collection_id, sequence=sequence, due=due)
        if due > announced:
            self._move_to(due, now)

    def put_off(self, due: date, *, now: datetime) -> None:
        """Its file asks for the money on `due`, if that is later; may be repeated. Raises NotFiled."""
        if self.condition != "filed":
            raise NotFiled(f"the debit is {self.condition}")
        if due > self.due:
            self._move_to(due, now)

    def book(self, entry: str, booked_on: date, *, now: datetime) -> bool:
        """The money is on the account; False where that was known, or it has gone back since."""
        if not self._may("booked"):
            return False
        until = booked_on + REFUNDABLE
        self.emit(DebitBooked, now=now, entry=entry, booked_on=booked_on, refundable_until=until)
        return True

    def tell_credit(self, entry: str, *, now: datetime) -> bool:
        """The money came, told behind its return; False where its credit was told, or nothing came back."""
        if self.condition != "returned" or self.credited_by:
            return False
        self.emit(DebitCreditTold, now=now, entry=entry)
        return True

    def reject(self, code: str, *, now: datetime) -> bool:
        """The bank refused it; False where its word was known or is overtaken."""
        if not self._may("rejected"):
            return False
        self.emit(DebitRejected, now=now, claim_id=self.claim_id, case_id=self.case_id,
                  account_id=self.account_id, code=code, concern=reaction_to(code).concern.value)  # fmt: skip
        return True

    def take_back(self, code: str, entry: str, booked_on: date, charges_cents: int, *, now: datetime) -> bool:
        """The money went back; False where that was known."""
        if not self._may("returned"):
            return False
        concern = reaction_to(code).concern.value
        self.emit(DebitReturned, now=now, code=code, concern=concern, entry=entry, booked_on=booked_on,
                  charges_cents=charges_cents)  # fmt: skip
        return True

    def cancel(self, reason: str, *, now: datetime) -> None:
        """Before it is filed; may be repeated, and where it is over nothing happens. Raises AtTheBank."""
        if self.condition in ("filed", "booked"):
            raise AtTheBank(f"the debit is {self.condition}")
        if self._may("cancelled"):
            self.emit(DebitCancelled, now=now, reason=reason)

    def present_again(
        self, *, id: UUID, now: datetime, reference: str, amount_cents: int, notified_on: date, due: date
    ) -> "Debit":
        """The second try, announced like the first, under a reference of its own, for what is owed now.
        Raises NotPresentable."""
        failed = self.condition in ("returned", "rejected")
        if not failed or self.presentation >= PRESENTATIONS or not reaction_to(self.code).again:
            raise NotPresentable(f"the debit is {self.condition} {self.code}".strip())
        return Debit.announce(
            id=id, now=now, claim_id=self.claim_id, case_id=self.case_id, account_id=self.account_id,
            mandate_id=self.mandate_id, reference=reference, amount_cents=amount_cents,
            currency=self.currency, notified_on=notified_on, due=due, presentation=self.presentation + 1,
        )  # fmt: skip

    def _move_to(self, due: date, now: datetime) -> None:
        self.emit(DebitPutOff, now=now, claim_id=self.claim_id, case_id=self.case_id,
                  account_id=self.account_id, due=due)  # fmt: skip

    def _may(self, what: str) -> bool:
        return (self.condition, what) in MOVES
