"""Choosing how to pay."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from gateway.views.forms import AnswerGroup, Field
from gateway.views.frame import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """`key` names the method at payments and its texts below `method.` in the translations; `consequence`
    is a key below `consequence.`: when the fee counts as paid. `account` is of a mandate given before."""

    key: str
    icon: str
    consequence: str = "at_once"
    recommended: bool = False
    account: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentPage(Page):
    """`outcome` of the attempt just ended is a key below `payment_outcome.`: failed, cancelled, ….

    `message` is a key below `problem.`.
    """

    template: ClassVar[str] = "payment.html"
    nav: ClassVar[str] = "cases"

    action: str
    case_url: str
    number: str
    title: str
    amount_cents: int
    kassenzeichen: str
    methods: tuple[Method, ...]
    summary: AnswerGroup
    chosen: str = ""
    pay_by: date | None = None
    outcome: str = ""
    message: str = ""
    hidden: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferPage(Page):
    """What to transfer; `picture` is the GiroCode as the address of an image, `paid_cents` what has come."""

    template: ClassVar[str] = "payment_transfer.html"
    nav: ClassVar[str] = "cases"

    case_url: str
    other_url: str
    number: str
    holder: str
    iban: str
    bic: str
    amount_cents: int
    text: str
    picture: str
    paid_cents: int = 0
    pay_by: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenMandate:
    """A mandate that may be used at once; `hidden` names it, `account` is masked."""

    reference: str
    account: str
    hidden: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class DebitPage(Page):
    """A mandate to agree to, with the notice of its first debit; `mandate` is its reference.

    `given` are mandates that post to `use_action` instead; `later` instalments may be debited by themselves.
    """

    template: ClassVar[str] = "payment_debit.html"
    nav: ClassVar[str] = "cases"

    action: str
    other_url: str
    number: str
    creditor: str
    creditor_id: str
    mandate: str
    amount_cents: int
    due: date
    fields: tuple[Field, ...]
    hidden: dict[str, str]
    message: str = ""
    use_action: str = ""
    given: tuple[GivenMandate, ...] = ()
    later: int = 0

    @property
    def faulty(self) -> tuple[Field, ...]:
        return tuple(one for one in self.fields if one.error)


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparingPage(Page):
    """The claim is still on its way; `live_url` tells when it has come, without it one asks again."""

    template: ClassVar[str] = "payment_preparing.html"
    nav: ClassVar[str] = "cases"

    case_url: str
    live_url: str
