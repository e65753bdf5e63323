"""A citizen pays by the city's own account: a transfer that they make, or a debit that they agree to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from services.payments.bank.debiting import METHOD as DEBIT
from services.payments.bank.debiting import Debiting, next_number
from services.payments.bank.work import Work
from services.payments.domain.address import Abroad
from services.payments.domain.claim import Claim
from services.payments.domain.debit import Debit
from services.payments.domain.mandate import Ended, Kind, Mandate
from services.payments.domain.money import BANK, Attempt
from services.payments.domain.refusals import NotPayable
from services.payments.domain.transitions import OPEN_ATTEMPTS
from services.payments.sepa.bank_days import due_date
from services.payments.sepa.debits import Creditor
from services.payments.sepa.girocode import girocode_text
from services.payments.sepa.iban import Iban
from services.payments.sepa.qr import girocode_svg
from services.payments.sepa.reference import is_structured_reference
from shared.ids import new_id
from shared.log import Unit

TRANSFER: Final = "transfer"
_AWAITED: Final[Mapping[str, str]] = {TRANSFER: "transfer", DEBIT: "debit"}


@dataclass(frozen=True, slots=True)
class Paying:
    """The city as creditor, and how it debits."""

    creditor: Creditor
    debiting: Debiting

    def by_transfer(self, claim: Claim, unit: Unit) -> None:
        """The payer has chosen to transfer; chosen again it is the same choice. Raises NotPayable,
        PaymentBeingChecked."""
        if awaited(claim) == "transfer":
            return
        attempt_id = new_id()
        claim.open_attempt(attempt_id, TRANSFER, "", now=unit.now)
        claim.record_start(attempt_id, BANK, claim.kassenzeichen, now=unit.now)

    def instructions(self, claim: Claim) -> dict[str, Any]:
        """What a payer types or scans, for what is owed now. Raises NotPayable."""
        _refuse_unpayable(claim)
        iban = Iban(self.creditor.iban, "", self.creditor.bic)
        purpose = "reference" if is_structured_reference(claim.kassenzeichen) else "text"
        code = girocode_text(
            self.creditor.name, iban.number, claim.owed_cents, **{purpose: claim.kassenzeichen}
        )  # fmt: skip
        return {
            "holder": self.creditor.name, "iban": iban.number, "iban_grouped": iban.grouped,
            "bic": self.creditor.bic, "amount_cents": claim.owed_cents, "currency": claim.currency,
            "text": claim.kassenzeichen, "girocode": code, "girocode_svg": girocode_svg(code),
        }  # fmt: skip

    def notice(self, claim: Claim, unit: Unit) -> dict[str, Any]:
        """What a payer reads before they agree to a debit: who debits, how much, not before when. Raises
        NotPayable."""
        _refuse_unpayable(claim)
        rules = self.debiting.rules
        return {
            "creditor": self.creditor.name, "creditor_id": self.creditor.identifier,
            "mandate_reference": _next_reference(claim), "amount_cents": claim.owed_cents,
            "currency": claim.currency,
            "due": due_date(rules.today(unit.now), claim.debited_from, notice=rules.notice_days),
        }  # fmt: skip

    async def by_debit(
        self, work: Work, claim_id: UUID, iban: Iban, holder: str, kind: Kind, abroad: Abroad | None = None
    ) -> Debit:
        """The payer has signed: mandate and announced debit, together or not at all; an instalment is debited
        on its day, a fee when the notice is over. Raises NotPayable, PaymentBeingChecked, DebitUnderWay."""
        claim, unit = await work.load(Claim, claim_id), work.unit
        mandate = Mandate.propose(
            id=new_id(), now=unit.now, account_id=claim.account_id, reference=_next_reference(claim),
            kind=kind, iban=iban.number, holder=holder, abroad=abroad,
        )  # fmt: skip
        mandate.activate(self.debiting.rules.today(unit.now), "online", now=unit.now)
        work.add(mandate, subject=claim.account_id)
        return self.debiting.announce(work, claim, mandate, claim.debited_from)

    async def by_mandate(self, work: Work, claim_id: UUID, mandate_id: UUID) -> Debit:
        """The payer uses a mandate given before. Raises NotForLaterClaims, NotAllowedNow, NotPayable,
        PaymentBeingChecked, DebitUnderWay."""
        claim, mandate = await work.load(Claim, claim_id), await work.load(Mandate, mandate_id)
        mandate.refuse_unless_reusable()
        return self.debiting.announce(work, claim, mandate, claim.debited_from)

    async def arrange(self, work: Work, mandate_id: UUID, others: list[UUID]) -> None:
        """What of the same charge falls due later is debited by itself."""
        mandate = await work.load(Mandate, mandate_id)
        if mandate.kind is not Kind.RECURRING:
            return
        for claim_id in others:
            claim = await work.load(Claim, claim_id)
            claim.arrange_debit(mandate_id, now=work.unit.now)

    async def amend(
        self, work: Work, mandate_id: UUID, iban: Iban, holder: str, abroad: Abroad | None = None
    ) -> Mandate:
        """The payer has signed for another account; what was announced is debited from it. Raises
        NotAllowedNow, SameAccount."""
        mandate, now = await work.load(Mandate, mandate_id), work.unit.now
        signed_on = self.debiting.rules.today(now)
        mandate.amend(iban.number, holder, signed_on, "online", now=now, abroad=abroad)
        return mandate

    async def resume(self, work: Work, mandate_id: UUID) -> None:
        """The payer allows debits again after having had one given back. Raises NotAllowedNow,
        OtherAccountNeeded."""
        mandate = await work.load(Mandate, mandate_id)
        mandate.resume("citizen", now=work.unit.now)

    async def revoke(
        self, work: Work, mandate_id: UUID, announced: list[UUID], arranged: Iterable[UUID] = ()
    ) -> None:
        """The payer takes the mandate back; what was `announced` or `arranged` under it is not debited.
        Raises NotAllowedNow."""
        mandate = await work.load(Mandate, mandate_id)
        mandate.revoke("citizen", now=work.unit.now)
        await self._stop(work, "mandate_revoked", announced, arranged)

    async def end(
        self, work: Work, mandate_id: UUID, reason: Ended, announced: list[UUID], arranged: Iterable[UUID]
    ) -> None:
        """The cash office ends a mandate that waited for it; what follows is as for `revoke`. Raises
        NotAllowedNow, NotOfAPerson."""
        mandate = await work.load(Mandate, mandate_id)
        mandate.end(reason, now=work.unit.now)
        await self._stop(work, reason.value, announced, arranged)

    async def _stop(self, work: Work, reason: str, announced: list[UUID], arranged: Iterable[UUID]) -> None:
        for claim_id in arranged:
            claim = await work.load(Claim, claim_id)
            claim.end_arrangement(reason, now=work.unit.now)
        for debit_id in announced:
            debit = await work.load(Debit, debit_id)
            if debit.condition == "announced":
                claim = await work.load(Claim, debit.claim_id)
                self.debiting.give_up(work, claim, debit, reason)


def awaited(claim: Claim) -> str | None:
    """What of the city's own account an open claim waits for: `transfer`, `debit`, None."""
    newest: Attempt | None = next(reversed(claim.attempts.values()), None)
    if claim.condition != "open" or newest is None or newest.provider != BANK:
        return None
    return _AWAITED.get(newest.method) if newest.state in OPEN_ATTEMPTS else None


def _next_reference(claim: Claim) -> str:
    """Never used again: with each mandate a debit is announced, and Kassenzeichen are given once."""
    return f"{claim.kassenzeichen}-M{next_number(claim)}"


def _refuse_unpayable(claim: Claim) -> None:
    if claim.condition != "open":
        raise NotPayable(f"the claim is {claim.condition}")
