"""GiroCheckout (S-Public Services) as a payment provider, by its own HTTP protocol, generations 1 and 2."""

from services.payments.providers.girocheckout.account import Account, Project
from services.payments.providers.girocheckout.adapter import GiroCheckout

__all__ = ["Account", "GiroCheckout", "Project"]
