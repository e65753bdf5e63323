"""A bank's file brought by a person: looked at as a whole first, then stored and taken as what the bank left.

What is refused here is not stored: who brought it has it. A file that is there is known by its bytes.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import asyncpg

from services.payments.bank.booking import payments_in
from services.payments.bank.files import FileUnknown, incoming_id
from services.payments.bank.intake import TAKE, Intake, chunks_of, kind_of
from services.payments.bank.lookups import Lookups
from services.payments.sepa.camt import read_statements
from services.payments.sepa.pain002 import StatusReport, read_status
from services.payments.sepa.statements import Statement
from shared.keys import KeyDestroyed
from shared.log import Unit
from shared.tasks.looking import task_state

_META: Final = "file_id, kind, name, size, stored_at, payments"
_ONE: Final = f"SELECT {_META} FROM bank_file WHERE file_id = $1"  # noqa: S608
_KNOWN: Final = "SELECT forgotten_at IS NOT NULL AS forgotten FROM bank_file WHERE file_id = $1"
_LATEST: Final = f"""
SELECT {_META} FROM bank_file WHERE kind LIKE 'camt.%' OR kind = 'pain.002'
ORDER BY stored_at DESC, file_id LIMIT $1
"""  # noqa: S608
_OUTCOMES: Final = "SELECT outcome, count(*) AS many FROM bank_item WHERE file_id = $1 GROUP BY outcome"
_STATEMENTS: Final = """
SELECT identifier, sequence, year, page, currency, entries, missing, gap_cents, opening_cents, closing_cents
FROM statement WHERE file_id = $1 ORDER BY taken_at, identifier, page
"""
_COLLECTION: Final = """
SELECT c.message_id, c.status, c.debits, count(d.*) FILTER (WHERE d.state = 'rejected') AS rejected
FROM collection c LEFT JOIN debit d USING (collection_id) WHERE c.collection_id = $1 GROUP BY c.collection_id
"""


class FileForgotten(Exception):
    """The file was here, and its time is over: nothing of it is read again."""


class AnswerToNothing(Exception):
    """The bank's answer is about a file that we did not send."""


@dataclass(frozen=True, slots=True)
class Uploading:
    """Checks, stores and orders; and tells how far it is."""

    pool: asyncpg.Pool
    intake: Intake
    lookups: Lookups

    async def bring(self, name: str, content: bytes, unit: Unit) -> tuple[UUID, bool]:
        """The file's id, and whether it was there before; what is to do is in the unit.

        Raises XmlRefused, StatementRefused, AnswerToNothing, FileForgotten.
        """
        file_id, kind = incoming_id(content), kind_of(content)
        found = await self.pool.fetchrow(_KNOWN, file_id)
        if found is not None and found["forgotten"]:
            raise FileForgotten(str(file_id))
        if found is None:
            payments = await self._checked(kind, content)
            try:
                await self.intake.files.keep(file_id, kind, name, content, now=unit.now, payments=payments)
            except KeyDestroyed as gone:
                raise FileForgotten(str(file_id)) from gone
        # Also of a known file: it is stored before its task is, and taking it again books nothing.
        unit.task(TAKE, {"file_id": str(file_id)}, key=str(file_id))
        return file_id, found is not None

    async def _checked(self, kind: str, content: bytes) -> int | None:
        if kind == "pain.002":
            report = await asyncio.to_thread(read_status, chunks_of(content))
            if await self.lookups.collection(report.original_message_id) is None:
                raise AnswerToNothing(report.message_id)
            return None
        statements = await asyncio.to_thread(_statements, content)
        for statement in statements:
            await self.intake.booking.check(statement)
        return sum(payments_in(statement) for statement in statements)

    async def latest(self, limit: int) -> list[dict[str, Any]]:
        """The newest files that came, each with its state."""
        rows = await self.pool.fetch(_LATEST, limit)
        return [{**dict(row), **await self._state(row["file_id"])} for row in rows]

    async def look(self, file_id: UUID) -> dict[str, Any] | None:
        """What became of a file so far; None for one there is not.

        `known` are payments that an earlier file had told, by the same entry or as certainly the same money;
        what it means is clear once the file is taken. There is no `answer` of a file that is forgotten.
        """
        row = await self.pool.fetchrow(_ONE, file_id)
        if row is None:
            return None
        outcomes = {one["outcome"]: one["many"] for one in await self.pool.fetch(_OUTCOMES, file_id)}
        taken, again = sum(outcomes.values()), outcomes.pop("known", 0)
        return {
            **dict(row),
            **await self._state(file_id),
            "taken": taken,
            "known": (row["payments"] or taken) - taken + again,
            "outcomes": outcomes,
            "statements": [dict(one) for one in await self.pool.fetch(_STATEMENTS, file_id)],
            "answer": await self._answer(file_id) if row["kind"] == "pain.002" else None,
        }

    async def _state(self, file_id: UUID) -> dict[str, str]:
        found = await task_state(self.pool, TAKE, str(file_id))
        return {"state": found.state}

    async def _answer(self, file_id: UUID) -> dict[str, Any] | None:
        try:
            file = await self.intake.files.read(file_id)
        except (KeyDestroyed, FileUnknown):  # it was forgotten; its row goes later
            return None
        report: StatusReport = await asyncio.to_thread(read_status, chunks_of(file.content))
        collection_id = await self.lookups.collection(report.original_message_id)
        row = await self.pool.fetchrow(_COLLECTION, collection_id)
        return dict(row) if row else None


def _statements(content: bytes) -> Sequence[Statement]:
    return list(read_statements(chunks_of(content)))
