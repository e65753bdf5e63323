"""The treasurer's overview: sums by a key over days of the city, and lists that go on from a row."""

from datetime import date, datetime, time, timedelta
from typing import Any, Final, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg

By = Literal["service", "cost_object", "day", "method", "provider"]

_CLAIM_KEYS: Final = {
    "service": "c.service",
    "cost_object": "c.cost_object",
    "day": "to_char(c.requested_at AT TIME ZONE $5, 'YYYY-MM-DD')",
    "method": "''",
    "provider": "''",
}
_MOVEMENT_KEYS: Final = {
    "service": "coalesce(c.service, '')",
    "cost_object": "coalesce(c.cost_object, '')",
    "day": "to_char(m.booked_at AT TIME ZONE $5, 'YYYY-MM-DD')",
    "method": "coalesce(nullif(m.method, ''), p.method, '')",
    "provider": "m.provider",
}
_OF_CLAIM: Final = "LEFT JOIN claim c ON c.claim_id = m.claim_id"
_OF_PAYMENT: Final = """
LEFT JOIN refund r ON m.kind = 'refund' AND r.refund_id = m.refund_id
LEFT JOIN LATERAL (SELECT x.method FROM movement x WHERE m.method = ''
  AND x.payment_id = coalesce(m.payment_id, r.payment_id) AND x.kind IN ('payment', 'surplus') LIMIT 1)
  p ON true
"""
_JOINS: Final = {
    "service": _OF_CLAIM, "cost_object": _OF_CLAIM, "day": "", "provider": "", "method": _OF_PAYMENT,
}  # fmt: skip
_SUMMARY: Final = """
WITH owing AS (
 SELECT claim_id FROM claim WHERE state = 'open' AND requested_at < $2
 UNION SELECT claim_id FROM ledger_line WHERE account = 'receivable' AND booked_at >= $2),
open AS (
 SELECT {claim_key} AS key, count(*) AS open_count, sum(o.cents) AS open_cents,
   coalesce(sum(o.cents) FILTER (WHERE c.pay_by < $3), 0) AS overdue_cents
 FROM owing JOIN claim c USING (claim_id)
 CROSS JOIN LATERAL (SELECT coalesce(sum(l.cents), 0) AS cents FROM ledger_line l
   WHERE l.claim_id = c.claim_id AND l.account = 'receivable' AND l.booked_at < $2) o
 WHERE o.cents > 0 AND c.currency = $4 GROUP BY 1),
moved AS (
 SELECT {movement_key} AS key, sum(sign(m.cents)) FILTER (WHERE m.kind = 'payment') AS paid_count,
   sum(m.cents) FILTER (WHERE m.kind = 'payment') AS paid_cents,
   sum(m.cents) FILTER (WHERE m.kind = 'surplus') AS surplus_cents,
   -sum(m.cents) FILTER (WHERE m.kind = 'refund') AS refunded_cents,
   -sum(m.cents) FILTER (WHERE m.kind = 'reversal') AS returned_cents,
   -(coalesce(sum(m.cents) FILTER (WHERE m.kind = 'fee'), 0) + sum(m.charges_cents)) AS fees_cents
 FROM movement m {joins}
 WHERE m.booked_at >= $1 AND m.booked_at < $2 AND m.currency = $4
   AND m.kind NOT IN ('unallocated', 'payout') GROUP BY 1)
SELECT key, coalesce(open_count, 0)::bigint AS open_count, coalesce(open_cents, 0)::bigint AS open_cents,
  coalesce(overdue_cents, 0)::bigint AS overdue_cents, coalesce(paid_count, 0)::bigint AS paid_count,
  coalesce(paid_cents, 0)::bigint AS paid_cents, coalesce(surplus_cents, 0)::bigint AS surplus_cents,
  coalesce(refunded_cents, 0)::bigint AS refunded_cents,
  coalesce(returned_cents, 0)::bigint AS returned_cents, coalesce(fees_cents, 0)::bigint AS fees_cents
FROM open FULL JOIN moved USING (key) ORDER BY key
"""
_OPEN: Final = """
SELECT c.claim_id, c.case_id, c.kassenzeichen, c.service, c.cost_object, c.amount_cents, o.owed_cents,
  c.currency, c.requested_at, c.pay_by, coalesce(c.pay_by < $1, false) AS overdue
FROM claim c
CROSS JOIN LATERAL (SELECT coalesce(sum(l.cents), 0)::bigint AS owed_cents FROM ledger_line l
  WHERE l.claim_id = c.claim_id AND l.account = 'receivable') o
WHERE c.state = 'open' AND ($2::text IS NULL OR c.service = $2) AND (NOT $3 OR c.pay_by < $1)
  AND ($4::uuid IS NULL OR (c.requested_at, c.claim_id) >
    (SELECT a.requested_at, a.claim_id FROM claim a WHERE a.claim_id = $4))
ORDER BY c.requested_at, c.claim_id LIMIT $5
"""
_MOVED: Final = """
SELECT m.stream_id, m.version, m.kind, m.claim_id, m.payment_id, c.kassenzeichen, c.service, c.cost_object,
  m.provider, {method} AS method, m.reference, m.code, {sign}m.cents AS amount_cents,
  -m.charges_cents AS charges_cents, m.currency, m.booked_at
FROM movement m LEFT JOIN claim c ON c.claim_id = m.claim_id {joins}
WHERE {kinds} AND m.booked_at >= $1 AND m.booked_at < $2 AND ($3::text IS NULL OR m.provider = $3)
  AND ($4::uuid IS NULL OR (m.booked_at, m.stream_id, m.version) <
    (SELECT a.booked_at, a.stream_id, a.version FROM movement a WHERE a.stream_id = $4 AND a.version = $5))
ORDER BY m.booked_at DESC, m.stream_id DESC, m.version DESC LIMIT $6
"""
_PAYMENTS: Final = _MOVED.format(
    method="m.method", sign="", joins="", kinds="m.kind IN ('payment', 'surplus')"
)
_RETURNS: Final = _MOVED.format(
    method="coalesce(p.method, '')", sign="-", kinds="m.kind = 'reversal'", joins=_OF_PAYMENT
)
_REFUNDS: Final = """
SELECT r.refund_id, r.claim_id, r.payment_id, c.kassenzeichen, c.service, c.cost_object, r.amount_cents,
  r.currency, r.reason, r.via, r.state, r.requested_at, r.changed_at
FROM refund r LEFT JOIN claim c ON c.claim_id = r.claim_id
WHERE ($1::text IS NULL OR r.state = $1) AND r.requested_at >= $2 AND r.requested_at < $3
  AND ($4::uuid IS NULL OR (r.requested_at, r.refund_id) <
    (SELECT a.requested_at, a.refund_id FROM refund a WHERE a.refund_id = $4))
ORDER BY r.requested_at DESC, r.refund_id DESC LIMIT $5
"""
_MANDATES: Final = """
SELECT m.mandate_id, m.account_id, m.reference, m.kind, m.state, m.signed_on, m.last_used_on, m.proposed_at
FROM mandate m
WHERE ($1::text IS NULL OR m.state = $1)
  AND ($2::uuid IS NULL OR (m.proposed_at, m.mandate_id) <
    (SELECT a.proposed_at, a.mandate_id FROM mandate a WHERE a.mandate_id = $2))
ORDER BY m.proposed_at DESC, m.mandate_id DESC LIMIT $3
"""
Span = tuple[datetime, datetime]
"""From the first moment to before the second."""


def span_of(first: date, last: date, zone: ZoneInfo) -> Span:
    """The days of the city from `first` to `last`, both included."""
    return (
        datetime.combine(first, time(), zone),
        datetime.combine(last + timedelta(days=1), time(), zone),
    )


async def summary(
    pool: asyncpg.Pool, by: By, span: Span, zone: str, today: date, currency: str = "EUR"
) -> list[dict[str, Any]]:
    """One row for each key, the empty key where money has none. What came and went is that of the span; what
    is open or overdue is so at its end, or today: by day it counts on the day it began, whenever that was."""
    due = min(today, span[1].date())
    statement = _SUMMARY.format(claim_key=_CLAIM_KEYS[by], movement_key=_MOVEMENT_KEYS[by], joins=_JOINS[by])
    return _dicts(await pool.fetch(statement, *span, due, currency, *((zone,) if by == "day" else ())))


async def open_items(
    pool: asyncpg.Pool, today: date, *, service: str | None, overdue: bool, after: UUID | None, limit: int
) -> dict[str, Any]:
    """The oldest first."""
    rows = await pool.fetch(_OPEN, today, service, overdue, after, limit + 1)
    return _page("open_items", rows, limit, lambda row: str(row["claim_id"]))


async def payments(
    pool: asyncpg.Pool, span: Span, *, provider: str | None, after: tuple[UUID, int] | None, limit: int
) -> dict[str, Any]:
    """What came, the newest first."""
    rows = await pool.fetch(_PAYMENTS, *span, provider, *(after or (None, None)), limit + 1)
    return _page("payments", rows, limit, _place)


async def returns(
    pool: asyncpg.Pool, span: Span, *, provider: str | None, after: tuple[UUID, int] | None, limit: int
) -> dict[str, Any]:
    """What bank or card network took back, the newest first."""
    rows = await pool.fetch(_RETURNS, *span, provider, *(after or (None, None)), limit + 1)
    return _page("returns", rows, limit, _place)


async def refunds(
    pool: asyncpg.Pool, span: Span, *, state: str | None, after: UUID | None, limit: int
) -> dict[str, Any]:
    """By the day they were asked for, the newest first."""
    rows = await pool.fetch(_REFUNDS, state, *span, after, limit + 1)
    return _page("refunds", rows, limit, lambda row: str(row["refund_id"]))


async def mandates(
    pool: asyncpg.Pool, *, state: str | None, after: UUID | None, limit: int
) -> dict[str, Any]:
    """Without account and holder, the newest first."""
    rows = await pool.fetch(_MANDATES, state, after, limit + 1)
    return _page("mandates", rows, limit, lambda row: str(row["mandate_id"]))


def _page(name: str, rows: Any, limit: int, token: Any) -> dict[str, Any]:
    return {name: _dicts(rows[:limit]), "next": token(rows[limit - 1]) if len(rows) > limit else None}


def _place(row: Any) -> str:
    return f"{row['stream_id']}:{row['version']}"


def _dicts(rows: Any) -> list[dict[str, Any]]:
    return [dict(row) for row in rows]
