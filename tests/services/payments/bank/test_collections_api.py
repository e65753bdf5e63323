"""The files of debits over HTTP: listed, looked at, downloaded byte for byte, and by whom."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from services.payments.bank.collecting import collection_of
from services.payments.bank.filed import Filed
from shared.ids import new_id
from shared.observe.metrics import REGISTRY
from shared.testing import CallerMint
from tests.services.payments.bank.payer import PROBLEM, town_with_bank
from tests.services.payments.bank.test_uploading import Treasurer
from tests.services.payments.bank.town import FEE, Town
from tests.services.payments.sepa.messages import pain_002

pytestmark = pytest.mark.integration
FILED = date(2026, 12, 8)
ID = str(collection_of(FILED))


@pytest.fixture
async def town(postgres_url: str, amqp_url: str, tmp_path: Path, mint: CallerMint) -> AsyncIterator[Town]:
    async with town_with_bank(postgres_url, amqp_url, tmp_path, mint) as town:
        yield town


async def reads(town: Town, path: str, *roles: str) -> Any:
    headers = town.payments.mint.account(new_id(), "payments", *(roles or ("treasurer",)))
    return await town.payments.http.get(f"/collections{path}", headers=headers)


async def filed(town: Town, many: int = 2, day: date = FILED) -> None:
    """The service itself has made a file on that day, and given it to the bank."""
    for n in range(many):
        await town.announced(FEE + n)
    town.go_to(day)
    async with asyncio.timeout(30):
        while not await town.rows(
            "SELECT 1 FROM collection WHERE state = 'submitted' AND filed_on = $1", day
        ):
            town.clock.advance(timedelta(minutes=1))
            await asyncio.sleep(0.1)


def problem_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].removeprefix(PROBLEM)


class TestList:
    async def test_tells_what_each_file_asks_for(self, town: Town) -> None:
        await filed(town)
        [found] = (await reads(town, "")).json()["collections"]
        [row] = await town.rows("SELECT sha256 FROM bank_file")
        assert (found["collection_id"], found["message_id"], found["filed_on"]) == (
            ID, "SDD20261208", "2026-12-08",
        )  # fmt: skip
        assert (found["debits"], found["amount_cents"], found["state"]) == (2, 2 * FEE + 1, "submitted")
        assert (found["sha256"], found["unanswered"]) == (row["sha256"].hex(), 0)
        assert found["submitted_at"].startswith("2026-12-08T")

    async def test_goes_on_in_pages_from_the_newest(self, town: Town) -> None:
        await filed(town, 1)
        await filed(town, 1, date(2026, 12, 18))
        first = (await reads(town, "?limit=1")).json()
        assert [one["filed_on"] for one in first["collections"]] == ["2026-12-18"]
        second = (await reads(town, f"?limit=1&after={first['next']}")).json()
        assert [one["collection_id"] for one in second["collections"]] == [ID]
        assert second["next"] is None

    async def test_holds_no_file_that_is_not_made(self, town: Town) -> None:
        await town.announced()
        assert await town.bank.collecting._collection(FILED) is not None
        assert (await reads(town, "")).json() == {"collections": [], "next": None}
        assert problem_of(await reads(town, f"/{ID}")) == (404, "not_found")
        assert problem_of(await reads(town, f"/{ID}/file")) == (404, "not_found")


class TestOne:
    async def test_tells_its_groups_and_where_its_debits_are(self, town: Town) -> None:
        await filed(town)
        rows = await town.rows("SELECT reference FROM debit ORDER BY amount_cents")
        await Treasurer(town, "treasurer").taken(pain_002("SDD20261208", [(rows[0]["reference"], "AC04")]))
        found = (await reads(town, f"/{ID}")).json()
        assert found["outcomes"] == {"rejected": 1, "filed": 1}
        [group] = found["groups"]
        assert (group["due"], group["debits"], group["cents"]) == ("2026-12-10", 2, 2 * FEE + 1)
        assert found["status"] == "PART"

    async def test_is_none_of_an_unknown_id(self, town: Town) -> None:
        assert problem_of(await reads(town, f"/{new_id()}")) == (404, "not_found")
        assert problem_of(await reads(town, f"/{new_id()}/file")) == (404, "not_found")


class TestFile:
    async def test_is_what_the_bank_has(self, town: Town) -> None:
        await filed(town)
        answer = await reads(town, f"/{ID}/file")
        (sent,) = (town.folder.parent / "elsewhere" / "out").glob("*.xml")
        assert answer.content == sent.read_bytes()
        assert answer.headers["content-type"] == "application/xml"
        assert answer.headers["etag"] == f'"{hashlib.sha256(answer.content).hexdigest()}"'
        assert answer.headers["content-disposition"] == 'attachment; filename="SDD20261208.xml"'

    async def test_that_was_touched_is_given_to_nobody(self, town: Town) -> None:
        await filed(town)
        owner = await asyncpg.connect(town.payments.databases.owner_log)
        await owner.execute(
            "UPDATE bank_file SET content = set_byte(content, 40, 255 - get_byte(content, 40))"
        )
        await owner.close()
        assert problem_of(await reads(town, f"/{ID}/file")) == (500, "file_damaged")

    async def test_whose_time_is_over_is_gone(self, town: Town) -> None:
        await filed(town)
        await town.payments.runtime.keys.destroy(collection_of(FILED))
        assert problem_of(await reads(town, f"/{ID}/file")) == (410, "file_forgotten")


class TestWho:
    @pytest.mark.parametrize("path", ["", f"/{ID}", f"/{ID}/file"])
    async def test_is_the_treasurer_alone(self, town: Town, path: str) -> None:
        assert (await reads(town, path, "clerk")).status_code == 403
        assert (await reads(town, path, "citizen")).status_code == 403


class TestUnanswered:
    async def test_is_what_has_neither_come_nor_gone_back(self, town: Town) -> None:
        await filed(town)
        looking = Filed(town.payments.runtime.pool, town.bank.files, town.bank.debiting.rules)
        town.go_to(date(2026, 12, 17))  # the fifth bank day behind the 10th
        assert await looking.measure(looking._before(town.unit())) == 0
        assert (await reads(town, "")).json()["collections"][0]["unanswered"] == 0
        before = alarms()
        town.go_to(date(2026, 12, 18))
        assert await looking.measure(looking._before(town.unit())) == 2
        assert alarms() > before
        assert REGISTRY.get_sample_value("portal_debits_unanswered") == 2
        assert (await reads(town, "")).json()["collections"][0]["unanswered"] == 2

    async def test_is_nothing_once_the_bank_has_said_something(self, town: Town) -> None:
        await filed(town)
        await Treasurer(town, "treasurer").taken(pain_002("SDD20261208", [], status="RJCT", code="FF01"))
        looking = Filed(town.payments.runtime.pool, town.bank.files, town.bank.debiting.rules)
        town.go_to(date(2027, 1, 18))
        assert await looking.measure(looking._before(town.unit())) == 0


def alarms() -> float:
    return REGISTRY.get_sample_value("portal_bank_alarms_total", {"kind": "debits_unanswered"}) or 0.0
