"""A sum that the bank books for a group of our file of debits: each debit of it, if the sum is theirs.

The sum may come before the bank's word on what it refused, and then is not worth what the debits are. It
waits on `unallocated`, and is matched again when debits of its group are refused, or a clerk says so: what is
booked leaves the sum in the same commit, some debits at a time.
"""

import time as clock
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

import structlog

from services.payments.bank.debiting import Debiting, alarm
from services.payments.bank.lookups import KnownDebit, Lookups
from services.payments.bank.retelling import Telling, told_again
from services.payments.bank.work import Work
from services.payments.domain.bank_item import BankItem, BankItemRefused, Outcome
from services.payments.domain.claim import Claim
from services.payments.domain.collection import Collection
from services.payments.domain.debit import Debit
from shared.log import Unit
from shared.tasks import Later

log = structlog.get_logger()

MATCH: Final = "match_bank_item"
CHUNK: Final = 40
AT_ONCE: Final = 25.0
"""Seconds of booking in one go, well within a task's lease."""


@dataclass(frozen=True, slots=True)
class Groups:
    """Books sums to debits."""

    lookups: Lookups
    debiting: Debiting
    units: Callable[[], Unit]

    async def place(self, group: str, cents: int, own: UUID, telling: Telling) -> Outcome:
        """What a sum is that was told just now; `own` is its item, `telling` how it was told."""
        debits = await self.debits_of(group)
        if telling.booked_on is not None and sum(debit.cents for debit in debits) == cents != 0:
            return await self._book(debits, str(own), telling, telling.booked_on)
        alarm("group_differs", group=group, item=str(own))
        return Outcome.UNALLOCATED

    async def debits_of(self, group: str) -> Sequence[KnownDebit]:
        """The debits of a group that the bank has not refused."""
        collection_id = await self.lookups.collection(group.rpartition("-")[0])
        if collection_id is None:
            return ()
        collection = await self.units().load(Collection, collection_id)
        for one in collection.groups:
            if one.group_id == group:
                return await self.lookups.of_group(collection_id, one.due, one.sequence)
        return ()

    async def ask(self, item: BankItem, unit: Unit) -> int:
        """Has a waiting sum matched again, once the unit is committed; how many debits it is. Raises
        ItemDone, ReturnWaits, NoGroup, GroupDiffers."""
        debits = await self.debits_of(item.group)
        item.refuse_unless_group(sum(debit.cents for debit in debits))
        unit.task(MATCH, {"item_id": str(item.id)})
        return len(debits)

    async def ask_for(self, collection: Collection, unit: Unit) -> None:
        """The same for each sum that waits for the groups of a file of which debits were refused."""
        names = [group.group_id for group in collection.groups]
        for item_id in await self.lookups.waiting_for(names):
            unit.task(MATCH, {"item_id": str(item_id)})

    async def match(self, payload: Mapping[str, Any], unit: Unit) -> None:
        """The task: books the debits from the sum where they are worth it. May be repeated."""
        try:
            done = await self.match_again(UUID(payload["item_id"]))
        except BankItemRefused as refused:
            log.info("group_not_matched", item=payload["item_id"], reason=refused.slug)
            return
        if not done:
            raise Later(timedelta(0))

    async def match_again(self, item_id: UUID) -> bool:
        """Books each debit that was not; False: there is more to do. Raises as `ask`."""
        item = await self.units().load(BankItem, item_id)
        debits, until = await self.debits_of(item.group), clock.monotonic() + AT_ONCE
        booked_on = item.refuse_unless_group(sum(debit.cents for debit in debits))
        for at in range(0, len(debits), CHUNK):
            if clock.monotonic() > until:
                return False
            await self._match(item_id, debits[at : at + CHUNK], booked_on)
        return True

    async def _match(self, item_id: UUID, debits: Sequence[KnownDebit], booked_on: date) -> None:
        work = await self._work(debits)
        cents = 0
        for debit in debits:
            if await self.debiting.book(work, debit.debit_id, str(item_id), booked_on):
                cents += debit.cents
        if cents:
            (await work.load(BankItem, item_id)).match(cents, now=work.unit.now)
            await work.commit()

    async def _book(
        self, debits: Sequence[KnownDebit], own: str, telling: Telling, booked_on: date
    ) -> Outcome:
        """Books each; what all the sum is where every one of them had been told by another entry."""
        known: dict[str, Debit] = {}
        new = False
        for at in range(0, len(debits), CHUNK):
            chunk = debits[at : at + CHUNK]
            work = await self._work(chunk)
            for one in chunk:
                debit = await work.load(Debit, one.debit_id)
                booked = await self.debiting.book(work, debit.id, own, booked_on)
                if booked or debit.credited_by == own:  # its own where it goes on after a fall
                    new = True
                else:
                    known[debit.credited_by] = debit
            await work.commit()
        if new:
            return Outcome.DEBIT
        tellings = await self.lookups.tellings(known)
        seen = {told_again(debit.id, tellings.get(told), telling) for told, debit in known.items()}
        return Outcome.KNOWN if seen == {Outcome.KNOWN} else Outcome.REPEATED

    async def _work(self, debits: Sequence[KnownDebit]) -> Work:
        work = Work(self.units())
        await work.prefetch(Debit, [debit.debit_id for debit in debits])
        await work.prefetch(Claim, [debit.claim_id for debit in debits])
        return work
