"""The event log of a service and the unit of work that writes it."""

from shared.log.append import (
    Append,
    AppendRefused,
    CursorMoved,
    LeaseLost,
    LogOfAnotherServer,
    LogUnavailable,
    ReservationTaken,
    Table,
    VersionConflict,
)
from shared.log.loading import LoadQueue
from shared.log.ports import Streams
from shared.log.projection import Projections, Sealer, row_aad
from shared.log.queue import AppendQueue
from shared.log.reading import LogReader, Meta, Recorded, StreamNotFound
from shared.log.retention import Retention
from shared.log.unit import Context, LogParts, Unit

__all__ = [
    "Append",
    "AppendQueue",
    "AppendRefused",
    "Context",
    "CursorMoved",
    "LeaseLost",
    "LoadQueue",
    "LogOfAnotherServer",
    "LogParts",
    "LogReader",
    "LogUnavailable",
    "Meta",
    "Projections",
    "Recorded",
    "ReservationTaken",
    "Retention",
    "Sealer",
    "StreamNotFound",
    "Streams",
    "Table",
    "Unit",
    "VersionConflict",
    "row_aad",
]
