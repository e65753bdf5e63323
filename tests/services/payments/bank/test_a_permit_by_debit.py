"""A permit paid by the city's own debit, with fourteen days' notice: case and claim hear of each other."""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from services.applications.domain.conditions import Condition
from services.applications.published import PUBLISHED as APPLICATIONS
from services.payments.bank.work import Work
from services.payments.domain.claim import Claim
from services.payments.domain.debit import Debit
from services.payments.domain.mandate import Kind
from services.payments.policies import claim_of, register
from services.payments.providers.registry import Providers
from services.payments.published import PUBLISHED as PAYMENTS
from services.payments.refunding import Refunding
from services.payments.sepa.iban import Iban
from shared.bus.envelope import Envelope
from shared.bus.handlers import Handlers
from shared.log import StreamNotFound, VersionConflict
from tests.services.applications.domain.cases import CASE, DOCUMENT
from tests.services.applications.test_fee_deadlines import Calendar
from tests.services.applications.test_fee_policies import office
from tests.services.payments.bank.town import CITY, FEE, NOW, PAYER, Town
from tests.services.payments.sepa.messages import camt, credit, pain_002, returned

pytestmark = pytest.mark.integration
TODAY, PAY_BY, DEBITED = NOW.date(), date(2026, 11, 29), date(2026, 12, 10)


@dataclass
class TwoOffices:
    """Applications and payments, and the days they have in common."""

    town: Town
    cases: Calendar
    told_to_payments: int = 0
    told_to_applications: int = 0

    async def talk(self) -> None:
        """Each hears what the other has published since, until neither has anything to say."""
        while await self._to_payments() + await self._to_applications():
            pass

    async def live_until(self, day: date) -> None:
        """Day after day: the bank's file, then what falls due at the case."""
        today = self.town.clock.now().date()
        while today < day:
            today += timedelta(days=1)
            self.town.go_to(today)
            await self.town.run()
            await self.talk()
            await self.cases.goes_to(today)
            await self.talk()

    async def sign(self) -> Debit:
        work = Work(self.town.unit())
        debit = await self.town.bank.paying.by_debit(
            work, claim_of(CASE), Iban(PAYER, "", ""), "Ada Lovelace", Kind.ONE_OFF
        )
        await work.commit()
        await self.talk()
        return debit

    async def bank_says(self, name: str, content: bytes) -> None:
        await self.town.takes(name, content)
        await self.talk()

    async def claim(self) -> Claim:
        return await self.town.claim(claim_of(CASE))

    async def _to_payments(self) -> int:
        runtime, handlers = self.town.payments.runtime, Handlers()
        register(handlers, runtime, Refunding(runtime, Providers({}), 0))
        said = (await self.cases.service.feed(APPLICATIONS))[self.told_to_payments :]
        self.told_to_payments += len(said)
        for envelope in said:
            while not await self._applied(handlers, envelope):
                pass
        return len(said)

    async def _applied(self, handlers: Handlers, envelope: Envelope) -> bool:
        """As the inbox does it: again where payments' own recurring work came first."""
        unit = self.town.unit()
        await handlers.apply(envelope, unit)
        try:
            await unit.commit()
        except VersionConflict:
            return False
        return True

    async def _to_applications(self) -> int:
        try:
            history = await self.town.payments.runtime.log.reader.stream(claim_of(CASE))
        except StreamNotFound:
            return 0
        new = history[self.told_to_applications :]
        self.told_to_applications = len(history)
        for recorded in new:
            envelope = PAYMENTS.envelope(recorded, 1)
            if envelope is not None:
                await self.cases.hears_envelope(envelope)
        return len(new)


@pytest.fixture
async def offices(town: Town, tmp_path: Path) -> TwoOffices:
    """Somebody has applied, to pay by 29 November, and is at the payment page on the 26th."""
    cases = Calendar(office(tmp_path))
    await cases.apply()
    found = TwoOffices(town, cases)
    await found.talk()
    assert (await found.claim()).pay_by == PAY_BY
    await cases.goes_to(TODAY)
    return found


class TestADebit:
    async def test_is_collected_after_the_notice_and_the_permit_is_issued(self, offices: TwoOffices) -> None:
        debit = await offices.sign()
        assert debit.due == DEBITED
        await offices.live_until(DEBITED)
        assert await offices.cases.condition() is Condition.AWAITING_PAYMENT
        assert (await offices.town.debit(debit.id)).condition == "filed"
        await offices.bank_says("a.xml", camt([credit(FEE, end_to_end=debit.reference)], account=CITY.iban))
        assert await offices.cases.condition() is Condition.APPROVED
        await offices.cases.hears(
            "documents.document_issued.v1", document_id=str(DOCUMENT), kind="resident_parking_permit"
        )
        assert await offices.cases.condition() is Condition.COMPLETED
        assert "fee_reminded" not in await offices.cases.told()
        assert (await offices.claim()).condition == "settled"

    async def test_that_the_bank_refuses_leaves_a_week_and_a_transfer_of_its_last_day_counts(
        self, offices: TwoOffices
    ) -> None:
        debit = await offices.sign()
        await offices.live_until(date(2026, 12, 9))
        await offices.bank_says("p.xml", pain_002("SDD20261208", [(debit.reference, "AC04")]))
        claim = await offices.claim()
        assert (claim.pay_by, claim.due_on, claim.condition) == (date(2026, 12, 16),) * 2 + ("open",)
        await offices.live_until(date(2026, 12, 16))
        assert (await offices.cases.told())[1:] == ["pay_by_moved", "fee_reminded"]
        await _choose_transfer(offices)
        await offices.live_until(date(2026, 12, 18))
        await offices.bank_says("a.xml", camt([credit(FEE, claim.kassenzeichen)], account=CITY.iban))
        assert await offices.cases.condition() is Condition.APPROVED

    async def test_that_the_bank_refuses_and_nobody_pays_ends_the_case_and_the_claim(
        self, offices: TwoOffices
    ) -> None:
        debit = await offices.sign()
        await offices.live_until(date(2026, 12, 9))
        await offices.bank_says("p.xml", pain_002("SDD20261208", [(debit.reference, "AC04")]))
        await offices.live_until(date(2026, 12, 17))
        assert (await offices.cases.told())[1:] == ["pay_by_moved", "fee_reminded", "application_expired"]
        claim = await offices.claim()
        assert (claim.condition, claim.reminded) == ("cancelled", ())

    async def test_whose_mandate_is_taken_back_leaves_a_week(self, offices: TwoOffices) -> None:
        debit = await offices.sign()
        await offices.live_until(date(2026, 12, 2))
        work = Work(offices.town.unit())
        await offices.town.bank.paying.revoke(work, debit.mandate_id, [debit.id])
        await work.commit()
        await offices.live_until(date(2026, 12, 9))
        assert await offices.cases.condition() is Condition.AWAITING_PAYMENT
        await offices.live_until(date(2026, 12, 10))
        assert await offices.cases.condition() is Condition.EXPIRED
        assert (await offices.town.debit(debit.id)).condition == "cancelled"


class TestADebitThatComesBack:
    async def test_where_the_city_waits_for_finality_leaves_a_week(self, town: Town, tmp_path: Path) -> None:
        cases = Calendar(office(tmp_path, provisional="wait"))
        await cases.apply()
        offices = TwoOffices(town, cases)
        await offices.talk()
        debit = await offices.sign()
        await offices.live_until(DEBITED)
        await offices.bank_says("a.xml", camt([credit(FEE, end_to_end=debit.reference)], account=CITY.iban))
        await offices.live_until(date(2026, 12, 14))
        assert await cases.condition() is Condition.AWAITING_PAYMENT
        back = camt([returned(FEE, debit.reference, "MD06", 325)], account=CITY.iban, sequence=2,
                    identifier="2", opening=FEE)  # fmt: skip
        await offices.bank_says("b.xml", back)
        claim = await offices.claim()
        assert (claim.pay_by, claim.due_on) == (date(2026, 12, 21),) * 2
        await offices.live_until(date(2026, 12, 21))
        assert await cases.condition() is Condition.AWAITING_PAYMENT
        await offices.live_until(date(2026, 12, 22))
        assert await cases.condition() is Condition.EXPIRED

    async def test_says_whose_turn_it_is(self, offices: TwoOffices) -> None:
        debit = await offices.sign()
        await offices.live_until(DEBITED)
        back = camt([returned(FEE, debit.reference, "MD06", 325)], account=CITY.iban)
        await offices.bank_says("b.xml", back)
        history = await offices.town.payments.runtime.log.reader.stream(claim_of(CASE))
        public = [envelope for one in history if (envelope := PAYMENTS.envelope(one, 1)) is not None]
        (told,) = [one.data for one in public if one.type == "payments.payment_reversed.v1"]
        assert (UUID(told["payment_id"]), told["concern"]) == (debit.id, "citizen_objected")


async def _choose_transfer(offices: TwoOffices) -> None:
    unit = offices.town.unit()
    claim = await unit.load(Claim, claim_of(CASE))
    offices.town.bank.paying.by_transfer(claim, unit)
    await unit.save(claim)
    await unit.commit()
    await offices.talk()
