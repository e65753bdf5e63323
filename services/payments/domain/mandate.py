"""A mandate: the citizen's permission to debit their account.

Invariant: nothing is debited without a signature, while the mandate is suspended, or after it has ended; an
account is never overwritten but amended, under the same reference, and the next debit says so to the bank. A
mandate lapses 36 months after its last debit. What may follow what is `MOVES`; the diagram is drawn from it.
"""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from services.payments.domain.address import Abroad
from services.payments.domain.mandate_events import (
    MandateActivated,
    MandateAmended,
    MandateAmendmentUntold,
    MandateCleared,
    MandateCollected,
    MandateLapsed,
    MandateProposed,
    MandateReleased,
    MandateResumed,
    MandateRevoked,
    MandateSuspended,
)
from services.payments.domain.returns import OF_A_PERSON, Concern, reaction_to
from shared.domain import Aggregate, Redacted

LIFE_MONTHS: Final = 36
MOVES: Final[Mapping[tuple[str, str], str]] = {
    ("proposed", "activated"): "active",
    ("proposed", "revoked"): "revoked",
    ("active", "amended"): "active",
    ("active", "collected"): "active",
    ("active", "used_up"): "used_up",
    ("active", "suspended"): "suspended",
    ("active", "revoked"): "revoked",
    ("active", "lapsed"): "lapsed",
    ("suspended", "amended"): "active",
    ("suspended", "resumed"): "active",
    ("suspended", "revoked"): "revoked",
    ("suspended", "lapsed"): "lapsed",
    ("used_up", "released"): "active",
    ("used_up", "revoked"): "revoked",
}
"""(condition, what happens) → the condition that follows."""


class MandateRefused(Exception):
    """A command that the mandate does not allow now; `slug` says which rule."""

    slug = "mandate_refused"


class NotAllowedNow(MandateRefused):
    """The mandate's condition forbids it."""

    slug = "mandate_not_active"


class NotYetLapsed(MandateRefused):
    """36 months have not passed."""

    slug = "mandate_not_lapsed"


class Lapsed(MandateRefused):
    """36 months have passed since the last debit: a new mandate is needed."""

    slug = "mandate_lapsed"


class SignedInFuture(MandateRefused):
    """Nobody signs on a day that has not come."""

    slug = "signed_in_future"


class SameAccount(MandateRefused):
    """An amendment names another account."""

    slug = "same_account"


class OtherAccountNeeded(MandateRefused):
    """What the bank said of the account stands: the citizen's word alone does not settle it."""

    slug = "mandate_needs_account"


class NotOfAPerson(MandateRefused):
    """The mandate does not wait for the cash office: its payer has the word."""

    slug = "mandate_not_for_a_person"


class NotForLaterClaims(MandateRefused):
    """A mandate for one debit is not used for another claim."""

    slug = "mandate_one_off"


class DebtorForgotten(MandateRefused):
    """The citizen's data were erased: there is no account any more."""

    slug = "erased"


class Cleared(StrEnum):
    """Why the cash office lets a mandate be used again."""

    BANK_WAS_WRONG = "bank_was_wrong"
    PAYER_CONFIRMED = "payer_confirmed"
    TECHNICAL = "technical"


class Ended(StrEnum):
    """Why the cash office ends a mandate."""

    PAYER_DIED = "payer_died"
    NO_CONSENT = "no_consent"
    ACCOUNT_UNUSABLE = "account_unusable"


class Kind(StrEnum):
    """Whether the mandate is for one debit or for any number."""

    RECURRING = "recurring"
    ONE_OFF = "one_off"


class Mandate(Aggregate):
    """One mandate. Conditions: proposed, active, suspended, used_up, revoked, lapsed.

    `is_amended` says that the next debit tells the bank of another account, `amendment_told_by` which debit
    has told it.
    """

    BEGINS = (MandateProposed,)

    account_id: UUID
    reference: str
    kind: Kind
    iban: str | Redacted
    holder: str | Redacted
    abroad: Abroad | None
    condition: str
    signed_on: date | None
    last_collected_on: date | None
    is_amended: bool
    amended_at: datetime | None
    amendment_told_by: UUID | None
    suspended_for: str

    def begin_with(self, event: MandateProposed) -> None:
        """Assigns the state of a new mandate."""
        self.account_id, self.reference, self.kind = event.account_id, event.reference, Kind(event.kind)
        self.iban, self.holder, self.condition = event.iban, event.holder, "proposed"
        self.abroad = None if isinstance(event.abroad, Redacted) else event.abroad
        self.signed_on, self.last_collected_on, self.is_amended = None, None, False
        self.amended_at, self.amendment_told_by = None, None
        self.suspended_for = ""

    def move(self, what: str) -> None:
        """Assigns the condition that follows."""
        self.condition = MOVES[self.condition, what]

    @classmethod
    def propose(
        cls, *, id: UUID, now: datetime, account_id: UUID, reference: str, kind: Kind, iban: str, holder: str,
        abroad: Abroad | None = None,
    ) -> "Mandate":  # fmt: skip
        """A new mandate; `iban` is checked, without blanks; `reference` is never used again."""
        return cls.begin(
            MandateProposed, id=id, now=now, account_id=account_id, reference=reference, kind=kind.value,
            iban=iban, holder=holder, abroad=abroad,
        )  # fmt: skip

    def activate(self, signed_on: date, how: str, *, now: datetime) -> None:
        """The citizen has signed. Raises NotAllowedNow, SignedInFuture."""
        self._refuse_unless("activated")
        self._refuse_future(signed_on, now)
        self.emit(MandateActivated, now=now, signed_on=signed_on, how=how)

    def amend(
        self,
        iban: str,
        holder: str,
        signed_on: date,
        how: str,
        *,
        now: datetime,
        abroad: Abroad | None = None,
    ) -> None:
        """Another account, signed for; brings a suspended mandate back. Raises NotAllowedNow, SameAccount,
        SignedInFuture, DebtorForgotten."""
        self._refuse_unless("amended")
        self._refuse_forgotten()
        self._refuse_future(signed_on, now)
        if iban == self.iban:
            raise SameAccount("an amendment names another account")
        self.emit(MandateAmended, now=now, iban=iban, holder=holder, abroad=abroad, signed_on=signed_on,
                  how=how)  # fmt: skip

    def collect(self, debit_id: UUID, due: date, *, final: bool = False, now: datetime) -> str:
        """A debit goes to the bank; its sequence type. Raises NotAllowedNow, Lapsed, DebtorForgotten."""
        self._refuse_unless("collected")
        self._refuse_forgotten()
        if due > self.lapses_on:
            raise Lapsed(f"the mandate lapses on {self.lapses_on}")
        sequence = self._sequence(final)
        self.emit(MandateCollected, now=now, debit_id=debit_id, due=due, sequence=sequence)
        return sequence

    def release(self, debit_id: UUID, *, now: datetime) -> None:
        """A debit was refused or came back: the last one it allowed is allowed again, and what it told the
        bank is told again. May be repeated."""
        if self._may("released"):
            self.emit(MandateReleased, now=now, debit_id=debit_id)
        if self.condition in ("active", "suspended"):
            self._untell(debit_id, now)

    def suspend(self, reason: str, *, now: datetime) -> None:
        """The next debit waits for the citizen; may be repeated. A mandate that has ended stays ended."""
        if self._may("suspended"):
            self.emit(MandateSuspended, now=now, reason=reason)

    def resume(self, by: str, *, now: datetime) -> None:
        """The citizen, who had a debit given back, allows the next one. Raises NotAllowedNow,
        OtherAccountNeeded."""
        self._refuse_unless("resumed")
        if reaction_to(self.suspended_for).concern not in (Concern.CITIZEN_PAYS, Concern.CITIZEN_OBJECTED):
            raise OtherAccountNeeded("the bank debits nothing from this account")
        self.emit(MandateResumed, now=now, by=by)

    def clear(self, reason: Cleared, *, now: datetime) -> None:
        """A person looked at why the bank gave a debit back: debits are allowed again. Raises NotAllowedNow,
        NotOfAPerson, DebtorForgotten."""
        self._refuse_unless_of_a_person("resumed")
        self._refuse_forgotten()
        self.emit(MandateCleared, now=now, reason=reason.value)
        if self.amendment_told_by is not None:
            self._untell(self.amendment_told_by, now)

    def end(self, reason: Ended, *, now: datetime) -> None:
        """A person looked at why the bank gave a debit back: nothing is debited any more. Raises
        NotAllowedNow, NotOfAPerson."""
        self._refuse_unless_of_a_person("revoked")
        self.emit(MandateRevoked, now=now, reason=reason.value)

    def revoke(self, reason: str, *, now: datetime) -> None:
        """For good; may be repeated. Raises NotAllowedNow where it has lapsed."""
        if self.condition != "revoked":
            self._refuse_unless("revoked")
            self.emit(MandateRevoked, now=now, reason=reason)

    def lapse(self, today: date, *, now: datetime) -> None:
        """Raises NotAllowedNow, NotYetLapsed."""
        self._refuse_unless("lapsed")
        if today <= self.lapses_on:
            raise NotYetLapsed(f"the mandate lapses on {self.lapses_on}")
        self.emit(MandateLapsed, now=now, last_used_on=self._last_used)

    def refuse_unless_reusable(self) -> None:
        """It serves other claims than the one it was given for. Raises NotForLaterClaims, NotAllowedNow."""
        if self.kind is not Kind.RECURRING:
            raise NotForLaterClaims("the mandate is for one debit")
        self._refuse_unless("collected")

    @property
    def lapses_on(self) -> date:
        """The last day on which a debit may fall due."""
        return _months_later(self._last_used, LIFE_MONTHS)

    @property
    def _last_used(self) -> date:
        used = self.last_collected_on or self.signed_on
        assert used is not None
        return used

    def _sequence(self, final: bool) -> str:
        if self.kind is Kind.ONE_OFF:
            return "OOFF"
        if final:
            return "FNAL"
        return "FRST" if self.last_collected_on is None else "RCUR"

    def _untell(self, debit_id: UUID, now: datetime) -> None:
        if self.amendment_told_by == debit_id:
            self.emit(MandateAmendmentUntold, now=now, debit_id=debit_id)

    def _refuse_unless_of_a_person(self, what: str) -> None:
        self._refuse_unless(what)
        if self.condition != "suspended" or reaction_to(self.suspended_for).concern not in OF_A_PERSON:
            raise NotOfAPerson("the payer has the word")

    def _may(self, what: str) -> bool:
        return (self.condition, what) in MOVES

    def _refuse_unless(self, what: str) -> None:
        if not self._may(what):
            raise NotAllowedNow(f"the mandate is {self.condition}")

    def _refuse_forgotten(self) -> None:
        if isinstance(self.iban, Redacted) or isinstance(self.holder, Redacted):
            raise DebtorForgotten("the citizen's data were erased")

    @staticmethod
    def _refuse_future(signed_on: date, now: datetime) -> None:
        """By the clock of the furthest east: no zone of the payment area is a day ahead of it."""
        if signed_on.toordinal() > now.date().toordinal() + 1:
            raise SignedInFuture(f"{signed_on} has not come")


def _months_later(day: date, months: int) -> date:
    """The same day of a later month, or its last."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = (date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1) - date(year, month + 1, 1)).days
    return date(year, month + 1, min(day.day, last))
