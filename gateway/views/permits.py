"""Checking a permit: the public page and the warden's scanner. No personal data on either."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, Literal

from gateway.views.frame import Page

Verdict = Literal["valid", "expired", "not_yet", "suspended", "superseded", "revoked", "unknown", "forged"]


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyPage(Page):
    """The form to type or paste what the QR code holds; `message` is a key below `problem.`."""

    template: ClassVar[str] = "permit/verify.html"
    nav: ClassVar[str] = "verify"

    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictPage(Page):
    """`kind` is a key below `document.`; what a forged or unknown code claims is not shown."""

    template: ClassVar[str] = "permit/verdict.html"
    nav: ClassVar[str] = "verify"

    verdict: Verdict
    checked_at: datetime
    kind: str = ""
    number: str = ""
    zone: str = ""
    plate: str = ""
    valid_from: date | None = None
    valid_until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScannerPage(Page):
    """The warden's page: scans and verifies without a connection, with a cached, signed status list."""

    template: ClassVar[str] = "permit/scanner.html"
    nav: ClassVar[str] = "scanner"
