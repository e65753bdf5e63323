"""Answers to idempotent requests, kept beside the reservations and gone through by their keyed digest."""

from datetime import timedelta
from typing import Final

import asyncpg

from shared.log.retention import Retention
from shared.log.unit import IDEMPOTENCY
from shared.web.idempotency import Remembered

ANSWERS: Final = Retention("reservation", f"scope = '{IDEMPOTENCY}' AND taken_at < $1", timedelta(days=7))
"""Longer than a form stays open; a request repeated later is a new one."""

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
