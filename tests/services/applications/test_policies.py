"""Policies of applications on the in-memory log: what follows from what, without a server."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from services.applications.catalogue.loading import read_catalogue
from services.applications.consumed import handlers
from services.applications.domain.case import Case
from services.applications.domain.conditions import Condition
from services.applications.office import Office
from services.applications.policies import refer_when_register_stays_silent
from services.applications.projections import PROJECTIONS
from services.applications.published import PUBLISHED
from shared.bus.envelope import Envelope
from shared.bus.handlers import Permanent
from shared.testing.memory import MemoryService
from tests.services.applications.domain.cases import ACCOUNT, CASE, CLAIM, DOCUMENT, FEE, NOW, answered, ready
from tests.services.applications.domain.cases import submitted as submitted_case

OFFICE = Office(read_catalogue(), ZoneInfo("Europe/Berlin"), timedelta(days=7))
FACTS = {"valid_from": "2026-12-01", "valid_months": 12, "zone": "A"}


class Town:
    """The service's domain around a log in memory."""

    def __init__(self) -> None:
        self.service = MemoryService(PROJECTIONS)
        self._handlers = handlers(OFFICE)

    async def given(self, case: Case) -> None:
        unit = self.service.unit(NOW)
        await unit.save(case, subject=ACCOUNT)
        for scope, value in case.reserved:
            unit.reserve(scope, value, case.id)
        await unit.commit()

    async def hears(self, event_type: str, **data: Any) -> None:
        envelope = Envelope(
            id=uuid4(), source=f"portal/{event_type.partition('.')[0]}", type=event_type, subject="s",
            time=NOW, sequence=1, data={name: str(value) for name, value in data.items()}, streamversion=1,
        )  # fmt: skip
        unit = self.service.unit(NOW)
        await self._handlers.apply(envelope, unit)
        await unit.commit()

    async def hears_of_money(self, cents: int = FEE) -> None:
        await self.hears("payments.payment_settled.v1", claim_id=CLAIM, case_id=CASE, amount_cents=cents)

    async def case(self) -> Case:
        return await self.service.unit(NOW).load(Case, CASE)

    async def told(self) -> list[str]:
        return [e.type.split(".")[1] for e in await self.service.feed(PUBLISHED)]

    def tasks(self) -> list[str]:
        return [stored.task.kind for stored in self.service.log.tasks.values()]


@pytest.fixture
def town() -> Town:
    return Town()


class TestAFeePaid:
    async def test_approves_the_plain_case_by_rule(self, town: Town) -> None:
        await town.given(answered(facts=FACTS))
        await town.hears_of_money()
        case = await town.case()
        assert case.condition is Condition.APPROVED
        assert await town.told() == ["application_submitted", "application_approved"]
        assert town.tasks() == ["end_validity"]

    async def test_twice_is_ignored(self, town: Town) -> None:
        await town.given(answered(facts=FACTS))
        await town.hears_of_money()
        before = list(town.service.log.order)
        await town.hears_of_money()
        assert town.service.log.order == before
        assert town.tasks() == ["end_validity"]

    async def test_waits_for_the_register(self, town: Town) -> None:
        await town.given(submitted_case(facts=FACTS))
        await town.hears_of_money()
        assert (await town.case()).condition is Condition.AWAITING_REGISTER
        assert await town.told() == ["application_submitted"]

    async def test_in_parts_counts_by_what_was_claimed(self, town: Town) -> None:
        await town.given(answered(facts=FACTS))
        last = {"claim_id": CLAIM, "case_id": CASE, "amount_cents": FEE - 1000}
        with pytest.raises(Permanent):
            await town.hears("payments.payment_settled.v1", **last, claim_cents=FEE - 1)
        await town.hears("payments.payment_settled.v1", **last, claim_cents=FEE)
        assert (await town.case()).condition is Condition.APPROVED

    async def test_of_another_amount_is_for_a_person_to_see(self, town: Town) -> None:
        await town.given(answered(facts=FACTS))
        before = list(town.service.log.order)
        with pytest.raises(Permanent):
            await town.hears_of_money(FEE - 1)
        assert town.service.log.order == before


class TestADocumentIssued:
    async def test_completes_the_case_once(self, town: Town) -> None:
        await town.given(answered(facts=FACTS))
        await town.hears_of_money()
        issued = {"document_id": DOCUMENT, "case_id": CASE}
        for kind in ("receipt", "resident_parking_permit", "resident_parking_permit"):
            await town.hears("documents.document_issued.v1", kind=kind, **issued)
        assert (await town.told()).count("application_completed") == 1


class TestARegisterThatStaysSilent:
    async def test_hands_the_case_to_a_clerk(self, town: Town) -> None:
        await town.given(submitted_case(facts=FACTS))
        await town.hears_of_money()
        unit = town.service.unit(NOW)
        await refer_when_register_stays_silent({"case_id": str(CASE)}, OFFICE, unit)
        await unit.commit()
        assert (await town.case()).condition is Condition.IN_REVIEW
        assert "application_referred" in await town.told()


class TestAnApplicationInTheReadModel:
    async def test_shows_where_it_stands(self, town: Town) -> None:
        await town.given(ready(facts=FACTS))
        (row,) = town.service.log.rows["case_overview"].values()
        assert (UUID(str(row["account_id"])), row["condition"]) == (ACCOUNT, Condition.READY)
