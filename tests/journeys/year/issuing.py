"""Stands where documents stands, on the real broker: what is approved counts as issued, and is taken back
when its holder gives it up. Nothing is printed: of its papers the cash office sees no more than events."""

from typing import Any, Final
from uuid import UUID

import aio_pika

from services.applications.domain.case import Case
from shared.bus.envelope import Envelope, write
from shared.clock import Clock
from shared.ids import derived_id
from shared.testing import Running

_APPROVED: Final = "SELECT case_id FROM case_overview WHERE condition = 'approved' ORDER BY case_id"


class Issuing:
    """`sequence` is the last event's; a case has one document."""

    def __init__(self, exchange: aio_pika.abc.AbstractExchange, clock: Clock) -> None:
        self._exchange = exchange
        self._clock = clock
        self.sequence = 0
        self._issued: set[UUID] = set()

    async def issues(self, applications: Running) -> bool:
        """Whether there was anything to issue."""
        rows = await applications.runtime.pool.fetch(_APPROVED)
        new = [row["case_id"] for row in rows if row["case_id"] not in self._issued]
        for case_id in new:
            case = await applications.runtime.unit().load(Case, case_id)
            self._issued.add(case_id)
            await self._publish("document_issued", case, kind=case.document_kind)
        return bool(new)

    async def takes_back(self, applications: Running, case_id: UUID, reason: str) -> None:
        """The holder's own wish, or the city's: `reason` as documents knows it."""
        case = await applications.runtime.unit().load(Case, case_id)
        await self._publish("document_revoked", case, reason=reason)

    async def _publish(self, name: str, case: Case, **said: Any) -> None:
        self.sequence += 1
        document_id = derived_id("year-document", case.id)
        envelope = Envelope(
            id=derived_id("year-event", self.sequence), source="portal/documents",
            type=f"documents.{name}.v1", subject=str(document_id), time=self._clock.now(),
            sequence=self.sequence, streamversion=1,
            data={"document_id": str(document_id), "case_id": str(case.id), **said},
        )  # fmt: skip
        await self._exchange.publish(aio_pika.Message(write(envelope)), envelope.type)
