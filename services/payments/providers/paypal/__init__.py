"""PayPal (Orders v2) as a payment provider, by its own REST API and its signed webhooks."""

from services.payments.providers.paypal.account import Account, Verification
from services.payments.providers.paypal.adapter import PayPal

__all__ = ["Account", "PayPal", "Verification"]
