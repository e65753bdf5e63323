"""A suspended document counts for nobody until it is reinstated; the old list has it among the revoked."""

from typing import Any
from unittest.mock import Mock

import pytest

from services.documents.policies import REVOKE, register
from services.documents.tokens import PublicKeys
from services.documents.tokens.status import StatusList, entry_of, read_status_list
from services.documents.verification import FRESH
from shared.bus.envelope import Envelope
from shared.bus.handlers import Handlers
from shared.ids import new_id
from shared.tasks import Tasks
from shared.testing import FixedClock
from tests.services.documents.holding import Holder, until

pytestmark = pytest.mark.integration


@pytest.fixture
def handlers() -> Handlers:
    found = Handlers()
    register(found, Tasks(), Mock(), Mock())
    return found


@pytest.fixture
def town(holder: Holder, handlers: Handlers) -> "Town":
    return Town(holder, handlers)


class Town:
    """What applications tells of an approval, handled as the inbox handles it."""

    def __init__(self, holder: Holder, handlers: Handlers) -> None:
        self.holder, self.handlers = holder, handlers

    async def tells(self, what: str, **data: Any) -> None:
        runtime, holder = self.holder.documents.runtime, self.holder
        envelope = Envelope(
            id=new_id(), source="portal/applications", type=f"applications.approval_{what}.v1",
            subject=str(holder.case_id), time=runtime.clock.now(), sequence=1, streamversion=1,
            data={"document_id": str(holder.document_id), "case_id": str(holder.case_id), **data},
        )  # fmt: skip
        unit = runtime.unit_on(envelope)
        await self.handlers.apply(envelope, unit)
        await unit.commit()

    async def suspends(self) -> None:
        await self.tells("suspended", reason="unpaid")

    async def status(self) -> str:
        return str((await self.holder.listed())[0]["status"])

    async def events(self) -> list[str]:
        query = "SELECT name FROM event WHERE stream_id = $1 ORDER BY version"
        rows = await self.holder.documents.runtime.pool.fetch(query, self.holder.document_id)
        return [row["name"].removeprefix("documents.document_") for row in rows]

    async def list_of(self, version: int, clock: FixedClock) -> StatusList:
        http = self.holder.documents.http
        clock.advance(FRESH)
        keys = PublicKeys.from_jwks((await http.get("/verification-keys")).json())
        path = "/status-list/2" if version == 2 else "/status-list"
        return read_status_list((await http.get(path)).content, keys, clock.now(), version=version)


class TestASuspendedDocument:
    async def test_shows_everywhere_apart_from_a_revoked_one(
        self, holder: Holder, town: Town, clock: FixedClock
    ) -> None:
        number = (await holder.issued())["number"]
        await town.suspends()
        (found,) = await holder.listed()
        assert (found["status"], found["suspension_reason"]) == ("suspended", "unpaid")
        assert (await holder.verdict())["status"] == "suspended"
        listed = await town.list_of(2, clock)
        assert entry_of(number) in listed.suspended
        assert entry_of(number) not in listed.revoked | listed.superseded
        assert entry_of(number) in (await town.list_of(1, clock)).revoked

    async def test_counts_again_when_it_is_reinstated(
        self, holder: Holder, town: Town, clock: FixedClock
    ) -> None:
        number = (await holder.issued())["number"]
        await town.suspends()
        await town.tells("reinstated")
        (found,) = await holder.listed()
        assert (found["status"], found["suspension_reason"]) == ("valid", None)
        assert (await holder.verdict())["status"] == "valid"
        for version in (1, 2):
            listed = await town.list_of(version, clock)
            assert entry_of(number) not in listed.revoked | listed.suspended

    async def test_is_suspended_once_and_may_be_again(self, holder: Holder, town: Town) -> None:
        await holder.issued()
        await town.suspends()
        await town.suspends()
        await town.tells("reinstated")
        await town.tells("reinstated")
        await town.suspends()
        assert await town.events() == ["issued", "suspended", "reinstated", "suspended"]

    async def test_is_revoked_with_its_approval(self, holder: Holder, town: Town) -> None:
        await holder.issued()
        await town.suspends()
        unit = holder.documents.runtime.unit()
        unit.task(REVOKE, {"case_id": str(holder.case_id), "reason": "misused"}, key=str(holder.case_id))
        await unit.commit()

        async def revoked() -> bool:
            return await town.status() == "revoked"

        await until(revoked)


class TestARevokedDocument:
    async def test_is_neither_suspended_nor_reinstated(self, holder: Holder, town: Town) -> None:
        await holder.issued()
        await holder.revokes()
        await town.suspends()
        await town.tells("reinstated")
        assert await town.events() == ["issued", "revoked"]
