"""Caught mails on disk, one JSON file each, the newest 500 kept; they survive a restart."""

import base64
import datetime as dt
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

KEPT = 500
LINK = re.compile(r"https?://[^\s<>\"']*[^\s<>\"'.,;:!?)\]]")


@dataclass(frozen=True)
class Mail:
    """One delivery: the envelope as the SMTP client gave it, the content as it was sent."""

    id: int
    received_at: dt.datetime
    sender: str
    recipients: tuple[str, ...]
    content: bytes

    @property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.content, policy=policy.default)

    @property
    def subject(self) -> str:
        return str(self.message.get("Subject", ""))

    @property
    def text(self) -> str:
        """The plain text; a mail without any shows its HTML as source, never rendered."""
        body = self.message.get_body(("plain", "html"))
        return str(body.get_content()) if body else ""

    @property
    def links(self) -> list[str]:
        return LINK.findall(self.text)

    def is_to(self, address: str) -> bool:
        return address.casefold() in (recipient.casefold() for recipient in self.recipients)


class MailStore:
    """The folder of mails. Ids count up from 1 and are never used again."""

    def __init__(self, folder: Path, kept: int = KEPT) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder, self._kept = folder, kept
        self._mails = [_read(file) for file in sorted(folder.glob("*.json"))]

    def add(self, now: dt.datetime, sender: str, recipients: Sequence[str], content: bytes) -> Mail:
        number = self._mails[-1].id + 1 if self._mails else 1
        mail = Mail(number, now, sender, tuple(recipients), content)
        self._file(mail).write_text(_written(mail))
        self._mails.append(mail)
        while len(self._mails) > self._kept:
            self._file(self._mails.pop(0)).unlink(missing_ok=True)
        return mail

    def find(self, to: str | None = None, after: int = 0) -> list[Mail]:
        """Oldest first: mails with a greater id, to one address if it is given (in any case)."""
        return [mail for mail in self._mails if mail.id > after and (to is None or mail.is_to(to))]

    def get(self, number: int) -> Mail | None:
        return next((mail for mail in self._mails if mail.id == number), None)

    def _file(self, mail: Mail) -> Path:
        return self._folder / f"{mail.id:08d}.json"


def _written(mail: Mail) -> str:
    fields = vars(mail) | {
        "received_at": mail.received_at.isoformat(),
        "content": base64.b64encode(mail.content).decode(),
    }
    return json.dumps(fields)


def _read(file: Path) -> Mail:
    fields = json.loads(file.read_text())
    return Mail(
        id=fields["id"],
        received_at=dt.datetime.fromisoformat(fields["received_at"]),
        sender=fields["sender"],
        recipients=tuple(fields["recipients"]),
        content=base64.b64decode(fields["content"]),
    )
