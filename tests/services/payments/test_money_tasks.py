"""The cash office over HTTP: what waits, what was done, and who may say so."""

from typing import Any

import pytest

from services.payments.domain.claim import Claim
from services.payments.domain.money import Word
from shared.ids import new_id
from shared.testing import Running
from tests.services.payments.paying import FEE, Citizen

pytestmark = pytest.mark.integration
VOUCHER = "AA-2026-004711"
DONE = {"how": "returned_by_transfer", "amount_cents": FEE, "voucher": VOUCHER}
PROBLEM = "urn:portal:problem:"


async def overpays(citizen: Citizen, times: int = 1) -> list[int]:
    """Pays a cancelled claim; the versions of the tasks that this sets."""
    unit = citizen.payments.runtime.unit()
    claim = await unit.load(Claim, citizen.claim_id)
    attempts = [new_id() for _ in range(times)]
    for attempt_id in attempts:
        claim.open_attempt(attempt_id, "card", "http://portal.test/", now=unit.now)
    claim.withdraw_claim("withdrawn", now=unit.now)
    for attempt_id in attempts:
        paid = Word("succeeded", "4000", "girocheckout", "ref", FEE, "EUR")
        claim.record_word(attempt_id, paid, now=unit.now)
    await unit.save(claim)
    await unit.commit()
    return list(claim.money_tasks)


class CashOffice:
    """Somebody of the cash office."""

    def __init__(self, payments: Running, *roles: str) -> None:
        self.http = payments.http
        self.headers = payments.mint.account(new_id(), "payments", *roles)

    async def get(self, path: str, **params: Any) -> dict[str, Any]:
        answer = await self.http.get(path, headers=self.headers, params=params)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def settle(self, citizen: Citizen, version: int, key: str = "once", **said: Any) -> Any:
        return await self.http.post(
            f"/money-tasks/{citizen.claim_id}/{version}/settlement",
            json={**DONE, **said},
            headers={**self.headers, "Idempotency-Key": key},
        )

    async def decides(self, path: str, word: str, key: str = "decides", **read: Any) -> Any:
        return await self.http.post(
            f"{path}/settlement/{word}",
            json={**DONE, **read},
            headers={**self.headers, "Idempotency-Key": key},
        )

    async def balances(self) -> dict[str, int]:
        found = await self.get("/ledger/trial-balance")
        assert found["sum_cents"] == 0
        return {account["account"]: account["cents"] for account in found["accounts"]}


@pytest.fixture
def treasurer(payments: Running) -> CashOffice:
    return CashOffice(payments, "treasurer")


class TestSettlement:
    async def test_leaves_the_list_and_the_books_even(self, citizen: Citizen, treasurer: CashOffice) -> None:
        [version] = await overpays(citizen)
        [task] = (await treasurer.get("/money-tasks"))["tasks"]
        assert (task["claim_id"], task["version"]) == (str(citizen.claim_id), version)
        assert (await treasurer.balances())["surplus"] == -FEE
        answer = await treasurer.settle(citizen, version)
        assert (answer.status_code, answer.json()) == (
            201,
            {
                "claim_id": str(citizen.claim_id),
                "version": version,
                "how": DONE["how"],
                "recorded": "settled",
                "state": "cancelled",
            },
        )
        assert (await treasurer.get("/money-tasks"))["tasks"] == []
        [done] = (await treasurer.get("/money-tasks", state="settled"))["tasks"]
        assert (done["how"], done["kind"]) == ("returned_by_transfer", "after_cancellation")
        assert done["settled_at"]
        books = await treasurer.balances()
        assert (books["surplus"], books["bank"], books["provider:girocheckout"]) == (0, -FEE, FEE)

    async def test_is_said_once_with_one_key(self, citizen: Citizen, treasurer: CashOffice) -> None:
        [version] = await overpays(citizen)
        first = await treasurer.settle(citizen, version)
        path = f"/money-tasks/{citizen.claim_id}/{version}"
        assert (await treasurer.get(path))["how"] == "returned_by_transfer"
        before = await citizen.log_length()
        again = await treasurer.settle(citizen, version)
        assert (again.status_code, again.json()) == (201, first.json())
        other = await treasurer.settle(citizen, version, voucher="AA-2")
        assert (other.status_code, other.json()["type"]) == (422, PROBLEM + "idempotency_key_reused")
        assert await citizen.log_length() == before

    async def test_of_a_refund_shows_on_the_claim(self, citizen: Citizen, treasurer: CashOffice) -> None:
        unit = citizen.payments.runtime.unit()
        claim = await unit.load(Claim, citizen.claim_id)
        attempt_id = new_id()
        claim.open_attempt(attempt_id, "card", "http://portal.test/", now=unit.now)
        claim.record_word(
            attempt_id, Word("succeeded", "4000", "girocheckout", "ref", FEE, "EUR"), now=unit.now
        )
        claim.withdraw_claim("rejected", now=unit.now)
        await unit.save(claim)
        await unit.commit()
        clerk = CashOffice(citizen.payments, "clerk")
        answer = await clerk.settle(citizen, claim.version, how="returned_by_provider")
        assert answer.status_code == 201
        assert (await citizen.claim())["state"] == "refunded"
        row = "SELECT state FROM claim WHERE claim_id = $1"
        assert await citizen.payments.runtime.pool.fetchval(row, citizen.claim_id) == "refunded"
        books = await treasurer.balances()
        assert (books["refundable"], books["provider:girocheckout"]) == (0, 0)


class TestRefusal:
    @pytest.mark.parametrize(
        ("said", "status", "slug"),
        [
            ({"amount_cents": FEE - 1}, 409, "amount_differs"),
            ({"amount_cents": 0}, 422, "invalid"),
            ({"how": "spent"}, 422, "invalid"),
            ({"remark": "an Kim Muster"}, 422, "invalid"),
            ({"voucher": "Kim Muster"}, 422, "voucher_impossible"),
            ({"voucher": "DE02120300000000202051"}, 422, "voucher_impossible"),
        ],
    )
    async def test_names_what_is_wrong(
        self, citizen: Citizen, treasurer: CashOffice, said: dict[str, Any], status: int, slug: str
    ) -> None:
        [version] = await overpays(citizen)
        await self.refused(citizen, treasurer, version, status, slug, **said)

    async def test_of_what_is_no_task(self, citizen: Citizen, treasurer: CashOffice) -> None:
        [version] = await overpays(citizen)
        await self.refused(citizen, treasurer, version - 1, 404, "money_task_unknown")
        await self.refused(citizen, treasurer, 0, 422, "invalid")
        path = f"/money-tasks/{citizen.claim_id}/{version - 1}"
        unread = await treasurer.http.get(path, headers=treasurer.headers)
        assert (unread.status_code, unread.json()["type"]) == (404, PROBLEM + "money_task_unknown")
        nobody = Citizen(citizen.payments)
        assert (await treasurer.settle(nobody, version)).json()["type"] == PROBLEM + "not_found"

    async def test_of_a_second_time(self, citizen: Citizen, treasurer: CashOffice) -> None:
        [version] = await overpays(citizen)
        assert (await treasurer.settle(citizen, version)).status_code == 201
        await self.refused(citizen, treasurer, version, 409, "money_task_done", key="twice")

    @pytest.mark.parametrize("role", ["citizen", "warden", "operator"])
    async def test_of_another_role(self, citizen: Citizen, role: str) -> None:
        [version] = await overpays(citizen)
        somebody = CashOffice(citizen.payments, role)
        await self.refused(citizen, somebody, version, 403, "wrong_role")
        answer = await somebody.http.get("/money-tasks", headers=somebody.headers)
        assert answer.status_code == 403

    async def test_of_ones_own_money(self, citizen: Citizen) -> None:
        [version] = await overpays(citizen)
        own = CashOffice(citizen.payments, "treasurer")
        own.headers = citizen.payments.mint.account(citizen.account_id, "payments", "citizen", "treasurer")
        await self.refused(citizen, own, version, 403, "own_case")

    @staticmethod
    async def refused(
        citizen: Citizen, who: CashOffice, version: int, status: int, slug: str, **said: Any
    ) -> None:
        before = await citizen.log_length()
        answer = await who.settle(citizen, version, **said)
        assert (answer.status_code, answer.json()["type"]) == (status, PROBLEM + slug)
        assert await citizen.log_length() == before


class TestList:
    async def test_comes_in_pages(self, citizen: Citizen, treasurer: CashOffice) -> None:
        versions = await overpays(citizen, 3)
        seen: list[int] = []
        after: dict[str, str] = {}
        for left in (2, 1, 0):
            page = await treasurer.get("/money-tasks", limit=1, **after)
            seen += [task["version"] for task in page["tasks"]]
            assert (page["next"] is None) == (left == 0)
            after = {"after": page["next"]}
        assert seen == versions

    @pytest.mark.parametrize("query", ["limit=0", "limit=201", "after=x", "after=1:2", "state=lost"])
    async def test_refuses_what_it_cannot_ask(self, treasurer: CashOffice, query: str) -> None:
        answer = await treasurer.http.get(f"/money-tasks?{query}", headers=treasurer.headers)
        assert answer.status_code == 422


@pytest.mark.parametrize("payments", [{"refund_limit_cents": FEE - 1}], indirect=True)
class TestAboveTheLimit:
    async def test_a_second_person_agrees(self, citizen: Citizen, treasurer: CashOffice) -> None:
        [version] = await overpays(citizen)
        path = f"/money-tasks/{citizen.claim_id}/{version}"
        clerk = CashOffice(citizen.payments, "clerk")
        answer = await clerk.settle(citizen, version)
        assert (answer.status_code, answer.json()["recorded"]) == (201, "waiting")
        [task] = (await treasurer.get("/money-tasks"))["tasks"]
        assert (task["proposed_how"], task["proposed_voucher"], bool(task["proposed_by"]), task["how"]) == (
            "returned_by_transfer", VOUCHER, True, None,
        )  # fmt: skip
        alone = await clerk.decides(path, "approval")
        assert (alone.status_code, alone.json()["type"]) == (403, PROBLEM + "second_person_needed")
        assert (await treasurer.balances())["surplus"] == -FEE
        other = await treasurer.decides(path, "approval", key="other", voucher="AA-2026-004712")
        assert (other.status_code, other.json()["type"]) == (409, PROBLEM + "settlement_unknown")
        agreed = await treasurer.decides(path, "approval")
        assert (agreed.status_code, agreed.json()["recorded"]) == (201, "settled")
        books = await treasurer.balances()
        assert (books["surplus"], books["bank"]) == (0, -FEE)

    async def test_or_declines(self, citizen: Citizen, treasurer: CashOffice) -> None:
        [version] = await overpays(citizen)
        path = f"/money-tasks/{citizen.claim_id}/{version}"
        await CashOffice(citizen.payments, "clerk").settle(citizen, version)
        assert (await treasurer.decides(path, "refusal")).json()["recorded"] == "declined"
        assert (await treasurer.get(path))["proposed_how"] is None
        again = await treasurer.decides(path, "approval", key="again")
        assert (again.status_code, again.json()["type"]) == (409, PROBLEM + "settlement_unknown")
