"""What the bank booked and no claim has: the list, and one payment with the ways it may go."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import ClassVar

from gateway.views.forms import Field
from gateway.views.frame import Page, Tone


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A claim that the payment may be for; `fit` says in words how far the amount goes."""

    claim_id: str
    url: str
    kassenzeichen: str
    case_number: str
    state: str
    tone: Tone
    fit: str
    over_cents: int = 0
    """What would be above the claim."""
    foreign: bool = False
    """The payment is in another currency than the claim."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BankItem:
    """One payment; `amount` is in words, with its currency. `why` is a key below `bank_item_why.`, `state`
    one below `bank_item_state.`. `proposed_by` is a key below `cash_actor.` where sending it back waits for a
    second person, with its `voucher`; `payout_of` is the provider whose payout it is, or may be."""

    url: str
    state: str
    amount: str
    booked_on: date | None
    why: str
    payer: str = ""
    account: str = ""
    text: str = ""
    candidates: tuple[Candidate, ...] = ()
    proposed_by: str = ""
    proposed_at: datetime | None = None
    voucher: str = ""
    payout_of: str = ""
    batch: str = ""
    """The group of debits that it is a sum of."""
    reversal: bool = False
    """The bank takes a payment back with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BankItemsPage(Page):
    """The oldest first; `message` is a key below `problem.`."""

    template: ClassVar[str] = "work/bank_items.html"
    nav: ClassVar[str] = "money"

    items: tuple[BankItem, ...]
    next_url: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BankItemPage(Page):
    """One payment. `number` finds claims beside the proposals; `allocation` and `sending_back` post with
    `hidden`, both empty where the payment has found its place, or sending it back waits for a second person:
    then `may_decide`, who ticks `seen` where there is a voucher, or `why_not` is a key below
    `settlement_why_not.`. `claim_url` is whose it is. `payout` asks whose payout it is; `payout_waits` says
    that this is what waits for a second person, `payout_undone` that it may be taken back.
    """

    template: ClassVar[str] = "work/bank_item.html"
    nav: ClassVar[str] = "money"

    item: BankItem
    number: Field | None = None
    allocation: tuple[Field, ...] = ()
    sending_back: tuple[Field, ...] = ()
    hidden: dict[str, str] = field(default_factory=dict)
    claim_url: str = ""
    payout: tuple[Field, ...] = ()
    payout_waits: bool = False
    payout_undone: bool = False
    may_decide: bool = False
    seen: Field | None = None
    why_not: str = ""
    message: str = ""

    @property
    def faulty(self) -> tuple[Field, ...]:
        alone = (one for one in (self.number, self.seen) if one is not None)
        rest = (*self.allocation, *self.payout, *self.sending_back)
        return tuple(one for one in (*alone, *rest) if one.error)
