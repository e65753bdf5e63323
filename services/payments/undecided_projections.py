"""Read model of attempts that their providers left undecided, with what was found of them."""

from collections.abc import Iterable

from services.payments import refund_projections
from services.payments.domain.undecided_events import (
    AttemptFindingConfirmed,
    AttemptFindingDeclined,
    AttemptFindingProposed,
    AttemptLeftUndecided,
)
from services.payments.projections import ATTEMPTS
from shared.log import Meta, Sealer
from shared.log.projection import Patch

PROJECTIONS = refund_projections.PROJECTIONS
_NOTHING_FOUND: dict[str, object] = {"found": None, "voucher": None, "found_by": None, "found_at": None}


@PROJECTIONS.on(AttemptLeftUndecided)
def attempt_waits_for_people(event: AttemptLeftUndecided, meta: Meta, seal: Sealer) -> Iterable[Patch]:
    yield ATTEMPTS, (str(event.attempt_id),), {
        "left_at": event.timestamp, "provider": event.provider, "amount_cents": event.amount_cents,
    }  # fmt: skip


@PROJECTIONS.on(AttemptFindingProposed)
def finding_waits(event: AttemptFindingProposed, meta: Meta, seal: Sealer) -> Iterable[Patch]:
    yield ATTEMPTS, (str(event.attempt_id),), {
        "found": event.found, "voucher": event.voucher, "found_by": event.found_by,
        "found_at": event.timestamp,
    }  # fmt: skip


@PROJECTIONS.on(AttemptFindingConfirmed, AttemptFindingDeclined)
def finding_is_decided(
    event: AttemptFindingConfirmed | AttemptFindingDeclined, meta: Meta, seal: Sealer
) -> Iterable[Patch]:
    yield ATTEMPTS, (str(event.attempt_id),), _NOTHING_FOUND
