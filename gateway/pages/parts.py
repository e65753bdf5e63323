"""A case as the portal sees it: put together from the services that each know a part of it."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any, Final, TypeVar
from uuid import UUID

from starlette.exceptions import HTTPException

from gateway.people import is_session_over
from gateway.visit import Visit
from shared.web.calls import RemoteProblem, RemoteUnavailable

CLAIM: Final = "claim"
"""The hidden field that names the claim a page showed."""
PURPOSE: Final = "own-case"
LIVE: Final = "own-case-live"
"""The same, asked by a page that keeps itself fresh: no use of the session."""
GONE_CLAIMS: Final = frozenset({"cancelled"})
UNPAID_CLAIMS: Final = frozenset({"open", "being_checked"})
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Parts:
    """What each service answered; None where one was away. `claim` is the one that counts, if any."""

    case: dict[str, Any]
    claims: list[dict[str, Any]] | None
    documents: list[dict[str, Any]] | None
    definition: dict[str, Any] | None = None

    @property
    def claim(self) -> dict[str, Any] | None:
        return claim_that_counts(self.claims or [])

    @property
    def complete(self) -> bool:
        return self.claims is not None and self.documents is not None


async def case_of(visit: Visit, case_id: UUID, purpose: str = PURPOSE) -> dict[str, Any]:
    """One's own case. 404 for another's, also for a clerk: they have a page of their own."""
    case: dict[str, Any] = await visit.get("applications", f"/applications/{case_id}", purpose=purpose)
    assert visit.account is not None
    if case.get("account_id", visit.account.account_id) != visit.account.account_id:
        raise HTTPException(404)
    return case


async def claims_of(visit: Visit, case_id: UUID, purpose: str = PURPOSE) -> list[dict[str, Any]]:
    """The claims of a case, the oldest first, instalments in their order."""
    found = await visit.get("payments", "/claims", purpose=purpose, params={"case_id": str(case_id)})
    claims: list[dict[str, Any]] = found["claims"]
    return claims


async def documents_of(visit: Visit, case_id: UUID, purpose: str = PURPOSE) -> list[dict[str, Any]]:
    """The documents of a case, the newest first."""
    found = await visit.get("documents", "/documents", purpose=purpose, params={"case_id": str(case_id)})
    documents: list[dict[str, Any]] = found["documents"]
    return documents


async def gathered(visit: Visit, case_id: UUID, purpose: str = PURPOSE) -> Parts:
    """All parts side by side; only the case itself must be there. Raises as `case_of`."""
    case, claims, documents = await asyncio.gather(
        case_of(visit, case_id, purpose),
        or_none(claims_of(visit, case_id, purpose)),
        or_none(documents_of(visit, case_id, purpose)),
    )
    return Parts(case, claims, documents)


async def or_none(part: Awaitable[T]) -> T | None:
    """A part of a page, None where its service is away."""
    try:
        return await part
    except RemoteUnavailable:
        return None
    except RemoteProblem as refused:
        if is_session_over(refused) or refused.status < 500:
            raise
        return None


def claim_that_counts(claims: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The first instalment that is not paid, else the newest that was not cancelled, else the newest."""
    standing = [claim for claim in claims if claim["state"] not in GONE_CLAIMS]
    unpaid = [claim for claim in standing if claim["state"] in UNPAID_CLAIMS]
    counting = unpaid[:1] or standing or claims
    return counting[-1] if counting else None
