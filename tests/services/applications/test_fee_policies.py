"""What a service's rules make of money: on the in-memory log, with catalogues that differ in the rule."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from shutil import copytree
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
import yaml

from services.applications import fee_deadlines, fee_policies
from services.applications.catalogue.loading import HERE, read_catalogue
from services.applications.consumed import handlers
from services.applications.domain.case import Case
from services.applications.domain.conditions import Condition
from services.applications.office import Office
from services.applications.projections import PROJECTIONS
from services.applications.published import PUBLISHED
from shared.bus.envelope import Envelope
from shared.tasks import Later
from shared.testing.memory import MemoryService, StoredTask
from tests.services.applications.domain import cases
from tests.services.applications.domain.cases import ACCOUNT, CASE, CLAIM, DOCUMENT, FEE, FINAL, NOW

FACTS = {"valid_from": "2026-12-01", "valid_months": 12, "zone": "A"}
SUSPENDS = {"document": "suspend", "after_step": "reminder"}


def office(folder: Path, **fee: Any) -> Office:
    """The town whose permit has these terms of its fee."""
    copytree(HERE / "data", folder / "data")
    file = folder / "data" / "bewohnerparkausweis" / "v1.yaml"
    definition = yaml.safe_load(file.read_text("utf-8"))
    definition["fee"] |= fee
    file.write_text(yaml.safe_dump(definition, allow_unicode=True), "utf-8")
    return Office(read_catalogue(folder / "data"), ZoneInfo("Europe/Berlin"), timedelta(days=7))


class Town:
    """The service's domain around a log in memory."""

    def __init__(self, office: Office) -> None:
        self.service, self.office, self.now = MemoryService(PROJECTIONS), office, NOW
        self._handlers = handlers(office)

    async def given(self, case: Case) -> None:
        unit = self.service.unit(NOW)
        await unit.save(case, subject=ACCOUNT)
        await unit.commit()

    async def hears(self, event_type: str, **data: Any) -> None:
        data = {"claim_id": str(CLAIM), "case_id": str(CASE)} | data
        envelope = Envelope(
            id=uuid4(), source=f"portal/{event_type.partition('.')[0]}", type=event_type, subject="s",
            time=self.now, sequence=1, data=data, streamversion=1,
        )  # fmt: skip
        await self.hears_envelope(envelope)

    async def hears_envelope(self, envelope: Envelope) -> None:
        unit = self.service.unit(self.now)
        await self._handlers.apply(envelope, unit)
        await unit.commit()

    async def hears_of_money(self, until: datetime | None = None) -> None:
        data = {"provisional_until": until.isoformat()} if until else {}
        await self.hears("payments.payment_settled.v1", amount_cents=FEE, **data)

    async def hears_of_return(self, owed_cents: int = FEE) -> None:
        await self.hears("payments.payment_reversed.v1", owed_cents=owed_cents)

    async def hears_of_reminder(self) -> None:
        await self.hears("payments.payer_reminded.v1", step="reminder")

    async def case(self) -> Case:
        return await self.service.unit(NOW).load(Case, CASE)

    async def told(self) -> list[str]:
        return [e.type.split(".")[1] for e in await self.service.feed(PUBLISHED)]

    def task(self, kind: str) -> StoredTask:
        return [stored for stored in self.service.log.tasks.values() if stored.task.kind == kind][-1]

    async def does(self, payload: Mapping[str, Any], policy: Any, *more: Any) -> None:
        unit = self.service.unit(self.now)
        await policy(payload, *more, unit)
        await unit.commit()


@pytest.fixture
def town(tmp_path: Path) -> Town:
    """It waits for a payment to be final, and suspends after the reminder."""
    return Town(office(tmp_path, provisional="wait", unpaid=SUSPENDS))


@pytest.fixture
def trusting(tmp_path: Path) -> Town:
    """It accepts a payment that may be taken back, and lets a document be."""
    return Town(office(tmp_path, provisional="accept", unpaid={"document": "keep"}))


class TestAProvisionalPayment:
    async def test_is_waited_for_where_the_service_says_so(self, town: Town) -> None:
        await town.given(cases.answered(facts=FACTS))
        await town.hears_of_money(until=FINAL)
        assert (await town.case()).condition is Condition.AWAITING_PAYMENT
        task = town.task(fee_policies.MAKE_FINAL).task
        assert (task.due_at, await town.told()) == (FINAL, ["application_submitted"])

    async def test_lets_the_case_go_on_when_it_is_final(self, town: Town) -> None:
        await town.given(cases.answered(facts=FACTS))
        await town.hears_of_money(until=FINAL)
        payload = {"case_id": str(CASE), "claim_id": str(CLAIM), "received_at": 3}
        town.now = FINAL
        await town.does(payload, fee_policies.settle_fee_when_payment_is_final, town.office)
        assert (await town.case()).condition is Condition.APPROVED

    async def test_does_not_when_it_was_taken_back(self, town: Town) -> None:
        await town.given(cases.answered(facts=FACTS))
        await town.hears_of_money(until=FINAL)
        await town.hears_of_return()
        payload = {"case_id": str(CASE), "claim_id": str(CLAIM), "received_at": 3}
        town.now = FINAL
        await town.does(payload, fee_policies.settle_fee_when_payment_is_final, town.office)
        assert (await town.case()).condition is Condition.AWAITING_PAYMENT

    async def test_is_not_final_by_the_day_of_another(self, town: Town) -> None:
        await town.given(cases.answered(facts=FACTS))
        await town.hears_of_money(until=FINAL - timedelta(days=9))
        await town.hears_of_return()
        town.now = FINAL - timedelta(days=10)
        await town.hears_of_money(until=FINAL - timedelta(hours=1))
        assert (await town.case()).received_at == 6
        payload = {"case_id": str(CASE), "claim_id": str(CLAIM), "received_at": 3}
        town.now = FINAL
        await town.does(payload, fee_policies.settle_fee_when_payment_is_final, town.office)
        assert (await town.case()).condition is Condition.AWAITING_PAYMENT
        payload["received_at"] = 6
        await town.does(payload, fee_policies.settle_fee_when_payment_is_final, town.office)
        assert (await town.case()).condition is Condition.APPROVED

    async def test_is_final_already_where_its_day_is_over(self, town: Town) -> None:
        await town.given(cases.answered(facts=FACTS))
        await town.hears_of_money(until=NOW)
        assert (await town.case()).condition is Condition.APPROVED

    async def test_counts_at_once_where_the_service_accepts_it(self, trusting: Town) -> None:
        await trusting.given(cases.answered(facts=FACTS))
        await trusting.hears_of_money(until=FINAL)
        assert (await trusting.case()).condition is Condition.APPROVED

    async def test_shows_in_the_read_model(self, town: Town) -> None:
        await town.given(cases.answered(facts=FACTS))
        await town.hears_of_money(until=FINAL)
        (row,) = town.service.log.rows["case_overview"].values()
        assert row["provisional_until"] == FINAL
        await town.hears_of_return()
        (row,) = town.service.log.rows["case_overview"].values()
        assert (row["provisional_until"], row["settled"]) == (None, False)


class TestAPaymentTakenBack:
    async def test_gives_the_undecided_case_a_new_day(self, town: Town) -> None:
        case = cases.submitted(facts=FACTS)
        case.record_payment_settled(now=NOW, claim_id=CLAIM, amount_cents=FEE)
        await town.given(case)
        await town.hears_of_return()
        found = await town.case()
        assert found.condition is Condition.AWAITING_REGISTER_AND_PAYMENT
        await town.does({"case_id": str(CASE), "pay_by": "2026-11-28"},
                        fee_deadlines.expire_case_when_it_stays_unpaid)  # fmt: skip
        assert (await town.case()).condition is Condition.AWAITING_REGISTER_AND_PAYMENT
        payload = {"case_id": str(CASE), "pay_by": found.pay_by and found.pay_by.isoformat()}
        await town.does(payload, fee_deadlines.expire_case_when_it_stays_unpaid)
        assert (await town.case()).condition is Condition.EXPIRED

    async def test_of_which_nothing_is_owed_is_ignored(self, town: Town) -> None:
        await town.given(cases.completed())
        await town.hears_of_return(0)
        assert (await town.case()).settled

    async def test_twice_is_ignored(self, town: Town) -> None:
        await town.given(cases.completed())
        await town.hears_of_return()
        before = list(town.service.log.order)
        await town.hears_of_return()
        assert town.service.log.order == before


class TestCashBookedByMistake:
    async def test_is_owed_again_so_that_a_reminder_suspends(self, town: Town) -> None:
        await town.given(cases.completed())
        await town.hears("payments.cash_entry_voided.v1", amount_cents=FEE, surplus=False)
        assert not (await town.case()).settled
        await town.hears_of_reminder()
        assert (await town.case()).condition is Condition.SUSPENDED

    async def test_above_the_claim_leaves_the_case_settled(self, town: Town) -> None:
        await town.given(cases.completed())
        await town.hears("payments.cash_entry_voided.v1", amount_cents=FEE, surplus=True)
        assert (await town.case()).settled


class TestAPayerReminded:
    async def test_loses_the_document_for_now_and_gets_it_back_by_paying(self, town: Town) -> None:
        await town.given(cases.completed())
        await town.hears_of_return()
        assert (await town.case()).condition is Condition.COMPLETED
        await town.hears_of_reminder()
        assert (await town.case()).condition is Condition.SUSPENDED
        await town.hears_of_money()
        assert (await town.case()).condition is Condition.COMPLETED
        assert (await town.told())[-2:] == ["approval_suspended", "approval_reinstated"]

    async def test_twice_loses_it_once(self, town: Town) -> None:
        await town.given(cases.reversed_(cases.completed()))
        await town.hears_of_reminder()
        await town.hears_of_reminder()
        assert (await town.told()).count("approval_suspended") == 1

    async def test_who_has_paid_meanwhile_keeps_it(self, town: Town) -> None:
        await town.given(cases.completed())
        await town.hears_of_reminder()
        assert (await town.case()).condition is Condition.COMPLETED

    async def test_keeps_it_where_the_service_says_so(self, trusting: Town) -> None:
        await trusting.given(cases.reversed_(cases.completed()))
        await trusting.hears_of_reminder()
        assert (await trusting.case()).condition is Condition.COMPLETED

    async def test_loses_it_at_a_later_step_too(self, town: Town) -> None:
        await town.given(cases.reversed_(cases.completed()))
        await town.hears("payments.dunning_step_taken.v1", step="dunning")
        assert (await town.case()).condition is Condition.SUSPENDED

    async def test_waits_for_the_document_that_is_being_made(self, town: Town) -> None:
        await town.given(cases.reversed_(cases.approved()))
        await town.hears_of_reminder()
        payload = {"case_id": str(CASE), "step": "reminder"}
        policy = fee_policies.end_approval_when_fee_stays_unpaid
        assert town.task(fee_policies.END_UNPAID).task.due_at == NOW + fee_policies.UNTIL_ISSUED
        with pytest.raises(Later):
            await town.does(payload, policy, town.office)
        kind = {"document_id": str(DOCUMENT), "kind": "resident_parking_permit"}
        await town.hears("documents.document_issued.v1", **kind)
        await town.does(payload, policy, town.office)
        assert (await town.case()).condition is Condition.SUSPENDED


class TestARevokingService:
    async def test_ends_what_it_granted(self, tmp_path: Path) -> None:
        town = Town(office(tmp_path, unpaid={"document": "revoke", "after_step": "dunning"}))
        await town.given(cases.reversed_(cases.completed()))
        await town.hears_of_reminder()
        assert (await town.case()).condition is Condition.COMPLETED
        await town.hears("payments.dunning_step_taken.v1", step="dunning")
        case = await town.case()
        assert (case.condition, case.decision_reason) == (Condition.REVOKED, "unpaid")
        (revoked,) = [e for e in await town.service.feed(PUBLISHED) if e.type.endswith("approval_revoked.v1")]
        assert (revoked.data["refund"], UUID(revoked.data["case_id"])) == ("none", CASE)
