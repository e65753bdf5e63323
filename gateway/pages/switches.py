"""The operator's page: which ways to pay and providers are on, and the switch with its reason."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from gateway.pages.answers import problem_key
from gateway.pages.money_words import method_words, place_words
from gateway.views.forms import Field
from gateway.views.frame import Tone
from gateway.views.switches import Switch, SwitchesPage, SwitchPage
from gateway.visit import Visit, staff
from shared.web.calls import RemoteProblem

PURPOSE: Final = "payment-offer"
HERE: Final = "/arbeit/zahlarten"
SHORTEST_REASON, LONGEST_REASON = 3, 200
TONES: Final[dict[str, Tone]] = {
    "on": "success", "switched_off": "danger", "provider_failing": "warning", "retired": "info",
}  # fmt: skip
_REFUSALS: Final = frozenset({404, 409, 422})


@staff("operator")
async def show_switches(visit: Visit) -> Response:
    methods, providers = await _switches(visit)
    return visit.page(SwitchesPage(methods=methods, providers=providers))


@staff("operator")
async def show_switch(visit: Visit) -> Response:
    return visit.page(await _page(visit))


@staff("operator")
async def turn(visit: Visit) -> Response:
    """Switches what was confirmed, and nothing where it has been switched meanwhile."""
    form = await visit.form()
    reason, wanted = form.get("reason", "").strip(), form.get("wanted", "")
    switch = await _switch(visit)
    if wanted != ("on" if switch.is_off else "off"):
        return visit.page(await _page(visit, "changed_meanwhile", reason), 409)
    if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
        return visit.page(await _page(visit, "switch_reason_missing", reason), 422)
    path = f"/{switch.kind}s/{switch.name}"
    said = {"on": wanted == "on", "reason": reason}
    try:
        await visit.request_to("PUT", "payments", path, purpose=PURPOSE, json=said)
    except RemoteProblem as refused:
        if refused.status not in _REFUSALS:
            raise
        return visit.page(await _page(visit, problem_key(visit.t, refused), reason), refused.status)
    return visit.redirect(HERE, f"switched_{wanted}")


async def _page(visit: Visit, message: str = "", reason: str = "") -> SwitchPage:
    switch = await _switch(visit)
    return SwitchPage(
        switch=switch,
        reason=Field(
            name="reason", kind="text", label=visit.t("switch.reason"), hint=visit.t("switch.reason_hint"),
            value=reason, max_length=LONGEST_REASON, autocomplete="off",
            error=visit.t("problem.switch_reason_missing") if message == "switch_reason_missing" else "",
        ),
        hidden={"wanted": "on" if switch.is_off else "off"},
        message=message,
    )  # fmt: skip


async def _switch(visit: Visit) -> Switch:
    """The one in the address. Raises HTTPException (404)."""
    named, (methods, providers) = visit.request.path_params, await _switches(visit)
    for one in methods if named["kind"] == "zahlart" else providers if named["kind"] == "anbieter" else ():
        if one.name == named["name"] and one.url:
            return one
    raise HTTPException(404)


async def _switches(visit: Visit) -> tuple[tuple[Switch, ...], tuple[Switch, ...]]:
    """Ways to pay and providers as payments tells them."""
    offered, served = await asyncio.gather(
        visit.get("payments", "/methods", purpose=PURPOSE),
        visit.get("payments", "/providers", purpose=PURPOSE),
    )
    methods = tuple(_method(visit, one, served["providers"]) for one in offered["all"])
    return methods, tuple(_provider(visit, one) for one in served["providers"])


def _method(visit: Visit, one: Mapping[str, Any], providers: list[dict[str, Any]]) -> Switch:
    """`by_provider` where its provider's switch keeps it out: there is nothing to turn here."""
    serving = [served["provider"] for served in providers if one["method"] in served["methods"]]
    state = "on" if one["offered"] else "by_provider" if one["switch"] == "provider" else one["out"]
    return Switch(
        kind="method",
        name=one["method"],
        title=method_words(visit.t, one["method"]),
        state=state,
        tone=TONES.get(state, "warning"),
        url="" if state in {"retired", "by_provider"} else visit.url(f"{HERE}/zahlart/{one['method']}"),
        of=", ".join(place_words(visit.t, name) for name in serving),
        reason=one["reason"],
        since=_moment(one["since"]),
    )


def _provider(visit: Visit, one: Mapping[str, Any]) -> Switch:
    failing = one["failing_until"] is not None
    state = "switched_off" if not one["on"] else "provider_failing" if failing else "on"
    return Switch(
        kind="provider",
        name=one["provider"],
        title=place_words(visit.t, one["provider"]),
        state=state,
        tone=TONES[state],
        url=visit.url(f"{HERE}/anbieter/{one['provider']}"),
        of=", ".join(method_words(visit.t, method) for method in one["methods"]),
        reason=one["reason"],
        since=_moment(one["since"]),
        until=_moment(one["failing_until"]),
        failures=one["failures"],
    )


def _moment(told: str | None) -> datetime | None:
    return datetime.fromisoformat(told) if told else None


ROUTES: Final[list[BaseRoute]] = [
    Route(HERE, show_switches, methods=["GET"]),
    Route(HERE + "/{kind:str}/{name:str}", show_switch, methods=["GET"]),
    Route(HERE + "/{kind:str}/{name:str}", turn, methods=["POST"]),
]
