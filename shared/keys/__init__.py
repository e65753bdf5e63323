"""Keys of citizens: made, used, destroyed."""

from shared.keys.keyring import KeyDestroyed, KeyRing
from shared.keys.sealing import DataKey, SealBroken, lookup

__all__ = ["DataKey", "KeyDestroyed", "KeyRing", "SealBroken", "lookup"]
