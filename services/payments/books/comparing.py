"""What our books, a provider's statements and the bank's say of the same days, as the comparison takes it.

A fee is compared apart from the money that it was kept of, by that money's reference: `fee_of_payment` and so
on, and `fee` for one that stands alone. Fees of statements that kept their sum alone are left out.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg

from services.payments.books.overview import span_of
from services.payments.domain.money import BANK
from services.payments.domain.reconciliation import Ours, Theirs

Days = tuple[date, date]
"""The first and the last, both included."""

_MOVED: Final = """
SELECT CASE WHEN $5 THEN '' WHEN m.kind = 'surplus' THEN 'payment' ELSE m.kind END AS kind, m.reference,
  coalesce(max(m.backend_id), '') AS other, min((m.booked_at AT TIME ZONE $4)::date) AS day,
  sum(m.cents + CASE WHEN $5 THEN m.charges_cents ELSE 0 END)::bigint AS cents,
  min(m.claim_id::text) AS claim_id, min(c.kassenzeichen) AS kassenzeichen
FROM movement m LEFT JOIN claim c ON c.claim_id = m.claim_id
WHERE m.provider = $1 AND m.booked_at >= $2 AND m.booked_at < $3 AND ($5 OR m.kind <> 'fee')
  AND m.currency = $6
GROUP BY 1, 2
"""
_KEPT: Final = """
WITH word AS (
  SELECT 'payment' AS kind, coalesce(r.reference, p.reference) AS reference,
    coalesce(p.backend_id, '') AS other, coalesce(r.day, (f.booked_at AT TIME ZONE $4)::date) AS day, f.cents,
    f.claim_id
  FROM movement f
  JOIN LATERAL (SELECT x.reference, x.backend_id FROM movement x
    WHERE x.payment_id = f.payment_id AND x.kind IN ('payment', 'surplus') ORDER BY x.version LIMIT 1) p
    ON true
  LEFT JOIN provider_row r ON r.provider = f.provider AND r.kind = 'payment'
    AND r.reference IN (p.reference, p.backend_id)
  WHERE f.provider = $1 AND f.kind = 'fee' AND f.booked_at >= $2 AND f.booked_at < $3 AND f.currency = $7
    AND (r.reference IS NULL OR r.booked_cents IS NOT NULL)
  UNION ALL
  SELECT 'reversal', m.reference, '', coalesce(r.day, (m.booked_at AT TIME ZONE $4)::date), m.charges_cents,
    m.claim_id
  FROM movement m
  LEFT JOIN provider_row r ON r.provider = m.provider AND r.kind = 'reversal' AND r.reference = m.reference
  WHERE m.provider = $1 AND m.kind = 'reversal' AND m.charges_cents <> 0 AND m.booked_at >= $2
    AND m.booked_at < $3 AND m.currency = $7 AND (r.reference IS NULL OR r.booked_cents IS NOT NULL)
  UNION ALL
  SELECT r.kind, r.reference, '', r.day, -r.booked_cents, NULL FROM provider_row r
  WHERE r.provider = $1 AND r.day BETWEEN $5 AND $6 AND r.booked_cents <> 0)
SELECT CASE w.kind WHEN 'fee' THEN 'fee' ELSE 'fee_of_' || w.kind END AS kind, w.reference,
  max(w.other) AS other, min(w.day) AS day, sum(w.cents)::bigint AS cents, min(w.claim_id::text) AS claim_id,
  min(c.kassenzeichen) AS kassenzeichen
FROM word w LEFT JOIN claim c ON c.claim_id = w.claim_id
GROUP BY 1, 2 HAVING sum(w.cents) <> 0
"""
_ROWS: Final = """
SELECT kind, reference, day, amount_cents AS cents FROM provider_row
WHERE provider = $1 AND day BETWEEN $2 AND $3 AND kind <> 'fee'
UNION ALL
SELECT CASE kind WHEN 'fee' THEN 'fee' ELSE 'fee_of_' || kind END, reference, day, -fee_cents
FROM provider_row
WHERE provider = $1 AND day BETWEEN $2 AND $3 AND fee_cents <> 0 AND booked_cents IS NOT NULL
ORDER BY day, kind, reference
"""
_ITEMS: Final = """
SELECT '' AS kind, item_id::text AS reference, booked_on AS day, cents FROM bank_item
WHERE booked_on BETWEEN $1 AND $2 AND currency = 'EUR' AND outcome <> 'known' ORDER BY booked_on, item_id
"""


async def ours(
    pool: asyncpg.Pool, provider: str, days: Days, currency: str, zone: ZoneInfo
) -> Iterable[Ours]:
    """By reference; of the bank, where each payment has one reference, whatever kind it is."""
    span, is_bank = span_of(*days, zone), provider == BANK
    moved = await pool.fetch(_MOVED, provider, *span, str(zone), is_bank, currency)
    kept = () if is_bank else await pool.fetch(_KEPT, provider, *span, str(zone), *days, currency)
    return map(_ours, (*moved, *kept))


async def theirs(pool: asyncpg.Pool, provider: str, days: Days) -> Iterable[Theirs]:
    """Their rows, each with its fee apart."""
    if provider == BANK:
        rows = await pool.fetch(_ITEMS, *days)
    else:
        rows = await pool.fetch(_ROWS, provider, *days)
    return (Theirs(**dict(row)) for row in rows)


def _ours(row: Any) -> Ours:
    return Ours(
        row["kind"], row["reference"], row["other"], row["day"], row["cents"],
        UUID(row["claim_id"]) if row["claim_id"] else None, row["kassenzeichen"],
    )  # fmt: skip
