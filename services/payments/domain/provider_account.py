"""What a provider says it took in, gave back and kept: its statements, each row taken once.

Invariant: a row is known by its kind and reference; told again it is the same or the statement is refused.
The fee of a row is booked with it, less what the provider's own word had told of it before.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, get_args
from uuid import UUID

from shared.domain import Aggregate, Created, Event, stored
from shared.ids import derived_id

RowKind = Literal["payment", "refund", "reversal", "fee"]
ROW_KINDS: tuple[RowKind, ...] = get_args(RowKind)


@dataclass(frozen=True, slots=True)
class StatementRow:
    """One row: `amount_cents` is positive for a payment, negative for refund and reversal, 0 for a fee alone.

    `fee_cents` is what the provider kept for it, negative where it gave a fee back.
    """

    day: date
    kind: RowKind
    reference: str
    amount_cents: int
    fee_cents: int

    @property
    def key(self) -> tuple[str, str]:
        return self.kind, self.reference


@stored("payments.provider_account_opened")
class ProviderAccountOpened(Created):
    """The first statement of a provider came."""

    provider: str
    currency: str

    def apply(self, aggregate: "ProviderAccount") -> None:
        aggregate.provider, aggregate.currency = self.provider, self.currency
        aggregate.told_until = None


@stored("payments.provider_statement_taken")
class ProviderStatementTaken(Event):
    """Rows that were not known yet; `amount_cents` of fees is booked now, negative where they are given back.

    `told_until` is the last day that the provider has told of so far.
    """

    provider: str
    sha256: str
    rows: list[StatementRow]
    amount_cents: int
    currency: str
    told_until: date

    def apply(self, aggregate: "ProviderAccount") -> None:
        aggregate.told_until = self.told_until


class StatementRefused(Exception):
    """A provider's statement that is not taken; `slug` says which rule."""

    slug = "statement_refused"


class StatementContradicts(StatementRefused):
    """A row says something else than a row of the same kind and reference did."""

    slug = "statement_contradicts"


class CurrencyDiffers(StatementRefused):
    """The provider accounts in another currency."""

    slug = "statement_currency_differs"


class ProviderAccount(Aggregate):
    """A provider's account with the city."""

    BEGINS = (ProviderAccountOpened,)

    provider: str
    currency: str
    told_until: date | None

    @classmethod
    def open(cls, *, provider: str, currency: str, now: datetime) -> "ProviderAccount":
        return cls.begin(
            ProviderAccountOpened, id=account_id(provider), now=now, provider=provider, currency=currency
        )

    def take(
        self, rows: Sequence[StatementRow], *, currency: str, sha256: str,
        known: Mapping[tuple[str, str], StatementRow], fees_told: int, now: datetime,
    ) -> Sequence[StatementRow]:  # fmt: skip
        """The rows that are new; a statement without any books nothing.

        `known` are the rows of the same keys that were taken before, `fees_told` the fees that are booked
        for the payments of new rows. Raises StatementContradicts, CurrencyDiffers.
        """
        if currency != self.currency:
            raise CurrencyDiffers(f"the account is in {self.currency}")
        seen = dict(known)
        new = []
        for row in rows:
            before = seen.get(row.key)
            if before is None:
                seen[row.key] = row
                new.append(row)
            elif before != row:
                raise StatementContradicts(f"{row.kind} {row.reference} was told otherwise before")
        last = max([row.day for row in rows] + ([self.told_until] if self.told_until else []))
        if new or last != self.told_until:
            self.emit(
                ProviderStatementTaken, now=now, provider=self.provider, sha256=sha256, rows=new,
                amount_cents=sum(row.fee_cents for row in new) - fees_told, currency=self.currency,
                told_until=last,
            )  # fmt: skip
        return new


def account_id(provider: str) -> UUID:
    """The stream of a provider's account."""
    return derived_id("provider-account", provider)
