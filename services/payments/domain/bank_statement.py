"""A statement of the city's account: taken once, known again by its file, whole or not at all."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from shared.domain import Aggregate, Created, stored


@dataclass(frozen=True, slots=True)
class Told:
    """What a statement, or one page of it, says of its place in the account's history; cents are signed."""

    year: int | None
    sequence: int | None
    page: int
    is_last_page: bool
    opening_cents: int | None
    closing_cents: int | None


@dataclass(frozen=True, slots=True)
class Gap:
    """What is not there between two statements that follow each other: how many statements or pages, and by
    how many cents the second opens above what the first closed with."""

    missing: int
    cents: int

    def __bool__(self) -> bool:
        return bool(self.missing or self.cents)


def gap_between(before: Told | None, after: Told) -> Gap:
    """`before` is the latest one that comes before, None for the first that is told at all: nothing is
    known to be missing before it, save the pages of its own."""
    if before is None:
        return Gap(after.page - 1, 0)
    cents = 0
    if before.closing_cents is not None and after.opening_cents is not None:
        cents = after.opening_cents - before.closing_cents
    return Gap(_missing(before, after), cents)


def _missing(before: Told, after: Told) -> int:
    if (before.year, before.sequence) == (after.year, after.sequence) and after.page > 1:
        return max(after.page - before.page - 1, 0)
    pages = after.page - 1 + (not before.is_last_page)
    if before.sequence is None or after.sequence is None:
        return pages
    first = before.sequence + 1
    if before.year != after.year and after.sequence < first:
        first = 1  # a new year begins at 1, where the bank does not count on
    return max(after.sequence - first, 0) + pages


@stored("payments.statement_taken", version=2)
class StatementTaken(Created):
    """Every entry of a statement, or of one page of it, is in the books.

    `missing` statements or pages should have come before it, and it opened `gap_cents` above what the last
    one closed with. In old events the gap was not looked at, and `closing_on` is missing.
    """

    file_id: UUID
    sha256: str
    account: str
    currency: str
    identifier: str
    sequence: int | None
    year: int | None
    page: int
    is_last_page: bool
    opening_cents: int | None
    closing_cents: int | None
    closing_on: date | None
    entries: int
    missing: int
    gap_cents: int

    @staticmethod
    def upcast_v1_v2(state: dict[str, Any]) -> None:
        state |= {"currency": "EUR", "page": 1, "is_last_page": True, "closing_on": None, "gap_cents": 0}

    def apply(self, aggregate: "BankStatement") -> None:
        aggregate.sha256 = self.sha256


class StatementRefused(Exception):
    """A statement that is not taken into the books; `slug` says which rule."""

    slug = "statement_refused"


class NotTrue(StatementRefused):
    """Opening balance and entries do not make the closing balance: nothing of it is booked."""

    slug = "statement_does_not_add_up"


class WithoutBalances(StatementRefused):
    """It does not say what was on the account before and after: whether it is true cannot be told."""

    slug = "statement_without_balances"


class IdentifierReused(StatementRefused):
    """A statement of this name was taken, and it said something else."""

    slug = "statement_identifier_reused"


class ForeignAccount(StatementRefused):
    """It is about an account that is not the city's."""

    slug = "statement_of_another_account"


class BankStatement(Aggregate):
    """One statement that was taken, or one page of it."""

    BEGINS = (StatementTaken,)

    sha256: str

    @classmethod
    def take(
        cls, *, id: UUID, now: datetime, file_id: UUID, sha256: str, account: str, currency: str,
        identifier: str, told: Told, closing_on: date | None, entries: int, gap: Gap, difference_cents: int,
    ) -> "BankStatement":  # fmt: skip
        """A statement whose entries are all in the books. Raises NotTrue, WithoutBalances."""
        if told.opening_cents is None or told.closing_cents is None:
            raise WithoutBalances("a statement says what was on the account before and after")
        if difference_cents:
            raise NotTrue(f"{difference_cents} cents are missing or too many")
        return cls.begin(
            StatementTaken, id=id, now=now, file_id=file_id, sha256=sha256, account=account,
            currency=currency, identifier=identifier, sequence=told.sequence, year=told.year, page=told.page,
            is_last_page=told.is_last_page, opening_cents=told.opening_cents,
            closing_cents=told.closing_cents, closing_on=closing_on, entries=entries, missing=gap.missing,
            gap_cents=gap.cents,
        )  # fmt: skip

    def is_known(self, sha256: str) -> bool:
        """Whether this is the same told again. Raises IdentifierReused where it says something else."""
        if sha256 != self.sha256:
            raise IdentifierReused("the bank has used the statement's name for another one")
        return True
