"""A fee taken back, on real servers: what citizen and clerk are told, and what is refused meanwhile."""

from typing import Any

import pytest

from shared.ids import new_id
from tests.services.applications.conftest import Town
from tests.services.applications.test_clerk_desk import decide
from tests.services.applications.test_erasure import hindrances
from tests.services.applications.test_reissue import completed, reissue

pytestmark = pytest.mark.integration


async def take_back(town: Town, case_id: str) -> None:
    await town.hear("payments.payment_reversed.v1", claim_id=new_id(), case_id=case_id, owed_cents=3060)


async def suspended(town: Town) -> dict[str, Any]:
    case = await completed(town)
    await take_back(town, case["case_id"])
    await town.hear("payments.payer_reminded.v1", case_id=case["case_id"], step="reminder")
    return await town.case(case["case_id"])


class TestASuspendedCase:
    async def test_is_told_with_its_steps(self, town: Town) -> None:
        case_id = (await suspended(town))["case_id"]
        mine = (await town.get(f"/applications/{case_id}")).json()
        assert (mine["state"], mine["fee"]["settled"]) == ("suspended", False)
        assert [step["step"] for step in mine["timeline"]][-2:] == ["fee_reversed", "suspended"]
        (row,) = (await town.get("/applications")).json()["applications"]
        assert (row["state"], row["settled"], row["provisional_until"]) == ("suspended", False, None)

    async def test_is_completed_again_once_it_is_paid(self, town: Town) -> None:
        case_id = (await suspended(town))["case_id"]
        await town.pay(case_id)
        found = await town.case(case_id)
        assert (found["condition"], found["fee"]["settled"]) == ("completed", True)
        assert (await town.events(case_id))[-2:] == ["fee_settled", "approval_reinstated"]

    async def test_is_not_issued_anew(self, town: Town) -> None:
        case = await suspended(town)
        refused = await reissue(town, case)
        assert (refused.status_code, refused.json()["type"]) == (409, "urn:portal:problem:not_possible_now")
        assert case["reissuable"] == []

    async def test_hinders_an_erasure_until_it_is_paid(self, town: Town) -> None:
        case_id = (await suspended(town))["case_id"]
        assert [one["reason"] for one in await hindrances(town)] == ["fee_open"]
        await town.pay(case_id)
        assert await hindrances(town) == []


class TestACaseInAClerksHands:
    async def test_is_not_granted_while_its_fee_was_taken_back(self, town: Town) -> None:
        case_id = (await town.apply(remark="Bitte eilig")).json()["case_id"]
        await town.until(case_id, "awaiting_payment")
        await town.pay(case_id)
        await town.until(case_id, "in_review")
        await take_back(town, case_id)
        refused = await decide(town, await town.case(case_id), "approve")
        assert (refused.status_code, refused.json()["type"]) == (409, "urn:portal:problem:fee_not_settled")
        await town.pay(case_id)
        assert (await decide(town, await town.case(case_id), "approve")).status_code == 200
