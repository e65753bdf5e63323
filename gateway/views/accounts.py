"""Account pages. What a visitor may learn about an account is the same whether it exists or not."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, Literal

from gateway.views.forms import Field
from gateway.views.frame import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginPage(Page):
    """`message` is a key below `problem.`; `next_url` is where to go after signing in."""

    template: ClassVar[str] = "account/login.html"
    nav: ClassVar[str] = "account"

    email: Field
    password: Field
    message: str = ""
    next_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterPage(Page):
    template: ClassVar[str] = "account/register.html"
    nav: ClassVar[str] = "account"

    email: Field
    password: Field
    message: str = ""

    @property
    def faulty(self) -> tuple[Field, ...]:
        return tuple(one for one in (self.email, self.password) if one.error)


@dataclass(frozen=True, slots=True, kw_only=True)
class MailSentPage(Page):
    """After registering or asking for a new password: the same words for every address."""

    template: ClassVar[str] = "account/mail_sent.html"
    nav: ClassVar[str] = "account"

    purpose: Literal["registration", "reset"]
    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmPage(Page):
    """Asks for the password: a mail program that opens links ahead must not use the link up, and nobody
    confirms what somebody else has asked for."""

    template: ClassVar[str] = "account/confirm.html"
    nav: ClassVar[str] = "account"

    action: str
    password: Field


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkResultPage(Page):
    """What became of a link from a mail. `password_changed` ends a reset."""

    template: ClassVar[str] = "account/link_result.html"
    nav: ClassVar[str] = "account"

    result: Literal["confirmed", "expired", "used", "unknown", "password_changed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgotPasswordPage(Page):
    template: ClassVar[str] = "account/forgot.html"
    nav: ClassVar[str] = "account"

    email: Field


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetPasswordPage(Page):
    template: ClassVar[str] = "account/reset.html"
    nav: ClassVar[str] = "account"

    action: str
    password: Field


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Somebody read the citizen's data. `reader` is a key below `reader.`, `purpose` one below `purpose.`,
    `what` a whole key; a case is named where it was read, or a document of it."""

    at: datetime
    reader: str
    purpose: str
    what: str = "read.profile"
    case_url: str = ""
    case_number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mandate:
    """`state` is a key below `mandate_state.`; `account` is masked; no addresses where it is over.

    `reusable`: it serves other claims than the one it was given for; `debits` are days and cents to come.
    """

    reference: str
    account: str
    state: str
    debits: tuple[tuple[date, int], ...] = ()
    revoke_url: str = ""
    amend_url: str = ""
    resume_url: str = ""
    reusable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Mandates:
    """The newest first; `away` where payments does not answer."""

    creditor_id: str = ""
    given: tuple[Mandate, ...] = ()
    away: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MandatePage(Page):
    """Asks for the account that takes the old one's place in a mandate. `message` is a key below `problem.`;
    `mandate` is its reference, `account` the old one, masked."""

    template: ClassVar[str] = "account/mandate.html"
    nav: ClassVar[str] = "account"

    action: str
    back_url: str
    creditor: str
    creditor_id: str
    mandate: str
    account: str
    fields: tuple[Field, ...]
    hidden: dict[str, str]
    message: str = ""

    @property
    def faulty(self) -> tuple[Field, ...]:
        return tuple(one for one in self.fields if one.error)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfilePage(Page):
    """`trust` is a key below `trust.`; `hidden` carries the version for the optimistic lock.

    `unread` names the services whose list of readings is missing, keys below `unread.`.
    """

    template: ClassVar[str] = "account/profile.html"
    nav: ClassVar[str] = "account"

    email: str
    trust: str
    fields: tuple[Field, ...]
    hidden: dict[str, str]
    accesses: tuple[Access, ...] = ()
    unread: tuple[str, ...] = ()
    mandates: Mandates = Mandates()
    message: str = ""

    @property
    def faulty(self) -> tuple[Field, ...]:
        return tuple(one for one in self.fields if one.error)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseLink:
    """A case and some words about it."""

    url: str
    number: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasurePage(Page):
    """Asks for the password before the account is deleted. `message` is a key below `problem.`.

    `undecided` would be withdrawn; `hindrances` must come to their end first.
    """

    template: ClassVar[str] = "account/erase.html"
    nav: ClassVar[str] = "account"

    action: str
    back_url: str
    password: Field
    undecided: tuple[CaseLink, ...] = ()
    hindrances: tuple[CaseLink, ...] = ()
    message: str = ""
