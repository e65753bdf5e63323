"""Which letters go out and what they say: German or English, plain text, never the content of a case.

Where something is lost by waiting, a letter says what to do and until when; the portal says what about.
"""

from collections.abc import Mapping
from datetime import date, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from string import Template
from typing import Any, Final, Literal, get_args
from uuid import UUID

from shared.log import Unit

SEND: Final = "send_mail"
Letter = Literal[
    "confirmation", "account_exists", "reset", "news", "fee_reminder", "application_expired",
    "payment_returned", "debit_put_off", "part_received",
]  # fmt: skip
LETTERS: Final[tuple[Letter, ...]] = get_args(Letter)
PAGES: Final[Mapping[Letter, str]] = {
    "confirmation": "/bestaetigen/{token}",
    "account_exists": "/anmelden",
    "reset": "/passwort-neu/{token}",
    "news": "/vorgaenge",
    "fee_reminder": "/vorgaenge",
    "application_expired": "/",
    "payment_returned": "/vorgaenge",
    "debit_put_off": "/vorgaenge",
    "part_received": "/vorgaenge",
}
REASONS: Final = ("citizen_pays", "citizen_objected", "citizen_gives_account", "clerk", "alarm")
"""Whose turn it is once money went back, as payments names it; each has a sentence."""
TEMPLATES: Final = Path(__file__).parent / "templates"
LANGUAGES: Final = ("de", "en")


def send_later(
    unit: Unit,
    letter: Letter,
    account_id: UUID,
    *,
    seed: str = "",
    key: str | None = None,
    day: date | None = None,
    reason: str = "",
) -> None:
    """Has a letter sent after the commit. Of two with the same `key` one is sent; no key: always."""
    said = {"seed": seed, "day": day.isoformat() if day else "", "reason": reason}
    payload: dict[str, Any] = {"letter": letter, "account_id": str(account_id)}
    payload |= {name: value for name, value in said.items() if value}
    unit.task(SEND, payload, key=f"{letter}:{key}" if key else None)


def address_of(letter: Letter, public_url: str, language: str, token: str = "") -> str:
    """The page of the portal that the letter leads to."""
    prefix = "/en" if language == "en" else ""
    return public_url.rstrip("/") + prefix + PAGES[letter].format(token=token)


def written(
    letter: Letter,
    language: str,
    *,
    link: str,
    hours: int,
    sender: str,
    to: str,
    message_id: str,
    at: datetime,
    day: date | None = None,
    reason: str = "",
) -> EmailMessage:
    """The letter; its first line is the subject. `at` and `message_id` are those of every repetition."""
    text = (TEMPLATES / f"{letter}.{language}.txt").read_text()
    values = {"link": link, "hours": hours, "day": _day(day, language), "reason": _reason(reason, language)}
    subject, _, body = Template(text).substitute(values).partition("\n\n")
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = subject
    mail["From"] = sender
    mail["To"] = to
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = message_id
    mail["Auto-Submitted"] = "auto-generated"
    mail["Content-Language"] = language
    mail.set_content(body, cte="quoted-printable")
    return mail


def _day(day: date | None, language: str) -> str:
    """In figures, so that no month has to be translated."""
    if day is None:
        return ""
    return f"{day:%d/%m/%Y}" if language == "en" else f"{day:%d.%m.%Y}"


def _reason(reason: str, language: str) -> str:
    """What to do now; the bank's reason may be one that this release has no words for."""
    known = reason if reason in REASONS else REASONS[0]
    return (TEMPLATES / "reasons" / f"{known}.{language}.txt").read_text().strip() if reason else ""
