"""Money that goes back without our order and comes again, over HTTP and in the books."""

from typing import Any

import pytest

from services.payments.domain.claim import Claim
from services.payments.domain.money import Word
from shared.ids import new_id
from shared.testing import Running
from tests.services.payments.paying import FEE, Citizen
from tests.services.payments.test_refunding import withdrawn
from tests.services.payments.test_undecided import Office

pytestmark = pytest.mark.integration
CAPTURE = "3C679366HH908993F"


async def paid(citizen: Citizen) -> str:
    """The payment of a claim, at PayPal; its address."""
    unit, attempt_id = citizen.payments.runtime.unit(), new_id()
    claim = await unit.load(Claim, citizen.claim_id)
    claim.open_attempt(attempt_id, "paypal", "http://portal.test/", now=unit.now)
    told = Word("succeeded", "COMPLETED", "paypal", "5O190127TN364715T", FEE, "EUR", CAPTURE)
    claim.record_word(attempt_id, told, now=unit.now)
    await unit.save(claim)
    await unit.commit()
    return f"/claims/{citizen.claim_id}/payments/{attempt_id}"


def said(reference: str, cents: int = FEE) -> dict[str, Any]:
    return {"code": "DISPUTE", "reference": reference, "amount_cents": cents}


class TestReturns:
    async def test_in_parts_and_undone_are_booked_each(self, payments: Running, citizen: Citizen) -> None:
        treasurer, payment = Office(payments, "treasurer"), await paid(citizen)
        for reference, cents, recorded in (
            ("D1", 1000, "reversed"),
            ("D1", 1000, "duplicate"),
            ("D2", 60, "reversed"),
        ):
            answer = await treasurer.post(f"{payment}/reversal", **said(reference, cents))
            assert (answer.status_code, answer.json()["recorded"]) == (201, recorded)
        assert (await citizen.claim())["owed_cents"] == 1060
        answer = await treasurer.post(f"{payment}/reversal-undoing", **said("W1", 1060))
        assert (answer.json()["recorded"], answer.json()["state"]) == ("restored", "settled")
        answer = await treasurer.post(f"{payment}/refund-elsewhere", **said("R1"))
        assert (answer.json()["recorded"], answer.json()["state"]) == ("given_back", "refunded")
        rows = await payments.runtime.pool.fetch(
            "SELECT kind, reference, backend_id, cents FROM movement ORDER BY version"
        )
        assert [tuple(row) for row in rows] == [
            ("payment", "5O190127TN364715T", CAPTURE, FEE), ("reversal", "D1", CAPTURE, -1000),
            ("reversal", "D2", CAPTURE, -60), ("payment", "W1", CAPTURE, 1060),
            ("refund", "R1", CAPTURE, -FEE),
        ]  # fmt: skip
        state = "SELECT state FROM claim WHERE claim_id = $1"
        assert await payments.runtime.pool.fetchval(state, citizen.claim_id) == "refunded"
        [task] = (await treasurer.get("/money-tasks", state="settled")).json()["tasks"]
        assert (task["kind"], task["how"], task["amount_cents"]) == (
            "refund_due",
            "returned_by_provider",
            FEE,
        )
        books = (await treasurer.get("/ledger/trial-balance")).json()
        assert books["sum_cents"] == 0
        assert {row["cents"] for row in books["accounts"]} == {0}

    @pytest.mark.parametrize("payments", [{"refund_limit_cents": 0}], indirect=True)
    async def test_of_what_waited_to_go_back_are_its_refund(
        self, payments: Running, citizen: Citizen
    ) -> None:
        """It waits for a second person, and somebody gives it back in the provider's own pages."""
        kim, sam, payment = Office(payments, "treasurer"), Office(payments, "clerk"), await paid(citizen)
        await withdrawn(payments, citizen, limit=0)
        [task] = (await kim.get("/money-tasks")).json()["tasks"]
        claim = f"/claims/{citizen.claim_id}"
        wanted = {"amount_cents": FEE, "reason": "rejected", "task_version": task["version"]}
        asked = (await kim.post(f"{claim}/refunds", **wanted)).json()
        assert asked["state"] == "requested"
        answer = await kim.post(f"{payment}/refund-elsewhere", **said("R1"))
        assert (answer.json()["recorded"], answer.json()["state"]) == ("given_back", "refunded")
        refused = await sam.post(f"{claim}/refunds/{asked['refund_id']}/approval")
        assert (refused.status_code, refused.json()["type"].rpartition(":")[2]) == (409, "refund_decided")
        [refund] = (await kim.get(f"{claim}/refunds")).json()["refunds"]
        assert refund["state"] == "offset"
        [done] = (await kim.get("/money-tasks", state="settled")).json()["tasks"]
        assert (done["version"], done["how"]) == (task["version"], "returned_by_provider")
        [back] = (await citizen.claim())["given_back"]
        assert (back["amount_cents"], back["how"], back["method"]) == (FEE, "returned_by_provider", "paypal")
        receipt = await payments.http.get(f"{claim}/receipt", headers=citizen.headers)
        assert [one["method"] for one in receipt.json()["refunds"]] == ["paypal"]
        row = "SELECT state FROM claim WHERE claim_id = $1"
        assert await payments.runtime.pool.fetchval(row, citizen.claim_id) == "refunded"
        books = (await kim.get("/ledger/trial-balance")).json()
        assert {one["cents"] for one in books["accounts"]} == {0}

    async def test_in_part_leave_the_rest_to_go_back(self, payments: Running, citizen: Citizen) -> None:
        kim, payment = Office(payments, "treasurer"), await paid(citizen)
        await withdrawn(payments, citizen, limit=0)
        await kim.post(f"{payment}/refund-elsewhere", **said("R1", 1000))
        [left] = (await kim.get("/money-tasks")).json()["tasks"]
        [done] = (await kim.get("/money-tasks", state="settled")).json()["tasks"]
        assert (left["amount_cents"], done["amount_cents"]) == (FEE - 1000, 1000)
        assert (await citizen.claim())["state"] == "refund_due"

    async def test_are_refused_where_so_much_did_not_come_or_go(
        self, payments: Running, citizen: Citizen
    ) -> None:
        treasurer, payment = Office(payments, "treasurer"), await paid(citizen)
        for what, cents in (("reversal", FEE + 1), ("reversal-undoing", 1), ("refund-elsewhere", FEE + 1)):
            answer = await treasurer.post(f"{payment}/{what}", **said("X", cents))
            assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (409, "amount_differs")
        unknown = f"/claims/{citizen.claim_id}/payments/{new_id()}/refund-elsewhere"
        assert (await treasurer.post(unknown, **said("X"))).status_code == 404
        clerk = Office(payments, "clerk")
        assert (await clerk.post(f"{payment}/refund-elsewhere", **said("X"))).status_code == 403


class TestAnAccount:
    async def test_is_read_in_pages(self, payments: Running, citizen: Citizen) -> None:
        treasurer, payment = Office(payments, "treasurer"), await paid(citizen)
        for part in ("D1", "D2"):
            await treasurer.post(f"{payment}/reversal", **said(part, 100))
        path, seen = "/ledger/accounts/provider:paypal", []
        after: dict[str, Any] = {}
        for _ in range(3):
            page = (await treasurer.get(path, limit=1, **after)).json()
            seen += [line["cents"] for line in page["lines"]]
            after = {"after": page["next"]}
        assert (seen, after) == ([FEE, -100, -100], {"after": None})
        assert (await treasurer.get(path, after="x")).status_code == 422
