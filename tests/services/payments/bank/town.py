"""A town with citizens who owe, mandates, and a bank that is a folder; the clock is the test's."""

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from services.payments.bank.assembly import Bank, assemble
from services.payments.bank.transport import FileDrop
from services.payments.bank.work import Work
from services.payments.domain.claim import Claim
from services.payments.domain.debit import Debit
from services.payments.domain.kassenzeichen import kassenzeichen
from services.payments.domain.mandate import Kind, Mandate
from services.payments.policies import claim_of
from services.payments.sepa.debits import Creditor
from shared.ids import new_id
from shared.log import Unit
from shared.tasks import Later
from shared.testing import Running
from shared.testing.clock import FixedClock
from tests.deploy.sandbox.serving import PASSPHRASES

NOW = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)
CITY = Creditor("Stadtkasse Lindenau", "DE02120300000000202051", "DE98ZZZ09999999999", "BYLADEM1001")
PAYER = "DE89370400440532013000"
FEE = 3060
QUARTERS = (date(2027, 2, 15), date(2027, 5, 15), date(2027, 8, 15), date(2027, 11, 15))
QUARTER = 2100


def iban_of(account: int) -> str:
    """A German account whose last digits are the given number's."""
    bban = f"37040044{account:010}"
    return f"DE{98 - int(bban + '131400') % 97:02}{bban}"


@dataclass
class Town:
    """Payments at work; `bank` the parts under test, `folder` the bank's."""

    payments: Running
    clock: FixedClock
    folder: Path
    bank: Bank = field(init=False)
    _number: int = 0

    def __post_init__(self) -> None:
        self.bank = assemble(self.payments.runtime, CITY, FileDrop(self.folder))

    def unit(self) -> Unit:
        return self.payments.runtime.unit()

    async def owed(
        self, cents: int = FEE, account_id: UUID | None = None, pay_by: date | None = None, mark: str = ""
    ) -> Claim:
        """A citizen's claim with a Kassenzeichen of its own, or the one that is named."""
        self._number += 1
        unit = self.unit()
        claim = Claim.request(
            id=new_id(), now=unit.now, case_id=new_id(), case_number=f"BPA-2026-{self._number:06}",
            account_id=account_id or new_id(), service="resident-parking-permit", cost_object="541000",
            kassenzeichen=mark or kassenzeichen("4711", 2026, self._number), amount_cents=cents,
            currency="EUR", pay_by=pay_by, language="de",
        )  # fmt: skip
        await unit.save(claim)
        await unit.commit()
        return claim

    async def in_quarters(self, account_id: UUID | None = None) -> list[Claim]:
        """A citizen's yearly charge, a claim for each quarter of the next year."""
        case_id, account, unit = new_id(), account_id or new_id(), self.unit()
        claims = []
        for at, day in enumerate(QUARTERS, 1):
            self._number += 1
            claim = Claim.request(
                id=claim_of(case_id, at), now=unit.now, case_id=case_id, case_number="HST-2026-000001",
                account_id=account, service="hundesteuer-anmeldung", cost_object="541000",
                kassenzeichen=kassenzeichen("4711", 2026, self._number), amount_cents=QUARTER, currency="EUR",
                pay_by=day, language="de", instalment=at, instalment_count=len(QUARTERS),
            )  # fmt: skip
            await unit.save(claim)
            claims.append(claim)
        await unit.commit()
        return claims

    async def mandate(self, claim: Claim, kind: Kind = Kind.RECURRING, name: str = "Ada Lovelace") -> Mandate:
        """Signed today."""
        unit = self.unit()
        mandate = Mandate.propose(
            id=new_id(), now=unit.now, account_id=claim.account_id, reference=f"M-{claim.kassenzeichen}",
            kind=kind, iban=PAYER, holder=name,
        )  # fmt: skip
        mandate.activate(NOW.date(), "online", now=unit.now)
        await unit.save(mandate, subject=claim.account_id)
        await unit.commit()
        return mandate

    async def announced(self, cents: int = FEE, kind: Kind = Kind.RECURRING) -> Debit:
        """A debit of a new citizen, announced today."""
        claim = await self.owed(cents)
        mandate = await self.mandate(claim, kind)
        work = Work(self.unit())
        debit = self.bank.debiting.announce(
            work, await work.load(Claim, claim.id), await work.load(Mandate, mandate.id)
        )
        await work.commit()
        return debit

    def go_to(self, day: date) -> None:
        """It is the morning of that day."""
        self.clock.advance(datetime(day.year, day.month, day.day, 8, tzinfo=UTC) - self.clock.now())

    async def run(self) -> None:
        """The day's collection run, and the submission that it asks for."""
        while await self.bank.collecting.run(self.bank.debiting.rules.today(self.clock.now())):
            pass
        rows = await self.payments.runtime.pool.fetch(
            "SELECT collection_id FROM collection WHERE state = 'filed'"
        )
        for row in rows:
            await self.submit(row["collection_id"])

    async def submit(self, collection_id: UUID) -> None:
        unit = self.unit()
        await self.bank.collecting.submit({"collection_id": str(collection_id)}, unit)
        await unit.commit()

    async def filed(self, count: int = 1, cents: int = FEE) -> list[Debit]:
        """Debits that are at the bank."""
        debits = [await self.announced(cents + n) for n in range(count)]
        self.go_to(debits[0].due - timedelta(days=2))
        await self.run()
        return [await self.debit(debit.id) for debit in debits]

    def says(self, name: str, content: bytes) -> None:
        """The bank leaves a file."""
        (self.folder / "in" / name).write_bytes(content)

    async def takes(self, name: str, content: bytes) -> UUID:
        """The bank leaves a file, and it is taken into the books."""
        self.says(name, content)
        (file_id,) = await self.bank.intake.fetch_all()
        await self.take(file_id)
        return file_id

    async def take(self, file_id: UUID) -> None:
        while True:
            unit = self.unit()
            try:
                await self.bank.intake.take({"file_id": str(file_id)}, unit)
            except Later:
                continue
            await unit.commit()
            return

    async def debit(self, debit_id: UUID) -> Debit:
        return await self.unit().load(Debit, debit_id)

    async def claim(self, claim_id: UUID) -> Claim:
        return await self.unit().load(Claim, claim_id)

    async def mandate_of(self, debit: Debit) -> Mandate:
        return await self.unit().load(Mandate, debit.mandate_id)

    async def rows(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        return [dict(row) for row in await self.payments.runtime.pool.fetch(statement, *values)]

    async def balances(self) -> dict[str, int]:
        """The books; they sum to zero."""
        rows = await self.rows(
            "SELECT account, sum(cents)::bigint AS cents FROM ledger_line GROUP BY account"
        )
        found = {row["account"]: row["cents"] for row in rows}
        assert sum(found.values()) == 0
        return {account: cents for account, cents in found.items() if cents}

    async def items(self) -> list[dict[str, Any]]:
        return await self.rows("SELECT outcome, cents, claim_id, proposals FROM bank_item ORDER BY cents")


def secrets_of(folder: Path) -> Path:
    """A folder of secrets with what payments wants beside the common ones."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "girocheckout_passphrases.json").write_text(json.dumps(PASSPHRASES))
    return folder
