"""Bookings as a cash office takes them: the ledger's lines with a side, and a reversal as a negative amount.

A line of an entry becomes one booking: debit is S (Soll), credit H (Haben). An entry that undoes another is
booked on the sides of that one with the sign turned round (Generalumkehr), so that neither side is inflated.
What a reversal cost is no reversal: where its line holds both, there are two bookings of it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from services.payments.domain.bank_item import (
    BankItemAllocated,
    BankItemMatched,
    BankItemReceived,
    BankItemSentBack,
    BankItemToldAgain,
    Outcome,
)
from services.payments.domain.cash_events import CashEntryVoided
from services.payments.domain.events import ClaimCancelled
from services.payments.domain.ledger import Line, entry
from services.payments.domain.money import BANK, held_in
from services.payments.domain.payout_events import PayoutFound, PayoutUndone, ProviderPaidOut
from services.payments.domain.provider_account import ProviderStatementTaken
from services.payments.domain.reduction_events import ClaimReduced
from services.payments.domain.return_events import PaymentReversed
from shared.domain import Event, type_of

UNDOING: Final = (
    PaymentReversed, ClaimCancelled, ClaimReduced, BankItemAllocated, BankItemMatched, BankItemToldAgain,
    CashEntryVoided, PayoutUndone,
)  # fmt: skip
"""Events that take back what an earlier one booked."""
OF_NO_CLAIM: Final = (
    BankItemReceived, BankItemMatched, BankItemToldAgain, BankItemSentBack, ProviderStatementTaken,
    ProviderPaidOut, PayoutFound, PayoutUndone,
)  # fmt: skip
TEXTS: Final[Mapping[str, str]] = {
    "payments.payment_requested": "Forderung",
    "payments.part_received": "Teilzahlung",
    "payments.dunning_step_taken": "Mahngebühr",
    "payments.payment_settled": "Zahlung",
    "payments.surplus_received": "Überzahlung",
    "payments.provider_fee_charged": "Entgelt des Zahlungsanbieters",
    "payments.provider_statement_taken": "Entgelte laut Abrechnung des Zahlungsanbieters",
    "payments.payment_reversed": "Rückbuchung",
    "payments.reversal_undone": "Rückbuchung aufgehoben",
    "payments.refunded_elsewhere": "Erstattung durch den Zahlungsanbieter",
    "payments.cash_entry_voided": "Storno einer Bareinzahlung",
    "payments.claim_cancelled": "Forderung abgesetzt",
    "payments.claim_reduced": "Forderung teilweise abgesetzt",
    "payments.refund_fell_due": "Erstattung fällig",
    "payments.refund_requested": "Erstattung fällig",
    "payments.refund_approved": "Erstattung fällig",
    "payments.refund_settled": "Erstattung",
    "payments.money_task_offset": "Verrechnung mit Rückbuchung",
    "payments.money_task_settled": "Überzahlung oder Erstattung erledigt",
    "payments.bank_item_received": "Ungeklärte Einzahlung",
    "payments.bank_item_allocated": "Ungeklärte Einzahlung zugeordnet",
    "payments.bank_item_matched": "Ungeklärte Einzahlung als Lastschriften gebucht",
    "payments.bank_item_told_again": "Ungeklärte Einzahlung war schon gebucht",
    "payments.bank_item_sent_back": "Ungeklärte Einzahlung zurückgegeben",
    "payments.provider_paid_out": "Auszahlung des Zahlungsanbieters",
    "payments.payout_found": "Einzahlung ist Auszahlung eines Zahlungsanbieters",
    "payments.payout_undone": "Einzahlung ist keine Auszahlung eines Zahlungsanbieters",
}
"""What a booking is about, in the words of the cash office, by stored name."""
PAYOUT_CAME: Final = "Auszahlung eines Zahlungsanbieters eingegangen"


_WAITED: Final = (
    BankItemReceived, BankItemAllocated, BankItemMatched, BankItemToldAgain, BankItemSentBack,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Booking:
    """One line of an entry; `entry` is the event's stream and version, `cents` negative where it undoes.

    `claim_id` is whose Kassenzeichen it bears, None for money that no claim has.
    """

    entry: str
    line: int
    claim_id: UUID | None
    booked_at: datetime
    account: str
    side: Literal["S", "H"]
    cents: int
    currency: str
    method: str
    provider: str
    reference: str
    text: str
    undoes: bool


def bookings(event: Event) -> Sequence[Booking]:
    """An event's bookings; none where it moves nothing. Raises Unbalanced."""
    lines = entry(event)
    if not lines:
        return ()
    method, provider, reference = _way(event)
    place, claim_id = f"{event.originator_id}/{event.originator_version}", _claim_of(event)
    return [
        Booking(
            place, number, claim_id, event.timestamp, line.account, *_sided(line, undoes), line.currency,
            method, provider, reference, _text(event), undoes,
        )
        for number, (line, undoes) in enumerate(_marked(event, lines))
    ]  # fmt: skip


def _text(event: Event) -> str:
    if isinstance(event, BankItemReceived) and event.outcome == Outcome.PAYOUT:
        return PAYOUT_CAME
    return TEXTS[type_of(event).name]


def _marked(event: Event, lines: Sequence[Line]) -> Iterator[tuple[Line, bool]]:
    """Each line with whether it takes something back."""
    undoes = isinstance(event, UNDOING)
    charges = event.charges_cents if isinstance(event, PaymentReversed) else 0
    for line in lines:
        if charges and line.account == "charges":
            yield line, False
        elif isinstance(event, PaymentReversed) and charges and line.account == held_in(event.provider):
            yield Line(line.account, line.cents + charges, line.currency), True
            yield Line(line.account, -charges, line.currency), False
        else:
            yield line, undoes


def _sided(line: Line, undoes: bool) -> tuple[Literal["S", "H"], int]:
    debit = (line.cents > 0) != undoes
    amount = abs(line.cents)
    return ("S" if debit else "H"), (-amount if undoes else amount)


def _claim_of(event: Event) -> UUID | None:
    if isinstance(event, BankItemAllocated):
        return event.claim_id
    return None if isinstance(event, OF_NO_CLAIM) else event.originator_id


def _way(event: Any) -> tuple[str, str, str]:
    """Method, provider and its reference, as far as the event says so."""
    provider = getattr(event, "provider", "")
    reference = getattr(event, "reference", "") or getattr(event, "voucher", "")
    if isinstance(event, _WAITED):
        provider, reference = BANK, reference or str(event.originator_id)
    elif isinstance(event, PayoutFound | PayoutUndone):
        reference = str(event.originator_id)
    return getattr(event, "method", ""), provider, reference
