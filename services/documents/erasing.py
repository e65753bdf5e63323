"""A citizen is forgotten: their documents' files go; numbers, dates and the check codes go on to hold."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from services.documents.queries import files_of
from services.documents.store import ObjectStore
from shared.log import Unit
from shared.service import Runtime

ERASE: Final = "erase_citizen"
ONCE_MORE: Final = timedelta(minutes=3)
"""Until then another process may have held the key (60 s) and issued what was in its hands."""


def erase_later(account_id: UUID, unit: Unit) -> None:
    """Orders the erasure, and once more for what was on its way."""
    payload = {"account_id": str(account_id)}
    unit.task(ERASE, payload, key=str(account_id))
    unit.task(ERASE, payload, due=unit.now + ONCE_MORE, key=f"{account_id}:once more")


class Eraser:
    """Does the task."""

    def __init__(self, runtime: Runtime, store: ObjectStore) -> None:
        self._runtime, self._store = runtime, store

    async def erase_citizen(self, payload: Mapping[str, Any], unit: Unit) -> None:
        """A file that was stored and never issued stays behind, sealed with a key that is no more.

        Raises StoreUnavailable.
        """
        account_id = UUID(payload["account_id"])
        files = await files_of(self._runtime.pool, account_id)
        await unit.erase(account_id, files)
        for store_key in files.values():
            await self._store.delete(store_key)
