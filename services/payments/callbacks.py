"""The provider's door: public, believed only after its signature is verified over the query as received.

Answers follow the provider's protocol: 200 taken, 400 rejected for good, anything else is repeated.
"""

import structlog
from fastapi import APIRouter, Request

from services.payments.attempts import Attempts, UnknownTransaction
from services.payments.providers.port import (
    CallbackForged,
    PaymentProvider,
    ProviderRefused,
    ProviderUnavailable,
)
from shared.observe.metrics import counter
from shared.web.problems import Problem, unavailable

log = structlog.get_logger()

_security = counter("portal_security_events", "Requests that look like an attack", ("kind",))


def callbacks_router(attempts: Attempts, girocheckout: PaymentProvider) -> APIRouter:
    """`GET /callbacks/girocheckout/notify`."""
    router = APIRouter(tags=["callbacks"])

    @router.get("/callbacks/girocheckout/notify")
    async def take_notification(request: Request) -> dict[str, str]:
        try:
            notification = girocheckout.verify_callback(request.scope["query_string"])
        except CallbackForged as forged:
            _security.labels("callback_forged").inc()
            log.warning("security_event", kind="callback_forged", reason=forged.reason)
            raise Problem("callback_forged", 400, "This callback is not the provider's") from forged
        try:
            result = await attempts.take_callback(notification, girocheckout)
        except UnknownTransaction as unknown:
            _security.labels("callback_unknown").inc()
            log.warning("security_event", kind="callback_unknown_transaction")
            raise Problem("transaction_unknown", 400, "No attempt of ours has this id") from unknown
        except (ProviderUnavailable, ProviderRefused) as error:
            raise unavailable() from error
        return {"Result": "OK", "Recorded": result.value}

    return router
