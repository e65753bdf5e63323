"""Read model of what one person said of money above the limit, until a second one has decided on it."""

from collections.abc import Iterable

from services.payments import undecided_projections
from services.payments.domain.settlement_events import SettlementDeclined, SettlementProposed
from services.payments.projections import MONEY_TASKS
from shared.log import Meta, Sealer
from shared.log.projection import Patch

PROJECTIONS = undecided_projections.PROJECTIONS


@PROJECTIONS.on(SettlementProposed)
def settlement_waits(event: SettlementProposed, meta: Meta, seal: Sealer) -> Iterable[Patch]:
    yield MONEY_TASKS, (str(event.originator_id), event.task_version), {
        "proposed_how": event.how, "proposed_voucher": event.voucher, "proposed_by": event.proposed_by,
        "proposed_at": event.timestamp,
    }  # fmt: skip


@PROJECTIONS.on(SettlementDeclined)
def settlement_is_declined(event: SettlementDeclined, meta: Meta, seal: Sealer) -> Iterable[Patch]:
    yield MONEY_TASKS, (str(event.originator_id), event.task_version), {
        "proposed_how": None, "proposed_voucher": None, "proposed_by": None, "proposed_at": None,
    }  # fmt: skip
