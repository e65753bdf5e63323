"""What a citizen owes, for identity to ask before it forgets one."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends

from services.payments.queries import cases_owed_for
from shared.service import Runtime
from shared.web.tokens import Caller, require_service

Identity = Annotated[Caller, Depends(require_service("identity"))]


def erasure_router(runtime: Runtime) -> APIRouter:
    """For identity alone."""
    router = APIRouter(tags=["erasure"])

    @router.get("/accounts/{account_id}/debts")
    async def list_debts(account_id: UUID, _caller: Identity) -> dict[str, Any]:
        """The cases of an account of which a claim is open; which of them hinder is not said here."""
        return {"cases": await cases_owed_for(runtime.pool, account_id)}

    return router
