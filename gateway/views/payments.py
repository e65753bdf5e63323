"""Choosing how to pay."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from gateway.views.forms import AnswerGroup
from gateway.views.frame import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """`key` names the method at payments and its texts below `method.` in the translations."""

    key: str
    icon: str
    recommended: bool = False


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
class PreparingPage(Page):
    """The claim is still on its way; `live_url` tells when it has come, without it one asks again."""

    template: ClassVar[str] = "payment_preparing.html"
    nav: ClassVar[str] = "cases"

    case_url: str
    live_url: str
