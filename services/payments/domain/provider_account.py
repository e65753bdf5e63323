"""What a provider says it took in, gave back and kept: its statements, each row taken once.

Invariant: a row is known by its kind and reference; told again it is the same or the statement is refused.
What a statement tells of a fee is what the books have of it: with a row its fee is booked, less what the
provider's own word had told before, and a word that comes later books none. A payout is on its way from then
on until the bank tells of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, get_args
from uuid import UUID

from services.payments.domain.payout_events import ProviderPaidOut
from shared.domain import Aggregate, Created, Event, stored
from shared.ids import derived_id

RowKind = Literal["payment", "refund", "reversal", "payout", "fee"]
ROW_KINDS: tuple[RowKind, ...] = get_args(RowKind)
Key = tuple[str, str]
"""Kind and reference of a row."""


@dataclass(frozen=True, slots=True)
class StatementRow:
    """One row: `amount_cents` is positive for a payment, negative for refund and reversal, 0 for a fee alone;
    negative for a payout, positive for one that came back.

    `fee_cents` is what the provider kept for it, negative where it gave a fee back.
    """

    day: date
    kind: RowKind
    reference: str
    amount_cents: int
    fee_cents: int

    @property
    def key(self) -> Key:
        return self.kind, self.reference

    @property
    def is_signed_well(self) -> bool:
        """Whether the amount goes the kind's way."""
        cents = self.amount_cents
        match self.kind:
            case "payment":
                return cents > 0
            case "refund" | "reversal":
                return cents < 0
            case "payout":
                return cents != 0
            case "fee":
                return cents == 0


@stored("payments.provider_account_opened")
class ProviderAccountOpened(Created):
    """The first statement of a provider came."""

    provider: str
    currency: str

    def apply(self, aggregate: "ProviderAccount") -> None:
        aggregate.provider, aggregate.currency = self.provider, self.currency
        aggregate.told_until = None


@stored("payments.provider_statement_taken", version=2)
class ProviderStatementTaken(Event):
    """Rows that were not known yet; `amount_cents` of fees is booked now, negative where they are given back.

    `booked` is what of it is for each of `rows`, in their order; None where only the sum was kept.
    `told_until` is the last day that the provider has told of so far.
    """

    provider: str
    sha256: str
    rows: list[StatementRow]
    amount_cents: int
    currency: str
    told_until: date
    booked: list[int] | None

    @staticmethod
    def upcast_v1_v2(state: dict[str, Any]) -> None:
        state["booked"] = None

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
        known: Mapping[Key, StatementRow], fees_told: Mapping[Key, int], now: datetime,
    ) -> Sequence[StatementRow]:  # fmt: skip
        """The rows that are new; a statement without any books nothing.

        `known` are the rows of the same keys that were taken before, `fees_told` what is booked already of
        the fees of new rows. Raises StatementContradicts, CurrencyDiffers.
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
            booked = [row.fee_cents - fees_told.get(row.key, 0) for row in new]
            self.emit(
                ProviderStatementTaken, now=now, provider=self.provider, sha256=sha256, rows=new,
                amount_cents=sum(booked), currency=self.currency, told_until=last, booked=booked,
            )  # fmt: skip
        for row in new:
            if row.kind == "payout":
                self.emit(ProviderPaidOut, now=now, provider=self.provider, reference=row.reference,
                          day=row.day, amount_cents=-row.amount_cents, currency=self.currency)  # fmt: skip
        return new


def account_id(provider: str) -> UUID:
    """The stream of a provider's account."""
    return derived_id("provider-account", provider)
