"""One payment on the city's account, as the bank's statement has it: allocated to a claim, or waiting.

Invariant: it is in the books from the day it is known, on `unallocated` as long as no claim has it; it leaves
that account once, or debit by debit where it is the sum of several, but for a provider's payout
(`domain/payouts.py`), which may be undone. Its stream is named by the entry's key, so that it can never be
taken twice.
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

    `provider` is whose payout it is, or may be; `group` that of our file of debits which a sum stands for;
    `bank_reference` the bank's own for it; `reversal` says that it takes an entry of the bank's back. All
    four are missing in old events. `name`, `iban` and `text` are who and what for, under the key of the file
    they came in.
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
    group: str
    bank_reference: str
    reversal: bool

    @staticmethod
    def upcast_v1_v2(state: dict[str, Any]) -> None:
        state |= {"provider": "", "group": "", "bank_reference": "", "reversal": False}

    def apply(self, aggregate: "BankItem") -> None:
        aggregate.amount_cents, aggregate.currency = self.amount_cents, self.currency
        aggregate.outcome, aggregate.claim_id = self.outcome, self.claim_id
        aggregate.provider = self.provider
        aggregate.is_waiting = self.outcome in WAITING
        aggregate.group, aggregate.reversal = self.group, self.reversal
        aggregate.left_cents, aggregate.booked_on = self.amount_cents, self.booked_on
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


@stored("payments.bank_item_matched")
class BankItemMatched(Event):
    """Debits of the group that the sum stands for were booked from it; `left_cents` waits on."""

    amount_cents: int
    left_cents: int
    currency: str

    def apply(self, aggregate: "BankItem") -> None:
        aggregate.left_cents = self.left_cents
        aggregate.is_waiting = self.left_cents != 0


@stored("payments.bank_item_told_again")
class BankItemToldAgain(Event):
    """Other entries told the same money: `amount_cents` leave `unallocated`, none where the sum never waited;
    `own_cents` of it no other entry told."""

    amount_cents: int
    own_cents: int
    currency: str

    def apply(self, aggregate: "BankItem") -> None:
        aggregate.left_cents, aggregate.is_waiting = 0, False


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


class NoGroup(BankItemRefused):
    """It is no sum of debits."""

    slug = "bank_item_no_group"


class GroupDiffers(BankItemRefused):
    """The debits of the group are not worth it."""

    slug = "bank_item_group_differs"


class GroupToldTwice(BankItemRefused):
    """Its debits were booked from another entry, and it may be money that came once more."""

    slug = "bank_item_told_twice"


class NoReversal(BankItemRefused):
    """The bank takes nothing back with it."""

    slug = "bank_item_no_reversal"


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
    """One payment of one entry of a statement; cents are positive where money came.

    `left_cents` is what of it no debit has been booked from; `group` and `reversal` are as the bank told
    them. `proposal` is the voucher of a return that waits for a second person, and who wants it;
    `payout_proposal` the provider of a payout that does, and who says so.
    """

    BEGINS = (BankItemReceived,)

    amount_cents: int
    currency: str
    outcome: str
    claim_id: UUID | None
    is_waiting: bool
    provider: str
    left_cents: int
    booked_on: date | None
    group: str
    reversal: bool
    proposal: tuple[str, str] | None
    payout_proposal: tuple[str, str] | None

    @classmethod
    def receive(
        cls, *, id: UUID, now: datetime, statement_id: UUID, file_id: UUID, amount_cents: int, currency: str,
        booked_on: date | None, outcome: Outcome, claim_id: UUID | None, proposals: list[UUID], name: str,
        iban: str, text: str, provider: str = "", group: str = "", bank_reference: str = "",
        reversal: bool = False,
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
            group=group, bank_reference=bank_reference, reversal=reversal,
        )  # fmt: skip

    def allocate(self, claim_id: UUID, *, now: datetime) -> None:
        """Raises ItemDone, ReturnWaits, PayoutWaits, NotIncoming."""
        self.refuse_decided()
        if self.amount_cents <= 0:
            raise NotIncoming("money that left the account pays no claim")
        self._allocate(claim_id, now)

    def take_back(self, claim_id: UUID, *, now: datetime) -> None:
        """The bank took back what this claim had. Raises ItemDone, ReturnWaits, PayoutWaits, NoReversal."""
        self.refuse_decided()
        if not self.reversal or self.amount_cents >= 0:
            raise NoReversal("the bank takes nothing back with it")
        self._allocate(claim_id, now)

    def refuse_unless_group(self, cents: int) -> date:
        """The day that it was booked on; what is worth `cents` are the debits that it stands for. Raises
        ItemDone, ReturnWaits, PayoutWaits, NoGroup, GroupDiffers."""
        self.refuse_decided()
        if not self.group or self.booked_on is None:
            raise NoGroup("it is no sum of debits")
        if cents != self.amount_cents:
            raise GroupDiffers(f"its debits are worth {cents} cents, it is of {self.amount_cents}")
        return self.booked_on

    def match(self, cents: int, *, now: datetime) -> None:
        """Debits worth so much were booked from it, some at a time. Raises ItemDone, ReturnWaits, NoGroup,
        GroupDiffers."""
        self.refuse_unless_group(self.amount_cents)
        if not 0 < cents <= self.left_cents:
            raise GroupDiffers(f"{self.left_cents} cents are left of it")
        self.emit(BankItemMatched, now=now, amount_cents=cents, left_cents=self.left_cents - cents,
                  currency=self.currency)  # fmt: skip

    def tell_again(self, *, now: datetime) -> None:
        """All that is left of it is money that other entries told. Raises ItemDone, ReturnWaits, NoGroup."""
        self.refuse_unless_group(self.amount_cents)
        self.emit(BankItemToldAgain, now=now, amount_cents=self.left_cents,
                  own_cents=self.amount_cents - self.left_cents, currency=self.currency)  # fmt: skip

    def tell_part_again(self, cents: int, *, now: datetime) -> None:
        """So much of a sum that its debits have is money that other entries told. Raises ValueError."""
        if self.outcome != Outcome.DEBIT or not 0 < cents < self.amount_cents:
            raise ValueError("part of a sum is told again, where debits have the rest")
        self.emit(BankItemToldAgain, now=now, amount_cents=0, own_cents=self.amount_cents - cents,
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

    def _allocate(self, claim_id: UUID, now: datetime) -> None:
        self.emit(BankItemAllocated, now=now, claim_id=claim_id, amount_cents=self.left_cents,
                  currency=self.currency)  # fmt: skip

    def _send_back(self, voucher: str, now: datetime) -> None:
        self.emit(BankItemSentBack, now=now, amount_cents=self.left_cents, currency=self.currency,
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
