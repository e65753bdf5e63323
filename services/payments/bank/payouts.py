"""Is a payment at the bank what a provider paid out (Auszahlung)?

By who pays: the names and accounts that a provider pays out from are settings. It is certain where the
provider's statement told a payout of this amount in the days before, and the bank has not brought it yet;
else it is proposed to a person, whatever numbers the text holds.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final, NamedTuple

import asyncpg

from services.payments.bank.matching import name_key
from services.payments.sepa.statements import Transaction

ON_ITS_WAY: Final = timedelta(days=10)
"""How long before the bank's entry a provider's statement may date a payout."""
_TOLD: Final = """
SELECT r.provider, -r.amount_cents AS cents, a.currency, r.day
FROM provider_row r JOIN provider_account a USING (provider)
WHERE r.kind = 'payout' AND r.amount_cents = ANY($1::bigint[])
"""
_CAME: Final = """
SELECT provider, cents, currency, booked_on AS day FROM bank_item
WHERE outcome = 'payout' AND cents = ANY($1::bigint[]) AND booked_on IS NOT NULL
"""


class Paid(NamedTuple):
    """What a payout is known by: there is no number that both sides tell."""

    provider: str
    cents: int
    currency: str


@dataclass(slots=True)
class Known:
    """Days of payouts: those that statements told, and those that the bank brought."""

    told: dict[Paid, list[date]] = field(default_factory=dict)
    came: dict[Paid, list[date]] = field(default_factory=dict)

    def expects(self, paid: Paid, booked_on: date) -> bool:
        """Whether more was told than has come; if so this one has come."""
        near = [day for day in self.told.get(paid, ()) if _is_near(day, booked_on)]
        came = [day for day in self.came.get(paid, ()) if _is_near(day, booked_on)]
        if len(near) <= len(came):
            return False
        self.came.setdefault(paid, []).append(booked_on)
        return True


def _is_near(day: date, booked_on: date) -> bool:
    return booked_on - ON_ITS_WAY <= day <= booked_on


def payer_of(payment: Transaction, payers: Mapping[str, Collection[str]]) -> str:
    """The provider that pays out so, by account or by all words of a name; empty where none or several do."""
    words, iban = name_key(payment.name), _account(payment.iban)
    found = [
        provider
        for provider, said in payers.items()
        if any((iban and _account(one) == iban) or (name_key(one) and name_key(one) <= words) for one in said)
    ]
    return found[0] if len(found) == 1 else ""


def _account(text: str) -> str:
    return "".join(text.split()).upper()


@dataclass(frozen=True, slots=True)
class Payouts:
    """`payers`: provider → names and accounts that it pays out from."""

    pool: asyncpg.Pool
    payers: Mapping[str, Collection[str]]

    def payer_of(self, payment: Transaction) -> str:
        return payer_of(payment, self.payers)

    async def known(self, payments: Sequence[Transaction]) -> Known:
        """What there is to compare these with."""
        cents = {one.cents for one in payments if one.cents > 0 and self.payer_of(one)}
        known = Known()
        if not cents:
            return known
        told = await self.pool.fetch(_TOLD, [-one for one in cents])
        for rows, days in ((told, known.told), (await self.pool.fetch(_CAME, list(cents)), known.came)):
            for row in rows:
                paid = Paid(row["provider"], row["cents"], row["currency"])
                days.setdefault(paid, []).append(row["day"])
        return known
