"""What a bank says of an account: entries, their transactions, and whether the sums are true."""

import hashlib
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Transaction:
    """One payment within an entry. `cents` are signed: positive where money came to the account.

    `original_cents` is what the payment was about before charges (never negative); `charges_cents` what banks
    took beside it. `reason` is the code of a return, empty for what is none. `name`, `iban` and `text` say
    who and what for: personal data.
    """

    cents: int
    original_cents: int
    charges_cents: int = 0
    end_to_end_id: str = ""
    mandate: str = ""
    bank_reference: str = ""
    reason: str = ""
    name: str = ""
    iban: str = ""
    text: str = ""
    reference: str = ""

    @property
    def is_return(self) -> bool:
        return bool(self.reason)


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a statement. `status` is BOOK, PDNG or INFO; `code` such as `PMNT/RDDT/UPDD`.

    `count` is how many transactions it stands for; a batch booking may come without them, and then names
    the group of our file that it is about in `group`.
    """

    cents: int
    currency: str
    status: str
    booked: date | None
    valued: date | None
    bank_reference: str
    code: str
    reversal: bool
    count: int
    group: str
    transactions: tuple[Transaction, ...]

    @property
    def is_booked(self) -> bool:
        return self.status == "BOOK"

    @property
    def adds_up(self) -> bool:
        """Whether its transactions are worth what the entry is."""
        return not self.transactions or sum(one.cents for one in self.transactions) == self.cents


@dataclass(frozen=True, slots=True)
class Statement:
    """One account's statement (camt.053), or a notification of some entries (camt.054: no balances).

    Balances are signed cents of `currency`. `sequence` rises by one from statement to statement of an account
    and year. A statement of several pages has one name: each is told by itself, with the balances at its own
    beginning and end, the last one `is_last_page`. `closing_on` is the day of the closing balance.
    """

    kind: str
    identifier: str
    sequence: int | None
    created: datetime | None
    account: str
    currency: str
    opening_cents: int | None
    closing_cents: int | None
    entries: tuple[Entry, ...]
    page: int = 1
    is_last_page: bool = True
    closing_on: date | None = None

    @property
    def has_balances(self) -> bool:
        return self.opening_cents is not None and self.closing_cents is not None

    @property
    def difference_cents(self) -> int:
        """Opening balance and booked entries against the closing balance: 0 where the statement is true. An
        entry in another currency than the balances moves none of them."""
        if self.opening_cents is None or self.closing_cents is None:
            return 0
        booked = sum(
            entry.cents for entry in self.entries
            if entry.is_booked and entry.currency in ("", self.currency)
        )  # fmt: skip
        return self.opening_cents + booked - self.closing_cents

    @property
    def year(self) -> int | None:
        """The year that its sequence number counts in."""
        days = [entry.booked for entry in self.entries if entry.booked]
        return max(days).year if days else (self.created.year if self.created else None)

    @property
    def digest(self) -> str:
        """The same for the same statement, in whatever file and version it is told."""
        what = (self.account, self.identifier, self.sequence, self.opening_cents, self.closing_cents)
        return hashlib.sha256(repr((what, self.keys())).encode()).hexdigest()

    def keys(self) -> list[str]:
        """A key for each entry: the same entry told again has the same, two entries never share one.

        Made of the bank's reference, day and amount; like entries of one statement are counted through. On a
        further page what has no reference is told apart by the page too.
        """
        seen: Counter[tuple[object, ...]] = Counter()
        found = []
        for entry in self.entries:
            inner = tuple((one.end_to_end_id, one.bank_reference) for one in entry.transactions)
            what: tuple[object, ...] = (
                self.account,
                entry.booked,
                entry.cents,
                entry.bank_reference,
                entry.code,
            )
            if not entry.bank_reference:
                what = (*what, entry.valued, inner, *((one.text, one.iban) for one in entry.transactions))
                what += ("page", self.page) if self.page > 1 else ()
            seen[what] += 1
            found.append(hashlib.sha256(repr((what, seen[what])).encode()).hexdigest()[:32])
        return found
