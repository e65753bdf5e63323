"""The providers' door: public, believed only after the adapter has verified the request as received.

Answers follow what all providers share: 200 taken, 400 rejected for good, anything else is repeated.
"""

from collections.abc import Mapping
from typing import Any, Final

import structlog
from fastapi import APIRouter, Request

from services.payments.attempts import Attempts, UnknownTransaction
from services.payments.providers.port import (
    Callback,
    CallbackForged,
    Notification,
    PaymentProvider,
    ProviderRefused,
    ProviderUnavailable,
)
from shared.observe.metrics import counter
from shared.web.problems import Problem, unavailable

log = structlog.get_logger()

NOTHING_SAID: Final = {"Result": "OK", "Recorded": "nothing"}
_security = counter("portal_security_events", "Requests that look like an attack", ("kind",))


def callbacks_router(attempts: Attempts, providers: Mapping[str, PaymentProvider]) -> APIRouter:
    """`GET` and `POST /callbacks/<provider>/notify`; `providers` by name."""
    router = APIRouter(tags=["callbacks"])

    async def taken(name: str, request: Request) -> dict[str, str]:
        provider = providers.get(name)
        if provider is None:
            raise Problem("provider_unknown", 404, "No such provider is set up here")
        notification = await _verified(provider, await _as_received(request))
        if notification is None:
            return NOTHING_SAID
        try:
            result = await attempts.take_callback(notification, provider)
        except UnknownTransaction as unknown:
            _security.labels("callback_unknown").inc()
            log.warning("security_event", kind="callback_unknown_transaction", provider=name)
            raise Problem("transaction_unknown", 400, "No attempt of ours has this id") from unknown
        except (ProviderUnavailable, ProviderRefused) as error:
            raise unavailable() from error
        return {"Result": "OK", "Recorded": result.value}

    @router.get("/callbacks/{provider}/notify")
    async def take_notification(provider: str, request: Request) -> dict[str, str]:
        return await taken(provider, request)

    @router.post("/callbacks/{provider}/notify", openapi_extra=_ANY_BODY)
    async def take_posted_notification(provider: str, request: Request) -> dict[str, str]:
        return await taken(provider, request)

    return router


_ANY_BODY: Final[dict[str, Any]] = {"requestBody": {"content": {"application/json": {"schema": {}}}}}


async def _as_received(request: Request) -> Callback:
    headers: dict[str, str] = {}
    for name, value in request.headers.items():
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return Callback(request.scope["query_string"], headers, await request.body())


async def _verified(provider: PaymentProvider, callback: Callback) -> Notification | None:
    try:
        return await provider.verify_callback(callback)
    except CallbackForged as forged:
        _security.labels("callback_forged").inc()
        log.warning("security_event", kind="callback_forged", provider=provider.name, reason=forged.reason)
        raise Problem("callback_forged", 400, "This callback is not the provider's") from forged
    except ProviderUnavailable as error:
        raise unavailable() from error
