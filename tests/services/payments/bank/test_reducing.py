"""What was announced to be debited, or is at the bank, when the permit that it pays for is given up early."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.payments.bank.work import Work
from services.payments.domain.claim import Claim
from services.payments.domain.debit import Debit
from services.payments.domain.mandate import Mandate
from services.payments.domain.money import Receipt
from services.payments.policies import claim_of
from shared.ids import new_id
from tests.services.payments.bank.town import CITY, FEE, NOW, Town
from tests.services.payments.sepa.messages import camt, credit, pain_002, returned
from tests.services.payments.test_policies import HALF, happens, revoked, submitted

pytestmark = pytest.mark.integration
LEFT = FEE // 2


class TestAnAnnouncedDebit:
    async def test_is_announced_anew_for_what_is_left(self, town: Town) -> None:
        case_id, debit = await announced(town)
        town.go_to(date(2026, 12, 1))
        await gives_up(town, case_id)
        await gives_up(town, case_id)  # heard twice
        assert (await town.debit(debit.id)).condition == "cancelled"
        (again,) = await live(town)
        assert (again["amount_cents"], again["presentation"]) == (LEFT, 1)
        assert (again["due"], again["reference"]) == (date(2026, 12, 15), f"{kassenzeichen(debit)}-2")
        town.go_to(again["due"] - timedelta(days=1))
        await town.run()
        assert (await town.debit(again["debit_id"])).condition == "filed"
        await town.takes("a.xml", camt([credit(LEFT, end_to_end=again["reference"])], account=CITY.iban))
        claim = await town.claim(claim_of(case_id))
        assert (claim.condition, claim.kept_cents, claim.owed_cents) == ("settled", LEFT, 0)

    async def test_is_not_announced_anew_under_a_mandate_that_rests(self, town: Town) -> None:
        case_id, debit = await announced(town)
        unit = town.unit()
        mandate = await unit.load(Mandate, debit.mandate_id)
        mandate.suspend("MD07", now=unit.now)
        await unit.save(mandate)
        await unit.commit()
        await gives_up(town, case_id)
        assert await live(town) == []
        claim = await town.claim(claim_of(case_id))
        assert (claim.condition, claim.owed_cents) == ("open", LEFT)

    async def test_is_over_where_nothing_is_left(self, town: Town) -> None:
        case_id, debit = await announced(town)
        unit = town.unit()
        claim = await unit.load(Claim, claim_of(case_id))
        claim.record_receipt(Receipt("bank", "bank_transfer", "E1", LEFT, "EUR"), now=unit.now)
        await unit.save(claim)
        await unit.commit()
        await gives_up(town, case_id)
        assert (await town.debit(debit.id)).condition == "cancelled"
        assert await live(town) == []
        assert (await town.claim(claim.id)).condition == "settled"


class TestATransfer:
    async def test_of_what_is_left_is_proposed_by_amount_and_name(self, town: Town) -> None:
        case_id, _debit = await announced(town)
        await gives_up(town, case_id)
        line = credit(LEFT, "Parkausweis")
        await town.takes("a.xml", camt([line], account=CITY.iban))
        (item,) = await town.items()
        assert (item["outcome"], item["proposals"]) == ("proposed", str(claim_of(case_id)))


class TestADebitAtTheBank:
    async def test_stays_and_brings_too_much(self, town: Town) -> None:
        case_id, debit = await filed(town)
        await gives_up(town, case_id)
        assert (await town.debit(debit.id)).condition == "filed"
        await town.takes("a.xml", camt([credit(FEE, end_to_end=debit.reference)], account=CITY.iban))
        assert await owed(town, case_id) == ("settled", 0)
        tasks = await town.rows("SELECT kind, amount_cents::int AS cents FROM money_task")
        assert tasks == [{"kind": "overpaid", "cents": FEE - LEFT}]
        back = [returned(FEE, debit.reference, "MD06", 325)]
        await town.takes("r.xml", camt(back, account=CITY.iban, identifier="STMT-2", sequence=2))
        assert await owed(town, case_id) == ("open", LEFT)
        assert (await town.balances()).get("surplus", 0) == 0

    async def test_that_fails_is_presented_again_for_what_is_left(self, town: Town) -> None:
        object.__setattr__(town.bank.debiting.rules, "present_again", True)
        case_id, debit = await filed(town)
        await gives_up(town, case_id)
        await town.takes("p.xml", pain_002("SDD20261208", [(debit.reference, "AM04")]))
        (again,) = await live(town)
        assert (again["amount_cents"], again["presentation"]) == (LEFT, 2)
        town.go_to(again["due"] - timedelta(days=1))
        await town.run()
        assert (await town.debit(again["debit_id"])).condition == "filed"

    async def test_presented_again_and_announced_anew_is_the_second_still(self, town: Town) -> None:
        object.__setattr__(town.bank.debiting.rules, "present_again", True)
        case_id, debit = await filed(town)
        await town.takes("p.xml", pain_002("SDD20261208", [(debit.reference, "AM04")]))
        (first,) = await live(town)
        await gives_up(town, case_id)
        (again,) = await live(town)
        assert (again["amount_cents"], again["presentation"], again["due"]) == (LEFT, 2, first["due"])


async def announced(town: Town) -> tuple[UUID, Debit]:
    """A case whose fee is to be debited, and the debit."""
    case_id = new_id()
    await happens(town.payments, "application_submitted", NOW, **submitted(case_id))
    claim = await town.claim(claim_of(case_id))
    mandate = await town.mandate(claim)
    work = Work(town.unit())
    debit = town.bank.debiting.announce(
        work, await work.load(Claim, claim.id), await work.load(Mandate, mandate.id)
    )
    await work.commit()
    return case_id, debit


async def filed(town: Town) -> tuple[UUID, Debit]:
    case_id, debit = await announced(town)
    town.go_to(debit.due - timedelta(days=2))
    await town.run()
    return case_id, await town.debit(debit.id)


async def gives_up(town: Town, case_id: UUID) -> None:
    told: dict[str, Any] = revoked(case_id, "none") | {"pro_rata": HALF}
    await happens(town.payments, "approval_revoked", town.clock.now(), debiting=town.bank.debiting, **told)


async def live(town: Town) -> list[dict[str, Any]]:
    columns = "debit_id, amount_cents::int, presentation, due, reference"
    return await town.rows(f"SELECT {columns} FROM debit WHERE state = 'announced'")


async def owed(town: Town, case_id: UUID) -> tuple[str, int]:
    claim = await town.claim(claim_of(case_id))
    return claim.condition, claim.owed_cents


def kassenzeichen(debit: Debit) -> str:
    return debit.reference.rpartition("-")[0]
