"""Aggregates, their events, and how events are written. Pure: no database, no broker, no clock."""

from shared.domain.aggregate import Aggregate, Created, Event
from shared.domain.codec import PersonalWithoutSubject, decode, encode, is_personal
from shared.domain.redacted import REDACTED, Personal, Redacted
from shared.domain.registry import NameTaken, UnknownEvent, stored, stored_names, type_of

__all__ = [
    "REDACTED",
    "Aggregate",
    "Created",
    "Event",
    "NameTaken",
    "Personal",
    "PersonalWithoutSubject",
    "Redacted",
    "UnknownEvent",
    "decode",
    "encode",
    "is_personal",
    "stored",
    "stored_names",
    "type_of",
]
