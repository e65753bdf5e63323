"""A merchant's REST app at PayPal, and how its webhooks are to be believed."""

from dataclasses import dataclass, field
from enum import StrEnum

from cryptography import x509


class Verification(StrEnum):
    """OFFLINE checks the signature here, under PayPal's certificate; API asks PayPal about each webhook."""

    OFFLINE = "offline"
    API = "api"


@dataclass(frozen=True, slots=True)
class Account:
    """`webhook_id` is the id of the one webhook that points to us; the signature covers it. `brand_name`,
    unless empty, is what payers read instead of the account's own name.

    `authorities` are the certificate authorities (also intermediate ones) that may vouch for PayPal's webhook
    certificate. `certificate_origin` replaces the rule that it comes from https and a host under
    `.paypal.com`: scheme, host and port of a sandbox.
    """

    client_id: str
    client_secret: str = field(repr=False)
    webhook_id: str
    brand_name: str
    authorities: tuple[x509.Certificate, ...] = field(repr=False)
    verification: Verification = Verification.OFFLINE
    certificate_origin: str = ""
