"""HTTP for payers at the city's own account: the transfer, the debit, their mandates."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict

from services.payments.bank.assembly import Bank
from services.payments.bank.collections_api import collections_router
from services.payments.bank.lookups import Lookups
from services.payments.bank.paying import Paying
from services.payments.bank.signing import NewDebit, OtherAccount, signed
from services.payments.bank.uploads_api import uploads_router
from services.payments.bank.work import Work
from services.payments.domain.claim import Claim
from services.payments.domain.debit import Debit
from services.payments.domain.mandate import Kind, Mandate
from services.payments.offer import Offer
from services.payments.providers.port import Method
from shared.log import StreamNotFound
from shared.service import Runtime
from shared.web.idempotency import IdempotentRequest
from shared.web.tokens import Caller, require

Citizen = Annotated[Caller, Depends(require("citizen"))]
OF_BANK: Final = frozenset({Method.TRANSFER, Method.DIRECT_DEBIT})


class UsedMandate(BaseModel):
    """Which of the payer's recurring mandates a debit is made under."""

    model_config = ConfigDict(extra="forbid")

    mandate_id: UUID


def bank_routers(runtime: Runtime, offer: Offer, bank: Bank) -> tuple[APIRouter, ...]:
    """All that payers do with the city's own account, and the files from its bank and for it."""
    return (
        transfers_router(runtime, offer, bank.paying),
        debits_router(runtime, offer, bank),
        mandates_router(runtime, bank.lookups, bank.paying),
        uploads_router(runtime, bank.uploading),
        collections_router(runtime, bank.filed),
    )


def transfers_router(runtime: Runtime, offer: Offer, paying: Paying) -> APIRouter:
    """How to transfer what is owed, for its payer."""
    router = APIRouter(tags=["transfers"])

    @router.get("/claims/{claim_id}/transfer")
    async def read_transfer(claim_id: UUID, caller: Citizen) -> dict[str, Any]:
        """Holder, account, amount, text and GiroCode for what is owed now."""
        unit = runtime.unit()
        claim = _own(await unit.load(Claim, claim_id), caller)
        await offer.require_bank(Method.TRANSFER, unit.now)
        return paying.instructions(claim)

    @router.post("/claims/{claim_id}/transfer", status_code=201)
    async def choose_transfer(claim_id: UUID, caller: Citizen, idempotency: IdempotentRequest) -> Response:
        """The payer will transfer: from now on the claim says that it waits for it."""
        unit = runtime.unit_for(caller)
        claim = _own(await unit.load(Claim, claim_id), caller)
        await offer.require_bank(Method.TRANSFER, unit.now)
        said = paying.instructions(claim)
        paying.by_transfer(claim, unit)
        await unit.save(claim)
        answer = idempotency.remember_in(unit, 201, said)
        await unit.commit()
        return answer

    return router


def debits_router(runtime: Runtime, offer: Offer, bank: Bank) -> APIRouter:
    """A debit from the payer's account: the notice, then the agreement, or a mandate given before."""
    router, paying, lookups = APIRouter(tags=["debits"]), bank.paying, bank.lookups

    @router.get("/claims/{claim_id}/debits/notice")
    async def read_notice(claim_id: UUID, caller: Citizen) -> dict[str, Any]:
        """What the payer agrees to: creditor, mandate's reference, amount, due date; how many instalments a
        recurring mandate would serve `later`, and the `mandates` that may be used at once."""
        unit = runtime.unit()
        claim = _own(await unit.load(Claim, claim_id), caller)
        await offer.require_bank(Method.DIRECT_DEBIT, unit.now)
        later = await lookups.later_instalments(claim_id)
        mandates = await lookups.reusable_of(claim.account_id)
        return {**paying.notice(claim, unit), "later": len(later), "mandates": mandates}

    @router.post("/claims/{claim_id}/debits", status_code=201)
    async def announce_debit(
        claim_id: UUID, new: NewDebit, caller: Citizen, idempotency: IdempotentRequest
    ) -> Response:
        """Mandate and announced debit in one; the answer is the notice of what is debited when."""
        iban, abroad = signed(new)
        work = Work(runtime.unit_for(caller))
        _own(await work.load(Claim, claim_id), caller)
        await offer.require_bank(Method.DIRECT_DEBIT, work.unit.now)
        holder, kind = " ".join(new.holder.split()), Kind(new.kind)
        debit = await paying.by_debit(work, claim_id, iban, holder, kind, abroad)
        return await noticed(work, debit, idempotency)

    @router.post("/claims/{claim_id}/mandate-debits", status_code=201)
    async def announce_under_mandate(
        claim_id: UUID, used: UsedMandate, caller: Citizen, idempotency: IdempotentRequest
    ) -> Response:
        """A debit under a recurring mandate that the payer gave before; the answer as for a new mandate."""
        work = Work(runtime.unit_for(caller))
        _own(await work.load(Claim, claim_id), caller)
        await _own_mandate(work, used.mandate_id, caller)
        await offer.require_bank(Method.DIRECT_DEBIT, work.unit.now)
        return await noticed(work, await paying.by_mandate(work, claim_id, used.mandate_id), idempotency)

    async def noticed(work: Work, debit: Debit, idempotency: IdempotentRequest) -> Response:
        """With what falls due later arranged, all or nothing."""
        later = await lookups.later_instalments(debit.claim_id)
        await paying.arrange(work, debit.mandate_id, later)
        mandate = await work.load(Mandate, debit.mandate_id)
        await work.save()
        said = {
            "debit_id": debit.id, "mandate_id": mandate.id, "mandate_reference": mandate.reference,
            "creditor": paying.creditor.name, "creditor_id": paying.creditor.identifier,
            "amount_cents": debit.amount_cents, "currency": debit.currency, "due": debit.due,
            "reference": debit.reference, "later": len(later) if mandate.kind is Kind.RECURRING else 0,
        }  # fmt: skip
        answer = idempotency.remember_in(work.unit, 201, said)
        await work.unit.commit()
        return answer

    return router


def mandates_router(runtime: Runtime, lookups: Lookups, paying: Paying) -> APIRouter:
    """A payer's mandates: seen, given another account, and taken back."""
    router = APIRouter(tags=["mandates"])

    @router.get("/mandates")
    async def list_mandates(caller: Citizen) -> dict[str, Any]:
        """The newest first; of the account country, check digits and the last four signs."""
        creditor = {"creditor": paying.creditor.name, "creditor_id": paying.creditor.identifier}
        return {**creditor, "mandates": await lookups.mandates_of(UUID(caller.subject))}

    @router.post("/mandates/{mandate_id}/revoke")
    async def revoke_mandate(mandate_id: UUID, caller: Citizen) -> dict[str, Any]:
        """For good; what was announced or arranged under it is not debited, what is at the bank is. May be
        repeated."""
        work = Work(runtime.unit_for(caller))
        await _own_mandate(work, mandate_id, caller)
        arranged = await lookups.arranged_under(mandate_id)
        await paying.revoke(work, mandate_id, await lookups.announced_under(mandate_id), arranged)
        await work.commit()
        at_bank = await lookups.at_the_bank(mandate_id)
        return {"mandate_id": mandate_id, "state": "revoked", "still_debited": at_bank}

    @router.post("/mandates/{mandate_id}/resume")
    async def resume_mandate(mandate_id: UUID, caller: Citizen) -> dict[str, Any]:
        """Debits are allowed again by the payer who had one given back; where the bank refuses the account
        it takes another one."""
        work = Work(runtime.unit_for(caller))
        await _own_mandate(work, mandate_id, caller)
        await paying.resume(work, mandate_id)
        await work.commit()
        return {"mandate_id": mandate_id, "state": "active"}

    @router.post("/mandates/{mandate_id}/amendment", status_code=201)
    async def amend_mandate(
        mandate_id: UUID, new: OtherAccount, caller: Citizen, idempotency: IdempotentRequest
    ) -> Response:
        """Another account under the same reference; what is at the bank is debited from the old one."""
        (iban, abroad), work = signed(new), Work(runtime.unit_for(caller))
        await _own_mandate(work, mandate_id, caller)
        mandate = await paying.amend(work, mandate_id, iban, " ".join(new.holder.split()), abroad)
        await work.save()
        said = {
            "mandate_id": mandate_id, "mandate_reference": mandate.reference, "state": mandate.condition,
            "account": iban.masked, "still_debited": await lookups.at_the_bank(mandate_id),
        }  # fmt: skip
        answer = idempotency.remember_in(work.unit, 201, said)
        await work.unit.commit()
        return answer

    return router


async def _own_mandate(work: Work, mandate_id: UUID, caller: Caller) -> None:
    """The caller's own; else as if there were none."""
    mandate = await work.load(Mandate, mandate_id)
    if caller.subject != str(mandate.account_id):
        raise StreamNotFound(str(mandate_id))


def _own(claim: Claim, caller: Caller) -> Claim:
    """The caller's own; else as if there were none."""
    if caller.subject != str(claim.account_id):
        raise StreamNotFound(str(claim.id))
    return claim
