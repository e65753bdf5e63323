"""One payment on the city's account, as the bank's statement has it: allocated to a claim, or waiting.

Invariant: it is in the books from the day it is known, on `unallocated` as long as no claim has it; it leaves
that account once, but for a provider's payout (`domain/payouts.py`), which may be undone. Its stream is named
by the entry's key, so that it can never be taken twice.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from services.payments.domain.money_tasks import voucher_number
from shared.domain import Aggregate, Created, Event, Personal, stored

UNALLOCATED = "unallocated"
"""The account of the ledger, and the state, of money that nobody has claimed yet."""


class Outcome(StrEnum):
    """What became of the payment when it was read."""

    ALLOCATED = "allocated"
    DEBIT = "debit"
    RETURN = "return"
    PROPOSED = "proposed"
    UNALLOCATED = "unallocated"
    REPEATED = "repeated"
    KNOWN = "known"
    PAYOUT = "payout"


WAITING = (Outcome.PROPOSED, Outcome.UNALLOCATED, Outcome.REPEATED)
"""REPEATED is money told once more by another entry, for a person to compare; KNOWN is what certainly is the
same money, and books nothing."""


@stored("payments.bank_item_received", version=2)
class BankItemReceived(Created):
    """The bank booked a payment; `claim_id` is whose it is, `proposals` whose it may be.

    `provider` is whose payout it is, or may be. `name`, `iban` and `text` are who and what for, under the key
    of the file they came in.
    """

    statement_id: UUID
    file_id: UUID
    amount_cents: int
    currency: str
    booked_on: date | None
    outcome: str
    claim_id: UUID | None
    proposals: list[UUID]
    name: Personal[str]
    iban: Personal[str]
    text: Personal[str]
    provider: str

    @staticmethod
    def upcast_v1_v2(state: dict[str, Any]) -> None:
        state["provider"] = ""

    def apply(self, aggregate: "BankItem") -> None:
        aggregate.amount_cents, aggregate.currency = self.amount_cents, self.currency
        aggregate.outcome, aggregate.claim_id = self.outcome, self.claim_id
        aggregate.provider = self.provider
        aggregate.is_waiting = self.outcome in WAITING
        aggregate.proposal = aggregate.payout_proposal = None


@stored("payments.bank_item_allocated")
class BankItemAllocated(Event):
    """A person found the claim that the payment is for."""

    claim_id: UUID
    amount_cents: int
    currency: str

    def apply(self, aggregate: "BankItem") -> None:
        aggregate.claim_id, aggregate.is_waiting = self.claim_id, False
        aggregate.proposal = None


@stored("payments.bank_item_sent_back")
class BankItemSentBack(Event):
    """Nobody's: a person sent it back, or booked it where it belongs; the voucher shows it."""

    amount_cents: int
    currency: str
    voucher: str

    def apply(self, aggregate: "BankItem") -> None:
        aggregate.is_waiting, aggregate.proposal = False, None


@stored("payments.bank_item_return_proposed")
class BankItemReturnProposed(Event):
    """A person wants money above the limit sent back, or booked elsewhere: a second person has to agree."""

    voucher: str
    proposed_by: str

    def apply(self, aggregate: "BankItem") -> None:
        aggregate.proposal = (self.voucher, self.proposed_by)


@stored("payments.bank_item_return_declined")
class BankItemReturnDeclined(Event):
    """A second person does not agree: the money waits as it did."""

    declined_by: str

    def apply(self, aggregate: "BankItem") -> None:
        aggregate.proposal = None


class BankItemRefused(Exception):
    """A command that the item does not allow now; `slug` says which rule."""

    slug = "bank_item_refused"


class ItemDone(BankItemRefused):
    """It belongs to a claim, or has been sent back."""

    slug = "bank_item_done"


class NotIncoming(BankItemRefused):
    """Money that left the account pays no claim."""

    slug = "bank_item_not_incoming"


class ReturnWaits(BankItemRefused):
    """That it is to be sent back waits for a second person."""

    slug = "return_waits"


class PayoutWaits(BankItemRefused):
    """That it is a provider's payout waits for a second person."""

    slug = "payout_waits"


class NoSuchReturn(BankItemRefused):
    """Nobody wants it sent back, or it was decided on."""

    slug = "return_unknown"


class OtherPersonNeeded(BankItemRefused):
    """Who wants it sent back cannot agree to it."""

    slug = "second_person_needed"


class ItemVoucherImpossible(BankItemRefused):
    """What was given as the voucher's number cannot be one."""

    slug = "voucher_impossible"


class BankItem(Aggregate):
    """One payment of one entry of a statement; cents are positive where money came. `proposal` is the voucher
    of a return that waits for a second person, and who wants it; `payout_proposal` the provider of a payout
    that does, and who says so."""

    BEGINS = (BankItemReceived,)

    amount_cents: int
    currency: str
    outcome: str
    claim_id: UUID | None
    is_waiting: bool
    provider: str
    proposal: tuple[str, str] | None
    payout_proposal: tuple[str, str] | None

    @classmethod
    def receive(
        cls, *, id: UUID, now: datetime, statement_id: UUID, file_id: UUID, amount_cents: int, currency: str,
        booked_on: date | None, outcome: Outcome, claim_id: UUID | None, proposals: list[UUID], name: str,
        iban: str, text: str, provider: str = "",
    ) -> "BankItem":  # fmt: skip
        """A new item; one of DEBIT without a claim is a sum of several, one of KNOWN that or a transfer.
        Raises ValueError for an outcome that does not go with the claim or the provider."""
        if claim_id is None and outcome in (Outcome.ALLOCATED, Outcome.RETURN):
            raise ValueError("what has found its place has a claim")
        if claim_id is not None and outcome in WAITING:
            raise ValueError("an item waits as long as it has no claim")
        if outcome is Outcome.PAYOUT and (claim_id is not None or not provider):
            raise ValueError("a payout is a provider's and no claim's")
        return cls.begin(
            BankItemReceived, id=id, now=now, statement_id=statement_id, file_id=file_id,
            amount_cents=amount_cents, currency=currency, booked_on=booked_on, outcome=outcome.value,
            claim_id=claim_id, proposals=proposals, name=name, iban=iban, text=text, provider=provider,
        )  # fmt: skip

    def allocate(self, claim_id: UUID, *, now: datetime) -> None:
        """Raises ItemDone, ReturnWaits, PayoutWaits, NotIncoming."""
        self.refuse_decided()
        if self.amount_cents <= 0:
            raise NotIncoming("money that left the account pays no claim")
        self.emit(BankItemAllocated, now=now, claim_id=claim_id, amount_cents=self.amount_cents,
                  currency=self.currency)  # fmt: skip

    def send_back(self, voucher: str, *, now: datetime) -> None:
        """Raises ItemDone, ReturnWaits, PayoutWaits, ItemVoucherImpossible."""
        self._send_back(self._number(voucher), now)

    def propose_return(self, voucher: str, by: str, *, now: datetime) -> None:
        """Above the limit a second person has to agree. Raises as `send_back`."""
        self.emit(BankItemReturnProposed, now=now, voucher=self._number(voucher), proposed_by=by)

    def confirm_return(self, voucher: str, amount_cents: int, by: str, *, now: datetime) -> None:
        """A second person agrees to what they have read. Raises ItemDone, NoSuchReturn, OtherPersonNeeded."""
        self._send_back(self._proposed(voucher, amount_cents, by), now)

    def decline_return(self, voucher: str, amount_cents: int, by: str, *, now: datetime) -> None:
        """A second person does not agree. Raises ItemDone, NoSuchReturn, OtherPersonNeeded."""
        self._proposed(voucher, amount_cents, by)
        self.emit(BankItemReturnDeclined, now=now, declined_by=by)

    def _send_back(self, voucher: str, now: datetime) -> None:
        self.emit(BankItemSentBack, now=now, amount_cents=self.amount_cents, currency=self.currency,
                  voucher=voucher)  # fmt: skip

    def _number(self, voucher: str) -> str:
        self.refuse_decided()
        number = voucher_number(voucher)
        if number is None:
            raise ItemVoucherImpossible("1 to 35 letters, digits and ./-, a digit among them")
        return number

    def _proposed(self, voucher: str, amount_cents: int, by: str) -> str:
        self.refuse_done()
        if self.proposal is None:
            raise NoSuchReturn("nobody wants it sent back")
        number, wanted_by = self.proposal
        if (voucher_number(voucher), amount_cents) != (number, self.amount_cents):
            raise NoSuchReturn("what waits is another voucher or amount")
        if by == wanted_by:
            raise OtherPersonNeeded("who wants it sent back cannot agree to it")
        return number

    def refuse_decided(self) -> None:
        """Raises ItemDone, ReturnWaits, PayoutWaits."""
        self.refuse_done()
        if self.proposal is not None:
            raise ReturnWaits("that it is to be sent back waits for a second person")
        if self.payout_proposal is not None:
            raise PayoutWaits("that it is a provider's payout waits for a second person")

    def refuse_done(self) -> None:
        """Raises ItemDone."""
        if not self.is_waiting:
            raise ItemDone("the payment has found its place")
