"""The operator's work: find an account by its whole address, grant and revoke roles, lock and unlock."""

from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from gateway.api.caller import Operator
from gateway.pages.offices import PURPOSE

Role = Literal["citizen", "clerk", "treasurer", "operator", "warden"]
router = APIRouter(prefix="/accounts", tags=["accounts"])


class Address(BaseModel):
    model_config = ConfigDict(extra="forbid")

    email: str = Field(max_length=1000)


class GrantedRole(BaseModel):
    model_config = ConfigDict(extra="forbid")

    role: Role


class Lock(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=1, max_length=500)


@router.post("/lookup")
async def look_up(address: Address, visit: Operator) -> Any:
    """Its state and roles. That it was looked up is recorded and shown to its owner."""
    return await visit.post("identity", "/accounts/lookup", purpose=PURPOSE, json=address.model_dump())


@router.get("/{account_id}")
async def read_account(account_id: UUID, visit: Operator) -> Any:
    return await visit.get("identity", f"/accounts/{account_id}", purpose=PURPOSE)


@router.post("/{account_id}/roles", status_code=204)
async def grant_role(account_id: UUID, granted: GrantedRole, visit: Operator) -> None:
    """Nobody changes their own roles (403 `own_roles`)."""
    await _change(visit, "POST", f"/accounts/{account_id}/roles", granted.model_dump())


@router.delete("/{account_id}/roles/{role}", status_code=204)
async def revoke_role(account_id: UUID, role: Role, visit: Operator) -> None:
    await _change(visit, "DELETE", f"/accounts/{account_id}/roles/{role}")


@router.put("/{account_id}/lock", status_code=204)
async def lock(account_id: UUID, reason: Lock, visit: Operator) -> None:
    """All sessions of the account end."""
    await _change(visit, "PUT", f"/accounts/{account_id}/lock", reason.model_dump())


@router.delete("/{account_id}/lock", status_code=204)
async def unlock(account_id: UUID, visit: Operator) -> None:
    await _change(visit, "DELETE", f"/accounts/{account_id}/lock")


async def _change(visit: Operator, method: str, path: str, json: dict[str, Any] | None = None) -> None:
    await visit.request_to(method, "identity", path, purpose=PURPOSE, json=json)
