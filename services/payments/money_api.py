"""HTTP of the cash office: what became of a claim, or of all claims of a case, with every booking."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from itertools import accumulate
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.encoders import jsonable_encoder

from services.payments import queries
from services.payments.books.treasury_api import today
from services.payments.domain.case_money import Sums, balance_of, in_one_line, sums_of
from services.payments.domain.claim import Claim
from services.payments.domain.ledger import entry
from shared.domain import Event, type_of
from shared.log.reading import Recorded
from shared.service import Runtime
from shared.web.problems import Problem
from shared.web.tokens import Caller, require

CashOffice = Annotated[Caller, Depends(require("treasurer", "clerk"))]
MOST: Final = 200
PLACE: Final = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}:[0-9]{1,9}$"
NOT_SHOWN: Final = frozenset({"account_id", "case_number", "return_url", "language"})


@dataclass(frozen=True, slots=True)
class CaseMoney:
    """The claims of a case, each with its events as they were recorded; at least one."""

    claims: Sequence[Claim]
    recorded: Sequence[Sequence[Recorded]]

    @property
    def currency(self) -> str:
        return self.claims[0].currency


def money_router(runtime: Runtime) -> APIRouter:
    """For treasurers and clerks."""
    router = APIRouter(tags=["money"])

    @router.get("/claims/{claim_id}/money")
    async def read_money(claim_id: UUID, _caller: CashOffice) -> dict[str, Any]:
        """Every event of the claim: who caused it, what it says and what it booked."""
        await runtime.unit().load(Claim, claim_id)
        recorded = await runtime.log.reader.stream(claim_id)
        return {"claim_id": claim_id, "events": [_booked(one.event, one.meta.actor) for one in recorded]}

    @router.get("/cases/{case_id}/money")
    async def read_money_of_case(
        case_id: UUID,
        _caller: CashOffice,
        after: Annotated[str | None, Query(pattern=PLACE)] = None,
        limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
    ) -> Any:
        """All claims of a case and all that became of them, the newest event first, each with the balance of
        the whole case after it; `next` is the `after` of the next page."""
        money = await _of_case(runtime, case_id)
        events, following = _page(money, after, limit)
        day = today(runtime)
        return jsonable_encoder({
            "case_id": case_id, "case_number": money.claims[0].case_number,
            "account_id": money.claims[0].account_id, "currency": money.currency,
            "totals": _totals(money), "claims": _claims(money, day), "events": events, "next": following,
        })  # fmt: skip

    return router


async def _of_case(runtime: Runtime, case_id: UUID) -> CaseMoney:
    """Raises Problem where the case has no claim."""
    ids = await queries.claims_of_case(runtime.pool, case_id)
    if not ids:
        raise Problem("not_found", 404, "There is no claim of this case")
    claims = [await runtime.unit().load(Claim, claim_id) for claim_id in ids]
    return CaseMoney(claims, [await runtime.log.reader.stream(claim_id) for claim_id in ids])


def _totals(money: CaseMoney) -> dict[str, Any]:
    sums = _sums(money.currency, [one for events in money.recorded for one in events])
    owed = sum(claim.owed_cents for claim in money.claims)
    return {**asdict(sums), "balance_cents": sums.balance_cents, "owed_cents": owed}


def _claims(money: CaseMoney, day: date) -> list[dict[str, Any]]:
    return [
        {
            "claim_id": claim.id, "kassenzeichen": claim.kassenzeichen, "instalment": claim.instalment,
            "instalment_count": claim.instalment_count, "state": queries.citizen_state(claim),
            "requested_at": claim.created_on, "pay_by": claim.pay_by,
            "overdue": queries.is_overdue(claim, day), "owed_cents": claim.owed_cents,
            **asdict(_sums(money.currency, events)),
        }
        for claim, events in zip(money.claims, money.recorded, strict=True)
    ]  # fmt: skip


def _sums(currency: str, recorded: Sequence[Recorded]) -> Sums:
    return sum((sums_of(one.event, currency) for one in recorded), start=Sums())


def _page(money: CaseMoney, after: str | None, limit: int) -> tuple[list[dict[str, Any]], str | None]:
    """The events behind a place, the newest first, and the place to go on from where there are more."""
    actors = {_place(one.event): one.meta.actor for events in money.recorded for one in events}
    line = in_one_line([[one.event for one in events] for events in money.recorded])
    balances = accumulate(balance_of(event, money.currency) for event in line)
    newest = [(_place(event), event, cents) for event, cents in zip(line, balances, strict=True)][::-1]
    if after is not None:
        if after not in actors:
            raise Problem("invalid", 422, "This names no event of the case")
        newest = newest[[place for place, *_ in newest].index(after) + 1 :]
    shown = [
        {"claim_id": event.originator_id, **_booked(event, actors[place]), "balance_cents": cents}
        for place, event, cents in newest[:limit]
    ]
    return shown, newest[limit - 1][0] if len(newest) > limit else None


def _place(event: Event) -> str:
    return f"{event.originator_id}:{event.originator_version}"


def _booked(event: Event, actor: str) -> dict[str, Any]:
    said = {name: getattr(event, name) for name in type_of(event).fields if name not in NOT_SHOWN}
    lines = [
        {"account": line.account, "cents": line.cents, "currency": line.currency} for line in entry(event)
    ]
    return {
        "version": event.originator_version, "event": type_of(event).name, "at": event.timestamp,
        "actor": actor, "says": said, "lines": lines,
    }  # fmt: skip
