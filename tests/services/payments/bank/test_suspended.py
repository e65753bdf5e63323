"""Mandates that wait for the cash office: seen, released or ended by a person, never their own."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from services.payments.bank.work import Work
from services.payments.domain.claim import Claim
from services.payments.domain.debit import Debit
from services.payments.wiring import SERVICE
from shared.ids import new_id
from shared.testing import CallerMint, running
from shared.testing.clock import FixedClock
from tests.deploy.sandbox.serving import MERCHANT, PROJECTS
from tests.services.payments.bank.test_storno import storno
from tests.services.payments.bank.test_uploading import Treasurer, submitted
from tests.services.payments.bank.town import CITY, FEE, NOW, Town, secrets_of
from tests.services.payments.sepa.messages import camt, credit, pain_002

pytestmark = pytest.mark.integration
PROBLEM = "urn:portal:problem:"


@pytest.fixture
async def town(postgres_url: str, amqp_url: str, tmp_path: Path, mint: CallerMint) -> AsyncIterator[Town]:
    """With the city's account set up, so that the service itself files debits and takes what is brought."""
    clock = FixedClock(NOW)
    async with running(
        SERVICE, postgres_url, amqp_url, secrets_of(tmp_path / "secrets"), mint=mint, clock=clock,
        public_url="http://portal.test", girocheckout_base_url="http://127.0.0.1:9/",
        girocheckout_merchant_id=MERCHANT, girocheckout_projects=PROJECTS, bank_iban=CITY.iban,
        bank_holder=CITY.name, bank_folder=str(tmp_path / "bank"), creditor_id=CITY.identifier,
    ) as payments:  # fmt: skip
        yield Town(payments, clock, tmp_path / "bank")


class Clerk:
    """Somebody of the cash office."""

    def __init__(self, town: Town, *roles: str, account_id: UUID | None = None) -> None:
        self.http = town.payments.http
        self.headers = town.payments.mint.account(account_id or new_id(), "payments", *roles)

    async def sees(self) -> list[dict[str, Any]]:
        answer = await self.http.get("/suspended-mandates", headers=self.headers)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["mandates"]
        return found

    async def looks(self, mandate_id: UUID) -> Any:
        return await self.http.get(f"/suspended-mandates/{mandate_id}", headers=self.headers)

    async def posts(self, path: str, key: str = "k", **said: Any) -> tuple[int, Any]:
        answer = await self.http.post(path, json=said, headers={**self.headers, "Idempotency-Key": key})
        body = answer.json()
        return answer.status_code, body.get("type", "").removeprefix(PROBLEM) or body

    async def decides(self, mandate_id: UUID, word: str, reason: str) -> tuple[int, Any]:
        return await self.posts(f"/suspended-mandates/{mandate_id}/{word}", reason=reason)


@pytest.fixture
def clerk(town: Town) -> Clerk:
    return Clerk(town, "clerk")


async def suspended(town: Town, code: str = "XX99") -> Debit:
    debit = await town.announced()
    town.go_to(debit.due - timedelta(days=2))
    await told(town, pain_002(await submitted(town), [(debit.reference, code)]))
    return debit


async def told(town: Town, *files: bytes) -> None:
    """Each brought, and in the books."""
    for n, content in enumerate(files):
        found = await Treasurer(town, "treasurer").taken(content, key=f"file-{n}")
        assert found["state"] == "done"


class TestAList:
    @pytest.mark.parametrize("code", ["XX99", "MD07"])
    async def test_has_what_waits_for_a_person(self, town: Town, clerk: Clerk, code: str) -> None:
        debit = await suspended(town, code)
        (found,) = await clerk.sees()
        assert (found["mandate_id"], found["suspended_for"]) == (str(debit.mandate_id), code)
        assert found["claim_id"] == str(debit.claim_id)
        assert "holder" not in found

    @pytest.mark.parametrize("code", ["AC04", "MD06"])
    async def test_has_nothing_that_is_the_payers(self, town: Town, clerk: Clerk, code: str) -> None:
        debit = await suspended(town, code)
        assert await clerk.sees() == []
        assert (await clerk.looks(debit.mandate_id)).json()["waits"] is False

    async def test_is_not_for_others(self, town: Town) -> None:
        for role in ("citizen", "warden", "operator"):
            other = Clerk(town, role)
            answer = await other.http.get("/suspended-mandates", headers=other.headers)
            assert answer.status_code == 403


class TestOne:
    async def test_names_its_holder(self, town: Town, clerk: Clerk) -> None:
        debit = await suspended(town)
        found = (await clerk.looks(debit.mandate_id)).json()
        assert (found["holder"], found["waits"], found["own"]) == ("Ada Lovelace", True, False)
        assert found["account"].endswith("3000")
        assert (await clerk.looks(new_id())).status_code == 404


class TestADecision:
    async def test_releases_it(self, town: Town, clerk: Clerk) -> None:
        debit = await suspended(town)
        assert (await clerk.decides(debit.mandate_id, "clearing", "technical"))[0] == 201
        assert (await town.mandate_of(debit)).condition == "active"
        assert await clerk.sees() == []
        work = Work(town.unit())
        claim, mandate = await work.load(Claim, debit.claim_id), await town.mandate_of(debit)
        assert town.bank.debiting.announce(work, claim, mandate).condition == "announced"

    async def test_ends_it_with_what_it_was_to_debit(self, town: Town, clerk: Clerk) -> None:
        debit = await suspended(town, "MD07")
        later = await town.owed(account_id=debit.account_id, pay_by=NOW.date())
        unit = town.unit()
        claim = await unit.load(Claim, later.id)
        claim.arrange_debit(debit.mandate_id, now=unit.now)
        await unit.save(claim)
        await unit.commit()
        assert (await clerk.decides(debit.mandate_id, "ending", "payer_died"))[0] == 201
        assert (await town.mandate_of(debit)).condition == "revoked"
        assert (await town.claim(later.id)).arranged is None

    @pytest.mark.parametrize("word", ["clearing", "ending"])
    async def test_is_not_made_on_ones_own(self, town: Town, word: str) -> None:
        debit = await suspended(town)
        own = Clerk(town, "clerk", account_id=debit.account_id)
        reason = "technical" if word == "clearing" else "no_consent"
        assert await own.decides(debit.mandate_id, word, reason) == (403, "own_case")
        assert (await own.looks(debit.mandate_id)).json()["own"] is True
        assert (await town.mandate_of(debit)).condition == "suspended"

    async def test_is_not_made_on_what_is_the_payers_or_over(self, town: Town, clerk: Clerk) -> None:
        debit = await suspended(town, "AC04")
        for word, reason in (("clearing", "technical"), ("ending", "no_consent")):
            answer = await clerk.decides(debit.mandate_id, word, reason)
            assert answer == (409, "mandate_not_for_a_person")
        assert (await clerk.decides(new_id(), "clearing", "technical"))[0] == 404

    async def test_has_a_reason_that_there_is(self, town: Town, clerk: Clerk) -> None:
        debit = await suspended(town)
        assert (await clerk.decides(debit.mandate_id, "clearing", "payer_died"))[0] == 422


class TestAPaymentTakenBack:
    async def proposed(self, town: Town) -> tuple[Claim, str]:
        """A claim that a transfer paid, and the item with which the bank takes it back."""
        claim = await town.owed()
        lines = [credit(FEE, claim.kassenzeichen), storno(reference="R7")]
        await told(town, camt(lines, account=CITY.iban))
        (row,) = await town.rows("SELECT item_id FROM bank_item WHERE cents < 0")
        return claim, str(row["item_id"])

    async def test_is_confirmed_by_a_clerk(self, town: Town, clerk: Clerk) -> None:
        claim, item = await self.proposed(town)
        assert (await clerk.http.get(f"/bank-items/{item}", headers=clerk.headers)).json()["reversal"] is True
        status, said = await clerk.posts(f"/bank-items/{item}/reversal", claim_id=str(claim.id))
        assert (status, said["state"], said["owed_cents"]) == (201, "open", FEE)
        assert await town.balances() == {"receivable": FEE, "revenue:541000": -FEE}
        answer = await clerk.posts(f"/bank-items/{item}/reversal", "again", claim_id=str(claim.id))
        assert answer == (409, "bank_item_done")

    async def test_is_none_that_came_later(self, town: Town, clerk: Clerk) -> None:
        claim = await town.owed()
        paid = replace(credit(FEE, claim.kassenzeichen), day="2026-11-27")
        await told(town, camt([storno(reference="R7"), paid], account=CITY.iban))
        (row,) = await town.rows("SELECT item_id FROM bank_item WHERE cents < 0")
        answer = await clerk.posts(f"/bank-items/{row['item_id']}/reversal", claim_id=str(claim.id))
        assert answer == (409, "bank_item_no_payment")
        assert (await town.claim(claim.id)).condition == "settled"

    async def test_is_not_of_a_claim_without_such_a_payment(self, town: Town, clerk: Clerk) -> None:
        _claim, item = await self.proposed(town)
        other = await town.owed()
        answer = await clerk.posts(f"/bank-items/{item}/reversal", claim_id=str(other.id))
        assert answer == (409, "bank_item_no_payment")

    async def test_is_not_confirmed_by_who_paid_it(self, town: Town) -> None:
        claim, item = await self.proposed(town)
        own = Clerk(town, "clerk", account_id=claim.account_id)
        answer = await own.posts(f"/bank-items/{item}/reversal", claim_id=str(claim.id))
        assert answer == (403, "own_case")

    async def test_is_none_where_the_bank_takes_nothing_back(self, town: Town, clerk: Clerk) -> None:
        claim = await town.owed()
        await told(town, camt([credit(777, "Danke")], account=CITY.iban))
        (row,) = await town.rows("SELECT item_id FROM bank_item")
        answer = await clerk.posts(f"/bank-items/{row['item_id']}/reversal", claim_id=str(claim.id))
        assert answer == (409, "bank_item_no_reversal")
        assert await clerk.posts(f"/bank-items/{row['item_id']}/matching") == (409, "bank_item_no_group")


class TestStatements:
    async def test_tell_what_is_missing_and_the_balance(self, town: Town, clerk: Clerk) -> None:
        first = camt([credit(1, "a")], account=CITY.iban)
        second = camt([credit(2, "b", "R2")], sequence=3, identifier="3", opening=501, account=CITY.iban)
        await told(town, first, second)
        treasurer = Clerk(town, "treasurer")
        answer = await treasurer.http.get("/bank-statements", headers=treasurer.headers)
        (gap,), (balance,) = answer.json()["gaps"], answer.json()["balances"]
        assert (gap["sequence"], gap["missing"], gap["gap_cents"]) == (3, 1, 500)
        assert (balance["difference_cents"], balance["unseen_cents"]) == (500, 500)
        assert (await clerk.http.get("/bank-statements", headers=clerk.headers)).status_code == 403
