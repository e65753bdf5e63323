"""What a citizen is offered now: ways to pay with a contract, not retired, not switched off, not failing.

What the city's own bank does (`of_bank`) comes after the providers: who has a provider for direct debits
debits through it.

Attempts that are under way go on with their provider whatever is switched here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import asyncpg

from services.payments.breaker import Breaker
from services.payments.domain.money import BANK
from services.payments.domain.switchboard import Kind
from services.payments.providers.port import Method, PaymentProvider
from services.payments.providers.registry import Providers
from shared.web.problems import Problem

_OFF: Final = "SELECT kind, name, reason, changed_at FROM payment_switch WHERE NOT is_on"


@dataclass(frozen=True, slots=True)
class SwitchedOff:
    """By an operator, for this reason, since then; `kind` is what the switch is of."""

    kind: Kind
    reason: str
    since: datetime


Off = Mapping[tuple[str, str], SwitchedOff]


@dataclass(frozen=True, slots=True)
class Way:
    """One way to pay. `out` says why it is not offered: `retired`, `switched_off` or `provider_failing`;
    `off` is the operator's switch where that is why."""

    method: Method
    provider: str | None
    out: str | None = None
    off: SwitchedOff | None = None


@dataclass(frozen=True, slots=True)
class Served:
    """A provider with its switch, None where it is on, and its breaker as this process counts."""

    provider: str
    methods: list[str]
    off: SwitchedOff | None
    failures: int
    out_until: datetime | None


@dataclass(slots=True)
class Offer:
    """`retired` are methods that keep their old payments and take no new ones; `of_bank` are those that the
    city's own account takes."""

    pool: asyncpg.Pool
    providers: Providers
    retired: frozenset[str]
    failures: int
    pause: timedelta
    of_bank: frozenset[Method] = frozenset()
    breakers: dict[str, Breaker] = field(default_factory=dict)

    @property
    def methods(self) -> frozenset[Method]:
        """All ways to pay that there are here."""
        return self.providers.methods | self.of_bank

    def breaker(self, provider: str) -> Breaker:
        if provider not in self.breakers:
            self.breakers[provider] = Breaker(provider, self.failures, self.pause)
        return self.breakers[provider]

    async def ways(self, now: datetime) -> list[Way]:
        """All that there are, by name, offered or not."""
        off = await self._off()
        return [self._way(method, off, now) for method in sorted(self.methods)]

    async def providers_now(self, now: datetime) -> list[Served]:
        """All that are set up, by name; `out_until` where their own failures keep them out now."""
        off = await self._off()
        return [self._served(name, off, now) for name in sorted(self.providers.by_name)]

    async def provider_for(self, method: Method, now: datetime) -> PaymentProvider:
        """The provider that takes a new attempt. Raises Problem."""
        name = await self._offered(method, now)
        if name == BANK:
            raise Problem("method_of_bank", 409, "This way to pay goes to the city's own account")
        self.breaker(name).tried(now)
        return self.providers.by_name[name]

    async def require_bank(self, method: Method, now: datetime) -> None:
        """That the city's own bank is offered for this way to pay. Raises Problem."""
        if method not in self.of_bank or await self._offered(method, now) != BANK:
            raise Problem("method_unknown", 422, "This way to pay is not offered")

    async def _offered(self, method: Method, now: datetime) -> str:
        if method not in self.methods:
            raise Problem("method_unknown", 422, "This way to pay is not offered")
        way = self._way(method, await self._off(), now)
        if way.provider is None:
            status = 503 if way.out == "provider_failing" else 409
            slug = "provider_unavailable" if way.out == "provider_failing" else "method_off"
            raise Problem(slug, status, "This way to pay is not offered now", out=way.out)
        return way.provider

    def _way(self, method: Method, off: Off, now: datetime) -> Way:
        if method in self.retired:
            return Way(method, None, "retired")
        if ("method", method) in off:
            return Way(method, None, "switched_off", off["method", method])
        if method not in self.providers.methods:
            return Way(method, BANK)
        out, switch = "provider_failing", None
        for provider in self.providers.serving(method):
            if ("provider", provider.name) in off:
                out, switch = "switched_off", off["provider", provider.name]
            elif self.breaker(provider.name).is_out(now):
                out, switch = "provider_failing", None
            else:
                return Way(method, provider.name)
        return Way(method, None, out, switch)

    def _served(self, name: str, off: Off, now: datetime) -> Served:
        breaker, methods = self.breaker(name), sorted(m.value for m in self.providers.by_name[name].methods)
        until = breaker.out_until if breaker.is_out(now) else None
        return Served(name, methods, off.get(("provider", name)), breaker.in_a_row, until)

    async def _off(self) -> Off:
        rows = await self.pool.fetch(_OFF)
        return {(r["kind"], r["name"]): SwitchedOff(r["kind"], r["reason"], r["changed_at"]) for r in rows}
