"""What applications keeps for a while only."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from shared.ids import new_id
from tests.housekept import housekept
from tests.services.applications.conftest import Town

pytestmark = pytest.mark.integration


async def saved(town: Town) -> dict[str, Any]:
    body = {"service": "bewohnerparkausweis", "answers": {"family_name": "Mustermann"}}
    found: dict[str, Any] = (await town.post("/drafts", body)).json()
    return found


class TestDraft:
    async def test_goes_thirty_days_after_its_last_change(self, town: Town) -> None:
        first, second = await saved(town), await saved(town)
        assert (first["changed_at"][:10], first["kept_until"][:10]) == ("2026-11-22", "2026-12-22")
        town.clock.advance(timedelta(days=29))
        await town.service.http.put(
            f"/drafts/{second['draft_id']}", json={"answers": {}}, headers=town.headers(town.citizen)
        )
        await housekept(town.service.runtime)
        assert await town.count("draft") == 2
        town.clock.advance(timedelta(days=2))
        await housekept(town.service.runtime)
        (left,) = (await town.get("/drafts")).json()["drafts"]
        assert left["draft_id"] == second["draft_id"]


class TestAccess:
    async def add(self, town: Town, days_ago: int) -> UUID:
        access_id = new_id()
        await town.service.runtime.pool.execute(
            "INSERT INTO case_access VALUES ($1, $2, $3, 'clerk', 'case-file', now() - $4::interval)",
            access_id, new_id(), town.citizen, timedelta(days=days_ago),
        )  # fmt: skip
        return access_id

    async def test_is_shown_for_two_years(self, town: Town) -> None:
        await self.add(town, 800)
        young = await self.add(town, 700)
        await housekept(town.service.runtime)
        rows = await town.service.runtime.pool.fetch("SELECT access_id FROM case_access")
        assert [row["access_id"] for row in rows] == [young]

    async def test_cannot_be_deleted_before_by_the_running_service(self, town: Town) -> None:
        await self.add(town, 700)
        with pytest.raises(asyncpg.RaiseError, match="kept for two years"):
            await town.service.runtime.pool.execute("DELETE FROM case_access")
