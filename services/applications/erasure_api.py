"""What stands against forgetting a citizen, for identity to ask before it begins."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends

from services.applications.queries import ended_grants_of, hindrances_of
from shared.service import Runtime
from shared.web.tokens import Caller, require_service

Identity = Annotated[Caller, Depends(require_service("identity"))]


def router(runtime: Runtime) -> APIRouter:
    """For identity alone."""
    routes = APIRouter(tags=["erasure"])

    @routes.get("/accounts/{account_id}/hindrances")
    async def list_hindrances(account_id: UUID, _caller: Identity) -> dict[str, Any]:
        """`reason`: document_pending, fee_open. What was granted and `ended` hinders where a fee is owed."""
        return {
            "hindrances": await hindrances_of(runtime.pool, account_id),
            "ended": await ended_grants_of(runtime.pool, account_id),
        }

    return routes
