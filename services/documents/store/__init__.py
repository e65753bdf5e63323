"""Where issued documents rest: written once, never changed, content already encrypted."""

from services.documents.store.objects import (
    ObjectConflict,
    ObjectMissing,
    ObjectStore,
    StoreUnavailable,
)

__all__ = ["ObjectConflict", "ObjectMissing", "ObjectStore", "StoreUnavailable"]
