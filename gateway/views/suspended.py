"""Mandates that wait for the cash office: the list, and one with what a person may decide."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import ClassVar

from gateway.views.forms import Field
from gateway.views.frame import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspendedMandate:
    """`code` is the bank's, `why` a key below `mandate_why.`; the claim is that whose debit failed last."""

    url: str
    reference: str
    code: str
    why: str
    since: datetime | None
    kassenzeichen: str = ""
    case_number: str = ""
    claim_url: str = ""
    signed_on: date | None = None
    holder: str = ""
    account: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspendedMandatesPage(Page):
    """The oldest first; `message` is a key below `problem.`."""

    template: ClassVar[str] = "work/suspended_mandates.html"
    nav: ClassVar[str] = "money"

    mandates: tuple[SuspendedMandate, ...]
    next_url: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspendedMandatePage(Page):
    """One of them. `fields` say what a person found out, empty where it does not wait any more (`over`) or is
    the caller's own: then `why_not` is a key below `problem.`."""

    template: ClassVar[str] = "work/suspended_mandate.html"
    nav: ClassVar[str] = "money"

    mandate: SuspendedMandate
    fields: tuple[Field, ...] = ()
    hidden: dict[str, str] = field(default_factory=dict)
    over: bool = False
    why_not: str = ""
    message: str = ""

    @property
    def faulty(self) -> tuple[Field, ...]:
        return tuple(one for one in self.fields if one.error)
