"""Mandates after their first debit: used for another claim, given another account, taken back."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from services.payments.domain.mandate import Kind, Mandate
from shared.testing import CallerMint
from tests.services.payments.bank.payer import AGREED, PROBLEM, Payer, town_with_bank
from tests.services.payments.bank.town import Town

pytestmark = pytest.mark.integration
OTHER = "DE02 1203 0000 0000 2020 51"
MOVED = {"iban": OTHER, "holder": "Ada King", "agreed": True}


@pytest.fixture
async def town(postgres_url: str, amqp_url: str, tmp_path: Path, mint: CallerMint) -> AsyncIterator[Town]:
    async with town_with_bank(postgres_url, amqp_url, tmp_path, mint) as found:
        yield found


@pytest.fixture
async def payer(town: Town) -> Payer:
    """Whose charge falls due in quarters."""
    return Payer(town, (await town.in_quarters())[0])


async def other_claim(payer: Payer) -> Payer:
    return Payer(payer.town, await payer.town.owed(account_id=payer.claim.account_id))


async def uses(payer: Payer, mandate_id: str, key: str = "u1") -> Any:
    path = f"/claims/{payer.claim.id}/mandate-debits"
    return await payer.asks("POST", path, {"mandate_id": mandate_id}, key)


class TestARecurringMandate:
    async def test_takes_the_instalments_that_follow_along(self, payer: Payer) -> None:
        notice = (await payer.asks("GET", f"/claims/{payer.claim.id}/debits/notice")).json()
        assert (notice["later"], notice["due"], notice["mandates"]) == (3, "2027-02-15", [])
        said = (await payer.agrees(kind="recurring")).json()
        assert (said["later"], said["due"]) == (3, "2027-02-15")
        claims = (await payer.asks("GET", f"/claims?case_id={payer.claim.case_id}")).json()["claims"]
        assert [claim["arranged"] for claim in claims] == [False, True, True, True]

    async def test_serves_another_claim_without_an_account(self, payer: Payer, town: Town) -> None:
        given = (await payer.agrees(kind="recurring")).json()
        other = await other_claim(payer)
        notice = (await other.asks("GET", f"/claims/{other.claim.id}/debits/notice")).json()
        assert [one["mandate_id"] for one in notice["mandates"]] == [given["mandate_id"]]
        assert notice["mandates"][0]["account"] == "DE89 … 3000"
        answer = await uses(other, given["mandate_id"])
        said = answer.json()
        assert (answer.status_code, said["mandate_reference"]) == (201, given["mandate_reference"])
        assert (await town.debit(UUID(said["debit_id"]))).claim_id == other.claim.id
        assert (await uses(other, given["mandate_id"])).json() == said

    async def test_of_one_debit_serves_no_other_claim(self, payer: Payer) -> None:
        given = (await payer.agrees()).json()
        other = await other_claim(payer)
        refused = await uses(other, given["mandate_id"])
        assert (refused.status_code, refused.json()["type"]) == (409, PROBLEM + "mandate_one_off")
        assert (await other.told())["attempts"] == []

    async def test_that_is_revoked_serves_nothing(self, payer: Payer) -> None:
        given = (await payer.agrees(kind="recurring")).json()
        await payer.asks("POST", f"/mandates/{given['mandate_id']}/revoke")
        other = await other_claim(payer)
        refused = await uses(other, given["mandate_id"])
        assert (refused.status_code, refused.json()["type"]) == (409, PROBLEM + "mandate_not_active")
        notice = (await other.asks("GET", f"/claims/{other.claim.id}/debits/notice")).json()
        assert notice["mandates"] == []

    async def test_of_somebody_else_is_not_there(self, payer: Payer, town: Town) -> None:
        given = (await payer.agrees(kind="recurring")).json()
        stranger = Payer(town, await town.owed())
        assert (await uses(stranger, given["mandate_id"])).status_code == 404
        assert (await uses(payer, str(payer.claim.id))).status_code == 404

    async def test_taken_back_gives_the_instalments_back(self, payer: Payer) -> None:
        given = (await payer.agrees(kind="recurring")).json()
        await payer.asks("POST", f"/mandates/{given['mandate_id']}/revoke")
        claims = (await payer.asks("GET", f"/claims?case_id={payer.claim.case_id}")).json()["claims"]
        assert [(c["state"], c["arranged"], c["waits_for"]) for c in claims] == [("open", False, None)] * 4
        told = await payer.town.rows("SELECT 1 FROM event WHERE name = 'payments.debit_arrangement_ended'")
        assert len(told) == 3


class TestAnotherAccount:
    async def amends(self, payer: Payer, mandate_id: str, key: str = "m1", **other: Any) -> Any:
        return await payer.asks("POST", f"/mandates/{mandate_id}/amendment", {**MOVED, **other}, key)

    async def test_takes_the_place_of_the_old_one(self, payer: Payer, town: Town) -> None:
        given = (await payer.agrees(kind="recurring")).json()
        answer = await self.amends(payer, given["mandate_id"])
        assert answer.status_code == 201
        assert answer.json() | {"mandate_id": None} == {
            "mandate_id": None, "mandate_reference": given["mandate_reference"], "state": "active",
            "account": "DE02 … 2051", "still_debited": 0,
        }  # fmt: skip
        mandate = await town.unit().load(Mandate, UUID(given["mandate_id"]))
        assert (mandate.iban, mandate.holder) == (OTHER.replace(" ", ""), "Ada King")
        [shown] = (await payer.asks("GET", "/mandates")).json()["mandates"]
        assert shown["account"] == "DE02 … 2051"
        assert (await self.amends(payer, given["mandate_id"])).json() == answer.json()

    async def test_is_another_one(self, payer: Payer) -> None:
        given = (await payer.agrees(kind="recurring")).json()
        refused = await self.amends(payer, given["mandate_id"], iban=AGREED["iban"])
        assert (refused.status_code, refused.json()["type"]) == (409, PROBLEM + "same_account")

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"iban": "DE88 3704 0044 0532 0130 00"}, "iban"),
            ({"agreed": False}, "agreed"),
            ({"holder": " "}, "holder"),
        ],
    )
    async def test_is_checked_and_signed_for(self, payer: Payer, wrong: dict[str, Any], field: str) -> None:
        given = (await payer.agrees(kind="recurring")).json()
        refused = await self.amends(payer, given["mandate_id"], **wrong)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)

    async def test_is_not_for_a_mandate_that_is_over(self, payer: Payer) -> None:
        given = (await payer.agrees(kind="recurring")).json()
        await payer.asks("POST", f"/mandates/{given['mandate_id']}/revoke")
        refused = await self.amends(payer, given["mandate_id"])
        assert (refused.status_code, refused.json()["type"]) == (409, PROBLEM + "mandate_not_active")

    async def test_is_nobody_elses(self, payer: Payer, town: Town) -> None:
        given = (await payer.agrees(kind="recurring")).json()
        stranger = Payer(town, await town.owed())
        assert (await self.amends(stranger, given["mandate_id"])).status_code == 404

    async def test_brings_a_suspended_mandate_back(self, payer: Payer, town: Town) -> None:
        mandate_id = await suspended(town, payer, "AC04")
        assert (await self.amends(payer, mandate_id)).json()["state"] == "active"


async def suspended(town: Town, payer: Payer, code: str) -> str:
    """A recurring mandate of the payer's that rests for what the bank said."""
    mandate = await town.mandate(payer.claim, Kind.RECURRING)
    unit = town.unit()
    found = await unit.load(Mandate, mandate.id)
    found.suspend(code, now=unit.now)
    await unit.save(found)
    await unit.commit()
    return str(mandate.id)


class TestASuspendedMandate:
    async def test_is_released_by_the_payer_who_had_a_debit_given_back(
        self, payer: Payer, town: Town
    ) -> None:
        mandate_id = await suspended(town, payer, "MD06")
        said = await payer.asks("POST", f"/mandates/{mandate_id}/resume")
        assert (said.status_code, said.json()["state"]) == (200, "active")
        [shown] = (await payer.asks("GET", "/mandates")).json()["mandates"]
        assert shown["state"] == "active"
        again = await payer.asks("POST", f"/mandates/{mandate_id}/resume")
        assert (again.status_code, again.json()["type"]) == (409, PROBLEM + "mandate_not_active")

    async def test_needs_another_account_where_the_bank_refuses_this_one(
        self, payer: Payer, town: Town
    ) -> None:
        mandate_id = await suspended(town, payer, "AC04")
        refused = await payer.asks("POST", f"/mandates/{mandate_id}/resume")
        assert (refused.status_code, refused.json()["type"]) == (409, PROBLEM + "mandate_needs_account")

    async def test_is_nobody_elses(self, payer: Payer, town: Town) -> None:
        mandate_id = await suspended(town, payer, "MD06")
        stranger = Payer(town, await town.owed())
        assert (await stranger.asks("POST", f"/mandates/{mandate_id}/resume")).status_code == 404
