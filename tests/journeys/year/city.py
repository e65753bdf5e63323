"""The city of the year: applications and payments at work in one process, beside the sandboxes of bank and
providers. Its days go by when told, and nobody goes on before everything is at rest."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from services.payments.bank.filed import WATCH
from services.payments.bank.forgetting import FORGET
from services.payments.bank.lapsing import LAPSE
from services.payments.books.reconciling import RECONCILE
from services.payments.domain.claim import Claim
from shared.tasks import HOUSEKEEPING
from shared.testing import Running
from shared.testing.clock import FixedClock
from tests.deploy.sandbox.bank.serving import BankSandbox
from tests.deploy.sandbox.paypal_serving import Listener, PayPalSandbox
from tests.deploy.sandbox.serving import Sandbox, Shop
from tests.deploy.sandbox.xbezahldienste_serving import PlatformSandbox
from tests.journeys.year.issuing import Issuing

DAY: Final = timedelta(days=1)
HEARS: Final = (("payments", "applications"), ("applications", "payments"), ("applications", "documents"))
RESTING: Final = (HOUSEKEEPING, FORGET, LAPSE, WATCH, RECONCILE)
"""Recurring tasks that find nothing to do in one year, or measure what is asked at each month's end."""
_STAND: Final = """
SELECT (SELECT string_agg(kind || ' ' || coalesce(last_error, ''), ', ') FROM task
    WHERE done_at IS NULL AND failed_at IS NULL AND (due_at <= $1 OR lease IS NOT NULL)) AS due,
  h.sequence AS head, (SELECT published FROM relay_cursor) AS published,
  EXISTS (SELECT 1 FROM event e WHERE (e.epoch, e.xid, e.position) > (h.epoch, h.xid, h.position)) AS behind,
  (SELECT coalesce(jsonb_object_agg(source, sequence), '{}')::text FROM inbox_cursor) AS read
FROM feed_head h
"""
_PUT_TO_REST: Final = "UPDATE task SET due_at = '2100-01-01' WHERE kind = ANY($1) AND done_at IS NULL"


@dataclass
class City:
    """`documents` stands where documents stands; `today` is the bank's day and the clock's."""

    applications: Running
    payments: Running
    clock: FixedClock
    documents: Issuing
    bank: BankSandbox
    giro: Sandbox
    shop: Shop
    paypal: PayPalSandbox
    listener: Listener
    platform: PlatformSandbox
    today: date
    providers: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.providers = {"girocheckout": self.giro, "paypal": self.paypal, "xbezahldienste": self.platform}

    async def opens(self) -> None:
        await self.rests()
        for one in (self.applications, self.payments):
            await one.runtime.pool.execute(_PUT_TO_REST, list(RESTING))
        self._morning()
        await self.rests()

    async def until(self, day: date, meanwhile: Callable[[date], Awaitable[None]]) -> None:
        """Day after day: the bank's, then the city's own tasks, then what people do."""
        while self.today < day:
            await asyncio.to_thread(self.bank.days, 1)
            self.today += DAY
            self._morning()
            await self.rests()
            await meanwhile(self.today)

    def _morning(self) -> None:
        at = datetime(self.today.year, self.today.month, self.today.day, 8, tzinfo=UTC)
        self.clock.advance(at - self.clock.now())

    async def books_are_of_today(self) -> None:
        """Before anybody pays: the providers' books know no other day than they are told."""
        for provider in self.providers.values():
            await asyncio.to_thread(provider.go_to, self.today)

    async def rests(self, seconds: float = 60) -> None:
        """Waits until nothing is due, nothing is on its way between the services, all that is approved is
        issued."""
        end = time.monotonic() + seconds
        while (busy := await self._busy()) or await self.documents.issues(self.applications):
            assert time.monotonic() < end, f"never at rest: {busy}"
            await asyncio.sleep(0.004)

    async def _busy(self) -> list[str]:
        now, found = self.clock.now(), []
        heads = {"documents": self.documents.sequence}
        read: dict[str, dict[str, int]] = {}
        for service in (self.applications, self.payments):
            name = service.runtime.name
            [row] = await service.runtime.pool.fetch(_STAND, now)
            heads[name] = row["head"]
            read[name] = {key.rpartition("/")[2]: at for key, at in json.loads(row["read"]).items()}
            if row["due"]:
                found.append(f"{name} has to do {row['due']}")
            if row["behind"] or row["published"] < row["head"]:
                found.append(f"{name} has to publish")
        for name, source in HEARS:
            if (known := read[name].get(source, 0)) < heads[source]:
                found.append(f"{name} has to read {source} from {known} to {heads[source]}")
        return found

    # what is looked up

    async def claim(self, claim_id: UUID) -> Claim:
        return await self.payments.runtime.unit().load(Claim, claim_id)

    async def rows(self, of: Running, statement: str, *values: Any) -> list[dict[str, Any]]:
        return [dict(row) for row in await of.runtime.pool.fetch(statement, *values)]
