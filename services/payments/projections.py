"""Read models: claims, attempts, ledger lines, and what the cash office has to see to."""

from collections.abc import Iterable

from services.payments.domain.events import (
    AttemptAbandoned,
    AttemptOpened,
    ClaimCancelled,
    MoneyTaskSettled,
    PaymentFailed,
    PaymentRequested,
    PaymentSettled,
    PaymentStarted,
    PaymentUnclear,
    RefundFellDue,
    SurplusReceived,
)
from services.payments.domain.ledger import entry
from services.payments.domain.money_tasks import REFUND, Settled
from shared.domain import Event, type_of
from shared.log import Meta, Projections, Sealer
from shared.log.projection import Patch

PROJECTIONS = Projections()
CLAIMS = PROJECTIONS.table(
    "claim", ("claim_id",),
    ("case_id", "account_id", "kassenzeichen", "amount_cents", "currency", "state", "requested_at",
     "settled_at"),
)  # fmt: skip
ATTEMPTS = PROJECTIONS.table(
    "attempt", ("attempt_id",), ("claim_id", "method", "state", "reference", "opened_at")
)
LEDGER = PROJECTIONS.table(
    "ledger_line", ("claim_id", "version", "line"), ("account", "cents", "event", "booked_at")
)
MONEY_TASKS = PROJECTIONS.table(
    "money_task", ("claim_id", "version"), ("kind", "amount_cents", "currency", "since", "settled_at", "how")
)

_STATES = {PaymentSettled: "settled", ClaimCancelled: "cancelled", RefundFellDue: "refund_due"}


@PROJECTIONS.on(PaymentRequested)
def claim_is_open(event: PaymentRequested, meta: Meta, seal: Sealer) -> Iterable[Patch]:
    yield CLAIMS, (str(event.originator_id),), {
        "case_id": event.case_id, "account_id": event.account_id, "kassenzeichen": event.kassenzeichen,
        "amount_cents": event.amount_cents, "currency": event.currency, "state": "open",
        "requested_at": event.timestamp,
    }  # fmt: skip


@PROJECTIONS.on(PaymentSettled, ClaimCancelled, RefundFellDue)
def claim_has_ended(event: Event, meta: Meta, seal: Sealer) -> Iterable[Patch]:
    values: dict[str, object] = {"state": _STATES[type(event)]}
    if isinstance(event, PaymentSettled):
        values["settled_at"] = event.timestamp
    yield CLAIMS, (str(event.originator_id),), values


@PROJECTIONS.on(AttemptOpened)
def attempt_is_open(event: AttemptOpened, meta: Meta, seal: Sealer) -> Iterable[Patch]:
    yield ATTEMPTS, (str(event.attempt_id),), {
        "claim_id": event.originator_id, "method": event.method, "state": "opened",
        "opened_at": event.timestamp,
    }  # fmt: skip


@PROJECTIONS.on(PaymentStarted)
def attempt_has_started(event: PaymentStarted, meta: Meta, seal: Sealer) -> Iterable[Patch]:
    yield ATTEMPTS, (str(event.attempt_id),), {"state": "started", "reference": event.reference}


@PROJECTIONS.on(AttemptAbandoned, PaymentFailed, PaymentUnclear, PaymentSettled, SurplusReceived)
def attempt_has_an_outcome(
    event: AttemptAbandoned | PaymentFailed | PaymentUnclear | PaymentSettled | SurplusReceived,
    meta: Meta,
    seal: Sealer,
) -> Iterable[Patch]:
    state = {AttemptAbandoned: "abandoned", PaymentUnclear: "unclear"}.get(type(event), "succeeded")
    if isinstance(event, PaymentFailed):
        state = event.outcome
    yield ATTEMPTS, (str(event.attempt_id),), {"state": state}


@PROJECTIONS.on(
    PaymentRequested, PaymentSettled, SurplusReceived, ClaimCancelled, RefundFellDue, MoneyTaskSettled
)
def ledger_is_written(event: Event, meta: Meta, seal: Sealer) -> Iterable[Patch]:
    for number, line in enumerate(entry(event)):
        yield LEDGER, (str(event.originator_id), event.originator_version, number), {
            "account": line.account, "cents": line.cents, "event": type_of(event).name,
            "booked_at": event.timestamp,
        }  # fmt: skip


@PROJECTIONS.on(SurplusReceived, RefundFellDue)
def money_task_is_set(event: SurplusReceived | RefundFellDue, meta: Meta, seal: Sealer) -> Iterable[Patch]:
    kind = event.reason if isinstance(event, SurplusReceived) else REFUND
    currency = event.currency if isinstance(event, SurplusReceived) else "EUR"
    yield MONEY_TASKS, (str(event.originator_id), event.originator_version), {
        "kind": kind, "amount_cents": event.amount_cents, "currency": currency, "since": event.timestamp,
    }  # fmt: skip


@PROJECTIONS.on(MoneyTaskSettled)
def money_task_is_done(event: MoneyTaskSettled, meta: Meta, seal: Sealer) -> Iterable[Patch]:
    claim = (str(event.originator_id),)
    yield MONEY_TASKS, (*claim, event.task_version), {"settled_at": event.timestamp, "how": event.how}
    if event.kind == REFUND:
        kept = event.how == Settled.KEPT_BY_AGREEMENT
        yield CLAIMS, claim, {"state": "refund_waived" if kept else "refunded"}
