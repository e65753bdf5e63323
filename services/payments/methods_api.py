"""HTTP of the offer: which ways to pay there are, and the operator's switches."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from services.payments.domain.money import BANK
from services.payments.domain.switchboard import SWITCHBOARD, Kind, Switchboard
from services.payments.offer import Offer, SwitchedOff, Way
from services.payments.providers.port import Method
from shared.log import StreamNotFound, Unit
from shared.service import Runtime
from shared.web.problems import Problem
from shared.web.tokens import Caller, require

Reader = Annotated[Caller, Depends(require("citizen", "clerk", "treasurer", "operator", "service"))]
Operator = Annotated[Caller, Depends(require("operator"))]
Staff = Annotated[Caller, Depends(require("operator", "treasurer", "clerk"))]
WHO_SEES_WHY: Final = frozenset({"operator", "treasurer", "clerk"})


class SwitchTo(BaseModel):
    """On or off; `reason` is for colleagues and names nobody."""

    model_config = ConfigDict(extra="forbid")

    on: bool
    reason: str = Field(min_length=3, max_length=200)


def methods_router(runtime: Runtime, offer: Offer) -> APIRouter:
    """Everybody sees what is offered; staff also why something is not."""
    router = APIRouter(tags=["methods"])
    _reading(router, runtime, offer)
    _switches(router, runtime, offer)
    return router


def _reading(router: APIRouter, runtime: Runtime, offer: Offer) -> None:
    """What is offered, and why something is not."""

    def provisional(way: Way) -> bool:
        of_bank = way.provider == BANK and way.method is Method.DIRECT_DEBIT
        return of_bank or runtime.settings.payment_provisional_days.get(way.method.value, 0) > 0

    @router.get("/methods")
    async def list_methods(caller: Reader) -> dict[str, Any]:
        """The ways to pay that are offered now, which of them go to the city's own account, which the payer
        may have back for a while (`provisional`), and all there are with the reason where one is not."""
        ways = await offer.ways(runtime.clock.now())
        why = bool(WHO_SEES_WHY & caller.roles)
        return {
            "methods": [way.method.value for way in ways if way.provider],
            "of_bank": [way.method.value for way in ways if way.provider == BANK],
            "provisional": [way.method.value for way in ways if way.provider and provisional(way)],
            "all": [
                {
                    "method": way.method.value, "offered": way.provider is not None, "out": way.out,
                    **({"provider": way.provider, **_switched(way.off)} if why else {}),
                }
                for way in ways
            ],
        }  # fmt: skip

    @router.get("/providers")
    async def list_providers(_caller: Staff) -> dict[str, Any]:
        """Who is set up, switched on or off, and whether their own failures keep them out of the offer.

        `failures` in a row and `failing_until` are what this process has counted.
        """
        now = runtime.clock.now()
        return {
            "providers": [
                {
                    "provider": one.provider, "methods": one.methods, "on": one.off is None,
                    **_switched(one.off), "failures": one.failures, "failing_until": one.out_until,
                }
                for one in await offer.providers_now(now)
            ]
        }  # fmt: skip


def _switches(router: APIRouter, runtime: Runtime, offer: Offer) -> None:
    """On and off, by the operator."""

    @router.put("/methods/{method}")
    async def switch_method(method: str, to: SwitchTo, caller: Operator) -> dict[str, Any]:
        """Takes a way to pay out of the offer, or puts it back; attempts under way go on."""
        if method not in set(offer.methods):
            raise Problem("method_unknown", 404, "There is no such way to pay here")
        await _switch(runtime.unit_for(caller), "method", Method(method).value, to)
        return {"method": method, "on": to.on, "reason": to.reason}

    @router.put("/providers/{provider}")
    async def switch_provider(provider: str, to: SwitchTo, caller: Operator) -> dict[str, Any]:
        """The same for all that a provider offers."""
        if provider not in offer.providers.by_name:
            raise Problem("provider_unknown", 404, "No such provider is set up here")
        await _switch(runtime.unit_for(caller), "provider", provider, to)
        return {"provider": provider, "on": to.on, "reason": to.reason}


def _switched(off: SwitchedOff | None) -> dict[str, Any]:
    """Why and since when, and whether the way's own switch or its provider's."""
    if off is None:
        return {"reason": "", "since": None, "switch": None}
    return {"reason": off.reason, "since": off.since, "switch": off.kind}


async def _switch(unit: Unit, kind: Kind, name: str, to: SwitchTo) -> None:
    await turn(unit, kind, name, on=to.on, reason=to.reason)
    await unit.commit()


async def turn(unit: Unit, kind: Kind, name: str, *, on: bool, reason: str) -> None:
    """Takes the switching into the unit."""
    try:
        board = await unit.load(Switchboard, SWITCHBOARD)
    except StreamNotFound:
        board = Switchboard.set_up(now=unit.now)
    board.switch(kind, name, is_on=on, reason=reason, now=unit.now)
    await unit.save(board)


async def switch_as_told(payload: Mapping[str, Any], unit: Unit) -> None:
    """The task of the operator's command."""
    await turn(unit, payload["kind"], payload["name"], on=payload["on"], reason=payload["reason"])
