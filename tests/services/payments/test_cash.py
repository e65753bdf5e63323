"""The counter over HTTP: the claim found, cash booked once, the till of the day, a mistake undone."""

import asyncio
from typing import Any

import pytest

from services.payments.domain.claim import Claim
from shared.ids import new_id
from shared.testing import Running
from tests.services.payments.paying import FEE, Citizen
from tests.services.payments.test_money_tasks import CashOffice

pytestmark = pytest.mark.integration


@pytest.fixture
def clerk(payments: Running, citizen: Citizen) -> CashOffice:
    return CashOffice(payments, "clerk")


async def post(office: CashOffice, path: str, said: Any, key: str = "once") -> Any:
    return await office.http.post(path, json=said, headers={**office.headers, "Idempotency-Key": key})


async def take(office: CashOffice, citizen: Citizen, cents: int, key: str = "once", **more: Any) -> Any:
    path = f"/claims/{citizen.claim_id}/cash"
    return await post(office, path, {"given_cents": cents, **more}, key)


async def void(office: CashOffice, citizen: Citizen, payment_id: str, reason: str = "amount_mistyped") -> Any:
    path = f"/claims/{citizen.claim_id}/cash/{payment_id}/voiding"
    return await post(office, path, {"reason": reason})


async def second_voids(citizen: Citizen, payment_id: str, role: str = "clerk") -> Any:
    """Somebody else than who took the money."""
    return await void(CashOffice(citizen.payments, role), citizen, payment_id)


class TestFinding:
    @pytest.mark.parametrize("number", ["47112600000122", " 4711 2600 0001 22", "bpa-2026-000001"])
    async def test_knows_either_number(self, citizen: Citizen, clerk: CashOffice, number: str) -> None:
        [claim] = (await clerk.get("/cash/claims", number=number))["claims"]
        assert (claim["claim_id"], claim["owed_cents"]) == (str(citizen.claim_id), FEE)

    async def test_lists_instalments_in_their_order(self, payments: Running, clerk: CashOffice) -> None:
        unit = payments.runtime.unit()
        for instalment in (3, 1, 2):
            claim = Claim.request(
                id=new_id(), now=unit.now, case_id=new_id(), case_number="HST-2026-000001",
                account_id=new_id(), service="hundesteuer-anmeldung", cost_object="541000",
                kassenzeichen=f"4711260000{instalment}", amount_cents=2100, currency="EUR", pay_by=None,
                language="de", instalment=instalment, instalment_count=3,
            )  # fmt: skip
            await unit.save(claim)
        await unit.commit()
        found = (await clerk.get("/cash/claims", number="HST-2026-000001"))["claims"]
        assert [one["instalment"] for one in found] == [1, 2, 3]

    async def test_finds_nothing_by_another(self, clerk: CashOffice) -> None:
        assert (await clerk.get("/cash/claims", number="47112600000130"))["claims"] == []

    async def test_is_no_matter_of_a_citizen(self, citizen: Citizen) -> None:
        answer = await citizen.payments.http.get(
            "/cash/claims", params={"number": "47112600000122"}, headers=citizen.headers
        )
        assert answer.status_code == 403


class TestTheTill:
    async def test_is_read_in_pages(self, citizen: Citizen, clerk: CashOffice) -> None:
        for key in ("a", "b", "c"):
            await take(clerk, citizen, 100, key)
        seen, after = [], dict[str, Any]()
        for _ in range(3):
            page = await clerk.get("/cash/entries", limit=1, **after)
            assert page["sum_cents"] == 300
            seen += [one["reference"] for one in page["entries"]]
            after = {"after": page["next"]}
        assert ([one[-1] for one in seen], after) == (["3", "2", "1"], {"after": None})


class TestTaking:
    async def test_gives_change_and_numbers_the_entry(self, citizen: Citizen, clerk: CashOffice) -> None:
        answer = await take(clerk, citizen, 5000)
        said = answer.json()
        assert (answer.status_code, said["recorded"], said["state"]) == (201, "settled", "settled")
        assert (said["booked_cents"], said["change_cents"]) == (FEE, 5000 - FEE)
        assert said["reference"].startswith("BAR-")
        assert said["reference"].endswith("-000001")

    async def test_books_once_however_often_it_is_sent(self, citizen: Citizen, clerk: CashOffice) -> None:
        answers = await asyncio.gather(*(take(clerk, citizen, 1000) for _ in range(5)))
        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.json()["payment_id"] for answer in answers}) == 1
        assert (await citizen.claim())["owed_cents"] == FEE - 1000
        assert (await clerk.get("/cash/entries"))["sum_cents"] == 1000

    async def test_refuses_what_is_paid(self, citizen: Citizen, clerk: CashOffice) -> None:
        await take(clerk, citizen, FEE)
        again = await take(clerk, citizen, FEE, "twice")
        assert (again.status_code, again.json()["type"]) == (409, "urn:portal:problem:nothing_to_pay")

    async def test_refuses_a_claim_of_ones_own(self, citizen: Citizen, payments: Running) -> None:
        own = CashOffice(payments, "clerk")
        own.headers = payments.mint.account(citizen.account_id, "payments", "clerk")
        answer = await take(own, citizen, FEE)
        assert (answer.status_code, answer.json()["type"]) == (403, "urn:portal:problem:own_case")

    @pytest.mark.parametrize(
        "said", [{"given_cents": 0}, {"given_cents": -5}, {"given_cents": 1, "x": 1}, {}]
    )
    async def test_refuses_what_is_no_money(
        self, citizen: Citizen, clerk: CashOffice, said: dict[str, Any]
    ) -> None:
        assert (await post(clerk, f"/claims/{citizen.claim_id}/cash", said)).status_code == 422
        assert await citizen.log_length() == 1


class TestVoiding:
    async def test_stays_in_the_list_of_the_day(self, citizen: Citizen, clerk: CashOffice) -> None:
        taken = (await take(clerk, citizen, 5000, keep_all=True)).json()
        answer = await second_voids(citizen, taken["payment_id"])
        assert (answer.status_code, answer.json()["voided_cents"], answer.json()["owed_cents"]) == (
            201, 5000, FEE,
        )  # fmt: skip
        till = await clerk.get("/cash/entries")
        [entry] = till["entries"]
        assert (await clerk.get(f"/claims/{citizen.claim_id}/cash"))["entries"] == [{**entry, "own": True}]
        assert (await clerk.get("/cash/entries", day="2026-01-02"))["entries"] == []
        assert (till["sum_cents"], entry["voided"], entry["reason"]) == (0, True, "amount_mistyped")
        assert (entry["amount_cents"], entry["reference"]) == (5000, taken["reference"])
        treasurer = CashOffice(citizen.payments, "treasurer")
        assert {name: cents for name, cents in (await treasurer.balances()).items() if cents} == {
            "receivable": FEE, "revenue:541000": -FEE,
        }  # fmt: skip
        assert (await clerk.get("/money-tasks"))["tasks"] == []

    async def test_is_no_payment_in_the_treasurers_sums(self, citizen: Citizen, clerk: CashOffice) -> None:
        await second_voids(citizen, (await take(clerk, citizen, FEE)).json()["payment_id"])
        treasurer = CashOffice(citizen.payments, "treasurer")
        [row] = (await treasurer.get("/treasury/summary"))["rows"]
        assert (row["paid_count"], row["paid_cents"], row["open_cents"]) == (0, 0, FEE)

    async def test_refuses_another_clerks_own_claim_and_an_unknown_reason(
        self, citizen: Citizen, clerk: CashOffice, payments: Running
    ) -> None:
        payment_id = (await take(clerk, citizen, FEE)).json()["payment_id"]
        assert (await void(clerk, citizen, payment_id, "no_idea")).status_code == 422
        assert (await void(clerk, citizen, str(new_id()))).status_code == 404
        own = CashOffice(payments, "clerk")
        own.headers = payments.mint.account(citizen.account_id, "payments", "clerk")
        assert (await void(own, citizen, payment_id)).status_code == 403
        assert (await citizen.claim())["state"] == "settled"

    @pytest.mark.parametrize("role", ["clerk", "treasurer"])
    async def test_is_a_second_persons(self, citizen: Citizen, payments: Running, role: str) -> None:
        first = CashOffice(payments, role)
        payment_id = (await take(first, citizen, FEE)).json()["payment_id"]
        answer = await void(first, citizen, payment_id)
        assert (answer.status_code, answer.json()["type"]) == (409, "urn:portal:problem:cash_of_ones_own")
        assert (await citizen.claim())["state"] == "settled"
        assert (await second_voids(citizen, payment_id, role)).status_code == 201
        [entry] = (await first.get(f"/claims/{citizen.claim_id}/cash"))["entries"]
        assert (entry["voided"], entry["own"]) == (True, True)


class TestReceipt:
    async def test_says_what_was_so_at_its_version(self, citizen: Citizen, clerk: CashOffice) -> None:
        first = (await take(clerk, citizen, 1000)).json()
        await take(clerk, citizen, FEE, "rest")
        path = f"/claims/{citizen.claim_id}/receipt"
        then = await clerk.get(path, version=first["version"])
        assert ([p["amount_cents"] for p in then["payments"]], then["owed_cents"]) == ([1000], FEE - 1000)
        now = await clerk.get(path)
        assert ([p["amount_cents"] for p in now["payments"]], now["owed_cents"]) == ([1000, FEE - 1000], 0)

    async def test_names_all_that_was_taken_though_less_was_owed(
        self, citizen: Citizen, clerk: CashOffice
    ) -> None:
        taken = (await take(clerk, citizen, 5000, keep_all=True)).json()
        said = await clerk.get(f"/claims/{citizen.claim_id}/receipt", version=taken["version"])
        assert [p["amount_cents"] for p in said["payments"]] == [5000]
        assert (said["amount_cents"], said["pending_cents"]) == (FEE, 5000 - FEE)

    async def test_leaves_out_what_came_later_above_the_claim(
        self, citizen: Citizen, clerk: CashOffice
    ) -> None:
        taken = (await take(clerk, citizen, FEE)).json()
        later = {"source": "bank", "reference": "R1", "amount_cents": 100}
        assert (await post(clerk, f"/claims/{citizen.claim_id}/receipts", later)).status_code == 201
        said = await clerk.get(f"/claims/{citizen.claim_id}/receipt", version=taken["version"])
        assert ([p["amount_cents"] for p in said["payments"]], said["pending_cents"]) == ([FEE], 0)

    async def test_says_what_went_back_and_how_and_only_then(
        self, citizen: Citizen, clerk: CashOffice, payments: Running
    ) -> None:
        taken = (await take(clerk, citizen, FEE)).json()
        wish = {"amount_cents": 1275, "reason": "given_up_early"}
        refund = (await post(clerk, f"/claims/{citizen.claim_id}/refunds", wish)).json()
        path = f"/claims/{citizen.claim_id}/receipt"
        waiting = await clerk.get(path)
        assert (waiting["refunds"], waiting["pending_cents"]) == ([], 1275)
        task = f"/money-tasks/{citizen.claim_id}/{refund['task_version']}/settlement"
        done = {"how": "returned_by_transfer", "amount_cents": 1275, "voucher": "AA-1"}
        assert (await post(clerk, task, done)).status_code == 201
        [back] = (await clerk.get(path))["refunds"]
        assert (back["amount_cents"], back["method"]) == (1275, "bank_transfer")
        assert (await clerk.get(path, version=taken["version"]))["refunds"] == []
        [told] = (await citizen.claim())["given_back"]
        assert (told["method"], told["how"]) == ("bank_transfer", "returned_by_transfer")

    async def test_is_none_once_all_is_undone(self, citizen: Citizen, clerk: CashOffice) -> None:
        await second_voids(citizen, (await take(clerk, citizen, FEE)).json()["payment_id"])
        answer = await citizen.payments.http.get(
            f"/claims/{citizen.claim_id}/receipt", headers=citizen.headers
        )
        assert (answer.status_code, answer.json()["type"]) == (409, "urn:portal:problem:not_paid")
