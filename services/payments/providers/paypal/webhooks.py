"""PayPal's webhook: a POST whose headers sign the transmission, our webhook's id and the CRC-32 of the body.

A CRC-32 is no digest: who has seen one genuine transmission can write another body with the same one. So a
verified webhook is believed to come from PayPal and to name an order; what became of the order is then read
from the API, as is what became of a dispute. Only a reversal, which the API does not show, is taken from the
body.
"""

import base64
import binascii
import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from pydantic import BaseModel, ConfigDict, ValidationError

from services.payments.providers.port import Callback, CallbackForged

ALGORITHM = "SHA256withRSA"
AHEAD = timedelta(minutes=5)
OLDEST = timedelta(days=30)
"""As long as an attempt is asked about; PayPal itself repeats for three days, and by hand for longer."""
_LONGEST_BODY = 256 * 1024
_LIMITS = {"id": 50, "time": 100, "sig": 500}


class Event(BaseModel):
    """`id` stays the same in every repetition."""

    model_config = ConfigDict(frozen=True)

    id: str
    event_type: str
    resource: dict[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Transmission:
    """What the headers claim, unverified; `signature` decoded."""

    transmission_id: str
    time: str
    signature: bytes
    certificate_url: str
    body: bytes

    @classmethod
    def of(cls, callback: Callback, now: Callable[[], datetime]) -> "Transmission":
        """Raises CallbackForged where a header is missing or impossible, or the time is not about now."""
        values = {name: callback.headers.get(f"paypal-transmission-{name}", "") for name in _LIMITS}
        url = callback.headers.get("paypal-cert-url", "")
        if not url or not all(0 < len(values[name]) <= limit for name, limit in _LIMITS.items()):
            raise CallbackForged("no_signature")
        if callback.headers.get("paypal-auth-algo") != ALGORITHM:
            raise CallbackForged("algorithm")
        if len(callback.body) > _LONGEST_BODY:
            raise CallbackForged("too_long")
        try:
            signature = base64.b64decode(values["sig"], validate=True)
        except (binascii.Error, ValueError):
            raise CallbackForged("no_signature") from None
        _require_about_now(values["time"], now())
        return cls(values["id"], values["time"], signature, url, callback.body)

    def message(self, webhook_id: str) -> bytes:
        """What PayPal signs; the CRC-32 is of the raw body, unsigned, in decimal."""
        return f"{self.transmission_id}|{self.time}|{webhook_id}|{zlib.crc32(self.body)}".encode()

    def require_signed(self, key: RSAPublicKey, webhook_id: str) -> None:
        """Raises CallbackForged."""
        try:
            key.verify(self.signature, self.message(webhook_id), padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            raise CallbackForged("wrong_hash") from None

    def question(self, webhook_id: str) -> bytes:
        """The body of `verify-webhook-signature`, with the event in the bytes received.

        Call `event` first: only a whole JSON value may be put between the braces of another.
        """
        asked = {
            "auth_algo": ALGORITHM,
            "cert_url": self.certificate_url,
            "transmission_id": self.transmission_id,
            "transmission_sig": base64.b64encode(self.signature).decode(),
            "transmission_time": self.time,
            "webhook_id": webhook_id,
        }
        return json.dumps(asked).encode()[:-1] + b', "webhook_event": ' + self.body + b"}"

    def event(self) -> Event:
        """Raises CallbackForged where the body is not one event and nothing else."""
        try:
            return Event.model_validate(json.loads(self.body, object_pairs_hook=_each_once))
        except (ValueError, RecursionError, ValidationError):
            raise CallbackForged("no_event") from None


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # of a name given twice PayPal may read the other one
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name is given twice")
    return found


def _require_about_now(text: str, now: datetime) -> None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise CallbackForged("skewed") from None
    if at.tzinfo is None or not now - OLDEST <= at <= now + AHEAD:
        raise CallbackForged("skewed")
