"""XBezahldienste (FITKO) as a payment provider: one interface of ePayBL, pmPayment, epay21, GiroCheckout."""

from services.payments.providers.xbezahldienste.adapter import XBezahldienste
from services.payments.providers.xbezahldienste.authentication import (
    Basic,
    ClientCertificate,
    ClientCredentials,
)
from services.payments.providers.xbezahldienste.endpoint import Endpoint

__all__ = ["Basic", "ClientCertificate", "ClientCredentials", "Endpoint", "XBezahldienste"]
