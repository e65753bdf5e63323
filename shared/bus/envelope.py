"""The public form of an event: CloudEvents 1.0, structured JSON, frozen when it enters the feed."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec


class Envelope(msgspec.Struct, omit_defaults=True):
    """A public event. `sequence` is gapless for each source; `data` holds no personal data.

    Attributes beyond CloudEvents 1.0: sequence (the registered extension, here an integer), correlationid,
    causationid, traceparent (the distributed tracing extension), streamversion (the event's place in its
    stream, with which the owning service can be asked for the state as of this event), epoch (1 where it is
    absent: counts the restores of the source; a sequence may come again, with another event, in a later one).
    """

    id: UUID
    source: str
    type: str
    subject: str
    time: datetime
    sequence: int
    data: dict[str, Any]
    streamversion: int
    dataschema: str = ""
    correlationid: str = ""
    causationid: str = ""
    traceparent: str = ""
    epoch: int = 1
    specversion: str = "1.0"
    datacontenttype: str = "application/json"

    @property
    def service(self) -> str:
        """The name of the service that wrote it: `portal/payments` → `payments`."""
        return self.source.rpartition("/")[2]


class Address(msgspec.Struct):
    """What a publisher needs of an envelope; the rest of the bytes is passed over."""

    id: str
    source: str
    type: str
    time: datetime
    correlationid: str = ""
    traceparent: str = ""

    @property
    def service(self) -> str:
        """As an envelope's."""
        return self.source.rpartition("/")[2]


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Envelope)
_address = msgspec.json.Decoder(Address)


class BadEnvelope(ValueError):
    """Bytes that are not one of our public events."""


def write(envelope: Envelope) -> bytes:
    """JSON with every attribute of the envelope that is not empty; the first epoch goes without saying."""
    fields = {name: getattr(envelope, name) for name in Envelope.__struct_fields__}
    if envelope.epoch == 1:
        del fields["epoch"]
    return _encoder.encode({name: value for name, value in fields.items() if value != ""})


def read(raw: bytes) -> Envelope:
    """The envelope. Raises BadEnvelope."""
    try:
        return _decoder.decode(raw)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise BadEnvelope(str(error)) from error


def address(raw: bytes) -> Address:
    """Where an envelope goes. Raises BadEnvelope."""
    try:
        return _address.decode(raw)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise BadEnvelope(str(error)) from error
