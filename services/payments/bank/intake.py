"""What the bank left for us: stored first, byte for byte, then taken into the books, each file once."""

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import structlog

from services.payments.bank.answers import Answers
from services.payments.bank.booking import Booking
from services.payments.bank.debiting import alarm
from services.payments.bank.files import BankFile, BankFiles, incoming_id
from services.payments.bank.transport import Transport
from services.payments.domain.bank_statement import StatementRefused
from services.payments.sepa.camt import read_statements
from services.payments.sepa.pain002 import read_status
from services.payments.sepa.xml_reading import XmlRefused
from shared.bus.handlers import Permanent
from shared.log import Unit
from shared.tasks import Later

log = structlog.get_logger()

FETCH: Final = "fetch_bank_files"
TAKE: Final = "take_bank_file"
PAUSE: Final = timedelta(minutes=1)
_MESSAGE: Final = re.compile(rb"urn:iso:std:iso:20022:tech:xsd:(pain\.002|camt\.053|camt\.054)")
_PIECE: Final = 65536


@dataclass(slots=True)
class Intake:
    """Fetches, stores, and hands each file to who understands it."""

    files: BankFiles
    transport: Transport
    answers: Answers
    booking: Booking
    units: Callable[[], Unit]
    pause: timedelta = PAUSE
    _one_by_one: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    async def fetch(self, payload: Mapping[str, Any], unit: Unit) -> None:
        """The recurring task: what lies there is stored, and its taking is a task. Always ends with Later."""
        await self.fetch_all()
        raise Later(self.pause)

    async def fetch_all(self) -> list[UUID]:
        """The files that lay there; a file leaves its place once it is stored and its task is there."""
        found = []
        for name in await asyncio.to_thread(self.transport.names):
            content = await asyncio.to_thread(self.transport.fetch, name)
            unit = self.units()
            file = await self.files.keep(incoming_id(content), kind_of(content), name, content, now=unit.now)
            unit.task(TAKE, {"file_id": str(file.file_id)}, key=str(file.file_id))
            await unit.commit()
            await asyncio.to_thread(self.transport.done, name)
            found.append(file.file_id)
        return found

    async def take(self, payload: Mapping[str, Any], unit: Unit) -> None:
        """The task: a file into the books, gone on with after a fall. Permanent where a person must look."""
        file = await self.files.read(UUID(payload["file_id"]))
        try:
            async with self._one_by_one:  # else two that tell the same could not know of each other
                await self._take(file)
        except XmlRefused as refused:
            alarm("file_unreadable", file=str(file.file_id), line=refused.line, reason=refused.reason.value)
            raise Permanent(str(refused)) from refused
        except StatementRefused as refused:
            alarm(refused.slug, file=str(file.file_id))
            raise Permanent(f"{refused.slug}: {refused}") from refused

    async def _take(self, file: BankFile) -> None:
        chunks = chunks_of(file.content)
        if file.kind == "pain.002":
            await self.answers.take(await asyncio.to_thread(read_status, chunks))
            return
        statements = await asyncio.to_thread(lambda: list(read_statements(chunks)))
        for statement in statements:  # all are looked at before the first entry of any is booked
            await self.booking.check(statement)
        for statement in statements:
            if not await self.booking.take(statement, file.file_id):
                raise Later(timedelta(0))
        log.info("bank_file_taken", file=str(file.file_id), statements=len(statements))


def chunks_of(content: bytes) -> list[bytes]:
    """In pieces, as the readers take it."""
    return [content[at : at + _PIECE] for at in range(0, len(content), _PIECE)]


def kind_of(content: bytes) -> str:
    """By the message's namespace in its head; `unknown` is refused when it is taken."""
    found = _MESSAGE.search(content[:4096])
    return found[1].decode() if found else "unknown"
