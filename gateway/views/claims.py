"""A claim's money on one screen, and refunds with their second person."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import ClassVar

from gateway.views.forms import Field
from gateway.views.frame import Page, Tone
from gateway.views.plans import Instalment


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """One side of a booking: the account in words and a positive amount."""

    account: str
    cents: int
    currency: str = "EUR"


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyEntry:
    """One event: `what` and `detail` in words, `actor` a key below `cash_actor.`. `balance_cents` is what the
    citizen owes after it, below zero what the city owes; `url` leads to the claim `kassenzeichen` where the
    list is of several."""

    at: datetime
    what: str
    actor: str
    balance_cents: int
    detail: str = ""
    debit: tuple[Posting, ...] = ()
    credit: tuple[Posting, ...] = ()
    kassenzeichen: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """`state` is a key below `refund_state.`, `via` one below `refund_via.`, `reason` is in words; who asked
    and who decided are keys below `cash_actor.`, empty for nobody."""

    url: str
    state: str
    tone: Tone
    amount_cents: int
    reason: str
    via: str
    requested_at: datetime
    requested_by: str
    decided_by: str = ""
    changed_at: datetime | None = None
    kassenzeichen: str = ""
    case_number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What of a payment is for the whole months left, given up on a day."""

    first: date
    last: date
    day: date
    cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimPage(Page):
    """Every event with its bookings, the refunds, and the form that asks for one where one may.

    `fields` post to `refund_action` with `hidden`; `task_cents` is set where the form gives back a money task
    in full. `message` is a key below `problem.`; `refunds` is None where they could not be read; `cash_url`
    leads to the counter while there is something to pay, `move_url` to what bank or provider did without us.
    `share_day` asks for the day of an early end,
    `share` is what was computed for it. `plan` are the instalments of the charge that the claim is one of.
    """

    template: ClassVar[str] = "work/claim.html"
    nav: ClassVar[str] = "money"

    kassenzeichen: str
    case_number: str
    case_url: str
    case_money_url: str
    state: str
    tone: Tone
    amount_cents: int
    owed_cents: int
    entries: tuple[MoneyEntry, ...]
    refunds: tuple[Refund, ...] | None
    refund_action: str = ""
    fields: tuple[Field, ...] = ()
    hidden: dict[str, str] = field(default_factory=dict)
    left_cents: int = 0
    task_cents: int = 0
    message: str = ""
    plan: tuple[Instalment, ...] = ()
    cash_url: str = ""
    move_url: str = ""
    share_day: Field | None = None
    share: Share | None = None

    @property
    def faulty(self) -> tuple[Field, ...]:
        return tuple(one for one in self.fields if one.error)


@dataclass(frozen=True, slots=True, kw_only=True)
class StateLink:
    """A list of refunds by state: `state` is a key below `refund_state.`."""

    state: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundsPage(Page):
    """Refunds in one state, the oldest first."""

    template: ClassVar[str] = "work/refunds.html"
    nav: ClassVar[str] = "money"

    state: str
    states: tuple[StateLink, ...]
    refunds: tuple[Refund, ...]
    next_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundPage(Page):
    """One refund. `may_decide` where it waits and who looks is a second person; else `why_not` is a key below
    `refund_why_not.` or empty."""

    template: ClassVar[str] = "work/refund.html"
    nav: ClassVar[str] = "money"

    refund: Refund
    claim_url: str
    may_decide: bool = False
    why_not: str = ""
    hidden: dict[str, str] = field(default_factory=dict)
    message: str = ""
