"""Snapshots of long streams: a short cut, never the truth; one that cannot be read is left aside."""

import hashlib
from datetime import datetime
from functools import cache
from typing import Any, TypeVar, cast, get_type_hints
from uuid import UUID

import asyncpg
import msgspec
import structlog

from shared.domain import Aggregate
from shared.keys import KeyRing, SealBroken

A = TypeVar("A", bound=Aggregate)
log = structlog.get_logger()

_FIND = "SELECT version, subject, state FROM snapshot WHERE stream_id = $1 AND aggregate = $2"
_STORE = """
INSERT INTO snapshot AS s (stream_id, version, aggregate, subject, state) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (stream_id) DO UPDATE
SET version = excluded.version, subject = excluded.subject, state = excluded.state,
    aggregate = excluded.aggregate
WHERE s.version <= excluded.version
"""


class Snapshots:
    """Keeps the folded state of aggregates that set `SNAPSHOT_EVERY`, sealed with the subject's key."""

    def __init__(self, pool: asyncpg.Pool, keys: KeyRing) -> None:
        self._pool = pool
        self._keys = keys

    async def find(self, cls: type[A], stream_id: UUID) -> tuple[A, UUID | None] | None:
        """The stored state and whose key seals it; None where this code and this key can read none."""
        if not cls.SNAPSHOT_EVERY:
            return None
        row = await self._pool.fetchrow(_FIND, stream_id, _shape(cls))
        if row is None:
            return None
        try:
            plain = await self._open(row["subject"], stream_id, row["state"])
            state = msgspec.json.decode(plain, type=_state_type(cls))
        except (SealBroken, msgspec.ValidationError, msgspec.DecodeError) as error:
            log.warning("snapshot_left_aside", stream=str(stream_id), error=type(error).__name__)
            return None
        return _restore(cls, stream_id, row["version"], state), row["subject"]

    async def store(self, aggregate: Aggregate, subject: UUID | None) -> None:
        """Keeps the state of an aggregate just loaded, that is, of committed events alone."""
        key = await self._keys.find(subject) if subject else None
        if subject is not None and key is None:
            return
        hints = _state_hints(type(aggregate))
        state = {name: getattr(aggregate, name) for name in hints}
        plain = msgspec.json.encode(state)
        sealed = key.seal(plain, _aad(aggregate.id)) if key else plain
        await self._pool.execute(
            _STORE, aggregate.id, aggregate.version, _shape(type(aggregate)), subject, sealed
        )

    async def forget(self, subject: UUID) -> None:
        """Deletes what was kept of one person's streams."""
        await self._pool.execute("DELETE FROM snapshot WHERE subject = $1", subject)

    async def _open(self, subject: UUID | None, stream_id: UUID, sealed: bytes) -> bytes:
        if subject is None:
            return sealed
        key = await self._keys.find(subject)
        if key is None:
            raise SealBroken("the key was destroyed")
        return key.open(sealed, _aad(stream_id))


def _aad(stream_id: UUID) -> bytes:
    return f"{stream_id}|snapshot".encode()


@cache
def _state_hints(cls: type[Aggregate]) -> dict[str, Any]:
    own = {name: hint for name, hint in get_type_hints(cls, include_extras=True).items() if name.islower()}
    return {**own, "created_on": datetime, "modified_on": datetime}


@cache
def _state_type(cls: type[Aggregate]) -> type[Any]:
    return cast(type[Any], msgspec.defstruct(cls.__name__ + "State", list(_state_hints(cls).items())))


@cache
def _shape(cls: type[Aggregate]) -> str:
    """Names the class and the layout of its state, so that a changed class leaves old snapshots aside."""
    layout = "|".join(f"{name}:{hint}" for name, hint in sorted(_state_hints(cls).items()))
    return f"{cls.__name__}:{hashlib.sha256(layout.encode()).hexdigest()[:16]}"


def _restore(cls: type[A], stream_id: UUID, version: int, state: Any) -> A:
    made = cls.__new__(cls)
    made.__base_init__(stream_id, version, state.created_on)
    made.modified_on = state.modified_on
    for name in _state_hints(cls):
        if name not in ("created_on", "modified_on"):
            setattr(made, name, getattr(state, name))
    return made
