"""The same money told by two entries: by a statement, and by a notification before or behind it.

A statement tells each movement of the account once, since it adds up; a notification moves no balance. So
what both kinds tell of one debit and day is the same money. What one kind tells twice may be money that came
twice, and no program decides that.

A transfer, in or out, and what takes one back (Storno) have no name of ours. They are the same where day,
signed amount, payer and text are, and each telling stands for one of the other kind: of two alike that a
notification told, a statement tells two. A storno is none of a transfer.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from services.payments.bank.debiting import alarm
from services.payments.domain.bank_item import Outcome

KINDS: Final[Mapping[str, str]] = {"camt.053": "statement", "camt.054": "notification"}


@dataclass(frozen=True, slots=True)
class Telling:
    """Which kind of message told an entry, and the day that it was booked on."""

    kind: str
    booked_on: date | None


def told_again(debit_id: UUID, first: Telling | None, now: Telling) -> Outcome:
    """What a debit's money is that an entry told before; `first` is None where that entry cannot be found."""
    if first is not None and first.kind != now.kind and first.booked_on == now.booked_on:
        return Outcome.KNOWN
    alarm("debit_told_twice", debit=str(debit_id))
    return Outcome.REPEATED


Mark = tuple[bool, date | None, int, str, str, str]
NOBODY: Final = ("", "")
"""The end of the mark of what told no more than its amount."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """Money that came or went, as an entry told it; `claim_id` where it named a claim, `kind` of KINDS.

    `cents` are signed; `reversal` says that it takes an entry of the bank's back.
    """

    kind: str
    file_id: UUID
    booked_on: date | None
    cents: int
    currency: str
    claim_id: UUID | None
    name: str
    iban: str
    text: str
    reversal: bool = False

    @property
    def is_bare(self) -> bool:
        """Whether only its amount was told."""
        return not (self.name or self.iban or self.text)

    @property
    def mark(self) -> Mark:
        """By what it is known again, whatever blanks, case and line ends a message has."""
        payer = _plain(self.iban or self.name)
        return self.reversal, self.booked_on, self.cents, self.currency, payer, _plain(self.text)

    @property
    def sums_with(self) -> tuple[date | None, str, bool, bool]:
        """Only transfers that have this in common come in one sum."""
        return self.booked_on, self.currency, self.reversal, self.cents > 0


def _plain(text: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", text.upper())


class Transfers:
    """What was told before of the days of a message, against which each of its transfers is held."""

    def __init__(self, kind: str, file_id: UUID, told: Iterable[Transfer]) -> None:
        self._kind = kind
        self._open: dict[Mark, list[UUID | None]] = defaultdict(list)
        self._sums: dict[tuple[UUID, object], list[int]] = defaultdict(list)
        self._elsewhere: Counter[Mark] = Counter()
        own = []
        for one in told:
            if one.kind == kind:
                own.append(one)
                continue
            self._open[one.mark].append(one.claim_id)
            if not one.is_bare:
                self._sums[one.file_id, one.sums_with].append(one.cents)
        for one in own:
            self._stands_for_one(one)
            self._elsewhere[one.mark] += one.file_id != file_id

    def place(self, transfer: Transfer, count: int) -> Outcome | None:
        """KNOWN for what was certainly told, REPEATED for what may have been, None for what is new; `count`
        is how many transfers a bare amount stands for."""
        if transfer.is_bare:
            outcome = self._bare(transfer, count)
        elif self._stands_for_one(transfer):
            return Outcome.KNOWN
        else:
            again = self._kind == "notification" and self._elsewhere[transfer.mark]
            outcome = Outcome.REPEATED if again or self._may_be_told(transfer) else None
        if outcome is Outcome.REPEATED:
            alarm("transfer_told_twice", file=str(transfer.file_id))
        return outcome

    def _stands_for_one(self, transfer: Transfer) -> bool:
        """Whether the other kind told one like it that none of this kind stands for; it does from now on."""
        told = self._open.get(transfer.mark, [])
        for claim_id in told:
            if _agree(claim_id, transfer.claim_id):
                told.remove(claim_id)
                return True
        return False

    def _may_be_told(self, transfer: Transfer) -> bool:
        """Whether one of the same amount that none stands for may be it: where one of both tells no more, and
        among stornos, which messages seldom word alike."""
        loose = transfer.is_bare or transfer.reversal
        return any(
            mark[:4] == transfer.mark[:4]
            and (loose or mark[4:] == NOBODY)
            and any(_agree(claim_id, transfer.claim_id) for claim_id in told)
            for mark, told in self._open.items()
        )

    def _bare(self, transfer: Transfer, count: int) -> Outcome | None:
        """A sum is known where one message told as many transfers of the day that are worth it."""
        for (_, shared), cents in self._sums.items():
            if shared == transfer.sums_with and len(cents) == count > 1 and sum(cents) == transfer.cents:
                cents.clear()
                return Outcome.KNOWN
        return Outcome.REPEATED if self._may_be_told(transfer) else None


def _agree(one: UUID | None, other: UUID | None) -> bool:
    """Whether what names these claims may be the same."""
    return None in (one, other) or one == other
