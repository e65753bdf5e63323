"""Which letters go out and what they say: German or English, plain text, never the content of a case."""

from collections.abc import Mapping
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from string import Template
from typing import Any, Final, Literal
from uuid import UUID

from shared.log import Unit

SEND: Final = "send_mail"
Letter = Literal["confirmation", "account_exists", "reset", "news"]
LETTERS: Final[tuple[Letter, ...]] = ("confirmation", "account_exists", "reset", "news")
PAGES: Final[Mapping[Letter, str]] = {
    "confirmation": "/bestaetigen/{token}",
    "account_exists": "/anmelden",
    "reset": "/passwort-neu/{token}",
    "news": "/vorgaenge",
}
TEMPLATES: Final = Path(__file__).parent / "templates"
LANGUAGES: Final = ("de", "en")


def send_later(
    unit: Unit, letter: Letter, account_id: UUID, *, seed: str = "", key: str | None = None
) -> None:
    """Has a letter sent after the commit. Of two with the same `key` one is sent; no key: always."""
    payload: dict[str, Any] = {"letter": letter, "account_id": str(account_id)}
    if seed:
        payload["seed"] = seed
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
) -> EmailMessage:
    """The letter; its first line is the subject. `at` and `message_id` are those of every repetition."""
    text = (TEMPLATES / f"{letter}.{language}.txt").read_text()
    subject, _, body = Template(text).substitute(link=link, hours=hours).partition("\n\n")
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
