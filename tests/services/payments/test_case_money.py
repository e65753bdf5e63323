"""The whole money of a case over HTTP: every claim, one time line, one balance, in pages."""

from typing import Any

import pytest

from services.payments.domain.claim import Claim
from services.payments.domain.money import Receipt
from shared.ids import derived_id, new_id
from shared.testing import Running
from tests.services.payments.paying import FEE, Citizen
from tests.services.payments.test_undecided import Office

pytestmark = pytest.mark.integration
YEARS = 40


async def owes_in_instalments(citizen: Citizen, count: int) -> None:
    """A dog's tax over ten years, of which the first instalment was paid at the counter."""
    unit = citizen.payments.runtime.unit()
    for instalment in range(1, count + 1):
        claim = Claim.request(
            id=derived_id("claim", citizen.case_id, str(instalment)), now=unit.now, case_id=citizen.case_id,
            case_number="HST-2026-000001", account_id=citizen.account_id, service="dog-registration",
            cost_object="611000", kassenzeichen=f"4711260{instalment:07}", amount_cents=FEE, currency="EUR",
            pay_by=None, language="de", instalment=instalment, instalment_count=count,
        )  # fmt: skip
        if instalment == 1:
            claim.record_receipt(Receipt("cash", "cash", "BAR-26-000001", FEE, "EUR"), now=unit.now)
        await unit.save(claim)
    await unit.commit()


@pytest.fixture
def taxed(payments: Running) -> Citizen:
    return Citizen(payments)


class TestACase:
    async def test_is_told_whole_and_in_pages(self, payments: Running, taxed: Citizen) -> None:
        await owes_in_instalments(taxed, YEARS)
        clerk, path = Office(payments, "clerk"), f"/cases/{taxed.case_id}/money"
        page, seen = (await clerk.get(path, limit=25)).json(), []
        totals = {name: cents for name, cents in page["totals"].items() if cents}
        assert totals == {
            "claimed_cents": YEARS * FEE, "paid_cents": FEE, "balance_cents": 39 * FEE, "owed_cents": 39 * FEE
        }  # fmt: skip
        assert [claim["instalment"] for claim in page["claims"]] == list(range(1, YEARS + 1))
        first: dict[str, Any] = page["claims"][0]
        assert (first["state"], first["paid_cents"], first["owed_cents"]) == ("settled", FEE, 0)
        while True:
            seen += page["events"]
            if page["next"] is None:
                break
            page = (await clerk.get(path, limit=25, after=page["next"])).json()
        assert len({(one["claim_id"], one["version"]) for one in seen}) == len(seen) == YEARS + 1
        assert [seen[0]["balance_cents"], seen[-1]["balance_cents"]] == [39 * FEE, FEE]
        assert seen[-2]["event"] == "payments.payment_settled"
        assert seen[-2]["says"]["reference"] == "BAR-26-000001"
        assert seen[-2]["lines"][0] == {"account": "cash", "cents": FEE, "currency": "EUR"}

    async def test_is_the_cash_offices_alone(self, payments: Running, citizen: Citizen) -> None:
        path = f"/cases/{citizen.case_id}/money"
        for role, status in (("treasurer", 200), ("clerk", 200), ("warden", 403), ("citizen", 403)):
            assert (await Office(payments, role).get(path)).status_code == status
        answer = await payments.http.get(path, headers=citizen.headers)
        assert answer.status_code == 403

    async def test_is_not_found_without_a_claim_nor_from_another_cases_event(
        self, payments: Running, citizen: Citizen
    ) -> None:
        clerk = Office(payments, "clerk")
        assert (await clerk.get(f"/cases/{new_id()}/money")).status_code == 404
        for place in (f"{new_id()}:1", "x"):
            assert (await clerk.get(f"/cases/{citizen.case_id}/money", after=place)).status_code == 422
