"""Who has told of a fee first: the provider's word on a payment, or its statement. It is booked once, and is
of the money that came first, not of what came again after a dispute.

Where both come at once they hold the same names, so that one of them is refused and decides anew.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final
from uuid import UUID

import asyncpg

from services.payments.domain.money import Word
from services.payments.domain.provider_account import Key, StatementRow
from shared.log import Unit

SCOPE: Final = "provider_fee"
_PAID: Final = """
WITH paid AS (
  SELECT x.reference, m.payment_id, m.reference AS came FROM unnest($2::text[]) AS x(reference)
  JOIN movement m ON m.provider = $1 AND m.kind IN ('payment', 'surplus') AND m.reference = x.reference
  UNION
  SELECT x.reference, m.payment_id, m.reference FROM unnest($2::text[]) AS x(reference)
  JOIN movement m ON m.provider = $1 AND m.kind IN ('payment', 'surplus') AND m.backend_id = x.reference)
SELECT paid.reference, coalesce(-sum(f.cents), 0)::bigint AS cents
FROM paid LEFT JOIN movement f ON f.payment_id = paid.payment_id AND f.kind = 'fee'
  AND paid.came = (SELECT o.reference FROM movement o WHERE o.payment_id = paid.payment_id
    AND o.kind IN ('payment', 'surplus') ORDER BY o.version LIMIT 1)
GROUP BY 1
"""
_TAKEN_BACK: Final = """
SELECT reference, -sum(charges_cents)::bigint AS cents FROM movement
WHERE provider = $1 AND kind = 'reversal' AND reference = ANY($2) GROUP BY 1
"""
_STATED: Final = """
SELECT EXISTS (SELECT FROM provider_row WHERE provider = $1 AND kind = 'payment' AND reference = ANY($2))
"""


async def told_by_words(pool: asyncpg.Pool, provider: str, rows: Sequence[StatementRow]) -> Mapping[Key, int]:
    """What the books have of the fees of these rows, in cents; no entry for a payment that is not known."""
    found = {}
    for kind, statement in (("payment", _PAID), ("reversal", _TAKEN_BACK)):
        names = [row.reference for row in rows if row.kind == kind]
        for row in await pool.fetch(statement, provider, names) if names else ():
            found[kind, row["reference"]] = row["cents"]
    return found


def hold_unknown(
    unit: Unit, provider: str, account_id: UUID, rows: Iterable[StatementRow], told: Mapping[Key, int]
) -> None:
    """For the statement: a word on one of these payments that comes at once is refused, or this one is."""
    for row in rows:
        if row.kind == "payment" and row.key not in told:
            unit.reserve(SCOPE, f"{provider}|{row.reference}", account_id)


async def without_stated_fee(
    pool: asyncpg.Pool, unit: Unit, word: Word, claim_id: UUID, *, hold: bool
) -> Word:
    """The word with its fee where no statement has told the payment yet. `hold` takes the payment's names,
    and is not needed any more once somebody else was found to have them."""
    if word.state != "succeeded" or not word.fee_cents:
        return word
    names = {word.reference, word.backend_id or word.reference}
    if await pool.fetchval(_STATED, word.provider, list(names)):
        return replace(word, fee_cents=None)
    for name in sorted(names) if hold else ():
        unit.reserve(SCOPE, f"{word.provider}|{name}", claim_id)
    return word
