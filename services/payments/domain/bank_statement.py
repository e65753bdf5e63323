"""A statement of the city's account: taken once, known again by its file, whole or not at all."""

from datetime import datetime
from uuid import UUID

from shared.domain import Aggregate, Created, stored


@stored("payments.statement_taken")
class StatementTaken(Created):
    """Every entry of a statement is in the books. `missing` statements should have come before it."""

    file_id: UUID
    sha256: str
    account: str
    identifier: str
    sequence: int | None
    year: int | None
    opening_cents: int | None
    closing_cents: int | None
    entries: int
    missing: int

    def apply(self, aggregate: "BankStatement") -> None:
        aggregate.sha256 = self.sha256


class StatementRefused(Exception):
    """A statement that is not taken into the books; `slug` says which rule."""

    slug = "statement_refused"


class NotTrue(StatementRefused):
    """Opening balance and entries do not make the closing balance: nothing of it is booked."""

    slug = "statement_does_not_add_up"


class IdentifierReused(StatementRefused):
    """A statement of this name was taken, and it said something else."""

    slug = "statement_identifier_reused"


class ForeignAccount(StatementRefused):
    """It is about an account that is not the city's."""

    slug = "statement_of_another_account"


class BankStatement(Aggregate):
    """One statement that was taken."""

    BEGINS = (StatementTaken,)

    sha256: str

    @classmethod
    def take(
        cls, *, id: UUID, now: datetime, file_id: UUID, sha256: str, account: str, identifier: str,
        sequence: int | None, year: int | None, opening_cents: int | None, closing_cents: int | None,
        entries: int, missing: int, difference_cents: int,
    ) -> "BankStatement":  # fmt: skip
        """A statement whose entries are all in the books. Raises NotTrue."""
        if difference_cents:
            raise NotTrue(f"{difference_cents} cents are missing or too many")
        return cls.begin(
            StatementTaken, id=id, now=now, file_id=file_id, sha256=sha256, account=account,
            identifier=identifier, sequence=sequence, year=year, opening_cents=opening_cents,
            closing_cents=closing_cents, entries=entries, missing=missing,
        )  # fmt: skip

    def is_known(self, sha256: str) -> bool:
        """Whether this is the same told again. Raises IdentifierReused where it says something else."""
        if sha256 != self.sha256:
            raise IdentifierReused("the bank has used the statement's name for another one")
        return True
