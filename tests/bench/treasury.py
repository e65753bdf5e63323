"""The treasurer's page over a year: sums by service, by day and by way to pay, and the open items."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any, Final
from zoneinfo import ZoneInfo

from services.payments.books import overview
from services.payments.books.overview import By
from services.payments.wiring import SERVICE
from shared.ids import new_id
from tests.bench.measuring import Bench, Notes, Row, Side, Size
from tests.bench.rig import Log, Rig

YEAR: Final = 2026
ZONE: Final = "Europe/Berlin"
SPAN: Final = overview.span_of(date(YEAR, 1, 1), date(YEAR, 12, 31), ZoneInfo(ZONE))
TODAY: Final = date(YEAR, 12, 31)
PROVIDERS: Final = (
    ("girocheckout", "card"),
    ("paypal", "paypal"),
    ("bank", "bank_transfer"),
    ("cash", "cash"),
)
OF_CLAIM: Final = (
    "claim_id", "case_id", "account_id", "kassenzeichen", "amount_cents", "currency", "state", "requested_at",
    "service", "cost_object", "pay_by",
)  # fmt: skip
OF_LINE: Final = ("claim_id", "version", "line", "account", "cents", "currency", "event", "booked_at")
OF_MOVEMENT: Final = (
    "stream_id", "version", "kind", "claim_id", "payment_id", "provider", "method", "reference", "code",
    "cents", "charges_cents", "currency", "booked_at",
)  # fmt: skip
RAW: Final = "SELECT sum(cents) FROM movement WHERE booked_at >= $1 AND booked_at < $2"
RAW_OPEN: Final = "SELECT claim_id FROM claim WHERE state = 'open' ORDER BY requested_at, claim_id LIMIT 101"


async def fill_year(log: Log, bookings: int) -> None:
    """Half as many claims, each booked when it was opened and when it was paid; of thirty one stays open, one
    is given back and one is taken back by its bank."""
    chance, first = Random(YEAR), datetime(YEAR, 1, 1, tzinfo=UTC)
    claims: list[Sequence[Any]] = []
    lines: list[Sequence[Any]] = []
    moved: list[Sequence[Any]] = []
    for number in range(bookings // 2):
        claim_id, payment_id, cents = new_id(), new_id(), chance.randrange(100, 20_000)
        at, (provider, method) = first + timedelta(days=730 * number / bookings), PROVIDERS[number % 4]
        is_open = number % 30 == 0
        claims.append((
            claim_id, claim_id, claim_id, f"4711{number:09}", cents, "EUR", "open" if is_open else "settled",
            at, f"service-{number % 12}", f"5410{number % 40:02}", at.date() + timedelta(days=14),
        ))  # fmt: skip
        revenue = f"revenue:5410{number % 40:02}"
        lines += _entry(claim_id, 1, "payments.payment_requested", at, "receivable", revenue, cents)
        if is_open:
            continue
        lines += _entry(claim_id, 2, "payments.payment_settled", at, provider, "receivable", cents)
        row = (
            claim_id,
            2,
            "payment",
            claim_id,
            payment_id,
            provider,
            method,
            "r",
            "4000",
            cents,
            0,
            "EUR",
            at,
        )
        moved.append(row)
        if number % 30 in {1, 2}:
            kind = "refund" if number % 30 == 1 else "reversal"
            moved.append(
                (claim_id, 3, kind, claim_id, payment_id, provider, "", "r", "", -cents, 0, "EUR", at)
            )
    for table, columns, records in (
        ("claim", OF_CLAIM, claims), ("ledger_line", OF_LINE, lines), ("movement", OF_MOVEMENT, moved),
    ):  # fmt: skip
        await log.owner.copy_records_to_table(table, records=records, columns=list(columns))
        await log.owner.execute(f"VACUUM ANALYZE {table}")


def _entry(
    claim_id: Any, version: int, event: str, at: datetime, debit: str, credit: str, cents: int
) -> list[Sequence[Any]]:
    return [
        (claim_id, version, 0, debit, cents, "EUR", event, at),
        (claim_id, version, 1, credit, -cents, "EUR", event, at),
    ]


def _timed(ask: Callable[[], Awaitable[Any]]) -> Callable[[], Awaitable[float]]:
    async def asked() -> float:
        began = time.perf_counter()
        if not await ask():
            raise RuntimeError("the year is empty")
        return (time.perf_counter() - began) * 1000

    return asked


@asynccontextmanager
async def _overview(rig: Rig, size: Size, notes: Notes) -> AsyncIterator[Mapping[str, Side]]:
    async with rig.log(SERVICE) as log:
        await fill_year(log, size.events)

        def by(key: By) -> Callable[[], Awaitable[Any]]:
            return lambda: overview.summary(log.pool, key, SPAN, ZONE, TODAY)

        async def items() -> Any:
            found = await overview.open_items(
                log.pool, TODAY, service=None, overdue=False, after=None, limit=100
            )
            return found["open_items"]

        yield {
            "service": _timed(by("service")), "day": _timed(by("day")), "method": _timed(by("method")),
            "items": _timed(items), "summed": _timed(lambda: log.pool.fetchval(RAW, *SPAN)),
            "listed": _timed(lambda: log.pool.fetch(RAW_OPEN)),
        }  # fmt: skip


SUM: Final = "SELECT sum(cents) of the year's movements"
ROWS: Final = (
    Row("overview-service", "overview by service of a year, {events:,} bookings", "ms", "service", "summed",
        SUM, less=True),
    Row("overview-day", "the same by day", "ms", "day", "summed", SUM, less=True),
    Row("overview-method", "the same by way to pay", "ms", "method", "summed", SUM, less=True),
    Row("open-items", "first page of the open items", "ms", "items", "listed", "their ids alone", less=True),
)  # fmt: skip
BENCHES: Final = (Bench("payments", "the treasurer's overview", ROWS, _overview, rounds=5),)
