"""The providers that this installation has, from its settings: an adapter plugs in with one line here.

A maker reads its own part of the settings and its secrets; None where the city has no contract. It raises
StartRefused with a sentence for the operator where the contract is set up by half.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import httpx

from services.payments.domain.money import is_receipt
from services.payments.providers.girocheckout import setup as girocheckout
from services.payments.providers.paypal import setup as paypal
from services.payments.providers.port import Method, PaymentProvider
from services.payments.providers.xbezahldienste import setup as xbezahldienste
from services.payments.settings import PaymentsSettings
from shared.settings import StartRefused

Maker = Callable[[PaymentsSettings, httpx.AsyncClient], PaymentProvider | None]

MAKERS: Final[tuple[Maker, ...]] = (paypal.make, girocheckout.make, xbezahldienste.make)
"""In the order in which they serve a method that several of them have."""


@dataclass(frozen=True, slots=True)
class Providers:
    """The providers by name, in order of preference; what has no contract any more is simply not there."""

    by_name: dict[str, PaymentProvider]

    @classmethod
    def of(cls, providers: Iterable[PaymentProvider]) -> "Providers":
        """Raises ValueError where two have one name, or one that of an account of the city."""
        found: dict[str, PaymentProvider] = {}
        for provider in providers:
            if provider.name in found or is_receipt(provider.name):
                raise ValueError(f"the name {provider.name} is taken")
            found[provider.name] = provider
        return cls(found)

    @property
    def methods(self) -> frozenset[Method]:
        """All ways to pay that some provider has."""
        return frozenset().union(*(provider.methods for provider in self.by_name.values()))

    def serving(self, method: Method) -> Iterator[PaymentProvider]:
        """Those that have a contract for this way to pay, the preferred first."""
        return (provider for provider in self.by_name.values() if method in provider.methods)


def from_settings(
    settings: PaymentsSettings, http: httpx.AsyncClient, makers: Iterable[Maker] = MAKERS
) -> Providers:
    """All providers set up. Raises StartRefused: a portal that cannot take money does not start."""
    made = [provider for make in makers if (provider := make(settings, http)) is not None]
    if not made:
        raise StartRefused("Not started: no payment provider is set up; see services/payments/README.md.")
    return Providers.of(made)
