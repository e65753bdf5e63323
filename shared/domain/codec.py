"""Events to bytes and back: JSON with personal fields encrypted one by one.

The additional data of each encryption binds stream, version, event name and field, so a ciphertext
moved to another place does not open (NIST SP 800-38D).
"""

from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

import msgspec

from shared.domain.aggregate import Event
from shared.domain.redacted import REDACTED, Redacted
from shared.domain.registry import StoredType, UnknownEvent, stored_type, type_of


class FieldCipher(Protocol):
    """Encrypts one field; `aad` is authenticated, not stored. Implemented by `shared.keys.DataKey`."""

    def seal(self, plain: bytes, aad: bytes) -> bytes: ...

    def open(self, sealed: bytes, aad: bytes) -> bytes: ...


class PersonalWithoutSubject(TypeError):
    """An event with personal fields was saved without naming whose they are."""


class _Older(msgspec.Struct):
    at: datetime
    d: dict[str, Any]


_encoder = msgspec.json.Encoder()
_older = msgspec.json.Decoder(_Older)
_new_object, _set = object.__new__, object.__setattr__


def _aad(stream: UUID, version: int, name: str, field: str) -> bytes:
    return f"{stream}|{version}|{name}|{field}".encode()


def is_personal(event: Event) -> bool:
    """Whether an event says something about a person that only their key may cover."""
    return any(not isinstance(getattr(event, field), Redacted) for field in type_of(event).personal)


def encode(event: Event, cipher: FieldCipher | None) -> tuple[str, int, bytes]:
    """(stored name, schema version, payload). Raises PersonalWithoutSubject."""
    kind = type_of(event)
    state = {field: getattr(event, field) for field in kind.fields}
    for field in kind.personal:
        if isinstance(state[field], Redacted):
            state[field] = None
            continue
        if cipher is None:
            raise PersonalWithoutSubject(f"{kind.name}.{field} is personal; save it with subject=…")
        aad = _aad(event.originator_id, event.originator_version, kind.name, field)
        state[field] = cipher.seal(_encoder.encode(state[field]), aad)  # as base64 in JSON
    return kind.name, kind.version, _encoder.encode({"at": event.timestamp, "d": state})


def decode(
    stream: UUID, version: int, name: str, schema: int, payload: bytes, cipher: FieldCipher | None
) -> Event:
    """The event as it was, upcast to today's schema; without a cipher personal fields are `REDACTED`.

    Raises UnknownEvent for a name or a schema version that only a newer release knows.
    """
    kind = stored_type(name)
    envelope = kind.decoder.decode(payload) if schema == kind.version else _lifted(kind, schema, payload)
    state: dict[str, Any] = envelope.d
    for field, plain in kind.personal.items():
        sealed = state[field]
        if cipher is None or sealed is None:
            state[field] = REDACTED
        else:
            state[field] = plain.decode(cipher.open(sealed, _aad(stream, version, name, field)))
    state["originator_id"] = stream
    state["originator_version"] = version
    state["timestamp"] = envelope.at
    if kind.begins:
        state["originator_topic"] = ""
    event = _new_object(kind.event_class)
    _set(event, "__dict__", state)  # its class is frozen, and what the decoder made is the event's alone
    return event


def _lifted(kind: StoredType, schema: int, payload: bytes) -> _Older:
    if schema > kind.version:
        raise UnknownEvent(f"{kind.name} was written at version {schema}; this code knows {kind.version}")
    envelope = _older.decode(payload)
    for step in range(schema, kind.version):
        getattr(kind.event_class, f"upcast_v{step}_v{step + 1}")(envelope.d)
    envelope.d = msgspec.convert(envelope.d, kind.body)
    return envelope
