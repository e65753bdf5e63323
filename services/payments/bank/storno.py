"""The bank takes back an entry of its own: whose payment it was.

Certain is a payment of the same amount under the same reference of the bank, of the last weeks, the only
one, where what the entry names does not speak against it. All else is a proposal for a person. What takes a
debit's credit back, or brings money back that had left the account, is a person's from the beginning.
"""

from collections.abc import Collection
from datetime import timedelta
from typing import Final
from uuid import UUID

from services.payments.bank.lookups import Lookups
from services.payments.bank.work import Work
from services.payments.domain.bank_item import Outcome
from services.payments.domain.claim import Claim
from services.payments.domain.money import BANK, Recorded, Reversal
from services.payments.domain.returns import STORNO
from services.payments.sepa.statements import Entry, Transaction

TRANSFER: Final = "bank_transfer"
AGO: Final = timedelta(days=60)
"""How long ago the payment may have come."""
MOST: Final = 10

Place = tuple[Outcome, UUID | None, tuple[UUID, ...]]


async def place(
    work: Work, lookups: Lookups, item_id: UUID, entry: Entry, payment: Transaction, named: Collection[UUID]
) -> Place:
    """Books what is certain: outcome, claim, proposals; `named` are claims whose number the entry tells."""
    if payment.cents >= 0 or entry.booked is None:
        return Outcome.UNALLOCATED, None, ()
    since = entry.booked - AGO
    found = await lookups.allocated(-payment.cents, entry.currency, since, entry.booked)
    fitting = [one for one in found if not named or one.claim_id in named]
    told = {entry.bank_reference, payment.bank_reference} - {""}
    certain = [one for one in fitting if one.bank_reference in told]
    if len(certain) == 1:
        claim = await work.load(Claim, certain[0].claim_id)
        payment_id = claim.receipt_id(BANK, str(certain[0].item_id))
        if take_back(work, claim, payment_id, item_id, -payment.cents):
            return Outcome.RETURN, claim.id, ()
    claims = tuple(dict.fromkeys(one.claim_id for one in fitting))[:MOST]
    return (Outcome.PROPOSED if claims else Outcome.UNALLOCATED), None, claims


def take_back(work: Work, claim: Claim, payment_id: UUID, item_id: UUID, cents: int) -> bool:
    """The claim is owed again; False where it has no such payment, or this is gone."""
    if payment_id not in claim.payments:
        return False
    told = Reversal(STORNO, str(item_id), cents)
    return claim.record_reversal(payment_id, told, now=work.unit.now) is Recorded.REVERSED


def payment_of(claim: Claim, cents: int, currency: str, later: Collection[str]) -> UUID | None:
    """The latest transfer of a claim of exactly this much of which all is there still; none of `later`, which
    were booked behind the day on which it was taken back."""
    for payment in reversed(claim.payments.values()):
        if (payment.provider, payment.method, payment.currency) != (BANK, TRANSFER, currency):
            continue
        if payment.reference in later:
            continue
        if payment.received_cents == payment.there_cents == cents:
            return payment.payment_id
    return None
