"""Events to bytes and back: JSON with personal fields encrypted one by one.

The additional data of each encryption binds stream, version, event name and field, so a ciphertext
moved to another place does not open (NIST SP 800-38D).
"""

from base64 import b64decode, b64encode
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


class _Envelope(msgspec.Struct):
    at: datetime
    d: msgspec.Raw


_encoder = msgspec.json.Encoder()
_envelopes = msgspec.json.Decoder(_Envelope)


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
        state[field] = b64encode(cipher.seal(_encoder.encode(state[field]), aad)).decode()
    return kind.name, kind.version, _encoder.encode({"at": event.timestamp, "d": state})


def decode(
    stream: UUID, version: int, name: str, schema: int, payload: bytes, cipher: FieldCipher | None
) -> Event:
    """The event as it was, upcast to today's schema; without a cipher personal fields are `REDACTED`.

    Raises UnknownEvent for a name or a schema version that only a newer release knows.
    """
    kind = stored_type(name)
    envelope = _envelopes.decode(payload)
    state = _state(kind, schema, envelope.d)
    for field in kind.personal:
        state[field] = _reveal(kind, stream, version, field, state[field], cipher)
    state.update(originator_id=stream, originator_version=version, timestamp=envelope.at)
    if kind.begins:
        state["originator_topic"] = ""
    event = object.__new__(kind.event_class)
    event.__dict__.update(state)
    return event


def _state(kind: StoredType, schema: int, raw: msgspec.Raw) -> dict[str, Any]:
    if schema > kind.version:
        raise UnknownEvent(f"{kind.name} was written at version {schema}; this code knows {kind.version}")
    if schema == kind.version:
        body = kind.decoder.decode(raw)
    else:
        loose = msgspec.json.decode(raw)
        for step in range(schema, kind.version):
            getattr(kind.event_class, f"upcast_v{step}_v{step + 1}")(loose)
        body = msgspec.convert(loose, kind.body)
    return {field: getattr(body, field) for field in kind.fields}


def _reveal(
    kind: StoredType, stream: UUID, version: int, field: str, value: Any, cipher: FieldCipher | None
) -> Any:
    if cipher is None or value is None:
        return REDACTED
    plain = cipher.open(b64decode(value), _aad(stream, version, kind.name, field))
    return msgspec.json.decode(plain, type=kind.hints[field])
