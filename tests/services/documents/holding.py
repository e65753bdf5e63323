"""A citizen who holds documents, as tests of the service see it, and how they wait."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any

from services.documents.domain.document import PERMIT, document_id
from services.documents.policies import order, order_receipt
from services.documents.tokens import PermitClaims, SigningKey, issue_permit_token, token_url
from shared.ids import new_id
from shared.testing import FixedClock, Running
from tests.services.documents.neighbours import Neighbours


async def until(true: Callable[[], Awaitable[Any]], seconds: float = 15) -> Any:
    async with asyncio.timeout(seconds):
        while not (found := await true()):
            await asyncio.sleep(0.02)
    return found


async def advanced(clock: FixedClock, found: Callable[[], Awaitable[Any]]) -> Any:
    """Lets time pass while waiting: retries and what is due later come up."""
    clock.advance(timedelta(minutes=61))
    await asyncio.sleep(0.2)
    return await found()


class Holder:
    """A citizen whose application was approved."""

    def __init__(self, documents: Running, neighbours: Neighbours) -> None:
        self.documents, self.neighbours = documents, neighbours
        self.account_id, self.case_id = new_id(), new_id()
        self.document_id = document_id(self.case_id, PERMIT)
        self.me = documents.mint.account(self.account_id, "documents")
        self.clerk = documents.mint.account(new_id(), "documents", "citizen", "clerk")
        neighbours.approved(self.case_id, self.account_id)

    async def orders(self, kind: str = PERMIT, **more: Any) -> None:
        unit = self.documents.runtime.unit()
        order(unit, kind, self.case_id, self.account_id, version=4, **more)
        await unit.commit()

    async def orders_receipt(self, claim_version: int | None = None) -> None:
        unit = self.documents.runtime.unit()
        order_receipt(unit, self.case_id, new_id(), claim_version, account_id=self.account_id)
        await unit.commit()

    async def get(self, path: str, headers: dict[str, str] | None = None) -> Any:
        return await self.documents.http.get(path, headers=headers or self.me)

    async def listed(self) -> list[dict[str, Any]]:
        answer = await self.get(f"/documents?case_id={self.case_id}")
        found: list[dict[str, Any]] = answer.json()["documents"]
        return found

    async def issued(self) -> dict[str, Any]:
        """The permit, ordered and waited for."""
        await self.orders()
        found: dict[str, Any] = (await until(self.listed))[0]
        return found

    async def download(self, headers: dict[str, str] | None = None) -> Any:
        return await self.get(f"/documents/{self.document_id}/content", headers)

    async def revokes(self, key: str = "k1", reason: str = "moved_away") -> Any:
        return await self.documents.http.post(
            f"/documents/{self.document_id}/revocation",
            json={"reason": reason},
            headers={**self.clerk, "Idempotency-Key": key},
        )

    async def token(self) -> str:
        """The check code as the QR code holds it."""
        runtime = self.documents.runtime
        key = SigningKey.from_pem(runtime.settings.secret_text("permit_token_key.pem").encode())
        (found,) = await self.listed()
        claims = PermitClaims(
            found["number"], "LIN-AB 123", "A", date.fromisoformat(found["valid_from"]),
            date.fromisoformat(found["valid_until"]),
        )  # fmt: skip
        return token_url(issue_permit_token(claims, key), "https://x.example").rpartition("/")[2]

    async def verdict(self, token: str | None = None) -> Any:
        answer = await self.documents.http.get(f"/verification/{token or await self.token()}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def task(self, kind: str = PERMIT) -> Any:
        """The order's row in the table of tasks."""
        return await self.documents.runtime.pool.fetchrow(
            "SELECT * FROM task WHERE dedupe = $1", str(document_id(self.case_id, kind))
        )

    async def failure(self) -> str | None:
        """Why the order was given up."""
        task = await self.task()
        return task["last_error"] if task["failed_at"] else None
