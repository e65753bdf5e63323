"""Read model of money that came or went: one row for each event that moves it, by where it lies.

`kind` is payment, surplus, refund, reversal, payout, fee or unallocated; `cents` is positive where money
came, and negative too for a payment that was a mistake of the till; `charges_cents` is what was kept for it.
Over a provider their sum is the balance of its account in the ledger.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from services.payments import settlement_projections
from services.payments.domain.bank_item import (
    WAITING,
    BankItemAllocated,
    BankItemMatched,
    BankItemReceived,
    BankItemSentBack,
    BankItemToldAgain,
    Outcome,
)
from services.payments.domain.cash_events import CashEntryVoided
from services.payments.domain.events import (
    MoneyTaskSettled,
    PartReceived,
    PaymentSettled,
    ProviderFeeCharged,
    SurplusReceived,
)
from services.payments.domain.money import BANK
from services.payments.domain.money_tasks import Settled
from services.payments.domain.payout_events import ProviderPaidOut
from services.payments.domain.provider_account import ProviderStatementTaken
from services.payments.domain.refund_events import RefundRecognised, RefundSettled
from services.payments.domain.return_events import PaymentReversed, RefundedElsewhere, ReversalUndone
from shared.log import Meta, Sealer
from shared.log.projection import Patch

PROJECTIONS = settlement_projections.PROJECTIONS
MOVEMENTS: Final = PROJECTIONS.table(
    "movement", ("stream_id", "version"),
    ("kind", "claim_id", "payment_id", "refund_id", "provider", "method", "reference", "backend_id", "code",
     "cents", "charges_cents", "currency", "booked_at"),
)  # fmt: skip
Incoming = PartReceived | PaymentSettled | SurplusReceived
BankWord = BankItemReceived | BankItemAllocated | BankItemMatched | BankItemToldAgain | BankItemSentBack


def _patch(event: Any, kind: str, provider: str, cents: int, **values: Any) -> Patch:
    row: Mapping[str, Any] = {
        "kind": kind, "claim_id": event.originator_id, "payment_id": None, "refund_id": None,
        "provider": provider, "method": "", "reference": "", "backend_id": None, "code": "", "cents": cents,
        "charges_cents": 0, "currency": event.currency, "booked_at": event.timestamp, **values,
    }  # fmt: skip
    return MOVEMENTS, (str(event.originator_id), event.originator_version), row


@PROJECTIONS.on(PartReceived, PaymentSettled, SurplusReceived)
def money_came(event: Incoming, meta: Meta, seal: Sealer) -> Iterable[Patch]:
    payment_id = event.payment_id if isinstance(event, PartReceived) else event.attempt_id
    surplus = isinstance(event, SurplusReceived)
    yield _patch(
        event, "surplus" if surplus else "payment", event.provider, event.amount_cents,
        payment_id=payment_id, method=event.method, reference=event.reference, backend_id=event.backend_id,
        code=event.reason if isinstance(event, SurplusReceived) else event.code,
    )  # fmt: skip


@PROJECTIONS.on(ProviderFeeCharged)
def fee_was_kept(event: ProviderFeeCharged, meta: Meta, seal: Sealer) -> Iterable[Patch]:
    yield _patch(event, "fee", event.provider, -event.amount_cents, payment_id=event.payment_id)


@PROJECTIONS.on(ProviderStatementTaken)
def fees_were_told(event: ProviderStatementTaken, meta: Meta, seal: Sealer) -> Iterable[Patch]:
    if event.amount_cents:
        yield _patch(event, "fee", event.provider, -event.amount_cents, claim_id=None)


@PROJECTIONS.on(ProviderPaidOut)
def money_left_the_provider(event: ProviderPaidOut, meta: Meta, seal: Sealer) -> Iterable[Patch]:
    yield _patch(
        event, "payout", event.provider, -event.amount_cents, claim_id=None, reference=event.reference
    )  # fmt: skip


@PROJECTIONS.on(PaymentReversed)
def money_was_taken_back(event: PaymentReversed, meta: Meta, seal: Sealer) -> Iterable[Patch]:
    yield _patch(
        event, "reversal", event.provider, -event.owed_cents - event.reclaimable_cents,
        payment_id=event.payment_id, reference=event.reference, backend_id=event.backend_id, code=event.code,
        charges_cents=-event.charges_cents,
    )  # fmt: skip


@PROJECTIONS.on(ReversalUndone)
def money_made_up_for_what_was_gone_twice(event: ReversalUndone, meta: Meta, seal: Sealer) -> Iterable[Patch]:
    """The rest comes as a payment or a surplus."""
    if event.reclaimable_cents:
        yield _patch(
            event, "reversal", event.provider, event.reclaimable_cents, payment_id=event.payment_id,
            reference=event.reference, backend_id=event.backend_id, code=event.code,
        )  # fmt: skip


@PROJECTIONS.on(RefundedElsewhere)
def money_was_given_back_elsewhere(event: RefundedElsewhere, meta: Meta, seal: Sealer) -> Iterable[Patch]:
    cents = event.returned_cents + event.given_up_cents + event.owed_cents + event.reclaimable_cents
    yield _patch(
        event, "refund", event.provider, -cents, payment_id=event.payment_id, reference=event.reference,
        backend_id=event.backend_id, code=event.code,
    )  # fmt: skip


@PROJECTIONS.on(CashEntryVoided)
def entry_was_undone(event: CashEntryVoided, meta: Meta, seal: Sealer) -> Iterable[Patch]:
    yield _patch(
        event, "payment" if event.task_version is None else "surplus", event.provider, -event.amount_cents,
        payment_id=event.payment_id, method=event.method, reference=event.reference, code=event.reason,
    )  # fmt: skip


@PROJECTIONS.on(RefundSettled)
def money_was_given_back(event: RefundSettled, meta: Meta, seal: Sealer) -> Iterable[Patch]:
    yield _patch(
        event, "refund", event.provider, -event.amount_cents, refund_id=event.refund_id,
        reference=event.reference, code=event.code,
    )  # fmt: skip


@PROJECTIONS.on(MoneyTaskSettled)
def money_was_given_back_by_hand(event: MoneyTaskSettled, meta: Meta, seal: Sealer) -> Iterable[Patch]:
    how = Settled(event.how)
    if how is Settled.KEPT_BY_AGREEMENT:
        return
    place = BANK if how is Settled.RETURNED_BY_TRANSFER else event.provider
    yield _patch(
        event, "refund", place, -event.amount_cents, refund_id=event.refund_id, reference=event.voucher,
        code=event.how,
    )  # fmt: skip


@PROJECTIONS.on(RefundRecognised)
def refund_by_hand_has_a_name(event: RefundRecognised, meta: Meta, seal: Sealer) -> Iterable[Patch]:
    """The provider's own, under which its statement has it."""
    yield MOVEMENTS, (str(event.originator_id), event.settled_version), {"backend_id": event.reference}


@PROJECTIONS.on(BankItemReceived, BankItemAllocated, BankItemMatched, BankItemToldAgain, BankItemSentBack)
def money_waits_at_the_bank(event: BankWord, meta: Meta, seal: Sealer) -> Iterable[Patch]:
    """On the account `unallocated` until it has a claim, whose own event then says that it came. A payout
    that a person finds in it moves nothing at the bank."""
    kind = "unallocated"
    match event:
        case BankItemReceived() if event.outcome == Outcome.PAYOUT:
            kind, cents, reference = "payout", event.amount_cents, str(event.originator_id)
        case BankItemReceived() if event.outcome in WAITING:
            cents, reference = event.amount_cents, str(event.originator_id)
        case BankItemAllocated() | BankItemMatched():
            cents, reference = -event.amount_cents, str(event.originator_id)
        case BankItemToldAgain() if event.amount_cents:
            cents, reference = -event.amount_cents, str(event.originator_id)
        case BankItemSentBack():
            cents, reference = -event.amount_cents, event.voucher
        case _:
            return
    yield _patch(event, kind, BANK, cents, claim_id=None, reference=reference)
