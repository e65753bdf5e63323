"""Hands letters to the mail server; called by the task worker alone, which repeats what fails."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import aiosmtplib
import structlog

from services.identity.links import Links
from services.identity.mail.letters import LANGUAGES, address_of, written
from services.identity.queries import Queries
from services.identity.settings import IdentitySettings
from shared.bus.handlers import Permanent
from shared.log import Unit

log = structlog.get_logger()

TIMEOUT = 10.0


class Post:
    """Sends over SMTP (RFC 5321), one connection for each letter."""

    def __init__(self, settings: IdentitySettings, queries: Queries, links: Links) -> None:
        self._settings, self._queries, self._links = settings, queries, links
        self._password = settings.secret_text("smtp_password") if settings.smtp_user else None

    async def send(self, payload: Mapping[str, Any], unit: Unit) -> None:
        """The task `send_mail`. Raises Permanent when the server will never take it; else it is repeated.

        The Message-ID follows from the task, so a letter that is sent twice is one letter.
        """
        task_id = UUID(unit.context.causation)
        account = await self._queries.account(UUID(payload["account_id"]))
        if account is None or account.email is None:
            log.info("mail_ignored_as_erased", letter=payload["letter"], account=payload["account_id"])
            return
        language = account.language if account.language in LANGUAGES else "de"
        letter = payload["letter"]
        token = self._links.token(payload["seed"]) if "seed" in payload else ""
        hours = self._settings.reset_hours if letter == "reset" else self._settings.confirmation_hours
        mail = written(
            letter,
            language,
            link=address_of(letter, self._settings.public_url, language, token),
            hours=hours,
            sender=self._settings.mail_from,
            to=account.email,
            message_id=f"<{task_id}@{self._settings.mail_from.rpartition('@')[2]}>",
            at=_made_at(task_id),
            day=date.fromisoformat(payload["day"]) if "day" in payload else None,
            reason=payload.get("reason", ""),
        )
        await self._hand_over(mail)
        log.info("mail_sent", letter=letter, account=payload["account_id"], task=str(task_id))

    async def _hand_over(self, mail: Any) -> None:
        settings = self._settings
        try:
            await aiosmtplib.send(
                mail,
                hostname=settings.smtp_host,
                port=settings.smtp_port,
                use_tls=settings.smtp_encryption == "tls",
                start_tls=settings.smtp_encryption == "starttls",
                username=settings.smtp_user or None,
                password=self._password,
                timeout=TIMEOUT,
            )
        except aiosmtplib.SMTPRecipientsRefused as refused:
            if all(500 <= one.code < 600 for one in refused.recipients):
                raise Permanent("the mail server does not take this recipient") from None
            raise ConnectionError("the mail server does not take this recipient now") from None
        except aiosmtplib.SMTPResponseException as refused:
            raise ConnectionError(f"the mail server answered {refused.code}") from None
        except aiosmtplib.SMTPException as failed:
            raise ConnectionError(f"the mail server failed ({type(failed).__name__})") from None


def _made_at(task_id: UUID) -> datetime:
    """When a UUIDv7 was made (RFC 9562, 5.7): its first 48 bits are milliseconds since 1970."""
    return datetime.fromtimestamp((task_id.int >> 80) / 1000, UTC)
