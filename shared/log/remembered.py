"""Answers to idempotent requests, kept beside the reservations and gone through by their keyed digest."""

import asyncpg

from shared.log.unit import IDEMPOTENCY
from shared.web.idempotency import Remembered

_FIND = "SELECT request, answer FROM reservation WHERE scope = $1 AND digest = $2"


class RememberedAnswers:
    """Finds what `Unit.remember` stored; an `IdempotencyStore`."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def find(self, key_hmac: bytes) -> Remembered | None:
        row = await self._pool.fetchrow(_FIND, IDEMPOTENCY, key_hmac)
        if row is None:
            return None
        return Remembered(row["request"], int.from_bytes(row["answer"][:2], "big"), row["answer"][2:])
