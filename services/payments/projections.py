"""Read models: claims, attempts, ledger lines, and what the cash office has to see to."""

from collections.abc import Iterable

from services.payments.domain.arrangement_events import DebitArranged, DebitArrangementEnded
from services.payments.domain.cash_events import CashEntryVoided
from services.payments.domain.dunning_events import DunningStepTaken
from services.payments.domain.events import (
    AttemptAbandoned,
    AttemptOpened,
    ClaimCancelled,
    MoneyTaskOffset,
    MoneyTaskSettled,
    PartReceived,
    PayByMoved,
    PayerReminded,
    PaymentApproved,
    PaymentFailed,
    PaymentRequested,
    PaymentSettled,
    PaymentStarted,
    PaymentUnclear,
    RefundFellDue,
    SurplusReceived,
)
from services.payments.domain.ledger import POSTINGS, entry
from services.payments.domain.money import is_receipt
from services.payments.domain.money_tasks import REFUND
from services.payments.domain.reduction_events import ClaimReduced
from services.payments.domain.refund_events import RefundSettled
from services.payments.domain.return_events import PaymentReversed, RefundedElsewhere
from shared.domain import Event, type_of
from shared.log import Meta, Projections, Sealer
from shared.log.projection import Patch

PROJECTIONS = Projections()
CLAIMS = PROJECTIONS.table(
    "claim", ("claim_id",),
    ("case_id", "account_id", "kassenzeichen", "amount_cents", "currency", "state", "requested_at",
     "settled_at", "service", "cost_object", "pay_by", "due_on", "step", "instalment",
     "mandate_id", "case_number"),
)  # fmt: skip
ATTEMPTS = PROJECTIONS.table(
    "attempt", ("attempt_id",),
    ("claim_id", "method", "state", "reference", "opened_at", "left_at", "provider", "amount_cents", "found",
     "voucher", "found_by", "found_at"),
)  # fmt: skip
LEDGER = PROJECTIONS.table(
    "ledger_line", ("claim_id", "version", "line"), ("account", "cents", "currency", "event", "booked_at")
)
MONEY_TASKS = PROJECTIONS.table(
    "money_task", ("claim_id", "version"),
    ("kind", "amount_cents", "currency", "since", "settled_at", "how", "under_way", "proposed_how",
     "proposed_voucher", "proposed_by", "proposed_at"),
)  # fmt: skip

_ATTEMPT_STATES = {AttemptAbandoned: "abandoned", PaymentApproved: "approved", PaymentUnclear: "unclear"}
_STATES = {PaymentSettled: "settled", ClaimCancelled: "cancelled", RefundFellDue: "refund_due"}


@PROJECTIONS.on(PaymentRequested)
def claim_is_open(event: PaymentRequested, meta: Meta, seal: Sealer) -> Iterable[Patch]:
    yield CLAIMS, (str(event.originator_id),), {
        "case_id": event.case_id, "account_id": event.account_id, "kassenzeichen": event.kassenzeichen,
        "amount_cents": event.amount_cents, "currency": event.currency, "state": "open",
        "requested_at": event.timestamp, "service": event.service, "cost_object": event.cost_object,
        "pay_by": event.pay_by, "due_on": event.pay_by, "instalment": event.instalment,
        "case_number": event.case_number,
    }  # fmt: skip


@PROJECTIONS.on(PaymentSettled, ClaimCancelled, RefundFellDue)
def claim_has_ended(event: Event, meta: Meta, seal: Sealer) -> Iterable[Patch]:
    values: dict[str, object] = {"state": _STATES[type(event)]}
    if isinstance(event, PaymentSettled):
        values["settled_at"] = event.timestamp
    yield CLAIMS, (str(event.originator_id),), values


@PROJECTIONS.on(ClaimReduced)
def claim_is_reduced(event: ClaimReduced, meta: Meta, seal: Sealer) -> Iterable[Patch]:
    values: dict[str, object] = {"amount_cents": event.fee_cents}
    if not event.owed_cents:
        values |= {"state": "settled", "settled_at": event.timestamp}
    yield CLAIMS, (str(event.originator_id),), values


@PROJECTIONS.on(PaymentReversed)
def claim_is_open_again(event: PaymentReversed, meta: Meta, seal: Sealer) -> Iterable[Patch]:
    if event.owed_cents:
        yield CLAIMS, (str(event.originator_id),), {
            "state": "open", "settled_at": None, "due_on": event.timestamp.date(), "step": None,
        }  # fmt: skip
    if not is_receipt(event.provider):
        yield ATTEMPTS, (str(event.payment_id),), {"state": "reversed"}


@PROJECTIONS.on(PayByMoved)
def claim_is_due_later(event: PayByMoved, meta: Meta, seal: Sealer) -> Iterable[Patch]:
    yield CLAIMS, (str(event.originator_id),), {"pay_by": event.pay_by, "due_on": event.pay_by}


@PROJECTIONS.on(CashEntryVoided)
def entry_is_undone(event: CashEntryVoided, meta: Meta, seal: Sealer) -> Iterable[Patch]:
    if event.task_version is None:
        yield CLAIMS, (str(event.originator_id),), {"state": "open", "settled_at": None}
    else:
        place = (str(event.originator_id), event.task_version)
        yield MONEY_TASKS, place, {"settled_at": event.timestamp, "how": "entry_voided", "under_way": False}


@PROJECTIONS.on(PayerReminded, DunningStepTaken)
def claim_is_dunned(event: PayerReminded | DunningStepTaken, meta: Meta, seal: Sealer) -> Iterable[Patch]:
    yield CLAIMS, (str(event.originator_id),), {"step": event.step}


@PROJECTIONS.on(DebitArranged)
def claim_is_arranged(event: DebitArranged, meta: Meta, seal: Sealer) -> Iterable[Patch]:
    yield CLAIMS, (str(event.originator_id),), {"mandate_id": event.mandate_id}


@PROJECTIONS.on(DebitArrangementEnded)
def claim_is_its_payers(event: DebitArrangementEnded, meta: Meta, seal: Sealer) -> Iterable[Patch]:
    yield CLAIMS, (str(event.originator_id),), {"mandate_id": None}


@PROJECTIONS.on(MoneyTaskSettled, MoneyTaskOffset, RefundSettled, RefundedElsewhere)
def claim_is_refunded(
    event: MoneyTaskSettled | MoneyTaskOffset | RefundSettled | RefundedElsewhere, meta: Meta, seal: Sealer
) -> Iterable[Patch]:
    if event.condition:
        yield CLAIMS, (str(event.originator_id),), {"state": event.condition}


@PROJECTIONS.on(AttemptOpened)
def attempt_is_open(event: AttemptOpened, meta: Meta, seal: Sealer) -> Iterable[Patch]:
    yield ATTEMPTS, (str(event.attempt_id),), {
        "claim_id": event.originator_id, "method": event.method, "state": "opened",
        "opened_at": event.timestamp,
    }  # fmt: skip


@PROJECTIONS.on(PaymentStarted)
def attempt_has_started(event: PaymentStarted, meta: Meta, seal: Sealer) -> Iterable[Patch]:
    yield ATTEMPTS, (str(event.attempt_id),), {"state": "started", "reference": event.reference}


@PROJECTIONS.on(AttemptAbandoned, PaymentApproved, PaymentFailed, PaymentUnclear)
def attempt_has_moved(
    event: AttemptAbandoned | PaymentApproved | PaymentFailed | PaymentUnclear, meta: Meta, seal: Sealer
) -> Iterable[Patch]:
    state = event.outcome if isinstance(event, PaymentFailed) else _ATTEMPT_STATES[type(event)]
    yield ATTEMPTS, (str(event.attempt_id),), {"state": state}


@PROJECTIONS.on(PartReceived, PaymentSettled, SurplusReceived)
def attempt_has_succeeded(
    event: PartReceived | PaymentSettled | SurplusReceived, meta: Meta, seal: Sealer
) -> Iterable[Patch]:
    if not is_receipt(event.provider):
        attempt_id = event.payment_id if isinstance(event, PartReceived) else event.attempt_id
        yield ATTEMPTS, (str(attempt_id),), {"state": "succeeded"}


@PROJECTIONS.on(*POSTINGS)
def ledger_is_written(event: Event, meta: Meta, seal: Sealer) -> Iterable[Patch]:
    for number, line in enumerate(entry(event)):
        yield LEDGER, (str(event.originator_id), event.originator_version, number), {
            "account": line.account, "cents": line.cents, "currency": line.currency,
            "event": type_of(event).name, "booked_at": event.timestamp,
        }  # fmt: skip


@PROJECTIONS.on(SurplusReceived, RefundFellDue)
def money_task_is_set(event: SurplusReceived | RefundFellDue, meta: Meta, seal: Sealer) -> Iterable[Patch]:
    kind = event.reason if isinstance(event, SurplusReceived) else REFUND
    yield MONEY_TASKS, (str(event.originator_id), event.originator_version), {
        "kind": kind, "amount_cents": event.amount_cents, "currency": event.currency,
        "since": event.timestamp,
    }  # fmt: skip


@PROJECTIONS.on(MoneyTaskSettled, MoneyTaskOffset, RefundSettled)
def money_task_is_done(
    event: MoneyTaskSettled | MoneyTaskOffset | RefundSettled, meta: Meta, seal: Sealer
) -> Iterable[Patch]:
    place = (str(event.originator_id), event.task_version)
    if isinstance(event, MoneyTaskOffset) and event.left_cents:
        yield MONEY_TASKS, place, {"amount_cents": event.left_cents}
        return
    how = event.how if isinstance(event, MoneyTaskSettled) else "returned_by_provider"
    yield MONEY_TASKS, place, {
        "settled_at": event.timestamp, "under_way": False,
        "how": "offset_by_reversal" if isinstance(event, MoneyTaskOffset) else how,
    }  # fmt: skip


@PROJECTIONS.on(RefundedElsewhere)
def money_task_was_done_elsewhere(event: RefundedElsewhere, meta: Meta, seal: Sealer) -> Iterable[Patch]:
    """What waited is done, or less of it waits; each part that was given beside that is a task of its own."""
    claim_id = str(event.originator_id)
    done = {"settled_at": event.timestamp, "how": "returned_by_provider", "under_way": False}
    parts = [(one.kind, one.amount_cents) for one in event.returned if one.left_cents]
    for kind, cents in (*parts, *([(event.kind, event.given_up_cents)] if event.given_up_cents else ())):
        yield MONEY_TASKS, (claim_id, event.originator_version), {
            "kind": kind, "amount_cents": cents, "currency": event.currency, "since": event.timestamp, **done,
        }  # fmt: skip
    for one in event.returned:
        left: dict[str, object] = {"amount_cents": one.left_cents}
        yield MONEY_TASKS, (claim_id, one.task_version), left if one.left_cents else done
