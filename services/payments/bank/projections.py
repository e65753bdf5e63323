"""Read models of mandates, debits, collections, statements and what these brought."""

import json
from collections.abc import Iterable
from typing import Any, Final

from services.payments.domain import debit_events as debits
from services.payments.domain import mandate_events as mandates
from services.payments.domain.bank_item import (
    BankItemAllocated,
    BankItemMatched,
    BankItemReceived,
    BankItemReturnDeclined,
    BankItemReturnProposed,
    BankItemSentBack,
    BankItemToldAgain,
)
from services.payments.domain.bank_statement import StatementTaken
from services.payments.domain.collection import (
    CollectionAnswered,
    CollectionClosed,
    CollectionFiled,
    CollectionOpened,
    CollectionSubmitted,
)
from services.payments.domain.payout_events import (
    PayoutDeclined,
    PayoutFound,
    PayoutProposed,
    PayoutUndone,
)
from services.payments.projections import PROJECTIONS
from shared.domain import Event, Redacted
from shared.log import Meta, Sealer, Table
from shared.log.projection import Patch

MANDATES: Final = PROJECTIONS.table(
    "mandate", ("mandate_id",),
    ("account_id", "reference", "kind", "state", "iban", "holder", "signed_on", "last_used_on",
     "proposed_at", "suspended_for", "suspended_at"),
)  # fmt: skip
DEBITS: Final = PROJECTIONS.table(
    "debit", ("debit_id",),
    ("claim_id", "account_id", "mandate_id", "reference", "amount_cents", "due", "presentation", "state",
     "collection_id", "sequence", "code", "concern"),
)  # fmt: skip
COLLECTIONS: Final = PROJECTIONS.table(
    "collection", ("collection_id",),
    ("message_id", "filed_on", "state", "sha256", "debits", "amount_cents", "status", "submitted_at"),
)  # fmt: skip
STATEMENTS: Final = PROJECTIONS.table(
    "statement", ("statement_id",),
    ("file_id", "account", "identifier", "sequence", "year", "opening_cents", "closing_cents", "entries",
     "missing", "taken_at", "currency", "page", "is_last_page", "closing_on", "gap_cents"),
)  # fmt: skip
BANK_ITEMS: Final = PROJECTIONS.table(
    "bank_item", ("item_id",),
    ("statement_id", "file_id", "cents", "currency", "booked_on", "outcome", "claim_id", "proposals",
     "since", "detail", "proposed_voucher", "proposed_by", "proposed_at", "provider", "proposed_provider",
     "batch", "left_cents", "bank_reference", "reversal"),
)  # fmt: skip
LINES: Final = Table("collection_line", ("collection_id", "debit_id"), ("line",), write_once=True)
"""No read model: what is put into a file, sealed; it goes with the filing of its debit."""

_MANDATE_STATES: Final = {
    mandates.MandateActivated: "active", mandates.MandateAmended: "active",
    mandates.MandateSuspended: "suspended", mandates.MandateResumed: "active",
    mandates.MandateCleared: "active", mandates.MandateReleased: "active",
    mandates.MandateRevoked: "revoked", mandates.MandateLapsed: "lapsed",
}  # fmt: skip
_DEBIT_STATES: Final = {
    debits.DebitBooked: "booked", debits.DebitRejected: "rejected", debits.DebitReturned: "returned",
    debits.DebitCancelled: "cancelled",
}  # fmt: skip


_NOTHING_PROPOSED: Final = {"proposed_provider": None, "proposed_by": None, "proposed_at": None}


def _at(event: Any) -> tuple[str]:
    return (str(event.originator_id),)


def _sealed(event: Any, seal: Sealer, column: str) -> bytes | None:
    value = getattr(event, column)
    if isinstance(value, Redacted):
        return None
    return seal(MANDATES, _at(event), column, value.encode())


@PROJECTIONS.on(mandates.MandateProposed)
def mandate_is_proposed(event: mandates.MandateProposed, meta: Meta, seal: Sealer) -> Iterable[Patch]:
    yield MANDATES, _at(event), {
        "account_id": event.account_id, "reference": event.reference, "kind": event.kind,
        "state": "proposed", "iban": _sealed(event, seal, "iban"), "holder": _sealed(event, seal, "holder"),
        "proposed_at": event.timestamp,
    }  # fmt: skip


@PROJECTIONS.on(*_MANDATE_STATES)
def mandate_has_moved(event: Event, meta: Meta, seal: Sealer) -> Iterable[Patch]:
    values: dict[str, object] = {"state": _MANDATE_STATES[type(event)]}
    if isinstance(event, mandates.MandateActivated):
        values["signed_on"] = event.signed_on
    if isinstance(event, mandates.MandateAmended):
        values["iban"] = _sealed(event, seal, "iban")
        values["holder"] = _sealed(event, seal, "holder")
    if isinstance(event, mandates.MandateSuspended):
        values |= {"suspended_for": event.reason, "suspended_at": event.timestamp}
    yield MANDATES, _at(event), values


@PROJECTIONS.on(mandates.MandateCollected)
def mandate_is_used(event: mandates.MandateCollected, meta: Meta, seal: Sealer) -> Iterable[Patch]:
    state = "used_up" if event.sequence in ("OOFF", "FNAL") else "active"
    yield MANDATES, _at(event), {"last_used_on": event.due, "state": state}


@PROJECTIONS.on(debits.DebitAnnounced)
def debit_is_announced(event: debits.DebitAnnounced, meta: Meta, seal: Sealer) -> Iterable[Patch]:
    yield DEBITS, _at(event), {
        "claim_id": event.claim_id, "account_id": event.account_id, "mandate_id": event.mandate_id,
        "reference": event.reference, "amount_cents": event.amount_cents, "due": event.due,
        "presentation": event.presentation, "state": "announced",
    }  # fmt: skip


@PROJECTIONS.on(debits.DebitFiled)
def debit_is_filed(event: debits.DebitFiled, meta: Meta, seal: Sealer) -> Iterable[Patch]:
    yield DEBITS, _at(event), {
        "state": "filed", "collection_id": event.collection_id, "sequence": event.sequence, "due": event.due,
    }  # fmt: skip


@PROJECTIONS.on(debits.DebitPutOff)
def debit_is_put_off(event: debits.DebitPutOff, meta: Meta, seal: Sealer) -> Iterable[Patch]:
    yield DEBITS, _at(event), {"due": event.due}


@PROJECTIONS.on(*_DEBIT_STATES)
def debit_is_decided(event: Event, meta: Meta, seal: Sealer) -> Iterable[Patch]:
    values: dict[str, object] = {"state": _DEBIT_STATES[type(event)]}
    if isinstance(event, debits.DebitRejected | debits.DebitReturned):
        values |= {"code": event.code, "concern": event.concern}
    yield DEBITS, _at(event), values


@PROJECTIONS.on(CollectionOpened)
def collection_is_open(event: CollectionOpened, meta: Meta, seal: Sealer) -> Iterable[Patch]:
    yield COLLECTIONS, _at(event), {
        "message_id": event.message_id, "filed_on": event.filed_on, "state": "open",
    }  # fmt: skip


@PROJECTIONS.on(CollectionClosed, CollectionFiled, CollectionSubmitted, CollectionAnswered)
def collection_has_moved(event: Event, meta: Meta, seal: Sealer) -> Iterable[Patch]:
    match event:
        case CollectionClosed():
            values: dict[str, object] = {"state": "closed"}
        case CollectionFiled():
            values = {"state": "filed", "sha256": event.sha256, "debits": event.debits,
                                         "amount_cents": event.amount_cents}  # fmt: skip
        case CollectionSubmitted():
            values = {"state": "submitted", "submitted_at": event.timestamp}
        case CollectionAnswered():
            values = {"status": event.status}
        case _:
            return
    yield COLLECTIONS, _at(event), values


@PROJECTIONS.on(StatementTaken)
def statement_is_taken(event: StatementTaken, meta: Meta, seal: Sealer) -> Iterable[Patch]:
    same = ("file_id", "account", "identifier", "sequence", "year", "opening_cents", "closing_cents",
            "entries", "missing", "currency", "page", "is_last_page", "closing_on",
            "gap_cents")  # fmt: skip
    yield STATEMENTS, _at(event), {
        **{name: getattr(event, name) for name in same}, "taken_at": event.timestamp,
    }  # fmt: skip


@PROJECTIONS.on(BankItemReceived)
def bank_item_is_there(event: BankItemReceived, meta: Meta, seal: Sealer) -> Iterable[Patch]:
    said = [event.name, event.iban, event.text]
    detail = None
    if not any(isinstance(value, Redacted) for value in said):
        detail = seal(BANK_ITEMS, _at(event), "detail", json.dumps(said).encode())
    yield BANK_ITEMS, _at(event), {
        "statement_id": event.statement_id, "file_id": event.file_id, "cents": event.amount_cents,
        "currency": event.currency, "booked_on": event.booked_on, "outcome": event.outcome,
        "claim_id": event.claim_id, "proposals": ",".join(map(str, event.proposals)),
        "since": event.timestamp, "detail": detail, "provider": event.provider, "batch": event.group,
        "left_cents": event.amount_cents, "bank_reference": event.bank_reference, "reversal": event.reversal,
    }  # fmt: skip


@PROJECTIONS.on(BankItemMatched)
def bank_item_is_matched(event: BankItemMatched, meta: Meta, seal: Sealer) -> Iterable[Patch]:
    done = {} if event.left_cents else {"outcome": "debit"}
    yield BANK_ITEMS, _at(event), {"left_cents": event.left_cents, **done}


@PROJECTIONS.on(BankItemToldAgain)
def bank_item_is_told_again(event: BankItemToldAgain, meta: Meta, seal: Sealer) -> Iterable[Patch]:
    """What a sum has that no other entry told is all that counts of it."""
    worth = {"outcome": "debit", "cents": event.own_cents} if event.own_cents else {"outcome": "known"}
    yield BANK_ITEMS, _at(event), {"left_cents": 0, **worth}


@PROJECTIONS.on(BankItemAllocated, BankItemSentBack)
def bank_item_has_its_place(event: Event, meta: Meta, seal: Sealer) -> Iterable[Patch]:
    if isinstance(event, BankItemAllocated):
        yield BANK_ITEMS, _at(event), {"outcome": "allocated", "claim_id": event.claim_id}
    else:
        yield BANK_ITEMS, _at(event), {"outcome": "sent_back"}


@PROJECTIONS.on(BankItemReturnProposed, BankItemReturnDeclined)
def return_waits_or_not(
    event: BankItemReturnProposed | BankItemReturnDeclined, meta: Meta, seal: Sealer
) -> Iterable[Patch]:
    said: tuple[object, ...] = (None, None, None)
    if isinstance(event, BankItemReturnProposed):
        said = (event.voucher, event.proposed_by, event.timestamp)
    names = ("proposed_voucher", "proposed_by", "proposed_at")
    yield BANK_ITEMS, _at(event), dict(zip(names, said, strict=True))


@PROJECTIONS.on(PayoutFound, PayoutUndone)
def payout_is_found_or_not(event: PayoutFound | PayoutUndone, meta: Meta, seal: Sealer) -> Iterable[Patch]:
    found = isinstance(event, PayoutFound)
    yield BANK_ITEMS, _at(event), {
        "outcome": "payout" if found else "unallocated", "provider": event.provider if found else "",
        **_NOTHING_PROPOSED,
    }  # fmt: skip


@PROJECTIONS.on(PayoutProposed, PayoutDeclined)
def payout_waits_or_not(event: PayoutProposed | PayoutDeclined, meta: Meta, seal: Sealer) -> Iterable[Patch]:
    if isinstance(event, PayoutDeclined):
        yield BANK_ITEMS, _at(event), _NOTHING_PROPOSED
        return
    yield BANK_ITEMS, _at(event), {
        "proposed_provider": event.provider, "proposed_by": event.proposed_by,
        "proposed_at": event.timestamp,
    }  # fmt: skip
