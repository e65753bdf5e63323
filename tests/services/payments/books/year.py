"""Prints how long the treasurer's queries take over a year of 200,000 bookings.

`python -m tests.services.payments.books.year`
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import date
from functools import partial
from typing import Any, Final, get_args
from zoneinfo import ZoneInfo

import asyncpg

from deploy.local.testservers import postgres_for_tests
from services.payments.books import overview
from services.payments.books.overview import By
from services.payments.books.reconciling import Reconciling
from services.payments.wiring import SERVICE
from shared.testing.databases import fresh

CLAIMS: Final = 50_000
TIMES: Final = 5
BERLIN: Final = "Europe/Berlin"
YEAR: Final = (date(2026, 1, 1), date(2026, 12, 31))
_AT: Final = "'2026-01-01 08:00+01'::timestamptz + n * interval '620 seconds'"
_ID: Final = "('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid"
_FILL: Final = f"""
INSERT INTO claim (claim_id, case_id, account_id, kassenzeichen, amount_cents, currency, state, requested_at,
  service, cost_object, pay_by)
SELECT {_ID}, {_ID}, {_ID}, '4711' || n, 3060, 'EUR', CASE n % 10 WHEN 0 THEN 'open' ELSE 'settled' END,
  {_AT}, 'service-' || n % 12, '54100' || n % 4, ({_AT})::date + 14 FROM generate_series(1, {CLAIMS}) n;
INSERT INTO ledger_line (claim_id, version, line, account, cents, event, booked_at, currency)
SELECT {_ID}, 1 + 2 * (l / 2), l % 2, (ARRAY['receivable', 'revenue:541000', 'provider:girocheckout',
  'receivable'])[l + 1], CASE l % 2 WHEN 0 THEN 3060 ELSE -3060 END, 'payments.x', {_AT}, 'EUR'
FROM generate_series(1, {CLAIMS}) n, generate_series(0, 3) l WHERE l < 2 OR n % 10 <> 0;
INSERT INTO movement (stream_id, version, kind, claim_id, payment_id, provider, method, reference, code,
  cents, charges_cents, currency, booked_at)
SELECT {_ID}, 3, 'payment', {_ID}, {_ID}, 'girocheckout', (ARRAY['card', 'paypal', 'giropay'])[1 + n % 3],
  'ref-' || n, '4000', 3060, 0, 'EUR', {_AT} FROM generate_series(1, {CLAIMS}) n WHERE n % 10 <> 0;
INSERT INTO movement (stream_id, version, kind, claim_id, payment_id, provider, method, reference, code,
  cents, charges_cents, currency, booked_at)
SELECT {_ID}, 4, 'reversal', {_ID}, {_ID}, 'girocheckout', '', 'back-' || n, 'MD06', -3060, -350, 'EUR',
  {_AT} FROM generate_series(1, {CLAIMS}) n WHERE n % 50 = 1;
INSERT INTO provider_row (provider, kind, reference, day, amount_cents, fee_cents)
SELECT 'girocheckout', 'payment', reference, booked_at::date, cents, 0 FROM movement WHERE kind = 'payment';
INSERT INTO provider_account VALUES ('girocheckout', '2026-12-31');
ANALYZE;
"""


async def measure(name: str, ask: Callable[[], Awaitable[Any]]) -> None:
    """The median of some times, after a first one."""
    await ask()
    took = []
    for _ in range(TIMES):
        began = time.perf_counter()
        await ask()
        took.append(time.perf_counter() - began)
    print(f"{name:32} {sorted(took)[TIMES // 2] * 1000:8.1f} ms")


async def main(admin_url: str) -> None:
    async with fresh(admin_url, SERVICE) as databases:
        owner = await asyncpg.connect(databases.owner_log)
        await owner.execute(_FILL)
        print(await owner.fetchval("SELECT count(*) FROM ledger_line"), "lines of the ledger")
        await owner.close()
        async with asyncpg.create_pool(databases.log, min_size=1, max_size=2) as pool:
            await ask_all(pool)


async def ask_all(pool: asyncpg.Pool) -> None:
    span = overview.span_of(*YEAR, ZoneInfo(BERLIN))
    for by in get_args(By):
        await measure(f"summary by {by}", partial(overview.summary, pool, by, span, BERLIN, YEAR[1]))
    listed: dict[str, Any] = {"service": None, "overdue": True, "after": None, "limit": 100}
    await measure("open items", lambda: overview.open_items(pool, YEAR[1], **listed))
    paged: dict[str, Any] = {"provider": None, "after": None, "limit": 100}
    await measure("payments", lambda: overview.payments(pool, span, **paged))
    await measure("returns", lambda: overview.returns(pool, span, **paged))
    reconciling = Reconciling(pool, ZoneInfo(BERLIN))
    await measure(
        "reconciliation of a month", lambda: reconciling.days(date(2026, 11, 1), date(2026, 11, 30))
    )
    await measure("reconciliation of the year", lambda: reconciling.days(*YEAR))


if __name__ == "__main__":
    with postgres_for_tests() as url:
        asyncio.run(main(url))
