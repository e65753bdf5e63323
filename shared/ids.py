"""Identifiers: UUID version 7 (RFC 9562): keys made one after the other lie side by side in an index."""

from uuid import UUID, uuid5

import uuid_utils

DERIVED = UUID("6f5c7c0e-8d2b-5c1e-9f0a-2b7d6a1c4e90")


def new_id() -> UUID:
    """A new UUIDv7; ordered by creation within a process."""
    return UUID(int=uuid_utils.uuid7().int)


def derived_id(*parts: object) -> UUID:
    """The same UUIDv5 for the same parts: the key of an effect that must happen once."""
    return uuid5(DERIVED, "|".join(str(part) for part in parts))
